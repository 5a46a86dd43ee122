package import EmbqCore

/// A checkpoint's config.json: typed access whose errors name the key and the file.
package struct CheckpointConfig: Sendable, Equatable {
    /// What is read of a configuration.
    package static let limit = FileLimit(
        "a configuration", bytes: 1 << 20, advice: "Give the config.json of the model.")

    /// Where it was read, as messages name it.
    package let path: String
    /// The whole document, an object.
    package let json: JSONValue

    /// Reads and parses a file.
    ///
    /// - Throws: `.unreadable`, `.limitExceeded`, `.malformed`, `.duplicate`.
    package init(_ path: String) throws(EmbqError) {
        self.init(path: path, json: try Self.limit.object(path))
    }

    /// Parses a document.
    package init(path: String, _ bytes: Span<UInt8>) throws(EmbqError) {
        self.init(path: path, json: try Self.limit.object(bytes, of: path))
    }

    /// A configuration that nobody has written into a file.
    ///
    /// - Parameter path: what messages name.
    /// - Precondition: `json` is an object.
    package init(path: String, json: JSONValue) {
        precondition(json.object != nil, "a configuration is an object")
        self.path = path
        self.json = json
    }

    /// The same with keys replaced by those of another file.
    func overridden(by keys: [(key: String, value: JSONValue)]) -> CheckpointConfig {
        var members = json.object ?? []
        for (key, value) in keys { members.set(key, to: value) }
        return CheckpointConfig(path: path, json: .object(members))
    }

    /// The value of a key; nil when it is missing or null, which configurations use alike.
    package subscript(key: String) -> JSONValue? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    /// An integer, written without fraction or exponent.
    ///
    /// - Throws: `.missing`, `.malformed` for another type, `.limitExceeded` out of `range`.
    package func integer(_ key: String, in range: ClosedRange<Int>) throws(EmbqError) -> Int {
        let value = try require(key)
        guard let integer = value.int else { throw wrong(key, value, "an integer") }
        guard range.contains(integer) else { throw outside(key, value, "\(range.lowerBound) to \(range.upperBound)") }
        return integer
    }

    /// An integer, or `missing` when the key is not there.
    package func integer(_ key: String, in range: ClosedRange<Int>, default missing: Int) throws(EmbqError) -> Int {
        self[key] == nil ? missing : try integer(key, in: range)
    }

    /// A finite number.
    ///
    /// - Throws: `.missing`, `.malformed` for another type, `.limitExceeded` out of `range`.
    package func number(_ key: String, in range: ClosedRange<Double> = -1e9...1e9) throws(EmbqError) -> Double {
        let value = try require(key)
        guard let number = value.double else { throw wrong(key, value, "a number") }
        guard range.contains(number) else { throw outside(key, value, "\(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    /// A finite number, or `missing` when the key is not there.
    package func number(_ key: String, in range: ClosedRange<Double> = -1e9...1e9, default missing: Double)
        throws(EmbqError) -> Double
    {
        self[key] == nil ? missing : try number(key, in: range)
    }

    /// A string.
    ///
    /// - Throws: `.missing`, or `.malformed` for another type.
    package func string(_ key: String) throws(EmbqError) -> String {
        let value = try require(key)
        guard let string = value.string else { throw wrong(key, value, "a string") }
        return string
    }

    /// A string, or `missing` when the key is not there.
    package func string(_ key: String, default missing: String) throws(EmbqError) -> String {
        self[key] == nil ? missing : try string(key)
    }

    /// A boolean, or `missing` when the key is not there.
    package func bool(_ key: String, default missing: Bool) throws(EmbqError) -> Bool {
        guard let value = self[key] else { return missing }
        guard let bool = value.bool else { throw wrong(key, value, "true or false") }
        return bool
    }

    /// An array of strings; empty when the key is not there.
    package func strings(_ key: String) throws(EmbqError) -> [String] {
        guard let value = self[key] else { return [] }
        guard let items = value.array else { throw wrong(key, value, "an array of strings") }
        var strings: [String] = []
        for item in items {
            guard let string = item.string else { throw wrong(key, item, "only strings", verb: "holds") }
            strings.append(string)
        }
        return strings
    }

    /// The labels of `id2label` in the order of their ids; nil when the key is missing or empty.
    ///
    /// - Throws: `.malformed` when the ids are not 0, 1, 2, ... or a label is no single line of text; `.duplicate`
    ///   when two labels are equal.
    package func labels() throws(EmbqError) -> [String]? {
        let key = "id2label"
        guard let value = self[key] else { return nil }
        guard let members = value.object else { throw wrong(key, value, "an object from ids to labels") }
        guard !members.isEmpty else { return nil }
        var labels = [String?](repeating: nil, count: members.count)
        for (id, value) in members {
            guard let index = Int(id), String(index) == id, labels.indices.contains(index) else {
                throw fault(
                    .malformed, key,
                    "it has the id '\(EmbqError.printable(id))', with \(members.count) labels the ids are 0 to \(members.count - 1)"
                )
            }
            guard let label = value.string else { throw wrong(key, value, "a string for each id", verb: "holds") }
            labels[index] = label
        }
        return try lines(labels.compactMap { $0 }, of: key)
    }

    /// Names of outputs, each of which must be a line of text of its own.
    ///
    /// - Throws: `.malformed`, `.duplicate`.
    func lines(_ labels: [String], of key: String) throws(EmbqError) -> [String] {
        var seen: Set<[UInt8]> = []
        for (index, label) in labels.enumerated() {
            guard !label.isEmpty, !label.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw fault(
                    .malformed, key,
                    "the label of id \(index) is '\(EmbqError.printable(label))', a line of text is expected")
            }
            guard seen.insert(Array(label.utf8)).inserted else {
                throw fault(.duplicate, key, "the label '\(EmbqError.printable(label))' stands twice")
            }
        }
        return labels
    }

    /// An object, whose errors name this file; an empty one when the key is not there.
    ///
    /// - Throws: `.malformed` for another type.
    func object(_ key: String) throws(EmbqError) -> CheckpointConfig {
        let value = self[key] ?? .object(JSONObject([]))
        guard value.object != nil else { throw wrong(key, value, "an object") }
        return CheckpointConfig(path: path, json: value)
    }

    /// The error for a value that embq cannot follow.
    package func unsupported(_ key: String, _ value: JSONValue, _ reason: String, advice: String) -> EmbqError {
        EmbqError(
            .unsupported, file: path, place: "'\(key)'", "\(value.summary) is not supported: \(reason)", advice: advice)
    }

    private func require(_ key: String) throws(EmbqError) -> JSONValue {
        guard let value = self[key] else {
            throw EmbqError(
                .missing, file: path, "the key '\(key)' is missing",
                advice: "Use the config.json released with the weights, or pass --config.")
        }
        return value
    }

    private func wrong(_ key: String, _ value: JSONValue, _ expected: String, verb: String = "is") -> EmbqError {
        fault(.malformed, key, "it \(verb) \(value.kind), \(expected) is expected")
    }

    private func outside(_ key: String, _ value: JSONValue, _ range: String) -> EmbqError {
        fault(.limitExceeded, key, "it is \(value.kind), \(range) is expected")
    }

    private func fault(_ code: EmbqError.Code, _ key: String, _ problem: String) -> EmbqError {
        EmbqError(
            code, file: path, place: "'\(key)'", problem,
            advice: "Use the config.json released with the weights, or pass --config.")
    }
}
