import EmbqCore
package import EmbqModels

/// First and second moments of what a layer reads, over the tokens of the calibration sentences.
package struct InputMoments: Sendable, Equatable {
    package let width: Int
    /// Rows seen.
    package private(set) var count = 0
    /// `[width]`.
    private var sums: [Double]
    /// Σ x xᵀ, `[width, width]`.
    private var products: [Float]

    init(width: Int) {
        self.width = width
        sums = [Double](repeating: 0, count: width)
        products = [Float](repeating: 0, count: width * width)
    }

    /// - Parameter rows: fp32 `[n, width]`.
    mutating func add(_ rows: [Float]) {
        count += rows.count / width
        for index in rows.indices { sums[index % width] += Double(rows[index]) }
        let gram = gramMatrix(rows, width: width)
        for index in products.indices { products[index] += gram[index] }
    }

    /// Those of both sets of rows.
    func merged(with other: InputMoments) -> InputMoments {
        precondition(width == other.width, "moments of rows of one width")
        var merged = self
        merged.count += other.count
        for index in sums.indices { merged.sums[index] += other.sums[index] }
        for index in products.indices { merged.products[index] += other.products[index] }
        return merged
    }

    /// The mean of each column.
    var means: [Double] { sums.map { count == 0 ? 0 : $0 / Double(count) } }

    /// The mean of `(x / factors)(x / factors)ᵀ`, `[width, width]`.
    func gram(dividedBy factors: [Double]) -> [Float] {
        let scale = 1 / Double(max(count, 1))
        guard !factors.isEmpty else { return products.map { Float(Double($0) * scale) } }
        return products.indices.map {
            Float(Double(products[$0]) * scale / (factors[$0 / width] * factors[$0 % width]))
        }
    }
}

extension QuantizableModel {
    /// The points that linear layers read: whose moments rounding with error feedback needs.
    private func linearInputs(_ graph: ModelGraph) -> [String] {
        var points: [String] = []
        for node in graph.nodes {
            let input: Value
            switch node.operation {
            case .linear(_, let x): input = x
            default: continue
            }
            let name = graph[input].name
            if !points.contains(name) { points.append(name) }
        }
        return points
    }

    /// Runs the form that the methods quantize over sentences and takes the moments of what its linear layers read.
    ///
    /// The sums are added up in the order of the sentences, whatever the number of threads.
    ///
    /// - Returns: moments by point.
    package func moments(
        _ sentences: [Sentence], methods: QuantizationMethods = .all, threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> [String: InputMoments] {
        let model = form(methods)
        let points = linearInputs(model.graph)
        let runs = TokenBatch.runs(of: sentences)
        var moments: [InputMoments?] = Array(repeating: nil, count: points.count)
        // A few batches at a time, so that what is held does not grow with the number of sentences.
        let round = max(1, threads) * 2
        for start in stride(from: 0, to: runs.count, by: round) {
            let seen = Parallel.map(min(round, runs.count - start), threads: threads) { index in
                var probe = RowProbe(points)
                _ = model.logits(TokenBatch(sentences[runs[start + index]]), probe: &probe)
                progress(runs[start + index].count)
                return probe.rows
            }
            let before = moments
            moments = Parallel.map(points.count, threads: threads) { point in
                var sum = before[point]
                for batch in seen {
                    guard let rows = batch[points[point]] else { continue }
                    var moments = sum ?? InputMoments(width: rows.width)
                    moments.add(rows.values)
                    sum = moments
                }
                return sum
            }
        }
        var named: [String: InputMoments] = [:]
        for (point, moments) in zip(points, moments) { named[point] = moments }
        return named
    }
}
