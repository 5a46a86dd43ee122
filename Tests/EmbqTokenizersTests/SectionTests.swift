import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

@Suite("A tokenizer section that nobody vouches for")
struct SectionTests {
    @Test(
        "cut at any length it is refused",
        arguments: ["tokenizer/bert.json", "tokenizer/marks.json", "tokenizer/uncased.json"])
    func truncated(file: String) throws {
        let tables = try compiled(file).tables
        for length in 0..<tables.count {
            #expect(throws: RuntimeError.self) { _ = try Tokenizer(tables: Array(tables.prefix(length))) }
        }
        #expect(throws: RuntimeError.self) { _ = try Tokenizer(tables: tables + [0, 0, 0, 0]) }
    }

    @Test(
        "with its size mended after a cut it is refused too",
        arguments: ["tokenizer/bert.json", "tokenizer/cased.json"])
    func truncatedWithSize(file: String) throws {
        let tables = try compiled(file).tables
        for length in stride(from: 44, to: tables.count, by: 4) {
            var writer = ByteWriter()
            writer.write(bytes: tables.prefix(length))
            writer.patch(UInt32(length), at: 4)
            #expect(throws: RuntimeError.self) { _ = try Tokenizer(tables: writer.bytes) }
        }
    }

    @Test(
        "with bytes flipped it is refused, or it still turns any text into ids of the vocabulary",
        arguments: [
            "tokenizer/plain.json", "tokenizer/marks.json", "tokenizer/bert.json", "tokenizer/uncased.json",
            "tokenizer/cased.json",
        ])
    func flipped(file: String) throws {
        let tables = try compiled(file).tables
        let texts = try Goldens().texts.filter { $0.count < 2000 }
        var random = SplitMix64(seed: 20_240_607)
        var opened = 0
        for _ in 0..<3000 {
            var damaged = tables
            // Half of the flips hit the header and the first tables, where the counts are.
            let reach = random.next() % 2 == 0 ? 120 : damaged.count
            for _ in 0...Int(random.next() % 3) {
                damaged[Int(random.next() % UInt64(reach))] ^= 1 << UInt8(random.next() % 8)
            }
            guard let tokenizer = try? Tokenizer(tables: damaged) else { continue }
            opened += 1
            for _ in 0..<5 {
                let text = texts[Int(random.next() % UInt64(texts.count))]
                // Damaged tables may well make more symbols of a text than it has bytes: that is an error, not a crash.
                guard let ids = try? tokenizer.encode(utf8: text, limit: 500) else { continue }
                #expect(ids.allSatisfy { Int($0) < tokenizer.vocabularySize })
            }
        }
        #expect(opened > 100 && opened < 3000)
    }

    @Test("each rule of the header is checked")
    func header() throws {
        let tables = try compiled("tokenizer/bert.json").tables
        func code(_ value: UInt16, at offset: Int) -> RuntimeError.Code? {
            var writer = ByteWriter()
            writer.write(bytes: tables)
            writer.patch(value, at: offset)
            do {
                _ = try Tokenizer(tables: writer.bytes)
                return nil
            } catch { return error.code }
        }
        #expect(code(2, at: 0) == .unsupported)  // version
        #expect(code(2, at: 2) == .malformed)  // WordPiece
        #expect(code(3, at: 2) == .malformed)  // kind
        #expect(code(4, at: 14) == .malformed)  // flags
        #expect(code(1, at: 36) == .malformed)  // reserved
        #expect(code(3, at: 12) == .malformed)  // a vocabulary smaller than its ids
        for offset in [4, 16, 18, 20, 22, 26, 28, 30, 32] {
            #expect(code(0xFFFE, at: offset) == .malformed, "\(offset)")
        }
    }

    /// Where the tables of a WordPiece section begin.
    struct WordPieceOffsets {
        let nodes: Int
        let children = 44
        let earlier: Int
        let ends: Int
        let pieces: Int
        let labels: Int
        let counts: Int

        init(_ tables: [UInt8]) {
            func half(_ at: Int) -> Int { Int(tables[at]) | Int(tables[at + 1]) << 8 }
            nodes = half(36) | half(38) << 16
            let blocks = (nodes + 15) / 16
            earlier = children + 4 * blocks + 36 + 4 * half(16) + 4 * half(18)
            ends = earlier + 2 * blocks
            pieces = ends + 2 * blocks
            labels = pieces + 2 * half(22) + 2 * half(26) + 2 * half(28) + 4 * half(30) + half(16)
            counts = labels + nodes
        }
    }

    /// A fault of a WordPiece section: bytes that replace those at an offset.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let offset: @Sendable (WordPieceOffsets) -> Int

        /// The last block of `cased` is not full; the symbols of `uncased` need two bytes.
        let file: String

        init(
            _ name: String, _ bytes: [UInt8], file: String = "uncased",
            _ offset: @escaping @Sendable (WordPieceOffsets) -> Int
        ) {
            testDescription = name
            self.file = "tokenizer/\(file).json"
            self.bytes = bytes
            self.offset = offset
        }
    }

    @Test(
        "each rule of WordPiece's tables is checked",
        arguments: [
            Fault("a flag", [1], { _ in 14 }),
            Fault("fewer symbols than the map has", [1, 0], { _ in 20 }),
            Fault("more pieces than there are", [0xFF, 0xFF], { _ in 22 }),
            Fault("an unknown id outside the vocabulary", [0xFF, 0xFF], { _ in 24 }),
            Fault("no nodes", [0, 0], { _ in 36 }),
            Fault("one node", [1, 0], { _ in 36 }),
            Fault("as many nodes as 32 bits count", [0xFF, 0xFF, 0xFF, 0xFF], { _ in 36 }),
            Fault("as many nodes as wrap the size around", [0x44, 0x44, 0x44, 0x44], { _ in 36 }),
            Fault("codes of one byte for too many symbols", [255, 0], { _ in 40 }),
            Fault("more codes of one byte than there are", [0, 1], { _ in 40 }),
            Fault("words of 1001 characters", [0xE9, 3], { _ in 42 }),
            Fault("a first child that is a root", [1], { $0.children }),
            Fault("a block's child too far", [0xFF], { $0.children + 6 }),
            Fault("a piece before the first block", [1], { $0.earlier }),
            Fault("a block's pieces miscounted", [0xFF, 0xFF], { $0.earlier + 8 }),
            Fault("a piece that ends at a root", [1], { $0.ends }),
            Fault("a piece that ends behind the last node", [0xFF, 0xFF], file: "cased", { $0.pieces - 2 }),
            Fault("a piece outside the vocabulary", [0xFF, 0xFF], { $0.pieces }),
            Fault("a label of a root", [1], { $0.labels + 1 }),
            Fault("equal labels of two children", [0xFF, 0xFF], { $0.labels + 2 }),
            Fault("a root without children", [0], { $0.counts }),
            Fault("a root with more children", [255, 255, 255], { $0.counts }),
            Fault("a last node with a child", [1], { $0.counts + $0.nodes - 1 }),
        ])
    func wordPieceFaults(fault: Fault) throws {
        var tables = try compiled(fault.file).tables
        let offsets = WordPieceOffsets(tables)
        try #require(offsets.counts + offsets.nodes <= tables.count)
        let offset = fault.offset(offsets)
        tables.replaceSubrange(offset..<offset + fault.bytes.count, with: fault.bytes)
        let error = #expect(throws: RuntimeError.self) { _ = try Tokenizer(tables: tables) }
        #expect(error?.code == .malformed)
    }
}
