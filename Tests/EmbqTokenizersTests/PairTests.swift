import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

/// A WordPiece tokenizer of single letters in memory.
private func tokenizer(
    _ processor: String = PairTests.bert, config: String = #""tokenizer_class": "PreTrainedTokenizerFast""#,
    added: String = ""
) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    try folder.write(
        """
        {"version": "1.0", "added_tokens": [\(added)],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
           "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": \(processor),
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 100,
          "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "c": 5, "d": 6, "e": 7, "f": 8, "g": 9, "-": 10,
            "new": 11, "tok": 12, "x": 13, "\u{6771}": 14}}}
        """, to: "tokenizer.json")
    try folder.write("{\(config)}", to: "tokenizer_config.json")
    return try Tokenizer(tables: ReleasedTokenizer(path: folder["tokenizer.json"]).compile(pairs: true).tables)
}

@Suite("Pairs, sides and tokens found under conditions")
struct PairTests {
    static let bert = #"{"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}"#
    static let types = #""model_input_names": ["input_ids", "token_type_ids"]"#
    static let fast = #""tokenizer_class": "PreTrainedTokenizerFast""#

    private static func letters(_ count: Int, _ letter: String) -> [UInt8] {
        Array((0..<count).map { _ in letter }.joined(separator: " ").utf8)
    }

    /// The formula of the tokenizers library, written once more.
    private static func shares(_ n1: Int, _ n2: Int, _ room: Int) -> (Int, Int) {
        guard n1 + n2 > room else { return (n1, n2) }
        let swapped = n1 > n2
        var (a, b) = swapped ? (n2, n1) : (n1, n2)
        b = a > room ? a : max(a, room - a)
        if a + b > room {
            a = room / 2
            b = a + room % 2
        }
        return swapped ? (b, a) : (a, b)
    }

    @Test(
        "a pair that is too long loses tokens of its longer text first, at either side", arguments: ["right", "left"])
    func cut(side: String) throws {
        let tokenizer = try tokenizer(config: Self.fast + ", \"truncation_side\": \"\(side)\"")
        for (n1, n2) in (0...9).flatMap({ a in (1...9).map { (a, $0) } }) {
            for limit in 4...20 {
                let (first, second) = (Array("abcdefgab".utf8.prefix(n1)), Array("gfedcbagf".utf8.prefix(n2)))
                func spaced(_ text: [UInt8]) -> [UInt8] { Array(text.map { [$0] }.joined(separator: [0x20])) }
                let texts = try tokenizer.encode(utf8: spaced(first), and: spaced(second), limit: limit)
                let (a, b) = Self.shares(n1, n2, limit - 3)
                func ids(_ text: [UInt8], _ count: Int) -> [UInt16] {
                    let kept = side == "left" ? text.suffix(count) : text.prefix(count)
                    return kept.map { UInt16($0) - UInt16(UInt8(ascii: "a")) + 3 }
                }
                #expect(texts.ids == [1] + ids(first, a) + [2] + ids(second, b) + [2], "\(n1) \(n2) \(limit)")
                #expect(texts.first == a && texts.second == b)
            }
        }
    }

    @Test("one text cut on the left keeps its end and the template")
    func left() throws {
        let tokenizer = try tokenizer(config: Self.fast + #", "truncation_side": "left", "model_max_length": 5"#)
        #expect(try tokenizer.encode("a b c d e", limit: .max) == [1, 5, 6, 7, 2])
        #expect(try tokenizer.encode("a b c d e", limit: 4) == [1, 6, 7, 2])
        #expect(try tokenizer.encode("a b", limit: .max) == [1, 3, 4, 2])
        #expect(try tokenizer.encode("a b", limit: 2) == [1, 2])
    }

    @Test("types are those of the template if the tokenizer gives any")
    func typeIDs() throws {
        let template = """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 1}}],
             "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
               {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
             "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
               "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}}
            """
        let own = try tokenizer(template, config: Self.fast + ", " + Self.types)
        let pair = try own.encode(utf8: Array("a b".utf8), and: Array("c".utf8), limit: 50)
        #expect(pair.ids == [1, 3, 4, 2, 2, 5, 2])
        #expect(own.types(of: pair) == [0, 0, 0, 0, 1, 1, 0])
        #expect(try own.types(of: own.tokenize(utf8: Array("a b".utf8), limit: 50)) == [0, 1, 1])
        // A separator in a text is a token of it.
        let text = try own.encode(utf8: Array("a [SEP] b".utf8), and: Array("c".utf8), limit: 50)
        #expect(text.first > 3)

        let none = try tokenizer(template)
        #expect(none.types(of: pair).isEmpty)
        let bert = try tokenizer(template, config: #""tokenizer_class": "BertTokenizer", "pad_token": null"#)
        let texts = try bert.encode(utf8: Array("a".utf8), and: Array("b".utf8), limit: 50)
        #expect(texts.ids == [1, 3, 2, 4, 2] && bert.types(of: texts) == [0, 0, 0, 1, 1])
    }

    @Test("an empty second text is none")
    func empty() throws {
        let texts = try tokenizer().encode(utf8: Array("a b".utf8), and: [], limit: 50)
        #expect(texts == TokenizedTexts(ids: [1, 3, 4, 2], first: 2, second: nil))
    }

    @Test(
        "a token of normalized text, and one that is no part of a word",
        arguments: [
            ("new-tok NEW-TOK n\u{C9}w-tok", [20, 20, 20]), ("new -tok", [11, 10, 12]), ("xnew-tok", [13, 20]),
            ("\u{6771}new-tok", [14, 20]), ("<x> a", [21, 3]), ("a<x>", [3, 21]), ("<x>b", [21, 4]),
            ("<b> a", [22, 3]), ("a<b>", [3, 0, 4, 0]), ("<b>_", [0, 4, 0, 0]), ("-<b>-", [10, 22, 10]),
            ("<b>\u{6771}", [0, 4, 0, 14]), ("new\u{301}-tok", [20]), ("new-<b>tok", [11, 10, 0, 4, 0, 12]),
            ("new-<x>tok", [11, 10, 21, 12]),
        ])
    func conditions(text: String, ids: [UInt16]) throws {
        func token(_ id: Int, _ content: String, single: Bool, normalized: Bool) -> String {
            """
            {"id": \(id), "content": "\(content)", "single_word": \(single), "lstrip": true, "rstrip": true,
             "normalized": \(normalized), "special": false}
            """
        }
        let tokenizer = try tokenizer(
            "null",
            added: [
                token(15, "p", single: false, normalized: false), token(16, "q", single: false, normalized: false),
                token(17, "r", single: false, normalized: false), token(18, "s", single: false, normalized: false),
                token(19, "t1", single: false, normalized: false),
                token(20, "N\u{C9}W-tok", single: false, normalized: true),
                token(21, "<x>", single: false, normalized: false), token(22, "<b>", single: true, normalized: false),
            ].joined(separator: ","))
        #expect(try tokenizer.encode(text, limit: .max) == ids)
    }
}
