/// A tokenizer as the device reads it, and its vocabulary for people.
public struct CompiledTokenizer: Sendable {
    /// The image of the tokenizer section (`Schemas/tokenizer-section.md`); a multiple of 4 bytes.
    public let tables: [UInt8]
    /// One more than the highest id.
    public let vocabularySize: Int
    /// The tokens that are recognised in raw text, in the order of their ids.
    public let specialTokens: [(name: String, id: Int)]
    /// The text of each id; empty for an id that the vocabulary skips.
    public let tokens: [String]
}
