import EmbqCore
package import EmbqEvaluation
package import EmbqQuantization

extension ReportContent {
    /// Choices of a search for widths: bytes against what is left of the model.
    package struct Front: Sendable, Equatable {
        package var points: [WidthPoint]
        /// Metric of the scores; nil if there are none.
        package var metric: Metric?
        /// Data of the measurements: `294 calibration sentences`.
        package var measuredOn: String

        package init(points: [WidthPoint], metric: Metric? = nil, measuredOn: String = "") {
            self.points = points
            self.metric = metric
            self.measuredOn = measuredOn
        }
    }
}

extension WidthPoint {
    /// `4 bits: embedder.token (2,048 token rows in 8)`, `18 tensors in 4 bits`.
    var summary: String {
        let rows = wholeRows > 0 ? " (\(wholeRows.grouped) token rows in 8)" : ""
        switch fourBits.count {
        case 0: return "8 bits"
        case 1...3: return "4 bits: \(fourBits.joined(separator: ", "))\(rows)"
        default: return "\(fourBits.count) tensors in 4 bits\(rows)"
        }
    }
}
