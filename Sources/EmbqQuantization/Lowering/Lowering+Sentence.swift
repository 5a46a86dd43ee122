import EmbqCore
import EmbqModels

// What a sentence encoder has behind its body: poolings of any kind, rows joined or of length 1, rows as logits.

/// A pooling as POOL and POOLED have it.
struct DevicePooling {
    let kind: UInt32
    /// Positions at the start that POOL leaves out.
    var skipped = 0

    /// True if the sums have one more: what they are divided by.
    var hasCount: Bool { kind > 2 }
    /// What a row of POOLED is a part of: the root of the largest number of rows.
    var divisor: Double { kind == 4 ? 128 : 1 }
}

extension Pooling {
    var device: DevicePooling {
        switch self {
        case .mean: DevicePooling(kind: 1)
        case .rms: DevicePooling(kind: 2)
        case .max: DevicePooling(kind: 3)
        case .rootMean: DevicePooling(kind: 4)
        case .weightedMean: DevicePooling(kind: 5)
        case .first: DevicePooling(kind: 7)
        case .last: DevicePooling(kind: 8)
        case .behind(let skipped, .mean): DevicePooling(kind: 6, skipped: skipped)
        case .behind(let skipped, let pooling):
            DevicePooling(kind: pooling.device.kind, skipped: skipped + pooling.device.skipped)
        case .mask: preconditionFailure("the row at [MASK] is taken, not pooled")
        }
    }
}

extension Lowering {
    /// Rows one after another in one.
    mutating func join(_ parts: [Value], _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let rows = try together(node.name) { lowering throws(EmbqError) in
            var rows: [Row<WideForm>] = []
            for part in parts { rows.append(try lowering.wide(part)) }
            return rows
        }
        let scale = rows.map(\.form.scale).max() ?? 1
        var (joined, width) = (rows[0].register, graph[parts[0]].width)
        var joinedScale = rows[0].form.scale
        for (part, row) in zip(parts, rows).dropFirst() {
            width += graph[part].width
            let out = program.register(.int32, width)
            try emit(
                .join,
                [.takes(joined), .takes(row.register), .gives(out)]
                    + (try factor(joinedScale / scale, shifts: 1...62, node.name))
                    + (try factor(row.form.scale / scale, shifts: 1...62, node.name)), for: node.name)
            (joined, joinedScale) = (out, scale)
        }
        return Row(form: .wide(scale: joinedScale), register: joined, pass: program.current)
    }

    /// A row over its length, which more is computed of.
    mutating func unitRow(_ x: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let row = try wide(x)
        let out = program.register(.int32, node.width)
        try emit(.unitRow, [.takes(row.register), .gives(out)], for: node.name)
        return Row(form: .wide(scale: 0x1p-20), register: out, pass: program.current)
    }

    /// A row's first numbers as logits.
    mutating func put(_ value: Value, outputs: Int, first: Int) throws(EmbqError) {
        let row = try uniform(value)
        try emit(
            .output,
            [.takes(row.register), .word(UInt32(outputs)), .word(UInt32(first))]
                + (try factor(row.form.scale * 65_536, shifts: 1...62, graph[value].name)), for: graph[value].name)
    }

    /// True if a value is made of a pooling's row.
    func isPooled(_ value: Value) -> Bool { pooled[value.index] }
}

extension ModelGraph {
    /// True if a pooling's row is joined with others: all of them are then taken by POOL.
    func isJoined(_ pooling: Value) -> Bool {
        readers(of: pooling).contains { if case .join = self[$0].operation { true } else { false } }
    }

    /// By node, whether it is made of a pooling's row.
    func pooledNodes() -> [Bool] {
        var pooled: [Bool] = []
        for node in nodes {
            let isPooling = if case .pool = node.operation { true } else { false }
            pooled.append(isPooling || node.operation.inputs.contains { pooled[$0.index] })
        }
        return pooled
    }
}
