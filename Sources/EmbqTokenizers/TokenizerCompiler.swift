package import EmbqCore

/// Turns a released `tokenizer.json` (Hugging Face `tokenizers`) or `vocab.txt` into the tables that the device reads.
package enum TokenizerCompiler {
    /// Compiles a tokenizer.
    ///
    /// The ids that the tables give are those of `Tokenizer.from_file(...).encode(text).ids`, padding apart.
    /// - Parameter tokenizerJSON: the whole file.
    /// - Throws: `.unsupported`, naming the field, for whatever would change ids and is not handled; `.malformed`,
    ///   `.missing` or `.duplicate` for a file that contradicts itself; `.limitExceeded` for 65536 ids or merges and more.
    package static func compile(tokenizerJSON: [UInt8]) throws(EmbqError) -> CompiledTokenizer {
        try compile(JSONParser.parse(tokenizerJSON))
    }

    /// Compiles a list of WordPieces.
    ///
    /// The ids that the tables give are those of `BertWordPieceTokenizer(...).encode(text).ids`.
    /// - Parameter vocabulary: the whole `vocab.txt`.
    /// - Parameter config: `tokenizer_config.json`; null stands for its defaults.
    /// - Throws: as above.
    package static func compile(vocabulary: [UInt8], config: JSONValue) throws(EmbqError) -> CompiledTokenizer {
        try compile(VocabularyFile.document(vocabulary: vocabulary, config: config))
    }

    /// Compiles a parsed `tokenizer.json`.
    ///
    /// - Throws: as above.
    static func compile(_ document: JSONValue) throws(EmbqError) -> CompiledTokenizer {
        let file = try TokenizerFile(document)
        let tables =
            switch file.model {
            case .bytePair(let model): try BytePairTables.section(file, model)
            case .wordPiece(let model): try WordPieceTables.section(file, model)
            }
        return CompiledTokenizer(
            tables: tables, vocabularySize: file.vocabulary.tokens.count,
            specialTokens: file.vocabulary.addedTokens.map { (name: $0.content, id: Int($0.id)) }.sorted {
                $0.id < $1.id
            },
            tokens: file.vocabulary.tokens)
    }
}
