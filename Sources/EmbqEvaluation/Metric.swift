/// The number that a task is judged by.
package enum Metric: String, Sendable, Equatable, Codable, CaseIterable {
    /// The share of rows predicted right.
    case accuracy
    /// Matthews' correlation coefficient.
    case mcc
    /// The F1 of class 1 when there are two classes, as GLUE has it; with more, the weighted mean; where a row has several
    /// labels, that over all labels of all rows.
    case f1
    /// Spearman's rank correlation, for a regression.
    case spearman
    /// The F1 of a tagger's spans, as ``SpanTotals`` has it.
    case spanF1 = "span_f1"

    /// The metric that the benchmarks use for a task.
    ///
    /// Case, spaces and punctuation of the name do not matter: `STS-B` is `stsb`.
    ///
    /// - Parameter regression: whether the model gives numbers, which rank correlation alone can score; nil: not known.
    package static func standard(forTask task: String, regression: Bool? = nil) -> Metric {
        if regression == true { return .spearman }
        return switch task.lowercased().filter({ $0.isLetter || $0.isNumber }) {
        case "cola": .mcc
        case "mrpc", "qqp": .f1
        case "stsb" where regression == nil: .spearman
        default: .accuracy
        }
    }

    /// The metric for models with several labels a row.
    package static let standardForLabels = Metric.f1
    /// The metric for taggers.
    package static let standardForTags = Metric.spanF1

    /// True if it applies to answers of a kind.
    package func applies(to kind: Predictions.Kind) -> Bool {
        switch kind {
        case .multiLabel: self == .accuracy || self == .f1
        case .tags: self == .accuracy || self == .spanF1
        case .regression, .numbers, .share, .cosine: self == .spearman
        case .classes: self != .spearman && self != .spanF1
        }
    }

    /// The name for people.
    package var title: String {
        switch self {
        case .accuracy: "Accuracy"
        case .mcc: "Matthews correlation"
        case .f1: "F1"
        case .spearman: "Spearman correlation"
        case .spanF1: "Span F1"
        }
    }
}
