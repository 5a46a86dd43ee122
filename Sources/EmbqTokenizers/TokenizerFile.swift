import EmbqCore

/// What BertNormalizer does to text; all false: nothing.
struct Normalization {
    var cleanText = false
    var handleChineseCharacters = false
    var stripAccents = false
    var lowercase = false
}

/// How normalized text falls into words.
enum WordSplitting {
    /// The regular expression `\w+|[^\w\s]+`.
    case whitespace
    /// At spaces, with every punctuation character a word of its own.
    case bert
}

/// A token that is recognised in raw text.
struct AddedToken {
    let content: String
    let id: UInt16
}

/// How words become ids.
enum TokenModel {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)
}

/// A `tokenizer.json`, checked: everything that decides ids, and nothing in it that embq does not handle.
struct TokenizerFile {
    /// Token text of each id; empty for an id that the vocabulary skips.
    private(set) var tokens: [String] = []
    /// Ids by the token's UTF-8. Swift's strings are equal when they are canonically equivalent, tokens are not.
    private(set) var ids: [[UInt8]: UInt16] = [:]
    let model: TokenModel
    let normalization: Normalization
    let splitting: WordSplitting
    private(set) var addedTokens: [AddedToken] = []
    private(set) var prefix: [UInt16] = []
    private(set) var suffix: [UInt16] = []
    /// Most ids between prefix and suffix; nil: no limit.
    private(set) var contentLimit: Int?

    /// The fields of a model and what reads them, by its type.
    private static let models:
        [String: (fields: Set<String>, read: @Sendable (JSONField, [[UInt8]: UInt16]) throws(EmbqError) -> TokenModel)] =
            [
                "BPE": (
                    BytePairModel.fields,
                    { field, ids throws(EmbqError) in .bytePair(try BytePairModel(field, ids)) }
                ),
                "WordPiece": (
                    WordPieceModel.fields,
                    { field, ids throws(EmbqError) in .wordPiece(try WordPieceModel(field, ids)) }
                ),
            ]

    init(_ document: JSONValue) throws(EmbqError) {
        let root = JSONField(path: "", value: document)
        guard document.object != nil else {
            throw EmbqError(
                .malformed, "the document is \(document.kind), an object is expected",
                advice: "Use the tokenizer.json that was released with the checkpoint.")
        }
        // `decoder` turns ids into text, `padding` fills batches up: neither is ever done here.
        try root.allow(only: [
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model",
        ])
        if !root["version"].isNull, root["version"].value.string != "1.0" {
            throw root["version"].unsupported("version \"1.0\"")
        }
        normalization = try Self.normalization(root["normalizer"])
        splitting = try Self.splitting(root["pre_tokenizer"])

        let field = root["model"]
        let type = try field["type"].string()
        guard let known = Self.models[type] else {
            throw field["type"].unsupported(Self.models.keys.sorted().joined(separator: ", "))
        }
        try field.allow(only: known.fields)
        ids = try Self.vocabulary(field["vocab"])
        model = try known.read(field, ids)
        try readAddedTokens(root["added_tokens"])
        try readTemplate(root["post_processor"])
        contentLimit = try truncation(root["truncation"])
    }

    // MARK: Normalizer and pre-tokenizer

    private static func normalization(_ field: JSONField) throws(EmbqError) -> Normalization {
        if field.isNull { return Normalization() }
        guard try field["type"].string() == "BertNormalizer" else {
            throw field["type"].unsupported("BertNormalizer, or null for no normalizer")
        }
        try field.allow(only: ["type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"])
        let lowercase = try field["lowercase"].bool()
        return Normalization(
            cleanText: try field["clean_text"].bool(),
            handleChineseCharacters: try field["handle_chinese_chars"].bool(),
            stripAccents: try field["strip_accents"].bool(absent: lowercase), lowercase: lowercase)
    }

    private static func splitting(_ field: JSONField) throws(EmbqError) -> WordSplitting {
        let supported = "Whitespace, BertPreTokenizer"
        if field.isNull { throw field.unsupported(supported) }
        let splitting: WordSplitting
        switch try field["type"].string() {
        case "Whitespace": splitting = .whitespace
        case "BertPreTokenizer": splitting = .bert
        default: throw field["type"].unsupported(supported)
        }
        try field.allow(only: ["type"])
        return splitting
    }

    // MARK: Vocabulary

    private static func vocabulary(_ field: JSONField) throws(EmbqError) -> [[UInt8]: UInt16] {
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
        return ids
    }

    // MARK: Tokens outside the model

    private mutating func readAddedTokens(_ field: JSONField) throws(EmbqError) {
        var names = ids
        if !field.isNull {
            var highestAdded: Int?
            var seen: Set<[UInt8]> = []
            for token in try field.array() {
                try token.allow(only: ["id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"])
                let content = try token["content"].string()
                let key = Array(content.utf8)
                for option in ["single_word", "lstrip", "rstrip", "normalized"] where try token[option].bool() {
                    throw token[option].unsupported("false")
                }
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
                let next = max(ids.count, highestAdded.map { $0 + 1 } ?? 0)
                let given = ids[key].map { Int($0) } ?? next
                guard Int(id) == given else {
                    throw token["id"].malformed("the id is \(id), the rest of the file makes it \(given)")
                }
                highestAdded = max(highestAdded ?? 0, given)
                names[key] = id
                addedTokens.append(AddedToken(content: content, id: id))
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

    private mutating func readTemplate(_ field: JSONField) throws(EmbqError) {
        if field.isNull { return }
        switch try field["type"].string() {
        case "TemplateProcessing":
            try field.allow(only: ["type", "single", "pair", "special_tokens"])
            var textSeen = false
            for piece in try field["single"].array() {
                if !piece["Sequence"].isNull {
                    guard try piece["Sequence"]["id"].string() == "A", !textSeen else {
                        throw piece["Sequence"]["id"].unsupported("the sequence A, once")
                    }
                    textSeen = true
                } else {
                    let name = try piece["SpecialToken"]["id"].string()
                    let token = field["special_tokens"][name]
                    for id in try token["ids"].array() { try addToTemplate(id, after: textSeen) }
                }
            }
            guard textSeen else { throw field["single"].malformed("the template has no place for the text") }
        case "BertProcessing":
            try field.allow(only: ["type", "sep", "cls"])
            for (key, after) in [("cls", false), ("sep", true)] {
                let pair = try field[key].array()
                guard pair.count == 2 else { throw field[key].wrong("a token and its id") }
                try addToTemplate(pair[1], after: after)
            }
        default: throw field["type"].unsupported("TemplateProcessing, BertProcessing, or null")
        }
    }

    private mutating func addToTemplate(_ field: JSONField, after: Bool) throws(EmbqError) {
        let id = try field.id()
        guard Int(id) < tokens.count else { throw field.malformed("the id \(id) belongs to no token") }
        if after { suffix.append(id) } else { prefix.append(id) }
        guard prefix.count + suffix.count <= 0xFFFF else { throw field.malformed("the template has over 65535 tokens") }
    }

    private func truncation(_ field: JSONField) throws(EmbqError) -> Int? {
        if field.isNull { return nil }
        try field.allow(only: ["direction", "max_length", "strategy", "stride"])
        if !field["direction"].isNull, try field["direction"].string() != "Right" {
            throw field["direction"].unsupported("Right")
        }
        if try field["strategy"].string() == "OnlySecond" {
            throw field["strategy"].unsupported("LongestFirst, OnlyFirst")
        }
        let length = try field["max_length"].count()
        let added = prefix.count + suffix.count
        guard length >= added else {
            throw field["max_length"].malformed("\(length) leaves no room for the template's \(added) tokens")
        }
        let stride = try field["stride"].count()
        guard stride < length - added || stride == 0 else {
            throw field["stride"].malformed("\(stride) is as long as the text that is kept")
        }
        return length - added
    }
}
