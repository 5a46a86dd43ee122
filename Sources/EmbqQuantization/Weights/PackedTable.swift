import EmbqCore

/// A token table whose rows have fewer bits the rarer they are read, as `Schemas/embq-format.md` lays it out.
package struct PackedTable: Sendable, Equatable {
    /// Rows that have the same number of bits: those behind the class before, up to `end`.
    package struct RowClass: Sendable, Hashable {
        package var end: Int
        package var bits: Int

        package init(end: Int, bits: Int) {
            self.end = end
            self.bits = bits
        }
    }

    /// A class's columns may have up to so many bits more or fewer.
    static let mostShift = 2.0

    let classes: [RowClass]
    /// What a column's width is above that of its class, `[columns]`.
    let shifts: [Int]
    /// The rows of all classes, one behind the other.
    let bytes: [UInt8]
    /// Where each class begins in them.
    let starts: [Int]

    /// - Parameter values: `[rows, columns]`; in columns of fewer than 8 bits each is a level of its width.
    init(_ values: [Int8], classes: [RowClass], shifts: [Int]) {
        self.classes = classes
        self.shifts = shifts
        let columns = shifts.count
        var (bytes, starts): ([UInt8], [Int]) = ([], [])
        var first = 0
        for rows in classes {
            starts.append(bytes.count)
            let widths = Self.widths(of: rows.bits, shifts)
            for row in first..<rows.end {
                var (held, count): (UInt32, Int) = (0, 0)
                for (value, bits) in zip(values[row * columns..<(row + 1) * columns], widths) {
                    held |= Self.code(of: value, bits: bits) << UInt32(count)
                    count += bits
                    while count >= 8 {
                        bytes.append(UInt8(truncatingIfNeeded: held))
                        held >>= 8
                        count -= 8
                    }
                }
                if count > 0 { bytes.append(UInt8(truncatingIfNeeded: held)) }
            }
            first = rows.end
        }
        self.bytes = bytes
        self.starts = starts
    }

    /// Bits of each column in a class.
    static func widths(of bits: Int, _ shifts: [Int]) -> [Int] {
        shifts.map { bits == 8 ? 8 : min(max(bits + $0, 1), 8) }
    }

    private static func code(of value: Int8, bits: Int) -> UInt32 {
        if bits == 8 { return UInt32(Int(value) + 127) }
        return UInt32(levels(bits: bits).firstIndex(of: value) ?? 0)
    }

    /// The place of a column's level that is nearest to a number, in steps of the table.
    static func nearest(_ value: Float, bits: Int) -> Float {
        if bits == 8 { return min(max(value.rounded(), -127), 127) }
        let levels = realLevels[bits - 1]
        var (low, high) = (0, levels.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if value > (levels[middle] + levels[middle + 1]) / 2 { low = middle + 1 } else { high = middle }
        }
        return levels[low]
    }

    // MARK: Levels

    /// A deviation in steps of the table: 4.5 of them fit 8 bits.
    static let deviation = 28.0

    /// The levels of widths of 1, 2 … 7 bits, one behind the other.
    static let allLevels: [Int8] = (1...7).flatMap { levels(bits: $0) }

    static func levels(bits: Int) -> [Int8] { gaussianLevels[bits - 1] }

    private static let realLevels = gaussianLevels.map { $0.map { Float($0) } }

    private static let gaussianLevels: [[Int8]] = (1...7).map { bits in
        let positive = bestLevels(bits: bits).map { Int8(min($0 * deviation, 127).rounded()) }
        return positive.reversed().map { -$0 } + positive
    }

    /// The positive levels that round a Gaussian of deviation 1 best.
    ///
    /// Source: S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inform. Theory 28 (1982), method I: levels
    /// are the means between edges, edges lie half-way between levels.
    private static func bestLevels(bits: Int) -> [Double] {
        let count = 1 << (bits - 1)
        func density(_ x: Double) -> Double { Elementary.exp(-x * x / 2) }
        func mass(_ x: Double) -> Double { Elementary.erf(x / 2.0.squareRoot()) * (Double.pi / 2).squareRoot() }
        var levels = (0..<count).map { (Double($0) + 0.5) / Double(count) * (1.5 + 0.35 * Double(bits)) }
        for _ in 0..<400 {
            let edges = [0] + zip(levels, levels.dropFirst()).map { ($0 + $1) / 2 } + [9]
            levels = (0..<count).map { i in
                (density(edges[i]) - density(edges[i + 1])) / (mass(edges[i + 1]) - mass(edges[i]))
            }
        }
        return levels
    }
}
