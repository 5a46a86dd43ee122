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
        try compile(ResolvedTokenizer(document: JSONParser.parse(tokenizerJSON)))
    }

    /// Compiles a list of WordPieces.
    ///
    /// The ids that the tables give are those of `BertWordPieceTokenizer(...).encode(text).ids`.
    /// - Parameter vocabulary: the whole `vocab.txt`.
    /// - Parameter config: `tokenizer_config.json`; null stands for its defaults.
    /// - Throws: as above.
    package static func compile(vocabulary: [UInt8], config: JSONValue) throws(EmbqError) -> CompiledTokenizer {
        var files = TokenizerFiles()
        files.vocabulary = ("vocab.txt", vocabulary)
        if !config.isNull { files.config = TokenizerFiles.File(path: "tokenizer_config.json", document: config) }
        return try compile(TokenizerResolver.resolve(files))
    }

    /// Compiles what the library makes of a release's files.
    ///
    /// - Throws: as above.
    static func compile(_ resolved: ResolvedTokenizer) throws(EmbqError) -> CompiledTokenizer {
        let file = try TokenizerFile(resolved)
        let tables =
            switch file.model {
            case .bytePair(let model): try BytePairTables.section(file, model)
            case .wordPiece(let model): try WordPieceTables.section(file, model)
            case .unigram(let model): try UnigramTables.section(file, model)
            }
        return CompiledTokenizer(
            tables: tables, vocabularySize: file.vocabulary.tokens.count,
            specialTokens: file.vocabulary.addedTokens.filter(\.isMatched).map { (name: $0.content, id: Int($0.id)) }
                .sorted {
                    $0.id < $1.id
                },
            tokens: file.vocabulary.tokens)
    }
}
