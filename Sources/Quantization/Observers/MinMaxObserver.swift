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
