package import EmbqCore
import Synchronization

/// The tokenizer of a released model: a `tokenizer.json`, or a `vocab.txt` with the `tokenizer_config.json` beside it.
/// Each file is read and parsed once, when it is first needed.
package final class ReleasedTokenizer: Sendable {
    /// A file larger than this is rejected.
    package static let maximumBytes = 64 << 20

    package let path: String
    private let overrides: TokenizerOverrides
    private let parsed = Mutex<Result<JSONValue, EmbqError>?>(nil)

    /// - Parameter path: a `.txt` is a list of WordPieces; all else is a `tokenizer.json`.
    /// - Throws: `.unreadable`; `.limitExceeded` for a file above ``maximumBytes``.
    package init(path: String, overrides: TokenizerOverrides = TokenizerOverrides()) throws(EmbqError) {
        self.path = path
        self.overrides = overrides
        let size = try MappedFile(path).count
        guard size <= Self.maximumBytes else {
            throw EmbqError(
                .limitExceeded, file: path, "it is \(size) bytes, the limit of a tokenizer is \(Self.maximumBytes)",
                advice: "Give the tokenizer.json of the model.")
        }
    }

    /// Every file that is read.
    package var inputs: [String] {
        let config = Folder.join(Folder.parent(of: path), Self.configName)
        return isWordList && Folder.hasFile(config) ? [path, config] : [path]
    }

    /// The tokenizer as a `tokenizer.json` says it.
    ///
    /// - Throws: `.malformed` for a file that is not JSON or UTF-8, `.unsupported` for settings that would change ids
    ///   and are not handled.
    package func document() throws(EmbqError) -> JSONValue {
        let result = parsed.withLock { parsed in
            if let parsed { return parsed }
            let new: Result<JSONValue, EmbqError>
            do throws(EmbqError) { new = .success(overrides.applied(to: try read())) } catch { new = .failure(error) }
            parsed = new
            return new
        }
        return try result.get()
    }

    /// The tokens.
    ///
    /// - Throws: as ``Vocabulary/init(_:)`` and ``document()``, with the file's path.
    package func vocabulary() throws(EmbqError) -> Vocabulary {
        let document = try document()
        do throws(EmbqError) { return try Vocabulary(document) } catch { throw error.at(file: path) }
    }

    /// The tables that the device reads.
    ///
    /// - Throws: as ``TokenizerCompiler``, with the file's path.
    package func compile() throws(EmbqError) -> CompiledTokenizer {
        let document = try document()
        do throws(EmbqError) { return try TokenizerCompiler.compile(document) } catch { throw error.at(file: path) }
    }

    /// The tables that the device reads, with the ids of a prompt before those of every text.
    ///
    /// - Throws: as ``compile()``; `.unsupported` for a template without a place for the text.
    package func compile(prompt ids: [UInt16]) throws(EmbqError) -> CompiledTokenizer {
        guard let document = try document().insertingPrompt(ids) else {
            throw EmbqError(
                .unsupported, file: path, place: "'post_processor'", "the template has no place for the text",
                advice: "Use the tokenizer.json that was released with the checkpoint.")
        }
        do throws(EmbqError) { return try TokenizerCompiler.compile(document) } catch { throw error.at(file: path) }
    }

    /// The longest sentence that tokenizer_config.json allows, and its key; nil if it names none.
    package func maximumLength() throws(EmbqError) -> (tokens: Int, key: String)? {
        let path = Folder.join(Folder.parent(of: path), Self.configName)
        guard Folder.hasFile(path) else { return nil }
        let config = try Self.json(path)
        for key in ["model_max_length", "max_len"] {
            guard let value = config[key], !value.isNull else { continue }
            // Without a limit the library writes 10^30.
            guard let tokens = value.int, tokens >= 1 else { return nil }
            return (tokens, key)
        }
        return nil
    }

    package static let configName = "tokenizer_config.json"
    private var isWordList: Bool { path.hasSuffix(".txt") }

    private func read() throws(EmbqError) -> JSONValue {
        guard isWordList else { return try Self.json(path) }
        let folder = Folder.parent(of: path)
        func beside(_ name: String) throws(EmbqError) -> JSONValue {
            let path = Folder.join(folder, name)
            return Folder.hasFile(path) ? try Self.json(path) : .null
        }
        let added = try beside("added_tokens.json")
        if !added.isNull, added.object?.isEmpty != true {
            throw EmbqError(
                .unsupported, file: Folder.join(folder, "added_tokens.json"),
                "tokens outside of vocab.txt are not supported: they would change the token ids",
                advice: "Save the tokenizer with Hugging Face transformers, which writes a tokenizer.json.")
        }
        let config = try beside(Self.configName)
        do throws(EmbqError) {
            return try VocabularyFile.document(vocabulary: MappedFile(path).contents, config: config)
        } catch {
            throw error.at(file: path)
        }
    }

    private static func json(_ path: String) throws(EmbqError) -> JSONValue {
        do throws(EmbqError) {
            return try MappedFile(path).withBytes { bytes throws(EmbqError) in try JSONParser.parse(bytes) }
        } catch {
            throw error.at(file: path)
        }
    }
}
