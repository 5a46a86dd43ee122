import CEmbqElementary

/// Elementary functions that give the same bits on every processor. Those of the C library do not, and what is recorded
/// depends on them: nothing else of this package calls the C library's.
///
/// In double precision exp, log, log10 and pow are within 0.52 units in the last place, log1p within 0.7, erf within 1.6,
/// tanh within 3.2. In single precision all are correctly rounded, but for four arguments of log1p.
package enum Elementary {
    package static func exp(_ x: Double) -> Double { embq_exp(x) }
    package static func log(_ x: Double) -> Double { embq_log(x) }
    package static func log10(_ x: Double) -> Double { embq_log10(x) }
    package static func log1p(_ x: Double) -> Double { embq_log1p(x) }
    package static func tanh(_ x: Double) -> Double { embq_tanh(x) }
    package static func erf(_ x: Double) -> Double { embq_erf(x) }
    /// NaN for a negative base.
    ///
    /// - Precondition: a finite exponent.
    package static func pow(_ base: Double, _ exponent: Double) -> Double { embq_pow(base, exponent) }

    package static func exp(_ x: Float) -> Float { embq_expf(x) }
    package static func log(_ x: Float) -> Float { embq_logf(x) }
    package static func log1p(_ x: Float) -> Float { embq_log1pf(x) }
    package static func tanh(_ x: Float) -> Float { embq_tanhf(x) }
    package static func erf(_ x: Float) -> Float { embq_erff(x) }

    private static let widest = embq_elementary_level()

    /// Replaces each number of a range by its exponential.
    ///
    /// - Parameter level: the vectors to use, for tests: each gives the same bits. The widest without it.
    package static func exponentiate(_ values: inout [Float], _ range: Range<Int>, level: Int32? = nil) {
        unsafe values.withUnsafeMutableBufferPointer { values in
            precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
            guard let start = values.baseAddress else { return }
            // Holds: the range is inside.
            unsafe embq_expf_row(level ?? widest, start + range.lowerBound, range.count)
        }
    }
}
