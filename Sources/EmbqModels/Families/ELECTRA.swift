import EmbqCore

/// ELECTRA's discriminator, and its generator: BERT behind tables of a width of their own.
///
/// Source: https://github.com/huggingface/transformers, models/electra/modeling_electra.py.
enum ELECTRA: TransformersFamily {
    static let modelType = "electra"
    static let name = "ELECTRA"
    static var keys: KnownKeys { ConfigKeys.electra }
    static let names = TransformersNames(
        stem: "electra", classStem: "Electra", headsKey: .init(name: "num_attention_heads", usual: 4),
        parts: ["embeddings.", "embeddings_project."], classifier: ["classifier.dense", "classifier.out_proj"],
        classifierActivation: .gelu, pooler: nil)
    static var sizes: [ConfigSize] { [.layers(names), .heads(names), .inner(names), .tokenTypes, .embedding] }

    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        let width = try b.size(.embedding)
        let rows = try TransformersEmbedder(Self.self, width: width, widthKey: "embedding_size").build(&b, prefix)
        if width == b.config.hiddenSize { return rows }
        return try b.linear(
            "embedder.projection", rows, prefix + "embeddings_project", b.config.hiddenSize, widthKey,
            inputKeys: "embedding_size")
    }

    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool {
        !prefix.isEmpty || t.has("embeddings_project.weight")
    }

    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        bertSizes(&found, t, prefix)
        found.set("embedding_size", t[prefix + "embeddings.word_embeddings.weight", 1, of: 2])
    }
}
