import CEmbqRuntime
import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

@Suite("Programs that must be refused")
struct ProgramFaultTests {
    /// Faults that were not refused as they should be.
    private func accepted(_ artifacts: [(name: String, bytes: [UInt8])]) -> [String] {
        artifacts.compactMap { name, bytes in
            let status = RawRuntime.open(bytes)
            return status == EMBQ_ERROR_MODEL ? nil : "\(name): status \(status.rawValue)"
        }
    }

    @Test("a word of an operation out of its range is MODEL's and no other's", arguments: FamilySample.everyName)
    func fields(name: String) throws {
        let whole = DisturbedArtifact(try FamilySample.shared(name).artifact)
        #expect(RawRuntime.open(whole.sealed) == EMBQ_OK)
        var count = 0
        for (pass, index, _) in whole.program.places {
            let faults = OperationFaults(whole, pass: pass, index: index).all
            count += faults.count
            let artifacts = faults.lazy.map { fault in
                var artifact = whole
                fault.edit(&artifact)
                return (fault.name, artifact.sealed)
            }
            for artifact in artifacts { #expect(accepted([artifact]) == []) }
        }
        #expect(count > 20 * whole.program.places.count)
    }

    @Test("every kind of operation is among those whose words are tested")
    func kinds() throws {
        let programs = try FamilySample.everyName.map { try FamilySample.shared($0).program }
        #expect(Set(programs.flatMap(\.places).map(\.operation.kind)) == Set(OperationKind.allCases))
        for (_, _, operation) in programs.flatMap(\.places) {
            #expect(OperationField.all(operation.kind).count == operation.words.count, "\(operation.kind)")
        }
    }

    @Test(
        "rows that nobody has written, or not yet all of, are read by no operation", arguments: FamilySample.everyName)
    func order(name: String) throws {
        let artifact = DisturbedArtifact(try FamilySample.shared(name).artifact)
        let faults = ProgramFaults(artifact.program).all
        #expect(!faults.isEmpty)
        for fault in faults { #expect(accepted([(fault.name, artifact.replacing(fault.program))]) == []) }
        #expect(RawRuntime.open(artifact.replacing(artifact.program)) == EMBQ_OK)
    }

    @Test("arrays are named four times in the mean, not more: the time of opening is linear")
    func sharing() throws {
        let artifact = DisturbedArtifact(try FamilySample.shared("bert").artifact)
        let place = try #require(artifact.program.places.first { $0.operation.kind == .requantize })
        func repeated(_ count: Int) -> [UInt8] {
            var program = artifact.program
            let copies = [ProgramRecord.Operation](repeating: place.operation, count: count)
            program.passes[place.pass].operations.insert(contentsOf: copies, at: place.index)
            return artifact.replacing(program)
        }
        // The multiplier of each copy takes 4 bytes a column of the tables, which hold all arrays once.
        let width = artifact.program.registers[place.operation.words[1]].width
        let room = 3 * artifact.size("TABL") / (4 * width)
        #expect(RawRuntime.open(repeated(room)) == EMBQ_OK)
        #expect(RawRuntime.open(repeated(room + 8)) == EMBQ_ERROR_MODEL)
        // Forty thousand of them on an array that is as long as the tables take no longer than reading the file.
        let many = repeated(40_000)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(RawRuntime.open(many) == EMBQ_ERROR_MODEL)
        #expect(clock.now - start < .milliseconds(200))
    }

    @Test("an operation that a build leaves out is named as such", arguments: FamilySample.everyName)
    func operations(name: String) throws {
        let sample = try FamilySample.shared(name)
        let used = Set(sample.program.places.map(\.operation.kind.rawValue))
        let bytes = sample.artifact.bytes
        #expect(RawRuntime.open(bytes, kinds: used, count: OperationKind.allCases.count + 1) == EMBQ_OK)
        #expect(RawRuntime.open(bytes, kinds: used, count: (used.max() ?? 0) + 1) == EMBQ_OK)
        #expect(RawRuntime.open(bytes, kinds: used, count: 0) == EMBQ_ERROR_OPERATION)
        for kind in used {
            #expect(
                RawRuntime.open(bytes, kinds: used.subtracting([kind]), count: OperationKind.allCases.count + 1)
                    == EMBQ_ERROR_OPERATION)
            #expect(RawRuntime.open(bytes, kinds: used, count: kind) == EMBQ_ERROR_OPERATION)
        }
    }
}

/// Programs with their operations in a wrong order, at wrong positions, or too few of them.
private struct ProgramFaults {
    typealias Fault = (name: String, program: ProgramRecord)

    private let program: ProgramRecord

    init(_ program: ProgramRecord) { self.program = program }

    var all: [Fault] { lackingWriters + mergedPasses + lackingPasses + positions + stores + windows }

    private func fault(_ name: String, _ edit: (inout ProgramRecord) -> Void) -> Fault {
        var copy = program
        edit(&copy)
        return (name, copy)
    }

    /// An operation left out whose row is read: registers are empty where a pass begins.
    private var lackingWriters: [Fault] {
        program.places.compactMap { pass, index, operation in
            let operations = program.passes[pass].operations
            let before = OperationFaults.defined(operations[..<index])
            guard let out = outputs(operation).first, !before.contains(out),
                let next = operations[(index + 1)...].first(where: {
                    inputs($0).contains(out) || outputs($0).contains(out)
                }), inputs(next).contains(out)
            else { return nil }
            return fault("pass \(pass) without \(operation.kind) \(index)") {
                $0.passes[pass].operations.remove(at: index)
            }
        }
    }

    private func words(_ operation: ProgramRecord.Operation, _ matches: (OperationField.Role) -> Bool) -> [Int] {
        zip(OperationField.all(operation.kind), operation.words).filter { matches($0.0.role) }.map(\.1)
    }

    private func outputs(_ operation: ProgramRecord.Operation) -> [Int] {
        words(operation) { if case .gives = $0 { true } else { false } }.filter { $0 != ProgramRecord.none }
    }

    private func inputs(_ operation: ProgramRecord.Operation) -> [Int] {
        words(operation) { if case .takes = $0 { true } else { false } }
    }

    /// What one pass writes and the next reads would be read half written.
    private var mergedPasses: [Fault] {
        program.passes.indices.dropLast().compactMap { pass in
            guard program.passes[pass].positions == program.passes[pass + 1].positions else { return nil }
            return fault("passes \(pass) and \(pass + 1) in one") {
                $0.passes[pass].operations += $0.passes[pass + 1].operations
                $0.passes.remove(at: pass + 1)
            }
        }
    }

    /// The first pass that writes a store left out.
    private var lackingPasses: [Fault] {
        program.stores.indices.compactMap { store in
            let passes = program.passes.indices.filter { pass in
                program.passes[pass].operations.contains { self.stores($0).contains(store) }
            }
            guard let first = passes.first, passes.count > 1, program.stores[store].type != ProgramRecord.int32,
                program.passes[first].operations.contains(where: { $0.kind == .store || $0.kind == .pool })
            else { return nil }
            return fault("no pass \(first), which writes store \(store)") { $0.passes.remove(at: first) }
        }
    }

    private func stores(_ operation: ProgramRecord.Operation) -> [Int] {
        words(operation) { if case .store = $0 { true } else { false } }
    }

    /// Passes over positions that an operation cannot be at.
    private var positions: [Fault] {
        let (all, first, atMask, once, backwards) = (
            ProgramRecord.all, ProgramRecord.first, ProgramRecord.atMask, ProgramRecord.once, ProgramRecord.backwards
        )
        return program.places.flatMap { pass, index, operation in
            let unfit: [Int] =
                switch operation.kind {
                case .embed, .packedEmbed, .lookUp, .tableNorm, .packedTableNorm, .load, .attend, .wideAttend,
                    .convolve, .unpack, .packedAttend, .packedConvolve:
                    [once]
                case .store:
                    program.stores[operation.words[1]].span == 0 ? [first, atMask, once] : [atMask, once, backwards]
                case .scan: [atMask, once, backwards]
                case .pack: [first, atMask, once]
                case .pool: [first, atMask, once, backwards]
                case .pooled: [all, first, atMask, backwards]
                case .unit, .output: [all, backwards]
                case .wideLinear where operation.words[1] == ProgramRecord.none: [all, backwards]
                case .tag: [first, atMask, once, backwards]
                default: []
                }
            return unfit.map { positions in
                fault("\(operation.kind) \(index) of pass \(pass) at positions \(positions)") {
                    $0.passes[pass].positions = positions
                }
            }
        }
    }

    private var stores: [Fault] {
        program.places.flatMap { pass, index, operation -> [Fault] in
            func appended(_ name: String, _ kind: OperationKind, _ words: [Int]) -> Fault {
                fault("\(name) behind pass \(pass)") { $0.passes[pass].operations.append(.init(kind, words)) }
            }
            switch operation.kind {
            case .store:
                return [
                    appended("a row stored twice", .store, operation.words),
                    appended("a row loaded that the pass has overwritten", .load, operation.words),
                ]
            case .pack:
                return [appended("a row packed twice", .pack, operation.words)]
            case .attend:
                // The query is still there, and as wide as a key.
                return [3, 4].map { word in
                    fault("pass \(pass) attends to what it overwrites") {
                        $0.passes[pass].operations.insert(
                            .init(.store, [operation.words[0], operation.words[word]]), at: index)
                    }
                }
            case .tag: return [appended("labels a second time", .tag, operation.words)]
            case .pool:
                let width = program.registers[operation.words[0]].width
                return [
                    fault("sums of another width") { $0.stores[operation.words[1]].width = width + 2 },
                    fault("sums of a longer sentence than 64 bits hold") { $0.maximumLength = 16385 },
                ]
            case .scan:
                return [
                    fault("a state of two rows") { $0.stores[operation.words[5]].span = 2 },
                    fault("a state of another width") { $0.stores[operation.words[5]].width += 1 },
                ]
            default: return []
            }
        }
    }

    private var windows: [Fault] {
        program.places.compactMap { pass, index, operation in
            guard operation.kind == .convolve, program.stores[operation.words[0]].span != 0 else { return nil }
            let store = program.passes[pass].operations.firstIndex {
                $0.kind == .store && $0.words[1] == operation.words[0]
            }
            return (pass, index, operation, store ?? index)
        }.flatMap { (pass: Int, index: Int, operation: ProgramRecord.Operation, store: Int) -> [Fault] in
            [
                fault("pass \(pass) convolves before it stores") {
                    $0.passes[pass].operations.insert($0.passes[pass].operations.remove(at: index), at: store)
                },
                fault("a window of \(operation.words[2]) rows") {
                    $0.stores[operation.words[0]].span = operation.words[2]
                },
                fault("a window in groups") { $0.stores[operation.words[0]].groups = 2 },
                fault("a window of one row") { $0.stores[operation.words[0]].span = 1 },
            ]
        }
    }
}
