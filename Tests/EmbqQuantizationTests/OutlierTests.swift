import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("Outlier channels")
struct OutlierTests {
    /// The fixture of BERT with one column of its embedder larger, and the first layer's projections of it smaller: the
    /// attention computes what it did.
    private static func model(_ factor: Float) throws -> ReleasedModel {
        let source = try Checkpoint(Fixtures.path("families/bert")).source
        var tensors: [String: Tensor] = [:]
        for info in source.tensors { tensors[info.name] = try source.finiteFloats(info.name) }
        let names = tensors.keys.filter {
            $0.hasPrefix("model.embedder.") || $0.contains("layers.0.self_attn.in_proj_weight")
        }
        for name in names {
            let isEmbedder = name.hasPrefix("model.embedder.")
            for index in stride(from: 3, to: tensors[name]?.values.count ?? 0, by: 18) {
                tensors[name]?.values[index] *= isEmbedder ? factor : 1 / factor
            }
        }
        let folder = try TemporaryFolder()
        let config = [
            "architectures": "[\"SequenceClassifier\"]", "model_type": "\"BERT\"", "vocab_size": "64",
            "max_length": "24", "hidden_size": "18", "num_attention_heads": "3", "num_hidden_layers": "2",
            "forward_expansion": "1.2", "num_labels": "3",
        ]
        try TinyEmbBERT.write(tensors, config, TinyEmbBERT().tokenizer, to: folder)
        return try ReleasedModel(Checkpoint(folder.path))
    }

    @Test("get factors of their own, and the runtime's integers stay the format's", arguments: [1, 30] as [Float])
    func balance(factor: Float) throws {
        let model = try Self.model(factor)
        let profile = try FamilySample.calibrate(model)
        let artifact = try QuantizeJob(model, profile: profile).run().artifact
        let balanced = artifact.tensors.filter { $0.name == "layers.0.input.balanced.multiplier" }
        #expect(balanced.count == (factor == 1 ? 0 : 1))
        let point = try #require(profile.point("layers.0.input"))
        #expect(point.channelMaxima.count == 18)
        let largest = point.channelMaxima.reduce(0) { max($0, $1) }
        #expect(largest == max(point.histogram.maximum, -point.histogram.minimum))
        if factor > 1 { #expect(point.channelMaxima[3] == largest) }

        let observer = try #require(Observers.named(profile.observer))
        let unshared = try model.model.quantizeUnshared(profile, observer: observer)
        let own = ReferenceInterpreter(
            ProgramRecord(words: unshared.record), weights: unshared.weights.bytes, tables: unshared.tables.bytes)
        let reference = ReferenceInterpreter(artifact)
        let session = DeviceSession(artifact.device)
        let sentences = FamilySample.sentences(model.config, 48, seed: 21)
        var quantized: [Float] = []
        for sentence in sentences {
            let logits = try session.run(sentence)
            #expect(logits == reference.logits(sentence) && logits == own.logits(sentence), "\(sentence)")
            quantized += logits.map { Float($0) * DeviceModel.logitScale }
        }
        let released = Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
        #expect(signalToNoise(released, quantized) > AccuracyTests.familyModels)
    }
}
