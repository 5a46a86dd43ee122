import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Foundation

/// A seeded random model on its way through the pipeline.
struct QuantizedSample {
    let model: ReleasedModel
    let profile: CalibrationProfile
    let artifact: ArtifactReader

    init(_ shape: TinyEmbBERT, observer: String = MinMaxObserver.name) throws {
        model = try Self.load(shape)
        profile = try Self.calibrate(model, shape, observer: observer)
        artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
    }

    static func load(_ shape: TinyEmbBERT) throws -> ReleasedModel {
        let folder = try TemporaryFolder()
        try shape.write(to: folder)
        return try ReleasedModel(Checkpoint(folder.path))
    }

    static func calibrate(
        _ model: ReleasedModel, _ shape: TinyEmbBERT, observer: String = MinMaxObserver.name, threads: Int = 1
    ) throws(EmbqError) -> CalibrationProfile {
        var generator = SplitMix64(seed: shape.seed &+ 1000)
        return try Calibrator.calibrate(
            model.model.rewritten, points: model.model.points(), sentences: sentences(shape, 64, using: &generator),
            observer: observer, modelSHA256: model.modelSHA256, dataSHA256: String(repeating: "0", count: 64),
            threads: threads)
    }

    /// Random sentences of 1 to 70 tokens, some with [SEP] or [PAD] inside.
    static func sentences(_ shape: TinyEmbBERT, _ count: Int, using generator: inout SplitMix64) -> [[UInt16]] {
        (0..<count).map { index in
            let tokens = Int.random(in: 1...min(70, shape.maximumLength), using: &generator)
            return shape.sentence(
                tokens: tokens, pad: index % 3 == 0 ? 0.1 : 0, separator: index % 2 == 0 ? 0.1 : 0, using: &generator)
        }
    }

    /// fp32 logits of the released weights.
    func released(_ sentences: [[UInt16]]) -> [Float] {
        Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
    }

    /// int8 logits by the runtime, as real numbers.
    func quantized(_ sentences: [[UInt16]]) throws -> [Float] {
        try Inference.run(artifact.device, sentences, threads: 2) { _, _, _ in }.logits.map {
            Float($0) * DeviceModel.logitScale
        }
    }
}

/// Signal to quantization noise in dB: the power of the logits over the power of the difference.
func signalToNoise(_ signal: [Float], _ quantized: [Float]) -> Double {
    let noise = zip(signal, quantized).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return 10 * log10(signal.reduce(0.0) { $0 + Double($1) * Double($1) } / noise)
}
