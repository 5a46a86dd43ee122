/// Leaves out the largest values: one in 10,000 in all.
///
/// Source: H. Wu et al., "Integer Quantization for Deep Learning Inference", arXiv 2004.09602, §3.3.
package struct PercentileObserver: RangeObserver {
    package static let name = "percentile"
    /// One value in so many may lie outside the range.
    package static let outside = 10_000

    package func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
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
