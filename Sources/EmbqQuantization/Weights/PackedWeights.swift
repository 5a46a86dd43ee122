/// The words of a matrix whose weights have 1 to 6 bits, as `Schemas/embq-format.md` lays them out.
package struct PackedWeights: Sendable, Equatable {
    package let bits: Int
    /// `[outputs, words of a row]`.
    package let words: [UInt32]

    /// Codes of 6 bits lie in two parts.
    static func parts(bits: Int) -> [(bits: Int, below: Int)] { bits == 6 ? [(4, 2), (2, 0)] : [(bits, 0)] }

    /// Codes that a word holds.
    private static func codes(bits: Int) -> Int { 16 / bits * 2 }

    /// - Parameter values: integers of the grid, `[outputs, inputs]`.
    package init(_ values: [Int8], inputs: Int, bits: Int) {
        let grid = WeightGrid(bits: bits)
        var words: [UInt32] = []
        for start in stride(from: 0, to: values.count, by: inputs) {
            let codes = values[start..<start + inputs].map(grid.code)
            for part in Self.parts(bits: bits) {
                let mask: UInt32 = (1 << UInt32(part.bits)) - 1
                words += Self.row(codes.map { $0 >> UInt32(part.below) & mask }, bits: part.bits)
            }
        }
        self.bits = bits
        self.words = words
    }

    private static func row(_ codes: [UInt32], bits: Int) -> [UInt32] {
        let count = Self.codes(bits: bits)
        var words = [UInt32](repeating: 0, count: (codes.count + count - 1) / count)
        for (column, code) in codes.enumerated() {
            words[column / count] |= code << UInt32(column % count / 2 * bits + column % 2 * 16)
        }
        return words
    }

    /// The integers of packed words, `[outputs, inputs]`.
    package static func integers(_ words: [UInt32], inputs: Int, bits: Int) -> [Float] {
        let (grid, row) = (WeightGrid(bits: bits), Self.words(inputs: inputs, bits: bits))
        var integers: [Float] = []
        for start in stride(from: 0, to: words.count - row + 1, by: max(row, 1)) {
            var codes = [UInt32](repeating: 0, count: inputs)
            var part = start
            for (bits, below) in parts(bits: bits) {
                let (count, mask) = (Self.codes(bits: bits), (UInt32(1) << UInt32(bits)) - 1)
                for column in 0..<inputs {
                    let code = words[part + column / count] >> UInt32(column % count / 2 * bits + column % 2 * 16)
                    codes[column] |= (code & mask) << UInt32(below)
                }
                part += (inputs + count - 1) / count
            }
            integers += codes.map { Float(grid.integer(of: $0)) }
        }
        return integers
    }

    /// Words of a row.
    static func words(inputs: Int, bits: Int) -> Int {
        parts(bits: bits).reduce(0) { $0 + (inputs + codes(bits: $1.bits) - 1) / codes(bits: $1.bits) }
    }

    /// Bytes of a matrix.
    package static func byteCount(outputs: Int, inputs: Int, bits: Int) -> Int {
        outputs * words(inputs: inputs, bits: bits) * 4
    }
}
