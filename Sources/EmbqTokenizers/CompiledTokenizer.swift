/// A tokenizer as the device reads it, and its vocabulary for people.
package struct CompiledTokenizer: Sendable {
    /// The image of the tokenizer section (`Schemas/tokenizer-section.md`); a multiple of 4 bytes.
    package let tables: [UInt8]
    /// One more than the highest id.
    package let vocabularySize: Int
    /// The tokens that are recognised in raw text, in the order of their ids.
    package let specialTokens: [(name: String, id: Int)]
    /// The text of each id; empty for an id that the vocabulary skips.
    package let tokens: [String]
}
