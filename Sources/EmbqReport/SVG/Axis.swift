import EmbqCore

/// A linear axis with a handful of round ticks.
struct Axis {
    struct Tick {
        let value: Double
        let label: String
    }

    let low: Double
    let high: Double
    let side: Double
    /// Ticks at most; less than half of it are never drawn unless the axis cannot have more.
    var maximumTicks = 8

    /// An axis that holds all of some finite values with a margin around them.
    ///
    /// - Parameters:
    ///   - share: the margin's share of what the values span.
    ///   - most: the largest value that there can be: no axis of shares goes beyond 100 %.
    init(
        holding values: [Double], margin share: Double = 0.04, side: Double, maximumTicks: Int = 8,
        most limit: Double? = nil
    ) {
        let (least, most) = (values.min() ?? 0, values.max() ?? 1)
        // Equal values get an axis as well.
        let pad = max((most - least) * share, most.magnitude * 1e-3, 1e-6)
        let high = most + pad
        self.init(
            low: least - pad, high: limit.map { max(most, min(high, $0)) } ?? high, side: side,
            maximumTicks: maximumTicks)
    }

    init(low: Double, high: Double, side: Double, maximumTicks: Int = 8) {
        self.low = low
        self.high = high
        self.side = side
        self.maximumTicks = maximumTicks
    }

    /// From 0 at `low` to `side` at `high`.
    func position(_ value: Double) -> Double { (value - low) / (high - low) * side }

    /// Multiples of 1, 2 or 5 times a power of ten: at most ``maximumTicks``.
    var ticks: [Tick] {
        let limit = Double(maximumTicks)
        var (step, places) = (1.0, 0)
        while (high - low) / step < 2, places < 12 { (step, places) = (step / 10, places + 1) }
        while (high - low) / step >= limit * 10 { step *= 10 }
        for factor in [1.0, 2, 5, 10] where (high - low) / (step * factor) <= limit {
            step *= factor
            break
        }
        let first = (low / step).rounded(.up)
        let last = (high / step).rounded(.down)
        guard first.magnitude < 1e12, last >= first, last - first <= 40 else { return [] }
        return (Int(first)...Int(last)).map { Tick(value: Double($0) * step, label: (Double($0) * step).fixed(places)) }
    }
}
