import EmbqRuntime
import TensorCore
import TestSupport
import Testing
import Tokenization

@Suite("A tokenizer section that nobody vouches for")
struct SectionTests {
    @Test("cut at any length it is refused", arguments: ["tokenizer/bert.json", "tokenizer/marks.json"])
    func truncated(file: String) throws {
        let tables = try compiled(file).tables
        for length in 0..<tables.count {
            #expect(throws: EmbqError.self) { _ = try Tokenizer(tables: Array(tables.prefix(length))) }
        }
        #expect(throws: EmbqError.self) { _ = try Tokenizer(tables: tables + [0, 0, 0, 0]) }
    }

    @Test("with its size mended after a cut it is refused too", arguments: ["tokenizer/bert.json"])
    func truncatedWithSize(file: String) throws {
        let tables = try compiled(file).tables
        for length in stride(from: 40, to: tables.count, by: 4) {
            var writer = ByteWriter()
            writer.write(bytes: tables.prefix(length))
            writer.patch(UInt32(length), at: 4)
            #expect(throws: EmbqError.self) { _ = try Tokenizer(tables: writer.bytes) }
        }
    }

    @Test(
        "with bytes flipped it is refused, or it still turns any text into ids of the vocabulary",
        arguments: ["tokenizer/plain.json", "tokenizer/marks.json", "tokenizer/bert.json"])
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
        func code(_ value: UInt16, at offset: Int) -> EmbqError.Code? {
            var writer = ByteWriter()
            writer.write(bytes: tables)
            writer.patch(value, at: offset)
            do {
                _ = try Tokenizer(tables: writer.bytes)
                return nil
            } catch { return error.code }
        }
        #expect(code(2, at: 0) == .unsupported)  // version
        #expect(code(2, at: 2) == .malformed)  // kind
        #expect(code(4, at: 14) == .malformed)  // flags
        #expect(code(1, at: 36) == .malformed)  // reserved
        #expect(code(3, at: 12) == .malformed)  // a vocabulary smaller than its ids
        for offset in [4, 16, 18, 20, 22, 26, 28, 30, 32] {
            #expect(code(0xFFFE, at: offset) == .malformed, "\(offset)")
        }
    }
}
