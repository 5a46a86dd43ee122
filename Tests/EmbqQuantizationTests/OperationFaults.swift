import EmbqModels
import EmbqTestSupport

/// What can be wrong with one operation of a program: a change of one word, or of one number that it points to.
struct OperationFaults {
    typealias Fault = (name: String, edit: (inout DisturbedArtifact) -> Void)

    let program: ProgramRecord
    let operation: ProgramRecord.Operation
    private let offset: Int
    private let place: String
    private let sizes: [String: Int]
    /// Registers that the pass has written before.
    private let defined: Set<Int>

    init(_ artifact: DisturbedArtifact, pass: Int, index: Int) {
        program = artifact.program
        operation = program.passes[pass].operations[index]
        offset = program.offset(pass: pass, index: index)
        place = "pass \(pass), operation \(index), \(operation.kind)"
        sizes = ["WGHT": artifact.size("WGHT"), "TABL": artifact.size("TABL")]
        defined = Self.defined(program.passes[pass].operations[..<index])
    }

    static func defined(_ operations: some Sequence<ProgramRecord.Operation>) -> Set<Int> {
        var defined: Set<Int> = []
        for operation in operations {
            for (field, word) in zip(OperationField.all(operation.kind), operation.words) {
                switch field.role {
                case .gives: defined.insert(word)
                case .scratch, .window: defined.remove(word)
                default: break
                }
            }
        }
        return defined
    }

    /// Every fault of every word.
    var all: [Fault] {
        let fields = OperationField.all(operation.kind)
        var faults = header
        for (word, field) in fields.enumerated() where isRead(word) {
            faults += values(field, word).map { value in
                ("\(place): \(field.name) is \(value)", { $0.setWord(offset + 1 + word, value) })
            }
            if case .array(let range) = field.role { faults += elements(field, word, range) }
        }
        return faults
    }

    /// The word of kind and size.
    private var header: [Fault] {
        let (kind, size) = (operation.kind.rawValue, operation.words.count + 1)
        let words =
            [0, OperationKind.allCases.count + 1, 0xFFFF].map { $0 | size << 16 }
            + [0, size - 1, size + 1, 0xFFFF].map { kind | $0 << 16 }
        return words.map { word in
            ("\(place): kind \(word & 0xFFFF) of \(word >> 16) words", { $0.setWord(offset, word) })
        }
    }

    /// Whether a word means anything in this operation.
    private func isRead(_ word: Int) -> Bool {
        let words = operation.words
        switch operation.kind {
        case .embed, .packedEmbed:
            let isLeftOut = words[word] == ProgramRecord.none && [4, 7, 11].contains(word)
            return (words[2] != 0 || ![1, 5, 6].contains(word)) && !isLeftOut
        case .norm: return words[2] != ProgramRecord.none || ![3, 4].contains(word)
        case .combine: return words[1] != ProgramRecord.none || word != 4
        default: return true
        }
    }

    private func values(_ field: OperationField, _ word: Int) -> [Int] {
        let values =
            switch field.role {
            case .number where operation.kind == .embed && word == 9 && operation.words[7] == ProgramRecord.none:
                bound(word)
            case .number(let range):
                [range.lowerBound - 1, 0, range.upperBound + 1, 0x8000_0000, 0xFFFF_FFFF]
                    .filter { !range.contains($0) } + (operation.kind == .convolve ? tooLongKernel : [])
            case .shift(let range): shifts(operation.words[word], range)
            case .bound: bound(word)
            case .none: [0, 1, program.registers.count]
            case .store: stores(word)
            case .window:
                registers(word) { register in
                    program.registers[register].type != ProgramRecord.int8
                        || width(register) != width(operation.words[word], or: 0)
                }
            case .array: offsets(word)
            case .takes(let types):
                registers(word) { register in
                    !defined.contains(register) || !types.contains(program.registers[register].type)
                        || (field.isExact && width(register) != width(operation.words[word], or: 0))
                }
            case .gives(let types):
                registers(word) { register in
                    !types.contains(program.registers[register].type) || clashes(word, register)
                        || (field.isExact && width(register) != width(operation.words[word], or: 2))
                        || (operation.kind == .rescale
                            && program.registers[register].type >= program.registers[operation.words[0]].type)
                }
            case .scratch:
                registers(word) { register in
                    program.registers[register].type != ProgramRecord.int32 || clashes(word, register)
                        || width(register) != width(operation.words[word], or: 0)
                }
            }
        return values.filter { (0...0xFFFF_FFFF).contains($0) && $0 != operation.words[word] }
    }

    /// Shifts out of range, and vectors with too large a factor or that are not there.
    private func shifts(_ word: Int, _ range: ClosedRange<Int>) -> [Int] {
        let forms = word & ~255
        let hasSecond = operation.kind == .combine && operation.words[1] != ProgramRecord.none
        return [range.lowerBound - 1, range.upperBound + 1, 255].map { forms | $0 }
            + [8, 16].map { word & ~(255 << $0) | 18 << $0 } + [word | (hasSecond ? 255 : 1) << 24]
    }

    // MARK: Registers

    private func width(_ register: Int) -> Int { program.registers[register].width }

    /// Where no register stands: the width that another word tells.
    private func width(_ register: Int, or word: Int) -> Int {
        if register != ProgramRecord.none { return width(register) }
        return operation.kind == .wideLinear ? operation.words[word] : width(operation.words[0])
    }

    /// Registers that are none, and those that do not fit.
    private func registers(_ word: Int, where isUnfit: (Int) -> Bool) -> [Int] {
        let mayBeNone: Bool =
            switch (operation.kind, word) {
            case (.norm, 2), (.combine, 1), (.wideLinear, 1): true
            default: false
            }
        return [program.registers.count, 64, 0x7FFF_FFFF] + (mayBeNone ? [] : [ProgramRecord.none])
            + program.registers.indices.filter(isUnfit)
    }

    /// Whether an output may not be that register because an input is.
    private func clashes(_ word: Int, _ register: Int) -> Bool {
        let inputs: [Int] =
            switch (operation.kind, word) {
            case (.embed, 1), (.packedEmbed, 1): [0]
            case (.norm, 2): [0]
            case (.combine, 2): [1]
            case (.attend, 1), (.wideAttend, 1), (.packedAttend, 1): [0]
            case (.packedConvolve, 5): [1]
            case (.join, 2): [0, 1]
            case (.wideLinear, 1), (.curve, 1): [0]
            case (.scan, 4): [1, 2, 3]
            default: []
            }
        return inputs.contains { operation.words[$0] == register }
    }

    // MARK: Stores

    private func stores(_ word: Int) -> [Int] {
        guard program.stores.indices.contains(operation.words[word]) else { return [] }
        let own = program.stores[operation.words[word]]
        let others = program.stores.indices.filter { index in
            let store = program.stores[index]
            switch operation.kind {
            case .attend, .wideAttend, .packedAttend, .unpack: return store != own
            case .convolve: return store.type != own.type
            default: return store.type != own.type || store.width != own.width
            }
        }
        return [program.stores.count, 512, ProgramRecord.none] + others
    }

    // MARK: Arrays

    private func array(_ word: Int) -> OperationArray? { program.arrays(operation).first { $0.word == word } }

    /// Misaligned offsets, and those that do not leave room for the array.
    private func offsets(_ word: Int) -> [Int] {
        guard let array = array(word), let section = sizes[array.section] else { return [] }
        let alignment = array.size == 1 ? 16 : 4
        let own = operation.words[word]
        let last = section - array.count * array.size
        return [own + 1, own + alignment / 2, last / alignment * alignment + alignment]
            + [(section + alignment - 1) / alignment * alignment, 0x7FFF_FFF0, 0xFFFF_FFF0]
    }

    /// Numbers of an array beyond what is accepted, in its first and its last place.
    private func elements(_ field: OperationField, _ word: Int, _ range: ClosedRange<Int>) -> [Fault] {
        guard let array = array(word) else { return [] }
        var range = range
        if operation.kind == .curve, word == 6, program.registers[operation.words[1]].type == ProgramRecord.int32 {
            range = -0x3FF_FFFF...0x3FF_FFFF
        }
        let possible = [1: -128...127, 2: -0x8000...0x7FFF][array.size] ?? -0x8000_0000...0x7FFF_FFFF
        let bad = [range.lowerBound - 1, range.upperBound + 1, possible.lowerBound, possible.upperBound]
            .filter { possible.contains($0) && !range.contains($0 * array.factor) }
        return Set([0, array.count - 1]).flatMap { index in
            bad.map { value in
                ("\(place): \(field.name)[\(index)] is \(value)", { $0.set(operation, array, index, value) })
            }
        }
    }

    // MARK: Numbers that others tell

    private func bound(_ word: Int) -> [Int] {
        let words = operation.words
        let old = words[word]
        switch (operation.kind, word) {
        case (.wideAttend, 12): return [0, old - 1, 32, ProgramRecord.none]
        case (.packedConvolve, 7): return [0, 7, 9, ProgramRecord.none]
        case (.packedEmbed, 14), (.packedTableNorm, 14): return [0, old - 1, 65, ProgramRecord.none]
        case (.activate, 7): return [1 << words[6], ProgramRecord.none]
        case (.curve, 5): return [1 << (words[7] + words[8]), ProgramRecord.none]
        case (.wideLinear, 2) where words[1] == ProgramRecord.none:
            return [0, program.outputs - words[3] + 1, ProgramRecord.none]
        case (.wideLinear, 3):
            return words[1] == ProgramRecord.none ? [program.outputs - words[2] + 1, ProgramRecord.none] : []
        case (.output, 1):
            let most = min(program.registers[words[0]].width, program.outputs - words[2])
            return [0, most + 1, ProgramRecord.none]
        case (.output, 2): return [program.outputs - words[1] + 1, ProgramRecord.none]
        case (.embed, 8) where words[7] == ProgramRecord.none, (.embed, 9) where words[7] == ProgramRecord.none:
            return [1, 2, ProgramRecord.none]
        default: return [0, old - 1, old + 1, ProgramRecord.none]
        }
    }

    /// One more tap than a window holds.
    private var tooLongKernel: [Int] {
        let span = program.stores[operation.words[0]].span
        return span == 0 ? [] : [span]
    }
}
