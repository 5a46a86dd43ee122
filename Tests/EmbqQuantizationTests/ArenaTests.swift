import CEmbqRuntime
import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("The arena")
struct ArenaTests {
    static let shapes = [0, 1, 3, 7].map { KernelTests.shapes[$0] }

    private static func sentence(_ tokens: Int) -> [UInt16] {
        var generator = SplitMix64(seed: UInt64(tokens))
        return TinyEmbBERT().sentence(tokens: tokens, using: &generator)
    }

    @Test("is as large as is said, to the byte", arguments: shapes, [1, 2, 3, 16, 17, 80])
    func exact(shape: TinyEmbBERT, tokens: Int) throws {
        let artifact = try QuantizedSample(shape).artifact
        let ids = Self.sentence(tokens)
        let size = artifact.device.arenaSize(tokens: tokens)
        let session = DeviceSession(artifact.device)
        #expect(try session.measureArena(ids) == size)

        let enough = RawRuntime.run(artifact.bytes, ids, arenaBytes: size)
        #expect(enough.status == EMBQ_OK && enough.contained)
        #expect(try enough.logits == session.run(ids))

        let small = RawRuntime.run(artifact.bytes, ids, arenaBytes: size - 1)
        #expect(small.status == EMBQ_ERROR_ARENA && small.contained)
        #expect(RawRuntime.run(artifact.bytes, ids, arenaBytes: 0).status == EMBQ_ERROR_ARENA)
    }

    @Test("is as large as is said in every family, to the byte", arguments: FamilySample.names)
    func families(name: String) throws {
        let sample = try FamilySample.shared(name)
        let session = DeviceSession(sample.artifact.device)
        // Registers have two rows; a program that works on one position at a time leaves the last one's second untouched.
        let program = sample.program
        let isSingle = program.stores.isEmpty && !program.passes.contains { $0.positions == ProgramRecord.all }
        let spare = isSingle ? 4 * (program.registers.last?.width ?? 0) : 0
        let last = UInt16(sample.model.config.vocabularySize - 1)
        for tokens in [1, 2, 3, 7, 16, 23, 24] {
            // With a [MASK], so that every pass runs.
            let ids = (0..<tokens).map { $0 == tokens / 2 ? 3 : last - UInt16($0) }
            let size = sample.artifact.device.arenaSize(tokens: tokens)
            #expect(try session.measureArena(ids) == size - spare, "\(tokens) tokens")
            let enough = RawRuntime.run(sample.artifact.bytes, ids, arenaBytes: size)
            #expect(enough.status == EMBQ_OK && enough.contained, "\(tokens) tokens")
            #expect(try enough.logits == session.run(ids), "\(tokens) tokens")
            let small = RawRuntime.run(sample.artifact.bytes, ids, arenaBytes: size - 1)
            #expect(small.status == EMBQ_ERROR_ARENA && small.contained, "\(tokens) tokens")
        }
    }

    @Test("holds nothing but what a program keeps: what each family needs for one more token")
    func growth() throws {
        for name in FamilySample.names {
            let sample = try FamilySample.shared(name)
            let device = sample.artifact.device
            // 8 tokens of ids fill 16 bytes; every store's rows begin at multiples of 16.
            let perToken = sample.program.stores.filter { $0.span == 0 }
                .reduce(2) { $0 + $1.width * [0, 1, 2, 4, 8][$1.type] }
            #expect(device.arenaSize(tokens: 24) - device.arenaSize(tokens: 8) == 16 * perToken, "\(name)")
        }
    }

    @Test("grows with the sentence, and no length beyond the model's has one")
    func sizes() throws {
        let device = try QuantizedSample(TinyEmbBERT()).artifact.device
        let sizes = (1...80).map { device.arenaSize(tokens: $0) }
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 < $1 })
        for tokens in [-1, 0, 81, 1 << 32, Int.max] { #expect(device.arenaSize(tokens: tokens) == 0) }
    }

    @Test("and the artifact must be aligned", arguments: [1, 2, 4, 8, 15])
    func alignment(offset: Int) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let size = artifact.device.arenaSize(tokens: 3)
        let answer = RawRuntime.run(artifact.bytes, [2, 5, 6], arenaBytes: size, offset: offset)
        #expect(answer.status == EMBQ_ERROR_ALIGNMENT && answer.contained)
        #expect(RawRuntime.open(artifact.bytes, offset: offset) == EMBQ_ERROR_ALIGNMENT)
        #expect(RawRuntime.open(artifact.bytes) == EMBQ_OK)
    }

    @Test(
        "token ids that the model cannot run are refused",
        arguments: [
            ([], EMBQ_ERROR_LENGTH, "no tokens"), ([UInt16](repeating: 5, count: 81), EMBQ_ERROR_LENGTH, "too many"),
            ([0], EMBQ_ERROR_LENGTH, "[PAD] alone"), ([0, 0, 0], EMBQ_ERROR_LENGTH, "[PAD] alone"),
            ([2, 32], EMBQ_ERROR_TOKEN, "one above the vocabulary"), ([65535], EMBQ_ERROR_TOKEN, "the last uint16"),
            ([2, 31], EMBQ_OK, "the last of the vocabulary"), ([0, 5], EMBQ_OK, "[PAD] first"),
        ] as [([UInt16], embq_status, String)])
    func tokens(ids: [UInt16], status: embq_status, what: String) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let answer = RawRuntime.run(artifact.bytes, ids, arenaBytes: artifact.device.arenaSize(tokens: 80))
        #expect(answer.status == status && answer.contained, "\(what)")

        let session = DeviceSession(artifact.device)
        let error = failure { () throws(RuntimeError) in try session.run(ids) }
        #expect(error?.code == (status == EMBQ_OK ? nil : .invalidRequest), "\(what)")
    }
}
