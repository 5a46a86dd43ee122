package import EmbqCore

/// A token that is recognised in a text.
struct AddedToken {
    let content: String
    let id: UInt16
    /// True if it is not part of a longer word.
    let singleWord: Bool
    /// True if it is looked for in normalized text.
    let isNormalized: Bool
    let isSpecial: Bool
    /// True if it takes the space before it, or behind it.
    let leftStrip: Bool
    let rightStrip: Bool
    /// False: a text that has it is plain text.
    var isMatched = true
    /// Its place in the file, for errors.
    let path: String
}

/// The tokens of a `tokenizer.json`: those of its model, and those that are recognised in raw text.
package struct Vocabulary: Sendable {
    /// Token text of each id; empty for an id that the vocabulary skips.
    package private(set) var tokens: [String] = []
    /// Ids of the model's tokens by their UTF-8. Swift's strings are equal when they are canonically equivalent, tokens
    /// are not.
    let ids: [[UInt8]: UInt16]
    private(set) var addedTokens: [AddedToken] = []
    /// Tokens of the model; more than ``ids`` has if a text occurs twice.
    private let modelCount: Int

    /// Reads `model.vocab` and `added_tokens`.
    ///
    /// - Throws: `.duplicate` for two tokens of one id or two ids of one token, `.malformed` for an id that is not a
    ///   16-bit number, `.unsupported` for an added token that is recognised under conditions.
    package init(_ document: JSONValue) throws(EmbqError) { try self.init(document, splitsSpecialTokens: false) }

    /// - Parameter splitsSpecialTokens: true if special tokens in a text are plain text.
    init(_ document: JSONValue, splitsSpecialTokens: Bool) throws(EmbqError) {
        let root = JSONField(path: "", value: document)
        (ids, modelCount) = try Self.ids(root["model"]["vocab"])
        try readAddedTokens(root["added_tokens"])
        for index in addedTokens.indices where splitsSpecialTokens && addedTokens[index].isSpecial {
            addedTokens[index].isMatched = false
        }
    }

    /// The id of a token; nil where there is none.
    package func id(of token: String) -> Int? { tokens.firstIndex(of: token) }

    private static func ids(_ field: JSONField) throws(EmbqError) -> (ids: [[UInt8]: UInt16], count: Int) {
        if let items = field.value.array { return (try listedIDs(items, field), items.count) }
        var ids: [[UInt8]: UInt16] = [:]
        var taken: Set<UInt16> = []
        for (token, value) in try field.object() {
            if let number = value.int, let id = UInt16(exactly: number), id < .max, taken.insert(id).inserted {
                ids[Array(token.utf8)] = id
                continue
            }
            // Paths are made for errors alone: there may be tens of thousands of tokens.
            let entry = JSONField(path: "\(field.path)[\"\(EmbqError.printable(token))\"]", value: value)
            let id = try entry.id()
            throw entry.malformed("the id \(id) belongs to another token already", .duplicate)
        }
        return (ids, ids.count)
    }

    /// The ids of a list of tokens with their scores. Of a text that occurs twice the last one counts.
    private static func listedIDs(_ items: [JSONValue], _ field: JSONField) throws(EmbqError) -> [[UInt8]: UInt16] {
        guard items.count <= 0xFFFF else {
            throw EmbqError(
                .limitExceeded, place: "'\(field.path)'", "there are \(items.count) tokens, at most 65535 are possible",
                advice: "Use a checkpoint with a smaller vocabulary.")
        }
        var ids: [[UInt8]: UInt16] = [:]
        for (id, item) in items.enumerated() {
            guard let text = item.array?.first?.string, item.array?.count == 2 else {
                throw JSONField(path: "\(field.path)[\(id)]", value: item).wrong("a token and its score")
            }
            ids[Array(text.utf8)] = UInt16(id)
        }
        return ids
    }

    private mutating func readAddedTokens(_ field: JSONField) throws(EmbqError) {
        var names = ids
        if !field.isNull {
            var highestAdded: Int?
            var seen: Set<[UInt8]> = []
            for token in try field.array() {
                try token.allow(only: ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
                let content = try token["content"].string()
                let key = Array(content.utf8)
                let (left, right) = (try token["lstrip"].bool(), try token["rstrip"].bool())
                let (single, normalized) = (try token["single_word"].bool(), try token["normalized"].bool())
                guard !content.isEmpty else { throw token["content"].malformed("the token is empty") }
                guard key.count <= 0xFFFF else { throw token["content"].malformed("the token has over 65535 bytes") }
                guard seen.insert(key).inserted else {
                    throw token["content"].malformed("the token stands in the list already", .duplicate)
                }
                guard !content.unicodeScalars.contains("\u{FFFD}") else {
                    throw token["content"].unsupported("tokens without U+FFFD, which also stands for ill-formed text")
                }
                // The library gives a token that the model lacks the next free id, whatever the file says.
                let id = try token["id"].id()
                let next = max(modelCount, highestAdded.map { $0 + 1 } ?? 0)
                let given = ids[key].map { Int($0) } ?? next
                guard Int(id) == given else {
                    throw token["id"].malformed("the id is \(id), the rest of the file makes it \(given)")
                }
                highestAdded = max(highestAdded ?? 0, given)
                names[key] = id
                addedTokens.append(
                    AddedToken(
                        content: content, id: id, singleWord: single, isNormalized: normalized,
                        isSpecial: try token["special"].bool(absent: false), leftStrip: left, rightStrip: right,
                        path: token.path))
            }
        }
        tokens = Array(repeating: "", count: names.values.max().map { Int($0) + 1 } ?? 0)
        var owners: [UInt16: [UInt8]] = [:]
        for (name, id) in names {
            if let other = owners.updateValue(name, forKey: id), other != name {
                throw field.malformed("the id \(id) belongs to two tokens", .duplicate)
            }
            tokens[Int(id)] = String(decoding: name, as: UTF8.self)
        }
    }
}
