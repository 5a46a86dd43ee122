import EmbqCore
import EmbqTokenizers

/// A table of rows, one for each token, whose mean is the sentence's vector.
///
/// Two libraries have such models. sentence-transformers lists the module StaticEmbedding in modules.json; model2vec
/// says `model_type` "model2vec" in config.json, and its rules hold where a folder has both.
enum StaticEmbeddingFolder {
    static func isModel2Vec(_ config: CheckpointConfig) -> Bool { config["model_type"]?.string == "model2vec" }

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

    private static func setTable(_ pipeline: inout SentencePipeline, _ source: String) {
        pipeline.tokenizerFile = .sentenceTransformers
        pipeline.modules = [mean]
        pipeline.settlements.append(Settlement("tokens", "rows of a table, and their mean", source: source))
    }

    /// What model2vec does around the table.
    ///
    /// - Parameter listed: what the modules.json of the folder says; nil without one.
    /// - Throws: `.malformed` for a `normalize` that is neither true nor false.
    static func read(_ config: CheckpointConfig, _ listed: SentencePipeline?) throws(EmbqError) -> SentencePipeline {
        var pipeline = listed ?? SentencePipeline(transformerFolder: Folder.parent(of: config.path))
        if listed == nil { pipeline.modules = [mean] }
        try refuseHead(config)
        let longest = try longestText(config)
        pipeline.tokenizerFile = .model2vec(longest: longest)
        pipeline.settlements.append(
            Settlement("tokens", "rows of a table, and their mean", source: "config.json, model_type"))
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
        return pipeline
    }

    /// `max_length` in tokens, and model2vec's own limit without the key; nil where the key is null: there is none.
    private static func longestText(_ config: CheckpointConfig) throws(EmbqError) -> Int? {
        guard let value = config.json["max_length"] else { return 512 }
        return value.isNull ? nil : try config.integer("max_length", in: 1...Int(Int32.max))
    }

    /// - Throws: `.unsupported` for a folder with a head, which the library runs behind the table.
    private static func refuseHead(_ config: CheckpointConfig) throws(EmbqError) {
        for name in ["head.safetensors", "pipeline.skops"] {
            let path = Folder.join(Folder.parent(of: config.path), name)
            guard Folder.hasFile(path) else { continue }
            throw EmbqError(
                .unsupported, file: path, "the head of a model2vec pipeline is not supported",
                advice: "Remove the file to use the embeddings alone.")
        }
    }

    private static let mean = SentenceModule.pooling(PoolingModule(modes: [.mean], includesPrompt: true))
}
