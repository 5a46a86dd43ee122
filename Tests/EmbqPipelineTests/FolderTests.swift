import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("A released folder")
struct FolderTests {
    @Test(
        "gives the numbers of the library that wrote it",
        arguments: FolderCase.cases("embedding", "logits", "logits-only") { !$0.mustBeRejected })
    func answers(one: FolderCase) throws {
        do throws(EmbqError) {
            let model = try one.open()
            one.expectEqual(try one.answers(model))
        } catch {
            guard one.acceptsRefusal else { throw error }
            one.expectRefusal(error)
        }
    }

    @Test(
        "that cannot be computed is rejected by file, key and value",
        arguments: FolderCase.cases("embedding", "logits", "ids", "pairs") { $0.mustBeRejected })
    func refusals(one: FolderCase) {
        one.expectRefusal(failure { () throws(EmbqError) in _ = try one.answers(one.open()) })
    }

    @Test(
        "gives tokens without cutting them",
        arguments: FolderCase.cases("ids") { !$0.mustBeRejected })
    func ids(one: FolderCase) throws {
        let tokenizer = try one.open().tokenizer
        for (text, wanted) in zip(one.inputs, one.expected) {
            #expect(try tokenizer.encode(text[0], limit: .max).map(Double.init) == wanted, "\(text)")
        }
    }

    @Test(
        "of a sentence encoder, with a head or without, gives its numbers on the device",
        arguments: FolderCase.cases("embedding", "logits") { one in
            !one.mustBeRejected && !one.acceptsRefusal && one.options.isEmpty
                && (one.kind == "embedding" || one.name.hasPrefix("m2v-head"))
        })
    func device(one: FolderCase) throws {
        let model = try one.open()
        let artifact = try Self.quantized(model)
        let encoder = try OpenedModel.artifact(artifact).encoder()
        let sentences = try Inference.tokenize(one.texts, with: encoder, threads: 1)
        let ids = try Inference.tokenize(one.texts, with: model.encoder, threads: 1)
        #expect(sentences.map(\.ids) == ids.map(\.ids) || model.config.cut > model.config.positions)
        let ratio = try Self.signalToNoise(artifact, sentences, of: one.answers(model))
        #expect(ratio >= 316, "below 25 dB: \(ratio)")
    }

    @Test(
        "of static embeddings has a table of 4 bits where a budget asks for it", arguments: ["m2v-mapped", "wordllama"])
    func packed(name: String) throws {
        let one = try #require(FolderCase.all.first { $0.name == name })
        let model = try one.open()
        let whole = Footprint(try Self.quantized(model))
        let budget = whole.total - whole.weights / 5
        let artifact = try Self.quantized(model, goal: WidthGoal(budget: budget))
        #expect(Footprint(artifact).total <= budget)
        let sentences = try Inference.tokenize(one.texts, with: model.encoder, threads: 1)
        let ratio = try Self.signalToNoise(artifact, sentences, of: one.answers(model))
        #expect(ratio >= 40, "below 16 dB: \(ratio)")
    }

    /// Of the device's logits, beside those of fp32.
    private static func signalToNoise(_ artifact: ArtifactReader, _ sentences: [Sentence], of answers: [[Float]])
        throws -> Double
    {
        let device = Inference.real(
            try Inference.run(artifact.device, sentences, threads: 1, progress: { _, _, _ in }).logits)
        let expected = answers.joined()
        try #require(device.count == expected.count)
        let signal = expected.reduce(0) { $0 + Double($1) * Double($1) }
        let noise = zip(expected, device).reduce(0) {
            $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        }
        return noise == 0 ? .infinity : signal / noise
    }

    /// Calibrated on texts of the fixtures' vocabulary.
    private static func quantized(_ model: ReleasedModel, goal: WidthGoal = WidthGoal()) throws -> ArtifactReader {
        let words = [
            "tea", "milk", "garden", "the", "in", "is", "a", "at", "open", "noon", "walk", "dog", "then", "cook", "red",
            "soup", "with", "beans", "bread", "rain", "warm", "cold", "slow", "paint", "blue", "boat", "sea", ".", "?",
        ]
        var generator = SplitMix64(seed: 5)
        let rows = (0..<96).map { index in
            (0..<1 + index % 14).map { _ in words[Int.random(in: words.indices, using: &generator)] }.joined(
                separator: " ")
        }
        let folder = try TemporaryFolder()
        let path = try folder.write(Array(("text\n" + rows.joined(separator: "\n") + "\n").utf8), to: "texts.tsv")
        let calibrated = try CalibrateJob(
            model, data: LabelledData(path: path), samples: nil, observer: Observers.standard, threads: 1
        ).run(progress: { _, _, _ in })
        return try QuantizeJob(
            model, profile: calibrated.profile, goal: goal
        ).run().artifact
    }
}
