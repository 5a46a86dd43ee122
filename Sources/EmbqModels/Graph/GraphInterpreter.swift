import Glibc

/// Runs any graph in fp32. A probe is told every node's value under the node's name, and a scan's state under
/// `<name>.state`.
package struct GraphInterpreter: FloatModel {
    package let config: ModelConfig
    package let graph: ModelGraph
    /// By node, the matrices laid out for the kernel: a linear's, or an embedder's two expanders.
    private let packed: [[PackedLinear]]
    /// By node, the last one that reads its value; an output's stays.
    private let lastReader: [Int]

    package init(_ graph: ModelGraph, config: ModelConfig) {
        self.graph = graph
        self.config = config
        var shared: [String: PackedLinear] = [:]
        packed = graph.nodes.map { node in
            switch node.operation {
            case .linear(let linear, _):
                if let known = linear.sharedName.flatMap({ shared[$0] }) { return [known] }
                let layer = PackedLinear(
                    linear.weight, outputs: linear.outputs, inputs: linear.inputs, bias: linear.bias)
                if let name = linear.sharedName { shared[name] = layer }
                return [layer]
            case .embed(let embedding):
                return [embedding.tokenExpander, embedding.positionExpander].compactMap {
                    $0.map { PackedLinear($0, outputs: node.width, inputs: $0.count / node.width) }
                }
            default: return []
            }
        }
        var last = Array(graph.nodes.indices)
        for (index, node) in graph.nodes.enumerated() {
            for input in node.operation.inputs { last[input.index] = index }
        }
        for output in graph.outputs { last[output.index] = .max }
        lastReader = last
    }

    package func logits(_ batch: TokenBatch, probe: inout some ActivationProbe) -> [Float] {
        var values = Values(count: graph.nodes.count, lastReader: lastReader)
        for (index, node) in graph.nodes.enumerated() {
            let value = run(index, node, batch, &values, &probe)
            probe.observe(node.name, value, width: node.width)
            values.store(value, node.operation.inputs)
        }
        if graph.outputs.count == 1, let output = graph.outputs.first { return values[output] }
        var logits: [Float] = []
        for row in batch.sentences.indices {
            for output in graph.outputs {
                let width = graph[output].width
                logits += values[output][row * width..<(row + 1) * width]
            }
        }
        return logits
    }

    /// A node's value: fp32 `[tokens, width]`, behind a pooling `[sentences, width]`.
    private func run(
        _ index: Int, _ node: ModelGraph.Node, _ batch: TokenBatch, _ values: inout Values,
        _ probe: inout some ActivationProbe
    ) -> [Float] {
        switch node.operation {
        case .embed(let embedding): return embed(embedding, packed[index], batch, width: node.width)
        case .lookUp(let lookup): return lookUp(lookup, batch, width: node.width)
        case .linear(let linear, let x):
            return packed[index][0](values[x], rows: values[x].count / linear.inputs)
        case .convolve(let convolution, let x): return convolve(convolution, values[x], batch, width: graph[x].width)
        case .attend(let attention): return attend(attention, values, batch, width: node.width)
        case .scan(let scan): return run(scan, node, batch, values, &probe)
        case .slice(let columns, let x):
            let rows = stride(from: 0, to: values[x].count, by: graph[x].width)
            return rows.flatMap { values[x][$0 + columns.lowerBound..<$0 + columns.upperBound] }
        case .multiply(let a, let b): return zip(values[a], values[b]).map { $0 * $1 }
        case .remember(let x): return values[x]
        case .join(let parts): return join(parts, values)
        case .pool(let pooling, let x):
            return batch.sentences.flatMap { sentence in
                let mask = sentence.first { Int(batch.ids[$0]) == config.special.mask }
                return FloatKernels.pool(values[x], pooling, sentence: sentence, mask: mask, width: node.width)
            }
        case .norm(let norm, let x):
            var y = values.take(x)
            FloatKernels.norm(&y, norm)
            return y
        case .activate(let activation, let x):
            var y = values.take(x)
            FloatKernels.activate(&y, activation)
            return y
        case .add(let sum):
            let other = sum.terms.count > 1 ? values[sum.terms[1].value] : nil
            var y = values.take(sum.terms[0].value)
            FloatKernels.sum(&y, sum, other: other)
            return y
        case .tableNorm(let norm, let x): return tableNorm(norm, of: values[x], batch, inner: graph[x].width)
        case .unit(let x):
            var y = values.take(x)
            FloatKernels.unit(&y, width: node.width)
            return y
        }
    }

    private func join(_ parts: [Value], _ values: borrowing Values) -> [Float] {
        let widths = parts.map { graph[$0].width }
        let rows = values[parts[0]].count / widths[0]
        var joined: [Float] = []
        joined.reserveCapacity(rows * widths.reduce(0, +))
        for row in 0..<rows {
            for (part, width) in zip(parts, widths) { joined += values[part][row * width..<(row + 1) * width] }
        }
        return joined
    }

    private func embed(_ embedding: Embedding, _ expanders: [PackedLinear], _ batch: TokenBatch, width: Int) -> [Float]
    {
        let (r, count) = (expanders.first?.inputs ?? width, batch.ids.count)
        var x: [Float] = []
        var positions: [Float] = []
        x.reserveCapacity(count * r)
        positions.reserveCapacity(count * r)
        for id in batch.ids { x += embedding.token[Int(id) * r..<Int(id) * r + r] }
        if !embedding.position.isEmpty {
            for sentence in batch.sentences { positions += embedding.position[0..<sentence.count * r] }
        }
        if expanders.count == 2 {
            x = expanders[0](x, rows: count)
            positions = expanders[1](positions, rows: count)
        }
        if embedding.segment.isEmpty {
            for (i, value) in positions.enumerated() { x[i] += value }
            return x
        }
        for sentence in batch.sentences {
            for (row, segment) in zip(sentence, segments(embedding, batch, sentence)) {
                let (start, table) = (row * width, segment * width)
                for i in 0..<width {
                    x[start + i] += (positions.isEmpty ? 0 : positions[start + i]) + embedding.segment[table + i]
                }
            }
        }
        return x
    }

    private func tableNorm(_ norm: TableNorm, of x: [Float], _ batch: TokenBatch, inner: Int) -> [Float] {
        let (embedding, columns) = (norm.embedding, norm.columns)
        let r = embedding.token.count / config.vocabularySize
        var y: [Float] = []
        y.reserveCapacity(batch.ids.count * columns.count)
        for sentence in batch.sentences {
            for (place, segment) in zip(sentence, segments(embedding, batch, sentence)) {
                let (id, position) = (Int(batch.ids[place]), place - sentence.lowerBound)
                var row = Array(embedding.token[id * r..<(id + 1) * r])
                row += embedding.position[position * r..<(position + 1) * r]
                row += (0..<columns.count - 2 * r).map { $0 == segment ? 1 : 0 }
                let mean = x[place * inner..<(place + 1) * inner].reduce(0) { $0 + $1 * $1 } / Float(inner)
                let factor = 1 / (mean + norm.epsilon).squareRoot()
                y += zip(row, columns).map { $0 / $1 * factor }
            }
        }
        return y
    }

    private func lookUp(_ lookup: TableLookup, _ batch: TokenBatch, width: Int) -> [Float] {
        var x: [Float] = []
        x.reserveCapacity(batch.ids.count * width)
        for sentence in batch.sentences {
            var counted = 0
            for place in sentence {
                let isPad = Int(batch.ids[place]) == config.special.pad
                if !isPad { counted += 1 }
                let row: Int? =
                    switch lookup.index {
                    case .countedPosition: isPad ? 0 : counted
                    case .position: place - sentence.lowerBound
                    case .token: Int(batch.ids[place])
                    case .previousToken: place > sentence.lowerBound ? Int(batch.ids[place - 1]) : nil
                    case .nextToken: place + 1 < sentence.upperBound ? Int(batch.ids[place + 1]) : nil
                    case .type: batch.types.isEmpty ? 0 : Int(batch.types[place])
                    }
                if let row {
                    x += lookup.table[row * width..<(row + 1) * width]
                } else {
                    x += repeatElement(0, count: width)
                }
            }
        }
        return x
    }

    /// The row of the segment table for each token of a sentence.
    private func segments(_ embedding: Embedding, _ batch: TokenBatch, _ sentence: Range<Int>) -> [Int] {
        switch embedding.segments {
        case .fromSeparator:
            var seen = false
            return batch.ids[sentence].map { id in
                seen = seen || Int(id) == config.special.separator
                return Int(id) == config.special.pad ? 0 : seen ? 2 : 1
            }
        case .byTemplate: return sentence.map { batch.types.isEmpty ? 0 : Int(batch.types[$0]) }
        }
    }

    private func attend(_ attention: Attention, _ values: borrowing Values, _ batch: TokenBatch, width: Int) -> [Float]
    {
        var context = [Float](repeating: 0, count: batch.ids.count * width)
        for sentence in batch.sentences {
            let rows = sentence.filter { !attention.ignoresPad || Int(batch.ids[$0]) != config.special.pad }
            FloatKernels.attend(
                queries: values[attention.queries], keys: values[attention.keys], values: values[attention.values],
                rows: rows, width: width, heads: attention.heads, scale: attention.scale, into: &context)
        }
        return context
    }

    private func convolve(_ convolution: Convolution, _ x: [Float], _ batch: TokenBatch, width: Int) -> [Float] {
        var y = [Float](repeating: 0, count: batch.ids.count * convolution.channels)
        for sentence in batch.sentences {
            FloatKernels.convolve(x, convolution, sentence: sentence, width: width, into: &y)
        }
        return y
    }

    private func run(
        _ scan: Scan, _ node: ModelGraph.Node, _ batch: TokenBatch, _ values: borrowing Values,
        _ probe: inout some ActivationProbe
    ) -> [Float] {
        let size = node.width * scan.states
        var y = [Float](repeating: 0, count: batch.ids.count * node.width)
        var states = [Float](repeating: 0, count: batch.ids.count * size)
        for sentence in batch.sentences {
            FloatKernels.scan(
                scan, input: values[scan.input], step: values[scan.step], write: values[scan.write],
                read: values[scan.read], sentence: sentence, states: &states, into: &y)
        }
        probe.observe(node.name + ".state", states, width: size)
        return y
    }
}

/// The values of a run, each kept until its last reader has run.
private struct Values {
    private var arrays: [[Float]] = []
    private let lastReader: [Int]

    init(count: Int, lastReader: [Int]) {
        self.lastReader = lastReader
        arrays.reserveCapacity(count)
    }

    subscript(value: Value) -> [Float] { arrays[value.index] }

    /// A value to change in place: without a copy when nobody else reads it.
    mutating func take(_ value: Value) -> [Float] {
        let array = arrays[value.index]
        if lastReader[value.index] == arrays.count { arrays[value.index] = [] }
        return array
    }

    /// Keeps the next node's value and frees those that it was the last to read.
    mutating func store(_ array: [Float], _ inputs: [Value]) {
        for input in inputs where lastReader[input.index] == arrays.count { arrays[input.index] = [] }
        arrays.append(array)
    }
}
