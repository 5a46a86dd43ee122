/// Builds a graph from another one's nodes, with some of them replaced.
///
/// Nodes are taken over in order; what replaces a node is put before those that read it.
struct GraphRewriter {
    private let old: ModelGraph
    private var nodes: [ModelGraph.Node] = []
    /// By node of the old graph, its value in the new one.
    private var places: [Value] = []
    private var names: Set<String>
    /// Nodes that several others may ask for, by the name that they were asked for by.
    private var shared: [String: Value] = [:]

    init(_ graph: ModelGraph) {
        old = graph
        names = Set(graph.nodes.map(\.name))
    }

    /// The old graph's value as the new graph has it.
    ///
    /// - Precondition: its node was taken over or replaced.
    subscript(value: Value) -> Value { places[value.index] }

    /// Takes over the next node as it is.
    mutating func take() {
        var node = old.nodes[places.count]
        node.operation = node.operation.reading { places[$0.index] }
        places.append(append(node))
    }

    /// Appends a node beside those of the old graph, once for each name; the name is another one where a node of the old
    /// graph has it.
    mutating func appendOnce(_ name: String, _ operation: Operation, width: Int) -> Value {
        if let known = shared[name] { return known }
        var unused = name
        while !names.insert(unused).inserted { unused += "'" }
        let value = append(unused, operation, width: width)
        shared[name] = value
        return value
    }

    /// Appends a node that reads values of the new graph, in the place of one with its name.
    mutating func append(_ name: String, _ operation: Operation, width: Int) -> Value {
        append(ModelGraph.Node(name: name, operation: operation, width: width))
    }

    private mutating func append(_ node: ModelGraph.Node) -> Value {
        nodes.append(node)
        return Value(index: nodes.count - 1)
    }

    /// Leaves out the next node; a value of the new graph stands for it.
    mutating func replace(by value: Value) { places.append(value) }

    /// The new graph, without nodes that nothing reads any more.
    consuming func graph() -> ModelGraph {
        let whole = ModelGraph(nodes: nodes, outputs: old.outputs.map { places[$0.index] })
        let needed = whole.neededNodes()
        var kept: [ModelGraph.Node] = []
        var indices: [Int: Int] = [:]
        func place(_ value: Value) -> Value { Value(index: indices[value.index] ?? 0) }
        for index in nodes.indices where needed.contains(index) {
            indices[index] = kept.count
            var node = nodes[index]
            node.operation = node.operation.reading(place)
            kept.append(node)
        }
        return ModelGraph(nodes: kept, outputs: whole.outputs.map(place))
    }
}

extension Operation {
    /// The same operation on other values.
    func reading(_ place: (Value) -> Value) -> Operation {
        switch self {
        case .embed, .lookUp: self
        case .norm(let norm, let x): .norm(norm, of: place(x))
        case .tableNorm(let norm, let x): .tableNorm(norm, of: place(x))
        case .linear(let linear, let x): .linear(linear, of: place(x))
        case .slice(let columns, let x): .slice(columns, of: place(x))
        case .convolve(let convolution, let x): .convolve(convolution, of: place(x))
        case .activate(let activation, let x): .activate(activation, of: place(x))
        case .remember(let x): .remember(place(x))
        case .pool(let pooling, let x): .pool(pooling, of: place(x))
        case .unit(let x): .unit(of: place(x))
        case .multiply(let a, let b): .multiply(place(a), place(b))
        case .join(let values): .join(values.map(place))
        case .attend(let a):
            .attend(
                Attention(
                    queries: place(a.queries), keys: place(a.keys), values: place(a.values), heads: a.heads,
                    scale: a.scale, ignoresPad: a.ignoresPad))
        case .add(let sum):
            .add(
                Sum(
                    terms: sum.terms.map { Sum.Term(value: place($0.value), factor: $0.factor) }, bias: sum.bias,
                    isNorm: sum.isNorm))
        case .scan(let s):
            .scan(
                Scan(
                    input: place(s.input), step: place(s.step), write: place(s.write), read: place(s.read),
                    states: s.states, rate: s.rate, skip: s.skip))
        }
    }
}
