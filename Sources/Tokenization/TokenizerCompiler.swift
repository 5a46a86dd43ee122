public import TensorCore

/// Turns a released `tokenizer.json` (Hugging Face `tokenizers`) into the tables that the device reads.
public enum TokenizerCompiler {
    /// Compiles a tokenizer.
    ///
    /// The ids that the tables give are those of `Tokenizer.from_file(...).encode(text).ids`, padding apart.
    /// - Parameter tokenizerJSON: the whole file.
    /// - Throws: `.unsupported`, naming the field, for whatever would change ids and is not handled; `.malformed`,
    ///   `.missing` or `.duplicate` for a file that contradicts itself; `.limitExceeded` for 65536 ids or merges and more.
    public static func compile(tokenizerJSON: [UInt8]) throws(EmbqError) -> CompiledTokenizer {
        let file = try TokenizerFile(JSONParser.parse(tokenizerJSON))
        return CompiledTokenizer(
            tables: try BytePairTables(file).section(), vocabularySize: file.tokens.count,
            specialTokens: file.addedTokens.map { (name: $0.content, id: Int($0.id)) }.sorted { $0.id < $1.id },
            tokens: file.tokens)
    }
}
