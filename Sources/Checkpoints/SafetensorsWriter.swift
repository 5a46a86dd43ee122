import FileIO
public import TensorCore

/// Writes the tensors of any source to a safetensors file, piece by piece.
///
/// Laid out as the reference implementation does: the most aligned types first, then by name, the header padded with
/// spaces to a multiple of 8, so that every tensor lies aligned in a mapped file. Same tensors, same bytes.
public enum SafetensorsWriter {
    /// Values converted at a time.
    private static let chunk = 1 << 16

    /// Writes all tensors of `source`.
    ///
    /// - Parameter dtype: the type that F32, F16, BF16 and F64 tensors are converted to, rounded to nearest, ties to even;
    ///   nil keeps every tensor as it is. Tensors of other types are always kept.
    /// - Returns: the size of the file in bytes.
    /// - Throws: `.invalidRequest` when `path` is a file that `source` reads or `dtype` is no such type; `.nonFinite`
    ///   when a finite value is too large for `dtype`; `.unwritable`.
    @discardableResult
    public static func write(_ source: any TensorSource, to path: String, as dtype: DType? = nil) throws(EmbqError)
        -> Int
    {
        if let dtype, !dtype.isWritable {
            throw EmbqError(
                .invalidRequest, file: path, "tensors cannot be converted to \(dtype.rawValue)",
                advice: "Choose one of \(DType.writableNames).")
        }
        try FileIdentity.refuseOverwriting(source.inputs, with: path)
        let plan = try self.plan(source, as: dtype)
        let header = try header(plan.map(\.info), metadata: source.metadata, path: path)
        try AtomicOutput.write(to: path) { file throws(EmbqError) in
            try file.write(header)
            for (original, info) in plan {
                try source.withBytes(of: original.name) { bytes throws(EmbqError) in
                    guard bytes.count == original.byteCount else {
                        // Written on, it would shift every tensor after it.
                        throw EmbqError(
                            .corrupted, file: source.path, place: EmbqError.place(tensor: original.name),
                            "\(bytes.count) bytes were read, \(original.byteCount) are expected",
                            advice: "Get the file again from its source.")
                    }
                    if original.dtype == info.dtype {
                        try file.write(bytes)
                    } else {
                        try convert(bytes, original, to: info.dtype, from: source.path) { piece throws(EmbqError) in
                            try file.write(piece)
                        }
                    }
                }
            }
        }
        return plan.reduce(header.count) { $0 + $1.info.byteCount }
    }

    /// What goes into the file, in its order: each tensor as it is read and as it is written.
    static func plan(_ source: any TensorSource, as dtype: DType?) throws(EmbqError) -> [(
        original: TensorInfo, info: TensorInfo
    )] {
        var plan: [(original: TensorInfo, info: TensorInfo)] = []
        for original in source.tensors {
            let target = original.dtype.isReadable ? dtype ?? original.dtype : original.dtype
            guard let info = TensorInfo(name: original.name, dtype: target, shape: original.shape) else {
                throw EmbqError(
                    .limitExceeded, file: source.path, place: EmbqError.place(tensor: original.name),
                    "\(target.rawValue) \(original.shape) is larger than a file can be", advice: "Keep its type.")
            }
            plan.append((original, info))
        }
        return plan.sorted { a, b in
            a.info.dtype == b.info.dtype
                ? a.info.name.precedesByBytes(b.info.name) : a.info.dtype.rank > b.info.dtype.rank
        }
    }

    /// The first part of a file with these tensors one after the other: length, JSON, padding.
    package static func header(_ tensors: [TensorInfo], metadata: [(key: String, value: String)], path: String)
        throws(EmbqError) -> [UInt8]
    {
        var entries: [(key: String, value: JSONValue)] = []
        if !metadata.isEmpty {
            entries.append((SafetensorsHeader.metadataKey, .object(metadata.map { ($0.key, .string($0.value)) })))
        }
        var end = 0
        for info in tensors {
            guard !info.name.hasSameBytes(as: SafetensorsHeader.metadataKey), let next = end.adding(info.byteCount)
            else {
                throw EmbqError(
                    .unsupported, file: path, place: EmbqError.place(tensor: info.name),
                    "a safetensors file cannot hold it", advice: "Rename the tensor, or split the checkpoint.")
            }
            entries.append(
                (
                    info.name,
                    .object([
                        ("dtype", .string(info.dtype.rawValue)),
                        ("shape", .array(info.shape.map { .number(String($0)) })),
                        ("data_offsets", .array([.number(String(end)), .number(String(next))])),
                    ])
                ))
            end = next
        }
        var json = JSONValue.object(entries).bytes
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= SafetensorsHeader.maximumLength else {
            throw EmbqError(
                .limitExceeded, file: path,
                "the header would be \(json.count) bytes long, the limit is \(SafetensorsHeader.maximumLength)",
                advice: "Split the checkpoint.")
        }
        var writer = ByteWriter()
        writer.write(UInt64(json.count))
        writer.write(bytes: json)
        return writer.bytes
    }

    /// Gives a tensor's values in another readable type to `body`, piece by piece.
    static func convert(
        _ bytes: Span<UInt8>, _ info: TensorInfo, to dtype: DType, from path: String,
        _ body: ([UInt8]) throws(EmbqError) -> Void
    ) throws(EmbqError) {
        let size = info.dtype.bits / 8
        var start = 0
        while start < info.count {
            let end = min(start + chunk, info.count)
            let piece = bytes.extracting(start * size..<end * size)
            // Finite where the source is, and right for halves: by way of the nearest fp32 number they would be
            // rounded twice.
            let odd = info.dtype.floats(piece, toOdd: true)
            let values = info.dtype == .f64 && dtype == .f32 ? info.dtype.floats(piece) : odd
            for (i, value) in values.enumerated() where odd[i].isFinite && !dtype.holds(value) {
                throw EmbqError(
                    .nonFinite, file: path, place: EmbqError.place(tensor: info.name),
                    "the value \(value) at \(info.shape.index(of: start + i)) is too large for \(dtype.rawValue)",
                    advice: "Convert to BF16 or F32.")
            }
            try body(dtype.bytes(values))
            start = end
        }
    }
}

extension DType {
    /// Whether a value is finite when it is rounded to this writable type.
    fileprivate func holds(_ value: Float) -> Bool {
        switch self {
        case .f16: value.f16Bits & 0x7C00 != 0x7C00
        case .bf16: value.bf16Bits & 0x7F80 != 0x7F80
        default: value.isFinite
        }
    }
}
