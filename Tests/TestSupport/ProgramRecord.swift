/// Section MODL taken apart, written against the format's description: what a test changes and puts together again.
public struct ProgramRecord: Sendable {
    /// Types of registers and stores.
    public static let int8 = 1, int16 = 2, int32 = 3, int64 = 4
    /// Positions of a pass.
    public static let all = 1, first = 2, atMask = 3, once = 4
    /// In place of a register or an array.
    public static let none = 0xFFFF_FFFF

    public struct Register: Sendable, Equatable {
        public var type: Int
        public var width: Int

        public init(_ type: Int, _ width: Int) {
            self.type = type
            self.width = width
        }
    }

    public struct Store: Sendable, Equatable {
        public var type: Int
        public var width: Int
        public var groups: Int
        public var span: Int

        public init(_ type: Int, _ width: Int, groups: Int = 1, span: Int = 0) {
            self.type = type
            self.width = width
            self.groups = groups
            self.span = span
        }
    }

    public struct Operation: Sendable, Equatable {
        public var kind: OperationKind
        public var words: [Int]

        public init(_ kind: OperationKind, _ words: [Int]) {
            self.kind = kind
            self.words = words
        }
    }

    public struct Pass: Sendable, Equatable {
        public var positions: Int
        public var operations: [Operation]

        public init(_ positions: Int, _ operations: [Operation]) {
            self.positions = positions
            self.operations = operations
        }

        /// Over all positions.
        public init(_ operations: [Operation]) { self.init(ProgramRecord.all, operations) }
    }

    public var task = 1
    public var vocabulary = 0
    public var maximumLength = 0
    public var outputs = 0
    public var pad = 0
    public var separator = 0
    public var mask = 0
    public var registers: [Register] = []
    public var stores: [Store] = []
    public var passes: [Pass] = []

    public init() {}

    /// - Parameter words: a record that the runtime accepts.
    public init(words: [UInt32]) {
        var rest = words.map { Int($0) }[...]
        func next() -> Int { rest.removeFirst() }
        (task, vocabulary, maximumLength, outputs) = (next(), next(), next(), next())
        (pad, separator, mask) = (next(), next(), next())
        let (registerCount, storeCount, passCount) = (next(), next(), next())
        registers = (0..<registerCount).map { _ in Register(next(), next()) }
        stores = (0..<storeCount).map { _ in Store(next(), next(), groups: next(), span: next()) }
        let sizes = (0..<passCount).map { _ in (positions: next(), words: next()) }
        for (positions, size) in sizes {
            var operations: [Operation] = []
            let end = rest.startIndex + size
            while rest.startIndex < end {
                let word = next()
                let kind = OperationKind(rawValue: word & 0xFFFF) ?? .embed
                operations.append(Operation(kind, (1..<word >> 16).map { _ in next() }))
            }
            passes.append(Pass(positions, operations))
        }
    }

    /// From the section's bytes.
    public init(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        self.init(
            words: stride(from: 0, to: bytes.count, by: 4).map { at in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
            })
    }

    public var words: [UInt32] {
        var words = [task, vocabulary, maximumLength, outputs, pad, separator, mask]
        words += [registers.count, stores.count, passes.count]
        for register in registers { words += [register.type, register.width] }
        for store in stores { words += [store.type, store.width, store.groups, store.span] }
        let bodies = passes.map { pass in
            pass.operations.flatMap { [$0.kind.rawValue | ($0.words.count + 1) << 16] + $0.words }
        }
        for (pass, body) in zip(passes, bodies) { words += [pass.positions, body.count] }
        return (words + bodies.joined()).map { UInt32($0) }
    }

    public var bytes: [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    /// Every operation with its place.
    public var places: [(pass: Int, index: Int, operation: Operation)] {
        passes.indices.flatMap { pass in
            passes[pass].operations.indices.map { (pass, $0, passes[pass].operations[$0]) }
        }
    }

    /// Where MODL's words of an operation begin, its word of kind and size first.
    public func offset(pass: Int, index: Int) -> Int {
        func size(_ operations: some Sequence<Operation>) -> Int { operations.reduce(0) { $0 + $1.words.count + 1 } }
        return 10 + 2 * registers.count + 4 * stores.count + 2 * passes.count
            + passes[..<pass].reduce(0) { $0 + size($1.operations) } + size(passes[pass].operations[..<index])
    }

    func width(_ register: Int) -> Int { registers.indices.contains(register) ? registers[register].width : 0 }

    /// The arrays that an operation names: which word, in which section, and how many elements.
    public func arrays(_ operation: Operation) -> [OperationArray] {
        let words = operation.words
        func array(_ word: Int, _ section: String, _ size: Int, _ count: Int) -> OperationArray {
            OperationArray(word: word, section: section, dtype: size == 1 ? "I8" : "I32", size: size, count: count)
        }
        /// A packed matrix and its factors.
        func packed(_ weight: Int, _ factor: Int, _ rows: Int, _ inputs: Int) -> [OperationArray] {
            let groups = rows * ((inputs + 15) / 16)
            return [
                OperationArray(word: weight, section: "WGHT", dtype: "P4", size: 1, count: 8 * groups),
                OperationArray(word: factor, section: "WGHT", dtype: "U4", size: 1, count: (groups + 1) / 2),
            ]
        }
        switch operation.kind {
        case .embed:
            let width = width(words[0])
            let isExpanded = words[2] != 0
            let columns = isExpanded ? words[2] : width
            let tables = [
                array(3, "WGHT", 1, vocabulary * columns), array(4, "WGHT", 1, maximumLength * columns),
                array(7, "WGHT", 4, words[8] * width),
            ]
            if !isExpanded { return tables + [array(10, "WGHT", 4, vocabulary), array(11, "WGHT", 4, maximumLength)] }
            return tables + [
                array(5, "WGHT", 1, width * columns), array(6, "WGHT", 1, width * columns),
                array(10, "TABL", 4, width), array(11, "TABL", 4, width),
            ]
        case .packedEmbed:
            let (whole, columns) = (words[14], words[2] == 0 ? width(words[0]) : words[2])
            return arrays(Operation(.embed, Array(words[..<13]))).filter { $0.word != 3 }
                + packed(3, 13, vocabulary - whole, columns) + [array(15, "WGHT", 1, whole * columns)]
        case .packedLinear: return packed(2, 3, width(words[1]), width(words[0]))
        case .linear: return [array(2, "WGHT", 1, width(words[0]) * width(words[1]))]
        case .requantize:
            return [array(2, "WGHT", 4, width(words[0])), array(3, "TABL", 4, width(words[0]))]
        case .activate:
            let width = width(words[0])
            return [array(2, "WGHT", 4, width), array(3, "TABL", 4, width), array(5, "TABL", 1, 1 << words[6])]
        case .combine:
            let width = width(words[0])
            return [array(3, "TABL", 4, width), array(6, "WGHT", 4, width)]
                + (words[1] == Self.none ? [] : [array(4, "TABL", 4, width)])
        case .convolve: return [array(3, "WGHT", 1, words[2] * width(words[1]))]
        case .wideLinear:
            let outputs = words[2]
            return [
                array(4, "WGHT", 1, outputs * width(words[0])), array(5, "WGHT", 4, outputs),
                array(6, "TABL", 4, outputs),
            ]
        case .curve:
            let width = width(words[0])
            return [array(2, "WGHT", 4, width), array(3, "TABL", 4, width), array(6, "TABL", 4, 1 << words[7] + 1)]
        case .scan:
            let width = width(words[0])
            return [array(6, "WGHT", 4, width * self.width(words[2])), array(13, "WGHT", 4, width)]
        case .norm, .rescale, .load, .store, .attend, .gate, .pool, .pooled, .unit: return []
        }
    }
}

/// An array in WGHT or TABL.
public struct OperationArray: Sendable {
    public let word: Int
    public let section: String
    /// As `embq inspect` prints it.
    public let dtype: String
    /// Bytes of an element.
    public let size: Int
    public let count: Int
}

public enum OperationKind: Int, Sendable, CaseIterable {
    case embed = 1, norm, linear, requantize, activate, combine, rescale, load, store, attend, convolve, wideLinear,
        curve, gate, scan, pool, pooled, unit, packedEmbed, packedLinear
}
