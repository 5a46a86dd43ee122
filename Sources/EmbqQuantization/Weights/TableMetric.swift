import EmbqCore
package import EmbqModels

// What errors in an embedder's tables do to the logits.

/// Of an embedder with an expander: what errors in its token table do to the logits.
package struct TableMetric: Sendable {
    /// Errors e of a row count `eᵀ M e`; M is `[r, r]`.
    let columns: [Float]
    /// What errors of one size in all rows of an octave do, by octave of ``TableWidths``.
    let octaves: [Double]
}

extension QuantizableModel {
    /// Measures how the logits move with the token tables of embedders that have an expander: in 2 r runs of fp32 or so, and
    /// without labels.
    ///
    /// For M all rows move by the same step in one column, up or down by a coin that is thrown for each row once. What two
    /// columns do to the logits, multiplied and summed over sentences, is their entry. For an octave its rows alone move, in
    /// all columns, each number by a coin of its own.
    ///
    /// - Returns: metrics by the embedder's name.
    package func tableMetrics(_ sentences: [Sentence], threads: Int) -> [String: TableMetric] {
        var metrics: [String: TableMetric] = [:]
        for (index, node) in released.graph.nodes.enumerated() {
            guard case .embed(let embedding) = node.operation, let expander = embedding.tokenExpander else { continue }
            let probe = TableProbe(
                model: released, embedder: Value(index: index), embedding: embedding,
                columns: expander.count / node.width, sentences: sentences, threads: threads)
            metrics[node.name] = probe.metric()
        }
        return metrics
    }
}

/// Runs a model with moved token rows.
private struct TableProbe {
    let model: GraphInterpreter
    let embedder: Value
    let embedding: Embedding
    let columns: Int
    let sentences: [Sentence]
    let threads: Int

    /// What a number moves by, in root mean squares of the table or of its column.
    private static let share = 0.1
    /// What other sentences may feel in any direction, of the mean of those that were measured.
    private static let unseenShare: Float = 0.05
    /// Times that coins are tossed for an octave.
    private static let tosses = 2

    private var rows: Int { embedding.token.count / columns }

    func metric() -> TableMetric {
        let still = logits(embedding)
        var coins = Coins()
        return TableMetric(columns: matrix(still, &coins), octaves: octaves(still, &coins))
    }

    private func matrix(_ still: [Float], _ coins: inout Coins) -> [Float] {
        let squares = embedding.token.reduce(0.0) { $0 + Double($1) * Double($1) }
        let step = Float(Self.share * (squares / Double(max(embedding.token.count, 1))).squareRoot())
        let steps = (0..<rows).map { _ in coins.toss() ? step : -step }
        let moves = (0..<columns).map { column -> [Float] in
            var moved = embedding
            for row in 0..<rows { moved.token[row * columns + column] += steps[row] }
            return zip(logits(moved), still).map { $0 - $1 }
        }
        var matrix = (0..<columns * columns).map { at in
            dot(moves[at / columns], 0, moves[at % columns], 0, count: still.count)
        }
        let mean = (0..<columns).reduce(Float(0)) { $0 + matrix[$1 * columns + $1] } / Float(columns)
        for column in 0..<columns { matrix[column * columns + column] += Self.unseenShare * mean }
        return matrix
    }

    private func octaves(_ still: [Float], _ coins: inout Coins) -> [Double] {
        let steps = ExpandedTable.columnDeviations(embedding.token, rows: rows).map { Float(Self.share * $0) }
        var octaves: [Double] = []
        for range in TableWidths.octaves(rows: rows) {
            var noise = 0.0
            for _ in 0..<Self.tosses {
                var moved = embedding
                for at in range.lowerBound * columns..<range.upperBound * columns {
                    moved.token[at] += coins.toss() ? steps[at % columns] : -steps[at % columns]
                }
                noise += zip(logits(moved), still).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
            }
            octaves.append(noise)
        }
        return octaves
    }

    /// Logits of the sentences, one behind the other, with another table.
    private func logits(_ embedding: Embedding) -> [Float] {
        var graph = model.graph
        graph[embedder].operation = .embed(embedding)
        return GraphInterpreter(graph, config: model.config).logits(of: sentences, threads: threads)
    }
}

/// Coins that fall alike in each run.
private struct Coins {
    private var state: UInt64 = 1

    mutating func toss() -> Bool {
        // Source: D. Knuth's constants for MMIX, "The Art of Computer Programming" 2, §3.3.4.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 63 == 0
    }
}
