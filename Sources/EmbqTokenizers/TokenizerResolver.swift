package import EmbqCore

/// The tokenizer that the library makes of a release's files, in one document.
package struct ResolvedTokenizer: Sendable {
    /// As a tokenizer.json says it, without truncation.
    var document: JSONValue
    /// What decides ids and is not in the document.
    var options = TokenizerOptions()
    /// Longest sentence with the template's tokens, and the key that says so; nil: nothing limits it.
    var lengthSetting: (tokens: Int, setting: TokenizerSetting)?
    /// Each setting with the file and key that settled it.
    package var settlements: [Settlement] = []
    /// Keys that no known version of the library reads.
    package var unknownKeys: [(file: String, key: String)] = []
    /// Tokens that a file adds to the model's vocabulary: their ids, and where they are written.
    var additions: [(token: ReleasedToken, id: Int)] = []

    /// Longest sentence with the template's tokens, and the file and key that say so; nil: nothing limits it.
    package var modelMaxLength: (tokens: Int, source: String)? {
        lengthSetting.map { ($0.tokens, $0.setting.source) }
    }
    package var truncationSide: TruncationSide { options.truncationSide }
    /// True if the tokens of a pair have the template's types; false: all have type 0.
    package var usesTypeIDs: Bool { options.usesTypeIDs }
}

/// Decides which file of a release counts, as transformers does.
struct TokenizerResolver {
    let files: TokenizerFiles
    let settings: TokenizerSettings
    let kind: TokenizerClass
    var result: ResolvedTokenizer

    /// - Throws: `.unsupported` or `.malformed` with the file, the key and the value that is not followed.
    static func resolve(_ files: TokenizerFiles) throws(EmbqError) -> ResolvedTokenizer {
        for file in [files.tokenizer, files.config, files.specialTokensMap, files.addedTokens] {
            guard let file, file.document.object == nil else { continue }
            throw EmbqError(
                .malformed, file: file.path, "the document is \(file.document.kind), an object is expected",
                advice: "Use the file that was released with the checkpoint.")
        }
        var resolver = TokenizerResolver(
            files: files, settings: try TokenizerSettings(files), kind: try TokenizerClass(files))
        try resolver.resolve()
        return resolver.result
    }

    private init(files: TokenizerFiles, settings: TokenizerSettings, kind: TokenizerClass) {
        self.files = files
        self.settings = settings
        self.kind = kind
        result = ResolvedTokenizer(document: files.tokenizer?.document ?? .null)
    }

    private mutating func resolve() throws(EmbqError) {
        note("tokenizer class", kind.name, kind.source)
        if let alone = files.overrides.fileAlone {
            result.document = result.document.setting("post_processor", to: .null)
            result.options.fileAlone = alone
            note("template", "none", kind.source)
            if alone.leavesOutUnknown { note("unknown words", "left out", kind.source) }
            if let tokens = alone.longestInTokens {
                note("characters of a text that are read", "\(tokens) times the tokens' median length", kind.source)
            }
        }
        if case .none = kind.kind {
            if files.overrides.prependsLowercase { prependLowercase() }
            result.options.usesTypeIDs = false
            return
        }
        try checkKeys()
        result.options.truncatesItself = false
        result.options.usesTypeIDs = try usesTypeIDs()
        result.options.truncationSide = try truncationSide()
        result.lengthSetting = try maximumLength()
        switch kind.kind {
        case .bert: try buildBERT()
        case .rebuilt(let rebuilt): try build(rebuilt)
        default: try followFile()
        }
        if let setting = settings["split_special_tokens"] { result.options.splitsSpecialTokens = try setting.bool() }
        if result.options.splitsSpecialTokens {
            note("special tokens in a text", "plain text", settings["split_special_tokens"]?.source ?? "")
        }
        if files.overrides.prependsLowercase { prependLowercase() }
    }

    mutating func note(_ name: String, _ value: String, _ source: String) {
        result.settlements.append(Settlement(name, value, source: source))
    }

    // MARK: Keys

    private mutating func checkKeys() throws(EmbqError) {
        func unknown(_ table: KnownKeys, _ file: TokenizerFiles.File?) throws(EmbqError) -> [(
            file: String, key: String
        )] {
            guard let file else { return [] }
            return try table.unknown(in: file.document, path: file.path).map { (table.file, $0) }
        }
        result.unknownKeys =
            try unknown(.tokenizerConfig, files.config).filter { !$0.key.hasSuffix("_token") }
        if !settings.listsAddedTokens {
            result.unknownKeys += try unknown(.specialTokensMap, files.specialTokensMap).filter {
                !$0.key.hasSuffix("_token")
            }
        }
        result.unknownKeys += try unknown(.tokenizer, files.tokenizer)
        if let setting = settings["init_inputs"], setting.value.array?.isEmpty != true {
            throw setting.unsupported("an empty list")
        }
        for key in ["padding_side", "truncation_side"] {
            guard let setting = settings[key] else { continue }
            guard ["right", "left"].contains(setting.value.string) else { throw setting.wrong("right or left") }
        }
    }

    private mutating func usesTypeIDs() throws(EmbqError) -> Bool {
        guard let setting = settings["model_input_names"] else { return kind.usesTypeIDs }
        guard let names = setting.value.array, names.allSatisfy({ $0.string != nil }) else {
            throw setting.wrong("a list of names")
        }
        let uses = names.contains(.string("token_type_ids"))
        note("token types of a pair", uses ? "the template's" : "0 throughout", setting.source)
        return uses
    }

    private mutating func truncationSide() throws(EmbqError) -> TruncationSide {
        var side = TruncationSide.right
        if let setting = settings["truncation_side"] {
            side = try TruncationSide(rawValue: setting.string()) ?? .right
            note("cut side of a long text", side.rawValue, setting.source)
        } else if files.tokenizer?.document["truncation"]?["direction"]?.string == "Left" {
            side = .left
            note("cut side of a long text", side.rawValue, "tokenizer.json, truncation.direction")
        }
        return side
    }

    /// `model_max_length`, or without it `max_len`. Numbers above 10^20 are no limit for the library.
    private mutating func maximumLength() throws(EmbqError) -> (tokens: Int, setting: TokenizerSetting)? {
        guard let setting = settings["model_max_length"] ?? settings["max_len"], !setting.value.isNull else {
            return nil
        }
        if let number = setting.value.double, number > 1e20 { return nil }
        guard let length = setting.value.int else { throw setting.wrong("a whole number of tokens") }
        guard length >= 1 else { throw setting.unsupported("1 or more") }
        note("longest sentence of the tokenizer", "\(length)", setting.source)
        return (length, setting)
    }

    // MARK: The class that follows tokenizer.json

    mutating func followFile() throws(EmbqError) {
        guard let file = files.tokenizer else {
            throw EmbqError(
                .missing, file: files.path, "the class \(EmbqError.printable(kind.name)) reads no vocab.txt",
                advice: "Put the model's tokenizer.json there.")
        }
        var defaults: [String: String] = [:]
        if let pad = file.document["padding"]?["pad_token"]?.string { defaults["pad_token"] = pad }
        let tokens = try ReleasedTokens(files, settings, defaults: defaults)
        let vocabulary = try Self.vocabulary(file)
        addTokens(try tokens.added(to: vocabulary, after: file), vocabulary)
        let normalizer = file.document["normalizer"]
        note("lowercase", "\(normalizer?["lowercase"]?.bool ?? false)", "tokenizer.json, normalizer")
        let hasTemplate = file.document["post_processor"].map { !$0.isNull } ?? false
        note("template", hasTemplate ? "the file's" : "none", "tokenizer.json, post_processor")
    }

    mutating func addTokens(_ all: [(token: ReleasedToken, id: Int)], _ vocabulary: [[UInt8]: Int]) {
        // The library gives a token that only the class names an id that a line of vocab.txt may have already. No model
        // has learnt that: the token stays plain text.
        let taken = Set(vocabulary.values)
        let added = all.filter { token, id in
            token.setting != nil || vocabulary[Array(token.content.utf8)] != nil
                || (id < UInt16.max && !taken.contains(id))
        }
        result.document = result.document.setting("added_tokens", to: .array(added.map { $0.token.json(id: $0.id) }))
        result.additions = added.filter { vocabulary[Array($0.token.content.utf8)] == nil }
        let special = added.filter(\.token.special).map(\.token.content)
        note("special tokens", special.joined(separator: " "), Self.sources(added.map(\.token)))
    }

    /// The files that name tokens.
    private static func sources(_ tokens: [ReleasedToken]) -> String {
        var names: [String] = []
        for token in tokens {
            let name =
                token.setting.map { $0.file.split(separator: "/").last.map(String.init) ?? $0.file } ?? "the class"
            if !names.contains(name) { names.append(name) }
        }
        return names.joined(separator: ", ")
    }

    static func vocabulary(_ file: TokenizerFiles.File) throws(EmbqError) -> [[UInt8]: Int] {
        let field = JSONField(path: "", value: file.document)["model"]["vocab"]
        var ids: [[UInt8]: Int] = [:]
        do throws(EmbqError) {
            if let items = field.value.array {
                for (id, item) in items.enumerated() { ids[Array((item.array?.first?.string ?? "").utf8)] = id }
            } else {
                for (token, value) in try field.object() { ids[Array(token.utf8)] = value.int ?? -1 }
            }
        } catch {
            throw error.at(file: file.path)
        }
        return ids
    }

    // MARK: BertTokenizer

    private mutating func buildBERT() throws(EmbqError) {
        let tokens = try ReleasedTokens(
            files, settings,
            defaults: [
                "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                "mask_token": "[MASK]",
            ])
        for key in ["unk_token", "sep_token", "cls_token"] {
            if let setting = settings[key], setting.value.isNull { throw setting.wrong("a token") }
        }
        let vocab: JSONValue
        let ids: [[UInt8]: Int]
        if let file = files.tokenizer {
            vocab = file.document["model"]?["vocab"] ?? .null
            ids = try Self.vocabulary(file)
        } else {
            do throws(EmbqError) {
                ids = try VocabularyFile.ids(files.vocabulary?.bytes ?? [])
            } catch {
                throw error.at(file: files.path)
            }
            vocab = VocabularyFile.vocabulary(ids)
        }
        func id(_ name: String) throws(EmbqError) -> (String, Int) {
            let content = tokens[name]?.content ?? ""
            if let id = ids[Array(content.utf8)] { return (content, id) }
            throw EmbqError(
                .missing, file: tokens[name]?.setting?.file ?? files.path,
                "the vocabulary has no token '\(EmbqError.printable(content))', the \(name)",
                advice: "Use the files of the tokenizer that were released with the checkpoint.")
        }
        let (unknown, _) = try id("unk_token")
        result.document = .object([
            ("version", .string("1.0")), ("normalizer", try normalizer()),
            ("pre_tokenizer", .object([("type", .string("BertPreTokenizer"))])),
            ("post_processor", Self.template(begin: try id("cls_token"), end: try id("sep_token"))),
            (
                "model",
                .object([
                    ("type", .string("WordPiece")), ("unk_token", .string(unknown)),
                    ("continuing_subword_prefix", .string("##")), ("max_input_chars_per_word", .number("100")),
                    ("vocab", vocab),
                ])
            ),
        ])
        addTokens(try tokens.added(to: ids, after: nil), ids)
        let (begin, end) = (tokens["cls_token"]?.content ?? "", tokens["sep_token"]?.content ?? "")
        note("template", "\(begin) A \(end) B \(end)", "\(kind.name), which has its own")
    }

    private mutating func normalizer() throws(EmbqError) -> JSONValue {
        var lowercase = true
        var source = "\(kind.name), whose default it is"
        if let setting = settings["do_lower_case"] {
            lowercase = try setting.bool()
            source = setting.source
        }
        note("lowercase", "\(lowercase)", source)
        var accents = JSONValue.null
        if let setting = settings["strip_accents"], !setting.value.isNull {
            accents = .bool(try setting.bool())
            source = setting.source
        }
        note("accents", accents.bool ?? lowercase ? "removed" : "kept", source)
        return .object([
            ("type", .string("BertNormalizer")), ("clean_text", .bool(true)),
            ("handle_chinese_chars", .bool(try settings["tokenize_chinese_chars"]?.bool() ?? true)),
            ("strip_accents", accents), ("lowercase", .bool(lowercase)),
        ])
    }

    private static func template(begin: (String, Int), end: (String, Int)) -> JSONValue {
        func special(_ token: (String, Int), _ type: Int) -> JSONValue {
            .object([("SpecialToken", .object([("id", .string(token.0)), ("type_id", .number("\(type)"))]))])
        }
        func text(_ name: String, _ type: Int) -> JSONValue {
            .object([("Sequence", .object([("id", .string(name)), ("type_id", .number("\(type)"))]))])
        }
        func ids(_ token: (String, Int)) -> (String, JSONValue) {
            (token.0, .object([("ids", .array([.number("\(token.1)")]))]))
        }
        return .object([
            ("type", .string("TemplateProcessing")),
            ("single", .array([special(begin, 0), text("A", 0), special(end, 0)])),
            (
                "pair",
                .array([special(begin, 0), text("A", 0), special(end, 0), text("B", 1), special(end, 1)])
            ),
            (
                "special_tokens",
                .object(JSONObject(begin.0.hasSameBytes(as: end.0) ? [ids(begin)] : [ids(begin), ids(end)]))
            ),
        ])
    }

    // MARK: Lowercase before all else

    private mutating func prependLowercase() {
        let normalizer = result.document["normalizer"] ?? .null
        let lowercase = JSONValue.object([("type", .string("Lowercase"))])
        let inner: [JSONValue] = normalizer.isNull ? [] : [normalizer]
        let sequence = JSONValue.object([
            ("type", .string("Sequence")), ("normalizers", .array([lowercase] + inner)),
        ])
        result.document = result.document.setting("normalizer", to: sequence)
        note("lowercase", "true", "sentence_bert_config.json, do_lower_case")
    }
}
