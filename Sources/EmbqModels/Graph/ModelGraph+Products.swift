// Matrices without anything between them multiply out, and what only one position reads is computed for it alone.

extension ModelGraph {
    /// The same function with a layer and the layers before it as one, where they have fewer weights so: V (a W x + …) is
    /// (V a W) x + …, and a row taken at position 0 may be taken before all that sees one row at a time.
    ///
    /// A causal convolution that only position 0 reads is its last tap: all others meet what lies before the sentence.
    package func multipliedOut() -> ModelGraph {
        var rewriter = GraphRewriter(self)
        for index in nodes.indices {
            let value = Value(index: index)
            if let product = product(of: value) {
                rewriter.replace(by: rewriter.append(product, of: self, name: nodes[index].name))
            } else {
                rewriter.take()
            }
        }
        return rewriter.graph()
    }

    /// A layer as the sum of layers over values further back; nil where that has no fewer weights.
    private func product(of value: Value) -> LayerProduct? {
        guard case .linear(let linear, let x) = self[value].operation, linear.sharedName == nil else { return nil }
        var product = LayerProduct(linear)
        expand(x, linear.doubles, isTaken: false, into: &product)
        return product.isExpanded && product.size < product.replaced ? product : nil
    }

    /// Follows a value back to what is no linear function of one row.
    ///
    /// - Parameters:
    ///   - matrix: `[outputs, width]`, what the product multiplies the value by.
    ///   - isTaken: whether the row of position 0 is taken behind it.
    private func expand(_ value: Value, _ matrix: [Double], isTaken: Bool, into product: inout LayerProduct) {
        let node = self[value]
        if readers(of: value).count == 1, !outputs.contains(value) {
            switch node.operation {
            case .pool(.first, let x) where !isTaken: return expand(x, matrix, isTaken: true, into: &product)
            case .linear(let inner, let x) where inner.sharedName == nil:
                product.take(inner, matrix)
                return expand(
                    x, matrixProduct(matrix, inner.doubles, inner: inner.outputs), isTaken: isTaken, into: &product)
            case .add(let sum) where !sum.isNorm:
                product.take(sum, matrix)
                for term in sum.terms {
                    let scaled = matrix.indices.map { matrix[$0] * Double(term.factor[$0 % node.width]) }
                    expand(term.value, scaled, isTaken: isTaken, into: &product)
                }
                return
            default: break
            }
        }
        product.add(LayerProduct.Leaf(value: value, matrix: matrix, isTaken: isTaken))
    }
}

/// A layer over several values: `Σ matrix · value + bias`.
private struct LayerProduct {
    struct Leaf {
        let value: Value
        /// `[outputs, width]`.
        var matrix: [Double]
        /// Whether it is the row of position 0.
        let isTaken: Bool
    }

    let outputs: Int
    private(set) var leaves: [Leaf] = []
    /// `[outputs]`.
    private(set) var bias: [Double]
    /// Weights of the layers that it stands for.
    private(set) var replaced: Int
    private(set) var isExpanded = false

    init(_ linear: Linear) {
        outputs = linear.outputs
        bias = linear.bias.map(Double.init)
        replaced = linear.weight.count
    }

    var size: Int { leaves.reduce(0) { $0 + $1.matrix.count } }

    /// A value that is added twice has one matrix.
    mutating func add(_ leaf: Leaf) {
        guard let known = leaves.firstIndex(where: { $0.value == leaf.value && $0.isTaken == leaf.isTaken }) else {
            leaves.append(leaf)
            return
        }
        for index in leaf.matrix.indices { leaves[known].matrix[index] += leaf.matrix[index] }
    }

    mutating func take(_ linear: Linear, _ matrix: [Double]) {
        replaced += linear.weight.count
        isExpanded = true
        add(matrix, linear.bias)
    }

    mutating func take(_ sum: Sum, _ matrix: [Double]) {
        isExpanded = true
        add(matrix, sum.bias)
    }

    private mutating func add(_ matrix: [Double], _ inner: [Float]) {
        for index in matrix.indices { bias[index / inner.count] += matrix[index] * Double(inner[index % inner.count]) }
    }
}

extension GraphRewriter {
    /// Appends the layers of a product, and the sums of what they give.
    fileprivate mutating func append(_ product: LayerProduct, of graph: ModelGraph, name: String) -> Value {
        var total: Value?
        for (index, leaf) in product.leaves.enumerated() {
            let width = graph[leaf.value].width
            let bias = index == 0 ? product.bias.map { Float($0) } : [Float](repeating: 0, count: product.outputs)
            let linear = Linear(
                outputs: product.outputs, inputs: width, weight: leaf.matrix.map { Float($0) }, bias: bias)
            let ofLeaf = "\(name).\(graph[leaf.value].name)"
            let operation = Operation.linear(
                linear, of: leaf.isTaken ? first(leaf.value, of: graph) : self[leaf.value])
            let isAlone = product.leaves.count == 1
            let part =
                isAlone
                ? append(name, operation, width: product.outputs)
                : appendOnce(ofLeaf, operation, width: product.outputs)
            guard let before = total else {
                total = part
                continue
            }
            let ones = [Float](repeating: 1, count: product.outputs)
            let sum = Operation.add(
                Sum(
                    terms: [Sum.Term(value: before, factor: ones), Sum.Term(value: part, factor: ones)],
                    bias: [Float](repeating: 0, count: product.outputs)))
            let isLast = index == product.leaves.count - 1
            total =
                isLast
                ? append(name, sum, width: product.outputs)
                : appendOnce(ofLeaf + ".sum", sum, width: product.outputs)
        }
        return total ?? Value(index: 0)
    }

    /// The row of position 0.
    private mutating func first(_ value: Value, of graph: ModelGraph) -> Value {
        appendOnce(
            graph[value].name + ".first", .pool(.first, of: lastTap(value, of: graph)), width: graph[value].width)
    }

    /// A value of which only position 0 is read: all that a convolution has there is its last tap.
    private mutating func lastTap(_ value: Value, of graph: ModelGraph) -> Value {
        let node = graph[value]
        guard graph.readers(of: value).count == 1 else { return self[value] }
        switch node.operation {
        case .activate(let activation, let x):
            let inner = lastTap(x, of: graph)
            if inner == self[x] { return self[value] }
            return appendOnce(node.name + ".tap", .activate(activation, of: inner), width: node.width)
        case .convolve(let convolution, let x):
            return appendOnce(node.name + ".tap", .convolve(convolution.lastTap, of: self[x]), width: node.width)
        default: return self[value]
        }
    }
}

extension Linear {
    /// `[outputs, inputs]`.
    var doubles: [Double] { weight.map(Double.init) }
}

extension Convolution {
    /// What is left of it at position 0.
    fileprivate var lastTap: Convolution {
        Convolution(kernel: 1, channels: channels, taps: Array(taps.suffix(channels)), bias: bias)
    }
}

/// `a · b`, `[rows, columns]`, of `[rows, inner]` and `[inner, columns]`.
func matrixProduct(_ a: [Double], _ b: [Double], inner: Int) -> [Double] {
    let (rows, columns) = (a.count / inner, b.count / inner)
    var product = [Double](repeating: 0, count: rows * columns)
    for row in 0..<rows {
        for middle in 0..<inner {
            let factor = a[row * inner + middle]
            for column in 0..<columns { product[row * columns + column] += factor * b[middle * columns + column] }
        }
    }
    return product
}
