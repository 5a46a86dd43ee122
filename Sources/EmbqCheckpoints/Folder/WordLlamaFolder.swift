import EmbqCore

/// The layout of the package wordllama, and of the cache of its downloads: `weights/<name>_<width>.safetensors` beside
/// `tokenizers/<name>_tokenizer_config.json`, which is a tokenizer.json.
///
/// Source: https://github.com/dleemiller/WordLlama, wordllama/wordllama.py.
struct WordLlamaFolder {
    /// The table of rows.
    let weights: String
    /// nil if the tokenizer is not there.
    let tokenizer: String?

    private static let ending = ".safetensors"

    /// - Parameter path: the folder that has both, or a file of `weights`.
    /// - Returns: nil for another layout.
    /// - Throws: `.invalidRequest` for several tables in `weights`.
    init?(_ path: String) throws(EmbqError) {
        let isFolder = Folder.exists(path)
        // Without the slash at its end, so that its own parent is told.
        let folder = isFolder ? Folder.join(path, "weights") : String(Folder.parent(of: path).dropLast())
        let tokenizers = Folder.join(Folder.parent(of: folder), "tokenizers")
        guard Folder.name(of: folder) == "weights", Folder.exists(folder), Folder.exists(tokenizers) else { return nil }
        if isFolder {
            let others = [SentenceTransformersFolder.modulesName, "config.json"]
            guard !others.contains(where: { Folder.hasFile(Folder.join(path, $0)) }) else { return nil }
            let tables = try Folder.files(in: folder).filter { $0.hasSuffix(Self.ending) }
            guard let name = tables.first else { return nil }
            guard tables.count == 1 else {
                throw EmbqError(
                    .invalidRequest, file: folder, "the folder holds \(tables.count) tables of WordLlama",
                    advice: "Give the file of one of them, such as \(EmbqError.printable(Folder.join(folder, name))).")
            }
            weights = Folder.join(folder, name)
        } else {
            guard path.hasSuffix(Self.ending) else { return nil }
            weights = path
        }
        let parts = Folder.name(of: weights).dropLast(Self.ending.count).split(separator: "_")
        guard parts.count > 1, let width = parts.last, Int(width) != nil else { return nil }
        let name = parts.dropLast().joined(separator: "_")
        let file = Folder.join(tokenizers, "\(name)_tokenizer_config.json")
        tokenizer = Folder.hasFile(file) ? file : nil
    }
}
