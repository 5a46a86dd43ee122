import EmbqContainers
import EmbqCore

/// Finds the names that a model's constants had in the checkpoint, by following the graph.
///
/// Exporters keep the names of parameters that go into the graph as they are. A linear layer's weight is stored
/// transposed and gets a made-up name. What still tells whose it is, strongest first:
///
/// 1. the bias that is added to its product has kept its name: `x.query.bias` makes it `x.query.weight`;
/// 2. the name of the operation holds the path of its module, `/x/query/MatMul`, or its metadata does;
/// 3. the table whose rows it multiplies, where a family's rules say which layer reads that table.
///
/// When 1 and 2 disagree, or two constants have the same claim, the file is refused: a guess could swap layers.
struct ONNXNames {
    /// A constant and the name that it is given.
    struct Claim {
        let tensor: ONNXTensor
        let isTransposed: Bool
        /// Whether it has one dimension in the checkpoint, whatever it has here.
        var isFlat = false
        /// Its shape in the checkpoint where that is another one.
        var shape: [Int]?
        let evidence: String?
    }

    let graph: ONNXGraph
    let path: String
    /// Operations of onnxruntime with weights in packings of their own.
    private static let refused = [
        "MatMulNBits", "MatMulBnb4", "MatMulFpQ4", "GatherBlockQuantized", "QAttention", "QEmbedLayerNormalization",
        "DynamicQuantizeLSTM",
    ]
    private(set) var claims: [String: Claim] = [:]
    /// Names of linear layers' weights by the values that are the layers' results, with bias if they have one.
    private(set) var results: [String: String] = [:]
    /// Outputs of the linear layers, by the names of their weights.
    private(set) var outputs: [String: Int] = [:]
    /// Constants with a claim, and those that only serve others: scales, shapes.
    private var settled: Set<String> = []
    private var readOtherwise: [String: Bool] = [:]

    /// - Parameter helpers: constants that are no weights, whatever their names.
    init(_ graph: ONNXGraph, helpers: Set<String>, path: String) throws(EmbqError) {
        self.graph = graph
        self.path = path
        settled = helpers
        for node in graph.nodes where Self.refused.contains(node.operation) {
            throw EmbqError(
                .unsupported, file: path, place: "node '\(EmbqError.printable(node.name))'",
                "it is \(node.operation), whose packed weights embq does not read",
                advice: "Use the checkpoint that the model was exported from, or its export in fp32.")
        }
        let linears = graph.nodes.compactMap { ONNXLinear($0, graph) }
        for linear in linears { try add(linear) }
        for node in graph.nodes where node.operation == "Identity" {
            guard let name = node.outputs.first, ONNXGraph.isParameter(name), let constant = graph.constant(name) else {
                continue
            }
            try claim(
                name, constant.tensor, constant.isTransposed, settles: false,
                "equal to \(constant.tensor.name), which the exporter kept")
        }
        for node in graph.nodes where node.operation == "Mul" {
            guard let name = node.outputs.first, ONNXGraph.isParameter(name),
                let integers = graph.scaledIntegers(node)?.integers, !settled.contains(integers.name)
            else { continue }
            try claim(name, integers, false, "\(integers.name): \(Self.describe(node)) makes it of integers")
        }
        for constant in graph.constants {
            guard !settled.contains(constant.name), let name = ONNXGraph.ownName(constant) else { continue }
            try claim(name, constant, false, nil)
        }
    }

    /// Gives a constant a name.
    ///
    /// - Parameter settles: whether this is all that the constant is; another name of its own is then dropped.
    /// - Throws: `.duplicate` when another one has it.
    mutating func claim(
        _ name: String, _ tensor: ONNXTensor, _ isTransposed: Bool, isFlat: Bool = false, shape: [Int]? = nil,
        settles: Bool = true, _ evidence: String?
    ) throws(EmbqError) {
        if let known = claims[name] {
            guard known.tensor.name.hasSameBytes(as: tensor.name), known.isTransposed == isTransposed else {
                let both = [(known.tensor.name, known.evidence), (tensor.name, evidence)].map { candidate, evidence in
                    "'\(EmbqError.printable(candidate))' (\(EmbqError.printable(evidence ?? "its own name")))"
                }
                throw EmbqError(
                    .duplicate, file: path, place: EmbqError.place(tensor: name),
                    "the graph has two candidates for it: \(both[0]) and \(both[1])",
                    advice: "Use the checkpoint that the model was exported from.")
            }
            return
        }
        claims[name] = Claim(
            tensor: tensor, isTransposed: isTransposed, isFlat: isFlat, shape: shape, evidence: evidence)
        if settles { settle(tensor) }
    }

    /// Notes that a constant is known, whatever it is.
    mutating func settle(_ tensor: ONNXTensor) { settled.insert(tensor.name) }

    /// Constants without a claim.
    var unclaimed: [ONNXTensor] { graph.constants.filter { !settled.contains($0.name) } }

    private mutating func add(_ linear: ONNXLinear) throws(EmbqError) {
        let addends = addends(to: linear)
        let bias = try bias(of: linear, addends)
        guard let (name, evidence) = try name(of: linear, bias) else { return }
        // A table that is looked up elsewhere is kept as the lookup sees it.
        let isTransposed =
            linear.isTransposed && !(linear.weight.name == name && isReadOtherwise(linear.weight.tensor))
        let made = linear.weight.tensor.name + (isTransposed ? " transposed" : "")
        let multiplies = isTransposed ? "transposed: \(Self.describe(linear.node)) multiplies by it" : nil
        try claim(name, linear.weight.tensor, isTransposed, evidence.map { "\(made): \($0)" } ?? multiplies)
        for result in linear.results + addends.flatMap(\.results) { results[result] = name }
        outputs[name] = linear.outputs
        // A bias that an optimizer has reshaped has lost its name, but nothing else is added to the product.
        if bias == nil, let only = addends.first?.operand, addends.count == 1, only.name == nil,
            name.hasSuffix(".weight")
        {
            try claim(
                String(name.dropLast("weight".count)) + "bias", only.tensor, false, isFlat: true,
                "\(only.tensor.name): it is added to the product with \(name)")
        }
    }

    /// The name of a linear layer's weight, and what tells it when it is not its own.
    private func name(of linear: ONNXLinear, _ bias: String?) throws(EmbqError) -> (String, String?)? {
        var own = linear.weight.name
        // onnxruntime's quantizer makes MatMul of Gemm, transposes the weight and says so.
        let turned = "_Transposed"
        if let name = own, linear.isTransposed, name.hasSuffix(turned) { own = String(name.dropLast(turned.count)) }
        let scope = Self.scope(of: linear.node)
        if let bias {
            let name = String(bias.dropLast("bias".count)) + "weight"
            // An exporter that keeps a name may append to it.
            if let own, !own.utf8.starts(with: name.utf8) || own.hasSameBytes(as: name) { return (own, nil) }
            if let scope, !Self.agrees(name, scope), !Self.agrees(name, Self.withoutSequences(scope)) {
                throw EmbqError(
                    .mismatch, file: path, place: EmbqError.place(tensor: linear.weight.tensor.name),
                    "the graph has two candidates for its name: \(EmbqError.printable(name)), after the bias that is added, and "
                        + "\(EmbqError.printable(scope)).weight, after the operation's own name",
                    advice: "Use the checkpoint that the model was exported from.")
            }
            return (
                name, "\(bias) is added to its product" + (scope == nil ? "" : ", \(Self.describe(linear.node)) agrees")
            )
        }
        if let own { return (own, nil) }
        if let scope { return (scope + ".weight", "after the name of \(Self.describe(linear.node))") }
        return table(of: linear)
    }

    /// True if a weight's name and a module's path may be of one module: the path begins at the module that was exported,
    /// which may have stood inside another one, and the names may begin inside it.
    private static func agrees(_ name: String, _ scope: String) -> Bool {
        name.utf8.starts(with: (scope + ".").utf8) || name.hasSuffix(".\(scope).weight")
            || "\(scope).weight".hasSuffix(".\(name)")
    }

    /// A path in which torch says a Sequential's name twice, as in `body.body.0`, with one of them.
    private static func withoutSequences(_ scope: String) -> String {
        let parts = scope.split(separator: ".")
        return parts.indices.filter { index in
            index + 2 >= parts.count || parts[index] != parts[index + 1] || Int(parts[index + 2]) == nil
        }
        .map { String(parts[$0]) }.joined(separator: ".")
    }

    /// The name of a linear layer's bias.
    ///
    /// - Throws: `.mismatch` when several are added to the product.
    private func bias(of linear: ONNXLinear, _ addends: [Addend]) throws(EmbqError) -> String? {
        if let name = graph.constant(linear.bias)?.name, name.hasSuffix("bias") { return name }
        let names = addends.compactMap(\.operand.name).filter { $0.hasSuffix("bias") }
        if let other = names.first(where: { !$0.hasSameBytes(as: names[0]) }) {
            throw EmbqError(
                .mismatch, file: path, place: EmbqError.place(tensor: linear.weight.tensor.name),
                "the graph adds two biases to its product: \(names[0]) and \(other)",
                advice: "Use the checkpoint that the model was exported from.")
        }
        return names.first
    }

    /// A constant that is added to a product, and the values that hold the sum.
    private typealias Addend = (operand: ONNXGraph.Operand, results: [String])

    /// The constants with a number for each output that are added to a layer's product.
    private func addends(to linear: ONNXLinear) -> [Addend] {
        var found: [Addend] = []
        for result in linear.results {
            for node in graph.consumers(of: result) {
                guard let operand = addend(of: node, besides: result), operand.tensor.count == linear.outputs,
                    let output = node.outputs.first
                else { continue }
                found.append((operand, graph.aliases(of: output)))
            }
        }
        return found
    }

    /// The constant that an addition adds to a value.
    private func addend(of node: ONNXNode, besides value: String) -> ONNXGraph.Operand? {
        let inputs: [String?]
        switch node.operation {
        case "Add": inputs = [node.input(0), node.input(1)]
        case "QLinearAdd": inputs = [node.input(0), node.input(3)]
        default: return nil
        }
        return inputs.compactMap { $0 }.filter { !$0.hasSameBytes(as: value) }.compactMap { graph.constant($0) }.first
    }

    /// The module in which the exporter met an operation, as parameters are named.
    static func scope(of node: ONNXNode) -> String? {
        if let listed = node.scopes {
            // "['', 'model', 'model.embedder', 'linear']": the last entry is the operation.
            let names = listed.split(separator: "'", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            guard let scope = names.dropLast().last, !scope.isEmpty else { return nil }
            return ONNXGraph.isParameter(scope + ".weight") ? scope : nil
        }
        let parts = node.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // The operation's own part starts with its type, which tells a module's path from an optimizer's name.
        guard parts.count > 2, parts[0].isEmpty, let last = parts.last,
            ["MatMul", "Gemm", "Conv"].contains(where: { last.hasPrefix($0) })
        else { return nil }
        let scope = parts[1..<(parts.count - 1)].joined(separator: ".")
        return ONNXGraph.isParameter(scope + ".weight") ? scope : nil
    }

    static func describe(_ node: ONNXNode) -> String { ONNXQuantizationFinder.describe(node) }
}

extension ONNXNames {
    /// Whether operations other than products read a constant. Each is looked at once: all of a graph's products may have
    /// the same.
    fileprivate mutating func isReadOtherwise(_ tensor: ONNXTensor) -> Bool {
        if let known = readOtherwise[tensor.name] { return known }
        let isRead = graph.aliases(of: tensor.name).contains { name in
            graph.consumers(of: name).contains { node in ["Gather", "Add", "Sub", "Div"].contains(node.operation) }
        }
        readOtherwise[tensor.name] = isRead
        return isRead
    }
}
