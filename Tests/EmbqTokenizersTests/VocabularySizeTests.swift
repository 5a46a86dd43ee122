import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

/// The tables of a vocabulary that is made up, of the size and the shape of bert-base-uncased's.
@Suite("The tables of 30,522 tokens")
struct VocabularySizeTests {
    private static let size = 30_522

    /// Whole words, pieces that continue words, single characters of many scripts, and tokens that no text leads to.
    private static let tokens: [String] = {
        var tokens = ["[UNK]", "[CLS]", "[SEP]"] + (0..<991).map { "[unused\($0)]" }
        let scripts: [(first: UInt32, step: UInt32, count: UInt32)] = [
            (0x21, 1, 64), (0x7B, 1, 4), (0xA1, 1, 90), (0x250, 1, 80), (0x3B1, 1, 24), (0x430, 1, 32), (0x5D0, 1, 27),
            (0x621, 1, 26), (0x904, 1, 50), (0x3041, 1, 80), (0x4E00, 41, 500),
        ]
        let characters = scripts.flatMap { script in
            (0..<script.count).compactMap { Unicode.Scalar(script.first + $0 * script.step) }
        }
        var known = Set<String>(tokens)
        func add(_ token: String) -> Bool {
            let isNew = tokens.count < size && known.insert(token).inserted
            if isNew { tokens.append(token) }
            return isNew
        }
        for character in characters {
            _ = add("\(character)")
            _ = add("##\(character)")
        }
        // Each word is an earlier one with some letters behind it, of which the first are more frequent.
        let letters = Array("esniatdrolgycuhmpkbvfwzxqj")
        var random = SplitMix64(seed: 30_522)
        var words: [[String]] = [[""], [""]]
        while tokens.count < size {
            let kind = random.next() % 5 == 0 ? 1 : 0
            var word = words[kind][Int(random.next() % UInt64(words[kind].count))]
            for _ in 0...Int(random.next() % 7 / 2) {
                word.append(letters[Int(min(random.next() % 26, random.next() % 26))])
            }
            if add((kind == 1 ? "##" : "") + word) { words[kind].append(word) }
        }
        return tokens
    }()

    private static func tables() throws -> [UInt8] {
        let lines = tokens.joined(separator: "\n")
        return try TokenizerCompiler.compile(
            vocabulary: Array(lines.utf8), config: JSONParser.parse(Array("null".utf8))
        ).tables
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    @Test("are smaller than 150,000 bytes, with as many nodes as bert-base-uncased's or more")
    func bytes() throws {
        let tables = try Self.tables()
        #expect(tables.count < 150_000)
        #expect(Self.number(tables, at: 36) > 62_657)
    }

    private static func isSmall(_ letter: Character) -> Bool { letter.isASCII && letter.isLowercase }

    /// The longest piece again and again, by a dictionary.
    private static func pieces(_ word: String, _ ids: [String: UInt16]) -> [UInt16] {
        var found: [UInt16] = []
        var rest = Substring(word)
        while !rest.isEmpty {
            let prefix = found.isEmpty ? "" : "##"
            guard let length = (1...rest.count).last(where: { ids[prefix + rest.prefix($0)] != nil }) else {
                return [0]
            }
            found += [ids[prefix + rest.prefix(length)] ?? 0]
            rest = rest.dropFirst(length)
        }
        return found
    }

    @Test("give every word of letters the pieces that a dictionary of the tokens gives it")
    func words() throws {
        let tokenizer = try Tokenizer(tables: Self.tables())
        let ids = Dictionary(uniqueKeysWithValues: Self.tokens.enumerated().map { ($1, UInt16($0)) })
        var random = SplitMix64(seed: 7)
        for token in Self.tokens.dropFirst(994) where token.last.map(Self.isSmall) == true {
            // With the beginning of some other token behind it.
            let other = Self.tokens[Int(random.next() % UInt64(Self.tokens.count))].prefix { Self.isSmall($0) }
            for word in [token, token + other.prefix(Int(random.next() % 8))] {
                let letters = word.filter { $0 != "#" }
                #expect(try tokenizer.encode(letters, limit: .max) == [1] + Self.pieces(letters, ids) + [2])
            }
        }
    }
}
