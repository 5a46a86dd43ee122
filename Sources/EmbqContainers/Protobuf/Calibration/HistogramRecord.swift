/// How often values fell into each of several equal bins over [-2^exponent, 2^exponent).
package struct HistogramRecord: Sendable, Equatable {
    /// Half the covered range is 2^exponent, in the model's own units.
    package var exponent: Int
    /// Values in each bin, lowest bin first.
    package var counts: [UInt64]

    package init(exponent: Int, counts: [UInt64]) {
        self.exponent = exponent
        self.counts = counts
    }
}
