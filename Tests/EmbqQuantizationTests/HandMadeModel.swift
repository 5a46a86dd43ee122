import EmbqCore
import EmbqRuntime
import EmbqTestSupport

/// An artifact whose program a test writes: for operations alone, with inputs of its choice.
struct HandMadeModel {
    static let vocabulary = 64
    static let length = 24
    /// The token whose position AT_MASK visits.
    static let mask = 3

    var program = ProgramRecord()
    private var weights: [UInt8] = []
    private var tables: [UInt8] = []

    init(length: Int = Self.length) {
        program.vocabulary = Self.vocabulary
        program.maximumLength = length
        (program.pad, program.separator, program.mask) = (0, 4, Self.mask)
        program.passes = [.init([])]
    }

    // MARK: Parts

    /// A register of its own.
    mutating func register(_ type: Int, _ width: Int) -> Int {
        program.registers.append(.init(type, width))
        return program.registers.count - 1
    }

    mutating func store(_ type: Int, _ width: Int, span: Int = 0) -> Int {
        program.stores.append(.init(type, width, span: span))
        return program.stores.count - 1
    }

    mutating func add(_ kind: OperationKind, _ words: [Int]) {
        program.passes[program.passes.count - 1].operations.append(.init(kind, words))
    }

    mutating func beginPass(_ positions: Int) { program.passes.append(.init(positions, [])) }

    /// int8 in WGHT.
    mutating func bytes(_ values: [Int]) -> Int {
        while weights.count % 16 != 0 { weights.append(0) }
        defer { weights += values.map { UInt8(truncatingIfNeeded: $0) } }
        return weights.count
    }

    /// int32 in WGHT.
    mutating func words(_ values: [Int]) -> Int {
        while weights.count % 4 != 0 { weights.append(0) }
        defer { weights += values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } } }
        return weights.count
    }

    /// int8 in TABL.
    mutating func tableBytes(_ values: [Int]) -> Int {
        while tables.count % 16 != 0 { tables.append(0) }
        defer { tables += values.map { UInt8(truncatingIfNeeded: $0) } }
        return tables.count
    }

    /// int32 in TABL.
    mutating func table(_ values: [Int]) -> Int {
        while tables.count % 4 != 0 { tables.append(0) }
        defer { tables += values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } } }
        return tables.count
    }

    // MARK: Inputs and outputs

    /// A 32-bit row: `digits[id] · factors[id] + constant`, where an id has digits.
    mutating func row(_ constant: [Int], digits: [Int: [Int]] = [:], factors: [Int: Int] = [:]) -> Int {
        let width = constant.count
        let out = register(ProgramRecord.int32, width)
        let token = (0..<Self.vocabulary).flatMap { digits[$0] ?? [Int](repeating: 0, count: width) }
        // Factors are even here, so that the shift by 1 rounds nothing.
        let multipliers = (0..<Self.vocabulary).map { 2 * (factors[$0] ?? 0) }
        let words = [
            out, ProgramRecord.none, 0, bytes(token), bytes([Int](repeating: 0, count: program.maximumLength * width)),
            ProgramRecord.none, ProgramRecord.none, self.words(constant + constant + constant), 3, 1,
            self.words(multipliers), self.words([Int](repeating: 0, count: program.maximumLength)), 1,
        ]
        add(.embed, words)
        return out
    }

    /// An int16 row of the same numbers.
    mutating func short(_ row: Int) -> Int {
        let out = register(ProgramRecord.int16, program.registers[row].width)
        add(.rescale, [row, out, 2, 1])
        return out
    }

    /// The numbers of a register as logits.
    mutating func output(_ row: Int) {
        let width = program.registers[row].width
        program.outputs = width
        let identity = (0..<width * width).map { $0 / width == $0 % width ? 64 : 0 }
        add(
            .wideLinear,
            [
                row, ProgramRecord.none, width, 0, bytes(identity), words([Int](repeating: 0, count: width)),
                table([Int](repeating: 1, count: width)), 6,
            ])
    }

    // MARK: Running

    /// What the runtime answers, which must be what the reference does.
    func logits(_ ids: [UInt16]) throws -> [Int32] {
        let template = ArtifactParts(try FamilySample.shared("nanoembedder").artifact)
        var labels = ByteWriter()
        for index in 0..<program.outputs { labels.write(UInt32(4 * program.outputs + index)) }
        labels.write(bytes: [UInt8](repeating: 0, count: program.outputs))
        var parts = template.replacing("MODL", with: program.bytes).replacing("WGHT", with: weights)
            .replacing("TABL", with: tables).replacing("LABL", with: labels.bytes)
        parts.sections.removeAll { $0.tag == "CHEK" || $0.tag == "TENS" }
        let logits = try DeviceSession(DeviceModel(artifact: parts.bytes)).run(ids)
        guard logits == ReferenceInterpreter(program, weights: weights, tables: tables).logits(ids) else {
            throw EmbqError(.mismatch, "the runtime and the reference differ", advice: "See which is right.")
        }
        return logits
    }
}
