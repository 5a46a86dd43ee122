/// Arithmetic on numbers that come from a file: nil instead of a trap when it overflows.
extension FixedWidthInteger {
    /// `self + other`, or nil when that does not fit.
    @inlinable package func adding(_ other: Self) -> Self? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    /// `self * other`, or nil when that does not fit.
    @inlinable package func times(_ other: Self) -> Self? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    /// The next multiple of `alignment` at or above self, or nil when that does not fit.
    ///
    /// - Precondition: `alignment` > 0, self ≥ 0.
    @inlinable package func roundedUp(to alignment: Self) -> Self? {
        let rest = self % alignment
        return rest == 0 ? self : adding(alignment - rest)
    }
}

extension Sequence where Element == Int {
    /// The product of all elements (1 for none), or nil when it does not fit or an element is negative.
    package var checkedProduct: Int? {
        var product = 1
        for element in self {
            guard element >= 0, let next = product.times(element) else { return nil }
            product = next
        }
        return product
    }
}
