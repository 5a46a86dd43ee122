import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import Testing

@Suite("Points that need 16 bits")
struct ShortPointTests {
    /// A model whose logits have `plain` dB, and more for each point in 16 bits.
    private func choose(_ gains: [(name: String, dB: Double)], plain: Double) throws -> (
        points: Set<String>, trials: Int
    ) {
        var trials = 0
        let points = try ShortPointSearch.choose(from: gains.map(\.name), plain: plain) { short throws(EmbqError) in
            trials += 1
            return gains.reduce(plain) { $0 + (short.contains($1.name) ? $1.dB : 0) }
        }
        return (points, trials)
    }

    @Test("are none where the logits are good, and nothing is tried")
    func good() throws {
        let found = try choose([("a", 5), ("b", 5)], plain: 27)
        #expect(found.points.isEmpty)
        #expect(found.trials == 0)
    }

    @Test("are none where 16 bits everywhere gain nothing")
    func useless() throws { #expect(try choose([("a", 0.1), ("b", 0.1)], plain: 20).points.isEmpty) }

    @Test("are those without which the logits fall below the goal; of equals the cheaper ones stay")
    func needed() throws {
        #expect(try choose([("a", 1), ("b", 4), ("c", 3)], plain: 23).points == ["b", "c"])
        #expect(try choose([("costly", 4), ("cheap", 4)], plain: 26).points == ["cheap"])
    }

    @Test("keep half a decibel of what can be had where the goal is out of reach")
    func outOfReach() throws { #expect(try choose([("a", 0.3), ("b", 3)], plain: 20).points == ["b"]) }

    @Test("make logits less noisy on the device")
    func device() throws {
        let sample = try FamilySample.shared("hf-classifier")
        let sentences = FamilySample.sentences(sample.model.config, 32, seed: 40)
        let observer = try #require(Observers.named("minmax"))
        func noise(_ points: Set<String>) throws -> Float {
            var weights = WeightQuantizer()
            let model = try sample.model.model.quantize(
                sample.profile, observer: observer, weights: &weights, widths: WeightWidths(shortPoints: points))
            let device = try DeviceModel(artifact: sample.artifact(of: model))
            return try sample.noise(device, sentences)
        }
        var weights = WeightQuantizer()
        let plain = try sample.model.model.quantize(sample.profile, observer: observer, weights: &weights)
        #expect(!plain.shortChoices.isEmpty)
        #expect(try noise(Set(plain.shortChoices)) < noise([]) * 0.8)
    }

    @Test("a model of means answers a sentence without a token, and no other model does")
    func empty() throws {
        let means = try FamilySample.shared("folders/st-static-mapped").artifact
        #expect(try DeviceSession(means.device).run([]) == ReferenceInterpreter(means).logits([]))
        let other = try FamilySample.shared("folders/st-pool-joined-new").artifact
        #expect(throws: RuntimeError.self) { try DeviceSession(other.device).run([]) }
    }
}
