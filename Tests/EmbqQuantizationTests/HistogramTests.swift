import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Histograms of activations")
struct HistogramTests {
    /// Values of many magnitudes: a few from each of a bell, a long tail, zeros of both signs, powers of two on the
    /// bins' edges, and numbers so small that a product in fp32 would lose them.
    static func values(seed: UInt64, count: Int) -> [Float] {
        var generator = SplitMix64(seed: seed)
        let edges: [Float] = [0, -0.0, 1, -1, 0.5, -0.25, 1024, -4096, 0x1p-149, -0x1p-149, -0x1p-130, 3e4]
        return (0..<count).map { _ in
            switch Int.random(in: 0..<50, using: &generator) {
            case 0: edges.randomElement(using: &generator) ?? 0
            case 1: Float.random(in: -1...1, using: &generator) * 100
            default: (0..<4).reduce(0) { sum, _ in sum + Float.random(in: -1...1, using: &generator) }
            }
        }
    }

    private static func histogram(_ values: some Sequence<Float>) -> ActivationHistogram {
        var histogram = ActivationHistogram()
        histogram.add(Array(values))
        return histogram
    }

    /// Equal to the bit: the sign of a zero counts too.
    private func expectSame(_ a: ActivationHistogram, _ b: ActivationHistogram) {
        #expect(a == b)
        #expect(a.minimum.bitPattern == b.minimum.bitPattern && a.maximum.bitPattern == b.maximum.bitPattern)
    }

    @Test("count every value in the bin that holds it", arguments: 1...5 as ClosedRange<UInt64>)
    func counts(seed: UInt64) {
        let values = Self.values(seed: seed, count: 3000)
        let histogram = Self.histogram(values)
        #expect(histogram.total == 3000)
        #expect(histogram.minimum == values.min() && histogram.maximum == values.max())
        var expected = [UInt64](repeating: 0, count: ActivationHistogram.bins)
        for value in values {
            expected[Int((Double(value) / histogram.binWidth).rounded(.down)) + ActivationHistogram.bins / 2] += 1
        }
        #expect(histogram.counts == expected)
        // The range is the narrowest power of two that holds all.
        let reach = values.reduce(0.0) { max($0, Double(abs($1))) }
        let edge = histogram.binWidth * Double(ActivationHistogram.bins / 2)
        #expect(reach < edge && edge <= 2 * reach)
    }

    @Test("are the same for any order and any split of the values", arguments: 1...5 as ClosedRange<UInt64>)
    func splits(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var values = Self.values(seed: seed, count: 2000)
        let whole = Self.histogram(values)
        for _ in 0..<5 {
            values.shuffle(using: &generator)
            var one = ActivationHistogram()
            var parts: [ActivationHistogram] = []
            var rest = values[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...400, using: &generator))
                rest = rest.dropFirst(piece.count)
                one.add(Array(piece))
                parts.append(Self.histogram(piece))
            }
            expectSame(one, whole)
            // Merged in pairs as they come: any tree over any order.
            while parts.count > 1 {
                parts.shuffle(using: &generator)
                parts[0].merge(parts.removeLast())
            }
            expectSame(parts[0], whole)
        }
    }

    @Test("merge as sums do: in any order, in any grouping, nothing being neutral")
    func merging() {
        let (a, b, c) = (
            Self.histogram([1, -0.0, 3]), Self.histogram([0x1p-140, 0]), Self.histogram([-70000, 0.25])
        )
        func sum(_ x: ActivationHistogram, _ y: ActivationHistogram) -> ActivationHistogram {
            var sum = x
            sum.merge(y)
            return sum
        }
        expectSame(sum(a, b), sum(b, a))
        expectSame(sum(sum(a, b), c), sum(a, sum(b, c)))
        expectSame(sum(a, ActivationHistogram()), a)
        expectSame(sum(ActivationHistogram(), a), a)
        var untouched = a
        untouched.add([])
        expectSame(untouched, a)
        #expect(ActivationHistogram().total == 0)
    }

    @Test(
        "show a value that is no number in their extremes, whatever is added or merged later",
        arguments: [Float.nan, -.nan, .infinity, -.infinity])
    func notFinite(value: Float) {
        for values in [[value], [1, value], [value, 1e30], [-3, value, 2]] {
            var histogram = Self.histogram(values)
            #expect(histogram.minimum == -.infinity && histogram.maximum == .infinity)
            histogram.add([1e20])
            var other = Self.histogram([5])
            other.merge(histogram)
            #expect(other.minimum == -.infinity && other.maximum == .infinity)
        }
    }

    @Test(
        "hold the largest and the smallest floats", arguments: [Float.greatestFiniteMagnitude, .leastNonzeroMagnitude])
    func extremes(value: Float) {
        let histogram = Self.histogram([value, -value, value])
        #expect(histogram.total == 3)
        #expect(histogram.maximum == value && histogram.minimum == -value)
        #expect(histogram.counts[..<(ActivationHistogram.bins / 2)].reduce(0, +) == 1)
    }
}
