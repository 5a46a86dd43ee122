/// Real factors as the runtime multiplies by them: `value · multiplier / 2^shift`, rounded once.
package struct FixedPointFactor: Sendable, Equatable {
    /// In 0 ..< 2^31.
    package var multiplier: Int32
    package var shift: UInt32

    /// The nearest factor with the most bits that `shifts` allows.
    ///
    /// - Parameters:
    ///   - real: > 0.
    ///   - shifts: what the runtime accepts here.
    /// - Returns: nil when the factor is too large for any of the shifts.
    package init?(_ real: Double, shifts: ClosedRange<Int>) {
        guard let (multipliers, shift) = Self.common([real], bits: 31, shifts: shifts) else { return nil }
        multiplier = multipliers[0]
        self.shift = shift
    }

    /// Factors that share one shift, the largest of them with all its bits.
    ///
    /// - Parameters:
    ///   - reals: finite, ≥ 0.
    ///   - bits: multipliers stay below 2^bits.
    /// - Returns: nil when the largest is too large for any of the shifts.
    static func common(_ reals: [Double], bits: Int, shifts: ClosedRange<Int>) -> (multipliers: [Int32], shift: UInt32)?
    {
        let largest = reals.max() ?? 0
        guard largest.isFinite else { return nil }
        // Below the limit after rounding: 2^bits - 1 is the largest multiplier.
        var shift = largest > 0 ? bits - 1 - Int(largest.exponent) : shifts.upperBound
        if scaled(largest, shift) >= limit(bits) { shift -= 1 }
        shift = min(shift, shifts.upperBound)
        guard shift >= shifts.lowerBound else { return nil }
        return (reals.map { Int32(scaled($0, shift)) }, UInt32(shift))
    }

    private static func scaled(_ real: Double, _ shift: Int) -> Double {
        (real * Double(sign: .plus, exponent: shift, significand: 1)).rounded()
    }

    private static func limit(_ bits: Int) -> Double { Double(sign: .plus, exponent: bits, significand: 1) }
}
