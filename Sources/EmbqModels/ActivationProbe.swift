import EmbqCore

/// Looks at activations while a model runs: observers that calibrate, tests that compare.
package protocol ActivationProbe {
    /// Called once for each node and batch.
    ///
    /// - Parameters:
    ///   - point: the node's name: `embedder`, `layers.0.norm`, `layers.0.output`, …; `<name>.state` for a scan's state.
    ///   - values: fp32 `[tokens, width]`, real tokens only; behind a pooling `[sentences, width]`.
    mutating func observe(_ point: String, _ values: [Float], width: Int)
}

/// Looks at nothing.
package struct NoProbe: ActivationProbe {
    package init() {}
    package mutating func observe(_ point: String, _ values: [Float], width: Int) {}
}

/// Keeps the rows of the nodes that it is asked for, of the batch seen last.
package struct RowProbe: ActivationProbe {
    private let names: Set<String>
    package private(set) var rows: [String: (values: [Float], width: Int)] = [:]

    package init(_ names: some Sequence<String>) { self.names = Set(names) }

    package mutating func observe(_ point: String, _ values: [Float], width: Int) {
        if names.contains(point) { rows[point] = (values, width) }
    }
}

/// A model that runs in fp32: the truth that calibration measures and accuracy is compared with.
package protocol FloatModel: Sendable {
    var config: ModelConfig { get }
    /// Runs a batch.
    ///
    /// - Returns: logits, fp32 `[sentences, outputs]`. A sentence's logits do not depend on its neighbours in the batch.
    func logits(_ batch: TokenBatch, probe: inout some ActivationProbe) -> [Float]
}

extension FloatModel {
    /// Runs sentences over several threads; logits are in the order of the sentences.
    ///
    /// - Parameter progress: told how many sentences are done, batch by batch.
    package func logits(
        of sentences: [Sentence], threads: Int, progress: @Sendable (Int) -> Void = { _ in }
    ) -> [Float] {
        let runs = TokenBatch.runs(of: sentences)
        let parts = Parallel.map(runs.count, threads: threads) { index in
            var probe = NoProbe()
            let logits = logits(TokenBatch(sentences[runs[index]]), probe: &probe)
            progress(runs[index].count)
            return logits
        }
        return Array(parts.joined())
    }
}
