import EmbqCheckpoints
import EmbqCore

/// EmbBERT: differential attention without K and V projections. Per layer, with n = RMSNorm(x),
/// `x ← e^{λq1·λk1} · (softmax(q(n) nᵀ / √D) n Waᵀ + ba) − e^{λq2·λk2} · (SiLU(conv(n)) Wcᵀ + bc)`.
///
/// Source: Bravin et al., "EmbBERT-Q: Breaking Memory Barriers in Embedded NLP", arXiv 2502.10001.
enum EmbBERT: ModelFamily {
    static let modelType = "EmbBERT"
    static var sizes: [ConfigSize] { [.reducedEmbedding, .layers, .kernel, .channels] }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        var x = try b.expandedEmbedder()
        let inner = try b.size(.channels)
        for index in 0..<(try b.size(.layers)) { x = try layer(&b, index, x, inner: inner) }
        return x
    }

    private static func layer(_ b: inout GraphBuilder, _ index: Int, _ x: Value, inner: Int) throws(EmbqError) -> Value
    {
        let (point, a, width) = ("layers.\(index).", "model.attentions.\(index).", b.config.hiddenSize)
        let expanded = "hidden_size · forward_expansion"
        let n = try b.rmsNorm(point + "norm", x, "model.norms.\(index)")
        let q = try b.linear(point + "query", n, a + "query", width, "hidden_size")
        let context = b.attend(point + "context", queries: q, keys: n, values: n, ignoresPad: true)
        let attention = try b.linear(point + "attention", context, a + "att_output", width, "hidden_size")
        let convolution = try b.convolve(point + "convolution", n, a + "conv1d", channels: inner, expanded)
        let activation = b.activate(.silu, point + "activation", convolution)
        let contract = try b.linear(
            point + "contract", activation, a + "contract", width, "hidden_size", inputKeys: expanded)
        return b.add(point + "output", (try factor(&b, a, 1), attention), (-(try factor(&b, a, 2)), contract))
    }

    /// `e^{λq·λk}`.
    private static func factor(_ b: inout GraphBuilder, _ a: String, _ number: Int) throws(EmbqError) -> Float {
        let name = a + "lambda_q\(number)"
        let q = try b.read(name, [b.config.hiddenSize], "hidden_size")
        let k = try b.read(a + "lambda_k\(number)", [b.config.hiddenSize], "hidden_size")
        let factor = Elementary.exp(zip(q, k).reduce(0) { $0 + $1.0 * $1.1 })
        if factor.isFinite { return factor }
        throw EmbqError(
            .nonFinite, file: b.path, place: EmbqError.place(tensor: name),
            "the exponential of the lambdas' product is not finite", advice: "The weights are damaged.")
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has("model.attentions.0.lambda_q1") else { return nil }
        var found = Recognition(EmbBERT.self, "the lambda_q1 of differential attention is in no other family")
        found.expandedEmbedder(t)
        found.layers(t, "model.attentions.", "query.weight")
        found.kernel(t, "model.attentions.0.conv1d.weight")
        found.expansion(t, "model.attentions.0.conv1d.bias")
        found.head(t)
        return found
    }
}
