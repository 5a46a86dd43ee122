import EmbqCore

/// The files of a release that say something about its tokenizer, read.
struct TokenizerFiles: Sendable {
    struct File: Sendable {
        /// For errors.
        let path: String
        let document: JSONValue
    }

    /// tokenizer.json.
    var tokenizer: File?
    /// vocab.txt; only looked for without tokenizer.json.
    var vocabulary: (path: String, bytes: [UInt8])?
    /// tokenizer_config.json.
    var config: File?
    var specialTokensMap: File?
    /// added_tokens.json.
    var addedTokens: File?
    var model: TokenizerModel?
    var overrides = TokenizerOverrides()

    /// The file that errors name when no other is at fault.
    var path: String { tokenizer?.path ?? vocabulary?.path ?? "" }

    /// True if a file beside tokenizer.json says how to read it.
    var hasCompanions: Bool {
        config != nil || specialTokensMap != nil || addedTokens != nil || !overrides.arguments.isEmpty
    }
}
