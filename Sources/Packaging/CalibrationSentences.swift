public import Evaluation

/// Sentences that a model is quantized with: rounding with error feedback, bias correction and the choice of widths are
/// measured on them.
public struct CalibrationSentences: Sendable {
    /// Token ids, none empty.
    public var ids: [[UInt16]]
    /// Their right answers, where the data have labels that the model knows.
    public var targets: Targets?
    /// What the answers are scored by.
    public var metric: Metric
    /// Of the data that they come from.
    public var dataSHA256: String

    public init(ids: [[UInt16]], targets: Targets? = nil, metric: Metric = .accuracy, dataSHA256: String) {
        self.ids = ids
        self.targets = targets
        self.metric = metric
        self.dataSHA256 = dataSHA256
    }
}
