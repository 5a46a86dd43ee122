/// What comes nearest to a goal that cannot be met: asked for, it can be.
public struct NearestGoal: Sendable, Equatable, Encodable {
    /// Weights, tables and arena at 256 tokens.
    public var bytes: Int
    /// Share of the calibration sentences that are answered as in fp32, 0 to 1; nil for a model without answers.
    public var agreement: Double?

    public init(bytes: Int, agreement: Double?) {
        self.bytes = bytes
        self.agreement = agreement
    }
}
