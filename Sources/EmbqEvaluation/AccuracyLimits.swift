import EmbqCore

/// What a quantized model may lose before it is refused.
package struct AccuracyLimits: Sendable, Equatable {
    /// The most that the metric may drop, in points of 100; nil sets no limit.
    package var maxDropPoints: Double?
    /// The most that the upper end of ``Comparison/dropInterval`` may be, in points of 100: a drop that is likely on other
    /// rows too, not only found on these.
    package var maxDropUpperBound: Double?
    /// The least share of rows that must be answered as the reference does, 0 to 1; nil sets no limit.
    package var minAgreement: Double?

    /// A result exactly at its limit passes: 97.0 - 96.7 is not 0.3 in binary.
    private static let slack = 1e-9

    package init(maxDropPoints: Double? = nil, maxDropUpperBound: Double? = nil, minAgreement: Double? = nil) {
        self.maxDropPoints = maxDropPoints
        self.maxDropUpperBound = maxDropUpperBound
        self.minAgreement = minAgreement
    }

    /// Whether any limit is set.
    package var isEmpty: Bool { !needsLabels && minAgreement == nil }

    /// Whether a limit is set that takes labels to check.
    package var needsLabels: Bool { maxDropPoints != nil || maxDropUpperBound != nil }

    /// A sentence without a full stop for each limit that is broken; none when all hold.
    package func violations(_ comparison: Comparison) -> [String] {
        violations(
            metric: comparison.metric, dropPoints: comparison.dropPoints,
            dropUpperBound: comparison.dropInterval.upperBound)
            + violations(agreement: comparison.agreement)
    }

    /// The same from the numbers alone.
    package func violations(metric: Metric, dropPoints: Double, dropUpperBound: Double) -> [String] {
        var found: [String] = []
        // Written so that a NaN breaks the limit.
        if let limit = maxDropPoints, !(dropPoints <= limit + Self.slack) {
            found.append(
                "\(metric.rawValue) drops by \(dropPoints.fixed(3, apartFrom: limit)) points; the limit is \(limit)")
        }
        if let limit = maxDropUpperBound, !(dropUpperBound <= limit + Self.slack) {
            found.append(
                "the drop of \(metric.rawValue) may be \(dropUpperBound.fixed(3, apartFrom: limit)) points on other rows; the limit of "
                    + "its interval is \(limit)")
        }
        return found
    }

    /// The same for what needs no labels.
    package func violations(agreement: Double) -> [String] {
        guard let limit = minAgreement, !(agreement >= limit - Self.slack) else { return [] }
        let (found, least) = (agreement * 100, limit * 100)
        return [
            "\(found.fixed(2, apartFrom: least)) % of the rows agree; the limit is \(least.fixed(2, apartFrom: found)) %"
        ]
    }
}
