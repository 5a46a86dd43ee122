/// EmbBERT in fp32.
public struct EmbBERT: FloatModel {
    public let weights: EmbBERTWeights
    private let tokenExpander: PackedLinear
    private let positionExpander: PackedLinear
    private let layers: [Layer]
    private let classifier: PackedLinear

    private struct Layer: Sendable {
        let query: PackedLinear
        let attention: PackedLinear
        let contract: PackedLinear
    }

    public var config: ModelConfig { weights.config }

    public init(_ weights: EmbBERTWeights) {
        let (width, r, inner) = (
            weights.config.hiddenSize, weights.config.reducedEmbedding, weights.config.innerSize
        )
        self.weights = weights
        tokenExpander = PackedLinear(weights.tokenExpander, outputs: width, inputs: r)
        positionExpander = PackedLinear(weights.positionExpander, outputs: width, inputs: r)
        layers = weights.layers.map { layer in
            Layer(
                query: PackedLinear(layer.query, outputs: width, inputs: width, bias: layer.queryBias),
                attention: PackedLinear(layer.attention, outputs: width, inputs: width, bias: layer.attentionBias),
                contract: PackedLinear(layer.contract, outputs: width, inputs: inner, bias: layer.contractBias))
        }
        classifier = PackedLinear(
            weights.classifier, outputs: weights.config.outputs, inputs: width, bias: weights.classifierBias)
    }

    public func logits(_ batch: TokenBatch, probe: inout some ActivationProbe) -> [Float] {
        let width = config.hiddenSize
        var x = embed(batch)
        probe.observe("embedder", x, width: width)
        for index in layers.indices {
            x = run(layer: index, x, batch, &probe)
            probe.observe("layers.\(index).output", x, width: width)
        }
        var pooled: [Float] = []
        for sentence in batch.sentences {
            let start = sentence.lowerBound * width
            pooled += x[start..<start + width]
        }
        return classifier(pooled, rows: batch.sentences.count)
    }

    /// `tok_expander(token[id]) + pos_expander(position[p]) + sentence[s]`, fp32 `[tokens, D]`.
    private func embed(_ batch: TokenBatch) -> [Float] {
        let (width, r, count) = (config.hiddenSize, config.reducedEmbedding, batch.ids.count)
        var tokens: [Float] = []
        var positions: [Float] = []
        tokens.reserveCapacity(count * r)
        positions.reserveCapacity(count * r)
        for id in batch.ids { tokens += weights.token[Int(id) * r..<Int(id) * r + r] }
        for sentence in batch.sentences { positions += weights.position[0..<sentence.count * r] }
        var x = tokenExpander(tokens, rows: count)
        let p = positionExpander(positions, rows: count)
        for sentence in batch.sentences {
            var segment = 1
            for row in sentence {
                if batch.ids[row] == UInt16(ModelConfig.separatorToken) { segment = 2 }
                let table = (batch.ids[row] == UInt16(ModelConfig.padToken) ? 0 : segment) * width
                for i in 0..<width { x[row * width + i] += p[row * width + i] + weights.segment[table + i] }
            }
        }
        return x
    }

    private func run(layer index: Int, _ x: [Float], _ batch: TokenBatch, _ probe: inout some ActivationProbe)
        -> [Float]
    {
        let (width, inner, count) = (config.hiddenSize, config.innerSize, batch.ids.count)
        let layer = weights.layers[index]
        let point = "layers.\(index)."

        let n = FloatKernels.rmsNorm(x, gamma: layer.gamma, epsilon: FloatKernels.machineEpsilon)
        probe.observe(point + "norm", n, width: width)

        let queries = layers[index].query(n, rows: count)
        probe.observe(point + "query", queries, width: width)
        var context = [Float](repeating: 0, count: count * width)
        for sentence in batch.sentences {
            FloatKernels.attend(
                queries: queries, rows: n, ids: batch.ids, sentence: sentence, width: width,
                scale: weights.scoreScale, into: &context)
        }
        probe.observe(point + "context", context, width: width)
        var output = layers[index].attention(context, rows: count)

        var hidden = [Float](repeating: 0, count: count * inner)
        for sentence in batch.sentences {
            FloatKernels.convolve(
                n, taps: layer.taps, bias: layer.tapsBias, sentence: sentence, width: width, into: &hidden)
        }
        probe.observe(point + "convolution", hidden, width: inner)
        for i in hidden.indices { hidden[i] = FloatKernels.silu(hidden[i]) }
        probe.observe(point + "activation", hidden, width: inner)
        let contracted = layers[index].contract(hidden, rows: count)

        for i in output.indices { output[i] = layer.gain * output[i] - layer.loss * contracted[i] }
        return output
    }
}
