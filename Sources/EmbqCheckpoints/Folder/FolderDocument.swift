import EmbqCore

/// A JSON object among a release's files. Its errors name file, key and value.
struct FolderDocument {
    let path: String
    /// The file's name in the release, such as `1_Pooling/config.json`.
    let name: String
    let json: JSONValue

    /// Reads a file; nil if there is none.
    ///
    /// - Parameter name: of the file, relative to the release's folder.
    /// - Throws: `.malformed` for a file that is not a JSON object; as ``MappedFile`` and ``JSONParser``.
    init?(_ folder: String, _ name: String) throws(EmbqError) {
        let path = Folder.join(folder, name)
        guard Folder.hasFile(path) else { return nil }
        self.init(path: path, name: name, json: try Self.limit.object(path))
    }

    private init(path: String, name: String, json: JSONValue) {
        self.path = path
        self.name = name
        self.json = json
    }

    /// A member that is an object, whose errors name this file; nil if the key is absent or null.
    func object(_ key: String) throws(EmbqError) -> FolderDocument? {
        guard let value = self[key] else { return nil }
        guard value.object != nil else { throw wrong(key, value, "an object") }
        return FolderDocument(path: path, name: name, json: value)
    }

    /// The value of a key; nil if it is absent or null.
    subscript(key: String) -> JSONValue? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) throws(EmbqError) -> String? {
        guard let value = self[key] else { return nil }
        guard let string = value.string else { throw wrong(key, value, "a string") }
        return string
    }

    func bool(_ key: String) throws(EmbqError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let bool = value.bool else { throw wrong(key, value, "true or false") }
        return bool
    }

    /// A whole number from 1 on.
    func count(_ key: String) throws(EmbqError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let count = value.int, count >= 1 else { throw wrong(key, value, "a whole number from 1 on") }
        return count
    }

    /// - Throws: `.missing` if the key is absent or null.
    func requireCount(_ key: String) throws(EmbqError) -> Int {
        if let count = try count(key) { return count }
        throw EmbqError(.missing, file: path, "the key '\(key)' is missing", advice: Self.advice)
    }

    /// Reports the keys that are not known.
    func unknown(_ known: KnownKeys) throws(EmbqError) -> [String] { try known.unknown(in: json, path: path) }

    /// Rejects the keys that are not known, because the library that reads the file does so too.
    func requireKnown(_ known: KnownKeys) throws(EmbqError) {
        for key in try unknown(known) {
            throw unsupported(key, "the key is not known, and sentence-transformers rejects it too")
        }
    }

    func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> EmbqError {
        EmbqError(
            .malformed, file: path, place: Self.place(key), "expected \(expected), found \(value.summary)",
            advice: Self.advice)
    }

    /// The error for a value that embq does not compute.
    func unsupported(_ key: String, _ reason: String, advice: String = Self.advice) -> EmbqError {
        EmbqError(
            .unsupported, file: path, place: Self.place(key), "\((json[key] ?? .null).summary): \(reason)",
            advice: advice)
    }

    /// What is read of each file.
    static let limit = FileLimit("a configuration", bytes: CheckpointConfig.limit.bytes, advice: advice)
    static let advice = "Use the folder as sentence-transformers saved it."
    static func place(_ key: String) -> String { "'\(EmbqError.printable(key))'" }
}
