/// Multipliers or biases as REQUANTIZE, ACTIVATE and COMBINE read them: 32 bits each, or 16 that a power of two makes as
/// wide again.
package struct StoredVector: Equatable {
    /// 0 for 32 bits; n: each number is times 2^(n − 1).
    package let form: UInt32
    package let numbers: [Int32]

    /// - Parameter isNarrow: 16 bits, with which the largest keeps 15 and smaller ones fewer.
    package init(_ values: [Int32], isNarrow: Bool) {
        guard isNarrow else {
            (form, numbers) = (0, values)
            return
        }
        let largest = values.reduce(UInt32(0)) { max($0, $1.magnitude) }
        let up = max(0, 17 - largest.leadingZeroBitCount)
        form = UInt32(up + 1)
        // What would be rounded up to 2^15 has no room.
        numbers = values.map { value in
            let rounded = up == 0 ? Int64(value) : (Int64(value) + 1 << (up - 1)) >> Int64(up)
            return Int32(max(min(rounded, Int64(Int16.max)), -Int64(Int16.max)))
        }
    }

    /// The word of a shift and of the forms of an operation's vectors.
    static func word(_ shift: UInt32, _ first: StoredVector, second: StoredVector? = nil, bias: StoredVector) -> UInt32
    {
        shift | first.form << 8 | bias.form << 16 | (second?.form ?? 0) << 24
    }
}
