import EmbqCore

/// A value of a `tokenizer.json` that knows where it stands, so that a refusal can name it.
struct JSONField {
    /// For example `model.dropout`; empty for the whole document.
    let path: String
    let value: JSONValue

    /// A member of an object; null when it is absent.
    subscript(key: String) -> JSONField {
        JSONField(path: join(key), value: value[key] ?? .null)
    }

    /// The path of a member; its key may come from the file.
    private func join(_ key: String) -> String {
        let shown = EmbqError.printable(key)
        return path.isEmpty ? shown : "\(path).\(shown)"
    }

    var isNull: Bool { value.isNull }

    /// Refuses members that nobody has looked at, unless they are null: one of them might change ids.
    func allow(only keys: Set<String>) throws(EmbqError) {
        for (key, value) in try object() where !keys.contains(key) && !value.isNull {
            throw JSONField(path: join(key), value: value).unsupported(
                "the fields \(keys.sorted().joined(separator: ", "))")
        }
    }

    func object() throws(EmbqError) -> JSONObject {
        guard let members = value.object else { throw wrong("an object") }
        return members
    }

    func array() throws(EmbqError) -> [JSONField] {
        guard let items = value.array else { throw wrong("an array") }
        return items.enumerated().map { JSONField(path: "\(path)[\($0)]", value: $1) }
    }

    func string() throws(EmbqError) -> String {
        guard let text = value.string else { throw wrong("a string") }
        return text
    }

    /// A boolean; `absent` when the field is not there.
    func bool(absent: Bool? = nil) throws(EmbqError) -> Bool {
        if isNull, let absent { return absent }
        guard let value = value.bool else { throw wrong("true or false") }
        return value
    }

    /// A whole number from 0 on.
    func count() throws(EmbqError) -> Int {
        guard let number = value.int, number >= 0 else { throw wrong("a whole number, 0 or more") }
        return number
    }

    /// A token id: `.limitExceeded` for one that 16 bits minus the reserved value cannot hold.
    func id() throws(EmbqError) -> UInt16 {
        let number = try count()
        guard let id = UInt16(exactly: number), id < .max else {
            throw EmbqError(
                .limitExceeded, place: "'\(path)'", "the id \(number) is above 65534",
                advice: "Use a checkpoint with a vocabulary of at most 65535 tokens.")
        }
        return id
    }

    /// The error for a value of the wrong kind.
    func wrong(_ expected: String) -> EmbqError {
        isNull
            ? EmbqError(
                .missing, place: "'\(path)'", "\(expected) is needed, there is none",
                advice: "Use the tokenizer.json that was released with the checkpoint.")
            : malformed("\(expected) is expected, found \(value.kind)")
    }

    /// The error for a value that contradicts the rest of the file.
    func malformed(_ problem: String, _ code: EmbqError.Code = .malformed) -> EmbqError {
        EmbqError(
            code, place: "'\(path)'", problem,
            advice: "The file is damaged or was edited by hand: use the tokenizer.json released with the checkpoint.")
    }

    /// The error for a value that is fine for others and that embq does not handle.
    func unsupported(_ supported: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(path)'",
            "\(value.bool.map { "\($0)" } ?? value.kind) is not supported: it would change the token ids",
            advice: "Supported: \(supported).")
    }
}
