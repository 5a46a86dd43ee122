import EmbqCore

/// Attention without K and V projections, then a SiLU feed-forward; the residuals are of the normed rows. Per layer, with
/// n = RMSNorm(x): `x ← softmax(q(n) nᵀ / √D) n Woᵀ + bo + n`, then with m = RMSNorm(x): `x ← W₂ SiLU(W₀ m) + m`.
///
/// Source: arXiv 2502.10001.
enum BERTEfficient: ModelFamily {
    static let modelType = "BERTEfficient"
    static var sizes: [ConfigSize] { [.layers, .inner] }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        try layers(&b, try b.directEmbedder())
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has(output), !t.has("model.embedder.tok_expander.weight") else { return nil }
        var found = Recognition(
            BERTEfficient.self, "attentions with an output_linear behind an embedder without expanders")
        found.directEmbedder(t)
        layers(&found, t)
        return found
    }

    // MARK: What NanoBERTEfficient shares

    fileprivate static let output = "model.attentions.0.output_linear.weight"

    fileprivate static func layers(_ found: inout Recognition, _ t: TensorShapes) {
        found.layers(t, "model.attentions.", "query.weight")
        found.expansion(t, "model.feed_forward.0.0.bias")
        found.head(t)
    }

    fileprivate static func layers(_ b: inout GraphBuilder, _ embedded: Value) throws(EmbqError) -> Value {
        var x = embedded
        let inner = try b.size(.inner)
        for index in 0..<(try b.size(.layers)) { x = try layer(&b, index, x, inner: inner) }
        return x
    }

    private static func layer(_ b: inout GraphBuilder, _ index: Int, _ x: Value, inner: Int) throws(EmbqError) -> Value
    {
        let (point, width, expanded) = ("layers.\(index).", b.config.hiddenSize, "hidden_size · forward_expansion")
        let (attentions, forward) = ("model.attentions.\(index).", "model.feed_forward.\(index).")
        let n = b.remember(point + "input", try b.rmsNorm(point + "norm", x, "model.pre_norms.\(index)"))
        let q = try b.linear(point + "query", n, attentions + "query", width, "hidden_size")
        let context = b.attend(point + "context", queries: q, keys: n, values: n, ignoresPad: true)
        let attention = try b.linear(
            point + "attention", context, attentions + "output_linear", width, "hidden_size")
        let residual = b.add(point + "residual", (1, attention), (1, n))
        let m = try b.rmsNorm(point + "post_norm", residual, "model.post_norms.\(index)")
        let expand = try b.linear(point + "expand", m, forward + "0", inner, expanded)
        let activation = b.activate(.silu, point + "activation", expand)
        let contract = try b.linear(
            point + "contract", activation, forward + "2", width, "hidden_size", inputKeys: expanded)
        return b.add(point + "output", (1, contract), (1, m))
    }
}

/// ``BERTEfficient`` behind the expanded embedder. Source: arXiv 2502.10001.
enum NanoBERTEfficient: ModelFamily {
    static let modelType = "NanoBERTEfficient"
    static var sizes: [ConfigSize] { [.reducedEmbedding] + BERTEfficient.sizes }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        try BERTEfficient.layers(&b, try b.expandedEmbedder())
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has(BERTEfficient.output), t.has("model.embedder.tok_expander.weight") else { return nil }
        var found = Recognition(
            NanoBERTEfficient.self, "attentions with an output_linear behind an embedder with expanders")
        found.expandedEmbedder(t)
        BERTEfficient.layers(&found, t)
        return found
    }
}
