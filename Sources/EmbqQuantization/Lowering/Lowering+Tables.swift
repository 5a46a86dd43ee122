import EmbqCore
import EmbqModels

// Rows of one table each, and what tables of 8 bits have rounded away.

extension Lowering {
    mutating func lookUp(_ lookup: TableLookup, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let rows = lookup.table.count / node.width
        let name = "embedder." + lookup.name
        let coarse = QuantizedMatrix(lookup.table, outputs: rows, inputs: node.width)
        let row = try lookUp(coarse, name, lookup.index, node)
        guard isFine(name, bytes: lookup.table.count) else { return row.described(.wide(row.form)) }
        let rest = try lookUp(coarse.rest(of: lookup.table), name + ".rest", lookup.index, node)
        let sum = try sum(row, rest, node.name + ".fine")
        return sum.described(.wide(sum.form))
    }

    /// An embedder's row with what its tables of full width have rounded away, where that is asked for.
    mutating func refined(_ row: Row<WideForm>, _ embedding: Embedding, _ node: ModelGraph.Node) throws(EmbqError)
        -> Row<WideForm>
    {
        var row = row
        guard embedding.tokenExpander == nil else { return row }
        let tables: [(TableLookup.Index, String, [Float])] = [
            (.token, node.name + ".token", embedding.token), (.position, node.name + ".position", embedding.position),
        ]
        for (index, name, table) in tables where !table.isEmpty {
            guard widths.tables[name] == nil, isFine(name, bytes: table.count) else { continue }
            let rows = table.count / node.width
            let rest = QuantizedMatrix(table, outputs: rows, inputs: node.width).rest(of: table)
            row = try sum(row, try lookUp(rest, name + ".rest", index, node), node.name + ".fine")
        }
        return row
    }

    /// A table of full width has a scale for each row.
    private mutating func lookUp(
        _ table: QuantizedMatrix, _ name: String, _ index: TableLookup.Index, _ node: ModelGraph.Node
    ) throws(EmbqError) -> Row<WideForm> {
        let width = table.inputs
        var largest = 0.0
        for row in 0..<table.outputs {
            for value in table.values[row * width..<(row + 1) * width] {
                largest = max(largest, table.scales[row] * Double(value.magnitude))
            }
        }
        let scale = Self.rowScale(largest)
        let (multipliers, shift) = try factors(table.scales.map { $0 / scale }, shifts: 1...62, node.name)
        let out = program.register(.int32, width)
        try emit(
            .lookUp,
            [
                .gives(out), .word(parameters.add(name, table.values, shape: [table.outputs, width])),
                .word(parameters.add(name + "_multiplier", multipliers, shape: [table.outputs])),
                .word(index.deviceRule), .word(shift),
            ], for: node.name)
        return Row(form: WideForm(scale: scale), register: out, pass: program.current)
    }
}

extension TableLookup.Index {
    /// As LOOK_UP numbers it.
    fileprivate var deviceRule: UInt32 {
        switch self {
        case .position: 1
        case .token: 2
        case .previousToken: 3
        case .nextToken: 4
        case .type: 5
        case .countedPosition: 6
        }
    }
}
