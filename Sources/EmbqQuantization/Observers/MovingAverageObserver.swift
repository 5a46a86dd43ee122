/// Covers what a sentence reaches on average: the mean of the sentences' smallest and of their largest values.
///
/// An exponential moving average depends on the order of the sentences and on how they are spread over threads. The
/// plain mean does not: it is the sum of all sentences' extremes, kept without rounding, over their number.
///
/// Source: B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
/// Inference", arXiv 1712.05877, §3.1, who average exponentially; the plain mean is `MinMaxCalibrater` of onnxruntime
/// with `moving_average`, a batch being one sentence.
package struct MovingAverageObserver: RangeObserver {
    package static let name = "moving-average"
    package static let readsSentences = true

    /// Covers every value where the sentences' extremes are not known.
    package func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let full = MinMaxObserver().range(histogram, levels: levels, symmetric: false)
        // A profile's sums are not to be trusted to lie between the extremes.
        func clamped(_ value: Double) -> Double { min(max(value, full.lowerBound), full.upperBound) }
        let means = histogram.sentences?.means
        let low = means.map { clamped($0.minimum) } ?? full.lowerBound
        let high = max(low, means.map { clamped($0.maximum) } ?? full.upperBound)
        guard symmetric else { return low...high }
        let reach = max(abs(low), abs(high))
        return -reach...reach
    }
}
