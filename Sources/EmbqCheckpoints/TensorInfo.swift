package import EmbqCore

/// What a file says about one tensor, without its values.
package struct TensorInfo: Sendable, Equatable {
    /// The most tensors of one checkpoint, and the most texts that it carries about itself. MobileBERT has 1,113 tensors.
    package static let maximumCount = 65_536

    /// The name as the file has it.
    package let name: String
    package let dtype: DType
    /// Sizes of the dimensions, slowest first; empty for a single number.
    package let shape: [Int]
    /// Where the values lie in the file; nil when they do not lie there as they are (compressed, computed).
    package let fileRange: Range<Int>?
    /// The number of values.
    package let count: Int
    /// The number of bytes of the values, as ``TensorSource/withBytes(of:_:)`` gives them.
    package let byteCount: Int

    /// - Returns: nil when the size does not fit, a dimension is negative, or the values are no whole number of bytes.
    package init?(name: String, dtype: DType, shape: [Int], fileRange: Range<Int>? = nil) {
        guard let count = shape.checkedProduct, let byteCount = dtype.byteCount(of: count) else { return nil }
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.fileRange = fileRange
        self.count = count
        self.byteCount = byteCount
    }
}

extension TensorInfo {
    /// Refuses a number of tensors, or of `things`, before work is spent on them.
    ///
    /// - Throws: `.limitExceeded`.
    static func requireCount(_ count: Int, of things: String = "tensors", place: String? = nil) throws(EmbqError) {
        guard count > maximumCount else { return }
        throw EmbqError(
            .limitExceeded, place: place, "it has \(count) \(things), the limit is \(maximumCount)",
            advice: "This is no checkpoint of a language model, or it is damaged: get it again from its source.")
    }
}

extension Collection where Element == TensorInfo, Index == Int {
    /// The tensor of that exact name in a list sorted by ``Swift/String/precedesByBytes(_:)``.
    func find(_ name: String) -> TensorInfo? { place(of: name).map { self[$0] } }

    /// The index of the tensor of that exact name in such a list.
    func place(of name: String) -> Int? {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].name.precedesByBytes(name) { low = middle + 1 } else { high = middle }
        }
        return low < endIndex && self[low].name.hasSameBytes(as: name) ? low : nil
    }
}
