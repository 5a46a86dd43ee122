import EmbqArtifact
import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("Looking into the device's run")
struct LayerProbeTests {
    /// dB, on the small random fixtures: the worst value of any family has 16.
    static let families = 12.0

    private static func measure(_ sample: FamilySample, _ artifact: ArtifactReader) throws -> LayerSQNR {
        let sentences = FamilySample.sentences(sample.model.config, 48, seed: 31)
        return try LayerProbe(artifact).measure(
            sentences.map { (device: Sentence($0), reference: Sentence($0)) }, against: sample.model.model, threads: 2
        ) { _, _, _ in }
    }

    @Test("every value that a row is told for is close to the fp32 graph's", arguments: FamilySample.names)
    func close(name: String) throws {
        let sample = try FamilySample.shared(name)
        let measured = try Self.measure(sample, sample.artifact)
        #expect(measured.layers.count >= 3 && measured.layers.last?.name == "logits")
        #expect(Set(measured.layers.map(\.name)).count == measured.layers.count)
        for layer in measured.layers { #expect(layer.sqnrDB ?? .infinity > Self.families, "\(layer)") }
        // The logits' ratio is the one that predictions give.
        let sentences = FamilySample.sentences(sample.model.config, 48, seed: 31)
        let whole = signalToNoiseDB(reference: sample.released(sentences), test: try sample.quantized(sentences))
        #expect(abs((measured.layers.last?.sqnrDB ?? 0) - whole) < 0.01)
    }

    @Test("a watched run gives the same logits, and the rows of each position", arguments: FamilySample.names)
    func sameLogits(name: String) throws {
        let sample = try FamilySample.shared(name)
        let rows = try #require(sample.artifact.provenance["rows"]?.array)
        let registers = try rows.map { row in
            WatchedRegister(
                pass: try #require(row["pass"]?.int), operation: try #require(row["operation"]?.int),
                register: try #require(row["register"]?.int))
        }
        let session = DeviceSession(sample.artifact.device)
        for ids in FamilySample.sentences(sample.model.config, 12, seed: 5) {
            let (logits, found) = try session.run(ids, watching: registers)
            #expect(try session.run(ids) == logits)
            #expect(found.count == registers.count)
            // [PAD] at the end is not run.
            let tokens = (ids.lastIndex { $0 != 0 } ?? 0) + 1
            for watched in found { #expect([0, 1, tokens].contains(watched.count), "\(watched.count) of \(tokens)") }
            #expect(found.first?.first == 0)
        }
    }

    @Test("the layer whose scale is wrong is the one that is named")
    func wrongScale() throws {
        let sample = try FamilySample.shared("bert")
        #expect(try Self.measure(sample, sample.artifact).firstWrong == nil)
        let scale = try #require(
            sample.artifact.provenance["rows"]?.array?.first { $0["name"]?.string == "layers.0.context" }?["scale"])
        guard case .number(let digits) = scale else { throw EmbqError(.malformed, "no number", advice: "") }
        let halved = String((Double(digits) ?? 0) / 2)
        // The context's point has the same scale, and stands before the rows.
        let artifact = try Self.edited(
            sample.artifact, "\"rows\":", "\"scale\":\(digits)", "\"scale\":\(halved)")
        #expect(try Self.measure(sample, artifact).firstWrong == "layers.0.context")
    }

    @Test(
        "rows that the program does not have, or that say nothing, are refused",
        arguments: [
            ("\"register\":", "\"register\":99", EmbqError.Code.mismatch),
            ("\"operation\":", "\"operation\":999", .malformed), ("\"pass\":", "\"pass\":77", .malformed),
            ("\"bits\":", "\"size\":8", .malformed),
        ])
    func refused(key: String, replacement: String, code: EmbqError.Code) throws {
        let sample = try FamilySample.shared("embbert")
        let text = String(decoding: sample.artifact.section(.provenance) ?? [], as: UTF8.self)
        let rows = try #require(text.firstRange(of: "\"rows\":"))
        let start = try #require(text[rows.upperBound...].firstRange(of: key))
        let digits = text[start.upperBound...].prefix { $0.isNumber }
        let artifact = try Self.edited(sample.artifact, "\"rows\":", key + digits, replacement)
        let error = #expect(throws: EmbqError.self) { try Self.measure(sample, artifact) }
        #expect(error?.code == code)
    }

    @Test("the artifact of another model is refused")
    func another() throws {
        let (sample, other) = (try FamilySample.shared("embbert"), try FamilySample.shared("mamba"))
        let error = #expect(throws: EmbqError.self) { try Self.measure(sample, other.artifact) }
        #expect(error?.code == .mismatch)
    }

    /// The artifact with a text of META replaced where it first stands behind another.
    private static func edited(_ artifact: ArtifactReader, _ anchor: String, _ old: String, _ new: String) throws
        -> ArtifactReader
    {
        let text = String(decoding: artifact.section(.provenance) ?? [], as: UTF8.self)
        let place = try #require(text.firstRange(of: anchor))
        let found = try #require(text[place.upperBound...].firstRange(of: old))
        let content = Array((text[..<found.lowerBound] + new + text[found.upperBound...]).utf8)
        return try ArtifactReader(ArtifactParts(artifact).replacing("META", with: content).bytes)
    }
}
