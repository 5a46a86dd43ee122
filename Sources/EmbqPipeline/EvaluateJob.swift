import EmbqArtifact
import EmbqCheckpoints
package import EmbqCore
package import EmbqData
package import EmbqEvaluation
import EmbqModels
package import EmbqQuantization

/// Measures a model on labelled data, alone or against the checkpoint that it was made of.
package struct EvaluateJob: Sendable {
    package var model: OpenedModel
    /// The fp32 model that the drop and the agreement are measured against.
    package var reference: ReleasedModel?
    package var data: LabelledData
    /// The task's name; nil: the name of the folder that holds the data, or of the file in the current folder.
    package var task: String?
    /// nil: the task's own.
    package var metric: Metric?
    package var limits: AccuracyLimits
    /// How many of the worst rows the summary lists, where there is a reference.
    package var worst: Int
    /// Whether to measure an artifact's layers, on the first ``LayerProbe/standardSentences`` sentences.
    package var measuresLayers: Bool
    /// Whether to look at the values of an artifact's quantized points for a report, and at its layers.
    package var fillsReport: Bool
    package var threads: Int

    /// What came of it.
    package struct Result: Sendable {
        package var task: String
        /// What was predicted; of a tagger, sentences of words.
        package var data: LabelledData
        package var predictions: Predictions
        /// Present when there was a reference and the data have labels.
        package var comparison: Comparison?
        package var summary: EvaluationSummary
        /// nil for data without labels.
        package var accuracy: MeasuredAccuracy?
        /// Present in place of ``accuracy`` for data without labels.
        package var answers: MeasuredAgreement?
        /// A sentence for each limit that does not hold.
        package var violations: [String]
        /// Quantization points of an artifact that lists them, for a report.
        package var ranges: Ranges?
    }

    /// Quantization points and their values in fp32.
    package struct Ranges: Sendable {
        package var points: [ActivationQuantizer]
        /// Histograms by the points' names; empty without a reference.
        package var histograms: [String: ActivationHistogram]
        /// Sentences of the data behind the histograms.
        package var sentences: Int
    }

    package init(
        _ model: OpenedModel, reference: ReleasedModel? = nil, data: LabelledData, task: String? = nil,
        metric: Metric? = nil, limits: AccuracyLimits = AccuracyLimits(), worst: Int = 0, measuresLayers: Bool = false,
        fillsReport: Bool = false, threads: Int
    ) {
        self.model = model
        self.reference = reference
        self.data = model.task == .tagging ? data.inWords : data
        self.task = task
        self.metric = metric
        self.limits = limits
        self.worst = worst
        self.measuresLayers = measuresLayers
        self.fillsReport = fillsReport
        self.threads = threads
    }

    /// - Throws: `.unknownLabel` for a label that the model does not have, `.mismatch` for a reference that answers
    ///   something else than the model, `.missing` for data without labels where there is nothing else to measure,
    ///   `.invalidRequest` for a metric or its limits on data without labels.
    package func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        try checkLabels()
        let labels = try named(model.labels)
        let kind = try self.kind(model.task, labels: labels, at: data.file)
        try checkMetric(kind)
        try checkReference(kind)
        try checkRows()
        // Before anything is run, so that a wrong label is told at once.
        let targets = hasTargets ? try targets(kind) : nil
        let (predictions, logits, seconds, input) = try answers(kind, progress)
        guard let reference else {
            guard let targets else { throw nothingToMeasure }
            var result = try alone(predictions, targets, seconds)
            if fillsReport, case .artifact(let artifact) = model, let ranges = try? RangeProbe(artifact) {
                result.ranges = Ranges(points: ranges.points, histograms: [:], sentences: 0)
            }
            return result
        }

        let referenceInput = try self.input(for: reference.encoder)
        // The reference tokenizes for itself: a wrong tokenizer in the artifact shows as disagreement.
        let expected = Inference.run(
            reference.model.released, referenceInput.sentences, threads: threads, progress: progress
        ).logits
        let answers = try self.predictions(
            self.kind(reference.config.task, labels: named(reference.config.labels), at: data.file), expected,
            referenceInput)
        var result = try compared(answers, predictions, targets, seconds)
        if model.task == .embedding {
            result.summary.embeddings = EmbeddingSummary(expected, logits, width: model.labels.count)
        }
        if case .artifact(let artifact) = model {
            do throws(EmbqError) {
                // Rows are compared on sentences of one length, where the artifact's is shorter.
                let pairs = zip(input.sentences, referenceInput.sentences).map { device, reference in
                    (device: device, reference: device.ids.count < reference.ids.count ? device : reference)
                }
                try lookInside(artifact, reference, pairs, &result, progress)
            } catch {
                throw error.at(file: reference.checkpoint.path)
            }
        }
        return result
    }

    /// What the model answers, whether it is right or not.
    package func answers(progress: @escaping ProgressHandler) throws(EmbqError) -> (
        predictions: Predictions, seconds: Double
    ) {
        try checkRows()
        let found = try answers(kind(model.task, labels: named(model.labels), at: data.file), progress)
        return (found.predictions, found.seconds)
    }

    private func answers(_ kind: Predictions.Kind, _ progress: @escaping ProgressHandler) throws(EmbqError) -> (
        predictions: Predictions, logits: [Float], seconds: Double, input: Input
    ) {
        let input = try input(for: model.encoder())
        let (logits, seconds) = try model.logits(input.sentences, threads: threads, progress: progress)
        return (try predictions(kind, logits, input), logits, seconds, input)
    }

    private func lookInside(
        _ artifact: ArtifactReader, _ reference: ReleasedModel, _ sentences: [(device: Sentence, reference: Sentence)],
        _ result: inout Result, _ progress: @escaping ProgressHandler
    ) throws(EmbqError) {
        // A report has what an artifact of an older version can tell.
        if let layers = try measuresLayers ? LayerProbe(artifact) : fillsReport ? try? LayerProbe(artifact) : nil {
            result.summary.layers = try layers.measure(
                Array(sentences.prefix(LayerProbe.standardSentences)), against: reference.model, threads: threads,
                progress: progress)
        }
        if fillsReport, let ranges = try? RangeProbe(artifact) {
            let (histograms, count) = try ranges.histograms(
                sentences.map(\.reference), of: reference.model, threads: threads)
            result.ranges = Ranges(points: ranges.points, histograms: histograms, sentences: count)
        }
    }

    private var taskName: String { task ?? Self.taskName(of: data.file) }

    private func standardMetric(_ predictions: Predictions) -> Metric {
        metric ?? Self.metric(of: data.file, task: task, kind: predictions.kind)
    }

    /// The metric that a task is judged by when nobody says; the task is the data's when nobody says that.
    package static func metric(of file: String, task: String? = nil, kind: Predictions.Kind) -> Metric {
        if case .multiLabel = kind { return .standardForLabels }
        if case .tags = kind { return .standardForTags }
        return Metric.standard(forTask: task ?? taskName(of: file), regression: kind.isNumber)
    }

    /// What is predicted of each row. A single share beside numbers is a degree of what they measure.
    func kind(_ task: Task, labels: [String], at path: String) throws(EmbqError) -> Predictions.Kind {
        if task == .multiLabel, labels.count == 1, data.hasNumbers { return .share }
        return try Inference.kind(task, labels: labels, at: path)
    }

    func targets(_ kind: Predictions.Kind) throws(EmbqError) -> Targets {
        switch kind {
        case .classes(let labels): return .classes(try data.classIndices(labels: labels))
        case .multiLabel(let labels): return .labelSets(try data.labelSets(labels: labels))
        case .tags(let labels):
            return .tags(try data.tagIndices(labels: labels), sentences: data.rows.map(\.words.count))
        case .numbers(let count): return .vectors(try data.vectorTargets(count: count))
        case .regression, .cosine, .share: return .values(try data.regressionTargets())
        }
    }

    /// Whether there is something right for every row, or for every word of a tagger's.
    private var hasTargets: Bool { model.task == .tagging ? data.isTagged : data.isLabelled }

    /// What the data lack, and what would mend it.
    private var lack: (problem: String, advice: String) {
        model.task == .tagging
            ? (
                "its rows are no tagged words",
                "Give a \(LabelledData.taggedEnding) file: a word, a tab and its tag a line"
            )
            : ("there is no 'label' column", "Add a column named label")
    }

    func checkLabels() throws(EmbqError) {
        guard !hasTargets else { return }
        if reference == nil { throw nothingToMeasure }
        if metric != nil || limits.needsLabels {
            throw EmbqError(
                .invalidRequest, file: data.file, place: "line 1",
                "\(lack.problem); a metric and limits of its drop need labels",
                advice: "\(lack.advice), or limit the agreement alone.")
        }
    }

    func checkMetric(_ kind: Predictions.Kind) throws(EmbqError) {
        guard let metric, !metric.applies(to: kind) else { return }
        let known = Metric.allCases.filter { $0.applies(to: kind) }.map(\.rawValue)
        throw EmbqError(
            .invalidRequest, file: data.file,
            "the metric '\(metric.rawValue)' does not apply: the model answers with \(kind.summary)",
            advice: "Choose \(known.joined(separator: ", ")).")
    }

    /// Before anything is run: two models that answer different questions cannot be compared.
    private func checkReference(_ kind: Predictions.Kind) throws(EmbqError) {
        guard let reference else { return }
        let labels = try named(reference.config.labels)
        let other = try self.kind(reference.config.task, labels: labels, at: reference.checkpoint.path)
        let (width, found) = (model.labels.count, reference.config.outputs)
        guard kind != other || (kind == .cosine && width != found) else { return }
        throw EmbqError(
            .mismatch, file: reference.checkpoint.path,
            kind == other
                ? "its embeddings have \(found) numbers, the model's \(width)"
                : "it answers with \(other.summary), the model with \(kind.summary)",
            advice: "Compare a model with the checkpoint that it was made from.")
    }

    private var nothingToMeasure: EmbqError {
        EmbqError(
            .missing, file: data.file, place: "line 1",
            "\(lack.problem), and without a reference nothing else can be measured",
            advice: "\(lack.advice), or measure agreement alone with --against CHECKPOINT.")
    }

    func alone(_ predictions: Predictions, _ targets: Targets, _ seconds: Double) throws(EmbqError) -> Result {
        let scores = try Scores(predictions, targets: targets)
        let metric = standardMetric(predictions)
        var summary = try EvaluationSummary(
            task: taskName, predictions: predictions, scores: scores, metric: metric, seconds: seconds)
        if model.task == .tagging { summary.count(sentences: data.rows.count) }
        return Result(
            task: taskName, data: data, predictions: predictions, comparison: nil, summary: summary,
            accuracy: MeasuredAccuracy(
                task: taskName, data: predictedRows, predictions: predictions, scores: scores, metric: metric,
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
                task: taskName, data: data, predictions: predictions, comparison: comparison,
                summary: try EvaluationSummary(
                    task: taskName, comparison: comparison, limits: limits, seconds: seconds),
                accuracy: MeasuredAccuracy(task: taskName, data: predictedRows, comparison: comparison, limits: limits),
                violations: limits.violations(comparison))
        } else {
            answers = try Agreement(reference: reference, test: predictions)
            result = Result(
                task: taskName, data: data, predictions: predictions, comparison: nil,
                summary: EvaluationSummary(task: taskName, answers: answers, limits: limits, seconds: seconds),
                answers: MeasuredAgreement(task: taskName, data: predictedRows, agreement: answers, limits: limits),
                violations: limits.violations(agreement: answers.share))
        }
        if worst > 0 { result.summary.worst = WorstRow.list(worst, answers, predictedRows) }
        if model.task == .tagging { result.summary.count(sentences: data.rows.count) }
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

    /// The file beside the data that may name the labels; nothing is beside a pipe.
    package static func labelsPath(of file: String) -> String? {
        file == StandardStream.name ? nil : Folder.join(Folder.parent(of: file), "labels.txt")
    }

    /// The labels of labels.txt beside the data, where the model only has numbers for them: without a config.json.
    func named(_ labels: [String]) throws(EmbqError) -> [String] {
        // A regression has no labels, and its labels.txt is empty.
        guard labels.count > 1, labels == labels.indices.map({ "LABEL_\($0)" }),
            let path = Self.labelsPath(of: data.file), Folder.hasFile(path)
        else { return labels }
        let names = try LabelsFile.read(path: path)
        return names.count == labels.count ? names : labels
    }

    /// An encoder is evaluated on pairs; a model whose table has one token type takes none that need two.
    private func checkRows() throws(EmbqError) {
        for model in [model.releasedModel, reference].compactMap(\.self) { try model.checkPairs(data) }
        guard model.task == .embedding, let row = data.rows.first(where: { $0.parts.count != 2 }) else { return }
        throw EmbqError(
            .invalidRequest, file: data.file, place: "line \(row.line)",
            "one text is found; a sentence encoder is evaluated on pairs",
            advice: "Give data with the columns label, text_a and text_b.")
    }

    private func predictions(_ kind: Predictions.Kind, _ logits: [Float], _ input: Input) throws(EmbqError)
        -> Predictions
    {
        if kind == .share { return try Predictions(kind, logits: logits.map { Float(sigmoid($0)) }) }
        if case .tags(let labels) = kind { return try tags(labels, logits, input) }
        guard kind == .cosine else { return try Predictions(kind, logits: logits) }
        let width = logits.count / (2 * data.rows.count)
        let cosines = data.rows.indices.map { row in
            let start = 2 * row * width
            return Float(cosine(logits[start..<start + width], logits[start + width..<start + 2 * width]))
        }
        return try Predictions(kind, logits: cosines)
    }
}
