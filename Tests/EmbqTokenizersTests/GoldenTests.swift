import EmbqCore
import EmbqRuntime
import EmbqTokenizers
import Testing

@Suite("Ids equal Hugging Face's")
struct GoldenTests {
    @Test("every nasty text has the recorded ids", arguments: Goldens.files)
    func nastyTexts(file: String) throws {
        let goldens = try Goldens()
        let expected = goldens.ids(file)
        try #require(goldens.texts.count >= 150 && expected.count == goldens.texts.count)
        let tokenizer = try Tokenizer(tables: compiled(file).tables)
        for (text, expected) in zip(goldens.texts, expected) {
            let ids = try tokenizer.encode(utf8: text, limit: .max)
            if let digest = expected["sha256"]?.string {
                #expect(ids.count == expected["count"]?.int)
                #expect(SHA256.hexadecimal(of: packed(ids)) == digest)
            } else {
                let shown = "\(text.prefix(200).map { String($0, radix: 16) })"
                #expect(ids.map { Int($0) } == expected.array?.compactMap(\.int), "\(shown)")
            }
        }
    }

    /// 1,112,064 texts a tokenizer; unoptimized, one block of 16 is looked at.
    @Test("every code point between letters and after a digit has the recorded ids", arguments: Goldens.files)
    func everyCodePoint(file: String) throws {
        let digests = try Goldens().digests(file)
        try #require(digests.count == 272)
        let tokenizer = try Tokenizer(tables: compiled(file).tables)
        #if DEBUG
            let step = 16
        #else
            let step = 1
        #endif
        for block in stride(from: 0, to: digests.count, by: step) {
            var bytes: [UInt8] = []
            for code in UInt32(block * 4096)..<UInt32(block * 4096 + 4096) {
                guard let scalar = Unicode.Scalar(code) else { continue }
                let character = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                let text =
                    [UInt8(ascii: "a")] + character + [UInt8(ascii: "b"), UInt8(ascii: " "), UInt8(ascii: "1")]
                    + character
                let ids = try tokenizer.encode(utf8: text, limit: .max)
                bytes += packed([UInt16(ids.count)]) + packed(ids)
            }
            #expect(
                SHA256.hexadecimal(of: bytes).prefix(16) == digests[block], "U+\(String(block * 4096, radix: 16)) on")
        }
    }

    @Test("a String has the ids of its UTF-8")
    func strings() throws {
        let tokenizer = try Tokenizer(tables: compiled("embbert-snips/tokenizer.json").tables)
        let text = "Play caf\u{E9} \u{4E2D}\u{6587} [SEP] \u{1F600}\u{0}!"
        #expect(try tokenizer.encode(text, limit: 50) == tokenizer.encode(utf8: Array(text.utf8), limit: 50))
    }

    @Test("a limit cuts the text and keeps the template's tokens while they fit", arguments: Goldens.files)
    func limits(file: String) throws {
        let tokenizer = try Tokenizer(tables: compiled(file).tables)
        let suffixes = [
            "tokenizer/plain.json": 2, "tokenizer/bert.json": 1, "tokenizer/uncased.json": 1,
            "tokenizer/vocabulary/vocab.txt": 1,
        ]
        let template = try tokenizer.encode("", limit: .max)
        let suffix = template.suffix(suffixes[file] ?? 0)
        for text in ["abc1 [SEP] \u{AC01}de!! \u{4E2D}", "", "a"] {
            let all = try tokenizer.encode(text, limit: .max)
            #expect(all.suffix(suffix.count) == suffix)
            for limit in 0...all.count + 1 {
                let expected =
                    limit < template.count
                    ? template.prefix(limit)
                    : all.dropLast(suffix.count).prefix(limit - suffix.count) + suffix
                #expect(try tokenizer.encode(text, limit: limit) == Array(expected))
            }
        }
        #expect(try tokenizer.encode("a", limit: -1).isEmpty)
    }

    @Test("one tokenizer serves several threads")
    func threads() async throws {
        let tokenizer = try Tokenizer(tables: compiled("embbert-snips/tokenizer.json").tables)
        let texts = try Goldens().texts.filter { $0.count < 500 }
        let expected = try texts.map { try tokenizer.encode(utf8: $0, limit: .max) }
        try await withThrowingTaskGroup(of: [[UInt16]].self) { group in
            for _ in 0..<4 { group.addTask { try texts.map { try tokenizer.encode(utf8: $0, limit: .max) } } }
            for try await ids in group { #expect(ids == expected) }
        }
    }
}
