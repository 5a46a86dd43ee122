package import EmbqContainers
package import EmbqCore

/// Tensors of an HDF5 file, under names that need not be the datasets' own.
///
/// Opening reads no values; one tensor is in memory at a time.
package struct HDF5Source: TensorSource {
    /// A tensor and the dataset that holds its values.
    struct Entry {
        let info: TensorInfo
        /// The dataset's index in the file's contents.
        let dataset: Int
        /// nil for values as they lie; else they are a matrix of that many rows that is to be transposed.
        let rows: Int?
        /// What became of it on the way, for people.
        var note: String?
    }

    package let format: String
    package let path: String
    package let tensors: [TensorInfo]
    package let metadata: [(key: String, value: String)]
    package let notes: [TensorNote]
    private let file: HDF5File
    /// By the bytes of the tensor's name.
    private let entries: [[UInt8]: Entry]

    /// Opens a file: tensors as nested datasets, or one that Keras has written.
    package init(_ file: MappedFile) throws(EmbqError) {
        self = try naming(file.path) { () throws(EmbqError) in
            try HDF5Source(try HDF5File(path: file.path), path: file.path)
        }
    }

    /// A file that is open already, and may lie in another one, which `path` leads to.
    init(_ file: HDF5File, path: String) throws(EmbqError) {
        self.file = file
        self.path = path
        try TensorInfo.requireCount(file.contents.datasets.count, of: "datasets")
        let plan = try Self.plan(file.contents)
        let entries = try Self.byName(plan.entries, file.contents)
        format = plan.format
        metadata = plan.metadata
        self.entries = entries
        tensors = plan.entries.map(\.info).sorted { $0.name.precedesByBytes($1.name) }
        notes = tensors.compactMap { info in
            entries[Array(info.name.utf8)]?.note.map { TensorNote(tensor: info.name, text: $0) }
        }
    }

    private struct Plan {
        let format: String
        let entries: [Entry]
        var metadata: [(key: String, value: String)] = []
    }

    /// Tells the forms apart by their contents.
    private static func plan(_ contents: HDF5Contents) throws(EmbqError) -> Plan {
        if let variables = try KerasWeights.variables(in: contents) {
            return Plan(format: "Keras, \(CheckpointFormat.hdf5.name)", entries: try KerasRules.tensors(variables))
        }
        return Plan(
            format: CheckpointFormat.hdf5.name, entries: try nested(contents), metadata: metadata(contents))
    }

    /// The tensors of a file with these contents.
    package static func tensors(of contents: HDF5Contents) throws(EmbqError) -> [TensorInfo] {
        try byName(try plan(contents).entries, contents).values.map(\.info)
    }

    /// - Throws: `.duplicate` for names that two datasets have.
    private static func byName(_ entries: [Entry], _ contents: HDF5Contents) throws(EmbqError) -> [[UInt8]: Entry] {
        var byName: [[UInt8]: Entry] = [:]
        for entry in entries {
            if let other = byName.updateValue(entry, forKey: Array(entry.info.name.utf8)) {
                let datasets = [other, entry].map {
                    "'\(EmbqError.printable(contents.datasets[$0.dataset].path.joined(separator: "/")))'"
                }
                throw EmbqError(
                    .duplicate, place: EmbqError.place(tensor: entry.info.name),
                    "two datasets have this name: \(datasets.joined(separator: " and "))",
                    advice: "Save the model again with one name for each tensor.")
            }
        }
        return byName
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        guard let entry = entries[Array(info.name.utf8)] else { preconditionFailure("a tensor without an entry") }
        var failure: EmbqError?
        do throws(EmbqError) {
            return try file.withBytes(of: entry.dataset) { bytes throws(EmbqError) in
                do throws(EmbqError) {
                    guard let rows = entry.rows else { return try body(bytes) }
                    return try body(Self.transposed(bytes, rows: rows, size: info.dtype.bits / 8).span)
                } catch {
                    failure = error
                    throw error
                }
            }
        } catch {
            // What `body` throws is about another file, perhaps.
            throw failure ?? error.at(file: path)
        }
    }

    /// Every dataset by its path, with dots between the names.
    private static func nested(_ contents: HDF5Contents) throws(EmbqError) -> [Entry] {
        var entries: [Entry] = []
        for (index, dataset) in contents.datasets.enumerated() {
            let name = dataset.path.joined(separator: ".")
            guard let info = TensorInfo(name: name, dtype: dataset.dtype, shape: dataset.shape) else {
                preconditionFailure("a dataset of an impossible size")
            }
            entries.append(Entry(info: info, dataset: index, rows: nil))
        }
        return entries
    }

    /// The root group's texts.
    private static func metadata(_ contents: HDF5Contents) -> [(key: String, value: String)] {
        var seen: Set<[UInt8]> = []
        return contents.attributes.compactMap { attribute in
            guard attribute.group.isEmpty, !attribute.isList, let value = attribute.values.first,
                seen.insert(Array(attribute.name.utf8)).inserted
            else { return nil }
            return (key: attribute.name, value: value)
        }.sorted { $0.key.precedesByBytes($1.key) }
    }

    /// A matrix with its columns as rows.
    static func transposed(_ bytes: Span<UInt8>, rows: Int, size: Int) -> [UInt8] {
        guard bytes.count > 0 else { return [] }
        let columns = bytes.count / size / rows
        var result = [UInt8](repeating: 0, count: bytes.count)
        var to = 0
        for column in 0..<columns {
            for row in 0..<rows {
                let from = (row * columns + column) * size
                for byte in 0..<size { result[to + byte] = bytes[from + byte] }
                to += size
            }
        }
        return result
    }
}

extension CheckpointFormat {
    /// Tensors as nested datasets, and the weights that Keras saves.
    package static let hdf5 = CheckpointFormat(
        name: "HDF5", endings: ["h5", "hdf5"],
        recognises: { bytes in
            // The signature stands at 0, or after a user block of 512, 1024, 2048, ... bytes.
            var offset = 0
            while offset < bytes.count {
                if has(bytes, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], at: offset) { return true }
                offset = offset == 0 ? 512 : offset * 2
            }
            return false
        },
        open: { file throws(EmbqError) in try HDF5Source(file) })
}
