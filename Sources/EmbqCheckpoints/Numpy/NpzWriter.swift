import EmbqContainers
package import EmbqCore

/// Writes the tensors of any source to a numpy archive, as `numpy.savez` does: stored, one array `NAME.npy` a tensor, in
/// the order of the names. Same tensors, same bytes.
///
/// An archive has no place for metadata, which is left out.
package enum NpzWriter {
    /// Writes all tensors of `source`, one in memory at a time.
    ///
    /// - Parameter dtype: as in ``SafetensorsWriter/write(_:to:as:)``.
    /// - Returns: the size of the file in bytes.
    /// - Throws: as there, and `.unsupported` for a type, a name or a number of dimensions that numpy or a zip archive
    ///   cannot have; `.limitExceeded` for more tensors than are read again.
    @discardableResult
    package static func write(_ source: any TensorSource, to path: String, as dtype: DType? = nil) throws(EmbqError)
        -> Int
    {
        let plan = try WritePlan(source, to: path, as: dtype)
        let headers = try headers(plan.items.map(\.info), path)
        var size = 0
        try AtomicOutput.write(to: path) { file throws(EmbqError) in
            var archive = ZipWriter()
            for (item, header) in zip(plan.items, headers) {
                let count = header.count + item.info.byteCount
                try archive.add(entry(item.info), count: count, to: file) { append throws(EmbqError) in
                    try append(header.span)
                    try plan.values(of: item) { bytes throws(EmbqError) in try append(bytes) }
                }
            }
            try archive.finish(file)
            size = archive.size
        }
        return size
    }

    private static func entry(_ info: TensorInfo) -> String { info.name + NpzFile.ending }

    /// What stands before each tensor's values.
    private static func headers(_ tensors: [TensorInfo], _ path: String) throws(EmbqError) -> [[UInt8]] {
        func fault(_ info: TensorInfo, _ problem: String, _ advice: String = "Write a safetensors file instead.")
            -> EmbqError
        {
            EmbqError(
                .unsupported, file: path, place: EmbqError.place(tensor: info.name), problem, advice: advice)
        }
        try naming(path) { () throws(EmbqError) in try TensorInfo.requireCount(tensors.count) }
        let names = Set(tensors.map { Array($0.name.utf8) })
        var headers: [[UInt8]] = []
        for info in tensors {
            guard !info.name.isEmpty, ZipWriter.isName(entry(info)) else {
                throw fault(
                    info, "its name is not a plain path: empty, absolute, with .. or a control character, or too long")
            }
            // Asked for 'x.npy', numpy gives the entry of that name, which is the tensor 'x'.
            if names.contains(Array(entry(info).utf8)) {
                throw fault(info, "numpy would take it for '\(EmbqError.printable(entry(info)))', which there is too")
            }
            guard info.shape.count <= StridedView.maximumRank else {
                throw fault(
                    info, "it has \(info.shape.count) dimensions, the limit of numpy is \(StridedView.maximumRank)")
            }
            guard let header = NpyHeader.bytes(info) else {
                throw info.dtype.isReadable
                    ? fault(
                        info, "numpy has no type for \(info.dtype.rawValue)",
                        "--dtype f32 keeps every bit of it; or write a safetensors file.")
                    : fault(info, "numpy has no type for \(info.dtype.rawValue)")
            }
            headers.append(header)
        }
        return headers
    }
}

extension CheckpointWriter {
    static let npz = CheckpointWriter(ending: ".npz") { source, path, dtype throws(EmbqError) in
        try NpzWriter.write(source, to: path, as: dtype)
    }
}
