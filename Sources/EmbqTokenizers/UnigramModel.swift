import EmbqCore

/// Unigram as `tokenizer.json` describes it.
struct UnigramModel {
    static let fields: Set<String> = ["type", "unk_id", "vocab", "byte_fallback"]

    let unknown: UInt16
    /// Score of each id.
    let scores: [Double]
    /// Ids of the bytes of an unknown character; nil: it is one unknown token.
    let bytes: [UInt16]?
    /// What an unknown character costs: the library's 10 more than the dearest piece.
    let unknownCost: Double

    init(_ model: JSONField, _ vocabulary: [[UInt8]: UInt16]) throws(EmbqError) {
        let items = model["vocab"].value.array ?? []
        var scores: [Double] = []
        for (id, item) in items.enumerated() {
            guard let score = item.array?.last?.double else {
                throw JSONField(path: "model.vocab[\(id)]", value: item).wrong("a token and its score")
            }
            guard score <= 0, score > -1e100 else {
                throw JSONField(path: "model.vocab[\(id)]", value: item).unsupported("scores from -1e100 to 0")
            }
            scores.append(score)
        }
        self.scores = scores
        let field = model["unk_id"]
        if field.isNull { throw field.unsupported("the id of the unknown token, without which the library fails on texts") }
        unknown = try field.id()
        guard Int(unknown) < items.count else { throw field.malformed("the id belongs to no token") }
        unknownCost = 10 - (scores.min() ?? 0)
        bytes =
            try model["byte_fallback"].bool(absent: false)
            ? ByteTokens.fallback(vocabulary, model["byte_fallback"]) : nil
    }
}

/// Tokens that stand for single bytes.
enum ByteTokens {
    /// The ids of `<0x00>` to `<0xFF>`; nil: there is none of them, and unknown characters stay unknown.
    static func fallback(_ vocabulary: [[UInt8]: UInt16], _ field: JSONField) throws(EmbqError) -> [UInt16]? {
        let digits = Array("0123456789ABCDEF".utf8)
        let ids = (0..<256).compactMap { byte in
            vocabulary[Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15]] + Array(">".utf8)]
        }
        if ids.isEmpty { return nil }
        guard ids.count == 256 else { throw field.unsupported("all of <0x00> to <0xFF> in the vocabulary, or none") }
        return ids
    }

    /// The characters by which byte-level vocabularies write the bytes 0 to 255.
    static let characters: [UInt32] = {
        var next: UInt32 = 0x100
        return (0..<256).map { (byte: UInt32) in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE { return byte }
            defer { next += 1 }
            return next
        }
    }()
}
