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
    public var threads: Int

    /// What came of it.
    public struct Result: Sendable {
        public var task: String
        public var predictions: Predictions
        /// Present when there was a reference.
        public var comparison: Comparison?
        public var summary: EvaluationSummary
        /// For the report.
        public var accuracy: ReportContent.Accuracy
        /// A sentence for each limit that does not hold.
        public var violations: [String]
    }

    public init(
        _ model: OpenedModel, reference: ReleasedModel? = nil, data: LabelledData, task: String? = nil,
        metric: Metric? = nil, limits: AccuracyLimits = AccuracyLimits(), threads: Int
    ) {
        self.model = model
        self.reference = reference
        self.data = data
        self.task = task
        self.metric = metric
        self.limits = limits
        self.threads = threads
    }

    /// - Throws: `.unknownLabel` for a label that the model does not have, `.mismatch` for a reference that answers
    ///   something else than the model.
    public func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        let labels = try named(model.labels)
        let kind = try Inference.kind(model.task, labels: labels, at: data.file)
        let isNumber = kind == .regression
        let targets = try data.targets(labels: isNumber ? nil : labels)
        let task = task ?? Self.taskName(of: data.file)
        let metric = metric ?? Metric.standard(forTask: task, regression: isNumber)
        let texts = try texts(for: model.task)
        let sentences = try Inference.tokenize(
            texts, with: try model.tokenizer(), limit: model.maximumLength, threads: threads)
        let (logits, seconds) = try model.logits(sentences, threads: threads, progress: progress)
        let predictions = try predictions(kind, model.task, logits)

        guard let reference else {
            let scores = try Scores(predictions, targets: targets)
            let summary = try EvaluationSummary(
                task: task, predictions: predictions, scores: scores, metric: metric, seconds: seconds)
            let accuracy = ReportContent.Accuracy(
                task: task, data: data, predictions: predictions, scores: scores, metric: metric, score: summary.score)
            return Result(
                task: task, predictions: predictions, comparison: nil, summary: summary, accuracy: accuracy,
                violations: [])
        }
        let expected = try referenceLogits(reference, texts, progress: progress)
        let comparison = try Comparison(
            reference: try self.predictions(
                Inference.kind(reference.config.task, labels: named(reference.config.labels), at: data.file),
                reference.config.task, expected),
            test: predictions, targets: targets, metric: metric)
        var summary = try EvaluationSummary(task: task, comparison: comparison, limits: limits, seconds: seconds)
        if model.task == .embedding {
            summary.embeddings = EmbeddingSummary(expected, logits, width: model.labels.count)
        }
        return Result(
            task: task, predictions: predictions, comparison: comparison, summary: summary,
            accuracy: ReportContent.Accuracy(task: task, data: data, comparison: comparison, limits: limits),
            violations: limits.violations(comparison))
    }

    /// The name of the folder that holds the data, however the path to it is spelled: the task decides on the metric.
    /// In the root folder it is the file's own name without its ending.
    private static func taskName(of file: String) -> String {
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

    /// The reference tokenizes for itself: a wrong tokenizer in the artifact shows as disagreement.
    private func referenceLogits(_ reference: ReleasedModel, _ texts: [String], progress: @escaping ProgressHandler)
        throws(EmbqError) -> [Float]
    {
        let sentences = try Inference.tokenize(
            texts, with: reference.tokenizer, limit: reference.config.maximumLength, threads: threads)
        return Inference.run(reference.model.released, sentences, threads: threads, progress: progress).logits
    }
}
