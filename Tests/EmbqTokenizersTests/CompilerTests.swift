import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Glibc
import Testing

/// A change to a small valid tokenizer.json, and what becomes of it.
struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    /// Replaces one text of ``Refusal/valid`` by another.
    let change: (from: String, to: String)
    let code: EmbqError.Code
    /// Parts of the message.
    let says: [String]

    var testDescription: String { name }

    init(_ name: String, _ from: String, _ to: String, _ code: EmbqError.Code, _ says: String...) {
        self.name = name
        change = (from, to)
        self.code = code
        self.says = says
    }

    static let valid = #"""
        {"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true},
         {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true}],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
          "strip_accents": true, "lowercase": true},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
           {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
          "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
        "decoder": null,
        "model": {"type": "BPE", "dropout": null, "unk_token": "[UNK]", "continuing_subword_prefix": null,
          "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
          "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "b": 3, "c": 4, "ab": 5, "abc": 6},
          "merges": [["a", "b"], ["ab", "c"]]}}
        """#

    /// ``valid`` with one text replaced; every replacement must find its text.
    static func changed(_ from: String, _ to: String) throws -> [UInt8] {
        let parts = valid.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "'\(from)' is not in the valid file")
        return Array((parts[0] + to + parts[1]).utf8)
    }

    private static let template = #"{"SpecialToken": {"id": "[CLS]", "type_id": 0}},"#
    private static let processor = #""type": "TemplateProcessing""#
    private static let truncation = #""truncation": null"#
    private static let second = #""id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false"#

    static let all: [Refusal] = [
        // What others handle and embq does not: the field, what it holds, what is supported.
        Refusal(
            "another version", #""version": "1.0""#, #""version": "2.0""#, .unsupported, "'version'", "\"2.0\"",
            "Supported: version \"1.0\"."),
        Refusal(
            "an unknown field at the top", #""decoder": null"#, #""decoder": null, "extra": 1"#, .unsupported,
            "'extra'",
            "the number 1"),
        Refusal(
            "another normalizer", #""type": "BertNormalizer""#, #""type": "ByteLevel""#, .unsupported,
            "'normalizer.type'",
            "\"ByteLevel\"", "Supported: BertNormalizer, Lowercase, NFC,"),
        Refusal(
            "an unknown option of the normalizer", #""clean_text": true"#, #""clean_text": true, "fold": true"#,
            .unsupported, "'normalizer.fold'", "true is not supported"),
        Refusal(
            "another pre-tokenizer", #"{"type": "Whitespace"}"#, #"{"type": "UnicodeScripts"}"#, .unsupported,
            "'pre_tokenizer.type'", "\"UnicodeScripts\"", "Supported: BertPreTokenizer, ByteLevel,"),
        Refusal(
            "an option of the pre-tokenizer", #"{"type": "Whitespace"}"#, #"{"type": "Whitespace", "x": true}"#,
            .unsupported, "'pre_tokenizer.x'"),
        Refusal(
            "a cut after ByteLevel", #"{"type": "Whitespace"}"#,
            #"{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": false}, {"type": "Digits"}]}"#,
            .unsupported, "'pre_tokenizer.pretokenizers[1].type'", "Supported: nothing after ByteLevel"),
        Refusal(
            "a Metaspace of another character", #"{"type": "Whitespace"}"#,
            #"{"type": "Metaspace", "replacement": "_"}"#, .unsupported, "'pre_tokenizer.replacement'"),
        Refusal(
            "a Metaspace that contradicts itself", #"{"type": "Whitespace"}"#,
            #"{"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": false}"#, .malformed,
            "'pre_tokenizer.add_prefix_space'"),
        Refusal(
            "another model", #""type": "BPE""#, #""type": "WordLevel""#, .unsupported, "'model.type'", "\"WordLevel\"",
            "Supported: BPE, Unigram, WordPiece."),
        Refusal(
            "dropout", #""dropout": null"#, #""dropout": 0.1"#, .unsupported, "'model.dropout'", "0.1",
            "Supported: null."),
        Refusal(
            "a subword prefix", #""continuing_subword_prefix": null"#, #""continuing_subword_prefix": "@@""#,
            .unsupported, "'model.continuing_subword_prefix'", "\"@@\""),
        Refusal(
            "a word suffix", #""end_of_word_suffix": null"#, #""end_of_word_suffix": "</w>""#, .unsupported,
            "'model.end_of_word_suffix'", "</w>"),
        Refusal(
            "byte fallback with some of the bytes",
            "\"byte_fallback\": false, \"ignore_merges\": false,\n  \"vocab\": {\"[UNK]\": 0",
            "\"byte_fallback\": true, \"ignore_merges\": false,\n  \"vocab\": {\"<0x00>\": 7, \"[UNK]\": 0",
            .unsupported,
            "'model.byte_fallback'", "all of <0x00> to <0xFF> in the vocabulary, or none"),
        Refusal(
            "an unknown option of the model", #""fuse_unk": false"#, #""fuse_unk": false, "new": "x""#, .unsupported,
            "'model.new'"),
        Refusal(
            "another post-processor", processor, #""type": "X""#, .unsupported, "'post_processor.type'",
            "Supported: TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence, or null."),
        Refusal(
            "a template with a second text", template,
            template + #"{"Sequence": {"id": "B", "type_id": 0}},"#, .unsupported,
            "'post_processor.single[1].Sequence.id'"),
        Refusal(
            "a template with the text twice", template, template + #"{"Sequence": {"id": "A", "type_id": 0}},"#,
            .unsupported, "'post_processor.single[2].Sequence.id'"),
        Refusal(
            "an added token in normalized text", #""normalized": false"#, #""normalized": true"#, .unsupported,
            "'added_tokens[0].normalized'", "its characters do not show in normalized text"),
        Refusal(
            "an added token with the replacement character", second,
            #""id": 7, "content": "<\ufffd>", "single_word": false, "lstrip": false, "rstrip": false"#, .unsupported,
            "'added_tokens[1].content'"),
        Refusal(
            "truncation on another side", truncation,
            #""truncation": {"direction": "Up", "max_length": 9, "strategy": "LongestFirst", "stride": 0}"#,
            .unsupported, "'truncation.direction'", "Supported: Right, Left."),
        Refusal(
            "truncation of the second text", truncation,
            #""truncation": {"direction": "Right", "max_length": 9, "strategy": "OnlySecond", "stride": 0}"#,
            .unsupported, "'truncation.strategy'"),
        // Files that contradict themselves.
        Refusal(
            "truncation that leaves no room", truncation,
            #""truncation": {"direction": "Right", "max_length": 0, "strategy": "LongestFirst", "stride": 0}"#,
            .malformed, "'truncation.max_length'", "no room"),
        Refusal(
            "a stride as long as the text", truncation,
            #""truncation": {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 8}"#,
            .malformed, "'truncation.stride'"),
        Refusal("no model type", #""type": "BPE","#, "", .missing, "'model.type'", "a string is needed"),
        Refusal(
            "no vocabulary", #""vocab": {"[UNK]""#, #""vocab": null, "x": {"[UNK]""#, .unsupported, "'model.x'"),
        Refusal(
            "a vocabulary that is a list",
            #""vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "b": 3, "c": 4, "ab": 5, "abc": 6}"#, #""vocab": ["[UNK]"]"#,
            .malformed, "'model.vocab[0]'", "a token and its score is expected, found the string"),
        Refusal("an id that is a text", #""a": 2"#, #""a": "2""#, .malformed, #"'model.vocab["a"]'"#, "a whole number"),
        Refusal("a negative id", #""a": 2"#, #""a": -2"#, .malformed, #"'model.vocab["a"]'"#, "the number -2"),
        Refusal("an id with a fraction", #""a": 2"#, #""a": 2.5"#, .malformed, #"'model.vocab["a"]'"#),
        Refusal("an id above 64 bits", #""a": 2"#, #""a": 99999999999999999999"#, .malformed, #"'model.vocab["a"]'"#),
        Refusal(
            "an id above 16 bits", #""a": 2"#, #""a": 65535"#, .limitExceeded, #"'model.vocab["a"]'"#,
            "65535 is above 65534"),
        Refusal("one id for two tokens", #""a": 2"#, #""a": 3"#, .duplicate, "the id 3 belongs to another token"),
        Refusal("a token twice", #""a": 2"#, #""a": 2, "a": 9"#, .duplicate, "the key \"a\" stands twice"),
        Refusal(
            "an unknown token that is not there", #""unk_token": "[UNK]""#, #""unk_token": "<unk>""#, .malformed,
            "'model.unk_token'", "not in 'model.vocab'"),
        Refusal("no merges", #""merges": [["a", "b"], ["ab", "c"]]"#, #""merges": null"#, .missing, "'model.merges'"),
        Refusal(
            "a merge of an unknown token", #"["ab", "c"]"#, #"["ab", "x"]"#, .malformed, "'model.merges[1]'",
            "the token \"x\" is not in"),
        Refusal(
            "a merge to an unknown token", #"["ab", "c"]"#, #"["c", "c"]"#, .malformed, "'model.merges[1]'",
            "the token \"cc\" is not in"),
        Refusal(
            "a merge of three", #"["ab", "c"]"#, #"["a", "b", "c"]"#, .malformed, "'model.merges[1]'", "two tokens"),
        Refusal("a merge of one", #"["ab", "c"]"#, #""abc""#, .malformed, "'model.merges[1]'", "two tokens"),
        Refusal("a merge of texts and numbers", #"["ab", "c"]"#, #"["ab", 1, "c"]"#, .malformed, "'model.merges[1]'"),
        Refusal("a merge of nothing", #"["ab", "c"]"#, #"["ab", ""]"#, .malformed, "'model.merges[1]'"),
        Refusal("a merge that is a number", #"["ab", "c"]"#, "7", .malformed, "'model.merges[1]'", "a pair of tokens"),
        Refusal(
            "a merge twice", #"["ab", "c"]"#, #"["a", "b"]"#, .duplicate, "'model.merges[1]'", "in the list already"),
        Refusal(
            "an added token with an id of its own", #""id": 1, "content": "[CLS]""#, #""id": 7, "content": "[CLS]""#,
            .malformed, "'added_tokens[1].id'", "the id is 7, the rest of the file makes it 1"),
        Refusal(
            "an added token that leaves a gap", second,
            #""id": 9, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false"#, .malformed,
            "'added_tokens[1].id'", "makes it 7"),
        Refusal(
            "an empty added token", #""content": "[CLS]""#, #""content": """#, .malformed, "'added_tokens[1].content'"),
        Refusal(
            "an added token twice", #""id": 1, "content": "[CLS]""#, #""id": 0, "content": "[UNK]""#, .duplicate,
            "'added_tokens[1].content'"),
        Refusal(
            "an added token without its flags", #""normalized": false, "#, "", .missing, "'added_tokens[0].normalized'"),
        Refusal(
            "added tokens that are no list", #""added_tokens": ["#, #""added_tokens": 1, "padding2": ["#, .unsupported),
        Refusal(
            "a flag that is a number", #""clean_text": true"#, #""clean_text": 1"#, .malformed,
            "'normalizer.clean_text'"),
        Refusal("a flag that is missing", #""lowercase": true"#, #""x": null"#, .missing, "'normalizer.lowercase'"),
        Refusal(
            "a template without a text", #"{"Sequence": {"id": "A", "type_id": 0}}"#,
            #"{"SpecialToken": {"id": "[CLS]", "type_id": 0}}"#, .malformed, "'post_processor.single'", "no place"),
        Refusal(
            "a template's token that is not described", template, #"{"SpecialToken": {"id": "[SEP]", "type_id": 0}},"#,
            .missing, "'post_processor.special_tokens.[SEP].ids'"),
        Refusal(
            "a template's id outside the vocabulary", #""ids": [1]"#, #""ids": [70]"#, .malformed,
            "the id 70 belongs to no token"),
        Refusal(
            "text after the document", "\"merges\": [[\"a\", \"b\"], [\"ab\", \"c\"]]}}", "\"merges\": []}} x",
            .malformed),
    ]
}

@Suite("Compiling a tokenizer.json")
struct CompilerTests {
    @Test("what cannot be handled is refused and named", arguments: Refusal.all)
    func refusals(refusal: Refusal) throws {
        let json = try Refusal.changed(refusal.change.from, refusal.change.to)
        let error = #expect(throws: EmbqError.self) { _ = try TokenizerCompiler.compile(tokenizerJSON: json) }
        #expect(error?.code == refusal.code, "\(error?.description ?? "")")
        for part in refusal.says { #expect(error?.description.contains(part) == true, "\(error?.description ?? "")") }
    }

    @Test(
        "documents that are no tokenizer are refused",
        arguments: ["", "[]", "1", "{}", "{\"model\": {}}", "nul", "\u{FEFF}{}"])
    func noTokenizer(text: String) {
        #expect(throws: EmbqError.self) { _ = try TokenizerCompiler.compile(tokenizerJSON: Array(text.utf8)) }
    }

    @Test("the file that the refusals change is fine itself")
    func valid() throws {
        let tokenizer = try TokenizerCompiler.compile(tokenizerJSON: Array(Refusal.valid.utf8))
        #expect(tokenizer.vocabularySize == 7)
        #expect(tokenizer.tokens == ["[UNK]", "[CLS]", "a", "b", "c", "ab", "abc"])
        #expect(tokenizer.specialTokens.map(\.name) == ["[UNK]", "[CLS]"])
        #expect(tokenizer.specialTokens.map(\.id) == [0, 1])
        #expect(try Tokenizer(tables: tokenizer.tables).encode("ABC\u{301} x ab[CLS]", limit: 9) == [1, 6, 0, 5, 1])
    }

    @Test(
        "options that change nothing are accepted",
        arguments: [
            (#""dropout": null"#, #""dropout": 0.0"#), (#""end_of_word_suffix": null"#, #""end_of_word_suffix": """#),
            (#""fuse_unk": false, "byte_fallback": false, "ignore_merges": false,"#, ""),
            (#"[["a", "b"], ["ab", "c"]]"#, ##"["#version: 0.2", "a b", "ab c"]"##),
            (#""decoder": null"#, #""decoder": {"type": "BPEDecoder", "suffix": "</w>"}, "later": null"#),
            (#""padding": null"#, #""padding": {"strategy": {"Fixed": 128}, "pad_id": 0}"#),
            (#""strip_accents": true"#, #""strip_accents": null"#),
        ])
    func accepted(from: String, to: String) throws {
        let changed = try TokenizerCompiler.compile(tokenizerJSON: Refusal.changed(from, to))
        #expect(changed.tables == (try TokenizerCompiler.compile(tokenizerJSON: Array(Refusal.valid.utf8)).tables))
    }

    @Test("a vocabulary may hold a letter both precomposed and decomposed")
    func canonicalEquivalents() throws {
        let json = try Refusal.changed(#""a": 2"#, #""\u00e9": 9, "e\u0301": 10, "\u212b": 7, "\u00c5": 8, "a": 2"#)
        #expect(try TokenizerCompiler.compile(tokenizerJSON: json).vocabularySize == 11)
    }

    @Test("a vocabulary of 65535 tokens is the largest")
    func largest() throws {
        func file(_ count: Int) throws -> [UInt8] {
            let more = (7..<count).map { "\"t\($0)\": \($0)" }.joined(separator: ", ")
            return try Refusal.changed(#""abc": 6"#, #""abc": 6, "# + more)
        }
        let tokenizer = try TokenizerCompiler.compile(tokenizerJSON: file(65535))
        #expect(tokenizer.vocabularySize == 65535)
        #expect(try Tokenizer(tables: tokenizer.tables).vocabularySize == 65535)
        let error = #expect(throws: EmbqError.self) { _ = try TokenizerCompiler.compile(tokenizerJSON: file(65536)) }
        #expect(error?.code == .limitExceeded)
    }

    @Test("the same file gives the same bytes, a multiple of 4", arguments: Goldens.files)
    func deterministic(file: String) throws {
        let tables = try compiled(file).tables
        #expect(try tables == compiled(file).tables)
        #expect(tables.count % 4 == 0)
    }

    /// With EMBQ_REWRITE set the recorded bytes are written anew: after a change of the layout that is meant.
    @Test("the layout is the recorded one", arguments: ["marks", "cased"])
    func recorded(name: String) throws {
        let path = Fixtures.path("tokenizer/\(name).section")
        let tables = try compiled("tokenizer/\(name).json").tables
        if unsafe getenv("EMBQ_REWRITE") != nil { try AtomicOutput.write(tables, to: path) }
        #expect(try tables == MappedFile(path).contents)
    }

    /// The limit is what Schemas/tokenizer-section.md says of this vocabulary of 8192.
    @Test("the checkpoint's tables stay below 46 kB")
    func size() throws {
        #expect(try compiled("embbert-snips/tokenizer.json").tables.count < 46_000)
    }

    @Test("damaged JSON never crashes: cut anywhere, and with bytes changed")
    func hostile() throws {
        let json = Array(Refusal.valid.utf8)
        for length in 0..<json.count {
            #expect(throws: EmbqError.self) {
                _ = try TokenizerCompiler.compile(tokenizerJSON: Array(json.prefix(length)))
            }
        }
        var random = SplitMix64(seed: 7)
        for _ in 0..<5000 {
            var damaged = json
            for _ in 0...Int(random.next() % 3) {
                damaged[Int(random.next() % UInt64(json.count))] = UInt8(truncatingIfNeeded: random.next() >> 8 & 0x7F)
            }
            if let tokenizer = try? TokenizerCompiler.compile(tokenizerJSON: damaged) {
                _ = try Tokenizer(tables: tokenizer.tables).encode("abc \u{E9}", limit: 9)
            }
        }
    }
}
