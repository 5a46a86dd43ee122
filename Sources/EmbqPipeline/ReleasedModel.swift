import EmbqArtifact
package import EmbqCheckpoints
package import EmbqCore
import EmbqData
package import EmbqModels
package import EmbqQuantization
package import EmbqRuntime
import EmbqTokenizers

/// A checkpoint with everything that running it takes: weights, configuration, tokenizer.
package struct ReleasedModel: Sendable {
    package let checkpoint: Checkpoint
    package let model: QuantizableModel
    package let tokenizer: Tokenizer
    /// What makes sentences of texts: the tokenizer with the model's prompt and length.
    package let encoder: TextEncoder
    /// The tokenizer's tables, without the prompt.
    package let tokenizerTables: [UInt8]
    private let prompt: PromptTokens
    /// SHA-256 of tokenizer.json or vocab.txt.
    package let tokenizerSHA256: String
    /// SHA-256 over all tensors: name, type, shape and bytes, in the order of their names. Another container of the
    /// same weights has the same one.
    package let modelSHA256: String

    package var config: ModelConfig { model.config }

    /// Loads a checkpoint.
    ///
    /// - Throws: what is missing or wrong in any of its files.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        self.checkpoint = checkpoint
        let config = try ModelConfig(checkpoint)
        let released = try checkpoint.requireTokenizer()
        let path = released.path
        let compiled = try Self.compile(checkpoint, config, prompt: [])
        do throws(EmbqError) {
            tokenizer = try onDevice { () throws(RuntimeError) in try Tokenizer(tables: compiled.tables) }
        } catch {
            throw error.at(file: path)
        }
        prompt = try PromptTokens(
            checkpoint.prompt, tokenizer, limit: config.cut, special: Set(compiled.specialTokens.map { UInt16($0.id) }))
        model = try QuantizableModel(checkpoint, promptTokens: prompt.excluded)
        encoder = TextEncoder(tokenizer, prompt: checkpoint.prompt, config: config)
        guard compiled.vocabularySize <= model.config.vocabularySize else {
            throw EmbqError(
                .mismatch, file: path,
                "its vocabulary has \(compiled.vocabularySize) tokens, the model's embedding \(model.config.vocabularySize)",
                advice: "Use the tokenizer.json released with these weights, or pass --tokenizer.")
        }
        tokenizerTables = compiled.tables
        tokenizerSHA256 = try ReleasedTokenizer.limit.open(path).withBytes { SHA256.hexadecimal(of: $0) }
        modelSHA256 = try Self.digest(checkpoint.source)
    }

    private static func compile(_ checkpoint: Checkpoint, _ config: ModelConfig, prompt: [UInt16]) throws(EmbqError)
        -> CompiledTokenizer
    {
        // A length of sentence-transformers replaces the tokenizer's own.
        try checkpoint.requireTokenizer().compile(
            rows: config.vocabularySize, pairs: config.usesTemplateTypes, prompt: prompt,
            isLimited: checkpoint.sentence?.limit == nil, places: config.task == .tagging)
    }

    /// The tokenizer's tables as they go into an artifact: its texts get the prompt's ids first.
    ///
    /// - Throws: `.unsupported` for a prompt whose last word may go on in the text, or that leaves no room for one.
    package func deviceTables() throws(EmbqError) -> [UInt8] {
        guard !prompt.ids.isEmpty else { return tokenizerTables }
        let text = "the prompt \(JSONValue.string(checkpoint.prompt).summary)"
        guard PromptTokens.isSeparate(checkpoint.prompt) else {
            throw EmbqError(
                .unsupported, file: checkpoint.path,
                "\(text) does not end in a space: a word of it may go on in a text, and an artifact keeps its tokens",
                advice: "Give another prompt with --prompt, or --prompt '' for none, and put it before the texts.")
        }
        guard prompt.excluded < config.maximumLength else {
            throw EmbqError(
                .limitExceeded, file: checkpoint.path,
                "\(text) has \(prompt.ids.count) tokens, which leaves no room for a text in \(config.maximumLength)",
                advice: "Give another prompt with --prompt, or --prompt '' for none.")
        }
        return try Self.compile(checkpoint, config, prompt: prompt.ids).tables
    }

    /// True if all tokens have one type, whatever the tokenizer's template says.
    var hasOneTokenType: Bool {
        get throws(EmbqError) { try checkpoint.config?.integer("type_vocab_size", in: 1...1 << 30, default: 2) == 1 }
    }

    /// Rejects pairs of a model that has one token type and a tokenizer that gives two.
    func checkPairs(_ data: LabelledData) throws(EmbqError) {
        guard tokenizer.hasPairs, config.task != .embedding, data.rows.contains(where: { $0.second != nil }),
            try hasOneTokenType, let keys = checkpoint.config
        else { return }
        let pair = try Inference.sentence(
            Array("a".utf8), and: Array("b".utf8), with: TextEncoder(tokenizer, limit: .max, takesNothing: true))
        guard !pair.types.isEmpty else { return }
        throw EmbqError(
            .unsupported, file: keys.path, place: "'type_vocab_size'",
            "it is 1; the second text of a pair has token type 1",
            advice: "Supported: 2 or more, or data with one text per row.")
    }

    private static func digest(_ source: any TensorSource) throws(EmbqError) -> String {
        var hash = SHA256()
        for info in source.tensors {
            hash.update(Array("\(info.name)\n\(info.dtype.rawValue)\n\(info.shape)\n".utf8).span)
            let inner = try source.withBytes(of: info.name) { bytes throws(EmbqError) in SHA256.hexadecimal(of: bytes) }
            hash.update(Array(inner.utf8).span)
        }
        return hash.hexadecimal()
    }
}
