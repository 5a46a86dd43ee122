public import Checkpoints
public import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The parameters of an EmbBERT body with its classifier, fp32, row-major.
///
/// Differential attention without K and V projections: per layer `n = RMSNorm(x)`,
/// `x ← e^{λq1·λk1} · (softmax(q(n) nᵀ · scale) n Waᵀ + ba) − e^{λq2·λk2} · (SiLU(conv(n)) Wcᵀ + bc)`.
///
/// Source: Bravin et al., "EmbBERT-Q: Breaking Memory Barriers in Embedded NLP", arXiv 2502.10001.
public struct EmbBERTWeights: Sendable {
    public struct Layer: Sendable {
        /// γ of the norm, `[D]`.
        public var gamma: [Float]
        /// `[D, D]` and `[D]`.
        public var query: [Float]
        public var queryBias: [Float]
        /// att_output, `[D, D]` and `[D]`.
        public var attention: [Float]
        public var attentionBias: [Float]
        /// conv1d by tap, `[k, E]`, and `[E]`.
        public var taps: [Float]
        public var tapsBias: [Float]
        /// `[D, E]` and `[D]`.
        public var contract: [Float]
        public var contractBias: [Float]
        /// `e^{λq1·λk1}`, the attention branch's factor.
        public var gain: Float
        /// `e^{λq2·λk2}`, the convolution branch's factor, which is subtracted.
        public var loss: Float
    }

    public let config: ModelConfig
    /// `[V, r]`, `[max_length, r]`.
    public var token: [Float]
    public var position: [Float]
    /// `[D, r]` each.
    public var tokenExpander: [Float]
    public var positionExpander: [Float]
    /// `[3, D]`: [PAD], first segment, second segment.
    public var segment: [Float]
    public var layers: [Layer]
    /// `[C, D]` and `[C]`.
    public var classifier: [Float]
    public var classifierBias: [Float]
    /// Factor of the scores before the softmax.
    public var scoreScale: Float

    /// Parameters of the body: everything but the classifier.
    public static func bodyParameters(_ source: any TensorSource) -> Int {
        source.tensors.filter { $0.name.hasPrefix("model.") }.reduce(0) { $0 + ($1.shape.checkedProduct ?? 0) }
    }

    /// Loads the released tensors, with every shape checked against the configuration.
    ///
    /// - Throws: `.missing`, `.shapeMismatch` or `.nonFinite`, naming the tensor; `.unsupported` for a tensor that
    ///   does not belong to the family.
    public init(_ checkpoint: Checkpoint, config: ModelConfig) throws(EmbqError) {
        self.config = config
        var reader = ParameterReader(checkpoint.source)
        let (width, r, inner) = (config.hiddenSize, config.reducedEmbedding, config.innerSize)
        let e = "model.embedder."
        token = try reader.read(
            e + "token.weight", [config.vocabularySize, r], "vocab_size, reduced_embedding")
        position = try reader.read(e + "position.weight", [config.maximumLength, r], "max_length, reduced_embedding")
        tokenExpander = try reader.read(e + "tok_expander.weight", [width, r], "hidden_size, reduced_embedding")
        positionExpander = try reader.read(e + "pos_expander.weight", [width, r], "hidden_size, reduced_embedding")
        segment = try reader.read(e + "sentence.weight", [3, width], "3, hidden_size")
        layers = []
        for index in 0..<config.layers {
            layers.append(
                try Layer(&reader, index: index, width: width, inner: inner, kernel: config.kernelSize))
        }
        classifier = try reader.read("classifier.weight", [config.outputs, width], "number of labels, hidden_size")
        classifierBias = try reader.read("classifier.bias", [config.outputs], "number of labels")
        scoreScale = 1 / Float(width).squareRoot()
        try reader.finish(family: config.family)
    }
}

extension EmbBERTWeights.Layer {
    fileprivate init(_ reader: inout ParameterReader, index: Int, width: Int, inner: Int, kernel: Int)
        throws(EmbqError)
    {
        let square = [width, width]
        let a = "model.attentions.\(index)."
        gamma = try reader.read("model.norms.\(index).weight", [width], "hidden_size")
        query = try reader.read(a + "query.weight", square, "hidden_size, hidden_size")
        queryBias = try reader.read(a + "query.bias", [width], "hidden_size")
        attention = try reader.read(a + "att_output.weight", square, "hidden_size, hidden_size")
        attentionBias = try reader.read(a + "att_output.bias", [width], "hidden_size")
        let byChannel = try reader.read(
            a + "conv1d.weight", [inner, 1, kernel], "hidden_size · forward_expansion, 1, kernel_size")
        taps = (0..<kernel * inner).map { byChannel[$0 % inner * kernel + $0 / inner] }
        tapsBias = try reader.read(a + "conv1d.bias", [inner], "hidden_size · forward_expansion")
        contract = try reader.read(
            a + "contract.weight", [width, inner], "hidden_size, hidden_size · forward_expansion")
        contractBias = try reader.read(a + "contract.bias", [width], "hidden_size")
        /// `e^{λq·λk}`.
        func factor(_ number: Int) throws(EmbqError) -> Float {
            let name = a + "lambda_q\(number)"
            let q = try reader.read(name, [width], "hidden_size")
            let k = try reader.read(a + "lambda_k\(number)", [width], "hidden_size")
            let factor = expf(zip(q, k).reduce(0) { $0 + $1.0 * $1.1 })
            if factor.isFinite { return factor }
            throw EmbqError(
                .nonFinite, file: reader.path, place: EmbqError.place(tensor: name),
                "the exponential of the lambdas' product is not finite", advice: "The weights are damaged.")
        }
        gain = try factor(1)
        loss = try factor(2)
    }
}

extension EmbBERTWeights {
    /// The same function with every constant folded that a weight can take:
    /// γ into the norm's readers, the λ exponentials into `att_output` and `contract`, the score scale into the query.
    ///
    /// With n̂ = n/γ: q·n = (γ ⊙ q)·n̂, so the query takes γ on both sides; the attention's mean of n is γ ⊙ the mean
    /// of n̂, so `att_output` takes γ on its columns; the convolution takes γ by channel.
    public func folded() -> EmbBERTWeights {
        var copy = self
        let width = config.hiddenSize
        let inner = config.innerSize
        for index in layers.indices {
            let layer = layers[index]
            for row in 0..<width {
                let left = layer.gamma[row] * scoreScale
                copy.layers[index].queryBias[row] *= left
                copy.layers[index].attentionBias[row] *= layer.gain
                copy.layers[index].contractBias[row] *= -layer.loss
                for column in 0..<width {
                    copy.layers[index].query[row * width + column] *= left * layer.gamma[column]
                    copy.layers[index].attention[row * width + column] *= layer.gain * layer.gamma[column]
                }
                for column in 0..<inner { copy.layers[index].contract[row * inner + column] *= -layer.loss }
            }
            for i in layer.taps.indices {
                copy.layers[index].taps[i] *= layer.gamma[i % inner / (inner / width)]
            }
            copy.layers[index].gamma = [Float](repeating: 1, count: width)
            copy.layers[index].gain = 1
            copy.layers[index].loss = -1
        }
        copy.scoreScale = 1
        return copy
    }
}
