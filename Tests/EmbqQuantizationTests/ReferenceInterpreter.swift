import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqTestSupport

/// The programs of the format, one position after the other, one formula after the other: no buffers that are shared,
/// no rows by two, no windows. Whatever the runtime does to be small or fast, it must give these bits.
struct ReferenceInterpreter {
    /// An operation with the arrays that it names, by word.
    struct Prepared {
        let operation: ProgramRecord.Operation
        let arrays: [Int: [Int]]

        subscript(word: Int) -> Int { operation.words[word] }

        func array(_ word: Int) -> [Int] { arrays[word] ?? [] }
    }

    let program: ProgramRecord
    private let passes: [(positions: Int, operations: [Prepared])]

    init(_ artifact: ArtifactReader) {
        self.init(
            ProgramRecord(bytes: artifact.section(.model) ?? []), weights: Array(artifact.section(.weights) ?? []),
            tables: Array(artifact.section(.tables) ?? []))
    }

    init(_ program: ProgramRecord, weights: [UInt8], tables: [UInt8]) {
        var program = program
        program.tables = tables
        self.program = program
        passes = program.passes.map { pass in
            let operations = pass.operations.map { operation in
                let arrays = program.arrays(operation).map { array in
                    let bytes = array.section == "WGHT" ? weights : tables
                    let values = (0..<array.count).map { i in
                        let at = operation.words[array.word] + array.size * i
                        if array.size == 1 { return Int(Int8(bitPattern: bytes[at])) }
                        let word = (0..<array.size).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
                        if array.size == 2 { return Int(Int16(truncatingIfNeeded: word)) * array.factor }
                        return Int(Int32(bitPattern: word))
                    }
                    return (array.word, values)
                }
                return Prepared(operation: operation, arrays: Dictionary(uniqueKeysWithValues: arrays))
            }
            return (pass.positions, operations)
        }
    }

    /// Logits in steps of 2^-16.
    func logits(_ sentence: [UInt16]) -> [Int32] {
        var ids = sentence.map { Int($0) }
        while ids.last == program.pad { ids.removeLast() }
        var run = ReferenceRun(program, ids)
        for pass in passes {
            let positions: [Int] =
                switch pass.positions {
                case ProgramRecord.all: Array(ids.indices)
                case ProgramRecord.backwards: ids.indices.reversed()
                case ProgramRecord.atMask: ids.firstIndex(of: program.mask).map { [$0] } ?? []
                default: [0]
                }
            for position in positions {
                run.begin(position)
                for operation in pass.operations { run.run(operation) }
            }
        }
        return run.logits.map { Int32($0) }
    }
}

/// A sentence on its way through a program.
struct ReferenceRun {
    typealias Math = ReferenceArithmetic

    let program: ProgramRecord
    let ids: [Int]
    private let separator: Int
    /// By register: the position's rows.
    var rows: [Int: [Int]] = [:]
    /// By store and position.
    var stored: [Int: [Int: [Int]]] = [:]
    /// By store: sums, states.
    var kept: [Int: [Int]] = [:]
    var logits: [Int]
    private(set) var position = 0

    init(_ program: ProgramRecord, _ ids: [Int]) {
        self.program = program
        self.ids = ids
        separator = ids.firstIndex(of: program.separator) ?? ids.count
        logits = [Int](repeating: 0, count: program.outputs)
    }

    /// Nothing of another position is left in the registers.
    mutating func begin(_ position: Int) {
        self.position = position
        rows = [:]
    }

    /// A register that has been written; reading any other is a fault of the program.
    func row(_ register: Int) -> [Int] {
        guard let row = rows[register] else { preconditionFailure("register \(register) holds nothing") }
        return row
    }

    /// Largest magnitude of a register.
    func limit(_ register: Int) -> Int { [0, 127, 32_767, Math.rowLimit][program.registers[register].type] }

    mutating func run(_ o: ReferenceInterpreter.Prepared) {
        switch o.operation.kind {
        case .embed: rows[o[0]] = embed(o, token: tableRow(o, 3, ids[position]))
        case .packedEmbed:
            rows[o[0]] = embed(o, token: packedRow(o, 3, ids[position], columns(o)))
        case .lookUp: rows[o[0]] = lookUp(o)
        case .norm: rows[o[1]] = norm(o)
        case .tableNorm: rows[o[1]] = tableNorm(o, token: tableRow(o.array(4), ids[position], o[3]))
        case .packedTableNorm:
            rows[o[1]] = tableNorm(o, token: packedRow(o, 4, ids[position], o[3]))
        case .linear:
            let x = row(o[0])
            rows[o[1]] = products(x, o.array(2))
        case .packedLinear:
            let x = row(o[0])
            rows[o[1]] = (0..<program.registers[o[1]].width).map {
                Math.dot(x, packedWeights(o.array(2), bits: o[3], row: $0, x.count))
            }
        case .requantize: rows[o[1]] = scaled(o).map { Math.clip($0, 127) }
        case .activate:
            let table = o.array(5)
            rows[o[1]] = scaled(o).map { table[min(max($0 + o[7], 0), table.count - 1)] }
        case .combine: rows[o[2]] = combine(o)
        case .rescale:
            let limit = limit(o[1])
            rows[o[1]] = row(o[0]).map { Math.clip(Math.requantize($0, o[2], o[3]), limit) }
        case .load:
            guard let row = stored[o[1]]?[position] else { preconditionFailure("store \(o[1]) holds no such row") }
            rows[o[0]] = row
        case .store: stored[o[1], default: [:]][position] = row(o[0])
        case .pack: stored[o[1], default: [:]][position] = packed(o)
        case .unpack:
            guard let row = stored[o[1]]?[position] else { preconditionFailure("store \(o[1]) holds no such row") }
            rows[o[0]] = row
        case .attend, .packedAttend: rows[o[1]] = attend(o, lost: 0) { Math.clip(Math.requantize($0, $1), 127) }
        case .wideAttend:
            rows[o[1]] = attend(o, lost: o[12]) { Math.clip(Math.requantize(Math.round($0, 8), $1), 32_767) }
        case .convolve, .packedConvolve: rows[o[1]] = convolve(o)
        case .wideLinear: wideLinear(o)
        case .curve: rows[o[1]] = curve(o)
        case .gate:
            let limit = limit(o[2])
            rows[o[2]] = zip(row(o[0]), row(o[1])).map { Math.clip(Math.requantize($0 * $1, o[3], o[4]), limit) }
        case .scan: rows[o[4]] = scan(o)
        case .pool:
            let x = row(o[0])
            if o[2] & 255 > 2 {
                kept[o[1]] = pooledRow(o, x)
                return
            }
            let old = kept[o[1]] ?? [Int](repeating: 0, count: x.count)
            // Sums of squares are 64 bits without a sign.
            kept[o[1]] = zip(old, x).map { o[2] == 1 ? $0 + $1 : $0 &+ ($1 * $1) >> spared }
        case .pooled: rows[o[0]] = pooled(o)
        case .unit:
            let x = row(o[0])
            let factor = Math.dividedByRoot(1 << 30, 14, x.reduce(0) { $0 + UInt64($1 * $1) } | 1)
            logits = x.map { Math.clip(Math.requantize($0, factor), 65_536) }
        case .unitRow:
            let x = row(o[0])
            let factor = Math.dividedByRoot(1 << 30, 10, x.reduce(0) { $0 + UInt64($1 * $1) } | 1)
            rows[o[1]] = x.map { Math.clip(Math.requantize($0, factor), 1 << 20) }
        case .join:
            func scaled(_ x: [Int], _ word: Int) -> [Int] {
                x.map { Math.clip(Math.requantize($0, o[word], o[word + 1]), Math.rowLimit) }
            }
            rows[o[2]] = scaled(row(o[0]), 3) + scaled(row(o[1]), 5)
        case .output:
            for (index, x) in row(o[0]).prefix(o[1]).enumerated() {
                logits[o[2] + index] = Math.clip(Math.requantize(x, o[3], o[4]), Int(Int32.max))
            }
        case .tag:
            for (index, x) in row(o[0]).enumerated() {
                logits[index] = Int(Int32(truncatingIfNeeded: logits[index] * 31 + x))
            }
        }
    }

    /// A row times each row of a matrix.
    private func products(_ x: [Int], _ weight: [Int]) -> [Int] {
        stride(from: 0, to: weight.count, by: x.count).map { Math.dot(x, weight[$0..<$0 + x.count]) }
    }

    /// `(in + bias) · multiplier / 2^shift`, words 0, 2, 3 and 4.
    private func scaled(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (x, bias, multiplier) = (row(o[0]), o.array(2), o.array(3))
        return x.indices.map { Math.requantize(x[$0] + bias[$0], multiplier[$0], o[4] & 255) }
    }

    // MARK: Rows

    /// Columns of the embedding tables.
    private func columns(_ o: ReferenceInterpreter.Prepared) -> Int {
        o[2] == 0 ? program.registers[o[0]].width : o[2]
    }

    private func tableRow(_ o: ReferenceInterpreter.Prepared, _ word: Int, _ index: Int) -> [Int] {
        tableRow(o.array(word), index, columns(o))
    }

    /// A row of a packed matrix.
    private func packedWeights(_ bytes: [Int], bits: Int, row: Int, _ inputs: Int) -> [Int] {
        // Of each part its bits, what lies below it in the code, and where its words begin.
        var parts: [(bits: Int, below: Int, first: Int)] = []
        var stride = 0
        for (bits, below) in bits == 6 ? [(4, 2), (2, 0)] : [(bits, 0)] {
            parts.append((bits, below, stride))
            let codes = 16 / bits * 2
            stride += (inputs + codes - 1) / codes
        }
        return (0..<inputs).map { column in
            let code = parts.reduce(0) { sum, part in
                let codes = 16 / part.bits * 2
                let word = 4 * (row * stride + part.first + column / codes)
                let place = column % codes / 2 * part.bits + column % 2 * 16
                let number = (0..<4).reduce(0) { $0 | (bytes[word + $1] & 255) << (8 * $1) }
                return sum | (number >> place & (1 << part.bits - 1)) << part.below
            }
            return bits <= 3 ? 2 * code - (1 << bits) + 1 : code - 1 << (bits - 1)
        }
    }

    /// A row of a packed table: its rows are word `rows`, what describes it words 13 to 16.
    private func packedRow(_ o: ReferenceInterpreter.Prepared, _ rows: Int, _ row: Int, _ columns: Int) -> [Int] {
        let classes = o.array(13)
        var (index, first) = (0, 0)
        while row >= classes[3 * index] {
            first = classes[3 * index]
            index += 1
        }
        let width = classes[3 * index + 1]
        let widths = o.array(15).map { width == 8 ? 8 : min(max(width + $0, 1), 8) }
        let bytes = (widths.reduce(0, +) + 7) / 8
        var place = 8 * (classes[3 * index + 2] + (row - first) * bytes)
        return widths.map { width in
            let code = (0..<width).reduce(0) { code, bit in
                code | (o.array(rows)[(place + bit) / 8] >> ((place + bit) % 8) & 1) << bit
            }
            place += width
            return width == 8 ? min(code, 254) - 127 : o.array(16)[1 << width - 2 + code]
        }
    }

    private func embed(_ o: ReferenceInterpreter.Prepared, token: [Int]) -> [Int] {
        let (id, width, kind) = (ids[position], program.registers[o[0]].width, segment(o[9]))
        let hasPlace = o[4] != ProgramRecord.none
        let place = hasPlace ? tableRow(o, 4, position) : [Int](repeating: 0, count: width)
        let segment = o[7] == ProgramRecord.none ? [Int](repeating: 0, count: width) : o.array(7)
        let terms: [(Int, Int)]
        let multipliers: [(Int, Int)]
        if o[2] == 0 {
            terms = (0..<width).map { (token[$0], place[$0]) }
            multipliers = (0..<width).map { _ in (o.array(10)[id], hasPlace ? o.array(11)[position] : 0) }
        } else {
            terms = Array(zip(products(token, o.array(5)), products(place, o.array(6))))
            multipliers = Array(zip(o.array(10), o.array(11)))
        }
        return (0..<width).map { d in
            let sum = terms[d].0 * multipliers[d].0 + terms[d].1 * multipliers[d].1
            return Math.clip(Math.round(sum, o[12]) + segment[kind * width + d], Math.rowLimit)
        }
    }

    private func lookUp(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let width = program.registers[o[0]].width
        let index: Int? =
            switch o[3] {
            case 1: position
            case 2: ids[position]
            case 3: position == 0 ? nil : ids[position - 1]
            case 4: position + 1 == ids.count ? nil : ids[position + 1]
            case 6: ids[position] == program.pad ? 0 : ids[...position].count { $0 != program.pad }
            default: 0  // of one text
            }
        guard let index else { return [Int](repeating: 0, count: width) }
        return o.array(1)[index * width..<(index + 1) * width].map {
            Math.clip(Math.round($0 * o.array(2)[index], o[4]), Math.rowLimit)
        }
    }

    private func norm(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        var x = row(o[0])
        if o[2] != ProgramRecord.none {
            let mean = Math.requantize(x.reduce(0, +), o[3], o[4])
            x = x.map { Math.clip($0 - mean, Math.rowLimit) }
        }
        let square = x.reduce(UInt64(o[5]) | UInt64(o[6]) << 32) { $0 + UInt64($1 * $1) }
        let factor = Math.dividedByRoot(o[7], o[8], square)
        let limit = limit(o[1])
        return x.map { Math.clip(Math.requantize($0, factor), limit) }
    }

    private func tableNorm(_ o: ReferenceInterpreter.Prepared, token: [Int]) -> [Int] {
        let multiplier = o.array(7)
        var numbers = token + tableRow(o.array(5), position, o[3])
        let segment = segment(o[6])
        numbers += (0..<multiplier.count - numbers.count).map { $0 == segment ? 1 : 0 }
        let acc = zip(numbers, multiplier).map { Math.clip(Math.round($0 * $1, o[8]), Math.rowLimit) }
        let square = row(o[0]).reduce(UInt64(o[9]) | UInt64(o[10]) << 32) { $0 + UInt64($1 * $1) }
        let (factor, limit) = (Math.dividedByRoot(o[11], o[12], square), limit(o[1]))
        return acc.map { Math.clip(Math.requantize($0, factor), limit) }
    }

    private func tableRow(_ table: [Int], _ index: Int, _ columns: Int) -> [Int] {
        Array(table[index * columns..<(index + 1) * columns])
    }

    /// The position's segment by a rule of EMBED.
    private func segment(_ rule: Int) -> Int {
        switch rule {
        case 1: ids[position] == program.pad ? 0 : position < separator ? 1 : 2
        case 2: position > separator ? 1 : 0
        default: 0  // of one text
        }
    }

    private func combine(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (a, am, bias) = (row(o[0]), o.array(3), o.array(6))
        let isSum = o[1] != ProgramRecord.none
        let (b, bm) = isSum ? (row(o[1]), o.array(4)) : (a, a.map { _ in 0 })
        return a.indices.map { i in
            Math.clip(Math.round(a[i] * am[i] + b[i] * bm[i], o[5] & 255) + bias[i], Math.rowLimit)
        }
    }

    private mutating func wideLinear(_ o: ReferenceInterpreter.Prepared) {
        let (sums, bias, multiplier) = (products(row(o[0]), o.array(4)), o.array(5), o.array(6))
        let isLogits = o[1] == ProgramRecord.none
        let limit = isLogits ? 0x7FFF_FFFF : Math.rowLimit
        let y = sums.indices.map { Math.clip(Math.requantize(sums[$0], multiplier[$0], o[7]) + bias[$0], limit) }
        if isLogits { logits.replaceSubrange(o[3]..<o[3] + y.count, with: y) } else { rows[o[1]] = y }
    }

    private func curve(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (table, bits, fraction) = (o.array(6), o[7], o[8])
        return scaled(o).map { y in
            let z = min(max(y + o[5], 0), (1 << (bits + fraction)) - 1)
            let (low, part) = (z >> fraction, z & ((1 << fraction) - 1))
            return table[low] + Math.round((table[low + 1] - table[low]) * part, fraction)
        }
    }

    // MARK: Other positions

    /// - Parameters:
    ///   - lost: the bits that scores are cut by.
    ///   - output: of a sum, and the factor that divides it by the weights'.
    private func attend(
        _ o: ReferenceInterpreter.Prepared, lost: Int, _ output: (Int, Math.Factor) -> Int
    ) -> [Int] {
        let (query, heads) = (row(o[0]), o[6])
        func isLeftOut(_ position: Int) -> Bool { o[7] == 1 && ids[position] == program.pad }
        if isLeftOut(position) { return query.map { _ in 0 } }
        let positions = ids.indices.filter { !isLeftOut($0) }
        let (keys, values) = (positions.map { stored[o[3]]?[$0] ?? [] }, positions.map { stored[o[4]]?[$0] ?? [] })
        let width = query.count / heads
        return (0..<heads).flatMap { head in
            let columns = head * width..<(head + 1) * width
            let scores = keys.map { Math.dot(query[columns], $0[columns]) >> lost }
            let top = scores.max() ?? 0
            var weights = scores.map { Math.powerOfTwo(Math.requantize(top - $0, o[8], o[9])) }
            // [PAD] counts among the tokens here, as the runtime's limit does.
            var excess = 0
            while (weights.reduce(0, +) >> excess) > (1 << 24) - ids.count { excess += 1 }
            if excess > 0 { weights = weights.map { Math.round($0, excess) } }
            let factor = Math.divided(o[10], o[11], weights.reduce(0, +))
            return columns.map { d in output(zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[d] }, factor) }
        }
    }

    /// A row in the numbers of few bits that a store holds: odd ones up to 3 bits, whole ones above.
    private func packed(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (bits, half) = (o[2], 1 << (o[2] - 1))
        return row(o[0]).map { x in
            guard bits <= 3 else { return min(max(Math.requantize(x, o[3], o[4]), -half), half - 1) }
            return 2 * min(max((x * o[3]) >> o[4], -half), half - 1) + 1
        }
    }

    private func convolve(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (channels, rows) = (program.registers[o[1]].width, stored[o[0]] ?? [:])
        let isPacked = o.operation.kind == .packedConvolve && o[7] < 8
        let taps =
            isPacked
            ? (0..<o[2]).flatMap { packedWeights(o.array(3), bits: o[7], row: $0, channels) } : o.array(3)
        let expansion = channels / (rows[position]?.count ?? channels)
        return (0..<channels).map { c in
            (0..<o[2]).reduce(0) { sum, tap in
                let source = position - (o[2] - 1) + tap
                guard source >= 0 else { return sum }
                return sum + taps[tap * channels + c] * (rows[source] ?? [])[c / expansion]
            }
        }
    }

    private mutating func scan(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let (input, steps) = (row(o[0]), row(o[1]).map { max($0, 0) })
        let (write, read) = (row(o[2]).map { Math.clip($0, 32_767) }, row(o[3]).map { Math.clip($0, 32_767) })
        let (rate, skip, states) = (o.array(6), o.array(13), write.count)
        var h = kept[o[5]] ?? [Int](repeating: 0, count: input.count * states)
        let y = input.indices.map { e in
            let drive = Math.clip(Math.round(steps[e] * input[e], o[8]), Math.rowLimit)
            for n in 0..<states {
                let decay = Math.finePowerOfTwo(Math.requantize(steps[e], rate[e * states + n], o[7]))
                h[e * states + n] = Math.clip(
                    Math.requantize(h[e * states + n], decay, 30) + Math.requantize(drive * write[n], o[9], o[10]),
                    Math.stateLimit)
            }
            let sum = Math.dot(h[e * states..<(e + 1) * states], read)
            return Math.clip(
                Math.requantize(Math.round(sum, 12), o[11], o[12]) + Math.requantize(input[e], skip[e], o[14]),
                Math.rowLimit)
        }
        kept[o[5]] = h
        return y
    }

    /// Bits that pooled squares and the mean's factor go without.
    private var spared: Int { ids.count > 4096 ? 2 : 0 }

    /// The sums of a kind that leaves out positions at the start, behind one row more.
    private func pooledRow(_ o: ReferenceInterpreter.Prepared, _ x: [Int]) -> [Int] {
        let (kind, skipped) = (o[2] & 255, o[2] >> 8)
        let old = kept[o[1]] ?? [Int](repeating: 0, count: x.count + 1)
        let first = kind == 8 ? ids.count - 1 : skipped < ids.count ? skipped : 0
        switch kind {
        case 7, 8: return position == first ? x + [0] : old
        case 3: return position < first ? old : position == first ? x + [0] : zip(old, x).map { max($0, $1) } + [0]
        default:
            guard position >= skipped else { return old }
            let weight = kind == 5 ? position + 1 : 1
            return zip(old, x + [1]).map { $0 + weight * $1 }
        }
    }

    private func divided(_ sums: [Int], kind: Int) -> [Int] {
        let total = max(sums.last ?? 0, 1)
        var spared = 0
        while total >> spared > 4096 { spared += 1 }
        if kind == 4 {
            let factor = Math.dividedByRoot(1 << 22, 22, UInt64(total))
            return sums.dropLast().map {
                Math.clip(Math.requantize($0, factor.multiplier, factor.shift + 7), Math.rowLimit)
            }
        }
        let factor = Math.divided(1 << 22, 22, total)
        return sums.dropLast().map {
            Math.clip(Math.requantize($0 >> spared, factor.multiplier, factor.shift - spared), Math.rowLimit)
        }
    }

    private func pooled(_ o: ReferenceInterpreter.Prepared) -> [Int] {
        let sums = kept[o[1]] ?? []
        if o[2] > 2 { return (4...6).contains(o[2]) ? divided(sums, kind: o[2]) : Array(sums.dropLast()) }
        if o[2] == 1 {
            let factor = Math.divided(1 << (24 - spared), 24 - spared, max(ids.count, 1))
            return sums.map { Math.clip(Math.requantize($0, factor), Math.rowLimit) }
        }
        let factor = Math.dividedByRoot(1 << 30, 30 - spared / 2, UInt64(max(ids.count, 1)))
        return sums.map { sum in
            let root = Int(Math.root(UInt64(bitPattern: Int64(sum))))
            return Math.clip(Math.requantize(root, factor), Math.rowLimit)
        }
    }
}
