import EmbqCore

/// McNemar's exact test of two classifiers on the same rows: whether the rows that only one of them has right are split
/// more unevenly than a coin would.
///
/// Sources: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
/// Psychometrika 12, 1947; in its exact, binomial form: A. Agresti, "Categorical Data Analysis", 3rd ed., section 11.1.
package struct McNemarTest: Sendable, Equatable, Codable {
    /// Below this the difference is called significant.
    package static let significance = 0.05

    package let onlyReferenceRight: Int
    package let onlyTestRight: Int
    /// Two-sided, 0 to 1: `min(1, 2 · P(X ≤ min(b, c)))` with X binomial of b + c throws and probability ½.
    package let p: Double

    enum CodingKeys: String, CodingKey {
        case p
        case onlyReferenceRight = "only_reference_right"
        case onlyTestRight = "only_test_right"
    }

    /// - Precondition: both ≥ 0.
    package init(onlyReferenceRight: Int, onlyTestRight: Int) {
        precondition(onlyReferenceRight >= 0 && onlyTestRight >= 0)
        self.onlyReferenceRight = onlyReferenceRight
        self.onlyTestRight = onlyTestRight
        let (few, throwsOfCoin) = (min(onlyReferenceRight, onlyTestRight), onlyReferenceRight + onlyTestRight)
        p = min(1, 2 * Self.lowerTail(few, of: throwsOfCoin))
    }

    /// The test of two sets of predicted classes.
    ///
    /// - Precondition: equally many of all three.
    package init(expected: [Int], reference: [Int], test: [Int]) {
        precondition(expected.count == reference.count && expected.count == test.count)
        self.init(
            referenceRight: zip(expected, reference).map { $0 == $1 }, testRight: zip(expected, test).map { $0 == $1 })
    }

    /// The test of rows that two models have right.
    ///
    /// - Precondition: equally many of both.
    package init(referenceRight: [Bool], testRight: [Bool]) {
        precondition(referenceRight.count == testRight.count)
        var (lost, won) = (0, 0)
        for row in referenceRight.indices {
            switch (referenceRight[row], testRight[row]) {
            case (true, false): lost += 1
            case (false, true): won += 1
            default: break
            }
        }
        self.init(onlyReferenceRight: lost, onlyTestRight: won)
    }

    package var isSignificant: Bool { p < Self.significance }

    /// `= 0.031`, `< 0.001`; with more decimals where three would hide on which side of ``significance`` it lies.
    package var probability: String { p < 0.001 ? "< 0.001" : "= \(p.fixed(3, apartFrom: Self.significance))" }

    /// `Σ i ≤ k of C(n, i) / 2^n`, k ≤ n / 2.
    ///
    /// Terms are kept as a number times a power of two: C(n, k) passes a Double's range at n = 1030.
    private static func lowerTail(_ k: Int, of n: Int) -> Double {
        var (term, sum, exponent) = (1.0, 1.0, -n)
        for i in stride(from: 1, through: k, by: 1) {
            term *= Double(n - i + 1) / Double(i)
            sum += term
            if sum > 0x1p500 {
                term *= 0x1p-500
                sum *= 0x1p-500
                exponent += 500
            }
        }
        // Below the smallest normal number it is as good as 0.
        return exponent < -1500 ? 0 : Double(sign: .plus, exponent: exponent, significand: sum)
    }
}
