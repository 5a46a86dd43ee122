import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("What int8 costs")
struct AccuracyTests {
    /// dB, on random weights, which no training has made robust: measured 30 to 40.
    static let randomModels = 28.0
    /// dB, on the small random fixtures of every family: measured 19 and more.
    static let familyModels = 18.0
    /// dB, on the trained model of the fixtures: measured 37 to 38.
    static let trainedModel = 35.0
    /// The same with the mean of the sentences' extremes, which clips half of them: measured 29.
    static let trainedModelClipped = 26.0
    /// Of the predictions; all hundred are equal today.
    static let agreement = 0.97

    @Test("logits of random models stay close to fp32", arguments: KernelTests.shapes.filter { $0.hidden > 1 })
    func random(shape: TinyEmbBERT) throws {
        let sample = try QuantizedSample(shape)
        var generator = SplitMix64(seed: shape.seed &+ 77)
        let sentences = QuantizedSample.sentences(shape, 100, using: &generator)
        let ratio = signalToNoise(sample.released(sentences), try sample.quantized(sentences))
        #expect(ratio > Self.randomModels)
    }

    @Test("logits of every family stay close to fp32", arguments: FamilySample.names)
    func families(name: String) throws {
        let sample = try FamilySample.shared(name)
        let sentences = FamilySample.sentences(sample.model.config, 200, seed: 77)
        let ratio = signalToNoise(sample.released(sentences), try sample.quantized(sentences))
        #expect(ratio > Self.familyModels)
    }

    @Test("the SNIPS model predicts what it did", arguments: Observers.names)
    func trained(observer: String) throws {
        let model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        let calibration = try LabelledData(path: Fixtures.path("snips-own/calibration.tsv"))
        let test = try LabelledData(path: Fixtures.path("snips-own/test.tsv"))
        let profile = try CalibrateJob(model, data: calibration, samples: nil, observer: observer, threads: 2)
            .run { _, _, _ in }.profile
        let artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
        #expect(try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact.bytes == artifact.bytes)

        let sentences = try Inference.tokenize(
            test.texts.prefix(100).map { InputText($0) }, with: model.encoder, threads: 2)
        let released = Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
        let integers = try Inference.run(artifact.device, sentences, threads: 2) { _, _, _ in }.logits
        let quantized = integers.map { Float($0) / 65536 }
        let floor = observer == "moving-average" ? Self.trainedModelClipped : Self.trainedModel
        #expect(signalToNoise(released, quantized) > floor)
        let kind = Predictions.Kind.classes(model.config.labels)
        let classes = try [released, quantized].map { try Predictions(kind, logits: $0).classIDs }
        let equal = zip(classes[0], classes[1]).filter { $0 == $1 }.count
        #expect(Double(equal) >= Self.agreement * Double(sentences.count))

        // The reference interpreter on the real thing.
        let reference = ReferenceInterpreter(artifact)
        for (index, sentence) in sentences.prefix(10).enumerated() {
            let outputs = model.config.outputs
            #expect(reference.logits(sentence.ids) == Array(integers[index * outputs..<(index + 1) * outputs]))
        }
    }
}
