import EmbqCheckpoints
import EmbqCore

/// MobileBERT: many narrow layers between bottlenecks, an embedder that sees both neighbours of a token, and a norm that
/// only multiplies and adds.
///
/// Source: https://github.com/huggingface/transformers, models/mobilebert/modeling_mobilebert.py; Z. Sun et al.,
/// "MobileBERT: a Compact Task-Agnostic BERT for Resource-Limited Devices", arXiv 2004.02984.
enum MobileBERT: TransformersFamily {
    static let modelType = "mobilebert"
    static let name = "MobileBERT"
    static var keys: KnownKeys { ConfigKeys.mobileBERT }
    static let names = TransformersNames(
        stem: "mobilebert", classStem: "MobileBert",
        otherHeads: ["ForMaskedLM", "ForNextSentencePrediction", "ForPreTraining"],
        headsKey: .init(name: "num_attention_heads", usual: 4), activationKey: .init(name: "hidden_act", usual: "relu"))
    static var sizes: [ConfigSize] {
        [.layers(names), .mobileHeads, .inner(names), .tokenTypes, .embedding, .bottleneck, .feedForwards]
    }

    // MARK: Embedder

    /// `W [e(p + 1), e(p), e(p − 1)] + position + type`, of which rows outside the sentence are 0.
    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        let e = prefix + "embeddings."
        let (width, narrow) = (b.config.hiddenSize, try b.size(.embedding))
        let table = try b.read(
            e + "word_embeddings.weight", [b.config.vocabularySize, narrow], "vocab_size, embedding_size")
        let places = TransformersEmbedder(Self.self, width: width, widthKey: widthKey)
        let (position, types) = (try places.positions(&b, e), try places.types(&b, e))
        let isTrigram = try b.keys.bool("trigram_input", default: true)
        guard isTrigram || narrow != width else {
            // The library makes the matrix all the same, and does not use it.
            b.ignore { $0.hasPrefix(e + "embedding_transformation.") }
            let sum = b.embed(Embedding(token: table, position: position, segment: types, segments: .byTemplate))
            return try norm(&b, "embedder.norm", sum, nil, e + "LayerNorm", epsilon: 1e-5)
        }
        let indices: [TableLookup.Index] = isTrigram ? [.nextToken, .token, .previousToken] : [.token]
        let inputs = indices.count * narrow
        let weight = try b.read(
            e + "embedding_transformation.weight", [width, inputs],
            isTrigram ? "hidden_size, 3 · embedding_size" : "hidden_size, embedding_size")
        let bias = try b.read(e + "embedding_transformation.bias", [width], widthKey)
        let place = b.lookUp("embedder.position", TableLookup(.position, position, name: "position"), width: width)
        let type = b.lookUp("embedder.type", TableLookup(.type, types, name: "type"), width: width)
        var x = b.add("embedder.places", (1, place), (1, type))
        for (part, index) in indices.enumerated() {
            let point = "embedder.\(index.rawValue)"
            let rows = b.lookUp(point, TableLookup(index, table, name: "token"), width: narrow)
            let columns = (0..<width).flatMap { (row: Int) -> ArraySlice<Float> in
                let start = row * inputs + part * narrow
                return weight[start..<start + narrow]
            }
            let zeros = [Float](repeating: 0, count: width)
            let product = b.linear(
                point + ".product", rows, weight: columns[...], bias: index == .token ? bias[...] : zeros[...])
            x = b.add(point + ".sum", (1, product), (1, x))
        }
        return try norm(&b, "embedder.norm", x, nil, e + "LayerNorm", epsilon: 1e-5)
    }

    // MARK: Layers

    static func layers(_ b: inout GraphBuilder, _ prefix: String, _ embedded: Value) throws(EmbqError) -> Value {
        try b.keepLayers(embedded, count: try b.size(.layers(names))) { b, index, x throws(EmbqError) in
            try layer(&b, "layers.\(index).", "\(prefix)encoder.layer.\(index).", x)
        }
    }

    private static func layer(_ b: inout GraphBuilder, _ point: String, _ a: String, _ x: Value) throws(EmbqError)
        -> Value
    {
        let (width, inner) = (b.config.hiddenSize, try b.size(.inner(names)))
        let hasBottleneck = try b.keys.bool("use_bottleneck", default: true)
        let narrow = hasBottleneck ? try b.size(.bottleneck) : width
        let function = try Activation(b.keys, names.activationKey)
        let epsilon = try epsilon(b)
        let input = b.remember(point + "input", x)
        let (shared, values, start) =
            hasBottleneck ? try bottleneck(&b, point, a + "bottleneck.", input) : (input, input, input)
        var row = try attention(&b, point, a + "attention.", shared, values, start, narrow)
        for index in 0..<(try b.size(.feedForwards)) - 1 {
            let (name, tensor) = (point + "ffn.\(index).", a + "ffn.\(index).")
            row = try feedForward(&b, name, tensor, row, inner, narrow, function, epsilon)
        }
        // The library gives this norm no ε of config.json.
        row = try feedForward(&b, point, a, row, inner, narrow, function, 1e-5)
        guard hasBottleneck else { return row }
        let wide = try b.linear(
            point + "widen", row, a + "output.bottleneck.dense", width, widthKey, inputKeys: "intra_bottleneck_size")
        return try norm(&b, point + "output", wide, input, a + "output.bottleneck.LayerNorm", epsilon: epsilon)
    }

    /// What queries and keys, values, and the residual are made of.
    private static func bottleneck(_ b: inout GraphBuilder, _ point: String, _ a: String, _ x: Value)
        throws(EmbqError) -> (shared: Value, values: Value, residual: Value)
    {
        let residual = try narrowed(&b, point + "narrow", a + "input.", x)
        let sharesAll = try b.keys.bool("use_bottleneck_attention", default: false)
        let sharesPart = try b.keys.bool("key_query_shared_bottleneck", default: true)
        // With this key the layer has a second bottleneck, even where nothing reads it.
        if sharesAll {
            b.ignore { $0.hasPrefix(a + "attention.") }
            return (residual, residual, residual)
        }
        return (sharesPart ? try narrowed(&b, point + "shared", a + "attention.", x) : x, x, residual)
    }

    private static func narrowed(_ b: inout GraphBuilder, _ point: String, _ a: String, _ x: Value)
        throws(EmbqError) -> Value
    {
        let dense = try b.linear(
            point + ".dense", x, a + "dense", try b.size(.bottleneck), "intra_bottleneck_size", inputKeys: widthKey)
        return try norm(&b, point, dense, nil, a + "LayerNorm", epsilon: epsilon(b))
    }

    private static func attention(
        _ b: inout GraphBuilder, _ point: String, _ a: String, _ shared: Value, _ values: Value, _ residual: Value,
        _ narrow: Int
    ) throws(EmbqError) -> Value {
        func project(_ name: String, _ x: Value) throws(EmbqError) -> Value {
            try b.linear(point + name, x, a + "self." + name, narrow, "intra_bottleneck_size", inputKeys: widthKey)
        }
        let (query, key, value) = (
            try project("query", shared), try project("key", shared), try project("value", values)
        )
        let context = b.attend(
            point + "context", queries: query, keys: key, values: value, heads: try b.size(.mobileHeads),
            ignoresPad: false)
        let dense = try b.linear(
            point + "attention", context, a + "output.dense", narrow, "intra_bottleneck_size",
            inputKeys: "intra_bottleneck_size")
        return try norm(&b, point + "norm", dense, residual, a + "output.LayerNorm", epsilon: epsilon(b))
    }

    private static func feedForward(
        _ b: inout GraphBuilder, _ point: String, _ a: String, _ x: Value, _ inner: Int, _ narrow: Int,
        _ function: Activation, _ epsilon: Float
    ) throws(EmbqError) -> Value {
        let expand = try b.linear(
            point + "expand", x, a + "intermediate.dense", inner, names.innerKey, inputKeys: "intra_bottleneck_size")
        let activated = b.activate(function, point + "activation", expand)
        let contract = try b.linear(
            point + "contract", activated, a + "output.dense", narrow, "intra_bottleneck_size",
            inputKeys: names.innerKey)
        return try norm(&b, point + "middle", contract, x, a + "output.LayerNorm", epsilon: epsilon)
    }

    /// The norm of one row or of the sum of two: `γ ⊙ x + β`, or a LayerNorm.
    private static func norm(
        _ b: inout GraphBuilder, _ name: String, _ x: Value, _ y: Value?, _ tensor: String, epsilon: Float
    ) throws(EmbqError) -> Value {
        if try b.keys.string("normalization_type", default: "no_norm") == "no_norm" {
            return try b.scaledSum(name, y.map { [x, $0] } ?? [x], tensor)
        }
        let sum = y.map { b.add(name + ".sum", (1, x), (1, $0)) } ?? x
        return try b.releasedNorm(name, sum, tensor, epsilon: epsilon)
    }

    // MARK: Head

    /// Position 0 as it is without `classifier_activation`.
    static func pooler(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value? {
        let first = b.pool(.first, "first", body)
        guard try b.keys.bool("classifier_activation", default: true) else { return first }
        let dense = try b.linear("pooler", first, prefix(b) + "pooler.dense", b.config.hiddenSize, widthKey)
        return b.activate(.tanh, "pooled", dense)
    }

    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool {
        !prefix.isEmpty || t.has("embeddings.embedding_transformation.weight")
    }

    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        found.set(widthKey, t[prefix + "embeddings.LayerNorm.weight", 0, of: 1])
        found.set("embedding_size", t[prefix + "embeddings.word_embeddings.weight", 1, of: 2])
        found.layers(t, prefix + names.layers, names.layerMark)
        found.set(names.innerKey, t["\(prefix)\(names.layers)0.intermediate.dense.bias", 0, of: 1])
        found.set("intra_bottleneck_size", t["\(prefix)\(names.layers)0.\(names.layerMark)", 0, of: 2])
        found.set("num_feedforward_networks", t.count("\(prefix)\(names.layers)0.ffn.", "output.dense.weight") + 1)
    }
}
