/// Multipliers or biases as REQUANTIZE, ACTIVATE and COMBINE read them: 32 bits each, or 16 that a power of two makes as
/// wide again.
struct StoredVector: Equatable {
    /// 0 for 32 bits; n: each number is times 2^(n − 1).
    let form: UInt32
    let numbers: [Int32]

    /// - Parameter isNarrow: 16 bits, with which the largest keeps 15 and smaller ones fewer.
    init(_ values: [Int32], isNarrow: Bool) {
        guard isNarrow else {
            (form, numbers) = (0, values)
            return
        }
        let largest = values.reduce(UInt32(0)) { max($0, $1.magnitude) }
        var up = max(0, 17 - largest.leadingZeroBitCount)
        // A number that is rounded up to 2^15 has no room.
        if Self.rounded(Int64(largest), up) > Int64(Int16.max) { up += 1 }
        form = UInt32(up + 1)
        numbers = values.map { Int32(Self.rounded(Int64($0), up)) }
    }

    private static func rounded(_ value: Int64, _ up: Int) -> Int64 { up == 0 ? value : (value + 1 << (up - 1)) >> up }

    /// The word of a shift and of the forms of an operation's vectors.
    static func word(_ shift: UInt32, _ first: StoredVector, second: StoredVector? = nil, bias: StoredVector) -> UInt32
    {
        shift | first.form << 8 | bias.form << 16 | (second?.form ?? 0) << 24
    }
}
