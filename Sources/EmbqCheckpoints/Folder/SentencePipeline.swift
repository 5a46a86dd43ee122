package import EmbqCore
package import EmbqTokenizers

/// What a sentence encoder's folder does around its transformer, or around the table of rows that it has instead: the
/// modules behind it, prompts, the length limit.
package struct SentencePipeline: Sendable {
    package enum Kind: Sendable, Equatable {
        /// Texts become vectors.
        case sentences
        /// Pairs of texts get a score, by the transformer's own head.
        case crossEncoder
    }

    /// What the transformer gives to the modules behind it.
    package enum TransformerOutput: Sendable, Equatable {
        case tokens
        /// The transformer's own pooler, which is the sentence already.
        case pooler
        /// The tokens behind a lower layer: 0 is the embedder's, -1 the last layer's.
        case hidden(Int)
    }

    package var kind = Kind.sentences
    /// The folder of the transformer's weights, config.json and tokenizer.
    package var transformerFolder: String
    package var output = TransformerOutput.tokens
    /// Present if tokens are rows of a table, and nothing is computed of them: how the tokenizer's file is read.
    package var tokenizerFile: FileAlone?
    /// The modules behind the transformer, in the order in which they run.
    package var modules: [SentenceModule] = []
    /// Prompts by name, without those that are empty.
    package var prompts: [String: String] = [:]
    /// The name of the prompt that precedes every text; nil for none.
    package var defaultPrompt: String?
    /// The longest sentence in tokens; nil leaves it to the tokenizer and the transformer.
    package var limit: LengthLimit?
    /// True if the text is made lower-case before the tokenizer's own normalization.
    package var prependsLowercase = false
    /// Keys that replace those of tokenizer_config.json.
    package var tokenizerArguments: [TokenizerOverrides.Argument] = []
    /// Keys that replace those of config.json.
    package var configOverrides: [(key: String, value: JSONValue)] = []
    package var similarity = SimilarityFunction.cosine
    /// How many of the vector's first numbers are kept, after all modules; nil for all.
    package var truncatedWidth: Int?
    /// A cross-encoder's `activation_fn`, as written in config_sentence_transformers.json.
    package var activation: String?
    /// What the last modules' numbers mean; nil: they are a vector.
    package private(set) var head: PipelineHead?
    /// Each setting and what settled it.
    package var settlements: [Settlement] = []
    /// Files that were read, with those of the modules.
    package var inputs: [String] = []

    package init(transformerFolder: String) { self.transformerFolder = transformerFolder }

    /// Puts the layers of a head behind the modules.
    mutating func append(_ head: PipelineHead) {
        modules += head.layers.map { .dense($0) }
        if !head.isProjector { self.head = head }
        inputs.append(head.path)
        settlements.append(head.settlement)
    }

    /// What an encoder without a modules.json does: the mean of its tokens, at any length.
    package static func plain(_ folder: String) -> SentencePipeline {
        var pipeline = SentencePipeline(transformerFolder: folder)
        pipeline.modules = [.pooling(PoolingModule(modes: [.mean], includesPrompt: true))]
        pipeline.settlements = [
            Settlement("pooling", "mean", source: "there is no modules.json"),
            Settlement("normalization", "none", source: "there is no modules.json"),
        ]
        return pipeline
    }

    /// Numbers in a sentence's vector.
    package func width(hidden: Int) -> Int {
        var (token, sentence) = (hidden, hidden)
        for module in modules {
            switch module {
            case .pooling(let pooling): sentence = token * pooling.modes.count
            case .dense(let dense):
                if dense.onTokens { token = dense.outputs } else { sentence = dense.outputs }
            case .normalize, .layerNorm, .weightedLayers: break
            }
        }
        return min(sentence, truncatedWidth ?? sentence)
    }

    /// True if the sentence's vector is divided by its length.
    package var hasNormalize: Bool {
        modules.contains { if case .normalize(onTokens: false) = $0 { true } else { false } }
    }

    /// The text of a prompt: none for an empty name, and for the names that always exist.
    ///
    /// - Parameter name: nil for the default prompt.
    /// - Throws: `.invalidRequest` for a name that the model does not have.
    package func prompt(_ name: String?) throws(EmbqError) -> String {
        guard let name = name ?? defaultPrompt, !name.isEmpty else { return "" }
        if let text = prompts[name] { return text }
        if Self.builtInPrompts.contains(name) { return "" }
        let names = prompts.keys.sorted().map { EmbqError.printable($0) }.joined(separator: ", ")
        throw EmbqError(
            .invalidRequest, "the model has no prompt named '\(EmbqError.printable(name))'",
            advice: names.isEmpty ? "Leave out --prompt: the model has no prompts." : "Choose one of: \(names).")
    }

    static let builtInPrompts = ["query", "document"]
}

/// The longest sentence in tokens, and the file and key that say so.
package struct LengthLimit: Sendable, Equatable {
    package var tokens: Int
    package var source: String

    package init(tokens: Int, source: String) {
        self.tokens = tokens
        self.source = source
    }
}

/// How near two vectors are.
package enum SimilarityFunction: String, Sendable, CaseIterable {
    case cosine
    case dot
    /// The negative distance.
    case euclidean
    /// The negative sum of the absolute differences.
    case manhattan
}

/// A module behind the transformer.
package enum SentenceModule: Sendable {
    case pooling(PoolingModule)
    case dense(DenseModule)
    /// Each vector over its length.
    case normalize(onTokens: Bool)
    case layerNorm(LayerNormModule)
    case weightedLayers(WeightedLayersModule)
}
