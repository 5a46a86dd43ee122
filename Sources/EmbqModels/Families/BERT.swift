import EmbqCore

/// torch.nn.TransformerEncoderLayer as it is by default, behind the direct embedder: post-norm, ReLU, LayerNorm of
/// ε 1e-5, no mask: a [PAD] is a token as any other. Source: arXiv 2502.10001.
enum BERT: ModelFamily {
    static let modelType = "BERT"
    static var sizes: [ConfigSize] { [.layers, .heads, .inner] }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        try layers(&b, try b.directEmbedder())
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has(inProjection), !t.has("model.embedder.tok_expander.weight") else { return nil }
        var found = Recognition(BERT.self, "torch's encoder layers behind an embedder without expanders")
        found.directEmbedder(t)
        layers(&found, t)
        return found
    }

    // MARK: What NanoBERT shares

    fileprivate static let inProjection = "model.bert_layers.layers.0.self_attn.in_proj_weight"

    fileprivate static func layers(_ found: inout Recognition, _ t: TensorShapes) {
        found.layers(t, "model.bert_layers.layers.", "norm1.weight")
        found.expansion(t, "model.bert_layers.layers.0.linear1.bias")
        found.releasedHeads(2)
        found.head(t)
    }

    fileprivate static func layers(_ b: inout GraphBuilder, _ embedded: Value) throws(EmbqError) -> Value {
        var x = embedded
        let (inner, heads) = (try b.size(.inner), try b.size(.heads))
        for index in 0..<(try b.size(.layers)) { x = try layer(&b, index, x, inner: inner, heads: heads) }
        return x
    }

    private static func layer(_ b: inout GraphBuilder, _ index: Int, _ x: Value, inner: Int, heads: Int)
        throws(EmbqError) -> Value
    {
        let (point, a, width) = ("layers.\(index).", "model.bert_layers.layers.\(index).", b.config.hiddenSize)
        let expanded = "hidden_size · forward_expansion"
        let weight = try b.read(
            a + "self_attn.in_proj_weight", [3 * width, width], "3 · hidden_size, hidden_size")
        let bias = try b.read(a + "self_attn.in_proj_bias", [3 * width], "3 · hidden_size")
        let input = b.remember(point + "input", x)
        var projected: [Value] = []
        for (part, name) in ["query", "key", "value"].enumerated() {
            let rows = part * width..<(part + 1) * width
            projected.append(
                b.linear(
                    point + name, input, weight: weight[rows.lowerBound * width..<rows.upperBound * width],
                    bias: bias[rows]))
        }
        let context = b.attend(
            point + "context", queries: projected[0], keys: projected[1], values: projected[2], heads: heads,
            ignoresPad: false)
        let attention = try b.linear(point + "attention", context, a + "self_attn.out_proj", width, "hidden_size")
        let residual = b.add(point + "residual", (1, attention), (1, input))
        let norm = try b.layerNorm(point + "norm", residual, a + "norm1", epsilon: 1e-5)
        let expand = try b.linear(point + "expand", norm, a + "linear1", inner, expanded)
        let activation = b.activate(.relu, point + "activation", expand)
        let contract = try b.linear(
            point + "contract", activation, a + "linear2", width, "hidden_size", inputKeys: expanded)
        let sum = b.add(point + "sum", (1, contract), (1, norm))
        return try b.layerNorm(point + "output", sum, a + "norm2", epsilon: 1e-5)
    }
}

/// ``BERT`` behind the expanded embedder. Source: arXiv 2502.10001.
enum NanoBERT: ModelFamily {
    static let modelType = "NanoBERT"
    static var sizes: [ConfigSize] { [.reducedEmbedding] + BERT.sizes }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        try BERT.layers(&b, try b.expandedEmbedder())
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has(BERT.inProjection), t.has("model.embedder.tok_expander.weight") else { return nil }
        var found = Recognition(NanoBERT.self, "torch's encoder layers behind an embedder with expanders")
        found.expandedEmbedder(t)
        BERT.layers(&found, t)
        return found
    }
}
