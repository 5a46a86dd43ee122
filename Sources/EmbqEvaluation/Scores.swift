package import EmbqCore
package import EmbqData

/// Every score of one set of predictions.
package enum Scores: Sendable, Equatable {
    /// The scores of a classifier follow from its confusion matrix.
    case classification(ConfusionMatrix)
    /// Correlations with the targets; nil where one is undefined, as for constant predictions.
    case regression(spearman: Double?, pearson: Double?)

    /// Scores predictions against the right answers.
    ///
    /// - Throws: `.mismatch` when the rows differ in number, or classes meet numbers.
    package init(_ predictions: Predictions, targets: Targets) throws(EmbqError) {
        guard predictions.rows == targets.count else {
            throw EmbqError(
                .mismatch, "there are \(predictions.rows) predictions for \(targets.count) rows",
                advice: "Predict every row of the data once.")
        }
        switch (predictions.kind, targets) {
        case (.classes(let labels), .classes(let expected)):
            self = .classification(
                ConfusionMatrix(expected: expected, predicted: predictions.classIDs, classes: labels.count))
        case (.regression, .values(let expected)), (.cosine, .values(let expected)):
            let predicted = predictions.logits.map(Double.init)
            self = .regression(
                spearman: Correlation.spearman(expected, predicted), pearson: Correlation.pearson(expected, predicted))
        default:
            throw EmbqError(
                .mismatch, "classes and numbers cannot be compared",
                advice: "A classifier needs labels of classes, a regression needs numbers.")
        }
    }

    /// The value of one metric; an undefined correlation counts as 0, so that a model whose output froze fails.
    ///
    /// - Throws: `.invalidRequest` when the metric does not apply.
    package func value(of metric: Metric) throws(EmbqError) -> Double {
        switch (self, metric) {
        case (.classification(let matrix), _):
            if let value = matrix.totals.value(of: metric) { return value }
            throw Self.fault("'\(metric.rawValue)' does not apply to a classifier", "accuracy, mcc or f1")
        case (.regression(let spearman, _), .spearman): return spearman ?? 0
        case (.regression, _):
            throw Self.fault("'\(metric.rawValue)' does not apply to a regression", "spearman")
        }
    }

    private static func fault(_ problem: String, _ choices: String) -> EmbqError {
        EmbqError(.invalidRequest, "the metric \(problem)", advice: "Choose \(choices).")
    }
}
