import EmbqCore

/// A `vocab.txt` as releases of the time before `tokenizer.json` have it: one token per line, its id the line's number.
enum VocabularyFile {
    /// `model.vocab` of a tokenizer.json, in the order of the ids.
    static func vocabulary(_ ids: [[UInt8]: Int]) -> JSONValue {
        let tokens = ids.map { (key: String(decoding: $0.key, as: UTF8.self), value: $0.value) }
        return .object(JSONObject(tokens.sorted { $0.value < $1.value }.map { ($0.key, .number("\($0.value)")) }))
    }

    /// Ids by the token's UTF-8. Space at a line's end is no part of the token; of equal lines the last one counts.
    static func ids(_ vocabulary: [UInt8]) throws(EmbqError) -> [[UInt8]: Int] {
        let ends = vocabulary.count { $0 == UInt8(ascii: "\n") }
        let count = ends + (vocabulary.isEmpty || vocabulary.last == UInt8(ascii: "\n") ? 0 : 1)
        guard count <= 0xFFFF else {
            throw EmbqError(
                .limitExceeded, "the vocabulary has \(count) lines, at most 65535 are possible",
                advice: "Use a checkpoint with a smaller vocabulary.")
        }
        var lines = vocabulary.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        var ids: [[UInt8]: Int] = [:]
        for (id, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else {
                throw EmbqError(
                    .malformed, "line \(id + 1) is not UTF-8",
                    advice: "Use the vocab.txt that was released with the checkpoint.")
            }
            var scalars = text.unicodeScalars[...]
            while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
            ids[Array(String(scalars).utf8)] = id
        }
        return ids
    }
}
