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
        // Of one position alone.
        case .mask: (0, 0)
        }
    }

    /// What a row of POOLED is a part of: the root of the largest number of rows.
    var divisor: Double { device.kind == 4 ? 128 : 1 }
}

extension ModelGraph {
    /// True if a pooling is made of all positions, one after another: its row is there once for the sentence. A first
    /// row is too, where it is joined with others.
    func isSummed(_ pooling: Value) -> Bool {
        guard case .pool(let kind, _) = self[pooling].operation else { return false }
        if kind != .first, kind != .mask { return true }
        return kind == .first
            && readers(of: pooling).contains { if case .join = self[$0].operation { true } else { false } }
    }
}

extension Lowering {
    /// Poolings, one after another in one row.
    mutating func join(_ parts: [Value], _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let rows = try together(node.name) { lowering throws(EmbqError) in
            var rows: [Row<WideForm>] = []
            for part in parts { rows.append(try lowering.wide(part)) }
            return rows
        }
        let scale = rows.map(\.form.scale).max() ?? 1
        var joined = rows[0].register
        var joinedScale = rows[0].form.scale
        for row in rows.dropFirst() {
            let out = program.register(.int32, program[joined].width + program[row.register].width)
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
        let scale =
            switch row.form {
            case .short(let form): form.scale
            case .wide(let form): form.scale
            }
        try emit(
            .output,
            [.takes(row.register), .word(UInt32(outputs)), .word(UInt32(first))]
                + (try factor(scale * 65_536, shifts: 1...62, graph[value].name)), for: graph[value].name)
    }

    /// True if a value is made of a pooling's row.
    func isPooled(_ value: Value) -> Bool {
        let operation = graph[value].operation
        if case .pool = operation { return true }
        return operation.inputs.contains(where: isPooled)
    }
}
