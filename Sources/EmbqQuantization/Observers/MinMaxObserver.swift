/// Covers every value seen.
package struct MinMaxObserver: RangeObserver {
    package static let name = "minmax"

    package func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let low = Double(histogram.minimum)
        let high = max(low, Double(histogram.maximum))
        guard symmetric else { return low...high }
        let reach = max(abs(low), abs(high))
        return -reach...reach
    }
}
