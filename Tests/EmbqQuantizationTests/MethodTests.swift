import EmbqArtifact
import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

/// The trained fixture with its own sentences.
struct TrainedSample: Sendable {
    let model: ReleasedModel
    let profile: CalibrationProfile
    /// Token ids of what the profile keeps.
    var sentences: [[UInt16]] { profile.kept?.sentences.map(\.ids) ?? [] }

    init(methods: QuantizationMethods = .all) throws {
        model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        let data = try LabelledData(path: Fixtures.path("snips-own/calibration.tsv"))
        let result = try CalibrateJob(
            model, data: data, samples: nil, observer: Observers.standard, methods: methods, threads: 2
        ).run { _, _, _ in }
        var profile = result.profile
        profile.kept = profile.kept.map { CalibrationSentences(Array($0.items.prefix(100))) }
        self.profile = profile
    }

    static let shared = Result { try TrainedSample() }

    func quantize(
        _ methods: QuantizationMethods = .all, _ goal: WidthGoal = WidthGoal(), keeping ids: [[UInt16]]? = nil,
        threads: Int = 2
    ) throws -> QuantizeJob.Result {
        var profile = profile
        if let ids { profile.kept = ids.isEmpty ? nil : CalibrationSentences(ids: ids) }
        return try QuantizeJob(
            model, profile: profile, profilePath: "p.embqcal", methods: methods, goal: goal, threads: threads
        ).run()
    }

    /// Signal to noise of the logits on sentences that were not calibrated on, in dB.
    func fidelity(_ artifact: ArtifactReader) throws -> Double {
        let test = try LabelledData(path: Fixtures.path("snips-own/test.tsv"))
        let sentences = try Inference.tokenize(
            test.texts.map { InputText($0) }, with: model.encoder, threads: 2)
        let released = Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
        let found = try Inference.run(artifact.device, sentences, threads: 2) { _, _, _ in }.logits
        return signalToNoiseDB(reference: released, test: Inference.real(found))
    }
}

@Suite("Methods")
struct MethodTests {
    @Test("are known by name", arguments: QuantizationMethods.named.map(\.name))
    func named(name: String) throws {
        let method = try #require(QuantizationMethods(names: name))
        #expect(method.names == [name] && QuantizationMethods.all.contains(method))
    }

    @Test("that are not known are refused", arguments: ["", "gptq", "balance,", "balance,all", "Balance"])
    func unknown(names: String) { #expect(QuantizationMethods(names: names) == nil) }

    @Test("are all, none, or some")
    func sets() {
        #expect(QuantizationMethods(names: "all") == .all)
        #expect(QuantizationMethods(names: "none") == [])
        #expect(QuantizationMethods(names: "balance,folding") == [.folding, .balance])
    }

    @Test(
        "change the artifact, each by itself; the balance of outlier channels and wide activations only where they are")
    func alone() throws {
        let sample = try TrainedSample.shared.get()
        let bare = try sample.quantize(.rewrites).artifact
        for method in [QuantizationMethods.biasCorrection, .errorFeedback] {
            let artifact = try sample.quantize(.rewrites.union(method)).artifact
            #expect(artifact.section(.weights) != bare.section(.weights))
            #expect(artifact.provenance["calibration"]?["methods"]?.array?.count == 4)
        }
        for method in [QuantizationMethods.balance, .wideActivations] {
            #expect(try sample.quantize(.rewrites.union(method)).artifact.section(.weights) == bare.section(.weights))
        }
    }

    @Test("without folding quantize the model as released")
    func unfolded() throws {
        let sample = try TrainedSample(methods: [])
        let artifact = try sample.quantize([]).artifact
        #expect(artifact.tensors.contains { $0.name == "layers.0.norm.multiplier" })
        #expect(try sample.fidelity(artifact) > 35)
    }

    @Test("that fold and that do not want profiles of their own: the other one's ranges would ruin the model")
    func otherForm() throws {
        for (calibrated, asked) in [(QuantizationMethods.all, QuantizationMethods()), ([.balance], .all)] {
            let sample = try TrainedSample(methods: calibrated)
            let error = #expect(throws: EmbqError.self) { try sample.quantize(asked) }
            #expect(error?.code == .mismatch && error?.file == "p.embqcal")
            #expect(error?.advice.contains("--methods") == true)
            var profile = sample.profile
            profile.kept = nil
            let bytes = try CalibrationProfileFile.encode(profile.record)
            #expect(try CalibrationProfile(CalibrationProfileFile.decode(bytes)) == profile)
        }
    }

    @Test("say in the artifact on which sentences weights were rounded, where they were")
    func provenance() throws {
        let sample = try TrainedSample.shared.get()
        let rounding = try sample.quantize().artifact.provenance["calibration"]?["rounding"]
        #expect(rounding?["sentences"]?.int == 100)
        #expect(try sample.quantize(.rewrites).artifact.provenance["calibration"]?["rounding"] == nil)
    }

    @Test("that need sentences are refused by name where the profile keeps none")
    func withoutSentences() throws {
        let sample = try TrainedSample.shared.get()
        for (methods, named) in [
            (QuantizationMethods.all, "bias-correction and error-feedback"),
            (.rewrites.union(.errorFeedback), "error-feedback"),
        ] {
            let error = #expect(throws: EmbqError.self) { try sample.quantize(methods, keeping: []) }
            #expect(error?.code == .invalidRequest && error?.file == "p.embqcal")
            #expect(error?.problem == "it keeps no sentences, which \(named) are measured on")
        }
        let artifact = try sample.quantize(.onRanges, keeping: []).artifact
        let names = artifact.provenance["calibration"]?["methods"]?.array?.compactMap(\.string)
        #expect(names == ["folding", "balance", "wide-activations", "products", "table-attention"])
    }

    @Test("are not measured on sentences that are none of the model's")
    func foreignSentences() throws {
        let sample = try TrainedSample.shared.get()
        let config = sample.model.config
        func keeping(_ sentence: Sentence, _ target: Target? = nil) -> EmbqError? {
            var profile = sample.profile
            profile.kept = CalibrationSentences([
                CalibrationSentences.Item(
                    textSHA256: Array(repeating: 0, count: 32), sentence: sentence, target: target)
            ])
            let job = QuantizeJob(sample.model, profile: profile)
            return failure { () throws(EmbqError) in try job.run() }
        }
        #expect(keeping(Sentence([UInt16(config.vocabularySize)]))?.code == .mismatch)
        #expect(keeping(Sentence([]))?.code == .mismatch)
        #expect(keeping(Sentence([2, 5], types: [0, 1]))?.code == .mismatch)
        for target in [Target(labels: [config.outputs]), Target(labels: [0, 1]), Target(), Target(numbers: [1])] {
            #expect(keeping([2, 5], target)?.code == .mismatch)
        }
        let long = keeping(Sentence(Array(repeating: 5, count: config.maximumLength + 1)))
        #expect(long?.code == .invalidRequest && long?.advice.contains("--max-tokens") == true)
    }

    @Test("make weights of few bits better by 2 dB and more")
    func feedback() throws {
        let sample = try TrainedSample.shared.get()
        let goal = WidthGoal(budget: 200_000)
        let nearest = try sample.fidelity(sample.quantize(.rewrites, goal).artifact)
        let all = try sample.fidelity(sample.quantize(.all, goal).artifact)
        #expect(all > nearest + 2, "\(nearest) dB to the nearest, \(all) dB")
    }

    @Test("give the same bytes on any number of threads", arguments: [1, 3])
    func threads(threads: Int) throws {
        let sample = try TrainedSample.shared.get()
        let goal = WidthGoal(budget: 300_000)
        let found = try sample.quantize(.all, goal, threads: threads)
        let expected = try sample.quantize(.all, goal, threads: 2)
        #expect(found.artifact.bytes == expected.artifact.bytes && found.front == expected.front)
    }

    @Test("take moments that do not depend on the number of threads")
    func moments() throws {
        let sample = try TrainedSample.shared.get()
        let one = sample.model.model.moments(sample.sentences, threads: 1)
        #expect(one == sample.model.model.moments(sample.sentences, threads: 3))
        #expect(one.count == 12 && one.values.allSatisfy { $0.count > 0 })
    }
}

@Suite("Bias correction")
struct BiasCorrectionTests {
    @Test("keeps the mean of every output")
    func mean() throws {
        let sample = try TrainedSample.shared.get()
        let moments = sample.model.model.moments(sample.sentences, threads: 2)
        var weights = WeightQuantizer(methods: .biasCorrection, moments: moments)
        var generator = SplitMix64(seed: 3)
        let matrix = (0..<4 * 128).map { _ in Float.random(in: -1...1, using: &generator) }
        let input = WeightQuantizer.Input(point: "layers.0.activation")
        let quantized = weights.matrix(
            "w", matrix, outputs: 4, inputs: 128, floor: [0, 0, 0, 0], of: input, bits: 4)
        let correction = weights.correction(matrix, quantized, of: input)
        var probe = MeanProbe(point: "layers.0.activation")
        for sentence in sample.sentences {
            _ = sample.model.model.rewritten.logits(TokenBatch([sentence]), probe: &probe)
        }
        for row in 0..<4 {
            var lost = 0.0
            for column in 0..<128 {
                let at = row * 128 + column
                let error = Double(matrix[at]) - quantized.scales[row] * Double(quantized.values[at])
                lost += error * probe.sums[column] / Double(probe.count)
            }
            #expect(abs(lost - correction[row]) < 1e-6 * max(1, abs(lost)), "row \(row)")
            #expect(lost != 0)
        }
    }
}

private struct MeanProbe: ActivationProbe {
    let point: String
    var sums = [Double](repeating: 0, count: 128)
    var count = 0

    init(point: String) { self.point = point }

    mutating func observe(_ point: String, _ values: [Float], width: Int) {
        guard point == self.point else { return }
        for (index, value) in values.enumerated() { sums[index % width] += Double(value) }
        count += values.count / width
    }
}
