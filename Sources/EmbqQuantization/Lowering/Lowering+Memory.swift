import EmbqCore
import EmbqModels

// Rows of few bits for all positions: less arena.

extension Lowering {
    /// The bits of a value's int8 rows in memory; nil for 8.
    func packedBits(of value: Value) -> Int? {
        if isTableNorm(value) { return nil }
        let readers = graph.readers(of: value)
        let isAttendedAlone = readers.allSatisfy { reader in
            guard case .attend(let attention) = graph[reader].operation else { return false }
            return attention.queries != value
        }
        let bits = isAttendedAlone ? min(widths.memory.keys, widths.memory.rows) : widths.memory.rows
        return bits < 8 && graph[value].width <= DeviceLimits.width ? bits : nil
    }

    /// The keys and values of an attention in memory, both with as many bits, whole in the current pass.
    mutating func attended(_ attention: Attention) throws(EmbqError) -> (
        keys: Kept<SymmetricForm>, values: Kept<SymmetricForm>
    ) {
        // One row that attends overwrites nothing: it reads what is there.
        let isCopied = !isPooled(attention.queries)
        let keys = try attended(attention.keys, groups: attention.heads, isCopied: isCopied)
        let values =
            attention.values == attention.keys
            ? keys : try attended(attention.values, groups: attention.heads, isCopied: isCopied)
        try spreadConvolved(besides: attention.keys)
        wait(for: [keys, values])
        guard keys.bits == values.bits else { throw unreachable(graph[attention.values].name) }
        return (keys, values)
    }

    /// Rows for attention: those that others read too, or a copy of fewer bits, which a pass of its own makes, so that all
    /// copies can have the same memory.
    private mutating func attended(_ value: Value, groups: Int, isCopied: Bool) throws(EmbqError) -> Kept<SymmetricForm>
    {
        let bits = widths.memory.keys
        guard isCopied, !isTableNorm(value), let own = packedBits(of: value) ?? (bits < 8 ? 8 : nil), bits < own,
            graph[value].width <= DeviceLimits.width
        else { return try spread(value, groups: groups) }
        if let copy = copies[value]?.first(where: { $0.groups == groups }) { return copy }
        wait(for: [try spread(value, groups: 1)])
        let row = try symmetric(value)
        let copy = try pack(value, row, bits: bits, groups: groups)
        copies[value, default: []].append(copy)
        return copy
    }

    /// Puts a row of a pass over all positions into memory with few bits, at that pass's end.
    mutating func pack(_ value: Value, _ row: Row<SymmetricForm>, bits: Int, groups: Int) throws(EmbqError)
        -> Kept<SymmetricForm>
    {
        let (name, grid) = (graph[value].name, WeightGrid(bits: bits))
        guard program.passes[row.pass].positions == .all else { throw unreachable(name) }
        // With few levels what is rare is clipped, whatever the observer.
        let range = MSEObserver().range(try point(name).histogram, levels: 1 << bits, symmetric: true)
        let step = max(range.upperBound / Double(grid.limits.upperBound), row.form.scale / 2)
        let store = program.packedStore(graph[value].width, bits: bits, groups: groups)
        // Of odd numbers one is every second step.
        let steps = grid.isOdd ? 2 * step : step
        program.add(
            .pack,
            [.takes(row.register), .store(store), .word(UInt32(bits))]
                + (try factor(row.form.scale / steps, shifts: 1...62, name)), pass: row.pass)
        return Kept(form: SymmetricForm(scale: step), store: store, groups: groups, pass: row.pass, bits: bits)
    }

    /// The position's own row.
    mutating func unpack(_ value: Value, from kept: Kept<StoredForm>) throws(EmbqError) -> Row<Form> {
        let register = program.register(.int8, graph[value].width)
        try emit(
            .unpack, [.gives(register), .store(kept.store), .word(UInt32(kept.bits))], for: graph[value].name)
        let row = Row(form: kept.form.held, register: register, pass: program.current)
        hold(value, row)
        return row
    }
}
