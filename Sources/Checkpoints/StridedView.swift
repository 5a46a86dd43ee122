package import TensorCore

/// How a tensor's values lie in a run of bytes: any order of the dimensions, gaps, repetitions.
///
/// Checked when made: every value lies inside the bytes.
package struct StridedView: Sendable, Equatable {
    /// The most dimensions accepted, as many as numpy has.
    package static let maximumRank = 64
    /// Bytes read between two reports of progress.
    private static let progressStep = 8 << 20

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

    /// The values in row-major order, read from front to back as far as the view allows.
    ///
    /// - Parameter swapped: the bytes of each value are turned around.
    /// - Parameter progress: called now and then with the number of bytes that will not be read again.
    package func gather(_ bytes: Span<UInt8>, swapped: Bool = false, progress: (Int) -> Void = { _ in }) -> [UInt8] {
        // The strides of a tensor without values are not checked.
        guard count > 0 else { return [] }
        // Large steps outermost: the source is then read in order, and only the result is written here and there.
        let targets = Self.rowMajor(shape)
        let order = shape.indices.filter { shape[$0] > 1 }.sorted { (strides[$0], $1) > (strides[$1], $0) }
        let loops = order.map {
            (size: shape[$0], source: strides[$0] * elementSize, target: targets[$0] * elementSize)
        }
        let size = elementSize
        var done = 0
        // Holds: `init` checked that the last value lies inside the bytes, and the targets number the values.
        return unsafe bytes.withUnsafeBytes { source in
            unsafe [UInt8](unsafeUninitializedCapacity: count * size) { result, filled in
                guard let from = source.baseAddress, let to = result.baseAddress else { return }
                let target = UnsafeMutableRawPointer(to)
                let inner = loops.last ?? (size: 1, source: size, target: size)
                let outer = loops.dropLast()
                var index = [Int](repeating: 0, count: outer.count)
                var (a, b) = (offset * size, 0)
                while true {
                    var start = 0
                    while start < inner.size {
                        let end = min(inner.size, start + max(1, Self.progressStep / max(1, inner.source)))
                        unsafe Self.copy(
                            end - start, size, from + a + start * inner.source, inner.source,
                            target + b + start * inner.target, inner.target, swapped)
                        start = end
                        let read = a + (end - 1) * inner.source
                        if read - done >= Self.progressStep {
                            progress(read)
                            done = read
                        }
                    }
                    var i = outer.count - 1
                    while i >= 0 {
                        index[i] += 1
                        a += outer[i].source
                        b += outer[i].target
                        if index[i] < outer[i].size { break }
                        index[i] = 0
                        a -= outer[i].size * outer[i].source
                        b -= outer[i].size * outer[i].target
                        i -= 1
                    }
                    if i < 0 { break }
                }
                filled = count * size
            }
        }
    }

    /// Copies `count` values of `size` bytes; both sides have a step in bytes.
    @unsafe private static func copy(
        _ count: Int, _ size: Int, _ from: UnsafeRawPointer, _ fromStep: Int, _ to: UnsafeMutableRawPointer,
        _ toStep: Int, _ swapped: Bool
    ) {
        func each<T: FixedWidthInteger>(_ type: T.Type) {
            for i in 0..<count {
                let value = unsafe (from + i &* fromStep).loadUnaligned(as: T.self)
                unsafe (to + i &* toStep).storeBytes(of: swapped ? value.byteSwapped : value, as: T.self)
            }
        }
        switch size {
        case 1: each(UInt8.self)
        case 2: each(UInt16.self)
        case 4: each(UInt32.self)
        default: each(UInt64.self)
        }
    }
}
