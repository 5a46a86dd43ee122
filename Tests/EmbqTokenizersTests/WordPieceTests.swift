import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

@Suite("WordPiece")
struct WordPieceTests {
    static let valid = #"""
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
          "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 100,
          "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##a": 4, "ab": 5, "##bc": 6, "!": 7, "##": 8}}}
        """#

    private static func changed(_ from: String, _ to: String) throws -> [UInt8] {
        let parts = valid.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "'\(from)' is not in the valid file")
        return Array((parts[0] + to + parts[1]).utf8)
    }

    private static func tokenizer(_ json: [UInt8]) throws -> Tokenizer {
        try Tokenizer(tables: TokenizerCompiler.compile(tokenizerJSON: json).tables)
    }

    @Test(
        "what cannot be handled is refused and named",
        arguments: [
            Refusal(
                "an option of BPE", #""unk_token": "[UNK]""#, #""unk_token": "[UNK]", "dropout": 0.1"#, .unsupported,
                "'model.dropout'"),
            Refusal("no unknown token", #""unk_token": "[UNK]", "#, "", .missing, "'model.unk_token'"),
            Refusal(
                "an unknown token outside the vocabulary", #""unk_token": "[UNK]""#, #""unk_token": "<unk>""#,
                .malformed,
                "'model.unk_token'", "not in 'model.vocab'"),
            Refusal(
                "no prefix", ###""continuing_subword_prefix": "##""###, #""continuing_subword_prefix": null"#, .missing,
                "'model.continuing_subword_prefix'"),
            Refusal(
                "no longest word", #""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": null"#, .missing,
                "'model.max_input_chars_per_word'"),
            Refusal(
                "a longest word of -1", #""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": -1"#,
                .malformed, "'model.max_input_chars_per_word'"),
            Refusal(
                "longer words", #""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": 1001"#, .unsupported,
                "'model.max_input_chars_per_word'", "1000 or less"),
            Refusal("an id twice", #""a": 3"#, #""a": 4"#, .duplicate, "the id 4"),
            Refusal("another pre-tokenizer", "BertPreTokenizer", "UnicodeScripts", .unsupported, "UnicodeScripts"),
        ])
    func refusals(refusal: Refusal) throws {
        let json = try Self.changed(refusal.change.from, refusal.change.to)
        let error = #expect(throws: EmbqError.self) { _ = try TokenizerCompiler.compile(tokenizerJSON: json) }
        #expect(error?.code == refusal.code, "\(error?.description ?? "")")
        for part in refusal.says { #expect(error?.description.contains(part) == true, "\(error?.description ?? "")") }
    }

    @Test("the longest piece is taken, and a word with a part that is none is unknown as a whole")
    func greedy() throws {
        let tokenizer = try Self.tokenizer(Array(Self.valid.utf8))
        #expect(try tokenizer.encode("A\u{301}baab abbc! abb ##", limit: .max) == [1, 0, 5, 6, 7, 0, 0, 0, 2])
        #expect(try tokenizer.encode("abaa aa abc a!bc", limit: .max) == [1, 5, 4, 4, 3, 4, 0, 3, 7, 0, 2])
    }

    @Test("a word of one character more than the longest is unknown", arguments: [0, 1, 3, 1000])
    func longest(limit: Int) throws {
        let json = try Self.changed(#""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": \#(limit)"#)
        let tokenizer = try Self.tokenizer(json)
        let word = String(repeating: "a", count: limit)
        let fits: [UInt16] = limit == 0 ? [] : [3] + Array(repeating: 4, count: limit - 1)
        #expect(try tokenizer.encode(word, limit: .max) == [1] + fits + [2])
        #expect(try tokenizer.encode(word + "a a\u{301}", limit: .max) == [1, 0, limit == 0 ? 0 : 3, 2])
    }

    @Test("an empty prefix lets every piece stand everywhere")
    func emptyPrefix() throws {
        let json = try Self.changed(###""continuing_subword_prefix": "##""###, #""continuing_subword_prefix": """#)
        #expect(try Self.tokenizer(json).encode("abaab", limit: .max) == [1, 5, 3, 5, 2])
    }

    /// Three thousand characters have codes of two bytes.
    @Test("a vocabulary of many characters is matched piece by piece")
    func manyCharacters() throws {
        let letters: [Unicode.Scalar] = (0x12000..<0x12BB8).compactMap(Unicode.Scalar.init).filter {
            $0.properties.generalCategory == .otherLetter
        }
        try #require(letters.count > 1000)
        var vocab: [String] = ["\"##\": 8"]
        for (index, letter) in letters.enumerated() {
            vocab.append("\"\(letter)\": \(2 * index + 9)")
            vocab.append("\"##\(letter)\": \(2 * index + 10)")
        }
        let tokenizer = try Self.tokenizer(Self.changed(###""##": 8"###, vocab.joined(separator: ", ")))
        for index in letters.indices.dropLast() {
            let text = "a\(letters[index])\(letters[index + 1]) \(letters[index])"
            let first = UInt16(2 * index + 9)
            #expect(try tokenizer.encode(text, limit: .max) == [1, 3, first + 1, first + 3, first, 2])
        }
    }

    /// Nodes end anywhere in a block of 32, and zeros behind them may need a block of their own.
    @Test("a vocabulary of any number of nodes is matched", arguments: 1...70)
    func numbersOfNodes(length: Int) throws {
        let word = String(repeating: "a", count: length)
        let json = try Self.changed(#""ab": 5"#, #""ab": 5, "b\#(word)": 9"#)
        #expect(try Self.tokenizer(json).encode("b\(word)aa ab", limit: .max) == [1, 9, 4, 4, 5, 2])
    }

    @Test("damaged JSON never crashes: cut anywhere, and with bytes changed")
    func hostile() throws {
        let json = Array(Self.valid.utf8)
        var random = SplitMix64(seed: 11)
        for _ in 0..<3000 {
            var damaged = json
            for _ in 0...Int(random.next() % 3) {
                damaged[Int(random.next() % UInt64(json.count))] = UInt8(truncatingIfNeeded: random.next() >> 8 & 0x7F)
            }
            if let tokenizer = try? Self.tokenizer(damaged) { _ = try tokenizer.encode("abc \u{E9}##", limit: 9) }
        }
    }
}

@Suite("vocab.txt")
struct VocabularyFileTests {
    private static let lines = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n\u{E9}\nA\n"

    private static func ids(
        _ text: String, _ config: String = "null", lines: String = Self.lines
    ) throws -> [UInt16] {
        let compiled = try TokenizerCompiler.compile(
            vocabulary: Array(lines.utf8), config: JSONParser.parse(Array(config.utf8)))
        return try Tokenizer(tables: compiled.tables).encode(text, limit: .max)
    }

    @Test("the configuration's switches are followed, and their defaults without it")
    func switches() throws {
        #expect(try Self.ids("ab AB \u{E9} [PAD] [MASK]") == [2, 4, 5, 4, 5, 1, 0, 8, 3])
        #expect(try Self.ids("A \u{E9}", "{\"do_lower_case\": false}") == [2, 7, 6, 3])
        #expect(try Self.ids("A \u{C9}", "{\"strip_accents\": false}") == [2, 4, 6, 3])
        #expect(try Self.ids("x", "{\"cls_token\": \"a\", \"sep_token\": {\"content\": \"A\"}}") == [4, 1, 7])
        let chinese = Self.lines + "\u{4E2D}\n"
        #expect(try Self.ids("a\u{4E2D}", lines: chinese) == [2, 4, 8, 3])
        #expect(try Self.ids("a\u{4E2D}", "{\"tokenize_chinese_chars\": false}", lines: chinese) == [2, 1, 3])
        let decoder = #"{"added_tokens_decoder": {"4": {"content": "a", "lstrip": false, "rstrip": false, "#
        #expect(
            try Self.ids("bab", decoder + #""single_word": false, "normalized": false, "special": true}}}"#)
                == [2, 1, 4, 1, 3])
    }

    @Test("space ends no token, and of equal lines the last one counts")
    func linesOfFile() throws {
        #expect(try Self.ids("ab", lines: Self.lines.replacing("\n", with: "\r\n")) == [2, 4, 5, 3])
        #expect(try Self.ids("a", lines: Self.lines + "a \u{3000}\n\n\nz") == [2, 8, 3])
        #expect(try Self.ids("z", lines: Self.lines + "\n\nz") == [2, 10, 3])
    }

    @Test(
        "what would change ids is refused and named",
        arguments: [
            (#"{"tokenizer_class": "XLNetTokenizer"}"#, EmbqError.Code.unsupported, "'tokenizer_class'"),
            (#"{"tokenizer_class": "BertJapaneseTokenizer"}"#, .unsupported, "BertJapaneseTokenizer"),
            (#"{"fast_tokenizer_files": ["tokenizer.4.json"]}"#, .unsupported, "'fast_tokenizer_files'"),
            (#"{"init_inputs": [1]}"#, .unsupported, "'init_inputs'"),
            (#"{"extra_special_tokens": "<x>"}"#, .malformed, "'extra_special_tokens'"),
            (#"{"truncation_side": "middle"}"#, .malformed, "'truncation_side'"),
            (#"{"split_special_tokens": 1}"#, .malformed, "'split_special_tokens'"),
            (#"{"model_max_length": 9.5}"#, .malformed, "'model_max_length'"),
            (#"{"model_input_names": "input_ids"}"#, .malformed, "'model_input_names'"),
            (#"{"do_lower_case": "no"}"#, .malformed, "'do_lower_case'"),
            (#"{"unk_token": "<unk>"}"#, .missing, "<unk>"),
            (#"{"cls_token": 7}"#, .malformed, "'cls_token'"),
            (#"{"added_tokens_decoder": {"x": {"content": "<x>"}}}"#, .malformed, "'added_tokens_decoder.x'"),
            ("[]", .malformed, "an object"),
        ])
    func refusals(config: String, code: EmbqError.Code, says: String) throws {
        let error = #expect(throws: EmbqError.self) { _ = try Self.ids("a", config) }
        #expect(error?.code == code && error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test("lines that are not UTF-8, too many, and none are refused")
    func badLines() throws {
        func code(_ bytes: [UInt8]) -> EmbqError.Code? {
            do {
                _ = try TokenizerCompiler.compile(vocabulary: bytes, config: .null)
                return nil
            } catch { return error.code }
        }
        #expect(code([]) == .missing)
        #expect(code(Array("[UNK]\n[CLS]\n".utf8)) == .missing)
        #expect(code(Array(Self.lines.utf8) + [0xFF, 0x0A]) == .malformed)
        let many = (0..<65_531).map { "\n##\($0)" }.joined()
        #expect(code(Array(("[UNK]\n[CLS]\n[SEP]\na" + many).utf8)) == nil)
        #expect(code(Array(("[UNK]\n[CLS]\n[SEP]\na\nb" + many).utf8)) == .limitExceeded)
    }

    @Test("a token outside of the file gets the next id, which the model needs a row for")
    func addedTokens() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.lines + "[MASK]\n", to: "vocab.txt")
        try folder.write("{}", to: "added_tokens.json")
        #expect(try ReleasedTokenizer(path: folder["vocab.txt"]).compile().vocabularySize == 9)
        try folder.write("{\"<x>\": 20}", to: "added_tokens.json")
        #expect(try ReleasedTokenizer(path: folder["vocab.txt"]).compile(rows: 10).vocabularySize == 10)
        let error = #expect(throws: EmbqError.self) {
            _ = try ReleasedTokenizer(path: folder["vocab.txt"]).compile(rows: 9)
        }
        #expect(error?.code == .mismatch && error?.description.contains("added_tokens.json: '<x>'") == true)
    }
}
