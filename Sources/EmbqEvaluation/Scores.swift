package import EmbqCore
package import EmbqData

/// Every score of one set of predictions.
package enum Scores: Sendable, Equatable {
    /// The scores of a classifier follow from its confusion matrix.
    case classification(ConfusionMatrix)
    /// The scores of a model with several labels a row.
    case multiLabel(LabelTotals)
    /// The scores of a tagger: its spans, and its tags word by word.
    case tagging(SpanTotals, ConfusionMatrix)
    /// Correlations with the targets, of several numbers their mean; nil where one is undefined, as for constant predictions.
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
        case (.tags(let labels), .tags(let expected, let sentences)):
            self = .tagging(
                SpanTotals.bySentence(expected, predictions.classIDs, sentences, labels)
                    .reduce(into: SpanTotals()) { $0.add($1) },
                ConfusionMatrix(expected: expected, predicted: predictions.classIDs, classes: labels.count))
        case (.multiLabel(let labels), .labelSets(let expected)):
            var totals = LabelTotals(labels: labels.count)
            for row in expected.indices {
                totals.add(expected: expected[row], predicted: predictions.labelIDs(ofRow: row), rows: 1)
            }
            self = .multiLabel(totals)
        case (.numbers(let width), .vectors(let expected)):
            self = Self.correlations(predictions.logits, expected, width)
        case (.regression, .values(let expected)), (.cosine, .values(let expected)), (.share, .values(let expected)):
            let predicted = predictions.logits.map(Double.init)
            self = .regression(
                spearman: Correlation.spearman(expected, predicted), pearson: Correlation.pearson(expected, predicted))
        default:
            throw EmbqError(
                .mismatch, "classes and numbers cannot be compared",
                advice: "A classifier needs labels of classes, a regression needs numbers.")
        }
    }

    /// Means over the numbers of a row; nil where one of them is undefined.
    private static func correlations(_ logits: [Float], _ expected: [[Double]], _ width: Int) -> Scores {
        let columns = (0..<width).map { column in
            (
                expected.map { $0[column] },
                stride(from: column, to: logits.count, by: width).map { Double(logits[$0]) }
            )
        }
        func mean(_ values: [Double?]) -> Double? {
            let known = values.compactMap { $0 }
            return known.count == width ? known.reduce(0, +) / Double(width) : nil
        }
        return .regression(
            spearman: mean(columns.map { Correlation.spearman($0.0, $0.1) }),
            pearson: mean(columns.map { Correlation.pearson($0.0, $0.1) }))
    }

    /// The value of one metric; an undefined correlation counts as 0, so that a model whose output froze fails.
    ///
    /// - Throws: `.invalidRequest` when the metric does not apply.
    package func value(of metric: Metric) throws(EmbqError) -> Double {
        switch (self, metric) {
        case (.classification(let matrix), _):
            if let value = matrix.totals.value(of: metric) { return value }
            throw Self.fault("'\(metric.rawValue)' does not apply to a classifier", "accuracy, mcc or f1")
        case (.multiLabel(let totals), _):
            if let value = totals.value(of: metric) { return value }
            throw Self.fault(
                "'\(metric.rawValue)' does not apply to a model with several labels a row", "accuracy or f1")
        case (.tagging(let spans, _), .spanF1): return spans.f1
        case (.tagging(_, let matrix), .accuracy): return matrix.accuracy
        case (.tagging, _):
            throw Self.fault("'\(metric.rawValue)' does not apply to a tagger", "span_f1 or accuracy")
        case (.regression(let spearman, _), .spearman): return spearman ?? 0
        case (.regression, _):
            throw Self.fault("'\(metric.rawValue)' does not apply to a regression", "spearman")
        }
    }

    private static func fault(_ problem: String, _ choices: String) -> EmbqError {
        EmbqError(.invalidRequest, "the metric \(problem)", advice: "Choose \(choices).")
    }

    /// What a resample draws.
    var drawn: String { if case .tagging = self { "sentences" } else { "rows" } }
}
