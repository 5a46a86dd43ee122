import CEmbqRuntime
import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Glibc
import Testing

/// A tokenizer of `Fixtures/tokenizer/pipelines.json`, with what Hugging Face tokenizers 0.23.3 gives (`make_pipelines.py`).
struct PipelineCase: CustomTestStringConvertible, Sendable {
    let name: String
    let json: [UInt8]
    let texts: [String]
    let ids: [[UInt16]]
    /// Digest of the ids of many single scalars.
    let scalars: String

    var testDescription: String { name }

    static let all: [PipelineCase] = {
        let document = try? JSONParser.parse(MappedFile(Fixtures.path("tokenizer/pipelines.json")).contents)
        let texts = document?["texts"]?.array?.compactMap(\.string) ?? []
        return (document?["cases"]?.array ?? []).map { item in
            PipelineCase(
                name: item["name"]?.string ?? "", json: item["tokenizer"]?.bytes ?? [], texts: texts,
                ids: (item["ids"]?.array ?? []).map { ids in
                    (ids.array ?? []).compactMap { $0.int.map { UInt16(clamping: $0) } }
                },
                scalars: item["scalars"]?.string ?? "")
        }
    }()

    func tables() throws -> [UInt8] { try TokenizerCompiler.compile(tokenizerJSON: json).tables }
}

/// A tokenizer.json with a tokenizer_config.json that names a class of transformers 5.24, and the ids that it gives.
struct ClassCase: CustomTestStringConvertible, Sendable {
    let json: [UInt8]
    let config: [UInt8]
    let texts: [String]
    let ids: [[UInt16]]

    var testDescription: String { String(decoding: config, as: UTF8.self) }

    static let all: [ClassCase] = {
        let document = try? JSONParser.parse(MappedFile(Fixtures.path("tokenizer/pipelines.json")).contents)
        return (document?["classes"]?.array ?? []).compactMap { item in
            guard let tokenizer = PipelineCase.all.first(where: { $0.name == item["tokenizer"]?.string }) else {
                return nil
            }
            return ClassCase(
                json: tokenizer.json, config: item["config"]?.bytes ?? [], texts: tokenizer.texts,
                ids: (item["ids"]?.array ?? []).map { ids in
                    (ids.array ?? []).compactMap { $0.int.map { UInt16(clamping: $0) } }
                })
        }
    }()
}

@Suite("Tokenizers with a pipeline")
struct PipelineTests {
    @Test("every text has the recorded ids", arguments: PipelineCase.all)
    func texts(item: PipelineCase) throws {
        try #require(item.texts.count >= 20 && item.ids.count == item.texts.count)
        let tokenizer = try Tokenizer(tables: item.tables())
        for (text, ids) in zip(item.texts, item.ids) {
            #expect(try tokenizer.encode(text, limit: .max) == ids, "\(text.prefix(60))")
        }
    }

    @Test("a class builds what the library builds", arguments: ClassCase.all)
    func classes(item: ClassCase) throws {
        let folder = try TemporaryFolder()
        try folder.write(item.json, to: "tokenizer.json")
        try folder.write(item.config, to: "tokenizer_config.json")
        let released = try ReleasedTokenizer(path: folder.path + "/tokenizer.json")
        let tokenizer = try Tokenizer(tables: released.compile().tables)
        try #require(item.ids.count == 16)
        for (text, ids) in zip(item.texts, item.ids) {
            #expect(try tokenizer.encode(text, limit: .max) == ids, "\(text)")
        }
    }

    @Test("scalars alone and between letters have the recorded ids", arguments: PipelineCase.all)
    func scalars(item: PipelineCase) throws {
        let tokenizer = try Tokenizer(tables: item.tables())
        var lines: [UInt8] = []
        for code in UInt32(0)..<0x110000 where code < 0x3000 || code % 61 == 0 {
            guard let scalar = Unicode.Scalar(code) else { continue }
            for text in ["\(Character(scalar))", "a\(Character(scalar))b"] {
                let ids = try tokenizer.encode(text, limit: .max)
                lines += Array(ids.map { "\($0)" }.joined(separator: " ").utf8) + [UInt8(ascii: "\n")]
            }
        }
        #expect(SHA256.hexadecimal(of: lines) == item.scalars)
    }

    /// With EMBQ_REWRITE set the recorded bytes are written anew: after a change of the layout that is meant.
    @Test(
        "the layout is the recorded one",
        arguments: [("bytes", "RoBERTa with added tokens"), ("pieces", "XLM-RoBERTa with a character map")])
    func recorded(file: String, name: String) throws {
        let path = Fixtures.path("tokenizer/\(file).section")
        let tables = try #require(PipelineCase.all.first { $0.name == name }).tables()
        if unsafe getenv("EMBQ_REWRITE") != nil { try AtomicOutput.write(tables, to: path) }
        #expect(try tables == MappedFile(path).contents)
    }

    @Test("a limit keeps the first ids of a text and the template", arguments: PipelineCase.all)
    func limits(item: PipelineCase) throws {
        let tokenizer = try Tokenizer(tables: item.tables())
        let text = item.texts.first { $0.hasPrefix("x<mask>") } ?? ""
        let whole = try tokenizer.encode(text, limit: .max)
        for limit in 0...whole.count {
            let some = try tokenizer.encode(text, limit: limit)
            #expect(some.count == limit)
            // RoBERTa's template has one token behind the text.
            if limit > 2 { #expect(some.dropLast().elementsEqual(whole.prefix(limit - 1))) }
        }
    }

    /// A text's memory is bounded: less gives a status, and what does gives the same ids.
    @Test("less scratch gives the same ids or the status of a long word", arguments: PipelineCase.all)
    func scratch(item: PipelineCase) throws {
        let tables = try item.tables()
        let words = (tables.count + 3) / 4
        let copy = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: words)
        defer { unsafe copy.deallocate() }
        unsafe UnsafeMutableRawBufferPointer(copy).copyBytes(from: tables)
        var handle = unsafe embq_tokenizer()
        try #require(unsafe embq_tokenizer_open(&handle, copy.baseAddress, UInt32(tables.count)) == EMBQ_OK)
        var works = 0
        for (text, expected) in zip(item.texts, item.ids) {
            for size in stride(from: 0, through: 12000, by: 1500) {
                let bytes = Array(text.utf8).map { CChar(bitPattern: $0) }
                let scratch = UnsafeMutablePointer<UInt32>.allocate(capacity: size / 4 + 1)
                defer { unsafe scratch.deallocate() }
                var ids = [UInt16](repeating: 0, count: 4000)
                var count: UInt32 = 0
                let status = unsafe embq_tokenize(&handle, bytes, bytes.count, &ids, 4000, &count, scratch, size)
                #expect(status == EMBQ_OK || status == EMBQ_ERROR_WORD)
                if status == EMBQ_OK {
                    #expect(ids.prefix(Int(count)).elementsEqual(expected), "\(text.prefix(40)) \(size)")
                }
                if status == EMBQ_OK, !text.isEmpty { works += 1 }
            }
        }
        #expect(works > 60)
    }

    @Test("ill-formed UTF-8 counts as U+FFFD", arguments: PipelineCase.all)
    func illFormed(item: PipelineCase) throws {
        let tokenizer = try Tokenizer(tables: item.tables())
        let text = Array("a ".utf8) + [0xFF, 0xE2, 0x82] + Array(" b".utf8) + [0xF0, 0x9F]
        #expect(
            try tokenizer.encode(utf8: text, limit: .max)
                == tokenizer.encode("a \u{FFFD}\u{FFFD} b\u{FFFD}", limit: .max))
    }

    @Test("damaged tables are refused or harmless", arguments: PipelineCase.all)
    func damaged(item: PipelineCase) throws {
        let tables = try item.tables()
        var random = SplitMix64(seed: 11)
        for _ in 0..<300 {
            var damaged = tables
            for _ in 0...Int(random.next() % 2) {
                damaged[Int(random.next() % UInt64(tables.count))] = UInt8(truncatingIfNeeded: random.next() >> 8)
            }
            guard let tokenizer = try? Tokenizer(tables: damaged) else { continue }
            for text in item.texts.prefix(12) { _ = try? tokenizer.encode(text, limit: 200) }
        }
    }

    @Test(
        "a pattern that is not handled is refused and named",
        arguments: [
            ("(a|b)+", "a repeated group"), ("a+?", "lazy"), ("^a", "\"^\" at such a place"),
            ("(?<=a)b", "a special group"),
            (#"\bword"#, #""\b""#), ("a*", "can match nothing"), (#"\p{Foo}"#, "the property Foo"), ("[a&&b]", "&&"),
            ("(?:a|(?:b))", "a group inside of a group"), ("a{2", "repetition"), ("[a", "a set without an end"),
        ])
    func patterns(pattern: String, says: String) throws {
        let json = try Refusal.changed(
            #"{"type": "Whitespace"}"#,
            #"{"type": "Split", "pattern": {"Regex": "\#(pattern.replacing("\\", with: "\\\\"))"}, "behavior": "Isolated"}"#
        )
        let error = #expect(throws: EmbqError.self) { _ = try TokenizerCompiler.compile(tokenizerJSON: json) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("'pre_tokenizer.pattern.Regex'") == true)
    }
}
