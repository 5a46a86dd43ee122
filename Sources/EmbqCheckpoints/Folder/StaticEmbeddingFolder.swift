import EmbqCore
import EmbqTokenizers

/// A table of rows, one for each token, whose mean is the sentence's vector.
///
/// Three libraries have such models. sentence-transformers lists the module StaticEmbedding in modules.json; model2vec
/// says `model_type` "model2vec" in config.json, and its rules hold where a folder has both; WordLlama has a layout of
/// its own, ``WordLlamaFolder``.
enum StaticEmbeddingFolder {
    static func isModel2Vec(_ config: CheckpointConfig) -> Bool { config["model_type"]?.string == "model2vec" }

    /// True for a config.json without `model_type` beside a table with model2vec's name: as model2vec writes it for a
    /// model that it has not distilled itself.
    static func isModel2Vec(untold config: CheckpointConfig, _ source: any TensorSource) -> Bool {
        config["model_type"] == nil && isTable(source) && source.info("embeddings") != nil
    }

    /// True if the tensors are such a table and nothing else.
    static func isTable(_ source: any TensorSource) -> Bool {
        let names = Set(source.tensors.map(\.name))
        return names.isSubset(of: ["embedding.weight", "embeddings", "mapping", "weights"])
            && (names.contains("embedding.weight") || names.contains("embeddings"))
    }

    /// A table of which no file says more.
    static func table(_ folder: String) -> SentencePipeline {
        var pipeline = SentencePipeline(transformerFolder: folder)
        setTable(&pipeline, "the tensors are a table alone")
        return pipeline
    }

    /// The first module of a modules.json.
    static func read(into pipeline: inout SentencePipeline) { setTable(&pipeline, "modules.json, StaticEmbedding") }

    /// The table of a ``WordLlamaFolder``.
    static func wordLlama(_ folder: String) -> SentencePipeline {
        var pipeline = SentencePipeline(transformerFolder: folder)
        setTable(&pipeline, "the layout of WordLlama")
        pipeline.tokenizerFile = .wordLlama
        pipeline.settlements.append(Settlement("normalization", "none", source: "embed() has norm=False"))
        return pipeline
    }

    private static func setTable(_ pipeline: inout SentencePipeline, _ source: String) {
        pipeline.tokenizerFile = .sentenceTransformers
        pipeline.modules = [mean]
        pipeline.settlements.append(Settlement("tokens", "rows of a table, and their mean", source: source))
    }

    /// What model2vec does around the table.
    ///
    /// - Parameters:
    ///   - listed: what the modules.json of the folder says; nil without one.
    ///   - source: the table.
    /// - Throws: `.malformed` for a `normalize` that is neither true nor false; what is wrong with a head.
    static func read(_ config: CheckpointConfig, _ listed: SentencePipeline?, _ source: any TensorSource)
        throws(EmbqError) -> SentencePipeline
    {
        var pipeline = listed ?? SentencePipeline(transformerFolder: Folder.parent(of: config.path))
        if listed == nil { pipeline.modules = [mean] }
        let longest = try longestText(config)
        pipeline.tokenizerFile = .model2vec(longest: longest)
        pipeline.settlements.append(
            Settlement(
                "tokens", "rows of a table, and their mean",
                source: isModel2Vec(config) ? "config.json, model_type" : "the tensor embeddings"))
        if let longest {
            let source = config["max_length"] == nil ? "model2vec's own limit" : "config.json, max_length"
            pipeline.limit = LengthLimit(tokens: longest, source: source)
        }
        let isNormalized = try config.bool("normalize", default: false)
        if isNormalized, !pipeline.hasNormalize { pipeline.modules.append(.normalize(onTokens: false)) }
        pipeline.settlements.append(
            Settlement(
                "normalization", pipeline.hasNormalize ? "of the sentence" : "none",
                source: config["normalize"] == nil ? "config.json has no normalize" : "config.json, normalize"))
        let table = source.info("embeddings") ?? source.info("embedding.weight")
        if let head = try PipelineHead(config, width: table?.shape.last) { pipeline.append(head) }
        return pipeline
    }

    /// `max_length` in tokens, and model2vec's own limit without the key; nil where the key is null: there is none.
    private static func longestText(_ config: CheckpointConfig) throws(EmbqError) -> Int? {
        guard let value = config.json["max_length"] else { return 512 }
        return value.isNull ? nil : try config.integer("max_length", in: 1...Int(Int32.max))
    }

    private static let mean = SentenceModule.pooling(PoolingModule(modes: [.mean], includesPrompt: true))
}
