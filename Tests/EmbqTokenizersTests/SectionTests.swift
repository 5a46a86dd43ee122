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
        #expect(code(1, at: 0) == .unsupported)  // version
        #expect(code(3, at: 0) == .unsupported)
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
        let count: Int
        let children = 44
        let tops: Int
        let earlier: Int
        let pieces: Int
        let nodes: Int
        let end: Int
        let text: Int

        init(_ tables: [UInt8]) {
            func half(_ at: Int) -> Int { Int(tables[at]) | Int(tables[at + 1]) << 8 }
            count = half(36) | half(38) << 16
            let blocks = (count + 3 + 31) / 32
            tops = children + 4 * blocks + 36 + 4 * half(16) + 4 * half(18)
            earlier = tops + 2 * (min(blocks / 2, 1024) + 1)
            pieces = earlier + 2 * blocks
            nodes = pieces + 2 * half(22) + 2 * half(26) + 2 * half(28) + 4 * half(30) + half(16)
            end = nodes + 32 * blocks
            text = half(32)
        }
    }

    /// A fault of a WordPiece section: bytes that replace those at an offset.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let offset: @Sendable (WordPieceOffsets) -> Int

        init(_ name: String, _ bytes: [UInt8], _ offset: @escaping @Sendable (WordPieceOffsets) -> Int) {
            testDescription = name
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
            Fault("units that never have others behind them", [0, 0], { _ in 40 }),
            Fault("units that always have others behind them", [5, 0], { _ in 40 }),
            Fault("a bit more in the upper byte", [1, 1], { _ in 40 }),
            Fault("words of 1001 characters", [0xE9, 3], { _ in 42 }),
            Fault("a first child that is a root", [1], { $0.children }),
            Fault("a block's child too far", [0xFF], { $0.children + 4 }),
            Fault("a first half with more children", [0xFF], { $0.children + 3 }),
            Fault("a first child of a root that is a root", [1], { $0.tops }),
            Fault("a child too far behind the first nodes", [0xFF, 0xFF], { $0.earlier - 2 }),
            Fault("a piece before the first block", [1], { $0.earlier }),
            Fault("a block's pieces miscounted", [0xFF, 0xFF], { $0.earlier + 4 }),
            Fault("a piece outside the vocabulary", [0xFF, 0xFF], { $0.pieces }),
            Fault("a piece that ends at a root", [0xC0], { $0.nodes }),
            Fault("a label of a root", [0x41], { $0.nodes + 1 }),
            Fault("a root that is a last child", [0x60], { $0.nodes + 1 }),
            Fault("a root without children", [0], { $0.nodes }),
            Fault("two roots without children", [0, 0], { $0.nodes }),
            Fault("equal labels of two children", [0x41, 0x41], { $0.nodes + 2 }),
            Fault("falling labels of two children", [0x42, 0x41], { $0.nodes + 2 }),
            Fault("children that do not end", [0x80], { $0.nodes + $0.count - 1 }),
            Fault("a last node with children", [0xE0], { $0.nodes + $0.count - 1 }),
            Fault("a label behind the last node", [1], { $0.nodes + $0.count }),
            Fault("a piece behind the last node", [0x80], { $0.end - 1 }),
        ])
    func wordPieceFaults(fault: Fault) throws {
        var tables = try compiled("tokenizer/uncased.json").tables
        let offsets = WordPieceOffsets(tables)
        try #require((0...3).contains(tables.count - offsets.end - offsets.text))
        let offset = fault.offset(offsets)
        tables.replaceSubrange(offset..<offset + fault.bytes.count, with: fault.bytes)
        let error = #expect(throws: RuntimeError.self) { _ = try Tokenizer(tables: tables) }
        #expect(error?.code == .malformed)
    }
}
