public import Evaluation
import FileIO
import Models
import Quantization
public import TensorCore

/// Measures a model on labelled data, alone or against the checkpoint that it was made of.
public struct EvaluateJob: Sendable {
    public var model: OpenedModel
    /// The fp32 model that the drop and the agreement are measured against.
    public var reference: ReleasedModel?
    public var data: LabelledData
    /// The task's name; nil: the name of the folder that holds the data, or of the file in the current folder.
    public var task: String?
    /// nil: the task's own.
    public var metric: Metric?
    public var limits: AccuracyLimits
    /// How many of the worst rows the summary lists, where there is a reference.
    public var worst: Int
    /// Whether to measure an artifact's layers, on the first ``LayerProbe/standardSentences`` sentences.
    public var measuresLayers: Bool
    public var threads: Int

    /// What came of it.
    public struct Result: Sendable {
        public var task: String
        public var predictions: Predictions
        /// Present when there was a reference and the data have labels.
        public var comparison: Comparison?
        public var summary: EvaluationSummary
        /// For the report; nil for data without labels.
        public var accuracy: ReportContent.Accuracy?
        /// A sentence for each limit that does not hold.
        public var violations: [String]
    }

    public init(
        _ model: OpenedModel, reference: ReleasedModel? = nil, data: LabelledData, task: String? = nil,
        metric: Metric? = nil, limits: AccuracyLimits = AccuracyLimits(), worst: Int = 0, measuresLayers: Bool = false,
        threads: Int
    ) {
        self.model = model
        self.reference = reference
        self.data = data
        self.task = task
        self.metric = metric
        self.limits = limits
        self.worst = worst
        self.measuresLayers = measuresLayers
        self.threads = threads
    }

    /// - Throws: `.unknownLabel` for a label that the model does not have, `.mismatch` for a reference that answers
    ///   something else than the model, `.missing` for data without labels where there is nothing else to measure,
    ///   `.invalidRequest` for a metric or its limits on data without labels.
    public func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        try checkLabels()
        let labels = try named(model.labels)
        let kind = try Inference.kind(model.task, labels: labels, at: data.file)
        let texts = try texts(for: model.task)
        // Before anything is run, so that a wrong label is told at once.
        let targets = data.isLabelled ? try data.targets(labels: kind == .regression ? nil : labels) : nil
        let sentences = try Inference.tokenize(
            texts, with: try model.tokenizer(), limit: model.maximumLength, threads: threads)
        let (logits, seconds) = try model.logits(sentences, threads: threads, progress: progress)
        let predictions = try predictions(kind, model.task, logits)
        guard let reference else {
            guard let targets else { throw nothingToMeasure }
            return try alone(predictions, targets, seconds)
        }

        let referenceSentences = try Inference.tokenize(
            texts, with: reference.tokenizer, limit: reference.config.maximumLength, threads: threads)
        // The reference tokenizes for itself: a wrong tokenizer in the artifact shows as disagreement.
        let expected = Inference.run(
            reference.model.released, referenceSentences, threads: threads, progress: progress
        ).logits
        let answers = try self.predictions(
            Inference.kind(reference.config.task, labels: named(reference.config.labels), at: data.file),
            reference.config.task, expected)
        var result = try compared(answers, predictions, targets, seconds)
        if model.task == .embedding {
            result.summary.embeddings = EmbeddingSummary(expected, logits, width: model.labels.count)
        }
        if measuresLayers, case .artifact(let artifact) = model {
            let pairs = zip(sentences, referenceSentences).prefix(LayerProbe.standardSentences)
            result.summary.layers = try LayerProbe(artifact).measure(
                pairs.map { (device: $0, reference: $1) }, against: reference.model, threads: threads,
                progress: progress)
        }
        return result
    }

    private var taskName: String { task ?? Self.taskName(of: data.file) }

    private func standardMetric(_ predictions: Predictions) -> Metric {
        metric ?? Metric.standard(forTask: taskName, regression: predictions.kind == .regression)
    }

    private func checkLabels() throws(EmbqError) {
        guard !data.isLabelled else { return }
        if reference == nil { throw nothingToMeasure }
        if metric != nil || limits.needsLabels {
            throw EmbqError(
                .invalidRequest, file: data.file, place: "line 1",
                "there is no 'label' column; a metric and limits of its drop need labels",
                advice: "Add a column named label, or limit the agreement alone.")
        }
    }

    private var nothingToMeasure: EmbqError {
        EmbqError(
            .missing, file: data.file, place: "line 1",
            "there is no 'label' column, and without a reference nothing else can be measured",
            advice: "Add a column named label, or measure agreement alone with --against CHECKPOINT.")
    }

    private func alone(_ predictions: Predictions, _ targets: Targets, _ seconds: Double) throws(EmbqError) -> Result {
        let scores = try Scores(predictions, targets: targets)
        let metric = standardMetric(predictions)
        return Result(
            task: taskName, predictions: predictions, comparison: nil,
            summary: try EvaluationSummary(
                task: taskName, predictions: predictions, scores: scores, metric: metric, seconds: seconds),
            accuracy: ReportContent.Accuracy(
                task: taskName, data: data, predictions: predictions, scores: scores, metric: metric,
                score: try scores.value(of: metric)),
            violations: [])
    }

    private func compared(
        _ reference: Predictions, _ predictions: Predictions, _ targets: Targets?, _ seconds: Double
    ) throws(EmbqError) -> Result {
        var result: Result
        let answers: Agreement
        if let targets {
            let comparison = try Comparison(
                reference: reference, test: predictions, targets: targets, metric: standardMetric(predictions),
                threads: threads)
            answers = comparison.answers
            result = Result(
                task: taskName, predictions: predictions, comparison: comparison,
                summary: try EvaluationSummary(
                    task: taskName, comparison: comparison, limits: limits, seconds: seconds),
                accuracy: ReportContent.Accuracy(task: taskName, data: data, comparison: comparison, limits: limits),
                violations: limits.violations(comparison))
        } else {
            answers = try Agreement(reference: reference, test: predictions)
            result = Result(
                task: taskName, predictions: predictions, comparison: nil,
                summary: EvaluationSummary(task: taskName, answers: answers, limits: limits, seconds: seconds),
                accuracy: nil, violations: limits.violations(agreement: answers.share))
        }
        if worst > 0 { result.summary.worst = WorstRow.list(worst, answers, data) }
        return result
    }

    /// The name of the folder that holds the data, however the path to it is spelled: the task decides on the metric.
    /// In the root folder it is the file's own name without its ending.
    static func taskName(of file: String) -> String {
        var folder = Folder.name(of: Folder.parent(of: file))
        if ["", ".", ".."].contains(folder) { folder = Folder.name(of: Folder.absolute(Folder.parent(of: file))) }
        if !folder.isEmpty { return folder }
        return Folder.name(of: file).split(separator: ".").first.map(String.init) ?? file
    }

    /// The labels of labels.txt beside the data, where the model only has numbers for them: without a config.json.
    private func named(_ labels: [String]) throws(EmbqError) -> [String] {
        let path = Folder.join(Folder.parent(of: data.file), "labels.txt")
        // A regression has no labels, and its labels.txt is empty.
        guard labels.count > 1, labels == labels.indices.map({ "LABEL_\($0)" }), Folder.hasFile(path) else {
            return labels
        }
        let names = try LabelsFile.read(path: path)
        return names.count == labels.count ? names : labels
    }

    /// What is run: the rows' texts, or for an encoder both texts of every pair.
    private func texts(for task: Task) throws(EmbqError) -> [String] {
        guard task == .embedding else { return data.texts }
        var texts: [String] = []
        for row in data.rows {
            let parts = row.parts
            guard parts.count == 2 else {
                throw EmbqError(
                    .invalidRequest, file: data.file, place: "line \(row.line)",
                    "one text is found; a sentence encoder is evaluated on pairs",
                    advice: "Give data with the columns label, text_a and text_b.")
            }
            texts += parts
        }
        return texts
    }

    private func predictions(_ kind: Predictions.Kind, _ task: Task, _ logits: [Float]) throws(EmbqError)
        -> Predictions
    {
        guard task == .embedding else { return try Predictions(kind, logits: logits) }
        let width = logits.count / (2 * data.rows.count)
        let cosines = data.rows.indices.map { row in
            let start = 2 * row * width
            return Float(cosine(logits[start..<start + width], logits[start + width..<start + 2 * width]))
        }
        return try Predictions(kind, logits: cosines)
    }
}
