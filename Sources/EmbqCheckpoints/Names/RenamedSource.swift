package import EmbqCore

/// A checkpoint whose tensors have the names of the model itself, without what training puts before or into them:
/// `module.`, `_orig_mod.`, a LightningModule's `model.`, or any other prefix that its families' tensors stand under.
///
/// Nothing is renamed that does not make the names those of a known family; a checkpoint of other tensors loses only
/// the wrappers that all its names begin with.
package struct RenamedSource: TensorSource {
    package let tensors: [TensorInfo]
    package let remarks: [CheckpointNote]
    private let base: any TensorSource
    /// By the bytes of a tensor's name, what it is called in the file.
    private let originals: [[UInt8]: String]

    package var format: String { base.format }
    package var path: String { base.path }
    package var inputs: [String] { base.inputs }
    package var metadata: [(key: String, value: String)] { base.metadata }
    package var notes: [TensorNote] {
        let notes = base.notes
        guard !notes.isEmpty else { return [] }
        let byOriginal = Dictionary(
            notes.map { (Array($0.tensor.utf8), $0.text) }, uniquingKeysWith: { first, _ in first })
        return tensors.compactMap { info in
            originals[Array(info.name.utf8)].flatMap { byOriginal[Array($0.utf8)] }.map {
                TensorNote(tensor: info.name, text: $0)
            }
        }
    }

    /// The source itself, or its tensors under the names of the model.
    ///
    /// - Throws: `.duplicate` when two tensors would get one name, `.unsupported` when the file holds several models
    ///   and none of them is clearly the one.
    package static func wrap(_ source: any TensorSource) throws(EmbqError) -> any TensorSource {
        guard !LoRAAdapter.isAdapter(source) else { return source }
        let names = try naming(source.path) { () throws(EmbqError) in
            try ReleasedNames(source.tensors.map(\.name))
        }
        return names.isUnchanged ? source : try RenamedSource(source, names)
    }

    private init(_ base: any TensorSource, _ names: ReleasedNames) throws(EmbqError) {
        var tensors: [TensorInfo] = []
        var originals: [[UInt8]: String] = [:]
        for (info, name) in zip(base.tensors, names.names) {
            guard let name else { continue }
            if let other = originals.updateValue(info.name, forKey: Array(name.utf8)) {
                throw EmbqError(
                    .duplicate, file: base.path, place: EmbqError.place(tensor: info.name),
                    "without its prefix it is '\(EmbqError.printable(name))', as '\(EmbqError.printable(other))' is",
                    advice: "Save the state_dict of the model alone.")
            }
            // Of the same type and size as before, so it is there.
            guard
                let renamed = TensorInfo(name: name, dtype: info.dtype, shape: info.shape, fileRange: info.fileRange)
            else { continue }
            tensors.append(renamed)
        }
        self.base = base
        self.originals = originals
        self.tensors = tensors.sorted { $0.name.precedesByBytes($1.name) }
        remarks = base.remarks + names.notes
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        return try base.withBytes(of: originals[Array(info.name.utf8)] ?? info.name, body)
    }
}
