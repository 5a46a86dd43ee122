import EmbqCore

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

extension CompiledTokenizer {
    /// Refuses a tokenizer for a tagger if the runtime cannot tell where its tokens come from.
    func checkPlaces(_ document: JSONValue) throws(EmbqError) {
        guard UInt16(tables[14]) & PipelineTables.flag != 0 else { return }
        let key = ["pre_tokenizer", "normalizer"].first { document[$0]?["type"]?.string != nil }
        throw EmbqError(
            .unsupported, place: "'\(key ?? "model").type'",
            "\((document[key ?? "model"]?["type"]?.string).map { "\"\($0)\"" } ?? "it") does not tell which bytes of a text a tagger's tokens are",
            advice: "Supported for taggers: tokenizers of BERT.")
    }
}
