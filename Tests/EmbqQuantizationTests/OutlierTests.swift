import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Foundation
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
        let artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
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

    // MARK: Attention

    /// Families whose attention has keys and values of its own, with the names that its tensors have in layer 0.
    static let attentive = [
        AttentionNames("bert", joined: "model.bert_layers.layers.0.self_attn."),
        AttentionNames("nanobert", joined: "model.bert_layers.layers.0.self_attn."),
        AttentionNames("hf-classifier", separate: "bert.encoder.layer.0.attention."),
    ]

    /// Where the rows of a projection stand: 18 of them, from a row on.
    struct AttentionNames: Sendable, CustomTestStringConvertible {
        let family: String
        let query: (tensor: String, row: Int)
        let key: (tensor: String, row: Int)
        let value: (tensor: String, row: Int)
        let output: String
        var testDescription: String { family }

        init(_ family: String, joined prefix: String) {
            self.family = family
            (query, key, value) = ((prefix + "in_proj_", 0), (prefix + "in_proj_", 18), (prefix + "in_proj_", 36))
            output = prefix + "out_proj.weight"
        }

        init(_ family: String, separate prefix: String) {
            self.family = family
            (query, key) = ((prefix + "self.query.", 0), (prefix + "self.key.", 0))
            value = (prefix + "self.value.", 0)
            output = prefix + "output.dense.weight"
        }
    }

    /// A fixture with one channel of the values, and one of the queries, times the factor, and what they meet over it.
    private static func attentive(_ names: AttentionNames, _ factor: Float) throws -> ReleasedModel {
        let source = try Checkpoint(Fixtures.path("families/\(names.family)")).source
        var tensors: [String: Tensor] = [:]
        for info in source.tensors { tensors[info.name] = try source.finiteFloats(info.name) }
        func scale(_ row: Int, of projection: (tensor: String, row: Int), by factor: Float) {
            let row = projection.row + row
            for i in row * 18..<(row + 1) * 18 { tensors[projection.tensor + "weight"]?.values[i] *= factor }
            tensors[projection.tensor + "bias"]?.values[row] *= factor
        }
        scale(4, of: names.value, by: factor)
        for i in stride(from: 4, to: 18 * 18, by: 18) { tensors[names.output]?.values[i] /= factor }
        scale(11, of: names.query, by: factor)
        scale(11, of: names.key, by: 1 / factor)
        let folder = try TemporaryFolder()
        try folder.write(TinyEmbBERT.safetensors(tensors), to: "model.safetensors")
        try folder.write(
            String(contentsOfFile: Fixtures.path("families/\(names.family)/config.json"), encoding: .utf8),
            to: "config.json")
        try folder.write(TinyEmbBERT().tokenizer, to: "tokenizer.json")
        return try ReleasedModel(Checkpoint(folder.path))
    }

    @Test(
        "of an attention that its weights alone explain cost nothing", arguments: attentive, [128, 1 / 128] as [Float])
    func attention(names: AttentionNames, factor: Float) throws {
        let models = [try Self.attentive(names, 1), try Self.attentive(names, factor)]
        let sentences = FamilySample.sentences(models[0].config, 100, seed: 33).map { Sentence($0) }
        let released = models.map { Inference.run($0.model.released, sentences, threads: 2) { _, _, _ in }.logits }
        #expect(released[0] == released[1])
        let folded = models.map { Inference.run($0.model.rewritten, sentences, threads: 2) { _, _, _ in }.logits }
        #expect(folded[0] == folded[1])
        let ratios = try models.map { model in
            let profile = try FamilySample.calibrate(model)
            let device = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact.device
            let logits = try Inference.run(device, sentences, threads: 2) { _, _, _ in }.logits
            return signalToNoise(released[0], logits.map { Float($0) * DeviceModel.logitScale })
        }
        #expect(ratios[1] > ratios[0] - 1, "\(ratios[1]) dB with outliers, \(ratios[0]) dB without")
    }
}
