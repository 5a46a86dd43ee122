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

    /// - Parameter isExact: false: scores are read as the library's JSON parser does.
    init(_ model: JSONField, _ vocabulary: [[UInt8]: UInt16], isExact: Bool) throws(EmbqError) {
        let items = model["vocab"].value.array ?? []
        var scores: [Double] = []
        for (id, item) in items.enumerated() {
            guard let value = item.array?.last, let exact = value.double, case .number(let digits) = value else {
                throw JSONField(path: "model.vocab[\(id)]", value: item).wrong("a token and its score")
            }
            let score = isExact ? exact : LibraryNumber.parse(digits) ?? exact
            guard score <= 0, score > -1e100 else {
                throw JSONField(path: "model.vocab[\(id)]", value: item).unsupported("scores from -1e100 to 0")
            }
            scores.append(score)
        }
        self.scores = scores
        let field = model["unk_id"]
        if field.isNull {
            throw field.unsupported("the id of the unknown token, without which the library fails on texts")
        }
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

/// Numbers as serde_json reads them without its feature `float_roundtrip`: sometimes one unit in the last place away from
/// the nearest double.
enum LibraryNumber {
    static func parse(_ digits: String) -> Double? {
        var rest = digits.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        var significand: UInt64 = 0
        var exponent = 0
        var isFraction = false
        var isFull = false
        while let digit = rest.first, digit == UInt8(ascii: ".") || (48...57).contains(digit) {
            rest.removeFirst()
            if digit == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            let (tenfold, overflows) = significand.multipliedReportingOverflow(by: 10)
            let (next, carries) = tenfold.addingReportingOverflow(UInt64(digit - 48))
            isFull = isFull || overflows || carries
            if isFull {
                if !isFraction { return nil }
                continue
            }
            significand = next
            if isFraction { exponent -= 1 }
        }
        if !rest.isEmpty {
            guard rest.removeFirst() | 0x20 == UInt8(ascii: "e"), let power = Int(String(decoding: rest, as: UTF8.self))
            else { return nil }
            exponent += power
        }
        guard (-308...308).contains(exponent) else { return nil }
        let power = Double("1e\(abs(exponent))") ?? 1
        let value = exponent < 0 ? Double(significand) / power : Double(significand) * power
        return isNegative ? -value : value
    }
}
