/// A share of rows, and what it may be on other rows.
package struct Proportion: Sendable, Equatable {
    package let count: Int
    package let total: Int

    /// - Precondition: at most all of at least one.
    package init(count: Int, of total: Int) {
        precondition(total > 0 && (0...total).contains(count))
        self.count = count
        self.total = total
    }

    /// The 95 % score interval, 0 to 1.
    ///
    /// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    package var interval: ClosedRange<Double> {
        let (n, share, z) = (Double(total), Double(count) / Double(total), 1.959963984540054)
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let reach = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        // Rounding must not leave a share outside of its own interval.
        return
            (count == 0 ? 0 : min(max(0, middle - reach), share))...(count == total
            ? 1 : max(min(1, middle + reach), share))
    }
}
