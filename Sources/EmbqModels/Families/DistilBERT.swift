import EmbqCore

/// DistilBERT: BERT's layers under other names, without token types; a ReLU in the classifier.
///
/// Source: https://github.com/huggingface/transformers, models/distilbert/modeling_distilbert.py.
enum DistilBERT: TransformersFamily {
    static let modelType = "distilbert"
    static let name = "DistilBERT"
    static var keys: KnownKeys { ConfigKeys.distilBERT }
    static let aliases = [
        (name: "hidden_size", key: "dim"), (name: "num_attention_heads", key: "n_heads"),
        (name: "num_hidden_layers", key: "n_layers"),
    ]
    static let names = TransformersNames(
        stem: "distilbert", classStem: "DistilBert", otherHeads: ["ForMaskedLM"], widthKey: "dim",
        layersKey: "n_layers", innerKey: "hidden_dim", headsKey: .init(name: "n_heads", usual: 12),
        activationKey: .init(name: "activation", usual: "gelu"), epsilonKey: nil, typesKey: nil,
        layers: "transformer.layer.", layerMark: "attention.q_lin.weight",
        classifier: ["pre_classifier", "classifier"], classifierActivation: .relu, pooler: nil)

    static let layerNames = PostNormLayer.Names(
        query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin", attention: "attention.out_lin",
        attentionNorm: "sa_layer_norm", expand: "ffn.lin1", contract: "ffn.lin2", outputNorm: "output_layer_norm")

    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool { true }

    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        let layers = prefix + names.layers
        found.set(widthKey, t["\(layers)0.\(names.layerMark)", 1, of: 2])
        found.layers(t, layers, names.layerMark, key: names.layersKey)
        found.set(names.innerKey, t["\(layers)0.ffn.lin1.bias", 0, of: 1])
    }
}
