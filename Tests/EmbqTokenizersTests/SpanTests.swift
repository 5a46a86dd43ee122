import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

/// `Fixtures/tokenizer/spans.json`: the bytes that each token of the library comes from (`make_spans.py` describes it).
@Suite("Where tokens come from")
struct SpanTests {
    private static func digest(_ tokenizer: Tokenizer, _ texts: some Sequence<[UInt8]>) throws -> String {
        var writer = ByteWriter()
        for text in texts {
            let (ids, spans) = try tokenizer.encodeSpans(utf8: text, limit: .max)
            let (before, behind) = tokenizer.template
            for index in ids.indices.dropFirst(before.count).dropLast(behind.count) {
                writer.write(contentsOf: [
                    UInt32(ids[index]), UInt32(spans[index].lowerBound), UInt32(spans[index].upperBound),
                ])
            }
        }
        return String(SHA256.hexadecimal(of: writer.bytes).prefix(16))
    }

    private static func golden() throws -> JSONValue {
        try JSONParser.parse(MappedFile(Fixtures.path("tokenizer/spans.json")).contents)
    }

    /// The texts that the script takes of goldens.json, and its own.
    private static func texts(_ golden: JSONValue) throws -> [[UInt8]] {
        let document = try JSONParser.parse(MappedFile(Fixtures.path("tokenizer/goldens.json")).contents)
        let common = (document["texts"]?.array ?? []).compactMap { $0["text"]?.string }.map { Array($0.utf8) }
        return common.filter { $0.count <= 4000 }
            + (golden["texts"]?.array ?? []).compactMap { $0.string.map { Array($0.utf8) } }
    }

    @Test("the bytes of each token are the library's", arguments: Goldens.files)
    func spans(file: String) throws {
        let golden = try Self.golden()
        let entry = golden["tokenizers"]?.array?.first { $0["file"]?.string == file }
        let tokenizer = try Tokenizer(tables: compiled(file).tables)
        let expected = (entry?["spans"]?.array ?? []).compactMap { $0.string }
        let texts = try Self.texts(golden)
        try #require(texts.count == expected.count && texts.count > 100)
        #expect(expected.count { !$0.isEmpty } > 80)
        for (index, text) in texts.enumerated()
        where try !expected[index].isEmpty && Self.digest(tokenizer, [text]) != expected[index] {
            let (ids, spans) = try tokenizer.encodeSpans(utf8: text, limit: .max)
            Issue.record("text \(index) of \(file), \(String(decoding: text, as: UTF8.self)): \(ids) \(spans)")
        }
        let blocks = (entry?["blocks"]?.array ?? []).compactMap { $0.string }
        // None of the tokenizer that drops what it does not know.
        #expect(blocks.count == (file == "tokenizer/plain.json" ? 0 : 16))
        for (block, digest) in blocks.enumerated() {
            let texts = (UInt32(block * 8192)..<UInt32(block * 8192 + 8192)).compactMap(Unicode.Scalar.init).map {
                Array("a\($0)b 1\($0)".utf8)
            }
            #expect(try Self.digest(tokenizer, texts) == digest, "\(file), block \(block)")
        }
    }

    @Test("ids with spans are those without, whatever the limit", arguments: Goldens.files)
    func ids(file: String) throws {
        let tokenizer = try Tokenizer(tables: compiled(file).tables)
        for text in try Goldens().texts where text.count < 3000 {
            for limit in [0, 1, 2, 3, 7, 50, 4096] {
                let (ids, spans) = try tokenizer.encodeSpans(utf8: text, limit: limit)
                #expect(try ids == tokenizer.encode(utf8: text, limit: limit))
                #expect(spans.count == ids.count && spans.allSatisfy { $0.upperBound <= text.count })
            }
        }
    }

    @Test("of a text that loses its beginning the last tokens have their own bytes")
    func left() throws {
        let path = Fixtures.path("folders/pairs-cut-left/tokenizer.json")
        let folder = try TemporaryFolder()
        try folder.write(MappedFile(path).contents, to: "tokenizer.json")
        try folder.write(
            Array(#"{"truncation_side": "left", "model_max_length": 8}"#.utf8), to: "tokenizer_config.json")
        let tokenizer = try Tokenizer(tables: ReleasedTokenizer(path: folder["tokenizer.json"]).compile().tables)
        let text = Array("walk the dog then cook red soup with beans and bread".utf8)
        let whole = try tokenizer.encodeSpans(utf8: text, limit: .max)
        for limit in 3...8 {
            let cut = try tokenizer.encodeSpans(utf8: text, limit: limit)
            let (before, behind) = tokenizer.template
            let count = limit - before.count - behind.count
            let own = cut.spans.dropFirst(before.count).dropLast(behind.count)
            #expect(own.count == count)
            #expect(own.last == whole.spans.dropLast(behind.count).last)
            #expect(own.map { $0.lowerBound } == own.map { $0.lowerBound }.sorted())
        }
    }
}
