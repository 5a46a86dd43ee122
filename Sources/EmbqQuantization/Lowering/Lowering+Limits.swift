import EmbqCore
import EmbqModels

// What the device cannot compute, refused before anything is lowered, each with the name of the node.

/// Refuses graphs that have no program.
struct GraphLimits {
    private let graph: ModelGraph
    private let config: ModelConfig
    /// By node, as ``ModelGraph/degrees()``.
    private let degrees: [Int]

    init(_ graph: ModelGraph, _ config: ModelConfig) {
        self.graph = graph
        self.config = config
        degrees = graph.degrees()
    }

    /// Refuses a graph with a node that has no program.
    ///
    /// - Throws: `.unsupported`, with the node's name.
    func requireComputable() throws(EmbqError) {
        var positions: [DeviceProgram.Positions] = []
        let needed = graph.neededNodes()
        for (index, node) in graph.nodes.enumerated() {
            let value = Value(index: index)
            positions.append(try self.positions(of: value, positions))
            if needed.contains(index) {
                try requireShapes(value)
                try requireShortTails(node)
            }
        }
        for output in graph.outputs where (positions[output.index] == .all) != (config.task == .tagging) {
            throw refused(
                graph[output],
                config.task == .tagging
                    ? "it is one row for a sentence; a tagger's output has a row for each token"
                    : "it is an output with a row for each token; the device gives one row of logits")
        }
        if config.task == .tagging { try requireTags() }
        let units = graph.outputs.filter { if case .unit = graph[$0].operation { true } else { false } }
        if let unit = units.first, graph.outputs.count > 1 {
            throw refused(graph[unit], "a row of length 1 must be the only output")
        }
    }

    /// A tagger's logits are a register's rows.
    private func requireTags() throws(EmbqError) {
        guard let output = graph.outputs.first else { return }
        let node = graph[output]
        guard graph.outputs.count == 1, case .linear = node.operation else {
            throw refused(node, "it is not a linear layer, or not the only output; a tagger's output is")
        }
        try require(
            node.width <= DeviceLimits.inner, node,
            "it is \(node.width) wide; the limit of a tagger is \(DeviceLimits.inner) labels")
    }

    /// The positions that have a row of a node's value.
    private func positions(of value: Value, _ known: [DeviceProgram.Positions]) throws(EmbqError)
        -> DeviceProgram.Positions
    {
        let node = graph[value]
        let inputs = node.operation.inputs
        let first = inputs.first.map { known[$0.index] } ?? .all
        switch node.operation {
        case .pool, .convolve, .attend, .scan, .remember:
            if let pooled = inputs.first(where: { known[$0.index] != .all }) {
                throw refused(
                    node, "it reads the rows of all tokens; '\(graph[pooled].name)' is one row for each sentence")
            }
        case .add, .multiply:
            if let other = inputs.first(where: { known[$0.index] != first }) {
                throw refused(
                    node,
                    "'\(graph[inputs[0]].name)' and '\(graph[other].name)' are rows of different positions; "
                        + "the device has no pass that sees both")
            }
        case .join:
            if let other = inputs.first(where: { known[$0.index] != .once }) {
                throw refused(node, "'\(graph[other].name)' is not pooled; the device joins rows of a whole sentence")
            }
        case .embed, .lookUp, .norm, .tableNorm, .linear, .slice, .activate, .unit: break
        }
        guard case .pool(let kind, _) = node.operation else { return first }
        switch kind {
        case .first: return graph.isJoined(value) ? .once : .first
        case .mask: return .atMask
        case .rms, .mean, .max, .last, .rootMean, .weightedMean, .behind: return .once
        }
    }

    /// Refuses what reads long tails in too few bits. A scan multiplies what it reads, so it keeps little of what 8 bits
    /// have left of a mix; convolutions and attention read 8 bits, tables 16.
    private func requireShortTails(_ node: ModelGraph.Node) throws(EmbqError) {
        let most: Int
        switch node.operation {
        case .scan: most = 1
        case .convolve, .attend, .activate: most = 2
        default: return
        }
        for input in node.operation.inputs where degrees[input.index] > most {
            throw EmbqError(
                .unsupported, place: "'\(node.name)'",
                "'\(graph[input].name)' holds products of values, most of them small beside a few; this node reads it "
                    + "in too few bits",
                advice: "Put a norm between them.")
        }
    }

    private func requireShapes(_ value: Value) throws(EmbqError) {
        let node = graph[value]
        // Logits have as many columns as the model has outputs; all other rows are limited.
        let isOutput = graph.outputs.contains(value)
        let widest = node.operation.inputs.reduce(isOutput ? 0 : node.width) { max($0, graph[$1].width) }
        switch node.operation {
        case .embed, .lookUp, .norm, .tableNorm, .unit, .attend:
            try require(
                widest <= DeviceLimits.width, node,
                "it is \(widest) wide; the limit is \(DeviceLimits.width)")
        default:
            try require(
                widest <= DeviceLimits.inner, node,
                "it is \(widest) wide; the limit is \(DeviceLimits.inner)")
        }
        switch node.operation {
        case .slice(let columns, let x):
            if isOutput, columns.lowerBound == 0 { return }
            guard case .linear(let linear, _) = graph[x].operation, columns.upperBound <= linear.outputs else {
                throw refused(node, "it takes columns of '\(graph[x].name)'; the device takes those of a linear layer")
            }
        case .convolve(let convolution, let x):
            try require(
                convolution.kernel <= DeviceLimits.kernel, node,
                "its kernel is \(convolution.kernel); the limit is \(DeviceLimits.kernel)")
            try require(convolution.channels % graph[x].width == 0, node, "its channels are no multiple of its input's")
        case .attend(let attention):
            let widths = node.operation.inputs.map { graph[$0].width }
            try require(
                Set(widths).count == 1 && node.width % attention.heads == 0, node,
                "queries, keys and values are \(widths) wide; the device takes equal widths, a multiple of the heads")
        case .add(let sum):
            let widths = sum.terms.map { graph[$0.value].width }
            try require(
                (1...2).contains(sum.terms.count) && widths.allSatisfy { $0 == node.width }, node,
                "it adds rows of the widths \(widths); the device adds one or two rows of one width")
        case .multiply(let a, let b):
            try require(graph[a].width == graph[b].width, node, "its factors have different widths")
        case .scan(let scan): try requireScan(scan, node)
        case .pool, .embed, .lookUp, .norm, .tableNorm, .linear, .activate, .remember, .unit, .join: break
        }
    }

    private func requireScan(_ scan: Scan, _ node: ModelGraph.Node) throws(EmbqError) {
        let shapes = [scan.input, scan.step, scan.write, scan.read].map { graph[$0].width }
        try require(
            (1...DeviceLimits.states).contains(scan.states)
                && shapes == [node.width, node.width, scan.states, scan.states], node,
            "its inputs are \(shapes) wide, with \(scan.states) states; the limit is \(DeviceLimits.states)")
        // The device takes a negative step for 0.
        guard case .activate(let activation, _) = graph[scan.step].operation,
            activation == .softplus || activation == .relu
        else {
            throw refused(
                node,
                "its step '\(graph[scan.step].name)' may be negative; the device takes the result of softplus or ReLU")
        }
    }

    // MARK: Errors

    private func require(_ condition: Bool, _ node: ModelGraph.Node, _ problem: @autoclosure () -> String)
        throws(EmbqError)
    {
        if !condition { throw refused(node, problem()) }
    }

    private func refused(_ node: ModelGraph.Node, _ problem: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(node.name)'", problem,
            advice: "Schemas/adding-a-family.md lists what can follow what.")
    }
}

extension Lowering {
    /// True if a value's tails are longer than 8 bits can hold.
    func hasLongTails(_ value: Value) -> Bool { degrees[value.index] > 2 }

    /// Refuses a program larger than the runtime takes.
    func requireRoom(_ program: EncodedProgram) throws(EmbqError) {
        let counts = [
            ("registers", program.registers.count, DeviceLimits.registers),
            ("stores", program.stores.count, DeviceLimits.stores),
            ("passes", program.passes.count, DeviceLimits.passes),
        ]
        guard let (what, count, limit) = counts.first(where: { $0.1 > $0.2 }) else { return }
        throw EmbqError(
            .limitExceeded, "the graph needs \(count) \(what) on the device; the limit is \(limit)",
            advice: "Use a model with fewer layers.")
    }

    // MARK: Errors

    func cannot(_ node: ModelGraph.Node) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(node.name)'", "the device has no operation for this node",
            advice: "This is a fault of the family's description; please report it.")
    }

    /// - Parameter snr: dB of what would be left.
    func tooRough(_ name: String, _ problem: String, _ snr: Double) -> EmbqError {
        let left = (snr * 10).rounded() / 10
        return EmbqError(
            .limitExceeded, place: "'\(name)'",
            "\(problem): \(left) dB would be left, expected \(Self.leastSNR) dB or more",
            advice: "Check the weights for values far out of range with `embq inspect`.")
    }

    /// dB of an activation below which it is refused: nothing that is computed from it would be right.
    static let leastSNR = 20.0

    func unreachable(_ name: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(name)'", "no pass over a sentence has all the rows that it reads",
            advice: "This is a fault of the family's description; please report it.")
    }
}
