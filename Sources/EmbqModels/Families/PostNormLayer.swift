import EmbqCore

/// The encoder layer that BERT and most of its successors have: attention and two linear layers, each with a residual and
/// a LayerNorm behind it.
struct PostNormLayer {
    /// What the layer's tensors are called behind its own name.
    struct Names: Sendable {
        var query = "attention.self.query"
        var key = "attention.self.key"
        var value = "attention.self.value"
        var attention = "attention.output.dense"
        var attentionNorm = "attention.output.LayerNorm"
        var expand = "intermediate.dense"
        var contract = "output.dense"
        var outputNorm = "output.LayerNorm"

        var all: [String] { [query, key, value, attention, attentionNorm, expand, contract, outputNorm] }
    }

    let names: Names
    /// The keys of config.json for messages.
    var widthKey: String
    var innerKey: String
    var inner: Int
    var heads: Int
    var activation: Activation
    var epsilon: Float
    /// True if several layers read the same tensors.
    var isShared = false

    /// - Throws: what config.json lacks.
    init(_ b: GraphBuilder, _ family: (some TransformersFamily).Type) throws(EmbqError) {
        let names = family.names
        self.names = family.layerNames
        widthKey = names.widthKey
        innerKey = names.innerKey
        inner = try b.size(.inner(names))
        heads = try b.size(.heads(names))
        activation = try Activation(b.keys, names.activationKey)
        epsilon = try family.epsilon(b)
    }

    /// Appends a layer.
    ///
    /// - Parameter a: what stands before the layer's tensors.
    func build(_ b: inout GraphBuilder, _ index: Int, _ x: Value, _ a: String) throws(EmbqError) -> Value {
        let point = "layers.\(index)."
        let width = b.config.hiddenSize
        let input = b.remember(point + "input", x)
        let query = try linear(&b, point + "query", input, a + names.query, width, widthKey)
        let key = try linear(&b, point + "key", input, a + names.key, width, widthKey)
        let value = try linear(&b, point + "value", input, a + names.value, width, widthKey)
        let context = b.attend(
            point + "context", queries: query, keys: key, values: value, heads: heads, ignoresPad: false)
        let attention = try linear(&b, point + "attention", context, a + names.attention, width, widthKey)
        let residual = b.add(point + "residual", (1, attention), (1, input))
        let middle = try norm(&b, point + "norm", residual, a + names.attentionNorm)
        let expand = try linear(&b, point + "expand", middle, a + names.expand, inner, innerKey)
        let activated = b.activate(activation, point + "activation", expand)
        let contract = try linear(
            &b, point + "contract", activated, a + names.contract, width, widthKey, inputKeys: innerKey)
        let sum = b.add(point + "sum", (1, contract), (1, middle))
        return try norm(&b, point + "output", sum, a + names.outputNorm)
    }

    private func linear(
        _ b: inout GraphBuilder, _ name: String, _ x: Value, _ tensor: String, _ outputs: Int, _ keys: String,
        inputKeys: String? = nil
    ) throws(EmbqError) -> Value {
        try b.linear(name, x, tensor, outputs, keys, inputKeys: inputKeys ?? widthKey, isShared: isShared)
    }

    private func norm(_ b: inout GraphBuilder, _ name: String, _ x: Value, _ tensor: String) throws(EmbqError)
        -> Value
    {
        try b.releasedNorm(name, x, tensor, epsilon: epsilon, isShared: isShared)
    }
}
