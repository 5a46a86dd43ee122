package import EmbqCore

/// One file format for weights: how its files are told by their content, and how they are opened.
///
/// A new format is a new file with a constant of this type, and a line in ``all``.
package struct CheckpointFormat: Sendable {
    /// The name that messages and `inspect` give it.
    package let name: String
    /// File name endings, without the dot: they find candidates in a folder and never decide what a file is.
    package let endings: [String]
    /// The file name that is taken first in a folder with several candidates.
    package let usualName: String?
    /// Whether files of this format beside an adapter are test data rather than its model.
    let isOftenTestData: Bool
    /// Whether a file that no format recognises is opened when it has this one's ending: its reader says best what is
    /// wrong.
    let isOpenedByEnding: Bool
    /// Whether these are the bytes of a file of this format; looks at a few places only.
    let recognises: @Sendable (Span<UInt8>) -> Bool
    /// Opens a file; nil for a format that embq knows but does not read.
    let open: (@Sendable (MappedFile) throws(EmbqError) -> any TensorSource)?
    /// Opens the part of a file that a path of keys names; nil for a format without such parts.
    let openKey: (@Sendable (MappedFile, String) throws(EmbqError) -> any TensorSource)?
    /// What to do about a file of a format that is not read.
    let advice: String?

    init(
        name: String, endings: [String] = [], usualName: String? = nil, isOftenTestData: Bool = false,
        isOpenedByEnding: Bool = false,
        recognises: @escaping @Sendable (Span<UInt8>) -> Bool,
        open: (@Sendable (MappedFile) throws(EmbqError) -> any TensorSource)? = nil,
        openKey: (@Sendable (MappedFile, String) throws(EmbqError) -> any TensorSource)? = nil, advice: String? = nil
    ) {
        self.name = name
        self.endings = endings
        self.usualName = usualName
        self.isOftenTestData = isOftenTestData
        self.isOpenedByEnding = isOpenedByEnding
        self.recognises = recognises
        self.open = open
        self.openKey = openKey
        self.advice = advice
    }

    /// Every format: a file is of the first one that recognises it.
    ///
    /// A folder is searched in this order too. So the forms that are best to read stand first, and npz late: arrays
    /// beside the weights are often test data.
    package static let all: [CheckpointFormat] = [
        .safetensors, .safetensorsIndex, .pyTorchZip, .pyTorchLegacy, .pyTorchIndex, .pickle, .keras, .hdf5, .onnx,
        .gguf, .npz, .zip, .npy, .tensorFlowLite, .gitLFS, .web, .json,
    ]

    /// The formats that can be opened, for messages.
    package static var supportedNames: String {
        all.filter { $0.open != nil }.map(\.name).joined(separator: ", ")
    }

    /// The format that a file's content is of, or nil.
    package static func of(_ file: MappedFile) -> CheckpointFormat? {
        file.withBytes { bytes in of(bytes) }
    }

    /// The format that these bytes, a whole file, are of, or nil.
    package static func of(_ bytes: Span<UInt8>) -> CheckpointFormat? {
        all.first { $0.recognises(bytes) }
    }

    /// Opens a weights file of any supported format, told by its content; tensors have the names of the model, without
    /// the prefixes of training.
    ///
    /// - Parameter key: the path of keys to the tensors inside a file that holds more than them; nil: found by itself.
    /// - Throws: `.unsupported` for another format, by its name, `.invalidRequest` for a key where there is none to
    ///   choose, and what the reader of the format throws.
    package static func open(_ path: String, key: String? = nil) throws(EmbqError) -> any TensorSource {
        let source = try openAsIs(path, key: key)
        for info in source.tensors where info.name.utf8.count > maximumName {
            throw EmbqError(
                .limitExceeded, file: source.path, place: EmbqError.place(tensor: info.name),
                "its name has \(info.name.utf8.count) bytes, the limit is \(maximumName)",
                advice: "Save the model again with names as a framework gives them.")
        }
        return try RenamedSource.wrap(source)
    }

    /// Bytes of a tensor's name; those of frameworks have less than a hundred.
    private static let maximumName = 1024

    private static func openAsIs(_ path: String, key: String?) throws(EmbqError) -> any TensorSource {
        let file = try MappedFile(path)
        if let format = of(file) {
            guard let open = format.open else { throw refusal(of: format, path) }
            guard let key else { return try open(file) }
            if let openKey = format.openKey { return try openKey(file, key) }
            throw EmbqError(
                .invalidRequest, file: path, "it is \(format.name), which has no keys to choose from",
                advice: "Leave out --key.")
        }
        if let open = all.first(where: { $0.isOpenedByEnding && $0.hasEnding(of: path) })?.open {
            return try open(file)
        }
        throw EmbqError(
            .unsupported, file: path,
            file.count == 0 ? "the file is empty" : "its content is of no weights format that embq knows",
            advice: "Supported: \(supportedNames).")
    }

    /// Whether a path ends like this format's files do.
    func hasEnding(of path: String) -> Bool {
        let name = path.lowercased()
        return endings.contains { name.hasSuffix("." + $0) }
    }

    private static func refusal(of format: CheckpointFormat, _ path: String) -> EmbqError {
        EmbqError(
            .unsupported, file: path, "it is \(format.name), which embq does not read",
            advice: (format.advice.map { $0 + " " } ?? "") + "Supported: \(supportedNames).")
    }
}
