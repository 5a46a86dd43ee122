import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Sums without rounding")
struct ExactSumTests {
    private static func sum(_ values: some Sequence<Float>) -> ExactSum {
        var sum = ExactSum()
        for value in values { sum.add(value) }
        return sum
    }

    @Test(
        "keep what a float or a double would lose",
        arguments: [
            ([0x1p127, 1, -0x1p127], 1), ([0x1p-149, 0x1p100, -0x1p100, 0x1p-149], 0x1p-148),
            ([.greatestFiniteMagnitude, .greatestFiniteMagnitude], 2 * Double(Float.greatestFiniteMagnitude)),
            ([-0.0, 0], 0), ([1.5, -0.25, 0x1p-126, -0x1p-126], 1.25), ([], 0),
        ] as [([Float], Double)])
    func exact(values: [Float], sum: Double) { #expect(Self.sum(values).value == sum) }

    @Test("are the same for any order and any split", arguments: 1...4 as ClosedRange<UInt64>)
    func splits(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var values =
            HistogramTests.values(seed: seed, count: 500) + [.greatestFiniteMagnitude, -.leastNonzeroMagnitude]
        let whole = Self.sum(values)
        for _ in 0..<5 {
            values.shuffle(using: &generator)
            var rest = values[...]
            var merged = ExactSum()
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...90, using: &generator))
                rest = rest.dropFirst(piece.count)
                merged.merge(Self.sum(piece))
            }
            #expect(merged == whole)
        }
        #expect(Self.sum(values.map { -$0 }).value == -whole.value)
    }
}
