import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Ranges from histograms")
struct ObserverTests {
    /// The search sees bins, and takes a step's error as evenly spread: so much worse may its choice be.
    static let meanSquareTolerance = 1.05

    /// 30,000 values: a bell with a long tail, moved by `shift`.
    private static func values(seed: UInt64, shift: Float) -> [Float] {
        var generator = SplitMix64(seed: seed)
        return (0..<30_000).map { _ in
            let bell = (0..<6).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &generator) }
            let stretched = Int.random(in: 0..<500, using: &generator) == 0 ? bell * 4 : bell
            return stretched + shift
        }
    }

    private static func histogram(_ values: [Float]) -> ActivationHistogram {
        var histogram = ActivationHistogram()
        histogram.add(values)
        return histogram
    }

    /// Seeds and shifts of the tests' values.
    static let samples: [(seed: UInt64, shift: Float)] = [(1, 0), (2, 0.7), (3, -3), (4, 20)]

    @Test("minmax covers what was seen", arguments: samples)
    func minMax(seed: UInt64, shift: Float) throws {
        let values = Self.values(seed: seed, shift: shift)
        let observer = try #require(Observers.named("minmax"))
        let (low, high) = (Double(values.min() ?? 0), Double(values.max() ?? 0))
        let histogram = Self.histogram(values)
        #expect(observer.range(histogram, levels: 255, symmetric: false) == low...high)
        let reach = max(abs(low), abs(high))
        #expect(observer.range(histogram, levels: 255, symmetric: true) == -reach...reach)
    }

    @Test("percentile takes the narrowest range of whole bins with one value in 10,000 outside", arguments: samples)
    func percentile(seed: UInt64, shift: Float) throws {
        let values = Self.values(seed: seed, shift: shift).map { Double($0) }
        let histogram = Self.histogram(values.map { Float($0) })
        let width = histogram.binWidth
        let observer = try #require(Observers.named("percentile"))

        let allowed = values.count / 10_000
        let steps = 1...(ActivationHistogram.bins / 2)
        let reach = steps.map { Double($0) * width }.first { reach in
            values.count { $0 < -reach || $0 >= reach } <= allowed
        }
        let largest = values.reduce(0) { max($0, abs($1)) }
        #expect(
            observer.range(histogram, levels: 255, symmetric: true).upperBound == min(try #require(reach), largest))

        // Half of them on each side; the ends are bins' edges, unless the extremes come first.
        let range = observer.range(histogram, levels: 255, symmetric: false)
        func below(_ edge: Double) -> Int { values.count { $0 < edge } }
        func above(_ edge: Double) -> Int { values.count { $0 >= edge } }
        #expect(2 * below(range.lowerBound) <= allowed)
        #expect(2 * below(range.lowerBound + width) > allowed)
        #expect(2 * values.count { $0 > range.upperBound } <= allowed)
        #expect(2 * above(range.upperBound - width) > allowed)
    }

    @Test("mse finds the range of least error, measured on the values themselves", arguments: samples, [255, 16])
    func meanSquare(sample: (seed: UInt64, shift: Float), levels: Int) throws {
        let values = Self.values(seed: sample.seed, shift: sample.shift).map { Double($0) }
        let histogram = Self.histogram(values.map { Float($0) })
        let observer = try #require(Observers.named("mse"))
        func error(_ range: ClosedRange<Double>) -> Double {
            let step = (range.upperBound - range.lowerBound) / Double(levels - 1)
            return values.reduce(0) { sum, value in
                let clipped = min(max(value, range.lowerBound), range.upperBound)
                let rounded = range.lowerBound + ((clipped - range.lowerBound) / step).rounded() * step
                return sum + (rounded - value) * (rounded - value)
            }
        }
        let reach = values.reduce(0) { max($0, abs($1)) }
        let best = stride(from: 0.2, through: 1, by: 0.02).map { error(-reach * $0...reach * $0) }.min() ?? 0
        let found = observer.range(histogram, levels: levels, symmetric: true)
        #expect(found.lowerBound == -found.upperBound)
        #expect(error(found) <= Self.meanSquareTolerance * best)
    }

    @Test("every observer takes values that are all alike", arguments: Observers.names, [Float(0), 2.5, -1e-30])
    func constant(name: String, value: Float) throws {
        let histogram = Self.histogram([Float](repeating: value, count: 100))
        let observer = try #require(Observers.named(name))
        for symmetric in [false, true] {
            let range = observer.range(histogram, levels: 255, symmetric: symmetric)
            #expect(range.lowerBound <= Double(value) || name == "mse")
            #expect(range.upperBound >= Double(value) || name == "mse")
            #expect(range.lowerBound.isFinite && range.upperBound.isFinite)
        }
    }

    @Test("observers are found by the names that are listed")
    func names() {
        #expect(Observers.names == ["minmax", "moving-average", "percentile", "mse", "entropy"])
        for name in Observers.names { #expect(Observers.named(name).map { type(of: $0).name } == name) }
        #expect(Observers.named("guess") == nil)
        #expect(Observers.named(Observers.standard) != nil)
    }
}
