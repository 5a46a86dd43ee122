import EmbqCore

/// What the normalizer does to text; all false: nothing.
struct Normalization {
    /// Before everything else.
    var lowercasesFirst = false
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
    /// The map does not split: the pipeline does.
    case none
}

/// How words become ids.
enum TokenModel {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)
    case unigram(UnigramModel)

    /// True if its symbols are not those of a map of characters alone.
    var needsPipeline: Bool {
        switch self {
        case .bytePair(let model): model.byteFallback != nil || model.ignoresMerges
        case .wordPiece: false
        case .unigram: true
        }
    }
}

/// What decides ids and is not in a `tokenizer.json`.
struct TokenizerOptions: Sendable {
    /// True if special tokens in a text are plain text.
    var splitsSpecialTokens = false
    var truncationSide = TruncationSide.right
    /// True if tokens have the template's types.
    var usesTypeIDs = true
    /// True if scores of Unigram are the nearest doubles, as a class reads them that builds its own tokenizer.
    var readsExactScores = false
    /// True if the file's own truncation cuts.
    var truncatesItself = true
    /// Longest sentence with the template's tokens; nil: no limit, or the file's own.
    var maximumLength: (tokens: Int, setting: TokenizerSetting)?
    /// Present if the file counts alone.
    var fileAlone: FileAlone?
    /// True if the template of a pair is kept.
    var hasPairs = false
    /// True if the bytes of the text are asked for that each token comes from.
    var tellsPlaces = false
}

/// A `tokenizer.json`, checked: everything that decides ids, and nothing in it that embq does not handle.
struct TokenizerFile {
    let vocabulary: Vocabulary
    let model: TokenModel
    let normalization: Normalization
    let splitting: WordSplitting
    /// nil: normalizer and pre-tokenizer are a map of single characters.
    private(set) var pipeline: TextPipeline?
    let options: TokenizerOptions
    let template: TokenizerTemplate
    /// nil: two texts are not told apart.
    private(set) var pair: TokenizerTemplate?
    /// Most ids between prefix and suffix; nil: no limit.
    private(set) var contentLimit: Int?
    /// True if a long text loses its beginning.
    private(set) var cutsLeft: Bool

    /// The fields of a model and what reads them, by its type.
    private static let models:
        [String: (
            fields: Set<String>,
            read: @Sendable (JSONField, [[UInt8]: UInt16], TokenizerOptions) throws(EmbqError) -> TokenModel
        )] =
            [
                "BPE": (
                    BytePairModel.fields,
                    { field, ids, _ throws(EmbqError) in .bytePair(try BytePairModel(field, ids)) }
                ),
                "Unigram": (
                    UnigramModel.fields,
                    { field, ids, options throws(EmbqError) in
                        .unigram(try UnigramModel(field, ids, isExact: options.readsExactScores))
                    }
                ),
                "WordPiece": (
                    WordPieceModel.fields,
                    { field, ids, _ throws(EmbqError) in .wordPiece(try WordPieceModel(field, ids)) }
                ),
            ]

    init(_ resolved: ResolvedTokenizer) throws(EmbqError) {
        let document = resolved.document
        options = resolved.options
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
        let field = root["model"]
        let type = try field["type"].string()
        guard let known = Self.models[type] else {
            throw field["type"].unsupported(Self.models.keys.sorted().joined(separator: ", "))
        }
        try field.allow(only: known.fields)
        vocabulary = try Vocabulary(document, splitsSpecialTokens: options.splitsSpecialTokens)
        model = try known.read(field, vocabulary.ids, options)
        if !model.needsPipeline, let normalization = try? Self.normalization(root["normalizer"]),
            let splitting = try? Self.splitting(root["pre_tokenizer"])
        {
            (self.normalization, self.splitting, pipeline) = (normalization, splitting, nil)
        } else {
            (normalization, splitting) = (Normalization(), .none)
            pipeline = try PreTokenizerReader.pipeline(
                root["pre_tokenizer"], after: NormalizerReader.steps(root["normalizer"]))
        }
        let processor = root["post_processor"]
        let (tokens, types) = (vocabulary.tokens.count, options.usesTypeIDs)
        template = try TokenizerTemplate.read(processor, texts: 1, tokens: tokens, types: types)
        if options.hasPairs, processor.isNull || processor["pair"].value.array?.isEmpty != true {
            pair = try TokenizerTemplate.read(processor, texts: 2, tokens: tokens, types: types)
        }
        cutsLeft = options.truncationSide == .left
        if let alone = options.fileAlone, !alone.truncatesItself {
            contentLimit = alone.longestInTokens
            return
        }
        contentLimit = try options.truncatesItself ? truncation(root["truncation"]) : limit()
        if options.tellsPlaces, let pipeline {
            self.pipeline?.places = try TokenPlaces(processor, pipeline, vocabulary, cutsLeft: cutsLeft)
        }
    }

    /// True if an added token takes space before it or behind it, or loses it, and it shows.
    var stripsSpace: Bool {
        guard let pipeline else { return false }
        return vocabulary.addedTokens.contains {
            $0.isMatched && ($0.leftStrip || $0.rightStrip || pipeline.places.trimsSpace)
        }
    }

    // MARK: Static embeddings

    /// The id that is left out of every text.
    var leftOut: UInt16? {
        guard options.fileAlone?.leavesOutUnknown == true else { return nil }
        return switch model {
        case .bytePair(let model): model.unknown
        case .wordPiece(let model): model.unknown
        case .unigram(let model): model.unknown
        }
    }

    /// Most characters of a text that are read; nil: all, or more than a text can have.
    func characterLimit() -> UInt32? {
        guard let tokens = options.fileAlone?.longestInTokens else { return nil }
        let lengths = vocabulary.tokens.filter { !$0.isEmpty }.map(\.unicodeScalars.count).sorted()
        guard !lengths.isEmpty else { return nil }
        // As numpy's median, without its fraction.
        let median = (lengths[(lengths.count - 1) / 2] + lengths[lengths.count / 2]) / 2
        let (characters, overflows) = median.multipliedReportingOverflow(by: tokens)
        return overflows ? nil : UInt32(exactly: characters)
    }

    // MARK: Normalizer and pre-tokenizer

    private static func normalization(_ field: JSONField) throws(EmbqError) -> Normalization {
        if field.isNull { return Normalization() }
        switch try field["type"].string() {
        case "Sequence":
            try field.allow(only: ["type", "normalizers"])
            let steps = try field["normalizers"].array()
            // Lowercase twice is lowercase once.
            let lowercase = steps.prefix { $0["type"].value.string == "Lowercase" }
            guard steps.count - lowercase.count <= 1 else {
                throw field["normalizers"].unsupported("Lowercase, and one other after it")
            }
            for step in lowercase { try step.allow(only: ["type"]) }
            var result = try steps.count > lowercase.count ? normalization(steps[lowercase.count]) : Normalization()
            if !lowercase.isEmpty { result.lowercasesFirst = true }
            return result
        case "Lowercase":
            try field.allow(only: ["type"])
            return Normalization(lowercase: true)
        case "BertNormalizer": break
        default: throw field["type"].unsupported("BertNormalizer, Lowercase, Sequence, or null for no normalizer")
        }
        return try bertNormalization(field)
    }

    static func bertNormalization(_ field: JSONField) throws(EmbqError) -> Normalization {
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

    /// What the library's longest sentence leaves for the text.
    private func limit() throws(EmbqError) -> Int? {
        guard let (length, setting) = options.maximumLength else { return nil }
        let added = template.tokens.count
        // With less the library cuts nothing.
        guard length >= added else { throw setting.unsupported("\(added), the template's tokens, or more") }
        return length - added
    }

    private mutating func truncation(_ field: JSONField) throws(EmbqError) -> Int? {
        if field.isNull { return nil }
        try field.allow(only: ["direction", "max_length", "strategy", "stride"])
        if !field["direction"].isNull {
            switch try field["direction"].string() {
            case "Right": cutsLeft = false
            case "Left": cutsLeft = true
            default: throw field["direction"].unsupported("Right, Left")
            }
        }
        if try field["strategy"].string() == "OnlySecond" {
            throw field["strategy"].unsupported("LongestFirst, OnlyFirst")
        }
        let length = try field["max_length"].count()
        let added = template.tokens.count
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
