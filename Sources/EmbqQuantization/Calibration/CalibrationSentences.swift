package import EmbqData
package import EmbqEvaluation

/// Sentences that a model is quantized with: rounding with error feedback, bias correction and the choice of widths are
/// measured on them.
package struct CalibrationSentences: Sendable {
    /// Token ids, none empty.
    package var ids: [[UInt16]]
    /// Their right answers, where the data have labels that the model knows.
    package var targets: Targets?
    /// What the answers are scored by.
    package var metric: Metric
    /// Of the data that they come from.
    package var dataSHA256: String

    package init(ids: [[UInt16]], targets: Targets? = nil, metric: Metric = .accuracy, dataSHA256: String) {
        self.ids = ids
        self.targets = targets
        self.metric = metric
        self.dataSHA256 = dataSHA256
    }
}
