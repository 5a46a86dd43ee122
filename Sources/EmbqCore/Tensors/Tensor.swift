/// Numbers in fp32 with a shape, row-major: the last dimension is contiguous.
package struct Tensor: Sendable, Equatable {
    /// Sizes of the dimensions; empty for a single number.
    package let shape: [Int]
    /// `shape`'s product of values.
    package var values: [Float]

    /// - Precondition: `values` has as many elements as `shape` says.
    package init(shape: [Int], values: [Float]) {
        precondition(shape.checkedProduct == values.count, "\(values.count) values for shape \(shape)")
        self.shape = shape
        self.values = values
    }

    /// Refuses NaNs and infinities.
    ///
    /// - Parameter name: the tensor's name, for the message.
    /// - Throws: `.nonFinite` with the index of the first one.
    package func requireFinite(_ name: String) throws(EmbqError) {
        // NaN and infinity are the values whose exponent bits are all ones; this form vectorizes.
        var found = false
        for value in values { found = found || value.bitPattern & 0x7F80_0000 == 0x7F80_0000 }
        guard found, let flat = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw EmbqError(
            .nonFinite, place: EmbqError.place(tensor: name),
            "the value at \(shape.index(of: flat)) is \(values[flat].isNaN ? "NaN" : "\(values[flat])"), a finite number is expected",
            advice: "The weights are damaged or the training diverged: use another checkpoint.")
    }
}
