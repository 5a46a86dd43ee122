public import Checkpoints
public import Models
public import TensorCore

/// A loaded model as the pipeline handles it, whatever its family.
public protocol QuantizableModel: Sendable {
    var config: ModelConfig { get }
    /// The model as released, in fp32.
    var released: any FloatModel { get }
    /// The same function in the form that is quantized: constants folded into the weights.
    var folded: any FloatModel { get }
    /// The points whose ranges calibration must know, in order.
    var points: [String] { get }
    /// Turns the model into integers.
    func quantize(_ profile: CalibrationProfile, observer: any RangeObserver) throws(EmbqError) -> QuantizedModel
}

/// Loads a checkpoint's family. A new family is a file of its own and a case here.
public enum ModelFamilies {
    /// - Throws: what the configuration or the tensors lack, naming the key or the tensor.
    public static func load(_ checkpoint: Checkpoint) throws(EmbqError) -> any QuantizableModel {
        let config = try ModelConfig(checkpoint)
        switch config.family {
        case .embBERT: return QuantizableEmbBERT(try EmbBERTWeights(checkpoint, config: config))
        }
    }
}

/// EmbBERT, ready for each stage.
struct QuantizableEmbBERT: QuantizableModel {
    private let weights: EmbBERTWeights

    init(_ weights: EmbBERTWeights) { self.weights = weights }

    var config: ModelConfig { weights.config }
    var released: any FloatModel { EmbBERT(weights) }
    var folded: any FloatModel { EmbBERT(weights.folded()) }
    var points: [String] { EmbBERTQuantizer.points(config) }

    func quantize(_ profile: CalibrationProfile, observer: any RangeObserver) throws(EmbqError) -> QuantizedModel {
        try EmbBERTQuantizer.quantize(folded: weights.folded(), profile: profile, observer: observer)
    }
}
