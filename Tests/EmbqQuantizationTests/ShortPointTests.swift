import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import Testing

@Suite("Points that need 16 bits")
struct ShortPointTests {
    /// A model whose logits have `plain` dB, and more for each point and each weight in 16 bits.
    private func choose(
        _ gains: [(name: String, dB: Double)], weights: [(name: String, dB: Double)] = [], plain: Double
    ) throws -> (choice: ShortChoice, trials: Int) {
        var trials = 0
        let candidates = ShortPointSearch.Candidates(points: gains.map(\.name), weights: weights.map(\.name))
        let choice = try ShortPointSearch.choose(plain: plain) {
            candidates
        } measure: { choice throws(EmbqError) in
            trials += 1
            return
                (gains.filter { choice.points.contains($0.name) } + weights.filter { choice.weights.contains($0.name) })
                .reduce(plain) { $0 + $1.dB }
        }
        return (choice, trials)
    }

    @Test("are none where the logits are good, and nothing is tried")
    func good() throws {
        let found = try choose([("a", 5), ("b", 5)], plain: 27)
        #expect(found.choice.isEmpty)
        #expect(found.trials == 0)
    }

    @Test("are none where 16 bits everywhere gain nothing")
    func useless() throws { #expect(try choose([("a", 0.1), ("b", 0.1)], plain: 20).choice.isEmpty) }

    @Test("are those without which the logits fall below the goal; of equals the cheaper ones stay")
    func needed() throws {
        #expect(try choose([("a", 1), ("b", 4), ("c", 3)], plain: 23).choice.points == ["b", "c"])
        #expect(try choose([("costly", 4), ("cheap", 4)], plain: 26).choice.points == ["cheap"])
    }

    @Test("keep half a decibel of what can be had where the goal is out of reach")
    func outOfReach() throws { #expect(try choose([("a", 0.3), ("b", 3)], plain: 20).choice.points == ["b"]) }

    @Test("leave weights at 8 bits where points are enough; else all points have 16, and the weights that are needed")
    func weights() throws {
        #expect(try choose([("a", 9)], weights: [("w", 9)], plain: 20).choice == ShortChoice(points: ["a"]))
        let found = try choose([("a", 2), ("b", 0)], weights: [("w", 4), ("v", 6)], plain: 20).choice
        #expect(found == ShortChoice(points: ["a", "b"], weights: ["w", "v"]))
        let fewer = try choose([("a", 4)], weights: [("w", 0.4), ("v", 6)], plain: 20).choice
        #expect(fewer == ShortChoice(points: ["a"], weights: ["v"]))
    }

    @Test("make logits less noisy on the device")
    func device() throws {
        let sample = try FamilySample.shared("hf-classifier")
        let sentences = FamilySample.sentences(sample.model.config, 32, seed: 40)
        let observer = try #require(Observers.named("minmax"))
        func noise(_ choice: ShortChoice) throws -> Float {
            var weights = WeightQuantizer()
            let model = try sample.model.model.quantize(
                sample.profile, observer: observer, weights: &weights, widths: WeightWidths(short: choice))
            let device = try DeviceModel(artifact: sample.artifact(of: model))
            return try sample.noise(device, sentences)
        }
        var weights = WeightQuantizer()
        let plain = try sample.model.model.quantize(sample.profile, observer: observer, weights: &weights)
        let points = ShortChoice(points: Set(plain.shortCandidates.points))
        #expect(!points.isEmpty)
        let usual = try noise(ShortChoice())
        #expect(try noise(points) < usual * 0.8)
        let weights16 = Set(plain.shortCandidates.weights)
        #expect(try noise(ShortChoice(points: points.points, weights: weights16)) < usual * 0.8)
    }

    @Test("a model of means answers a sentence without a token, and no other model does")
    func empty() throws {
        let means = try FamilySample.shared("folders/st-static-mapped").artifact
        #expect(try DeviceSession(means.device).run([]) == ReferenceInterpreter(means).logits([]))
        let other = try FamilySample.shared("folders/st-pool-joined-new").artifact
        #expect(throws: RuntimeError.self) { try DeviceSession(other.device).run([]) }
    }
}
