// Rows that live in few numbers are attended in them.

extension ModelGraph {
    /// The same function with attention over the normed rows of an expanded embedder in the 2 r + segments numbers that
    /// these are made of, where that takes fewer weights.
    ///
    /// With x = S u, n = γ x / RMS(x) and v = u / RMS(x): n = γ S v, or S v with γ in S. A query's product with a key is then
    /// (W S v + b) · S v' = (Sᵀ W S v + Sᵀ b) · v', and V times a mean of rows n is (V S) times that of rows v. The columns
    /// of S take over the scale of the tables' columns, so that v has numbers of one size.
    package func attendedInTables() -> ModelGraph {
        var rewriter = GraphRewriter(self)
        var spreads: [Value: Spread] = [:]
        for index in nodes.indices {
            let value = Value(index: index)
            if let attention = tableAttention(value) {
                rewriter.append(attention, of: self, value)
                spreads[value] = attention.spread
            } else if case .linear(let linear, let x) = nodes[index].operation, let spread = spreads[x] {
                let reduced = linear.reading(spread)
                rewriter.replace(
                    by: rewriter.append(nodes[index].name, .linear(reduced, of: rewriter[x]), width: linear.outputs))
            } else {
                rewriter.take()
            }
        }
        return rewriter.graph()
    }

    /// An attention that can be had in few numbers; nil for any other value.
    private func tableAttention(_ value: Value) -> TableAttention? {
        guard case .attend(let attention) = self[value].operation, attention.heads == 1,
            attention.keys == attention.values,
            case .linear(let query, attention.keys) = self[attention.queries].operation,
            query.sharedName == nil, readers(of: attention.queries).count == 1, !outputs.contains(value),
            case .norm(let norm, let x) = self[attention.keys].operation, norm.kind == .rms,
            case .embed(let embedding) = self[x].operation, let spread = embedding.spread(norm.gamma)
        else { return nil }
        var (weights, reduced) = (query.weight.count, spread.columns * spread.columns)
        for reader in readers(of: value) {
            guard case .linear(let linear, _) = self[reader].operation, linear.sharedName == nil else { return nil }
            weights += linear.weight.count
            reduced += linear.outputs * spread.columns
        }
        guard reduced < weights else { return nil }
        let rows = TableNorm(embedding: embedding, columns: spread.sizes, epsilon: norm.epsilon)
        return TableAttention(attention: attention, query: query, rows: rows, embedding: x, spread: spread)
    }
}

private struct TableAttention {
    let attention: Attention
    let query: Linear
    let rows: TableNorm
    /// The embedder's rows.
    let embedding: Value
    let spread: Spread
}

/// The matrix that makes an embedder's rows of the numbers in its tables.
private struct Spread {
    /// `[width, columns]`.
    let matrix: [Double]
    let width: Int
    /// What the numbers are divided by, `[columns]`.
    let sizes: [Float]

    var columns: Int { sizes.count }

    /// `[columns, width]`.
    var transposed: [Double] {
        (0..<columns).flatMap { column in (0..<width).map { matrix[$0 * columns + column] } }
    }
}

extension Embedding {
    /// Of an embedder with expanders, positions and segments, behind which a norm has these factors; the numbers of each
    /// table's column are at most 1.
    fileprivate func spread(_ gamma: [Float]) -> Spread? {
        let width = gamma.count
        guard let tokenExpander, let positionExpander, !position.isEmpty, !segment.isEmpty else { return nil }
        let (r, segments) = (tokenExpander.count / width, segment.count / width)
        var sizes = [Float](repeating: 0, count: 2 * r)
        for i in token.indices { sizes[i % r] = max(sizes[i % r], abs(token[i])) }
        for i in position.indices { sizes[r + i % r] = max(sizes[r + i % r], abs(position[i])) }
        sizes = sizes.map { $0 > 0 ? $0 : 1 } + [Float](repeating: 1, count: segments)
        var matrix: [Double] = []
        for row in 0..<width {
            matrix += tokenExpander[row * r..<(row + 1) * r].map(Double.init)
            matrix += positionExpander[row * r..<(row + 1) * r].map(Double.init)
            matrix += (0..<segments).map { Double(segment[$0 * width + row]) }
        }
        for i in matrix.indices { matrix[i] *= Double(gamma[i / sizes.count]) * Double(sizes[i % sizes.count]) }
        return Spread(matrix: matrix, width: width, sizes: sizes)
    }
}

extension Linear {
    /// The layer that reads the numbers of which its input is made.
    fileprivate func reading(_ spread: Spread) -> Linear {
        Linear(
            outputs: outputs, inputs: spread.columns,
            weight: matrixProduct(doubles, spread.matrix, inner: spread.width).map { Float($0) }, bias: bias)
    }
}

extension GraphRewriter {
    /// Puts an attention over few numbers in the place of another one.
    fileprivate mutating func append(_ reduced: TableAttention, of graph: ModelGraph, _ value: Value) {
        let (attention, spread) = (reduced.attention, reduced.spread)
        let rows = appendOnce(
            graph[attention.keys].name + ".tables", .tableNorm(reduced.rows, of: self[reduced.embedding]),
            width: spread.columns)
        let inner = matrixProduct(reduced.query.doubles, spread.matrix, inner: spread.width)
        let query = Linear(
            outputs: spread.columns, inputs: spread.columns,
            weight: matrixProduct(spread.transposed, inner, inner: spread.width).map { Float($0) },
            bias: matrixProduct(spread.transposed, reduced.query.bias.map(Double.init), inner: spread.width).map {
                Float($0)
            })
        let queries = appendOnce(
            graph[attention.queries].name + ".tables", .linear(query, of: rows), width: spread.columns)
        replace(
            by: appendOnce(
                graph[value].name + ".tables",
                .attend(
                    Attention(
                        queries: queries, keys: rows, values: rows, heads: 1, scale: attention.scale,
                        ignoresPad: attention.ignoresPad)), width: spread.columns))
    }
}
