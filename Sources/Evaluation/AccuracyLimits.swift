/// What a quantized model may lose before it is refused.
public struct AccuracyLimits: Sendable, Equatable {
    /// The most that the metric may drop, in points of 100; nil sets no limit.
    public var maxDropPoints: Double?
    /// The least share of rows that must be answered as the reference does, 0 to 1; nil sets no limit.
    public var minAgreement: Double?

    /// A result exactly at its limit passes: 97.0 - 96.7 is not 0.3 in binary.
    private static let slack = 1e-9

    public init(maxDropPoints: Double? = nil, minAgreement: Double? = nil) {
        self.maxDropPoints = maxDropPoints
        self.minAgreement = minAgreement
    }

    /// Whether any limit is set.
    public var isEmpty: Bool { maxDropPoints == nil && minAgreement == nil }

    /// A sentence without a full stop for each limit that is broken; none when all hold.
    public func violations(_ comparison: Comparison) -> [String] {
        violations(
            metric: comparison.metric, dropPoints: comparison.dropPoints, agreement: comparison.agreement)
    }

    /// The same from the numbers alone.
    public func violations(metric: Metric, dropPoints: Double, agreement: Double) -> [String] {
        var found: [String] = []
        // Written so that a NaN breaks the limit.
        if let limit = maxDropPoints, !(dropPoints <= limit + Self.slack) {
            found.append(
                "\(metric.rawValue) drops by \(dropPoints.fixed(3)) points; the limit is \(limit)")
        }
        if let limit = minAgreement, !(agreement >= limit - Self.slack) {
            found.append(
                "\((agreement * 100).fixed(2)) % of the rows agree; the limit is \((limit * 100).fixed(2)) %")
        }
        return found
    }
}
