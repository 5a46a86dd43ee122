package import EmbqCore

/// How a tensor's values lie in a run of bytes: any order of the dimensions, gaps, repetitions.
///
/// Checked when made: every value lies inside the bytes.
package struct StridedView: Sendable, Equatable {
    /// The most dimensions accepted, as many as numpy has.
    package static let maximumRank = 64
    package let shape: [Int]
    /// Elements from one value to the next in each dimension, not negative.
    package let strides: [Int]
    /// The first value's index.
    package let offset: Int
    /// Bytes of one value.
    package let elementSize: Int
    /// Number of values.
    package let count: Int

    /// Row-major, the whole of it.
    package init(contiguous shape: [Int], elementSize: Int, byteCount: Int) throws(EmbqError) {
        try self.init(
            shape: shape, strides: Self.rowMajor(shape), offset: 0, elementSize: elementSize, byteCount: byteCount)
    }

    /// - Parameter byteCount: the size of the run of bytes.
    /// - Throws: `.malformed` for sizes and strides that overflow or do not belong together, `.truncated` for a view
    ///   that leaves the bytes, `.limitExceeded` for too many dimensions.
    package init(shape: [Int], strides: [Int], offset: Int, elementSize: Int, byteCount: Int) throws(EmbqError) {
        func fault(_ problem: String, _ code: EmbqError.Code = .malformed) -> EmbqError {
            EmbqError(code, problem, advice: "The file is damaged or made to confuse: get it again from its source.")
        }
        guard shape.count <= Self.maximumRank else {
            throw fault("a tensor has \(shape.count) dimensions, the limit is \(Self.maximumRank)", .limitExceeded)
        }
        guard strides.count == shape.count, offset >= 0, shape.allSatisfy({ $0 >= 0 }),
            strides.allSatisfy({ $0 >= 0 })
        else { throw fault("a tensor of size \(shape) has stride \(strides) and offset \(offset)") }
        guard let count = shape.checkedProduct, count.times(elementSize) != nil else {
            throw fault("a tensor of size \(shape) is larger than memory can be")
        }
        var last: Int? = offset
        for (size, stride) in zip(shape, strides) where count > 0 {
            last = stride.times(size - 1).flatMap { step in last?.adding(step) }
        }
        guard count == 0 || last?.adding(1)?.times(elementSize).map({ $0 <= byteCount }) == true else {
            throw fault(
                "a tensor of size \(shape), stride \(strides) and offset \(offset) leaves its storage of \(byteCount) bytes",
                .truncated)
        }
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.elementSize = elementSize
        self.count = count
    }

    package static func rowMajor(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        var step = 1
        for i in shape.indices.reversed() {
            strides[i] = step
            step = step.times(max(shape[i], 1)) ?? Int.max
        }
        return strides
    }

    /// Where the values lie when they are row-major and without gaps, in bytes; else nil.
    package var contiguousRange: Range<Int>? {
        guard count > 0 else { return 0..<0 }
        var step = 1
        for (size, stride) in zip(shape, strides).reversed() where size > 1 {
            guard stride == step else { return nil }
            step *= size
        }
        return offset * elementSize..<(offset + count) * elementSize
    }
}
