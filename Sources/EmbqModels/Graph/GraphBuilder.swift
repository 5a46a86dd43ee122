package import EmbqCheckpoints
package import EmbqCore

/// Builds a family's graph from its tensors, each checked against the configuration's shapes.
///
/// The methods append a node and return its value; those that read tensors throw `.missing`, `.shapeMismatch` or
/// `.nonFinite`, naming the tensor.
package struct GraphBuilder {
    package let config: ModelConfig
    /// config.json, for the keys that only the family knows.
    package let keys: CheckpointConfig
    /// What the release has behind the transformer, of a sentence encoder.
    let sentence: SentencePipeline?
    private var reader: ParameterReader
    private var graph = ModelGraph()
    /// Tensors that several nodes read.
    private var sharedTensors: [String: [Float]] = [:]
    /// The embedder's rows and those behind each layer, where a family tells them.
    var layers: [Value] = []

    /// - Parameter teller: who says which shapes are expected, for messages; nil when no config.json does.
    init(
        _ source: any TensorSource, _ config: ModelConfig, _ keys: CheckpointConfig, toldBy teller: String?,
        sentence: SentencePipeline? = nil
    ) {
        self.config = config
        self.sentence = sentence
        self.keys = keys
        reader = ParameterReader(source, toldBy: teller)
    }

    /// The graph, when every tensor has been read.
    ///
    /// - Throws: `.unsupported` for a tensor that nobody has read.
    func finish() throws(EmbqError) -> ModelGraph {
        try reader.finish(family: config.family)
        return graph
    }

    package var path: String { reader.path }

    /// A size of the family's ``ModelFamily/sizes``.
    func size(_ size: ConfigSize) throws(EmbqError) -> Int { try size.read(keys, config) }

    package func unsupported(_ key: String, _ problem: String) -> EmbqError {
        ConfigSize.unsupported(keys, key, problem)
    }

    // MARK: Tensors

    package func has(_ tensor: String) -> Bool { reader.has(tensor) }
    /// nil where there is no such tensor.
    package func shape(_ tensor: String) -> [Int]? { reader.shape(tensor) }
    package mutating func ignore(where matches: (String) -> Bool) { reader.ignore(where: matches) }

    /// - Parameter keys: the keys of config.json behind `shape`, for the message.
    /// - Parameter integers: true if whole numbers are read too.
    package mutating func read(_ tensor: String, _ shape: [Int], _ keys: String, integers: Bool = false)
        throws(EmbqError) -> [Float]
    {
        try reader.read(tensor, shape, keys, integers: integers)
    }

    /// - Parameter isShared: true for a tensor that several nodes read.
    private mutating func read(_ tensor: String, _ shape: [Int], _ keys: String, isShared: Bool) throws(EmbqError)
        -> [Float]
    {
        if isShared, let known = sharedTensors[tensor], known.count == shape.reduce(1, *) { return known }
        let values = try read(tensor, shape, keys)
        if isShared { sharedTensors[tensor] = values }
        return values
    }

    // MARK: Layers

    /// Appends layers one on the other, and keeps their rows.
    mutating func keepLayers(
        _ embedded: Value, count: Int, _ layer: (inout GraphBuilder, Int, Value) throws(EmbqError) -> Value
    ) throws(EmbqError) -> Value {
        layers = [embedded]
        var x = embedded
        for index in 0..<count {
            x = try layer(&self, index, x)
            // The layer's own input is kept on the device; the value is the same.
            layers[index] = value(named: "layers.\(index).input") ?? layers[index]
            layers.append(x)
        }
        return x
    }

    // MARK: Nodes

    private mutating func append(_ name: String, _ operation: Operation, width: Int) -> Value {
        precondition(!graph.nodes.contains { $0.name == name }, "two nodes \(name)")
        graph.nodes.append(ModelGraph.Node(name: name, operation: operation, width: width))
        return Value(index: graph.nodes.count - 1)
    }

    func value(named name: String) -> Value? { graph.value(name) }

    package func width(_ value: Value) -> Int { graph[value].width }

    /// Tables of width r, expanded to D.
    package mutating func expandedEmbedder() throws(EmbqError) -> Value {
        let (width, e) = (config.hiddenSize, "model.embedder.")
        let r = try size(.reducedEmbedding)
        let token = try read(e + "token.weight", [config.vocabularySize, r], "vocab_size, reduced_embedding")
        let position = try positions(e + "position.weight", r, "max_length, reduced_embedding")
        let tokenExpander = try read(e + "tok_expander.weight", [width, r], "hidden_size, reduced_embedding")
        let positionExpander = try read(e + "pos_expander.weight", [width, r], "hidden_size, reduced_embedding")
        let segment = try read(e + "sentence.weight", [3, width], "3, hidden_size")
        return embed(
            Embedding(
                token: token, position: position, tokenExpander: tokenExpander, positionExpander: positionExpander,
                segment: segment, segments: .fromSeparator))
    }

    /// Tables of width D.
    package mutating func directEmbedder() throws(EmbqError) -> Value {
        let (width, e) = (config.hiddenSize, "model.embedder.")
        let token = try read(e + "token.weight", [config.vocabularySize, width], "vocab_size, hidden_size")
        let position = try positions(e + "position.weight", width, "max_length, hidden_size")
        let segment = try read(e + "sentence.weight", [3, width], "3, hidden_size")
        return embed(Embedding(token: token, position: position, segment: segment, segments: .fromSeparator))
    }

    /// The rows of a table of positions that a sentence can have.
    package mutating func positions(_ tensor: String, _ width: Int, _ keys: String) throws(EmbqError) -> [Float] {
        let table = try read(tensor, [config.positions, width], keys)
        return config.positions == config.maximumLength ? table : Array(table[..<(config.maximumLength * width)])
    }

    /// - Parameter width: of the rows; D where none is given.
    package mutating func embed(_ embedding: Embedding, width: Int? = nil) -> Value {
        append("embedder", .embed(embedding), width: width ?? config.hiddenSize)
    }

    /// - Parameter epsilon: float32's machine epsilon is what torch.nn.RMSNorm takes when it is given none.
    package mutating func rmsNorm(
        _ name: String, _ x: Value, _ tensor: String, epsilon: Float = .ulpOfOne
    ) throws(EmbqError) -> Value {
        let width = width(x)
        let gamma = try read(tensor + ".weight", [width], "hidden_size")
        let norm = Norm(kind: .rms, gamma: gamma, beta: .init(repeating: 0, count: width), epsilon: epsilon)
        return append(name, .norm(norm, of: x), width: width)
    }

    /// - Parameter names: of γ and β behind the tensor's name.
    package mutating func layerNorm(
        _ name: String, _ x: Value, _ tensor: String, epsilon: Float, names: [String] = ["weight", "bias"]
    ) throws(EmbqError) -> Value {
        let width = width(x)
        let gamma = try read("\(tensor).\(names[0])", [width], "hidden_size")
        let beta = try read("\(tensor).\(names[1])", [width], "hidden_size")
        return append(name, .norm(Norm(kind: .layer, gamma: gamma, beta: beta, epsilon: epsilon), of: x), width: width)
    }

    /// A row of one table for each position.
    package mutating func lookUp(_ name: String, _ lookup: TableLookup, width: Int) -> Value {
        append(name, .lookUp(lookup), width: width)
    }

    /// LayerNorm as the transformers library saves it: old releases call γ and β gamma and beta.
    ///
    /// - Parameter isShared: true if several layers read the same tensors.
    package mutating func releasedNorm(
        _ name: String, _ x: Value, _ tensor: String, epsilon: Float, isShared: Bool = false
    ) throws(EmbqError) -> Value {
        let (gamma, beta) = try scaleAndShift(tensor, width(x), isShared: isShared)
        return layerNorm(name, x, gamma: gamma, beta: beta, epsilon: epsilon)
    }

    /// `γ ⊙ Σ value + β`, where other models have a norm.
    package mutating func scaledSum(_ name: String, _ values: [Value], _ tensor: String) throws(EmbqError) -> Value {
        let width = width(values[0])
        let (gamma, beta) = try scaleAndShift(tensor, width, isShared: false)
        let sum = Sum(terms: values.map { Sum.Term(value: $0, factor: gamma) }, bias: beta, isNorm: true)
        return append(name, .add(sum), width: width)
    }

    private mutating func scaleAndShift(_ tensor: String, _ width: Int, isShared: Bool) throws(EmbqError)
        -> (gamma: [Float], beta: [Float])
    {
        let names = has(tensor + ".gamma") ? ["gamma", "beta"] : ["weight", "bias"]
        return (
            try read("\(tensor).\(names[0])", [width], "hidden_size", isShared: isShared),
            try read("\(tensor).\(names[1])", [width], "hidden_size", isShared: isShared)
        )
    }

    /// LayerNorm with given γ and β.
    package mutating func layerNorm(_ name: String, _ x: Value, gamma: [Float], beta: [Float], epsilon: Float) -> Value
    {
        append(name, .norm(Norm(kind: .layer, gamma: gamma, beta: beta, epsilon: epsilon), of: x), width: width(x))
    }

    /// The columns of several values, one value after another.
    package mutating func join(_ name: String, _ parts: [Value]) -> Value {
        append(name, .join(parts), width: parts.reduce(0) { $0 + width($1) })
    }

    /// A linear layer as torch saves it, `weight` and `bias`.
    ///
    /// - Parameters:
    ///   - keys: the keys behind the number of outputs; those of the inputs follow from `inputKeys`.
    ///   - isShared: true if several layers read the same tensors, which are then stored once.
    package mutating func linear(
        _ name: String, _ x: Value, _ tensor: String, _ outputs: Int, _ keys: String,
        inputKeys: String = "hidden_size", hasBias: Bool = true, isShared: Bool = false
    ) throws(EmbqError) -> Value {
        let inputs = width(x)
        let weight = try read(tensor + ".weight", [outputs, inputs], "\(keys), \(inputKeys)", isShared: isShared)
        let bias =
            hasBias
            ? try read(tensor + ".bias", [outputs], keys, isShared: isShared) : [Float](repeating: 0, count: outputs)
        let linear = Linear(
            outputs: outputs, inputs: inputs, weight: weight, bias: bias, sharedName: isShared ? tensor : nil)
        return append(name, .linear(linear, of: x), width: outputs)
    }

    /// A linear layer of some rows of a larger one.
    package mutating func linear(_ name: String, _ x: Value, weight: ArraySlice<Float>, bias: ArraySlice<Float>)
        -> Value
    {
        let linear = Linear(outputs: bias.count, inputs: width(x), weight: Array(weight), bias: Array(bias))
        return append(name, .linear(linear, of: x), width: bias.count)
    }

    /// A causal depthwise convolution as torch saves it, `weight` `[channels, 1, k]` and `bias`.
    package mutating func convolve(_ name: String, _ x: Value, _ tensor: String, channels: Int, _ keys: String)
        throws(EmbqError) -> Value
    {
        let kernel = try size(.kernel)
        let byChannel = try read(tensor + ".weight", [channels, 1, kernel], "\(keys), 1, kernel_size")
        let taps = (0..<kernel * channels).map { byChannel[$0 % channels * kernel + $0 / channels] }
        let bias = try read(tensor + ".bias", [channels], keys)
        let convolution = Convolution(kernel: kernel, channels: channels, taps: taps, bias: bias)
        return append(name, .convolve(convolution, of: x), width: channels)
    }

    package mutating func activate(_ activation: Activation, _ name: String, _ x: Value) -> Value {
        append(name, .activate(activation, of: x), width: width(x))
    }

    /// - Parameter ignoresPad: whether [PAD] is left out of the keys.
    package mutating func attend(
        _ name: String, queries: Value, keys: Value, values: Value, heads: Int = 1, ignoresPad: Bool
    ) -> Value {
        let attention = Attention(
            queries: queries, keys: keys, values: values, heads: heads,
            scale: 1 / Float(width(queries) / heads).squareRoot(), ignoresPad: ignoresPad)
        return append(name, .attend(attention), width: width(values))
    }

    /// `Σ factor · value + bias`.
    package mutating func add(_ name: String, _ terms: (Float, Value)..., bias: Float = 0) -> Value {
        let width = width(terms[0].1)
        let sum = Sum(
            terms: terms.map { Sum.Term(value: $1, factor: .init(repeating: $0, count: width)) },
            bias: .init(repeating: bias, count: width))
        return append(name, .add(sum), width: width)
    }

    package mutating func scan(_ name: String, _ scan: Scan) -> Value {
        append(name, .scan(scan), width: width(scan.input))
    }

    package mutating func multiply(_ name: String, _ a: Value, _ b: Value) -> Value {
        append(name, .multiply(a, b), width: width(a))
    }

    package mutating func slice(_ name: String, _ x: Value, _ columns: Range<Int>) -> Value {
        append(name, .slice(columns, of: x), width: columns.count)
    }

    package mutating func remember(_ name: String, _ x: Value) -> Value {
        append(name, .remember(x), width: width(x))
    }

    package mutating func pool(_ pooling: Pooling, _ name: String, _ x: Value) -> Value {
        append(name, .pool(pooling, of: x), width: width(x))
    }

    package mutating func unit(_ name: String, _ x: Value) -> Value { append(name, .unit(of: x), width: width(x)) }

    /// Appends a value's columns to the logits.
    package mutating func output(_ value: Value) { graph.outputs.append(value) }
}
