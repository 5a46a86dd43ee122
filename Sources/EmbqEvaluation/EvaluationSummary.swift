package import EmbqCore

/// The result of an evaluation as one JSON object; `Schemas/evaluate.schema.json` describes it.
///
/// Scores are fractions (0 to 1, correlations -1 to 1); those that are named points are in points of 100. What does not apply
/// or is undefined is left out.
package struct EvaluationSummary: Sendable, Equatable, Codable {
    package var task: String
    /// Sentences of a tagger.
    package var rows: Int
    /// Words of a tagger's sentences.
    package var words: Int?
    /// Left out for data without labels, as are all scores.
    package var metric: Metric?
    /// The metric's value; 0 for an undefined correlation.
    package var score: Double?
    package var accuracy: Double?
    package var mcc: Double?
    /// Weighted by class, whatever the task's metric.
    package var f1: Double?
    package var f1Macro: Double?
    /// Over all labels of all rows, for a model with several labels a row.
    package var f1Micro: Double?
    /// Of a tagger: the F1 of its spans, and the share of words whose tag is right.
    package var spanF1: Double?
    package var tokenAccuracy: Double?
    /// Spearman's rank correlation, for a regression.
    package var scc: Double?
    package var pearson: Double?
    package var predictionsSHA256: String
    /// Time spent in inference alone.
    package var seconds: Double
    package var sentencesPerSecond: Double

    package var referenceScore: Double?
    package var dropPoints: Double?
    /// The ends of ``Comparison/dropInterval``.
    package var dropIntervalPoints: [Double]?
    /// Whether the drop, or the gain, is more than chance: ``Comparison/isSignificant``.
    package var dropIsSignificant: Bool?
    package var mcnemar: McNemarTest?
    package var agreement: Double?
    package var flippedRows: Int?
    /// Of a sentence encoder beside its reference.
    package var embeddings: EmbeddingSummary?
    /// Left out when all logits are equal.
    package var sqnrDB: Double?
    package var layers: LayerSQNR?
    /// The worst rows, as many as were asked for.
    package var worst: [WorstRow]?
    package var maxDropPoints: Double?
    package var maxDropUpperBoundPoints: Double?
    package var minAgreement: Double?
    /// Present when a limit was set.
    package var passed: Bool?

    enum CodingKeys: String, CodingKey {
        case task, rows, metric, score, accuracy, mcc, f1, scc, pearson, seconds, agreement, passed, embeddings
        case mcnemar, layers, worst, words
        case spanF1 = "span_f1"
        case tokenAccuracy = "token_accuracy"
        case f1Macro = "f1_macro"
        case f1Micro = "f1_micro"
        case predictionsSHA256 = "predictions_sha256"
        case sentencesPerSecond = "sentences_per_second"
        case referenceScore = "reference_score"
        case dropPoints = "drop_points"
        case dropIntervalPoints = "drop_interval_points"
        case dropIsSignificant = "drop_is_significant"
        case flippedRows = "flipped_rows"
        case sqnrDB = "sqnr_db"
        case maxDropPoints = "max_drop_points"
        case maxDropUpperBoundPoints = "max_drop_upper_bound_points"
        case minAgreement = "min_agreement"
    }

    /// Summarises predictions without saying how good they are.
    ///
    /// - Parameter seconds: time spent in inference alone.
    private init(task: String, predictions: Predictions, seconds: Double) {
        self.task = task
        rows = predictions.rows
        predictionsSHA256 = predictions.sha256
        self.seconds = seconds
        sentencesPerSecond = seconds > 0 ? Double(predictions.rows) / seconds : 0
    }

    /// Summarises one model's predictions.
    ///
    /// - Parameter seconds: time spent in inference alone.
    /// - Throws: `.invalidRequest` when the metric does not apply.
    package init(task: String, predictions: Predictions, scores: Scores, metric: Metric, seconds: Double)
        throws(EmbqError)
    {
        self.init(task: task, predictions: predictions, seconds: seconds)
        self.metric = metric
        score = try scores.value(of: metric)
        switch scores {
        case .classification(let matrix):
            accuracy = matrix.accuracy
            mcc = matrix.mcc
            f1 = matrix.f1Weighted
            f1Macro = matrix.f1Macro
        case .multiLabel(let totals):
            accuracy = totals.subsetAccuracy
            f1 = totals.f1Weighted
            f1Macro = totals.f1Macro
            f1Micro = totals.f1Micro
        case .tagging(let spans, let matrix):
            accuracy = matrix.accuracy
            spanF1 = spans.f1
            tokenAccuracy = matrix.accuracy
        case .regression(let spearman, let pearson):
            scc = spearman
            self.pearson = pearson
        }
    }

    /// Summarises how alike two models answer rows without labels.
    package init(task: String, answers: Agreement, limits: AccuracyLimits = AccuracyLimits(), seconds: Double) {
        self.init(task: task, predictions: answers.test, seconds: seconds)
        add(answers, limits)
        passed = limits.isEmpty ? nil : limits.violations(agreement: answers.share).isEmpty
    }

    /// Summarises a comparison: the scores are those of the model under test.
    package init(task: String, comparison: Comparison, limits: AccuracyLimits = AccuracyLimits(), seconds: Double)
        throws(EmbqError)
    {
        try self.init(
            task: task, predictions: comparison.test, scores: comparison.testScores, metric: comparison.metric,
            seconds: seconds)
        referenceScore = comparison.referenceScore
        dropPoints = comparison.dropPoints
        let interval = comparison.dropInterval
        dropIntervalPoints = [interval.lowerBound, interval.upperBound]
        dropIsSignificant = comparison.isSignificant
        mcnemar = comparison.mcnemar
        add(comparison.answers, limits)
        maxDropPoints = limits.maxDropPoints
        maxDropUpperBoundPoints = limits.maxDropUpperBound
        passed = limits.isEmpty ? nil : limits.violations(comparison).isEmpty
    }

    /// Counts the sentences of a tagger, whose predictions are by word.
    package mutating func count(sentences: Int) {
        words = rows
        rows = sentences
        sentencesPerSecond = seconds > 0 ? Double(sentences) / seconds : 0
    }

    private mutating func add(_ answers: Agreement, _ limits: AccuracyLimits) {
        agreement = answers.share
        flippedRows = answers.flippedRows.count
        sqnrDB = answers.sqnrDB.isFinite ? answers.sqnrDB : nil
        minAgreement = limits.minAgreement
    }

    /// One JSON object with sorted keys, indented, and a line feed at the end.
    ///
    /// - Throws: `.nonFinite` when a number has no place in JSON.
    package func json() throws(EmbqError) -> String { try CanonicalJSON.document(self) }
}
