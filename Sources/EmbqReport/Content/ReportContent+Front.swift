import EmbqCore
package import EmbqEvaluation
package import EmbqQuantization

extension ReportContent {
    /// Choices of a search for widths: bytes against what is left of the model.
    package struct Front: Sendable, Equatable {
        package var points: [WidthPoint]
        /// 8 bits everywhere, beside which the choices are shown; nil if it was not measured.
        package var baseline: WidthPoint?
        /// Metric of the scores; nil if there are none.
        package var metric: Metric?
        /// Data of the measurements: `294 calibration sentences`.
        package var measuredOn: String

        package init(
            points: [WidthPoint], baseline: WidthPoint? = nil, metric: Metric? = nil, measuredOn: String = ""
        ) {
            self.points = points
            self.baseline = baseline
            self.metric = metric
            self.measuredOn = measuredOn
        }
    }
}

extension ReportContent.Front {
    /// A point with whether it is the baseline.
    struct Entry {
        let point: WidthPoint
        let isBaseline: Bool
    }

    /// The points and the baseline, rising by bytes, as the drawings and the table number them.
    var entries: [Entry] {
        func isBaseline(_ point: WidthPoint) -> Bool {
            var other = point
            other.chosen = false
            return other == baseline
        }
        var entries = points.map { Entry(point: $0, isBaseline: isBaseline($0)) }
        if let baseline, !points.isEmpty, !entries.contains(where: \.isBaseline) {
            entries.append(Entry(point: baseline, isBaseline: true))
        }
        return entries.enumerated().sorted { ($0.element.point.bytes, $0.offset) < ($1.element.point.bytes, $1.offset) }
            .map(\.element)
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
