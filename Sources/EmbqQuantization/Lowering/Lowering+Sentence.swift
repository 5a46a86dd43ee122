import EmbqCore
import EmbqModels

// What a sentence encoder has behind its body: poolings of any kind, rows joined or of length 1, rows as logits.

extension Pooling {
    /// The kind of POOL and POOLED, and the positions at the start that POOL leaves out.
    var device: (kind: UInt32, skipped: Int) {
        switch self {
        case .mean: (1, 0)
        case .rms: (2, 0)
        case .max: (3, 0)
        case .rootMean: (4, 0)
        case .weightedMean: (5, 0)
        case .first: (7, 0)
        case .last: (8, 0)
        case .behind(let skipped, .mean): (6, skipped)
        case .behind(let skipped, let pooling): (pooling.device.kind, skipped + pooling.device.skipped)
        case .mask: (0, 0)
        }
    }

    /// What a row of POOLED is a part of: the root of the largest number of rows.
    fileprivate var divisor: Double { device.kind == 4 ? 128 : 1 }
}

extension Lowering {
    /// Poolings of one value, as 32-bit rows of a pass over no position.
    mutating func pooled(_ poolings: [Value], _ name: String) throws(EmbqError) -> [Held] {
        var kinds: [Pooling] = []
        var inputs: Set<Value> = []
        for pooling in poolings {
            guard case .pool(let kind, let x) = graph[pooling].operation, kind != .mask else {
                throw cannot(graph[pooling])
            }
            kinds.append(kind)
            inputs.insert(x)
        }
        guard let x = inputs.first, inputs.count == 1 else { throw cannot(graph[poolings[0]]) }
        let row = try wide(x)
        guard case .wide(let scale) = row.form else { throw cannot(graph[x]) }
        let width = graph[x].width
        let stores = kinds.map { kind in
            let device = kind.device
            let store = program.store(.int64, device.kind <= 2 ? width : width + 1, span: 1)
            program.add(
                .pool, [.takes(row.row), .store(store), .word(device.kind | UInt32(device.skipped) << 8)])
            return store
        }
        program.beginPass()
        program.visit(.once)
        var rows: [Held] = []
        for (kind, store) in zip(kinds, stores) {
            let out = program.register(.int32, width)
            program.add(.pooled, [.gives(out), .store(store), .word(kind.device.kind)])
            rows.append(Held(form: .wide(scale: scale * kind.divisor), row: out, pass: program.current))
        }
        return rows
    }

    /// Poolings of one value, one after another in one row.
    mutating func join(_ parts: [Value], _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        let rows = try pooled(parts, node.name)
        let scales = rows.map { row in if case .wide(let scale) = row.form { scale } else { 1.0 } }
        let scale = scales.max() ?? 1
        var (joined, width) = (rows[0].row, graph[parts[0]].width)
        var joinedScale = scales[0]
        for (index, row) in rows.enumerated().dropFirst() {
            width += graph[parts[index]].width
            let out = program.register(.int32, width)
            program.add(
                .join,
                [.takes(joined), .takes(row.row), .gives(out)]
                    + (try factor(joinedScale / scale, shifts: 1...62, node.name))
                    + (try factor(scales[index] / scale, shifts: 1...62, node.name)))
            (joined, joinedScale) = (out, scale)
        }
        return Held(form: .wide(scale: joinedScale), row: joined, pass: program.current)
    }

    /// A row over its length, which more is computed of.
    mutating func unitRow(_ x: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        let row = try wide(x)
        let out = program.register(.int32, node.width)
        program.add(.unitRow, [.takes(row.row), .gives(out)])
        return Held(form: .wide(scale: 0x1p-20), row: out, pass: program.current)
    }

    /// A row's first numbers as logits.
    mutating func put(_ value: Value, outputs: Int, first: Int) throws(EmbqError) {
        let row = try uniform(value)
        let scale: Double
        switch row.form {
        case .wide(let step), .short(let step): scale = step
        case .narrow(let quantizer) where quantizer.zeroPoint == 0 && row.channels.isEmpty: scale = quantizer.scale
        case .narrow, .sums: throw cannot(graph[value])
        }
        program.add(
            .output,
            [.takes(row.row), .word(UInt32(outputs)), .word(UInt32(first))]
                + (try factor(scale * 65_536, shifts: 1...62, graph[value].name)))
    }

    /// True if a value is made of a pooling's row.
    func isPooled(_ value: Value) -> Bool {
        let operation = graph[value].operation
        if case .pool = operation { return true }
        return operation.inputs.contains(where: isPooled)
    }
}
