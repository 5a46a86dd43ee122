import EmbqCore

/// A class of the library that builds its own normalizer, pre-tokenizer and model around a tokenizer.json's vocabulary.
struct RebuiltTokenizer {
    let name: String
    /// Names of tokens that no file names.
    let tokens: [String: String]
    /// True if the class's own template replaces that of the file; false: it only stands in for one.
    let replacesTemplate: Bool

    static let all: [String: RebuiltTokenizer] = {
        let fairseq = [
            "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
            "pad_token": "<pad>", "mask_token": "<mask>",
        ]
        let classes = [
            RebuiltTokenizer(name: "RobertaTokenizer", tokens: fairseq, replacesTemplate: true),
            RebuiltTokenizer(name: "XLMRobertaTokenizer", tokens: fairseq, replacesTemplate: true),
            RebuiltTokenizer(
                name: "GPT2Tokenizer",
                tokens: [
                    "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
                ], replacesTemplate: false),
            RebuiltTokenizer(
                name: "AlbertTokenizer",
                tokens: [
                    "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "<unk>", "sep_token": "[SEP]",
                    "pad_token": "<pad>", "cls_token": "[CLS]", "mask_token": "[MASK]",
                ], replacesTemplate: false),
            RebuiltTokenizer(
                name: "LlamaTokenizer", tokens: ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"],
                replacesTemplate: false),
        ]
        var all: [String: RebuiltTokenizer] = [:]
        for one in classes { all[one.name] = one }
        all["BartTokenizer"] = all["RobertaTokenizer"]
        return all
    }()

    // MARK: Parts of a tokenizer.json

    private static func object(_ type: String, _ members: [(String, JSONValue)] = []) -> JSONValue {
        .object(JSONObject([("type", .string(type))] + members))
    }

    private static func byteLevel(prefix: Bool) -> JSONValue {
        object(
            "ByteLevel",
            [("add_prefix_space", .bool(prefix)), ("trim_offsets", .bool(true)), ("use_regex", .bool(true))])
    }

    private static func metaspace(_ scheme: String, split: Bool) -> JSONValue {
        object(
            "Metaspace",
            [("replacement", .string("\u{2581}")), ("prepend_scheme", .string(scheme)), ("split", .bool(split))])
    }

    private static func words(prefix: Bool) -> JSONValue {
        object(
            "Sequence",
            [
                (
                    "pretokenizers",
                    .array([object("WhitespaceSplit"), metaspace(prefix ? "always" : "never", split: true)])
                )
            ])
    }

    /// The file's first Precompiled, which the class keeps.
    private static func charsmap(_ file: JSONValue) -> JSONValue? {
        let normalizer = file["normalizer"] ?? .null
        let steps = normalizer["type"]?.string == "Sequence" ? normalizer["normalizers"]?.array ?? [] : [normalizer]
        return steps.first { $0["type"]?.string == "Precompiled" && $0["precompiled_charsmap"] != nil }
    }

    private func model(_ file: JSONValue) -> JSONValue {
        let vocab = file["model"]?["vocab"] ?? .null
        func unigram(_ unknown: Int) -> JSONValue {
            Self.object(
                "Unigram", [("unk_id", .number("\(unknown)")), ("vocab", vocab), ("byte_fallback", .bool(false))])
        }
        func bytePair(fuses: Bool) -> JSONValue {
            Self.object(
                "BPE",
                [
                    ("fuse_unk", .bool(fuses)), ("byte_fallback", .bool(fuses)), ("vocab", vocab),
                    ("merges", file["model"]?["merges"] ?? .array([])),
                ])
        }
        switch name {
        case "XLMRobertaTokenizer": return unigram(3)
        case "AlbertTokenizer": return unigram(1)
        default: return bytePair(fuses: name == "LlamaTokenizer")
        }
    }

    /// What the class makes of a file, but for its template and its added tokens.
    ///
    /// - Parameters:
    ///   - file: the tokenizer.json.
    ///   - setting: a setting of the class's constructor.
    func document(
        _ file: JSONValue, _ setting: (String, Bool) throws(EmbqError) -> Bool
    ) throws(EmbqError) -> JSONValue {
        var normalizer = JSONValue.null
        let splitting: JSONValue
        switch name {
        case "XLMRobertaTokenizer":
            normalizer = Self.charsmap(file) ?? .null
            splitting = Self.words(prefix: try setting("add_prefix_space", true))
        case "AlbertTokenizer":
            func replace(_ pattern: String) -> JSONValue {
                Self.object(
                    "Replace", [("pattern", .object([("String", .string(pattern))])), ("content", .string("\""))])
            }
            var steps = [replace("``"), replace("''")]
            if try !setting("keep_accents", false) { steps += [Self.object("NFKD"), Self.object("StripAccents")] }
            if try setting("do_lower_case", true) { steps.append(Self.object("Lowercase")) }
            if let map = Self.charsmap(file) { steps.append(map) }
            normalizer = Self.object("Sequence", [("normalizers", .array(steps))])
            splitting = Self.words(prefix: try setting("add_prefix_space", true))
        case "LlamaTokenizer":
            let prefix = try setting("add_prefix_space", true)
            let isOld = try setting("legacy", false)
            splitting = Self.metaspace(prefix ? (isOld ? "always" : "first") : "never", split: false)
        default: splitting = Self.byteLevel(prefix: try setting("add_prefix_space", false))
        }
        return .object([
            ("version", .string("1.0")), ("normalizer", normalizer), ("pre_tokenizer", splitting),
            ("model", model(file)),
        ])
    }

    /// The class's own template; nil: it has none.
    func template(_ token: (String) throws(EmbqError) -> (String, Int)) throws(EmbqError) -> JSONValue? {
        switch name {
        case "RobertaTokenizer":
            let (end, begin) = (try token("sep_token"), try token("cls_token"))
            func pair(_ token: (String, Int)) -> JSONValue { .array([.string(token.0), .number("\(token.1)")]) }
            return Self.object(
                "RobertaProcessing",
                [
                    ("sep", pair(end)), ("cls", pair(begin)), ("trim_offsets", .bool(true)),
                    ("add_prefix_space", .bool(false)),
                ])
        case "XLMRobertaTokenizer":
            let (begin, end) = (try token("bos_token"), try token("eos_token"))
            return .template([begin, nil, end], [begin, nil, end, end, nil, end], secondType: 0)
        case "AlbertTokenizer":
            let (begin, end) = (try token("cls_token"), try token("sep_token"))
            return .template([begin, nil, end], [begin, nil, end, nil, end], secondType: 1)
        default: return nil
        }
    }
}

extension JSONValue {
    /// A TemplateProcessing of tokens, nil being a text. Those from the second text on have its type.
    static func template(
        _ single: [(String, Int)?], _ pair: [(String, Int)?], secondType: Int
    ) -> JSONValue {
        func pieces(_ parts: [(String, Int)?]) -> JSONValue {
            var texts = 0
            return .array(
                parts.map { part in
                    if part == nil { texts += 1 }
                    let type = JSONValue.number(texts > 1 ? "\(secondType)" : "0")
                    let name = part?.0 ?? (texts == 1 ? "A" : "B")
                    let members = JSONValue.object([("id", .string(name)), ("type_id", type)])
                    return .object([(part == nil ? "Sequence" : "SpecialToken", members)])
                })
        }
        var tokens = JSONValue.object([])
        for case let (name, id)? in single + pair {
            tokens = tokens.setting(name, to: .object([("ids", .array([.number("\(id)")]))]))
        }
        return .object([
            ("type", .string("TemplateProcessing")), ("single", pieces(single)), ("pair", pieces(pair)),
            ("special_tokens", tokens),
        ])
    }
}
