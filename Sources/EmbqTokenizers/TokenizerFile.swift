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

/// How words become ids.
enum TokenModel {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)
}

/// A `tokenizer.json`, checked: everything that decides ids, and nothing in it that embq does not handle.
struct TokenizerFile {
    let vocabulary: Vocabulary
    let model: TokenModel
    let normalization: Normalization
    let splitting: WordSplitting
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
        vocabulary = try Vocabulary(document)
        model = try known.read(field, vocabulary.ids)
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

    // MARK: Template and length

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
        guard Int(id) < vocabulary.tokens.count else {
            throw field.malformed("the id \(id) belongs to no token")
        }
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
