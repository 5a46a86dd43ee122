import EmbqModels

/// The program of section MODL while it is written: passes of operations on registers without number, which
/// ``finish(task:config:)`` maps to as few as can be.
struct DeviceProgram {
    enum Element: UInt32 {
        case int8 = 1, int16, int32, int64

        var bytes: Int {
            switch self {
            case .int8: 1
            case .int16: 2
            case .int32: 4
            case .int64: 8
            }
        }
    }

    /// The kinds of operations, as the format numbers them.
    enum Kind: UInt32 {
        case embed = 1, norm, linear, requantize, activate, combine, rescale, load, store, attend, convolve, wideLinear,
            curve, gate, scan, pool, pooled, unit, packedEmbed, packedLinear, unitRow, join,
            output, lookUp, wideAttend, tag, tableNorm, packedTableNorm, pack, unpack, packedAttend, packedConvolve

        /// True if it reads the position's own row of a store.
        var isLoad: Bool { self == .load || self == .unpack }
        /// True if it reads rows of a store up to the position's own.
        var isConvolution: Bool { self == .convolve || self == .packedConvolve }
    }

    /// Which positions a pass visits.
    enum Positions: UInt32 { case all = 1, first, atMask, once, backwards }

    struct Shape: Hashable {
        var element: Element
        var width: Int

        /// Of int8 and int16: rows that a store may hold beside others.
        var isKept: Bool { element == .int8 || element == .int16 }
        /// Bytes of a row.
        var bytes: Int { element.bytes * width }
    }

    /// A row that an operation makes; another one for each.
    struct Register: Hashable { var index: Int }
    struct Store: Hashable { var index: Int }

    enum Field {
        case takes(Register)
        case gives(Register)
        /// Memory for the operation alone.
        case scratch(Shape)
        case store(Store)
        case word(UInt32)

        static let none = Field.word(0xFFFF_FFFF)
    }

    struct Operation {
        var kind: Kind
        var fields: [Field]

        func takes(_ row: Register) -> Bool {
            fields.contains { if case .takes(row) = $0 { true } else { false } }
        }
    }

    /// How rows of few bits are packed.
    struct Packing: Hashable {
        var bits: Int
        /// Columns of a row.
        var width: Int
    }

    struct StoreShape {
        var shape: Shape
        var groups = 1
        /// 0: a row for each token.
        var span = 0
        /// nil for rows as the shape has them.
        var packing: Packing?
    }

    struct Pass {
        var positions: Positions = .all
        var operations: [Operation] = []
    }

    var passes: [Pass] = [Pass()]
    private(set) var stores: [StoreShape] = []
    private(set) var shapes: [Shape] = []

    var current: Int { passes.count - 1 }

    mutating func beginPass() { passes.append(Pass()) }

    mutating func visit(_ positions: Positions) { passes[current].positions = positions }

    mutating func register(_ element: Element, _ width: Int) -> Register {
        shapes.append(Shape(element: element, width: width))
        return Register(index: shapes.count - 1)
    }

    subscript(register: Register) -> Shape { shapes[register.index] }

    mutating func store(_ element: Element, _ width: Int, groups: Int = 1, span: Int = 0) -> Store {
        stores.append(StoreShape(shape: Shape(element: element, width: width), groups: groups, span: span))
        return Store(index: stores.count - 1)
    }

    /// Memory for packed rows of `width` columns of all positions.
    mutating func packedStore(_ width: Int, bits: Int, groups: Int) -> Store {
        // Memory of one word a token is for scores.
        let words = max(2, groups * PackedWeights.words(inputs: width / groups, bits: bits))
        stores.append(
            StoreShape(
                shape: Shape(element: .int32, width: words), groups: groups, packing: Packing(bits: bits, width: width))
        )
        return Store(index: stores.count - 1)
    }

    /// Appends an operation to a pass, the current one where none is given.
    mutating func add(_ kind: Kind, _ fields: [Field], pass: Int? = nil) {
        passes[pass ?? current].operations.append(Operation(kind: kind, fields: fields))
    }

    /// True if the runtime takes an operation in the current pass, as far as that depends on the pass's positions.
    func canAdd(_ kind: Kind, _ fields: [Field]) -> Bool {
        let positions = passes[current].positions
        switch kind {
        case .embed, .packedEmbed, .lookUp, .tableNorm, .packedTableNorm, .load, .attend, .wideAttend, .convolve,
            .unpack,
            .packedAttend, .packedConvolve:
            return positions != .once
        case .store:
            guard case .store(let store) = fields[1] else { return false }
            return positions == .all || (positions == .first && stores[store.index].span != 0)
        case .scan: return positions == .all || positions == .first
        case .pool, .tag, .pack: return positions == .all
        case .pooled: return positions == .once
        case .unit, .output: return positions != .all
        case .wideLinear:
            // Logits, where no row is written.
            if case .word = fields[1] { return positions != .all }
            return true
        case .norm, .linear, .packedLinear, .requantize, .activate, .combine, .rescale, .curve, .gate, .unitRow, .join:
            return true
        }
    }

    /// Whether a pass changes memory that lives longer than a position.
    func writes(pass: Int) -> Bool {
        passes[pass].operations.contains {
            $0.kind == .store || $0.kind == .scan || $0.kind == .pool || $0.kind == .pack
        }
    }
}

/// A program as the device reads it.
struct EncodedProgram {
    /// Type and width of each register.
    var registers: [[UInt32]]
    /// Type, width, groups and span of each store.
    var stores: [[UInt32]]
    /// Positions and operations of each pass.
    var passes: [(positions: UInt32, words: [UInt32])]

    /// Where a row is made: pass and operation, counted from 0, and the register.
    struct Origin {
        var pass: Int
        var operation: Int
        var register: Int
    }

    /// By the row's index.
    var origins: [Int: Origin]

    /// Bytes of a row of each register.
    var registerBytes: Int {
        registers.reduce(0) { $0 + (DeviceProgram.Element(rawValue: $1[0])?.bytes ?? 0) * Int($1[1]) }
    }

    /// The words of MODL behind its first seven.
    var words: [UInt32] {
        [UInt32(registers.count), UInt32(stores.count), UInt32(passes.count)] + registers.joined() + stores.joined()
            + passes.flatMap { [$0.positions, UInt32($0.words.count)] } + passes.flatMap(\.words)
    }
}
