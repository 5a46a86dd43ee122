extension Float {
    /// The value with six decimals, rounded as C's `%.6f` does: exact, ties to even, the sign of -0 kept.
    ///
    /// Computed from the binary digits, so that the text (and a checksum over it) is the same everywhere.
    package var sixDecimals: String {
        guard isFinite else { return isNaN ? "nan" : sign == .minus ? "-inf" : "inf" }
        // magnitude = mantissa · 2^exponent with mantissa < 2^24; times 10^6 stays below 2^44.
        let isNormal = exponentBitPattern != 0
        let mantissa = UInt128(significandBitPattern) | (isNormal ? 1 << 23 : 0)
        let exponent = (isNormal ? Int(exponentBitPattern) : 1) - 150
        let sign = self.sign == .minus ? "-" : ""
        guard exponent < 0 else { return "\(sign)\(mantissa << UInt128(exponent)).000000" }
        let shift = UInt128(min(-exponent, 120))
        let product = mantissa * 1_000_000
        var millionths = product >> shift
        let rest = product & (1 << shift - 1)
        let half: UInt128 = 1 << (shift - 1)
        if rest > half || rest == half && millionths & 1 == 1 { millionths += 1 }
        let fraction = String(millionths % 1_000_000)
        return "\(sign)\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
    }
}
