package import EmbqCore

/// Writes the tensors of any source to a safetensors file, piece by piece.
///
/// Laid out as the reference implementation does: the most aligned types first, then by name, the header padded with
/// spaces to a multiple of 8, so that every tensor lies aligned in a mapped file. Same tensors, same bytes.
package enum SafetensorsWriter {
    /// Writes all tensors of `source`.
    ///
    /// - Parameter dtype: the type that F32, F16, BF16 and F64 tensors are converted to, rounded to nearest, ties to even;
    ///   nil keeps every tensor as it is. Tensors of other types are always kept.
    /// - Returns: the size of the file in bytes.
    /// - Throws: `.invalidRequest` when `path` is a file that `source` reads or `dtype` is no such type; `.nonFinite`
    ///   when a finite value is too large for `dtype`; `.unwritable`.
    @discardableResult
    package static func write(_ source: any TensorSource, to path: String, as dtype: DType? = nil) throws(EmbqError)
        -> Int
    {
        let plan = try WritePlan(source, to: path, as: dtype)
        let items = plan.items.sorted { a, b in
            a.info.dtype == b.info.dtype
                ? a.info.name.precedesByBytes(b.info.name) : a.info.dtype.rank > b.info.dtype.rank
        }
        let header = try header(items.map(\.info), metadata: source.metadata, path: path)
        try AtomicOutput.write(to: path) { file throws(EmbqError) in
            try file.write(header)
            for item in items {
                try plan.values(of: item) { bytes throws(EmbqError) in try file.write(bytes) }
            }
        }
        return items.reduce(header.count) { $0 + $1.info.byteCount }
    }

    /// The first part of a file with these tensors one after the other: length, JSON, padding.
    package static func header(_ tensors: [TensorInfo], metadata: [(key: String, value: String)], path: String)
        throws(EmbqError) -> [UInt8]
    {
        var entries: [(key: String, value: JSONValue)] = []
        if !metadata.isEmpty {
            entries.append(
                (SafetensorsHeader.metadataKey, .object(JSONObject(metadata.map { ($0.key, .string($0.value)) }))))
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
        var json = JSONValue.object(JSONObject(entries)).bytes
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
}

extension CheckpointWriter {
    static let safetensors = CheckpointWriter(ending: ".safetensors") { source, path, dtype throws(EmbqError) in
        try SafetensorsWriter.write(source, to: path, as: dtype)
    }
}
