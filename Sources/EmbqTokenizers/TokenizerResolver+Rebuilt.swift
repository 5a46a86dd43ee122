import EmbqCore

/// Classes that build a tokenizer of their own around the vocabulary.
extension TokenizerResolver {
    mutating func build(_ rebuilt: RebuiltTokenizer) throws(EmbqError) {
        guard let file = files.tokenizer else {
            throw EmbqError(
                .missing, file: files.path, "the class \(kind.name) reads no vocab.txt",
                advice: "Put the model's tokenizer.json there.")
        }
        // A file of another form than the class's is loaded as it is.
        if rebuilt.name == "LlamaTokenizer", Self.hasByteLevel(file.document) { return try followFile() }
        result.options.readsExactScores = true
        let tokens = try ReleasedTokens(files, settings, defaults: rebuilt.tokens)
        let settings = settings
        result.document = try rebuilt.document(file.document) { key, usual throws(EmbqError) in
            guard let setting = settings[key], !setting.value.isNull else { return usual }
            return try setting.bool()
        }
        let vocabulary = try Self.vocabulary(file)
        addTokens(try tokens.added(to: vocabulary, after: nil), vocabulary)
        note("text before its vocabulary", "the class's", kind.source)
        let own = file.document["post_processor"] ?? .null
        if !rebuilt.replacesTemplate, !own.isNull {
            result.document = result.document.setting("post_processor", to: own)
            note("template", "the file's", "tokenizer.json, post_processor")
            return
        }
        let template = try rebuilt.template { name throws(EmbqError) in try id(name, tokens) }
        result.document = result.document.setting("post_processor", to: template ?? .null)
        note("template", template == nil ? "none" : "the class's", kind.source)
    }

    /// The content and the id of a named token.
    private func id(_ name: String, _ tokens: ReleasedTokens) throws(EmbqError) -> (String, Int) {
        let content = tokens[name]?.content ?? ""
        let added = result.document["added_tokens"]?.array ?? []
        if let id = added.first(where: { $0["content"] == .string(content) })?["id"]?.int { return (content, id) }
        throw EmbqError(
            .missing, file: tokens[name]?.setting?.file ?? files.path,
            "the vocabulary has no token '\(EmbqError.printable(content))', the \(name)",
            advice: "Use the files of the tokenizer that were released with the checkpoint.")
    }

    private static func hasByteLevel(_ document: JSONValue) -> Bool {
        let splitting = document["pre_tokenizer"] ?? .null
        return ([splitting] + (splitting["pretokenizers"]?.array ?? [])).contains { $0["type"]?.string == "ByteLevel" }
    }
}
