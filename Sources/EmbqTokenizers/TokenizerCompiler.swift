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

    /// Compiles the tokenizer at a path: a `.txt` is a list of WordPieces, with `tokenizer_config.json` beside it or
    /// without; all else is a `tokenizer.json`.
    ///
    /// - Throws: as above, with the file's path.
    package static func compile(path: String) throws(EmbqError) -> CompiledTokenizer {
        let bytes = try MappedFile(path).contents
        guard path.hasSuffix(".txt") else {
            return try named(path) { () throws(EmbqError) in try compile(tokenizerJSON: bytes) }
        }
        let folder = Folder.parent(of: path)
        func document(_ name: String) throws(EmbqError) -> JSONValue {
            let path = Folder.join(folder, name)
            guard Folder.hasFile(path) else { return .null }
            return try named(path) { () throws(EmbqError) in try JSONParser.parse(MappedFile(path).contents) }
        }
        let added = try document("added_tokens.json")
        if !added.isNull, added.object?.isEmpty != true {
            throw EmbqError(
                .unsupported, file: Folder.join(folder, "added_tokens.json"),
                "tokens outside of vocab.txt are not supported: they would change the token ids",
                advice: "Save the tokenizer with Hugging Face transformers, which writes a tokenizer.json.")
        }
        let config = try document("tokenizer_config.json")
        return try named(path) { () throws(EmbqError) in try compile(vocabulary: bytes, config: config) }
    }

    private static func compile(_ document: JSONValue) throws(EmbqError) -> CompiledTokenizer {
        let file = try TokenizerFile(document)
        let tables =
            switch file.model {
            case .bytePair(let model): try BytePairTables.section(file, model)
            case .wordPiece(let model): try WordPieceTables.section(file, model)
            }
        return CompiledTokenizer(
            tables: tables, vocabularySize: file.tokens.count,
            specialTokens: file.addedTokens.map { (name: $0.content, id: Int($0.id)) }.sorted { $0.id < $1.id },
            tokens: file.tokens)
    }

    private static func named<T>(_ path: String, _ work: () throws(EmbqError) -> T) throws(EmbqError) -> T {
        do throws(EmbqError) { return try work() } catch { throw error.at(file: path) }
    }
}
