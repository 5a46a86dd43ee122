/// How often values fell where: a fixed number of equal bins over [-2^exponent, 2^exponent).
///
/// The range grows by powers of two, joining bins in pairs, so that the histogram of all values is the same in
/// whatever order and pieces they were seen: merging is associative and exact.
package struct ActivationHistogram: Sendable, Equatable {
    /// Bins of a histogram; a multiple of 4, so that joining pairs keeps the middle on an edge.
    package static let bins = 4096
    /// The narrowest range: values below are as good as zero.
    package static let smallestExponent = -24

    /// The bins cover [-2^exponent, 2^exponent).
    package private(set) var exponent = smallestExponent
    package private(set) var counts = [UInt64](repeating: 0, count: bins)
    /// Exact extremes of all values; +∞ and -∞ before the first.
    package private(set) var minimum = Float.infinity
    package private(set) var maximum = -Float.infinity
    /// The extremes of each sentence, added up; nil when some of the values come from a profile without them.
    package private(set) var sentences: SentenceExtremes? = SentenceExtremes()

    package init() {}

    package init(exponent: Int, counts: [UInt64], minimum: Float, maximum: Float, sentences: SentenceExtremes?) {
        self.exponent = exponent
        self.counts = counts
        self.minimum = minimum
        self.maximum = maximum
        self.sentences = sentences
    }

    /// Values counted.
    package var total: UInt64 { counts.reduce(0, +) }

    /// Width of a bin.
    package var binWidth: Double { Self.power(exponent + 1) / Double(Self.bins) }

    /// The middle of bin `index`.
    package func center(_ index: Int) -> Double { (Double(index - Self.bins / 2) + 0.5) * binWidth }

    /// Counts values.
    ///
    /// A NaN or an infinity makes the extremes infinite for good; the counts then mean nothing.
    package mutating func add(_ values: [Float]) { count(values, extremes(of: values, in: 0..<values.count)) }

    /// Counts the values of several sentences and adds up each one's extremes.
    ///
    /// - Parameter ranges: where each sentence's values lie, none empty; together they are all of them.
    package mutating func add(_ values: [Float], sentences ranges: some Sequence<Range<Int>>) {
        var all: (minimum: Float, maximum: Float)? = (.infinity, -.infinity)
        for range in ranges {
            let own = extremes(of: values, in: range)
            if let own, minimum != -.infinity { sentences?.add(minimum: own.minimum, maximum: own.maximum) }
            all = if let all, let own { (min(all.minimum, own.minimum), max(all.maximum, own.maximum)) } else { nil }
        }
        count(values, all)
    }

    /// - Parameter extremes: of these values; nil when one is not finite.
    private mutating func count(_ values: [Float], _ extremes: (minimum: Float, maximum: Float)?) {
        guard let extremes, minimum != -.infinity else {
            (minimum, maximum) = (-.infinity, .infinity)
            return
        }
        minimum = min(minimum, extremes.minimum)
        maximum = max(maximum, extremes.maximum)
        widen(toHold: max(abs(minimum), abs(maximum)))
        tally(values, binWidthExponent: exponent + 1 - Self.bins.trailingZeroBitCount, in: &counts)
    }

    /// The mean square of what a range cuts off, over all values.
    func meanSquare(outside range: ClosedRange<Double>) -> Double {
        let total = self.total
        guard total > 0 else { return 0 }
        return counts.indices.reduce(0) { sum, index in
            guard counts[index] > 0 else { return sum }
            let value = center(index)
            let cut = value - min(max(value, range.lowerBound), range.upperBound)
            return sum + cut * cut * Double(counts[index])
        } / Double(total)
    }

    /// Share of the values whose bin has its middle outside a range; 0 without values.
    package func fraction(outside range: ClosedRange<Double>) -> Double {
        let outside = counts.indices.reduce(UInt64(0)) { range.contains(center($1)) ? $0 : $0 + counts[$1] }
        return total == 0 ? 0 : Double(outside) / Double(total)
    }

    /// Adds another histogram's values to this one's.
    package mutating func merge(_ other: ActivationHistogram) {
        var other = other
        while exponent < other.exponent { double() }
        while other.exponent < exponent { other.double() }
        for index in counts.indices { counts[index] += other.counts[index] }
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        if let added = other.sentences { sentences?.merge(added) } else { sentences = nil }
    }

    private mutating func widen(toHold magnitude: Float) {
        guard magnitude.isFinite else { return }
        while Double(magnitude) >= Self.power(exponent) { double() }
    }

    private mutating func double() {
        var joined = [UInt64](repeating: 0, count: Self.bins)
        for index in counts.indices { joined[(index + Self.bins / 2) / 2] += counts[index] }
        counts = joined
        exponent += 1
    }

    private static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
