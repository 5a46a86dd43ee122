import EmbqCore
package import EmbqModels

// What errors in an embedder's tables do to the logits.

extension QuantizableModel {
    /// For each embedder with an expander how much the logits move with the numbers of its token rows: with a metric M
    /// `[r, r]`, errors e of a row count `eᵀ M e`.
    ///
    /// All rows move by the same step in one column, up or down by a coin that is thrown for each row once. What two columns
    /// do to the logits, multiplied and summed over sentences, is their entry. It takes r runs of fp32 and no labels.
    ///
    /// - Returns: metrics by the embedder's name.
    package func tableMetrics(_ sentences: [Sentence], threads: Int) -> [String: [Float]] {
        var metrics: [String: [Float]] = [:]
        for (index, node) in released.graph.nodes.enumerated() {
            guard case .embed(let embedding) = node.operation, let expander = embedding.tokenExpander else { continue }
            metrics[node.name] = tableMetric(
                Value(index: index), embedding, columns: expander.count / node.width, sentences, threads)
        }
        return metrics
    }

    private func tableMetric(
        _ embedder: Value, _ embedding: Embedding, columns: Int, _ sentences: [Sentence], _ threads: Int
    ) -> [Float] {
        let rows = embedding.token.count / columns
        let squares = embedding.token.reduce(0.0) { $0 + Double($1) * Double($1) }
        let step = Float(Self.movedShare * (squares / Double(max(embedding.token.count, 1))).squareRoot())
        // Any generator will do, as long as it gives the same coins each time.
        var state: UInt64 = 1
        let steps = (0..<rows).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 63 == 0 ? step : -step
        }
        let still = released.logits(of: sentences, threads: threads)
        let moves = (0..<columns).map { column -> [Float] in
            var moved = embedding
            for row in 0..<rows { moved.token[row * columns + column] += steps[row] }
            var graph = released.graph
            graph[embedder].operation = .embed(moved)
            let logits = GraphInterpreter(graph, config: config).logits(of: sentences, threads: threads)
            return zip(logits, still).map { $0 - $1 }
        }
        var metric = (0..<columns * columns).map { at in
            dot(moves[at / columns], 0, moves[at % columns], 0, count: still.count)
        }
        let mean = (0..<columns).reduce(Float(0)) { $0 + metric[$1 * columns + $1] } / Float(columns)
        for column in 0..<columns { metric[column * columns + column] += Self.unseenShare * mean }
        return metric
    }

    /// What a column moves by, in root mean squares of the table.
    private static let movedShare = 0.1
    /// What other sentences may feel in any direction, of the mean of those that were measured.
    private static let unseenShare: Float = 0.05
}

extension GraphInterpreter {
    /// Logits of sentences, one behind the other.
    fileprivate func logits(of sentences: [Sentence], threads: Int) -> [Float] {
        let runs = TokenBatch.runs(of: sentences)
        let parts = Parallel.map(runs.count, threads: threads) { index in
            var probe = NoProbe()
            return logits(TokenBatch(sentences[runs[index]]), probe: &probe)
        }
        return Array(parts.joined())
    }
}
