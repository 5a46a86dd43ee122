import EmbqCore

/// WordPiece as `tokenizer.json` describes it.
struct WordPieceModel {
    static let fields: Set<String> = [
        "type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab",
    ]

    /// A word of more characters is refused by the runtime, whose time grows with the square of a word's length.
    static let longestPossible = 1000

    /// The id of a word that is not made of pieces.
    let unknown: UInt16
    /// UTF-8 of what marks a piece inside of a word.
    let continuingPrefix: [UInt8]
    /// Characters of a word; longer ones are unknown.
    let longestWord: Int

    init(_ model: JSONField, _ vocabulary: [[UInt8]: UInt16]) throws(EmbqError) {
        guard let id = vocabulary[Array(try model["unk_token"].string().utf8)] else {
            throw model["unk_token"].malformed("the token is not in 'model.vocab'")
        }
        unknown = id
        continuingPrefix = Array(try model["continuing_subword_prefix"].string().utf8)
        longestWord = try model["max_input_chars_per_word"].count()
        guard longestWord <= Self.longestPossible else {
            throw model["max_input_chars_per_word"].unsupported("\(Self.longestPossible) or less")
        }
    }
}
