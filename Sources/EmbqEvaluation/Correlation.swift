/// Correlations of two lists of numbers; they equal SciPy's, with nil where SciPy gives NaN.
package enum Correlation {
    /// Pearson's r, -1 to 1; nil for fewer than two pairs, a constant list, or a value that is not finite.
    ///
    /// - Precondition: as many `a` as `b`.
    package static func pearson(_ a: [Double], _ b: [Double]) -> Double? {
        precondition(a.count == b.count)
        guard let x = unitDeviations(a), let y = unitDeviations(b) else { return nil }
        return min(1, max(-1, zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }))
    }

    /// Spearman's rho: Pearson's r of the ranks, where equal values share the mean of their ranks.
    package static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
        guard a.allSatisfy(\.isFinite), b.allSatisfy(\.isFinite) else { return nil }
        return pearson(ranks(a), ranks(b))
    }

    /// The rank of each value, counted from 1; equal values share their mean rank.
    package static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for i in order[start..<end] { ranks[i] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }

    /// The differences from the mean, divided by their Euclidean length: no product of large numbers overflows.
    private static func unitDeviations(_ values: [Double]) -> [Double]? {
        guard values.count > 1, values.allSatisfy(\.isFinite), values.contains(where: { $0 != values[0] }) else {
            return nil
        }
        let mean = values.reduce(0, +) / Double(values.count)
        let deviations = values.map { $0 - mean }
        let largest = deviations.reduce(0) { max($0, $1.magnitude) }
        guard largest > 0, largest.isFinite else { return nil }
        let length = largest * deviations.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
        return deviations.map { $0 / length }
    }
}
