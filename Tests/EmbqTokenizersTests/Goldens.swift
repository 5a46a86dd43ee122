import EmbqCore
import EmbqTestSupport
import EmbqTokenizers

/// `Fixtures/tokenizer/goldens.json`: what Hugging Face tokenizers 0.23.3 says (`make_goldens.py` describes the file).
struct Goldens {
    static let files =
        ["embbert-snips/tokenizer.json", "tokenizer/vocabulary/vocab.txt"]
        + ["plain", "marks", "lower", "bert", "bare", "uncased", "cased"].map { "tokenizer/\($0).json" }

    let texts: [[UInt8]]
    private let tokenizers: [JSONValue]

    init() throws {
        let document = try JSONParser.parse(MappedFile(Fixtures.path("tokenizer/goldens.json")).contents)
        tokenizers = document["tokenizers"]?.array ?? []
        texts = (document["texts"]?.array ?? []).map { entry in
            if let hexadecimal = entry["bytes"]?.string {
                let digits = hexadecimal.compactMap(\.hexDigitValue)
                return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
            }
            if let pair = entry["repeat"]?.array, let text = pair[0].string, let count = pair[1].int {
                return Array(repeatElement(Array(text.utf8), count: count).joined())
            }
            return Array((entry["text"]?.string ?? "").utf8)
        }
    }

    private func entry(_ file: String) -> JSONValue? { tokenizers.first { $0["file"]?.string == file } }

    /// For each text its ids, or their number and SHA-256.
    func ids(_ file: String) -> [JSONValue] { entry(file)?["ids"]?.array ?? [] }

    /// For each 4096 code points 16 digits of a SHA-256.
    func digests(_ file: String) -> [String] { entry(file)?["digests"]?.array?.compactMap(\.string) ?? [] }
}

/// A fixture's tables.
func compiled(_ file: String) throws -> CompiledTokenizer {
    try ReleasedTokenizer(path: Fixtures.path(file)).compile(isLimited: false)
}

/// Ids as bytes, least significant first.
func packed(_ ids: [UInt16]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: ids)
    return writer.bytes
}
