/// A value of a graph: fp32 `[rows, width]`, a row for each token, or for each sentence behind a pooling.
package struct Value: Hashable, Sendable {
    /// The node that makes it.
    package let index: Int

    package init(index: Int) { self.index = index }
}

/// A model as data: nodes in an order in which each reads only values made before it.
///
/// A family builds one from its tensors (``ModelFamily``). The fp32 interpreter runs it as it is, and the quantizer
/// turns it into the device's program node by node: neither knows families.
package struct ModelGraph: Sendable {
    package struct Node: Sendable {
        /// Unique; the name of its value as a calibration point, such as `layers.0.query`.
        package var name: String
        package var operation: Operation
        /// Numbers in a row of its value.
        package var width: Int

        package init(name: String, operation: Operation, width: Int) {
            self.name = name
            self.operation = operation
            self.width = width
        }
    }

    package internal(set) var nodes: [Node] = []
    /// The values whose rows, one behind the other, are a sentence's logits.
    package internal(set) var outputs: [Value] = []

    package init() {}

    /// - Precondition: each node reads values of nodes before it.
    package init(nodes: [Node], outputs: [Value]) {
        for (index, node) in nodes.enumerated() {
            precondition(node.operation.inputs.allSatisfy { $0.index < index }, "\(node.name) reads what comes later")
        }
        self.nodes = nodes
        self.outputs = outputs
    }

    package subscript(value: Value) -> Node {
        get { nodes[value.index] }
        set { nodes[value.index] = newValue }
    }

    /// The value of a node, by its name.
    package func value(_ name: String) -> Value? {
        nodes.firstIndex { $0.name == name }.map(Value.init)
    }

    /// The indices of the nodes that the outputs are made of.
    package func neededNodes() -> Set<Int> {
        var needed = Set(outputs.map(\.index))
        for index in nodes.indices.reversed() where needed.contains(index) {
            needed.formUnion(nodes[index].operation.inputs.map(\.index))
        }
        return needed
    }

    /// The nodes that read a value, in order.
    package func readers(of value: Value) -> [Value] {
        nodes.indices.map(Value.init).filter { self[$0].operation.inputs.contains(value) }
    }
}

/// What a node computes. Matrices are row-major.
package enum Operation: Sendable {
    case embed(Embedding)
    case lookUp(TableLookup)
    case norm(Norm, of: Value)
    case tableNorm(TableNorm, of: Value)
    case linear(Linear, of: Value)
    /// Columns of a value.
    case slice(Range<Int>, of: Value)
    case convolve(Convolution, of: Value)
    case activate(Activation, of: Value)
    case attend(Attention)
    case add(Sum)
    case scan(Scan)
    /// Element by element.
    case multiply(Value, Value)
    /// The same value; on the device it is kept for all tokens, as 16-bit rows, and what is behind starts from them.
    case remember(Value)
    /// The columns of several values, one value after another.
    case join([Value])
    case pool(Pooling, of: Value)
    /// A row over its Euclidean length.
    case unit(of: Value)

    /// The values that it reads.
    package var inputs: [Value] {
        switch self {
        case .embed, .lookUp: []
        case .norm(_, let x), .tableNorm(_, let x), .linear(_, let x), .slice(_, let x), .convolve(_, let x),
            .activate(_, let x),
            .remember(let x), .pool(_, let x), .unit(let x):
            [x]
        case .attend(let a): [a.queries, a.keys, a.values]
        case .add(let sum): sum.terms.map(\.value)
        case .join(let values): values
        case .scan(let scan): [scan.input, scan.step, scan.write, scan.read]
        case .multiply(let a, let b): [a, b]
        }
    }
}

/// `token[id] + position[p] + segment[s]`, tables of width r expanded to D where there are expanders. Of tables of
/// width D, the position's and the segment's may be left out.
package struct Embedding: Sendable {
    package enum Segments: Sendable, Equatable {
        /// 0 for [PAD], 1, and 2 from the first [SEP] on.
        case fromSeparator
        /// The token type that the tokenizer's template gives: 0, or 1 in the second of two texts.
        case byTemplate
    }

    /// `[V, r]`; r is D without expanders.
    package var token: [Float]
    /// `[max_length, r]`, or empty.
    package var position: [Float]
    /// `[D, r]`, both or none.
    package var tokenExpander: [Float]?
    package var positionExpander: [Float]?
    /// `[segments, D]`, or empty.
    package var segment: [Float]
    package var segments: Segments

    package init(
        token: [Float], position: [Float] = [], tokenExpander: [Float]? = nil, positionExpander: [Float]? = nil,
        segment: [Float] = [], segments: Segments = .byTemplate
    ) {
        self.token = token
        self.position = position
        self.tokenExpander = tokenExpander
        self.positionExpander = positionExpander
        self.segment = segment
        self.segments = segments
    }
}

/// A row of one table for each position of a sentence.
package struct TableLookup: Sendable {
    /// Which row.
    package enum Index: String, Sendable, CaseIterable {
        /// Of `[max_length, width]`.
        case position
        /// Of `[max_length + 1, width]`: the first for [PAD]; for any other token its place among those that are none,
        /// counted from 1.
        case countedPosition
        /// Of `[V, width]`.
        case token
        /// That of the position before; zeros at the first.
        case previousToken
        /// That of the position behind; zeros at the last.
        case nextToken
        /// Of `[2, width]`: the token type that the tokenizer's template gives.
        case type
    }

    package var index: Index
    /// `[rows, width]`.
    package var table: [Float]
    /// The table's name, by which several look-ups share it.
    package var name: String

    package init(_ index: Index, _ table: [Float], name: String) {
        self.index = index
        self.table = table
        self.name = name
    }
}

/// RMSNorm `x / √(mean(x²) + ε) · γ`, or LayerNorm `(x − mean) / √(var + ε) · γ + β`.
package struct Norm: Sendable {
    package enum Kind: Sendable, Equatable { case rms, layer }

    package var kind: Kind
    /// `[D]`.
    package var gamma: [Float]
    /// `[D]`; zeros for RMSNorm.
    package var beta: [Float]
    package var epsilon: Float

    package init(kind: Kind, gamma: [Float], beta: [Float], epsilon: Float) {
        self.kind = kind
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
    }
}

/// RMSNorm of an expanded embedding `x = S u`, in the numbers that it is made of: `u / columns / √(mean(x²) + ε)`.
///
/// u is the token's row, the position's, and a 1 in the place of the segment: `[2 r + segments]`. It reads x for its root.
package struct TableNorm: Sendable {
    package var embedding: Embedding
    /// `[2 r + segments]`, positive: what each number is divided by.
    package var columns: [Float]
    package var epsilon: Float

    package init(embedding: Embedding, columns: [Float], epsilon: Float) {
        self.embedding = embedding
        self.columns = columns
        self.epsilon = epsilon
    }
}

/// `x Wᵀ + b`.
package struct Linear: Sendable {
    package var outputs: Int
    package var inputs: Int
    /// `[outputs, inputs]`.
    package var weight: [Float]
    /// `[outputs]`; zeros where the release has none.
    package var bias: [Float]
    /// The tensor of layers that share their weights; all of them have it, and the same numbers.
    package let sharedName: String?

    package init(outputs: Int, inputs: Int, weight: [Float], bias: [Float], sharedName: String? = nil) {
        self.sharedName = sharedName
        self.outputs = outputs
        self.inputs = inputs
        self.weight = weight
        self.bias = bias
    }
}

/// Causal depthwise convolution over positions: output c reads input `c / (channels / width)` of p-k+1 … p.
package struct Convolution: Sendable {
    package var kernel: Int
    package var channels: Int
    /// `[kernel, channels]`, oldest tap first.
    package var taps: [Float]
    /// `[channels]`.
    package var bias: [Float]

    package init(kernel: Int, channels: Int, taps: [Float], bias: [Float]) {
        self.kernel = kernel
        self.channels = channels
        self.taps = taps
        self.bias = bias
    }
}

/// A function of one number.
package enum Activation: String, Sendable {
    case silu, relu, gelu, tanh, softplus, sigmoid, mish
    /// GELU by tanh, `½x (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
    case tanhGELU = "gelu_tanh"
    /// `x σ(1.702 x)`.
    case quickGELU = "quick_gelu"
    /// `min(max(x, 0), 6)`.
    case relu6
    /// `max(x, 0)²`.
    case squaredReLU = "relu2"
    /// `max(x, 0.01 x)`.
    case leakyReLU = "leaky_relu"
    /// `x · min(max(x + 3, 0), 6) / 6`.
    case hardSwish = "hardswish"
}

/// `softmax(q kᵀ · scale) v` for each head, over the tokens of a sentence.
package struct Attention: Sendable {
    /// `[tokens, D]` each; head h has columns h · D / heads and following.
    package var queries: Value
    package var keys: Value
    package var values: Value
    package var heads: Int
    package var scale: Float
    /// Keys of [PAD] are left out, and a [PAD] gets zeros.
    package var ignoresPad: Bool

    package init(queries: Value, keys: Value, values: Value, heads: Int, scale: Float, ignoresPad: Bool) {
        self.queries = queries
        self.keys = keys
        self.values = values
        self.heads = heads
        self.scale = scale
        self.ignoresPad = ignoresPad
    }
}

/// `Σ factor ⊙ value + bias`.
package struct Sum: Sendable {
    package struct Term: Sendable {
        package var value: Value
        /// `[D]`.
        package var factor: [Float]

        package init(value: Value, factor: [Float]) {
            self.value = value
            self.factor = factor
        }
    }

    /// One or two.
    package var terms: [Term]
    /// `[D]`.
    package var bias: [Float]
    /// True where it stands for a norm: training has kept its rows in one range, as a norm would.
    package let isNorm: Bool

    package init(terms: [Term], bias: [Float], isNorm: Bool = false) {
        self.terms = terms
        self.bias = bias
        self.isNorm = isNorm
    }
}

/// Mamba-1's selective scan: `h ← exp(−step · rate) ⊙ h + (step · input) writeᵀ`, `y = h · read + skip ⊙ input`.
///
/// Source: A. Gu and T. Dao, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", arXiv 2312.00752.
/// Its state is observed as the point `<name>.state`.
package struct Scan: Sendable {
    /// `[tokens, E]` each.
    package var input: Value
    package var step: Value
    /// `[tokens, N]` each.
    package var write: Value
    package var read: Value
    package var states: Int
    /// `[E, N]`, positive.
    package var rate: [Float]
    /// `[E]`.
    package var skip: [Float]

    package init(input: Value, step: Value, write: Value, read: Value, states: Int, rate: [Float], skip: [Float]) {
        self.input = input
        self.step = step
        self.write = write
        self.read = read
        self.states = states
        self.rate = rate
        self.skip = skip
    }
}

/// How one row comes of a sentence's rows.
package indirect enum Pooling: Sendable, Equatable {
    /// Position 0.
    case first
    /// The first [MASK]; zeros where there is none.
    case mask
    /// `√(mean over positions of x²)`.
    case rms
    /// The mean over positions.
    case mean
    /// The largest of each column.
    case max
    /// The last position.
    case last
    /// The sum over positions, over the root of their number.
    case rootMean
    /// The mean over positions, each with its number from 1 on as its weight.
    case weightedMean
    /// A pooling without this many positions at the start; a mean of none is 0. A weight counts them.
    case behind(Int, Pooling)
}
