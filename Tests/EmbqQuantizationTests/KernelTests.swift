import EmbqArtifact
import EmbqCore
import EmbqPipeline
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("The runtime's integers")
struct KernelTests {
    /// Widths that are and are not multiples of 8, 16 and 32, channels alone and in groups, kernels longer and shorter
    /// than sentences.
    static let shapes: [TinyEmbBERT] = [
        TinyEmbBERT(),
        TinyEmbBERT { ($0.expansion, $0.layers, $0.seed) = (2, 3, 2) },
        TinyEmbBERT { ($0.hidden, $0.layers, $0.outputs, $0.seed) = (20, 3, 1, 3) },
        TinyEmbBERT { ($0.hidden, $0.expansion, $0.reduced, $0.kernel, $0.layers, $0.seed) = (33, 2, 5, 7, 1, 4) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.kernel, $0.outputs, $0.seed) = (32, 16, 32, 4, 5) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.expansion, $0.layers, $0.outputs, $0.seed) = (48, 48, 2, 3, 7, 6) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.kernel, $0.layers, $0.seed) = (72, 32, 9, 2, 7) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.kernel, $0.layers, $0.seed) = (128, 16, 32, 2, 8) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.kernel, $0.layers, $0.outputs, $0.seed) = (1, 1, 1, 2, 2, 9) },
        TinyEmbBERT { ($0.hidden, $0.expansion, $0.kernel, $0.layers, $0.seed) = (7, 5, 80, 2, 10) },
    ]

    /// Every length up to 70, with [SEP] and [PAD] inside.
    private static func sentences(_ shape: TinyEmbBERT) -> [[UInt16]] {
        var generator = SplitMix64(seed: shape.seed)
        return (1...70).map {
            shape.sentence(
                tokens: $0, pad: $0 % 3 == 0 ? 0.2 : 0.02, separator: $0 % 2 == 0 ? 0.1 : 0, using: &generator)
        }
    }

    @Test("are those of the format's formulas, bit for bit, at every length", arguments: shapes)
    func models(shape: TinyEmbBERT) throws {
        let artifact = try QuantizedSample(shape).artifact
        let reference = ReferenceInterpreter(artifact)
        let session = DeviceSession(artifact.device)
        for sentence in Self.sentences(shape) {
            #expect(try session.run(sentence) == reference.logits(sentence), "\(sentence)")
        }
    }

    @Test("so they are for any numbers that the runtime accepts", arguments: shapes)
    func disturbed(shape: TinyEmbBERT) throws {
        let original = try QuantizedSample(shape).artifact
        var generator = SplitMix64(seed: shape.seed)
        var distinct: Set<[Int32]> = []
        for _ in 0..<8 {
            var disturbed = DisturbedArtifact(original)
            disturbed.randomize(using: &generator)
            let artifact = try ArtifactReader(disturbed.sealed)
            let reference = ReferenceInterpreter(artifact)
            let session = DeviceSession(artifact.device)
            for sentence in QuantizedSample.sentences(shape, 4, using: &generator) {
                let logits = try session.run(sentence)
                #expect(logits == reference.logits(sentence), "\(sentence)")
                distinct.insert(logits)
            }
        }
        // Not all saturated: every artifact answers something of its own.
        #expect(distinct.count >= 8)
    }

    @Test("are so in every family, at every length", arguments: FamilySample.everyName)
    func families(name: String) throws {
        let sample = try FamilySample.shared(name)
        let reference = ReferenceInterpreter(sample.artifact)
        let session = DeviceSession(sample.artifact.device)
        for sentence in FamilySample.sentences(sample.model.config, 72, seed: 5) {
            #expect(try session.run(sentence) == reference.logits(sentence), "\(sentence)")
        }
    }

    @Test("are so in every family for any numbers that the runtime accepts", arguments: FamilySample.everyName)
    func disturbedFamilies(name: String) throws {
        let sample = try FamilySample.shared(name)
        var generator = SplitMix64(seed: 3)
        var distinct: Set<[Int32]> = []
        for round in 0..<16 {
            var disturbed = DisturbedArtifact(sample.artifact)
            disturbed.randomize(using: &generator)
            let artifact = try ArtifactReader(disturbed.sealed)
            let reference = ReferenceInterpreter(artifact)
            let session = DeviceSession(artifact.device)
            for sentence in FamilySample.sentences(sample.model.config, 5, seed: UInt64(round)) {
                let logits = try session.run(sentence)
                #expect(logits == reference.logits(sentence), "\(sentence)")
                distinct.insert(logits)
            }
        }
        #expect(distinct.count >= 16)
    }

    @Test("are those of every kind of operation: the families' programs use all of them")
    func kinds() throws {
        let programs = try FamilySample.everyName.map { try FamilySample.shared($0).program }
        let used = Set(programs.flatMap(\.places).map(\.operation.kind))
        #expect(used == Set(OperationKind.allCases))
    }

    @Test("a sentence is the same with and without [PAD] behind it")
    func trailingPads() throws {
        let shape = TinyEmbBERT()
        let session = DeviceSession(try QuantizedSample(shape).artifact.device)
        for sentence in Self.sentences(shape) {
            #expect(try session.run(sentence + [UInt16](repeating: 0, count: 10)) == session.run(sentence))
        }
    }

    @Test(
        "tables whose rows a matrix multiplies hold no -128: vector instructions could not negate it",
        arguments: ["embedder.token", "embedder.position"])
    func lowest(table: String) throws {
        var disturbed = DisturbedArtifact(try QuantizedSample(TinyEmbBERT()).artifact)
        disturbed.set(table) { $0 == 17 ? -128 : 5 }
        let bytes = disturbed.sealed
        #expect(failure { () throws(RuntimeError) in try DeviceModel(artifact: bytes) }?.code == .malformed)
        disturbed.set(table) { $0 == 17 ? -127 : 5 }
        #expect(throws: Never.self) { try DeviceModel(artifact: disturbed.sealed) }
    }
}
