extension StridedView {
    /// Bytes read between two reports of progress.
    private static let progressStep = 8 << 20

    /// The values in row-major order, read from front to back as far as the view allows.
    ///
    /// - Parameter swapped: the bytes of each value are turned around.
    /// - Parameter progress: called now and then with the number of bytes that will hardly be read again.
    package func gather(_ bytes: Span<UInt8>, swapped: Bool = false, progress: (Int) -> Void = { _ in }) -> [UInt8] {
        // The strides of a tensor without values are not checked.
        guard count > 0 else { return [] }
        // Large steps outermost: the source is then read in order, and only the result is written here and there.
        let targets = Self.rowMajor(shape)
        let order = shape.indices.filter { shape[$0] > 1 }.sorted { (strides[$0], $1) > (strides[$1], $0) }
        var loops = order.map {
            Loop(size: shape[$0], source: strides[$0] * elementSize, target: targets[$0] * elementSize)
        }
        let one = Loop(size: 1, source: elementSize, target: elementSize)
        let inner = loops.popLast() ?? one
        let rows = loops.popLast() ?? one
        let size = elementSize
        // Holds: `init` checked that the last value lies inside the bytes, and the targets number the values.
        return unsafe bytes.withUnsafeBytes { source in
            unsafe [UInt8](unsafeUninitializedCapacity: count * size) { result, filled in
                guard let from = source.baseAddress, let to = result.baseAddress else { return }
                var plane = PlaneCopy(rows: rows, columns: inner, size: size, swapped: swapped)
                var done = 0
                Loop.each(loops, from: offset * size) { place, target in
                    for start in stride(from: 0, to: rows.size, by: plane.band) {
                        let end = min(start + plane.band, rows.size)
                        let read = place + start * rows.source
                        if read - done >= Self.progressStep {
                            progress(read)
                            done = read
                        }
                        unsafe plane.copy(start..<end, from: from + place, to: UnsafeMutableRawPointer(to) + target) {
                            count in
                            if read + count - done >= Self.progressStep {
                                progress(read + count)
                                done = read + count
                            }
                        }
                    }
                }
                filled = count * size
            }
        }
    }
}

/// One dimension of a copy: how many values, and the bytes from one to the next on both sides.
private struct Loop {
    let size: Int
    let source: Int
    let target: Int

    /// Calls `body` with both sides' places for every index, the last loop running fastest.
    static func each(_ loops: [Loop], from start: Int, _ body: (Int, Int) -> Void) {
        var index = [Int](repeating: 0, count: loops.count)
        var (source, target) = (start, 0)
        while true {
            body(source, target)
            var i = loops.count - 1
            while i >= 0 {
                index[i] += 1
                source += loops[i].source
                target += loops[i].target
                if index[i] < loops[i].size { break }
                index[i] = 0
                source -= loops[i].size * loops[i].source
                target -= loops[i].size * loops[i].target
                i -= 1
            }
            if i < 0 { break }
        }
    }
}

/// Copies a plane of values; one that is transposed goes through tiles, so that both sides use whole cache lines.
@safe private struct PlaneCopy {
    /// Values in a row of a tile.
    private static let side = 64
    /// Values copied between two reports of progress.
    private static let run = 1 << 20

    private let rows: Loop
    private let columns: Loop
    private let size: Int
    private let swapped: Bool
    private let isTransposed: Bool
    private var tile: [UInt8] = []

    /// Rows that are best copied at once.
    var band: Int { isTransposed ? Self.side : 1 }

    init(rows: Loop, columns: Loop, size: Int, swapped: Bool) {
        self.rows = rows
        self.columns = columns
        self.size = size
        self.swapped = swapped
        isTransposed = rows.size > 1 && rows.target < columns.target
        if isTransposed { tile = [UInt8](repeating: 0, count: Self.side * Self.side * size) }
    }

    /// Copies some rows of the plane that begins at both pointers.
    ///
    /// - Parameter progress: called with the bytes of a single long row that were read.
    @unsafe mutating func copy(
        _ range: Range<Int>, from: UnsafeRawPointer, to: UnsafeMutableRawPointer, progress: (Int) -> Void
    ) {
        let (side, size) = (Self.side, size)
        guard isTransposed else {
            for row in range {
                let (source, target) = unsafe (from + row * rows.source, to + row * rows.target)
                for start in stride(from: 0, to: columns.size, by: Self.run) {
                    let count = min(Self.run, columns.size - start)
                    unsafe Self.values(
                        count, of: size, source + start * columns.source, columns.source,
                        target + start * columns.target,
                        columns.target, swapped)
                    progress((start + count - 1) * columns.source)
                }
            }
            return
        }
        let (rows, columns) = (rows, columns)
        for start in stride(from: 0, to: columns.size, by: side) {
            let count = min(side, columns.size - start)
            unsafe tile.withUnsafeMutableBytes { tile in
                guard let base = tile.baseAddress else { return }
                for row in range {
                    unsafe Self.values(
                        count, of: size, from + row * rows.source + start * columns.source, columns.source,
                        base + (row - range.lowerBound) * side * size, size, swapped)
                }
                for column in 0..<count {
                    unsafe Self.values(
                        range.count, of: size, UnsafeRawPointer(base) + column * size, side * size,
                        to + range.lowerBound * rows.target + (start + column) * columns.target, rows.target, false)
                }
            }
        }
    }

    /// Copies values; both sides have a step in bytes.
    @unsafe private static func values(
        _ count: Int, of size: Int, _ from: UnsafeRawPointer, _ fromStep: Int, _ to: UnsafeMutableRawPointer,
        _ toStep: Int,
        _ swapped: Bool
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
