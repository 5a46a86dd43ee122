import EmbqCore

/// ALBERT: BERT behind tables of a width of their own, whose layers have the same weights.
///
/// Layer i is one of `num_hidden_groups` groups, of `inner_group_num` layers each. What several layers read is stored once.
///
/// Source: https://github.com/huggingface/transformers, models/albert/modeling_albert.py.
enum ALBERT: TransformersFamily {
    static let modelType = "albert"
    static let name = "ALBERT"
    static var keys: KnownKeys { ConfigKeys.albert }
    static let names = TransformersNames(
        stem: "albert", classStem: "Albert", headsKey: .init(name: "num_attention_heads", usual: 64),
        activationKey: .init(name: "hidden_act", usual: "gelu_new"),
        pad: .init(word: "<pad>", key: "pad_token_id", usual: 0),
        separator: .init(word: "[SEP]", key: "eos_token_id", usual: 3),
        mask: .init(word: "[MASK]", key: "mask_token_id", usual: 4),
        layers: "encoder.albert_layer_groups.", layerMark: "albert_layers.0.attention.query.weight",
        parts: ["embeddings.", "encoder.embedding_hidden_mapping_in."], pooler: "pooler")
    static let layerNames = PostNormLayer.Names(
        query: "attention.query", key: "attention.key", value: "attention.value", attention: "attention.dense",
        attentionNorm: "attention.LayerNorm", expand: "ffn", contract: "ffn_output",
        outputNorm: "full_layer_layer_norm")
    static var sizes: [ConfigSize] {
        [.layers(names), .heads(names), .inner(names), .tokenTypes, .embedding, .groups, .innerLayers]
    }

    static var storedLayers: ConfigSize { .groups }

    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        let width = try b.size(.embedding)
        let rows = try TransformersEmbedder(Self.self, width: width, widthKey: "embedding_size").build(&b, prefix)
        return try b.linear(
            "embedder.projection", rows, prefix + "encoder.embedding_hidden_mapping_in", b.config.hiddenSize, widthKey,
            inputKeys: "embedding_size")
    }

    static func layers(_ b: inout GraphBuilder, _ prefix: String, _ embedded: Value) throws(EmbqError) -> Value {
        let (count, groups, inner) = (try b.size(.layers(names)), try b.size(.groups), try b.size(.innerLayers))
        var layer = try PostNormLayer(b, Self.self)
        layer.isShared = true
        let shared = layer
        return try b.keepLayers(embedded, count: count * inner) { b, index, x throws(EmbqError) in
            // As the library rounds it.
            let group = Int(Double(index / inner) / (Double(count) / Double(groups)))
            return try shared.build(&b, index, x, "\(prefix)\(names.layers)\(group).albert_layers.\(index % inner).")
        }
    }

    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool { true }

    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        let layers = prefix + names.layers
        found.set(widthKey, t["\(layers)0.\(names.layerMark)", 1, of: 2])
        found.set("embedding_size", t[prefix + "embeddings.word_embeddings.weight", 1, of: 2])
        found.set("num_hidden_groups", t.count(layers, names.layerMark))
        found.set("inner_group_num", t.count("\(layers)0.albert_layers.", "attention.query.weight"))
        found.set(names.innerKey, t["\(layers)0.albert_layers.0.ffn.bias", 0, of: 1])
        found.require(names.layersKey, "one layer's weights serve any number of layers")
    }
}
