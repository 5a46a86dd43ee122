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

extension ModelFamilies {
    /// - Throws: what the configuration or the tensors lack, naming the key or the tensor.
    public static func load(_ checkpoint: Checkpoint) throws(EmbqError) -> any QuantizableModel {
        let (config, graph) = try graph(checkpoint)
        return QuantizableGraph(config: config, graph: graph)
    }
}

/// A graph, ready for each stage.
struct QuantizableGraph: QuantizableModel {
    let config: ModelConfig
    let graph: ModelGraph

    var released: any FloatModel { GraphInterpreter(graph, config: config) }
    var folded: any FloatModel { GraphInterpreter(graph.folded(), config: config) }
    var points: [String] {
        EmbBERTQuantizer.points(layers: graph.nodes.filter { $0.name.hasSuffix(".norm") }.count)
    }

    func quantize(_ profile: CalibrationProfile, observer: any RangeObserver) throws(EmbqError) -> QuantizedModel {
        guard config.family == "EmbBERT", config.head == .sequenceClassifier else {
            throw EmbqError(
                .unsupported, "the family \(config.family) with the head \(config.head.rawValue) runs in fp32 only",
                advice: "Quantize an EmbBERT with a SequenceClassifier.")
        }
        return try EmbBERTQuantizer.quantize(
            folded: EmbBERTWeights(folded: graph.folded(), config), profile: profile, observer: observer)
    }
}
