import EmbqCore

/// The expanded embedder alone, read by a pooling over positions. Source: arXiv 2502.10001.
enum NanoEmbedder: ModelFamily {
    static let modelType = "NanoEmbedder"
    static var sizes: [ConfigSize] { [.reducedEmbedding] }
    static var heads: [Head] { [.rmsClassifier, .sequenceClassifier, .pretrainingClassifier] }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value { try b.expandedEmbedder() }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has("model.embedder.tok_expander.weight"), t.onlyBody("model.embedder.") else { return nil }
        var found = Recognition(NanoEmbedder.self, "an expanded embedder and nothing else in the body")
        found.expandedEmbedder(t)
        found.head(t)
        return found
    }
}

/// The expanded embedder and one causal depthwise convolution. Source: arXiv 2502.10001.
enum NanoEmbedderConv: ModelFamily {
    static let modelType = "NanoEmbedderConv"
    static var sizes: [ConfigSize] { [.reducedEmbedding, .kernel] }
    static var heads: [Head] { NanoEmbedder.heads }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        let x = try b.expandedEmbedder()
        return try b.convolve("convolution", x, "model.conv1d", channels: b.config.hiddenSize, "hidden_size")
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has("model.embedder.tok_expander.weight"), t.has("model.conv1d.weight") else { return nil }
        var found = Recognition(NanoEmbedderConv.self, "an expanded embedder and one convolution behind it")
        found.expandedEmbedder(t)
        found.kernel(t, "model.conv1d.weight")
        found.head(t)
        return found
    }
}
