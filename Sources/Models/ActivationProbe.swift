/// Looks at activations while a model runs: observers that calibrate, tests that compare.
public protocol ActivationProbe {
    /// Called once for each point and batch.
    ///
    /// - Parameters:
    ///   - point: `embedder`, `layers.0.norm`, `layers.0.output`, …; see ``FloatModel/quantizedPoints``.
    ///   - values: fp32 `[tokens, width]`, real tokens only.
    mutating func observe(_ point: String, _ values: [Float], width: Int)
}

/// Looks at nothing.
public struct NoProbe: ActivationProbe {
    public init() {}
    public mutating func observe(_ point: String, _ values: [Float], width: Int) {}
}

/// A model that runs in fp32: the truth that calibration measures and accuracy is compared with.
public protocol FloatModel: Sendable {
    var config: ModelConfig { get }
    /// Runs a batch.
    ///
    /// - Returns: logits, fp32 `[sentences, outputs]`. A sentence's logits do not depend on its neighbours in the batch.
    func logits(_ batch: TokenBatch, probe: inout some ActivationProbe) -> [Float]
}
