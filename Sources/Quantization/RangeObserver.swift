/// A rule that turns the values seen at a point into the range that int8 shall cover.
public protocol RangeObserver: Sendable {
    /// The name that `--observer` takes.
    static var name: String { get }
    /// The range, low ≤ high, for values on `levels` equal steps.
    ///
    /// - Parameter symmetric: whether the integer range is centred on zero; then only the larger end counts.
    func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double>
}

/// The observers by name. A new one is a file of its own and a line here.
public enum Observers {
    public static let all: [any RangeObserver] = [MinMaxObserver(), PercentileObserver(), MSEObserver()]
    public static let standard = PercentileObserver.name
    public static var names: [String] { all.map { type(of: $0).name } }

    /// The observer of that name, or nil.
    public static func named(_ name: String) -> (any RangeObserver)? { all.first { type(of: $0).name == name } }
}

/// Covers every value seen.
public struct MinMaxObserver: RangeObserver {
    public static let name = "minmax"

    public func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let low = Double(histogram.minimum)
        let high = max(low, Double(histogram.maximum))
        guard symmetric else { return low...high }
        let reach = max(abs(low), abs(high))
        return -reach...reach
    }
}

/// Leaves out the largest values: one in 10,000 in all.
///
/// Source: H. Wu et al., "Integer Quantization for Deep Learning Inference", arXiv 2004.09602, §3.3.
public struct PercentileObserver: RangeObserver {
    public static let name = "percentile"
    /// One value in so many may lie outside the range.
    public static let outside = 10_000

    public func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let full = MinMaxObserver().range(histogram, levels: levels, symmetric: symmetric)
        let outside = Double(histogram.total) / Double(Self.outside)
        if symmetric {
            var left = outside
            var magnitude = ActivationHistogram.bins / 2
            while magnitude > 1 {
                let middle = ActivationHistogram.bins / 2
                left -= Double(histogram.counts[middle + magnitude - 1] + histogram.counts[middle - magnitude])
                if left < 0 { break }
                magnitude -= 1
            }
            let reach = min(Double(magnitude) * histogram.binWidth, full.upperBound)
            return -reach...reach
        }
        let low = tail(histogram, Array(histogram.counts.indices), outside / 2)
        let high = tail(histogram, histogram.counts.indices.reversed(), outside / 2)
        let edges = (histogram.center(low) - histogram.binWidth / 2, histogram.center(high) + histogram.binWidth / 2)
        let lower = max(full.lowerBound, edges.0)
        return lower...max(lower, min(full.upperBound, edges.1))
    }

    /// The first bin, in the order given, at which more than `outside` values have been met.
    private func tail(_ histogram: ActivationHistogram, _ order: [Int], _ outside: Double) -> Int {
        var left = outside
        for index in order {
            left -= Double(histogram.counts[index])
            if left < 0 { return index }
        }
        return order.last ?? 0
    }
}

/// The range of least mean squared error between the values and their rounded, clipped integers.
///
/// Source: the same paper, and M. Nagel et al., "A White Paper on Neural Network Quantization", arXiv 2106.08295, §3.1.
public struct MSEObserver: RangeObserver {
    public static let name = "mse"
    /// Ranges tried for each end, from the whole down to a fifth of it.
    private static let candidates = 80

    public func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let full = MinMaxObserver().range(histogram, levels: levels, symmetric: symmetric)
        let values = histogram.counts.indices.compactMap { index -> (center: Double, count: Double)? in
            histogram.counts[index] == 0 ? nil : (histogram.center(index), Double(histogram.counts[index]))
        }
        let fractions = (0..<Self.candidates).map { 1 - 0.8 * Double($0) / Double(Self.candidates) }
        func best(_ ranges: [ClosedRange<Double>]) -> ClosedRange<Double> {
            let errors = ranges.map { error(values, $0, levels) }
            let least = errors.indices.min { errors[$0] < errors[$1] } ?? 0
            return ranges[least]
        }
        if symmetric { return best(fractions.map { full.lowerBound * $0...full.upperBound * $0 }) }
        // One end at a time: the error has one valley in each.
        var range = full
        for _ in 0..<2 {
            range = best(fractions.map { range.lowerBound...max(range.lowerBound, full.upperBound * $0) })
            range = best(fractions.map { min(range.upperBound, full.lowerBound * $0)...range.upperBound })
        }
        return range
    }

    private func error(_ values: [(center: Double, count: Double)], _ range: ClosedRange<Double>, _ levels: Int)
        -> Double
    {
        let step = (range.upperBound - range.lowerBound) / Double(levels - 1)
        var sum = 0.0
        for value in values {
            let clipped = min(max(value.center, range.lowerBound), range.upperBound) - value.center
            sum += value.count * (clipped == 0 ? step * step / 12 : clipped * clipped)
        }
        return sum
    }
}
