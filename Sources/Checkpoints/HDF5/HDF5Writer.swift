import FileIO
import HDF5Files
public import TensorCore

/// Writes the tensors of any source to an HDF5 file: `model.embedder.token.weight` becomes the dataset
/// `model/embedder/token/weight`. Same tensors, same bytes.
public enum HDF5Writer {
    /// The longest text kept: an object's header has no room for more.
    private static let maximumText = 32_768

    /// Writes all tensors of `source`, one in memory at a time.
    ///
    /// - Parameter dtype: as in ``SafetensorsWriter/write(_:to:as:)``.
    /// - Returns: the size of the file in bytes.
    /// - Throws: as there, and `.unsupported` for a type or a name that HDF5 has no place for.
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
        let plan = try SafetensorsWriter.plan(source, as: dtype).sorted { $0.info.name.precedesByBytes($1.info.name) }
        let paths = try paths(plan.map(\.info), path)
        try AtomicOutput.replace(path) { temporary throws(EmbqError) in
            try naming(path) { () throws(EmbqError) in
                let output = try HDF5Output(temporary)
                for (key, value) in source.metadata { try add(key, value, to: output) }
                for ((original, info), place) in zip(plan, paths) {
                    try copy(original, info, place, from: source, to: output)
                }
                try output.finish()
            }
        }
        return try MappedFile(path).count
    }

    private static func copy(
        _ original: TensorInfo, _ info: TensorInfo, _ place: [String], from source: any TensorSource,
        to output: borrowing HDF5Output
    ) throws(EmbqError) {
        try source.withBytes(of: original.name) { bytes throws(EmbqError) in
            guard bytes.count == original.byteCount else {
                throw EmbqError(
                    .corrupted, file: source.path, place: EmbqError.place(tensor: original.name),
                    "\(bytes.count) bytes were read, \(original.byteCount) are expected",
                    advice: "Get the file again from its source.")
            }
            guard original.dtype != info.dtype else { return try output.add(place, info.dtype, info.shape, bytes) }
            var converted: [UInt8] = []
            converted.reserveCapacity(info.byteCount)
            try SafetensorsWriter.convert(bytes, original, to: info.dtype, from: source.path) { piece in
                converted += piece
            }
            try output.add(place, info.dtype, info.shape, converted.span)
        }
    }

    private static func add(_ key: String, _ value: String, to output: borrowing HDF5Output) throws(EmbqError) {
        guard !key.isEmpty, !key.utf8.contains(0), !value.utf8.contains(0), key.utf8.count <= maximumText,
            value.utf8.count <= maximumText
        else {
            throw EmbqError(
                .unsupported, place: "metadata '\(EmbqError.printable(key))'", "an HDF5 file cannot hold this text",
                advice: "Write a safetensors file instead.")
        }
        try output.add(text: value, named: key)
    }

    /// Each tensor's place in the groups.
    ///
    /// - Throws: `.unsupported` for a type that HDF5 lacks, a name that is no path, or one that is a group's too.
    private static func paths(_ tensors: [TensorInfo], _ file: String) throws(EmbqError) -> [[String]] {
        func fault(_ info: TensorInfo, _ problem: String, _ advice: String) -> EmbqError {
            EmbqError(
                .unsupported, file: file, place: EmbqError.place(tensor: info.name), problem, advice: advice)
        }
        var paths: [[String]] = []
        var groups: Set<[UInt8]> = []
        for info in tensors {
            guard HDF5Output.holds(info.dtype) else {
                throw fault(
                    info, "HDF5 has no type for \(info.dtype.rawValue)",
                    info.dtype.isReadable
                        ? "Convert to another type: --dtype f32." : "Write a safetensors file instead.")
            }
            let path = info.name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
            guard path.allSatisfy(HDF5Output.isName), path.count <= HDF5Output.maximumDepth else {
                throw fault(info, "its name is no path of groups", "Write a safetensors file instead.")
            }
            for end in 1..<max(path.count, 1) { groups.insert(Array(path.prefix(end).joined(separator: "/").utf8)) }
            paths.append(path)
        }
        for (info, path) in zip(tensors, paths) where groups.contains(Array(path.joined(separator: "/").utf8)) {
            throw fault(info, "other tensors have names inside this one's", "Write a safetensors file instead.")
        }
        return paths
    }
}
