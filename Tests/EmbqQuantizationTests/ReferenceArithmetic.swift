/// The format's arithmetic as its description states it, in 64-bit integers that trap where they overflow.
enum ReferenceArithmetic {
    static let rowLimit = (1 << 26) - 1
    static let stateLimit = (1 << 30) - 1

    /// A factor: value · multiplier / 2^shift.
    typealias Factor = (multiplier: Int, shift: Int)

    /// `value / 2^shift`, halves towards +∞.
    static func round(_ value: Int, _ shift: Int) -> Int { (value + (1 << (shift - 1))) >> shift }

    static func requantize(_ value: Int, _ multiplier: Int, _ shift: Int) -> Int { round(value * multiplier, shift) }

    static func requantize(_ value: Int, _ factor: Factor) -> Int { requantize(value, factor.multiplier, factor.shift) }

    static func clip(_ value: Int, _ limit: Int) -> Int { min(max(value, -limit), limit) }

    static func dot(_ a: some Sequence<Int>, _ b: some Sequence<Int>) -> Int {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// `multiplier / 2^shift / value` as a factor, from the value's first 32 bits.
    static func divided(_ multiplier: Int, _ shift: Int, _ value: Int) -> Factor {
        let zeros = UInt32(value).leadingZeroBitCount
        return reciprocal(UInt64(value) << UInt64(zeros), multiplier, 31 + shift - zeros)
    }

    /// `multiplier / 2^shift / √value` as a factor: the root of the value, moved by pairs of bits to the top.
    static func dividedByRoot(_ multiplier: Int, _ shift: Int, _ value: UInt64) -> Factor {
        let pairs = value.leadingZeroBitCount / 2
        return reciprocal(root(value << UInt64(2 * pairs)), multiplier, 31 + shift - pairs)
    }

    /// ⌊√value⌋.
    static func root(_ value: UInt64) -> UInt64 {
        var root: UInt64 = 0
        for bit in (0..<32).reversed() {
            let candidate = root | (1 << UInt64(bit))
            if candidate * candidate <= value { root = candidate }
        }
        return root
    }

    private static func reciprocal(_ value: UInt64, _ multiplier: Int, _ shift: Int) -> Factor {
        let quotient = min((1 << 63) / value, 0xFFFF_FFFF)
        return (Int((quotient * UInt64(multiplier)) >> 32), shift)
    }

    /// 2^-exponent in 15 bits, for an exponent with 16 fraction bits.
    static func powerOfTwo(_ exponent: Int) -> Int {
        let (whole, fraction) = (exponent >> 16, exponent & 0xFFFF)
        if whole > 15 { return 0 }
        var r = 453
        for coefficient in [3498, 15699, 45422, 65536] { r = coefficient - ((r * fraction) >> 16) }
        return min(((r >> whole) + 1) >> 1, 32767)
    }

    /// 2^-exponent in steps of 2^-30, for an exponent with 24 fraction bits.
    static func finePowerOfTwo(_ exponent: Int) -> Int {
        let (whole, fraction) = (exponent >> 24, exponent & 0xFF_FFFF)
        if whole > 30 { return 0 }
        var r = 118_043
        for coefficient in [1_371_676, 10_288_824, 59_584_400, 257_939_319, 744_261_020, 1_073_741_824] {
            r = coefficient - ((r * fraction) >> 24)
        }
        return r >> whole
    }
}
