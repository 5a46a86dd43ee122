import CEmbqRuntime
import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("A run in steps")
struct StepTests {
    /// Sentences of the lengths at which blocks of two positions end differently, each but the last with a [MASK].
    private static func sentences(_ sample: FamilySample) -> [[UInt16]] {
        let last = UInt16(sample.model.config.vocabularySize - 1)
        let masked = [1, 2, 3, 8, 23].map { (tokens: Int) -> [UInt16] in
            var ids = (0..<tokens).map { last - UInt16($0) }
            if tokens > 2 { ids[tokens - 2] = 4 }
            ids[tokens / 2] = 3
            return ids
        }
        return masked + [[2, 5, 6, 7]]
    }

    private static func begun(_ sample: FamilySample, _ ids: [UInt16]) -> SteppedRun {
        let run = SteppedRun(
            sample.artifact.bytes, arenaBytes: sample.artifact.device.arenaSize(tokens: ids.count))
        #expect(run.begin(ids) == EMBQ_OK)
        return run
    }

    /// Operations of the program, each once for two positions.
    private static func operations(_ program: ProgramRecord, _ ids: [UInt16]) -> Int {
        program.passes.reduce(0) { sum, pass in
            let positions =
                switch pass.positions {
                case ProgramRecord.all, ProgramRecord.backwards: ids.count
                case ProgramRecord.atMask: ids.contains(3) ? 1 : 0
                default: 1
                }
            return sum + (positions + 1) / 2 * pass.operations.count
        }
    }

    @Test("gives the same logits as one call, an operation on two positions a step", arguments: FamilySample.everyName)
    func same(name: String) throws {
        let sample = try FamilySample.shared(name)
        let session = DeviceSession(sample.artifact.device)
        for ids in Self.sentences(sample) {
            let run = Self.begun(sample, ids)
            #expect(run.finish() == Self.operations(sample.program, ids), "\(ids.count) tokens")
            #expect(try run.logits == session.run(ids), "\(ids.count) tokens")
            #expect(run.isContained, "\(ids.count) tokens")
        }
    }

    @Test("takes turns with others, each in its own arena", arguments: FamilySample.everyName)
    func turns(name: String) throws {
        let sample = try FamilySample.shared(name)
        let session = DeviceSession(sample.artifact.device)
        let sentences = Self.sentences(sample)
        let runs = sentences.map { Self.begun(sample, $0) }
        var left = Array(runs.indices)
        while !left.isEmpty { left = left.filter { runs[$0].step() } }
        for (run, ids) in zip(runs, sentences) { #expect(try run.logits == session.run(ids)) }
    }

    @Test("that is begun again before it is done starts over")
    func again() throws {
        let sample = try FamilySample.shared("mamba")
        let session = DeviceSession(sample.artifact.device)
        let ids: [UInt16] = [2, 9, 8, 7, 6, 5]
        let run = Self.begun(sample, ids)
        for _ in 0..<40 { #expect(run.step()) }
        #expect(run.begin([2, 5, 6]) == EMBQ_OK)
        _ = run.finish()
        #expect(try run.logits == session.run([2, 5, 6]))
    }

    @Test("does nothing more when it is done", arguments: FamilySample.everyName)
    func done(name: String) throws {
        let run = Self.begun(try FamilySample.shared(name), [2, 5, 3, 6])
        _ = run.finish()
        let logits = run.logits, contents = run.contents
        for _ in 0..<3 { #expect(!run.step()) }
        #expect(run.logits == logits && run.contents == contents)
    }

    @Test("of a text gives what one call gives, and needs the text at its beginning only")
    func text() throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        for tokens in [1, 2, 5, 80] {
            let size = artifact.device.arenaSize(tokens: tokens)
            let run = SteppedRun(artifact.bytes, arenaBytes: size), whole = SteppedRun(artifact.bytes, arenaBytes: size)
            let text = "a bc [SEP] d e"
            #expect(run.begin(text: text) == EMBQ_OK && whole.run(text: text) == EMBQ_OK, "\(tokens) tokens")
            _ = run.finish()
            #expect(run.logits == whole.logits && run.isContained, "\(tokens) tokens")
        }
    }

    @Test(
        "that is refused has no step and leaves the logits alone",
        arguments: [
            ([], 0, 0, EMBQ_ERROR_LENGTH), ([0, 0], 0, 0, EMBQ_ERROR_LENGTH), ([2, 32], 0, 0, EMBQ_ERROR_TOKEN),
            ([UInt16](repeating: 5, count: 81), 0, 0, EMBQ_ERROR_LENGTH), ([2, 5], 1, 0, EMBQ_ERROR_ARENA),
            ([2, 5], 0, 1, EMBQ_ERROR_ALIGNMENT), ([2, 5], 0, 8, EMBQ_ERROR_ALIGNMENT),
        ] as [([UInt16], Int, Int, embq_status)])
    func refused(ids: [UInt16], missing: Int, offset: Int, status: embq_status) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let size = artifact.device.arenaSize(tokens: min(max(ids.count, 1), 80))
        let run = SteppedRun(artifact.bytes, arenaBytes: size - missing, offset: offset)
        #expect(run.begin(ids) == status)
        #expect(!run.step() && run.isContained && run.logits.allSatisfy { $0 == -1 })
    }

    @Test("that was going on has no step left after a beginning that is refused")
    func replaced() throws {
        let sample = try FamilySample.shared("bert")
        let run = Self.begun(sample, [2, 5, 6])
        #expect(run.step())
        #expect(run.begin([]) == EMBQ_ERROR_LENGTH)
        #expect(!run.step())
    }

    @Test("needs every argument", arguments: SteppedRun.Argument.allCases)
    func arguments(argument: SteppedRun.Argument) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let run = SteppedRun(artifact.bytes, arenaBytes: artifact.device.arenaSize(tokens: 2))
        #expect(run.begin(without: argument).allSatisfy { $0 == EMBQ_ERROR_ARGUMENT })
        #expect(!run.step() && run.logits.allSatisfy { $0 == -1 })
        #expect(embq_step(nil) == 0)
    }
}
