import EmbqCore

/// A `vocab.txt` as releases of the time before `tokenizer.json` have it: one token a line, its id the line's number.
///
/// With `tokenizer_config.json` it says what a `tokenizer.json` would, so it is turned into one. The result is what
/// `BertWordPieceTokenizer` of Hugging Face `tokenizers` makes of it.
enum VocabularyFile {
    /// Fields of `tokenizer_config.json` that decide no id, or whose value is checked here.
    private static let knownFields: Set<String> = [
        "do_lower_case", "tokenize_chinese_chars", "strip_accents", "do_basic_tokenize", "never_split", "unk_token",
        "sep_token", "pad_token", "cls_token", "mask_token", "added_tokens_decoder", "additional_special_tokens",
        "extra_special_tokens", "tokenizer_class", "split_special_tokens", "truncation_side", "backend",
        "clean_up_tokenization_spaces", "is_local", "max_len", "max_length", "model_input_names", "model_max_length",
        "name_or_path", "pad_to_multiple_of", "pad_token_type_id", "padding_side", "processor_class",
        "special_tokens_map_file", "stride", "tokenizer_file", "truncation_strategy", "vocab_file",
    ]
    private static let classes: Set<String> = ["Bert", "DistilBert", "Electra", "MobileBert"]
    private static let longestWord = 100

    /// The `tokenizer.json` that says the same.
    ///
    /// - Parameter config: `tokenizer_config.json`; null stands for its defaults.
    static func document(vocabulary: [UInt8], config: JSONValue) throws(EmbqError) -> JSONValue {
        let config = JSONField(path: "", value: config)
        if !config.isNull { try check(config) }
        let ids = try ids(vocabulary)

        func name(_ key: String, _ usual: String) throws(EmbqError) -> String {
            let field = config[key]
            if field.isNull { return usual }
            return try field.value.object == nil ? field.string() : field["content"].string()
        }
        func needed(_ key: String, _ usual: String) throws(EmbqError) -> (String, Int) {
            let name = try name(key, usual)
            if let id = ids[Array(name.utf8)] { return (name, id) }
            throw EmbqError(
                .missing, "the vocabulary has no line '\(EmbqError.printable(name))', the \(key)",
                advice: "Use the vocab.txt and tokenizer_config.json that were released with the checkpoint.")
        }
        let (unknown, unknownID) = try needed("unk_token", "[UNK]")
        let (end, endID) = try needed("sep_token", "[SEP]")
        let (begin, beginID) = try needed("cls_token", "[CLS]")
        var added = [unknownID: entry(unknown, unknownID), endID: entry(end, endID), beginID: entry(begin, beginID)]
        for (key, usual) in [("pad_token", "[PAD]"), ("mask_token", "[MASK]")] {
            let name = try name(key, usual)
            if let id = ids[Array(name.utf8)] { added[id] = entry(name, id) }
        }
        for (key, value) in try config["added_tokens_decoder"].isNull ? [] : config["added_tokens_decoder"].object() {
            let field = config["added_tokens_decoder"][key]
            let content = try field["content"].string()
            guard let id = ids[Array(content.utf8)], String(id) == key else {
                throw field.malformed("the token \"\(EmbqError.printable(content))\" is not on that line of vocab.txt")
            }
            var members = value.object ?? []
            members.append(("id", .number(key)))
            added[id] = .object(members)
        }

        let lowercase = try config["do_lower_case"].bool(absent: true)
        let stripAccents: JSONValue =
            config["strip_accents"].isNull ? .null : .bool(try config["strip_accents"].bool())
        let vocab = ids.map { (key: String(decoding: $0.key, as: UTF8.self), value: $0.value) }.sorted {
            $0.value < $1.value
        }
        return .object([
            ("version", .string("1.0")),
            ("added_tokens", .array(added.sorted { $0.key < $1.key }.map(\.value))),
            (
                "normalizer",
                .object([
                    ("type", .string("BertNormalizer")), ("clean_text", .bool(true)),
                    ("handle_chinese_chars", .bool(try config["tokenize_chinese_chars"].bool(absent: true))),
                    ("strip_accents", stripAccents), ("lowercase", .bool(lowercase)),
                ])
            ),
            ("pre_tokenizer", .object([("type", .string("BertPreTokenizer"))])),
            (
                "post_processor",
                .object([
                    ("type", .string("BertProcessing")), ("sep", .array([.string(end), .number("\(endID)")])),
                    ("cls", .array([.string(begin), .number("\(beginID)")])),
                ])
            ),
            (
                "model",
                .object([
                    ("type", .string("WordPiece")), ("unk_token", .string(unknown)),
                    ("continuing_subword_prefix", .string("##")),
                    ("max_input_chars_per_word", .number("\(longestWord)")),
                    ("vocab", .object(vocab.map { ($0.key, .number("\($0.value)")) })),
                ])
            ),
        ])
    }

    private static func entry(_ content: String, _ id: Int) -> JSONValue {
        .object([
            ("id", .number("\(id)")), ("content", .string(content)), ("single_word", .bool(false)),
            ("lstrip", .bool(false)), ("rstrip", .bool(false)), ("normalized", .bool(false)), ("special", .bool(true)),
        ])
    }

    /// Refuses what would change ids.
    private static func check(_ config: JSONField) throws(EmbqError) {
        try config.allow(only: knownFields)
        let type = config["tokenizer_class"]
        if !type.isNull {
            let name = try type.string()
            let stem = name.hasSuffix("TokenizerFast") ? name.dropLast(13) : name.dropLast(9)
            guard name.hasSuffix("Tokenizer") || name.hasSuffix("TokenizerFast"), classes.contains(String(stem)) else {
                throw type.unsupported(classes.sorted().map { $0 + "Tokenizer" }.joined(separator: ", "))
            }
        }
        guard try config["do_basic_tokenize"].bool(absent: true) else {
            throw config["do_basic_tokenize"].unsupported("true")
        }
        if try config["split_special_tokens"].bool(absent: false) {
            throw config["split_special_tokens"].unsupported("false")
        }
        if !config["truncation_side"].isNull, try config["truncation_side"].string() != "right" {
            throw config["truncation_side"].unsupported("right")
        }
        for key in ["never_split", "additional_special_tokens", "extra_special_tokens"] where !config[key].isNull {
            let isEmpty = config[key].value.array?.isEmpty ?? config[key].value.object?.isEmpty ?? false
            if !isEmpty { throw config[key].unsupported("an empty list") }
        }
    }

    /// Ids by the token's UTF-8. Space at a line's end is no part of the token; of equal lines the last one counts.
    private static func ids(_ vocabulary: [UInt8]) throws(EmbqError) -> [[UInt8]: Int] {
        var lines = vocabulary.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count <= 0xFFFF else {
            throw EmbqError(
                .limitExceeded, "the vocabulary has \(lines.count) lines, at most 65535 are possible",
                advice: "Use a checkpoint with a smaller vocabulary.")
        }
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
