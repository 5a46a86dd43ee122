import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("The lowering")
struct LoweringTests {
    /// A family's program, and the same with memory of its own for every row and every store.
    private struct Pair {
        let shared: QuantizedModel
        let unshared: QuantizedModel

        init(_ sample: FamilySample) throws {
            let observer = try #require(Observers.named(sample.profile.observer))
            shared = try sample.model.model.quantize(sample.profile, observer: observer)
            unshared = try sample.model.model.quantizeUnshared(sample.profile, observer: observer)
        }

        static func interpreter(_ model: QuantizedModel) -> ReferenceInterpreter {
            ReferenceInterpreter(
                ProgramRecord(words: model.record), weights: model.weights.bytes, tables: model.tables.bytes)
        }
    }

    @Test("gives no register to two rows in use, nor memory to two stores", arguments: FamilySample.names)
    func sharing(name: String) throws {
        let sample = try FamilySample.shared(name)
        let pair = try Pair(sample)
        #expect(pair.shared.weights == pair.unshared.weights && pair.shared.tables == pair.unshared.tables)
        let (shared, unshared) = (Pair.interpreter(pair.shared), Pair.interpreter(pair.unshared))

        // Every row of the second has a register of its own.
        var written: Set<Int> = []
        for (_, _, operation) in unshared.program.places {
            for case (.gives, let word) in zip(OperationField.all(operation.kind).map(\.role), operation.words)
            where word != ProgramRecord.none {
                #expect(written.insert(word).inserted)
            }
        }
        #expect(shared.program.registers.count <= 64 && shared.program.registers.count <= written.count)
        #expect(shared.program.stores.count <= unshared.program.stores.count)
        for sentence in FamilySample.sentences(sample.model.config, 24, seed: 9) {
            #expect(shared.logits(sentence) == unshared.logits(sentence), "\(sentence)")
        }
    }

    @Test("makes no register more than the rows in use at one time", arguments: FamilySample.names)
    func registers(name: String) throws {
        let pair = try Pair(FamilySample.shared(name))
        let program = ProgramRecord(words: pair.unshared.record)
        var needed: [[Int]: Int] = [:]
        for pass in program.passes {
            for (shape, count) in Self.rowsInUse(pass, program) { needed[shape] = max(needed[shape] ?? 0, count) }
        }
        var made: [[Int]: Int] = [:]
        for register in ProgramRecord(words: pair.shared.record).registers {
            made[[register.type, register.width], default: 0] += 1
        }
        #expect(made == needed)
    }

    /// By type and width: the most rows of a pass that are in use at one operation. An input is in use while the output
    /// is written, but for COMBINE's first.
    private static func rowsInUse(_ pass: ProgramRecord.Pass, _ program: ProgramRecord) -> [[Int]: Int] {
        var first: [Int: Int] = [:]
        var last: [Int: Int] = [:]
        for (index, operation) in pass.operations.enumerated() {
            for (field, word) in zip(OperationField.all(operation.kind), operation.words)
            where word != ProgramRecord.none {
                switch field.role {
                case .gives, .scratch, .window: (first[word], last[word]) = (index, index)
                case .takes: last[word] = index
                default: break
                }
            }
        }
        var most: [[Int]: Int] = [:]
        for (index, operation) in pass.operations.enumerated() {
            var counts: [[Int]: Int] = [:]
            for (row, start) in first where start <= index && last[row, default: 0] >= index {
                let isOverwritten =
                    operation.kind == .combine && operation.words[0] == row && last[row] == index
                    && operation.words[1] != row && program.registers[row] == program.registers[operation.words[2]]
                if isOverwritten { continue }
                counts[[program.registers[row].type, program.registers[row].width], default: 0] += 1
            }
            most.merge(counts) { max($0, $1) }
        }
        return most
    }

    /// Passes and memory by family: positions of each pass; bytes for each token, of them in rows of all positions.
    struct Expectation: Sendable, CustomTestStringConvertible {
        let name: String
        /// All, first, at the mask, once, backwards.
        let positions: [Int]
        /// By type: rows of all positions in memory, of width D.
        let rows: [Int]
        /// Their widths where not all have D.
        var widths: [Int]?

        var testDescription: String { name }
    }

    @Test("needs the passes and the memory that a family must have", arguments: Self.expectations)
    func memory(expected: Expectation) throws {
        let sample = try FamilySample.shared(expected.name)
        let program = sample.program
        #expect(program.passes.map(\.positions) == expected.positions)
        let stores = program.stores.filter { $0.span == 0 && $0.type != ProgramRecord.int32 }
        #expect(stores.map(\.type).sorted() == expected.rows)
        let width = sample.model.config.hiddenSize
        #expect(stores.map(\.width).sorted() == expected.widths ?? stores.map { _ in width })
        // The scores of an attention, shared by all of them.
        let scores = program.stores.filter { $0.span == 0 && $0.type == ProgramRecord.int32 }
        #expect(scores.count == (program.places.contains { $0.operation.kind == .attend } ? 1 : 0))
    }

    static let expectations: [Expectation] = [
        // n of the first layer, whose place that of the second takes, and 16-bit numbers of the tables.
        Expectation(name: "embbert", positions: [1, 5, 2], rows: [1, 2], widths: [15, 18]),
        Expectation(name: "nanoembedder", positions: [1, 4], rows: []),
        Expectation(name: "nanoembedder-pretraining", positions: [2, 3], rows: []),
        Expectation(name: "nanoembedderconv", positions: [1, 4], rows: []),
        // 16-bit rows, keys and values: 4 · L · D bytes.
        Expectation(name: "bert", positions: [1, 1, 1, 1, 2], rows: [1, 1, 2]),
        Expectation(name: "nanobert", positions: [1, 1, 1, 1, 2], rows: [1, 1, 2]),
        Expectation(name: "hf-classifier", positions: [1, 1, 1, 1, 2], rows: [1, 1, 2]),
        Expectation(name: "bertefficient", positions: [1, 1, 1, 1, 2], rows: [1, 2]),
        Expectation(name: "mamba", positions: [1, 4], rows: []),
    ]

    @Test("keeps EmbBERT at its size: 380 kB at 256 tokens with two stores of L · D bytes")
    func embBERT() throws {
        let model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        var generator = SplitMix64(seed: 1)
        let sentences = (0..<8).map { _ in
            (0..<40).map { UInt16($0 == 0 ? 2 : Int.random(in: 5..<8192, using: &generator)) }
        }
        let profile = try Calibrator.calibrate(
            model.model.rewritten, points: model.model.points(), sentences: sentences, observer: MinMaxObserver.name,
            modelSHA256: model.modelSHA256, dataSHA256: String(repeating: "0", count: 64), threads: 2)
        let artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
        let footprint = Footprint(artifact)
        #expect(footprint.length == 256)
        #expect((379_000...381_000).contains(footprint.total), "\(footprint)")
        let program = ProgramRecord(bytes: artifact.section(.model) ?? [])
        #expect(
            program.stores.filter { $0.type == ProgramRecord.int8 && $0.span == 0 }
                == [.init(ProgramRecord.int8, 128), .init(ProgramRecord.int8, 128)])
        #expect(program.passes.map(\.positions) == [1, 5, 1, 1, 2])
    }

    @Test("lets MAMBA run in memory that grows by a sentence's ids alone")
    func mamba() throws {
        let device = try FamilySample.shared("mamba").artifact.device
        for tokens in 1...24 {
            #expect(device.arenaSize(tokens: tokens) - device.arenaSize(tokens: 1) == (2 * tokens + 15) / 16 * 16 - 16)
        }
    }
}
