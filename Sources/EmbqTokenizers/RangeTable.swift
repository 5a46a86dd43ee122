/// A table of ranges of code points with a number each, as the section's pipeline has it.
struct RangeTable {
    private(set) var starts: [UInt32] = []
    private(set) var values: [UInt16] = []

    /// - Parameter value: of each code point from the bound on to the next one.
    init(bounds: some Sequence<UInt32>, _ value: (UInt32) -> UInt16) {
        let planes = (0..<17).map { UInt32($0) << 16 }
        for start in Set(bounds).union(planes).filter({ $0 < CodePointSet.limit }).sorted() {
            append(start, value(start))
        }
    }

    init() {}

    /// Adds a range, unless the last one goes on.
    mutating func append(_ start: UInt32, _ value: UInt16, joins: Bool = true) {
        if joins, start % 0x10000 != 0, values.last == value { return }
        starts.append(start)
        values.append(value)
    }

    /// The number of ranges, the first one of each plane and the number again, starts, values.
    var words: [UInt16] {
        var planes: [UInt16] = []
        for (index, start) in starts.enumerated() where start % 0x10000 == 0 { planes.append(UInt16(clamping: index)) }
        let count = UInt16(clamping: starts.count)
        return [count] + planes + [count] + starts.map { UInt16(truncatingIfNeeded: $0) } + values
    }
}

/// Bytes as words, low byte first.
func packed(_ bytes: [UInt8]) -> [UInt16] {
    stride(from: 0, to: bytes.count, by: 2).map {
        UInt16(bytes[$0]) | ($0 + 1 < bytes.count ? UInt16(bytes[$0 + 1]) << 8 : 0)
    }
}

/// A text of the section's pipeline: its length and its bytes.
func lengthAndText(_ text: [UInt8]) -> [UInt16] { packed([UInt8(clamping: text.count)] + text) }
