/// A sum of floats without rounding: the same bits in whatever order and pieces the numbers were added.
///
/// A float is a whole significand below 2^24 times a power of two, one of 254. The significands of each power are
/// added up as an integer, which overflows after 2^39 numbers at the earliest.
///
/// Source: R. M. Neal, "Fast exact summation using small and large superaccumulators", arXiv 1505.05571, with as many
/// chunks as there are exponents.
package struct ExactSum: Sendable, Equatable {
    /// Powers of two by which significands are scaled: 2^-149 for subnormal numbers up to 2^104 for the largest.
    package static let exponents = -149...104

    /// By exponent, the sum of the significands.
    private var significands = [Int64](repeating: 0, count: exponents.count)

    package init() {}

    /// Takes a sum from its terms: `terms[i]` times 2^(exponent + i).
    ///
    /// - Precondition: all exponents are in ``exponents``.
    init(exponent: Int, terms: [Int64]) {
        for (index, term) in terms.enumerated() {
            significands[exponent + index - Self.exponents.lowerBound] = term
        }
    }

    /// Adds a finite number.
    package mutating func add(_ value: Float) {
        let biased = Int(value.exponentBitPattern)
        let significand = Int64(value.significandBitPattern) + (biased == 0 ? 0 : 1 << 23)
        significands[max(biased, 1) - 1] += value.sign == .minus ? -significand : significand
    }

    /// Adds another sum.
    package mutating func merge(_ other: ExactSum) {
        for index in significands.indices { significands[index] += other.significands[index] }
    }

    /// The terms from the first to the last that is not zero, and the first one's exponent: 0 when there are none.
    var terms: (exponent: Int, values: [Int64]) {
        guard let first = significands.firstIndex(where: { $0 != 0 }),
            let last = significands.lastIndex(where: { $0 != 0 })
        else { return (0, []) }
        return (Self.exponents.lowerBound + first, Array(significands[first...last]))
    }

    /// The sum, rounded.
    package var value: Double {
        zip(Self.exponents, significands).reduce(0) { sum, term in
            sum + Double(term.1) * Double(sign: .plus, exponent: term.0, significand: 1)
        }
    }
}
