/// How often values fell into each of several equal bins over [-2^exponent, 2^exponent).
public struct HistogramRecord: Sendable, Equatable {
    /// Half the covered range is 2^exponent, in the model's own units.
    public var exponent: Int
    /// Values in each bin, lowest bin first.
    public var counts: [UInt64]

    public init(exponent: Int, counts: [UInt64]) {
        self.exponent = exponent
        self.counts = counts
    }
}
