import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport

/// A graph that no family builds, on its way through the pipeline.
struct GraphSample {
    static let vocabulary = 64
    static let length = 16
    static let hidden = 24
    static let special = SpecialTokens(pad: 0, separator: 4, mask: 3)

    let model: QuantizableModel

    init(_ graph: ModelGraph) {
        let outputs = graph.outputs.reduce(0) { $0 + graph[$1].width }
        model = QuantizableModel(graph, Self.config(outputs: outputs))
    }

    static func config(outputs: Int) -> ModelConfig {
        ModelConfig(
            family: "none", head: .sequenceClassifier, vocabularySize: vocabulary, maximumLength: length,
            hiddenSize: hidden, labels: (0..<outputs).map { "LABEL_\($0)" }, special: special)
    }

    /// Sentences of 3 to 16 tokens with one [MASK] each, and [SEP] and [PAD] inside some.
    static let sentences: [[UInt16]] = {
        var generator = SplitMix64(seed: 20)
        return (0..<32).map { index in
            var ids = (0..<3 + index * 5 % 14).map { _ in UInt16.random(in: 5..<64, using: &generator) }
            if index % 3 == 0 { ids[ids.count / 2] = 4 }
            if index % 4 == 0 { ids[(ids.count - 1) / 2] = 0 }
            ids[ids.count - 1] = 3
            return ids
        }
    }()

    static let someSentences = Array(sentences.prefix(8))

    /// The device's logits against fp32's of the graph as it was built.
    ///
    /// - Returns: dB.
    /// - Throws: what the lowering refuses; `.mismatch` with the place "the runtime" for a program that it makes and the
    ///   runtime does not open.
    func signalToNoise() throws -> Double {
        try model.requireComputable()
        let profile = try Calibrator.calibrate(
            model.rewritten, points: model.points(), sentences: Self.sentences, observer: "mse",
            modelSHA256: String(repeating: "0", count: 64), dataSHA256: String(repeating: "0", count: 64), threads: 1)
        guard let observer = Observers.named(profile.observer) else { preconditionFailure("it was named") }
        var weights = WeightQuantizer(
            moments: model.moments(Self.sentences.map { Sentence($0) }, methods: .all, threads: 1))
        let quantized = try model.quantize(profile, observer: observer, weights: &weights)
        let bytes = ArtifactWriter(quantized, tokenizer: try Self.tokenizer.get(), provenance: "{}").bytes()
        let device: DeviceModel
        do { device = try DeviceModel(artifact: bytes) } catch {
            throw EmbqError(.mismatch, place: "the runtime", "\(error)", advice: "The lowering must not make it.")
        }
        let session = DeviceSession(device)
        let integers = try Self.sentences.flatMap { try session.run($0) }
        let released = Inference.run(model.released, Self.sentences, threads: 1) { _, _, _ in }.logits
        return EmbqQuantizationTests.signalToNoise(released, integers.map { Float($0) * DeviceModel.logitScale })
    }

    private static let tokenizer = Result { try FamilySample.load("nanoembedder").tokenizerTables }
}
