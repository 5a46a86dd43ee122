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
    /// `embedder.token 4.3 bits`, `18 tensors in 1 to 6 bits`.
    var summary: String {
        func short(_ bits: Double) -> String { bits.rounded() == bits ? bits.fixed(0) : bits.fixed(1) }
        func counted(_ bits: Double) -> String { bits == 1 ? "1 bit" : "\(short(bits)) bits" }
        guard let least = bits.values.min(), let most = bits.values.max() else { return "8 bits" }
        if bits.count > 3 {
            return "\(bits.count) tensors in " + (least == most ? counted(most) : "\(short(least)) to \(counted(most))")
        }
        return bits.sorted { $0.key < $1.key }.map { "\($0.key) \(counted($0.value))" }.joined(separator: ", ")
    }
}
