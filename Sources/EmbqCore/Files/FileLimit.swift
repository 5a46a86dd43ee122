/// The size up to which a file is read whole. It is checked before a byte is read.
package struct FileLimit: Sendable {
    /// What the file is, with its article: `a tokenizer`.
    package let kind: String
    package let bytes: Int
    /// What to do about a larger file, or one with another content.
    package let advice: String

    package init(_ kind: String, bytes: Int, advice: String) {
        self.kind = kind
        self.bytes = bytes
        self.advice = advice
    }

    private func check(_ file: MappedFile) throws(EmbqError) {
        guard file.count > bytes else { return }
        throw EmbqError(
            .limitExceeded, file: file.path, "it is \(file.count) bytes, the limit of \(kind) is \(bytes)",
            advice: advice)
    }

    /// Opens a file.
    ///
    /// - Throws: `.limitExceeded`, or as ``MappedFile``.
    package func open(_ path: String) throws(EmbqError) -> MappedFile {
        let file = try MappedFile(path)
        try check(file)
        return file
    }

    /// Reads a JSON document.
    ///
    /// - Throws: as ``open(_:)`` and ``JSONParser``, naming the file.
    package func json(_ path: String) throws(EmbqError) -> JSONValue { try json(MappedFile(path)) }

    private func json(_ file: MappedFile) throws(EmbqError) -> JSONValue {
        try check(file)
        return try naming(file.path) { () throws(EmbqError) in try file.withBytes(JSONParser.parse) }
    }

    /// Reads a JSON document that is an object.
    ///
    /// - Throws: as ``json(_:)``, `.malformed` for another value.
    package func object(_ path: String) throws(EmbqError) -> JSONValue { try object(MappedFile(path)) }

    /// Reads a JSON object from a file that is open.
    package func object(_ file: MappedFile) throws(EmbqError) -> JSONValue {
        try check(file)
        return try file.withBytes { bytes throws(EmbqError) in try object(bytes, of: file.path) }
    }

    /// Parses a JSON object that a file has.
    package func object(_ bytes: Span<UInt8>, of path: String) throws(EmbqError) -> JSONValue {
        let document = try naming(path) { () throws(EmbqError) in try JSONParser.parse(bytes) }
        guard document.object == nil else { return document }
        throw EmbqError(
            .malformed, file: path, "it is \(document.kind), an object is expected", advice: advice)
    }
}
