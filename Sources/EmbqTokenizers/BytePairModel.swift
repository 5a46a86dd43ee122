import EmbqCore

/// Byte-pair encoding as `tokenizer.json` describes it.
struct BytePairModel {
    static let fields: Set<String> = [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
        "ignore_merges", "vocab", "merges",
    ]

    /// The id of unknown characters; nil: they are left out.
    let unknown: UInt16?
    let fusesUnknown: Bool
    /// Ids of the bytes of a character that the vocabulary lacks.
    let byteFallback: [UInt16]?
    /// True if a word that is a token is not merged.
    let ignoresMerges: Bool
    /// Pairs of ids and what they become, by rank.
    let merges: [(left: UInt16, right: UInt16, result: UInt16)]

    init(_ model: JSONField, _ vocabulary: [[UInt8]: UInt16]) throws(EmbqError) {
        if !model["dropout"].isNull, model["dropout"].value.double != 0 { throw model["dropout"].unsupported("null") }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if !model[key].isNull, model[key].value.string != "" { throw model[key].unsupported("null or \"\"") }
        }
        byteFallback =
            try model["byte_fallback"].bool(absent: false)
            ? ByteTokens.fallback(vocabulary, model["byte_fallback"]) : nil
        ignoresMerges = try model["ignore_merges"].bool(absent: false)
        fusesUnknown = try model["fuse_unk"].bool(absent: false)
        if model["unk_token"].isNull {
            unknown = nil
        } else {
            unknown = vocabulary[Array(try model["unk_token"].string().utf8)]
            if unknown == nil { throw model["unk_token"].malformed("the token is not in 'model.vocab'") }
        }
        merges = try Self.merges(model["merges"], vocabulary)
    }

    private static func merges(
        _ field: JSONField, _ vocabulary: [[UInt8]: UInt16]
    ) throws(EmbqError) -> [(left: UInt16, right: UInt16, result: UInt16)] {
        guard let items = field.value.array else { throw field.wrong("an array") }
        var merges: [(left: UInt16, right: UInt16, result: UInt16)] = []
        var seen: Set<UInt32> = []
        for (rank, item) in items.enumerated() {
            var entry: JSONField { JSONField(path: "\(field.path)[\(rank)]", value: item) }
            let parts: [[UInt8]]
            switch item {
            case .string(let text):
                // Files of the time before arrays may hold the first line of merges.txt.
                if text.hasPrefix("#version") { continue }
                parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(Array.init)
            case .array(let pair): parts = pair.compactMap(\.string).map { Array($0.utf8) }
            default: throw entry.wrong("a pair of tokens")
            }
            guard parts.count == 2, item.array.map({ $0.count == 2 }) ?? true, parts.allSatisfy({ !$0.isEmpty }) else {
                throw entry.malformed("two tokens are expected, found \(item.kind)")
            }
            var found: [UInt16] = []
            for token in [parts[0], parts[1], parts[0] + parts[1]] {
                guard let id = vocabulary[token] else {
                    let shown = EmbqError.printable(String(decoding: token, as: UTF8.self))
                    throw entry.malformed("the token \"\(shown)\" is not in 'model.vocab'")
                }
                found.append(id)
            }
            guard seen.insert(UInt32(found[0]) << 16 | UInt32(found[1])).inserted else {
                throw entry.malformed("this merge stands in the list already", .duplicate)
            }
            merges.append((found[0], found[1], found[2]))
        }
        guard merges.count <= 0xFFFF else {
            throw EmbqError(
                .limitExceeded, place: "'\(field.path)'",
                "there are \(merges.count) merges, at most 65535 are possible",
                advice: "Use a checkpoint with a smaller vocabulary.")
        }
        return merges
    }
}
