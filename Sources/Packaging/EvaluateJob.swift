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
        let targets = try data.targets(labels: model.isRegression ? nil : labels)
        let task = task ?? Self.taskName(of: data.file)
        let metric = metric ?? Metric.standard(forTask: task, regression: model.isRegression)
        let tokenizer = try model.tokenizer()
        let sentences = try Inference.tokenize(
            data.texts, with: tokenizer, limit: model.maximumLength, threads: threads)
        let (logits, seconds) = try model.logits(sentences, threads: threads, progress: progress)
        let kind = Inference.kind(labels: labels, isRegression: model.isRegression)
        let predictions = try Predictions(kind, logits: logits)

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
        let comparison = try Comparison(
            reference: try referencePredictions(reference, progress: progress), test: predictions, targets: targets,
            metric: metric)
        return Result(
            task: task, predictions: predictions, comparison: comparison,
            summary: try EvaluationSummary(task: task, comparison: comparison, limits: limits, seconds: seconds),
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
        guard labels == labels.indices.map({ "LABEL_\($0)" }), Folder.hasFile(path) else { return labels }
        let names = try LabelsFile.read(path: path)
        return names.count == labels.count ? names : labels
    }

    /// The reference tokenizes for itself: a wrong tokenizer in the artifact shows as disagreement.
    private func referencePredictions(_ reference: ReleasedModel, progress: @escaping ProgressHandler)
        throws(EmbqError) -> Predictions
    {
        let sentences = try Inference.tokenize(
            data.texts, with: reference.tokenizer, limit: reference.config.maximumLength, threads: threads)
        let result = Inference.run(reference.model.released, sentences, threads: threads, progress: progress)
        return try Predictions(
            Inference.kind(labels: named(reference.config.labels), isRegression: reference.config.task == .regression),
            logits: result.logits)
    }
}
