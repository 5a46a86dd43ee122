import EmbqCheckpoints
import EmbqCore

/// Builds what a sentence encoder has behind its transformer: the modules of the release.
struct SentenceHead {
    let pipeline: SentencePipeline
    /// Tokens that poolings leave out where the release asks for it: [CLS] and the prompt's.
    let promptTokens: Int
    private var tokens: Value
    private var sentence: Value?
    /// The embedder's rows and those behind each layer.
    private let layers: [Value]
    private let family: any ModelFamily.Type

    /// - Parameters:
    ///   - body: the rows behind the last layer.
    ///   - layers: the embedder's rows, then those behind each layer.
    ///   - family: what the transformer is.
    init(
        _ pipeline: SentencePipeline, promptTokens: Int, body: Value, layers: [Value], family: any ModelFamily.Type
    ) {
        self.pipeline = pipeline
        self.promptTokens = promptTokens
        self.layers = layers
        self.family = family
        tokens = body
    }

    /// Appends the modules' nodes and the output.
    ///
    /// - Throws: `.shapeMismatch` for a module of another width, `.unsupported` for a layer that is not there.
    mutating func build(_ b: inout GraphBuilder) throws(EmbqError) {
        try start(&b)
        for (index, module) in pipeline.modules.enumerated() {
            switch module {
            case .pooling(let pooling): sentence = pool(&b, pooling, index)
            case .dense(let dense):
                let value = try self.dense(&b, dense, current(dense.onTokens, dense.name, b))
                if dense.onTokens { tokens = value } else { sentence = value }
            case .normalize(let onTokens):
                let value = b.unit(unitName(index, onTokens), try current(onTokens, "Normalize", b))
                if onTokens { tokens = value } else { sentence = value }
            case .layerNorm(let norm):
                let x = try current(false, norm.name, b)
                try requireWidth(norm.gamma.count, of: x, norm.name, b)
                sentence = b.layerNorm(norm.name, x, gamma: norm.gamma, beta: norm.beta, epsilon: 1e-5)
            case .weightedLayers(let weighted): try weigh(&b, weighted)
            }
        }
        var output = try current(false, "the sentence", b)
        if let width = pipeline.truncatedWidth, width < b.width(output) {
            output = b.slice("truncated", output, 0..<width)
        }
        b.output(output)
    }

    /// The last one gives the embedding.
    private func unitName(_ index: Int, _ onTokens: Bool) -> String {
        index == pipeline.modules.count - 1 && !onTokens ? "embedding" : Self.name(index, "normalize")
    }

    private static func name(_ index: Int, _ word: String) -> String { "modules.\(index).\(word)" }

    private func current(_ onTokens: Bool, _ name: String, _ b: GraphBuilder) throws(EmbqError) -> Value {
        if onTokens { return tokens }
        if let sentence { return sentence }
        throw EmbqError(
            .unsupported, file: b.path, place: "'\(name)'", "there is no sentence that it could read",
            advice: "Use the folder as sentence-transformers saved it.")
    }

    private func requireWidth(_ width: Int, of x: Value, _ name: String, _ b: GraphBuilder) throws(EmbqError) {
        guard b.width(x) != width else { return }
        throw EmbqError(
            .shapeMismatch, file: pipeline.moduleConfig(name), place: "'in_features'",
            "\(width): the vectors that come in have \(b.width(x)) numbers",
            advice: "Use the folder as sentence-transformers saved it.")
    }

    // MARK: What the transformer gives

    private mutating func start(_ b: inout GraphBuilder) throws(EmbqError) {
        switch pipeline.output {
        case .tokens: break
        case .hidden(let index):
            let place = index < 0 ? layers.count + index : index
            guard layers.indices.contains(place) else {
                throw EmbqError(
                    .unsupported, file: b.path, place: "'method_output_name'",
                    "there is no hidden state \(index): there are \(layers.count)",
                    advice: "Use the folder as sentence-transformers saved it.")
            }
            tokens = layers[place]
        case .pooler:
            guard let row = try family.pooler(&b, tokens) else {
                throw EmbqError(
                    .unsupported, file: b.path, place: "'method_output_name'",
                    "pooler_output is asked for, and \(b.config.family) has no pooler",
                    advice: "Use the folder as sentence-transformers saved it.")
            }
            sentence = row
        }
    }

    private mutating func weigh(_ b: inout GraphBuilder, _ module: WeightedLayersModule) throws(EmbqError) {
        // Without this key the transformer gives no hidden states, and the module gives back its input.
        guard try b.keys.bool("output_hidden_states", default: false) else { return }
        guard layers.count == module.start + module.weights.count else {
            throw EmbqError(
                .shapeMismatch, file: pipeline.moduleConfig(module.name), place: "'num_hidden_layers'",
                "\(module.start + module.weights.count - 1): the transformer has \(layers.count - 1) layers",
                advice: "Use the folder as sentence-transformers saved it.")
        }
        var (sum, factor) = (layers[module.start], module.weights[0])
        for (offset, weight) in module.weights.enumerated().dropFirst() {
            let name = "\(module.name).\(module.start + offset)"
            sum = b.add(name, (factor, sum), (weight, layers[module.start + offset]))
            factor = 1
        }
        if module.weights.count == 1 { sum = b.add("\(module.name).\(module.start)", (factor, sum)) }
        tokens = sum
    }

    // MARK: Modules

    private func pool(_ b: inout GraphBuilder, _ module: PoolingModule, _ index: Int) -> Value {
        let skipped = module.includesPrompt ? 0 : promptTokens
        let pooled = module.modes.enumerated().map { (place, mode) in
            let isPlain = module.modes.count == 1 && sentence == nil
            let name = isPlain ? "pooled" : Self.name(index, "\(mode.rawValue).\(place)")
            let kind = Pooling(mode)
            return b.pool(skipped == 0 || kind == .last ? kind : .behind(skipped, kind), name, tokens)
        }
        return pooled.count == 1 ? pooled[0] : b.join(Self.name(index, "joined"), pooled)
    }

    private func dense(_ b: inout GraphBuilder, _ module: DenseModule, _ x: Value) throws(EmbqError) -> Value {
        try requireWidth(module.inputs, of: x, module.name, b)
        // σ(z) = ½ + ½ tanh(z / 2).
        let isSigmoid = module.activation == .sigmoid
        let half: Float = isSigmoid ? 0.5 : 1
        let linear = b.linear(
            "\(module.name).linear", x, weight: module.weight.map { $0 * half }[...],
            bias: module.bias.map { $0 * half }[...])
        var y = linear
        if let activation = module.activation.kind {
            y = b.activate(activation, "\(module.name).activation", linear)
        }
        if isSigmoid { y = b.add("\(module.name).sigmoid", (0.5, y), bias: 0.5) }
        switch module.residual {
        case .none: return y
        case .input: return b.add("\(module.name).sum", (1, y), (1, x))
        case .projected(let matrix):
            let zeros = [Float](repeating: 0, count: module.outputs)
            let projected = b.linear("\(module.name).residual", x, weight: matrix[...], bias: zeros[...])
            return b.add("\(module.name).sum", (1, y), (1, projected))
        }
    }
}

extension Pooling {
    init(_ mode: PoolingModule.Mode) {
        self =
            switch mode {
            case .cls: .first
            case .max: .max
            case .mean: .mean
            case .meanSqrtLength: .rootMean
            case .weightedMean: .weightedMean
            case .last: .last
            }
    }
}

extension DenseModule.Activation {
    /// nil where nothing is done; the tanh of a sigmoid.
    fileprivate var kind: Activation? {
        switch self {
        case .identity: nil
        case .tanh, .sigmoid: .tanh
        case .relu: .relu
        case .gelu: .gelu
        case .silu: .silu
        case .softplus: .softplus
        }
    }
}

extension SentencePipeline {
    /// The configuration of a module, for errors.
    fileprivate func moduleConfig(_ name: String) -> String {
        inputs.first { $0.hasSuffix("\(name)/config.json") } ?? name
    }
}
