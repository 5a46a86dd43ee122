import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Views of values")
struct StridedViewTests {
    /// The slow, obvious way: one value after the other, by its index.
    private static func gather(_ view: StridedView, _ bytes: [UInt8], swapped: Bool) -> [UInt8] {
        var result: [UInt8] = []
        for flat in 0..<view.count {
            let index = view.shape.index(of: flat)
            let place = view.offset + zip(index, view.strides).reduce(0) { $0 + $1.0 * $1.1 }
            let value = bytes[place * view.elementSize..<(place + 1) * view.elementSize]
            result += swapped ? Array(value.reversed()) : Array(value)
        }
        return result
    }

    @Test("any order, gap and repetition gives what picking value by value gives", arguments: [1, 2, 4, 8])
    func gather(size: Int) throws {
        var random = SplitMix64(seed: UInt64(size))
        let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
        var contiguous = 0
        for _ in 0..<2000 {
            let rank = Int.random(in: 0...4, using: &random)
            let shape = (0..<rank).map { _ in Int.random(in: 0...5, using: &random) }
            let strides =
                Bool.random(using: &random)
                ? StridedView.rowMajor(shape) : (0..<rank).map { _ in Int.random(in: 0...40, using: &random) }
            guard
                let view = try? StridedView(
                    shape: shape, strides: strides, offset: Int.random(in: 0...9, using: &random), elementSize: size,
                    byteCount: bytes.count)
            else { continue }
            for swapped in [false, true] {
                let expected = Self.gather(view, bytes, swapped: swapped)
                #expect(view.gather(bytes.span, swapped: swapped) == expected, "\(view)")
                if !swapped, let range = view.contiguousRange {
                    contiguous += 1
                    #expect(Array(bytes[range]) == expected, "\(view)")
                }
            }
        }
        #expect(contiguous > 200)
    }

    @Test("a large transposed view is gathered in pieces and tells how far it has read")
    func large() throws {
        let (rows, columns) = (1500, 2000)
        let bytes = (0..<rows * columns * 4).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let view = try StridedView(
            shape: [columns, rows], strides: [1, columns], offset: 0, elementSize: 4, byteCount: bytes.count)
        var reports: [Int] = []
        let result = view.gather(bytes.span) { reports.append($0) }
        #expect(reports == reports.sorted() && reports.count == 1)
        for (row, column) in [(0, 0), (1, 0), (1499, 1999), (700, 3)] {
            let (from, to) = ((row * columns + column) * 4, (column * rows + row) * 4)
            #expect(Array(result[to..<to + 4]) == Array(bytes[from..<from + 4]))
        }
    }
}
