/// The score interval of a difference of two classifiers' accuracies on the same rows: those drops that McNemar's score
/// test does not refuse. Unlike resampled rows it is as wide as it must be where no row, or hardly any, is answered
/// differently.
///
/// Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
/// design", Statistics in Medicine 17, 1998, equations 5 to 8.
package enum PairedDifference {
    /// The 97.5 % point of the normal distribution.
    private static let z = 1.959963984540054

    /// The 95 % interval of `(lost - won) / rows`.
    ///
    /// - Parameters:
    ///   - lost: rows that only the first classifier has right.
    ///   - won: rows that only the second one has right.
    /// - Precondition: `lost + won ≤ rows`, at least one row.
    package static func interval(lost: Int, won: Int, rows: Int) -> ClosedRange<Double> {
        precondition(lost >= 0 && won >= 0 && rows > 0 && lost + won <= rows)
        let (b, c, n) = (Double(lost), Double(won), Double(rows))
        let found = (b - c) / n
        /// How many standard errors the difference found is from δ, falling in δ.
        func distance(_ δ: Double) -> Double {
            // The most likely share of rows won where the difference is δ.
            let (p, q) = (-b - c + (2 * n - b + c) * δ, -c * δ * (1 - δ))
            let share = ((p * p - 8 * n * q).squareRoot() - p) / (4 * n)
            let variance = max(0, n * (2 * share + δ * (1 - δ)))
            let difference = b - c - n * δ
            return difference == 0 ? 0 : difference / variance.squareRoot()
        }
        /// The δ between what was found and an end at which the distance is `aim`, by halving.
        func solve(_ end: Double, _ aim: Double) -> Double {
            var (near, far) = (found, end)
            for _ in 0..<100 {
                let middle = (near + far) / 2
                if abs(distance(middle)) < abs(aim) { near = middle } else { far = middle }
            }
            return near
        }
        return solve(-1, z)...max(found, solve(1, -z))
    }
}
