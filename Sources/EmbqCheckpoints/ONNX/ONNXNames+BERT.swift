import EmbqContainers
import EmbqCore

/// Rules of BERT, for tables that an exporter has folded into constants without names: they are told by what they are
/// added to, the rows of the words' table.
extension ONNXNames {
    private static let words = "embeddings.word_embeddings.weight"
    /// The sum of the three tables has two additions.
    private static let additions = 2

    /// Names the tables of positions, and makes those of types.
    ///
    /// The export of a model without an input for types has one row for all tokens, that of type 0: both types get it. A
    /// table of positions that alone is added holds the sum with that row: both types are zero.
    ///
    /// - Returns: the tables of types.
    mutating func foldedTables(_ values: ONNXValues, _ quantized: [String: ONNXQuantization]) throws(EmbqError)
        -> [ONNXWeight]
    {
        var made: [ONNXWeight] = []
        for (name, words) in claims where name.hasSuffix("." + Self.words) || name == Self.words {
            guard let width = words.tensor.shape.last, words.tensor.shape.count == 2 else { continue }
            let stem = String(name.dropLast("word_embeddings.weight".count))
            let (positions, types) = (stem + "position_embeddings.weight", stem + "token_type_embeddings.weight")
            var row: ONNXTensor?
            var hasTable = false
            let added = addends(to: words.tensor)
            for value in added {
                if let table = try rows(value, width, values), claims[positions] == nil {
                    hasTable = true
                    try claim(
                        positions, table, false, shape: [table.count / width, width],
                        "\(table.name): it is added to the rows of \(name)")
                } else if let found = graph.constant(value), found.name == nil, found.tensor.count == width,
                    claims[types] == nil
                {
                    row = found.tensor
                }
            }
            guard claims[types] == nil, row != nil || hasTable && added.count == 1 else { continue }
            var type = [Float](repeating: 0, count: width)
            var evidence = "zeros: the exporter folded it into the table of positions"
            if let row {
                settle(row)
                type = try values.floats(row, quantized[row.name])
                evidence = "\(row.name), twice: the exporter folded the row of type 0, which all tokens get"
            }
            guard let info = TensorInfo(name: types, dtype: .f32, shape: [2, width]) else { continue }
            made.append(ONNXWeight(info: info, content: .values(type + type), note: evidence))
        }
        return made
    }

    /// What is added to the rows of a table, one addition after the other.
    private func addends(to table: ONNXTensor) -> [String] {
        var found: [String] = []
        var sums = graph.aliases(of: table.name).flatMap { graph.consumers(of: $0) }
            .filter { $0.operation == "Gather" }.compactMap(\.outputs.first).flatMap { graph.aliases(of: $0) }
        for _ in 0..<Self.additions {
            var next: [String] = []
            for sum in sums {
                for node in graph.consumers(of: sum) where node.operation == "Add" {
                    found += node.inputs.filter { !$0.hasSameBytes(as: sum) }
                    if let output = node.outputs.first { next += graph.aliases(of: output) }
                }
            }
            sums = next
        }
        return found
    }

    /// The constant without a name whose rows a value has, from the first one on.
    private func rows(_ value: String, _ width: Int, _ values: ONNXValues) throws(EmbqError) -> ONNXTensor? {
        var table = graph.constant(value)
        if table == nil, let node = graph.producer(of: graph.source(of: value)) {
            guard node.operation == "Slice" else { return nil }
            table = graph.constant(node.input(0))
            for (input, usual) in [(1, 0), (4, 1)] {
                guard let constant = graph.constant(node.input(input))?.tensor else { continue }
                guard try values.integers(constant).allSatisfy({ $0 == usual }) else { return nil }
            }
        }
        guard let table, table.name == nil, !table.isTransposed, table.tensor.shape.last == width,
            table.tensor.count > width, table.tensor.shape.dropLast().contains(table.tensor.count / max(width, 1))
        else { return nil }
        return table.tensor
    }
}
