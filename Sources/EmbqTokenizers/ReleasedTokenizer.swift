package import EmbqCore
import Synchronization

/// The tokenizer of a released model: a `tokenizer.json`, or a `vocab.txt`, with the files beside it that say how the
/// library reads it. Each file is read and parsed once, when it is first needed.
package final class ReleasedTokenizer: Sendable {
    /// What is read of the tokenizer itself.
    package static let limit = FileLimit(
        "a tokenizer", bytes: 64 << 20, advice: "Give the tokenizer.json of the model.")
    /// What is read of each file beside it.
    private static let companionLimit = FileLimit(
        "a tokenizer's settings", bytes: 16 << 20, advice: "Give the file as it was released.")

    package let path: String
    private let model: TokenizerModel?
    private let overrides: TokenizerOverrides
    /// The lines of a vocab.txt that lies inside another file: beside that one nothing is looked for.
    private let words: [UInt8]?
    private let cachedFiles = Mutex<Result<ResolvedTokenizer, EmbqError>?>(nil)
    private let cachedVocabulary = Mutex<Result<Vocabulary, EmbqError>?>(nil)

    /// - Parameters:
    ///   - path: a `.txt` is a list of WordPieces; all else is a `tokenizer.json`.
    ///   - model: keys of the model's configuration, for a folder that has no config.json beside the tokenizer.
    /// - Throws: `.unreadable`; `.limitExceeded` for a file above ``limit``.
    package init(
        path: String, model: TokenizerModel? = nil, overrides: TokenizerOverrides = TokenizerOverrides()
    ) throws(EmbqError) {
        self.path = path
        self.model = model
        self.overrides = overrides
        words = nil
        _ = try Self.limit.open(path)
    }

    /// A vocab.txt inside another file.
    ///
    /// - Parameter path: of that file.
    package init(path: String, words: [UInt8]) {
        self.path = path
        self.words = words
        (model, overrides) = (nil, TokenizerOverrides())
    }

    private static let companions = [
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json",
    ]
    private var isWordList: Bool { path.hasSuffix(".txt") }

    private func companion(_ name: String) -> String? {
        let path = Folder.join(Folder.parent(of: path), name)
        return Folder.hasFile(path) && !path.hasSameBytes(as: self.path) ? path : nil
    }

    /// Every file that is read.
    package var inputs: [String] {
        [path] + (overrides.fileAlone != nil || words != nil ? [] : Self.companions.compactMap(companion))
    }

    /// What the library makes of the files.
    ///
    /// - Throws: `.malformed` for a file that is not JSON or UTF-8, `.unsupported` for settings that would change ids
    ///   and are not handled, with the file, the key and the value.
    package func resolved() throws(EmbqError) -> ResolvedTokenizer {
        try once(cachedFiles) { () throws(EmbqError) in try TokenizerResolver.resolve(read()) }
    }

    /// The tokens.
    ///
    /// - Throws: as ``Vocabulary/init(_:)`` and ``resolved()``, with the file's path.
    package func vocabulary() throws(EmbqError) -> Vocabulary {
        try once(cachedVocabulary) { () throws(EmbqError) in try Vocabulary(resolved().document) }
    }

    /// What `make` gives, made when it is first needed; its error names the file.
    private func once<T>(_ cache: borrowing Mutex<Result<T, EmbqError>?>, _ make: () throws(EmbqError) -> T)
        throws(EmbqError) -> T
    {
        let result = cache.withLock { cached in
            if let cached { return cached }
            let new: Result<T, EmbqError>
            do throws(EmbqError) { new = .success(try make()) } catch { new = .failure(error.at(file: path)) }
            cached = new
            return new
        }
        return try result.get()
    }

    /// The tables that the device reads.
    ///
    /// - Parameters:
    ///   - rows: of the model's table of tokens; nil: as many as there are tokens.
    ///   - pairs: true if the tables have the template of a pair.
    ///   - prompt: ids before those of every text; empty for none.
    ///   - isLimited: false: texts are not cut to the tokenizer's longest sentence.
    ///   - places: true if the bytes of the text are asked for that each token comes from.
    /// - Throws: as ``TokenizerCompiler``, with the file's path; `.mismatch` for a token that a file adds and that the
    ///   model has no row for.
    package func compile(
        rows: Int? = nil, pairs: Bool = false, prompt: [UInt16] = [], isLimited: Bool = true, places: Bool = false
    ) throws(EmbqError) -> CompiledTokenizer {
        var resolved = try resolved()
        if isLimited { resolved.options.maximumLength = resolved.lengthSetting }
        resolved.options.hasPairs = pairs
        resolved.options.tellsPlaces = places
        if let rows { try resolved.limit(to: rows) }
        if !prompt.isEmpty {
            guard let document = resolved.document.insertingPrompt(prompt) else {
                throw EmbqError(
                    .unsupported, file: path, place: "'post_processor'", "the template has no place for the text",
                    advice: "Use the tokenizer.json that was released with the checkpoint.")
            }
            resolved.document = document
        }
        do throws(EmbqError) {
            return try TokenizerCompiler.compile(resolved)
        } catch {
            throw error.at(file: path)
        }
    }

    private func read() throws(EmbqError) -> TokenizerFiles {
        var files = TokenizerFiles()
        files.overrides = overrides
        if let words {
            files.vocabulary = (path, words)
            return files
        }
        if isWordList {
            files.vocabulary = (path, try Self.limit.open(path).contents)
        } else {
            files.tokenizer = TokenizerFiles.File(path: path, document: try Self.limit.json(path))
        }
        guard overrides.fileAlone == nil else { return files }
        func file(_ name: String) throws(EmbqError) -> TokenizerFiles.File? {
            guard let path = companion(name) else { return nil }
            return TokenizerFiles.File(path: path, document: try Self.companionLimit.json(path))
        }
        files.config = try file("tokenizer_config.json")
        files.specialTokensMap = try file("special_tokens_map.json")
        files.addedTokens = try file("added_tokens.json")
        files.model = model
        if let path = companion("config.json"), let document = try? Self.companionLimit.json(path) {
            // The library reads the config.json beside the tokenizer. What is wrong with it is told by who needs more
            // of it.
            files.model = TokenizerModel(file: path, document)
        }
        return files
    }
}

extension ResolvedTokenizer {
    /// Keeps the tokens that the model has a row for.
    ///
    /// A token that only the class names stays plain text; the library would fail on a text that has it.
    mutating func limit(to rows: Int) throws(EmbqError) {
        var left: [ReleasedToken] = []
        for (token, id) in additions where id >= rows {
            guard let setting = token.setting else {
                left.append(token)
                continue
            }
            throw EmbqError(
                .mismatch, file: setting.file, place: "'\(EmbqError.printable(setting.place))'",
                "the token \"\(EmbqError.printable(token.content))\" gets the id \(id), the model's table has \(rows) rows",
                advice: "Use the tokenizer released with these weights, or remove the token.")
        }
        guard !left.isEmpty, let listed = document["added_tokens"] else { return }
        let names = Set(left.map { ExactString($0.content) })
        let kept = (listed.array ?? []).filter { !names.contains(ExactString($0["content"]?.string ?? "")) }
        document = document.setting("added_tokens", to: .array(kept))
    }
}
