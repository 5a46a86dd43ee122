/// Section MODL taken apart, written against the format's description: what a test changes and puts together again.
package struct ProgramRecord: Sendable {
    /// Types of registers and stores.
    package static let int8 = 1, int16 = 2, int32 = 3, int64 = 4
    /// Positions of a pass.
    package static let all = 1, first = 2, atMask = 3, once = 4, backwards = 5
    /// In place of a register or an array.
    package static let none = 0xFFFF_FFFF

    package struct Register: Sendable, Equatable {
        package var type: Int
        package var width: Int

        package init(_ type: Int, _ width: Int) {
            self.type = type
            self.width = width
        }
    }

    package struct Store: Sendable, Equatable {
        package var type: Int
        package var width: Int
        package var groups: Int
        package var span: Int

        package init(_ type: Int, _ width: Int, groups: Int = 1, span: Int = 0) {
            self.type = type
            self.width = width
            self.groups = groups
            self.span = span
        }
    }

    package struct Operation: Sendable, Equatable {
        package var kind: OperationKind
        package var words: [Int]

        package init(_ kind: OperationKind, _ words: [Int]) {
            self.kind = kind
            self.words = words
        }
    }

    package struct Pass: Sendable, Equatable {
        package var positions: Int
        package var operations: [Operation]

        package init(_ positions: Int, _ operations: [Operation]) {
            self.positions = positions
            self.operations = operations
        }

        /// Over all positions.
        package init(_ operations: [Operation]) { self.init(ProgramRecord.all, operations) }
    }

    package var task = 1
    package var vocabulary = 0
    package var maximumLength = 0
    package var outputs = 0
    package var pad = 0
    package var separator = 0
    package var mask = 0
    package var registers: [Register] = []
    package var stores: [Store] = []
    package var passes: [Pass] = []
    /// Section TABL, which tells how long the rows of packed tables are; empty where nobody asks.
    package var tables: [UInt8] = []

    package init() {}

    /// - Parameter words: a record that the runtime accepts.
    package init(words: [UInt32]) {
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
    package init(bytes: some Collection<UInt8>, tables: [UInt8] = []) {
        let bytes = Array(bytes)
        self.init(
            words: stride(from: 0, to: bytes.count, by: 4).map { at in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
            })
        self.tables = tables
    }

    package var words: [UInt32] {
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

    package var bytes: [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }

    /// Every operation with its place.
    package var places: [(pass: Int, index: Int, operation: Operation)] {
        passes.indices.flatMap { pass in
            passes[pass].operations.indices.map { (pass, $0, passes[pass].operations[$0]) }
        }
    }

    /// Where MODL's words of an operation begin, its word of kind and size first.
    package func offset(pass: Int, index: Int) -> Int {
        func size(_ operations: some Sequence<Operation>) -> Int { operations.reduce(0) { $0 + $1.words.count + 1 } }
        return 10 + 2 * registers.count + 4 * stores.count + 2 * passes.count
            + passes[..<pass].reduce(0) { $0 + size($1.operations) } + size(passes[pass].operations[..<index])
    }

    func width(_ register: Int) -> Int { registers.indices.contains(register) ? registers[register].width : 0 }

    /// Words of a packed matrix's row.
    package static func packedWords(_ inputs: Int, bits: Int) -> Int {
        (bits == 6 ? [4, 2] : [bits]).reduce(0) { $0 + (inputs + 16 / $1 * 2 - 1) / (16 / $1 * 2) }
    }

    /// Bytes of a packed table's rows, as the classes in ``tables`` tell; 0 where these are not there.
    private func packedBytes(_ classes: Int, count: Int, shifts: Int, _ columns: Int) -> Int {
        guard tables.count >= max(classes + 12 * count, shifts + columns) else { return 0 }
        func number(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(tables[classes + 4 * index + $1]) << (8 * $1) }
        }
        return (0..<count).reduce(0) { end, index in
            let (first, bits) = (index == 0 ? 0 : number(3 * index - 3), number(3 * index + 1))
            let width = (0..<columns).reduce(0) { sum, column in
                let shift = Int(Int8(bitPattern: tables[shifts + column]))
                return sum + (bits == 8 ? 8 : min(max(bits + shift, 1), 8))
            }
            return max(end, number(3 * index + 2) + (number(3 * index) - first) * ((width + 7) / 8))
        }
    }

    /// The arrays that an operation names: which word, in which section, and how many elements.
    package func arrays(_ operation: Operation) -> [OperationArray] {
        let words = operation.words
        func array(_ word: Int, _ section: String, _ size: Int, _ count: Int) -> OperationArray {
            OperationArray(word: word, section: section, dtype: size == 1 ? "I8" : "I32", size: size, count: count)
        }
        /// A vector of 32 bits, or of 16 with a factor, as a byte of the word `shift` tells.
        func vector(_ word: Int, _ section: String, _ count: Int, _ shift: Int, byte: Int) -> OperationArray {
            let form = words[shift] >> (8 * byte) & 255
            return OperationArray(
                word: word, section: section, dtype: form == 0 ? "I32" : "I16", size: form == 0 ? 4 : 2, count: count,
                factor: 1 << max(form - 1, 0))
        }
        /// A packed table, whose rows are word `rows`: what describes it are the words behind the unpacked kind's.
        func packed(_ rows: Int, _ columns: Int) -> [OperationArray] {
            let bytes = packedBytes(words[13], count: words[14], shifts: words[15], columns)
            return [
                OperationArray(word: rows, section: "WGHT", dtype: "ROWS", size: 1, count: bytes),
                array(13, "TABL", 4, 3 * words[14]), array(15, "TABL", 1, columns), array(16, "TABL", 1, 254),
            ]
        }
        switch operation.kind {
        case .embed:
            let width = width(words[0])
            let isExpanded = words[2] != 0
            let columns = isExpanded ? words[2] : width
            var tables = [
                array(3, "WGHT", 1, vocabulary * columns), array(4, "WGHT", 1, maximumLength * columns),
                array(7, "WGHT", 4, words[8] * width),
            ]
            if isExpanded {
                tables += [
                    array(5, "WGHT", 1, width * columns), array(6, "WGHT", 1, width * columns),
                    array(10, "TABL", 4, width), array(11, "TABL", 4, width),
                ]
            } else {
                tables += [array(10, "WGHT", 4, vocabulary), array(11, "WGHT", 4, maximumLength)]
            }
            return tables.filter { words[$0.word] != Self.none }
        case .packedEmbed:
            return arrays(Operation(.embed, Array(words[..<13]))).filter { $0.word != 3 }
                + packed(3, words[2] == 0 ? width(words[0]) : words[2])
        case .tableNorm:
            let columns = words[3]
            return [
                array(4, "WGHT", 1, vocabulary * columns), array(5, "WGHT", 1, maximumLength * columns),
                array(7, "TABL", 4, width(words[1])),
            ]
        case .packedTableNorm:
            return arrays(Operation(.tableNorm, Array(words[..<13]))).filter { $0.word != 4 } + packed(4, words[3])
        case .lookUp:
            let rows = [1: maximumLength, 5: 2, 6: maximumLength + 1][words[3]] ?? vocabulary
            return [array(1, "WGHT", 1, rows * width(words[0])), array(2, "WGHT", 4, rows)]
        case .packedLinear:
            let bits = words[3]
            let count = 4 * width(words[1]) * Self.packedWords(width(words[0]), bits: bits)
            return [OperationArray(word: 2, section: "WGHT", dtype: "P\(bits)", size: 1, count: count)]
        case .linear: return [array(2, "WGHT", 1, width(words[0]) * width(words[1]))]
        case .requantize:
            let width = width(words[0])
            return [vector(2, "WGHT", width, 4, byte: 2), vector(3, "TABL", width, 4, byte: 1)]
        case .activate:
            let width = width(words[0])
            return [
                vector(2, "WGHT", width, 4, byte: 2), vector(3, "TABL", width, 4, byte: 1),
                array(5, "TABL", 1, 1 << words[6]),
            ]
        case .combine:
            let width = width(words[0])
            return [vector(3, "TABL", width, 5, byte: 1), vector(6, "WGHT", width, 5, byte: 2)]
                + (words[1] == Self.none ? [] : [vector(4, "TABL", width, 5, byte: 3)])
        case .convolve: return [array(3, "WGHT", 1, words[2] * width(words[1]))]
        case .packedConvolve:
            let bits = words[7]
            if bits == 8 { return [array(3, "WGHT", 1, words[2] * width(words[1]))] }
            let count = 4 * words[2] * Self.packedWords(width(words[1]), bits: bits)
            return [OperationArray(word: 3, section: "WGHT", dtype: "P\(bits)", size: 1, count: count)]
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
        case .norm, .rescale, .load, .store, .attend, .wideAttend, .gate, .pool, .pooled, .unit, .unitRow, .join,
            .output, .tag, .pack, .unpack, .packedAttend:
            return []
        }
    }
}

/// An array in WGHT or TABL.
package struct OperationArray: Sendable {
    package let word: Int
    package let section: String
    /// As `embq inspect` prints it.
    package let dtype: String
    /// Bytes of an element.
    package let size: Int
    package let count: Int
    /// What each number is times.
    package var factor = 1
}

package enum OperationKind: Int, Sendable, CaseIterable {
    case embed = 1, norm, linear, requantize, activate, combine, rescale, load, store, attend, convolve, wideLinear,
        curve, gate, scan, pool, pooled, unit, packedEmbed, packedLinear, unitRow, join, output, lookUp, wideAttend,
        tag,
        tableNorm, packedTableNorm, pack, unpack, packedAttend, packedConvolve
}
