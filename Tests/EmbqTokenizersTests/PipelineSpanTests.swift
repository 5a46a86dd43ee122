import CEmbqRuntime
import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

/// `Fixtures/tokenizer/pipeline_spans.json`: the bytes that each token of the library comes from
/// (`make_pipeline_spans.py` describes it).
struct PipelineSpanCase: CustomTestStringConvertible, Sendable {
    let name: String
    let json: [UInt8]
    let digests: [String]

    var testDescription: String { name }

    private static let document = (try? JSONParser.parse(Fixtures.bytes("tokenizer/pipeline_spans.json"))) ?? .null

    static let texts: [String] =
        (PipelineCase.all.first?.texts ?? []) + (document["texts"]?.array ?? []).compactMap(\.string)

    static let all: [PipelineSpanCase] = (document["cases"]?.array ?? []).map { item in
        let name = item["name"]?.string ?? ""
        var json = PipelineCase.all.first { $0.name == name }?.json ?? []
        let processor = item["post_processor"] ?? .null
        if !processor.isNull, var object = (try? JSONParser.parse(json))?.object {
            object.set("post_processor", to: processor)
            json = JSONValue.object(object).bytes
        }
        let change = processor["type"]?.string.map { ", \($0)" } ?? ""
        return PipelineSpanCase(
            name: name + change, json: json, digests: (item["spans"]?.array ?? []).compactMap(\.string))
    }
}

@Suite("Where tokens of a pipeline come from")
struct PipelineSpanTests {
    private static func tables(_ json: [UInt8]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        try folder.write(json, to: "tokenizer.json")
        return try ReleasedTokenizer(path: folder["tokenizer.json"], overrides: TokenizerOverrides())
            .compile(isLimited: false, places: true).tables
    }

    @Test("the bytes of each token are the library's", arguments: PipelineSpanCase.all)
    func spans(item: PipelineSpanCase) throws {
        let texts = PipelineSpanCase.texts
        try #require(texts.count > 40 && texts.count == item.digests.count)
        #expect(item.digests.count { !$0.isEmpty } > 35)
        let tokenizer = try Tokenizer(tables: Self.tables(item.json))
        let (before, behind) = tokenizer.template
        for (index, text) in texts.enumerated() where !item.digests[index].isEmpty {
            let (ids, spans) = try tokenizer.encodeSpans(utf8: Array(text.utf8), limit: .max)
            var writer = ByteWriter()
            for index in ids.indices.dropFirst(before.count).dropLast(behind.count) {
                writer.write(contentsOf: [
                    UInt32(ids[index]), UInt32(spans[index].lowerBound), UInt32(spans[index].upperBound),
                ])
            }
            #expect(
                String(SHA256.hexadecimal(of: writer.bytes).prefix(16)) == item.digests[index],
                "text \(index), \(text.prefix(40)): \(ids.prefix(20)) \(spans.prefix(20))")
        }
    }

    @Test("ids with spans are those without, whatever the limit", arguments: PipelineSpanCase.all)
    func ids(item: PipelineSpanCase) throws {
        let tokenizer = try Tokenizer(tables: Self.tables(item.json))
        for text in PipelineSpanCase.texts {
            let text = Array(text.utf8)
            for limit in [0, 1, 2, 3, 7, 50, 4096] {
                let (ids, spans) = try tokenizer.encodeSpans(utf8: text, limit: limit)
                #expect(try ids == tokenizer.encode(utf8: text, limit: limit))
                #expect(spans.count == ids.count && spans.allSatisfy { $0.upperBound <= text.count })
            }
        }
    }

    @Test("less scratch gives the same ids and bytes or the status of a long word", arguments: PipelineSpanCase.all)
    func scratch(item: PipelineSpanCase) throws {
        let tables = try Self.tables(item.json)
        let tokenizer = try Tokenizer(tables: tables)
        let copy = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: (tables.count + 3) / 4)
        defer { unsafe copy.deallocate() }
        unsafe UnsafeMutableRawBufferPointer(copy).copyBytes(from: tables)
        var handle = unsafe embq_tokenizer()
        try #require(unsafe embq_tokenizer_open(&handle, copy.baseAddress, UInt32(tables.count)) == EMBQ_OK)
        var works = 0
        for text in PipelineSpanCase.texts {
            let expected = try tokenizer.encodeSpans(utf8: Array(text.utf8), limit: .max)
            let bytes = Array(text.utf8).map { CChar(bitPattern: $0) }
            for size in stride(from: 0, through: 36000, by: 3000) {
                let scratch = UnsafeMutablePointer<UInt32>.allocate(capacity: size / 4 + 1)
                defer { unsafe scratch.deallocate() }
                var ids = [UInt16](repeating: 0, count: 4000)
                var tokens = [embq_token](repeating: embq_token(), count: 4000)
                var count: UInt32 = 0
                let status = unsafe embq_tokenize_spans(
                    &handle, bytes, bytes.count, &ids, &tokens, 4000, &count, scratch, size)
                #expect(status == EMBQ_OK || status == EMBQ_ERROR_WORD)
                guard status == EMBQ_OK else { continue }
                #expect(ids.prefix(Int(count)).elementsEqual(expected.ids), "\(text.prefix(40)) \(size)")
                #expect(tokens.prefix(Int(count)).map { Int($0.start)..<Int($0.end) } == expected.spans)
                works += 1
            }
        }
        #expect(works > 100)
    }

    @Test(
        "a post-processor that would give other bytes is refused and named",
        arguments: [
            (
                #"{"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}, "#
                    + #"{"type": "RobertaProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2], "trim_offsets": true, "add_prefix_space": true}]}"#,
                "GPT-2", "'post_processor.processors[1].trim_offsets'"
            ),
            (
                #"{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}"#, "ALBERT with added tokens",
                "'post_processor.trim_offsets'"
            ),
        ])
    func refusals(processor: String, name: String, place: String) throws {
        let json = try #require(PipelineCase.all.first { $0.name == name }?.json)
        var object = try #require(JSONParser.parse(json).object)
        object.set("post_processor", to: try JSONParser.parse(Array(processor.utf8)))
        let error = #expect(throws: EmbqError.self) { _ = try Self.tables(JSONValue.object(object).bytes) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }
}
