import CEmbqRuntime
import EmbqCore
import EmbqRuntime
import EmbqTokenizers
import Testing

/// Words of byte pairs that are so long that the runtime keeps the ranks of their pairs in order.
@Suite("Long words of byte pairs")
struct LongWordTests {
    static let cases = PipelineCase.all.filter { item in
        let document = try? JSONParser.parse(item.json)
        return document?["model"]?["type"]?.string == "BPE"
    }

    /// A generator whose numbers are always the same.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64 = 7
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33 | state << 31
        }
    }

    /// A tokenizer in memory of its own.
    @safe private final class Opened {
        let memory: UnsafeMutableRawBufferPointer
        var handle = unsafe embq_tokenizer()

        init(_ tables: [UInt8]) {
            unsafe memory = .allocate(byteCount: tables.count + 16, alignment: 16)
            unsafe memory.copyBytes(from: tables)
            let status = unsafe embq_tokenizer_open(&handle, memory.baseAddress, UInt32(tables.count))
            #expect(status == EMBQ_OK)
        }

        deinit { unsafe memory.deallocate() }

        /// The ids, and the bytes that each comes from, with no more scratch than is promised.
        func encode(_ text: [UInt8]) -> (ids: [UInt16], spans: [UInt32]) {
            let most = unsafe embq_tokenizer_most_ids(&handle, text.count)
            var ids = [UInt16](repeating: 0, count: most)
            var others = ids
            var tokens = [embq_token](repeating: embq_token(), count: most)
            var count: UInt32 = 0
            let size = unsafe embq_tokenizer_scratch(&handle, text.count)
            let spanSize = unsafe embq_tokenizer_span_scratch(&handle, text.count)
            var scratch = [UInt32](repeating: 0xABCD, count: size / 4 + 1)
            var spanScratch = [UInt32](repeating: 0xABCD, count: spanSize / 4 + 1)
            let bytes = text.map { CChar(bitPattern: $0) }
            unsafe #expect(
                embq_tokenize(&handle, bytes, bytes.count, &ids, UInt32(most), &count, &scratch, size / 4 * 4)
                    == EMBQ_OK)
            #expect(scratch[size / 4] == 0xABCD)
            let found = Int(count)
            unsafe #expect(
                embq_tokenize_spans(
                    &handle, bytes, bytes.count, &others, &tokens, UInt32(most), &count, &spanScratch,
                    spanSize / 4 * 4)
                    == EMBQ_OK)
            #expect(spanScratch[spanSize / 4] == 0xABCD)
            #expect(Int(count) == found && others == ids)
            return (Array(ids.prefix(found)), tokens.prefix(found).flatMap { [$0.start, $0.end] })
        }
    }

    @Test("a queue of ranks gives the ids of passes over the word", arguments: cases)
    func queue(item: PipelineCase) throws {
        let tables = try item.tables()
        let (fast, plain) = (Opened(tables), Opened(tables))
        // Without a pipeline, words are short.
        let passes = Opened(try compiled("tokenizer/bert.json").tables)
        unsafe plain.handle.splitter = passes.handle.splitter
        var numbers = Numbers()
        let letters = Array("abdehiknopstyth".utf8)
        for length in [511, 512, 513, 514, 640, 1023, 1024, 1025, 2048, 4000, 33_000] {
            for word in 0..<3 {
                let kinds = [2, 5, letters.count][word]
                let text = (0..<length).map { _ in letters[Int.random(in: 0..<kinds, using: &numbers)] }
                let (ours, expected) = (fast.encode(text), plain.encode(text))
                #expect(ours.ids == expected.ids, "\(length) letters of \(kinds)")
                let places = ours.spans.filter { $0 > 0 }
                #expect(places == places.sorted() && places.last == UInt32(length), "\(length) letters of \(kinds)")
            }
        }
    }

    /// Tokens of 1, 2, 4, … letters: a symbol is then longer than the distances that holes can have.
    @Test("tokens of over 65,535 symbols are found", arguments: [1, 513, 65_535, 65_536, 65_537, 131_072, 300_000])
    func doubling(length: Int) throws {
        let tokens = (0...17).map { String(repeating: "a", count: 1 << $0) }
        let vocabulary = tokens.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",")
        let merges = tokens.dropLast().map { "[\"\($0)\",\"\($0)\"]" }.joined(separator: ",")
        let json = """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,
            "post_processor":null,"decoder":null,"model":{"type":"BPE","dropout":null,"unk_token":null,
            "continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
            "ignore_merges":false,"vocab":{\(vocabulary)},"merges":[\(merges)]}}
            """
        let tables = try TokenizerCompiler.compile(tokenizerJSON: Array(json.utf8)).tables
        let (ids, spans) = Opened(tables).encode([UInt8](repeating: UInt8(ascii: "a"), count: length))
        var expected = [UInt16](repeating: 17, count: length >> 17)
        for bit in (0..<17).reversed() where length >> bit & 1 == 1 { expected.append(UInt16(bit)) }
        #expect(ids == expected)
        #expect(spans.last == UInt32(length))
    }
}
