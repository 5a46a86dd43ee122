/// A sum of floats without rounding: the sum of `terms[i]` times 2^(exponent + i).
package struct ExactSumRecord: Sendable, Equatable {
    /// Exponent of the first term; 0 without terms.
    package var exponent: Int
    /// By exponent, the sum of the significands; the first and the last are not zero.
    package var terms: [Int64]

    package init(exponent: Int, terms: [Int64]) {
        self.exponent = exponent
        self.terms = terms
    }
}
