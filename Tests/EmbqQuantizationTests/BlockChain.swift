import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqTestSupport

/// One step of a chain of blocks: everything that a family's description can put behind a value.
enum Block: String, CaseIterable {
    case rmsNorm, layerNorm, linear, slice, fused, convolve, expand
    case silu, relu, gelu, tanh, softplus
    /// Over the rows themselves; with heads, linear layers for queries, keys and values, and [PAD] left out.
    case attend, attendHeads
    /// With the value before.
    case add
    /// With the value before; with a gate.
    case multiply, gate
    /// A scan with linear layers around the value; one whose step is the value; one that writes and reads the value.
    case scan, scanStep, scanRows
    case remember
    case poolFirst, poolMask, poolRMS, poolMean
    case unit

    var isPooling: Bool { pooling != nil }
    /// Reads the rows of other positions, so that it cannot stand behind a pooling.
    var readsPositions: Bool {
        switch self {
        case .convolve, .expand, .attend, .attendHeads, .scan, .scanStep, .scanRows, .remember: true
        default: isPooling
        }
    }
    var pooling: Pooling? {
        switch self {
        case .poolFirst: .first
        case .poolMask: .mask
        case .poolRMS: .rms
        case .poolMean: .mean
        default: nil
        }
    }
    var activation: Activation? { Activation(rawValue: rawValue) }
}

/// A graph of blocks one behind the other with seeded weights: an embedder, the blocks, a classifier.
struct BlockChain {
    private(set) var graph = ModelGraph()
    private var nodes: [ModelGraph.Node] = []
    private var generator: SplitMix64
    private var prefix = ""
    /// True if sums and products reach back over several blocks, and there may be a second output.
    private let isBranched: Bool
    /// The values before the current one with a row for each token, and those behind the pooling.
    private var tokenRows: [Value] = []
    private var sentenceRows: [Value] = []
    private var pooling: Pooling?
    private static let hidden = GraphSample.hidden
    private static let states = 3

    /// - Parameter blocks: as ``isLegal(_:)``.
    init(_ blocks: [Block], seed: UInt64, isBranched: Bool = false) {
        generator = SplitMix64(seed: seed)
        self.isBranched = isBranched
        var x = embedder(isExpanded: seed % 2 == 0)
        var outputs: [Value] = []
        for (index, block) in blocks.enumerated() {
            prefix = "\(index + 1).\(block.rawValue)"
            let y = self.append(block, x)
            if pooling == nil { tokenRows.append(x) } else { sentenceRows.append(x) }
            if block.isPooling {
                pooling = block.pooling
                sentenceRows = []
            }
            x = y
        }
        if blocks.last == .unit {
            outputs = [x]
        } else {
            prefix = "classifier"
            outputs = [linear("", x, 16, bias: 0)]
            if isBranched, seed % 4 == 0 { outputs.append(secondOutput()) }
        }
        graph = ModelGraph(nodes: nodes, outputs: outputs)
    }

    private mutating func secondOutput() -> Value {
        prefix = "second"
        let kinds: [Pooling] = [.first, .mask, .rms, .mean]
        let x = tokenRows[Int.random(in: tokenRows.indices, using: &generator)]
        let kind = kinds[Int.random(in: kinds.indices, using: &generator)]
        return linear("", append(".pooled", .pool(kind, of: x), width(x)), 3, bias: 0)
    }

    /// Another value of the same width and positions: the one before, or any.
    private mutating func other(_ x: Value) -> Value {
        let width = width(x)
        let rows = (pooling == nil ? tokenRows : sentenceRows).filter { self.width($0) == width }
        guard isBranched else {
            let before = pooling == nil ? tokenRows.last : sentenceRows.last
            return before.flatMap { self.width($0) == width ? $0 : nil } ?? linear(".other", x, width)
        }
        if !rows.isEmpty { return rows[Int.random(in: rows.indices, using: &generator)] }
        if let pooling, let row = tokenRows.last(where: { self.width($0) == width }) {
            return append(".pooled", .pool(pooling, of: row), width)
        }
        return linear(".other", x, width)
    }

    /// One pooling, behind which nothing reads other positions; a length of one only at the end.
    static func isLegal(_ blocks: [Block]) -> Bool {
        guard let pooled = blocks.firstIndex(where: \.isPooling) else { return false }
        return blocks[(pooled + 1)...].allSatisfy { !$0.readsPositions }
            && !blocks[..<pooled].contains(.unit) && !blocks.dropLast().contains(.unit)
    }

    // MARK: Blocks

    private mutating func append(_ block: Block, _ x: Value) -> Value {
        let w = width(x)
        switch block {
        case .rmsNorm: return append("", .norm(norm(.rms, w), of: x), w)
        case .layerNorm: return append("", .norm(norm(.layer, w), of: x), w)
        case .linear: return linear("", x, w)
        case .slice: return w < 8 ? linear("", x, w) : append("", .slice(w / 4..<w / 4 + w / 2, of: x), w / 2)
        case .fused:
            let both = linear(".both", x, 2 * w)
            return append("", .slice(w / 2..<w / 2 + w, of: both), w)
        case .convolve: return convolve(x, w)
        case .expand: return convolve(x, w > 32 ? w : 2 * w)
        case .silu, .relu, .gelu, .tanh, .softplus: return append("", .activate(block.activation ?? .relu, of: x), w)
        case .attend: return attend(x, x, x, heads: 1, ignoresPad: false)
        case .attendHeads:
            let rows = ["queries", "keys", "values"].map { linear("." + $0, x, w) }
            return attend(rows[0], rows[1], rows[2], heads: 2, ignoresPad: true)
        case .add:
            let terms = [x, other(x)].map { Sum.Term(value: $0, factor: normal(w, around: 1, 0.2)) }
            return append("", .add(Sum(terms: terms, bias: normal(w, 0.1))), w)
        case .multiply: return append("", .multiply(x, other(x)), w)
        case .gate:
            let gate = append(".silu", .activate(.silu, of: linear(".gate", x, w)), w)
            return append("", .multiply(x, gate), w)
        case .scan, .scanStep, .scanRows: return scan(block, x)
        case .remember: return append("", .remember(x), w)
        case .poolFirst, .poolMask, .poolRMS, .poolMean:
            return append("", .pool(block.pooling ?? .first, of: x), w)
        case .unit: return append("", .unit(of: x), w)
        }
    }

    private mutating func scan(_ block: Block, _ x: Value) -> Value {
        let w = width(x)
        let step =
            block == .scanStep ? x : append(".softplus", .activate(.softplus, of: linear(".step", x, w, bias: 0.5)), w)
        let states = block == .scanRows ? w : Self.states
        let write = block == .scanRows ? x : linear(".write", x, states)
        let read = block == .scanRows ? x : linear(".read", x, states)
        let rate = (0..<w * states).map { _ in Float.random(in: 0.5...2, using: &generator) }
        return append(
            "",
            .scan(
                Scan(
                    input: x, step: step, write: write, read: read, states: states, rate: rate,
                    skip: normal(w, 1))), w)
    }

    private mutating func attend(_ q: Value, _ k: Value, _ v: Value, heads: Int, ignoresPad: Bool) -> Value {
        let scale = 1 / (Float(width(q) / heads).squareRoot() * size(of: q) * size(of: k))
        return append(
            "",
            .attend(Attention(queries: q, keys: k, values: v, heads: heads, scale: scale, ignoresPad: ignoresPad)),
            width(v))
    }

    private mutating func convolve(_ x: Value, _ channels: Int) -> Value {
        let kernel = 3
        var convolution = Convolution(
            kernel: kernel, channels: channels, taps: normal(kernel * channels, 1), bias: normal(channels, 0.1))
        // The newest tap counts most, so that a sentence's first position is no smaller than the others.
        for i in convolution.taps.indices { convolution.taps[i] *= [0.25, 0.5, 1][i / channels] }
        let y = append("", .convolve(convolution, of: x), channels)
        let scale = 1 / size(of: y)
        convolution.taps = convolution.taps.map { $0 * scale }
        convolution.bias = convolution.bias.map { $0 * scale }
        nodes[y.index].operation = .convolve(convolution, of: x)
        return y
    }

    private mutating func linear(_ name: String, _ x: Value, _ outputs: Int, bias: Float = 0.1) -> Value {
        let inputs = width(x)
        var linear = Linear(
            outputs: outputs, inputs: inputs, weight: normal(outputs * inputs, 1),
            bias: [Float](repeating: 0, count: outputs))
        let y = append(name, .linear(linear, of: x), outputs)
        let scale = 1 / size(of: y)
        linear.weight = linear.weight.map { $0 * scale }
        linear.bias = normal(outputs, bias)
        nodes[y.index].operation = .linear(linear, of: x)
        return y
    }

    /// Root mean square of a value over some sentences: weights are chosen so that their results have 1, as training
    /// keeps them. D. Mishkin and J. Matas, "All you need is a good init", arXiv 1511.06422.
    private func size(of value: Value) -> Float {
        let graph = ModelGraph(nodes: nodes, outputs: [value])
        let rows = Inference.run(
            GraphInterpreter(graph, config: GraphSample.config(outputs: 1)), GraphSample.someSentences, threads: 1
        ) { _, _, _ in }.logits
        let square = rows.reduce(0) { $0 + Double($1) * Double($1) } / Double(rows.count)
        return square.isFinite && square > 1e-12 ? Float(square.squareRoot()) : 1
    }

    private mutating func norm(_ kind: Norm.Kind, _ width: Int) -> Norm {
        Norm(
            kind: kind, gamma: normal(width, around: 1, 0.2),
            beta: kind == .rms ? [Float](repeating: 0, count: width) : normal(width, 0.2), epsilon: 1e-5)
    }

    private mutating func embedder(isExpanded: Bool) -> Value {
        prefix = "embedder"
        let (width, r) = (Self.hidden, isExpanded ? 8 : Self.hidden)
        let spread = isExpanded ? 1 / Float(r).squareRoot() : 0.7
        let expanders = isExpanded ? [normal(width * r, 1), normal(width * r, 1)] : []
        return append(
            "",
            .embed(
                Embedding(
                    token: normal(GraphSample.vocabulary * r, spread), position: normal(GraphSample.length * r, spread),
                    tokenExpander: expanders.first, positionExpander: expanders.last, segment: normal(3 * width, 0.2),
                    segments: .fromSeparator)), width)
    }

    // MARK: Parts

    private mutating func append(_ name: String, _ operation: Operation, _ width: Int) -> Value {
        nodes.append(ModelGraph.Node(name: prefix + name, operation: operation, width: width))
        return Value(index: nodes.count - 1)
    }

    private func width(_ value: Value) -> Int { nodes[value.index].width }

    /// Gaussian numbers: the sum of twelve uniform ones.
    private mutating func normal(_ count: Int, around mean: Float = 0, _ deviation: Float) -> [Float] {
        (0..<count).map { _ in
            mean + deviation * (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
        }
    }
}
