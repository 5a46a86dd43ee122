import EmbqContainers
import EmbqCore
import Synchronization

/// The values of a model's constants, where they lie: in the model's mapped file, or in files beside it.
struct ONNXValues: Sendable {
    let file: MappedFile
    /// Other files with values, by the names that the model has for them.
    private let external: [String: MappedFile]
    private let budget: Budget

    /// What may be read while the graph is understood: a graph can have one constant read by each of its operations.
    private final class Budget: Sendable {
        /// nil when the tensors are known.
        private let limit: Mutex<SharingLimit?>

        init(_ limit: SharingLimit) { self.limit = Mutex(limit) }

        func end() { limit.withLock { $0 = nil } }

        /// Whether so many bytes may be read.
        func allows(_ count: Int) -> Bool { limit.withLock { $0?.add(count) ?? true } }
    }

    /// A tensor this large leaves memory when it has been read, as ``SafetensorsFile`` does it.
    private static let releasedBytes = 1 << 20

    /// Opens the files that the constants name and checks that the values are there.
    ///
    /// - Throws: `.unsupported` for a path out of the model's folder, `.truncated`, `.malformed`, `.unreadable`.
    init(_ file: MappedFile, _ tensors: some Sequence<ONNXTensor>) throws(EmbqError) {
        self.file = file
        var opened: [String: MappedFile] = [:]
        let folder = Folder.parent(of: file.path)
        for tensor in tensors {
            guard case .external(let location, let offset, let length) = tensor.storage else { continue }
            let place = EmbqError.place(tensor: tensor.name)
            if opened[location] == nil {
                do throws(EmbqError) {
                    opened[location] = try MappedFile(Folder.inside(folder, location))
                } catch {
                    throw error.file == nil ? error.inside(place).at(file: file.path) : error
                }
            }
            guard let other = opened[location], tensor.type.dtype != nil else { continue }
            guard length == nil || length == tensor.byteCount else {
                throw EmbqError(
                    .malformed, file: file.path, place: place,
                    "its \(tensor.count) values take \(tensor.byteCount) bytes, its external data has \(length ?? 0)",
                    advice: Self.advice)
            }
            guard let end = offset.adding(tensor.byteCount), end <= other.count else {
                throw EmbqError(
                    .truncated, file: file.path, place: place,
                    "it needs \(tensor.byteCount) bytes at byte \(offset) of '\(EmbqError.printable(location))', which has \(other.count)",
                    advice: "The file beside the model is cut short or of another model: get both again.")
            }
        }
        external = opened
        budget = Budget(SharingLimit(stored: Self.stored(file, opened)))
    }

    /// Bytes of all files.
    private static func stored(_ file: MappedFile, _ external: [String: MappedFile]) -> Int {
        var seen: Set<FileIdentity?> = []
        return external.values.reduce(file.count) { sum, other in
            seen.insert(FileIdentity(other.path)).inserted ? sum + other.count : sum
        }
    }

    /// Ends the opening: the tensors are known.
    ///
    /// - Throws: `.limitExceeded` when they are much more than the files store.
    func finish(_ tensors: [TensorInfo]) throws(EmbqError) {
        budget.end()
        var limit = SharingLimit(stored: Self.stored(file, external))
        for info in tensors where !limit.add(info.byteCount) {
            throw limit.fault(EmbqError.place(tensor: info.name), advice: Self.advice).at(file: file.path)
        }
    }

    private static let advice = "Export the model again, or get the file again from its source."

    /// The model's path.
    var path: String { file.path }

    /// Every file that values are read from.
    var inputs: [String] { [file.path] + external.values.map(\.path).sorted { $0.precedesByBytes($1) } }

    /// Calls `body` with a constant's values, little-endian.
    ///
    /// - Throws: `.malformed` for values that do not fit their type, and what `body` throws.
    func withBytes<R>(of tensor: ONNXTensor, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        guard budget.allows(tensor.byteCount) else {
            throw EmbqError(
                .limitExceeded, file: file.path, place: EmbqError.place(tensor: tensor.name),
                "the operations up to one that reads it read more than \(SharingLimit.factor) times what the file stores",
                advice: Self.advice)
        }
        switch tensor.storage {
        case .file(let range): return try Self.slice(file, range, body)
        case .external(let location, let offset, _):
            guard let other = external[location] else { return try body([UInt8]().span) }
            return try Self.slice(other, offset..<offset + tensor.byteCount, body)
        case .varints(let range):
            let bytes = try file.withBytes { bytes throws(EmbqError) in
                try Self.decode(bytes.extracting(range), of: tensor, file.path)
            }
            return try body(bytes.span)
        case .values(let values): return try body(DType.f32.bytes(values).span)
        case .unread: return try body([UInt8]().span)
        }
    }

    private static func slice<R>(
        _ file: MappedFile, _ range: Range<Int>, _ body: (Span<UInt8>) throws(EmbqError) -> R
    ) throws(EmbqError) -> R {
        defer { if range.count >= releasedBytes { file.release(range) } }
        return try file.withBytes { bytes throws(EmbqError) in try body(bytes.extracting(range)) }
    }

    /// The real numbers that a constant stands for.
    func floats(_ tensor: ONNXTensor, _ quantization: ONNXQuantization?) throws(EmbqError) -> [Float] {
        guard let quantization else { return try floats(tensor) }
        return quantization.apply(try integers(tensor), tensor.shape)
    }

    /// A constant's values as fp32, integers and fp64 rounded to nearest.
    func floats(_ tensor: ONNXTensor) throws(EmbqError) -> [Float] {
        guard let dtype = tensor.dtype else {
            throw EmbqError(
                .unsupported, file: file.path, place: EmbqError.place(tensor: tensor.name),
                "its values are \(tensor.type.name), which embq does not read", advice: "Export the model in fp32.")
        }
        return try withBytes(of: tensor) { bytes throws(EmbqError) in
            if dtype.isReadable { return dtype.floats(bytes) }
            if dtype == .f64 {
                return (0..<tensor.count).map { Float(Double(bitPattern: Self.bits(bytes, $0, 8))) }
            }
            return Self.integers(bytes, dtype).map { Float($0) }
        }
    }

    /// The values of an integer constant.
    func integers(_ tensor: ONNXTensor) throws(EmbqError) -> [Int] {
        let dtype = tensor.dtype ?? .i8
        return try withBytes(of: tensor) { bytes in Self.integers(bytes, dtype) }
    }

    /// Little-endian integers; those of 64 bits without sign are clamped to what an Int holds.
    static func integers(_ bytes: Span<UInt8>, _ dtype: DType) -> [Int] {
        let size = dtype.bits / 8
        var values = [Int](repeating: 0, count: bytes.count / size)
        for i in values.indices {
            let bits = bits(bytes, i, size)
            values[i] =
                switch dtype {
                case .i8: Int(Int8(truncatingIfNeeded: bits))
                case .i16: Int(Int16(truncatingIfNeeded: bits))
                case .i32: Int(Int32(truncatingIfNeeded: bits))
                case .i64: Int(Int64(bitPattern: bits))
                default: Int(clamping: bits)
                }
        }
        return values
    }

    private static func bits(_ bytes: Span<UInt8>, _ index: Int, _ size: Int) -> UInt64 {
        var bits: UInt64 = 0
        for i in 0..<size { bits |= UInt64(bytes[index * size + i]) << UInt64(8 * i) }
        return bits
    }

    /// Packed varints as the little-endian values that they stand for.
    private static func decode(_ bytes: Span<UInt8>, of tensor: ONNXTensor, _ path: String) throws(EmbqError) -> [UInt8]
    {
        let dtype = tensor.dtype ?? .i8
        let size = dtype.bits / 8
        func fault(_ problem: String) -> EmbqError {
            EmbqError(
                .malformed, file: path, place: EmbqError.place(tensor: tensor.name), problem,
                advice: Self.advice)
        }
        var values: [UInt8] = []
        values.reserveCapacity(tensor.byteCount)
        var at = 0
        for index in 0..<tensor.count {
            var bits: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                guard at < bytes.count, shift < 70 else {
                    throw fault("value \(index) of its \(tensor.count) is cut short")
                }
                let byte = bytes[at]
                at += 1
                bits |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            guard fits(bits, dtype) else {
                throw fault("value \(index) is \(Int64(bitPattern: bits)), which is no \(tensor.type.name)")
            }
            for i in 0..<size { values.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * i))) }
        }
        guard at == bytes.count else { throw fault("it has more values than the \(tensor.count) of its shape") }
        return values
    }

    /// Whether a varint is a number of this type: negative ones are sign-extended to 64 bits.
    private static func fits(_ bits: UInt64, _ dtype: DType) -> Bool {
        switch dtype {
        case .i8, .i16, .i32:
            let limit = Int64(1) << Int64(dtype.bits - 1)
            return (-limit..<limit).contains(Int64(bitPattern: bits))
        case .i64, .u64: return true
        case .bool: return bits <= 1
        default: return bits < 1 << UInt64(dtype.bits)
        }
    }
}
