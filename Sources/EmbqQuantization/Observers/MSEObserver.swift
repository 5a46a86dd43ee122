/// The range of least mean squared error between the values and their rounded, clipped integers.
///
/// Source: H. Wu et al., "Integer Quantization for Deep Learning Inference", arXiv 2004.09602, and M. Nagel et al., "A White Paper on Neural Network Quantization", arXiv 2106.08295, §3.1.
package struct MSEObserver: RangeObserver {
    package static let name = "mse"
    /// Ranges tried for each end, from the whole down to a fifth of it.
    private static let candidates = 80

    package func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
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
