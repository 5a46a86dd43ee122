import EmbqContainers
package import EmbqCore

/// Writes the tensors of any source to an HDF5 file: `model.embedder.token.weight` becomes the dataset
/// `model/embedder/token/weight`. Same tensors, same bytes.
package enum HDF5Writer {
    /// The longest text kept: an object's header has no room for more.
    private static let maximumText = 32_768

    /// Writes all tensors of `source`, one in memory at a time.
    ///
    /// - Parameter dtype: as in ``SafetensorsWriter/write(_:to:as:)``.
    /// - Returns: the size of the file in bytes.
    /// - Throws: as there, and `.unsupported` for a type or a name that HDF5 has no place for.
    @discardableResult
    package static func write(_ source: any TensorSource, to path: String, as dtype: DType? = nil) throws(EmbqError)
        -> Int
    {
        let plan = try WritePlan(source, to: path, as: dtype)
        let paths = try paths(plan.items.map(\.info), path)
        return try AtomicOutput.replace(path) { temporary throws(EmbqError) in
            try naming(path) { () throws(EmbqError) in
                let output = try HDF5Output(temporary)
                for (key, value) in source.metadata { try add(key, value, to: output) }
                for (item, place) in zip(plan.items, paths) { try copy(item, of: plan, place, to: output) }
                try output.finish()
            }
        }
    }

    private static func copy(
        _ item: WritePlan.Item, of plan: WritePlan, _ place: [String], to output: borrowing HDF5Output
    ) throws(EmbqError) {
        let info = item.info
        guard item.isConverted else {
            return try plan.values(of: item) { bytes throws(EmbqError) in
                try output.add(place, info.dtype, info.shape, bytes)
            }
        }
        var converted: [UInt8] = []
        converted.reserveCapacity(info.byteCount)
        try plan.values(of: item) { piece in for i in piece.indices { converted.append(piece[i]) } }
        try output.add(place, info.dtype, info.shape, converted.span)
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
            guard info.shape.count <= HDF5Output.maximumDimensions else {
                throw fault(
                    info, "it has \(info.shape.count) dimensions; HDF5 has at most \(HDF5Output.maximumDimensions)",
                    "Write a safetensors file instead.")
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

extension CheckpointWriter {
    static let hdf5 = CheckpointWriter(ending: ".h5") { source, path, dtype throws(EmbqError) in
        try HDF5Writer.write(source, to: path, as: dtype)
    }
}
