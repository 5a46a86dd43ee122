package import EmbqData
package import EmbqEvaluation
package import EmbqModels

/// Sentences that a model is quantized with: rounding with error feedback, bias correction and the choice of widths are
/// measured on them.
package struct CalibrationSentences: Sendable {
    /// None empty.
    package var ids: [Sentence]
    /// Their right answers, where the data have labels that the model knows.
    package var targets: Targets?
    /// What the answers are scored by.
    package var metric: Metric
    /// Of the data that they come from.
    package var dataSHA256: String

    package init(ids: [Sentence], targets: Targets? = nil, metric: Metric = .accuracy, dataSHA256: String) {
        self.ids = ids
        self.targets = targets
        self.metric = metric
        self.dataSHA256 = dataSHA256
    }
}
