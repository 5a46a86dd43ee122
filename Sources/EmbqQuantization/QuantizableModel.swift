package import EmbqCheckpoints
package import EmbqCore
package import EmbqModels

/// A loaded model as the pipeline handles it, whatever its family.
package struct QuantizableModel: Sendable {
    package let config: ModelConfig
    /// The model as released, in fp32.
    package let released: GraphInterpreter
    /// The same function in the form that all methods quantize.
    package let rewritten: GraphInterpreter

    /// - Throws: what the configuration or the tensors lack, naming the key or the tensor.
    /// - Parameter promptTokens: [CLS] and the tokens of the prompt, which some poolings leave out.
    package init(_ checkpoint: Checkpoint, promptTokens: Int = 0) throws(EmbqError) {
        let (config, graph) = try ModelFamilies.graph(checkpoint, promptTokens: promptTokens)
        self.init(graph, config)
    }

    /// A graph that no family has built.
    package init(_ graph: ModelGraph, _ config: ModelConfig) {
        self.config = config
        released = GraphInterpreter(graph, config: config)
        rewritten = GraphInterpreter(graph.rewritten(.all), config: config)
    }

    /// The form that methods quantize.
    package func form(_ methods: QuantizationMethods) -> GraphInterpreter {
        if methods.isDisjoint(with: .rewrites) { return released }
        if methods.isSuperset(of: .rewrites) { return rewritten }
        return GraphInterpreter(graph(methods), config: config)
    }

    /// Its graph alone.
    private func graph(_ methods: QuantizationMethods) -> ModelGraph {
        methods.isSuperset(of: .rewrites) ? rewritten.graph : released.graph.rewritten(methods)
    }

    /// The points whose ranges calibration must know, in the order of the graph: what products, attention, tables and
    /// the scan read, what they give in 8 or 16 bits, and what is kept as 16-bit rows.
    package func points(_ methods: QuantizationMethods = .all) -> [String] {
        let graph = graph(methods)
        var needed: Set<Int> = []
        var states: Set<Int> = []
        for (index, node) in graph.nodes.enumerated() {
            switch node.operation {
            case .linear, .convolve, .slice, .pool, .join: needed.formUnion(node.operation.inputs.map(\.index))
            case .attend, .multiply, .activate: needed.formUnion(node.operation.inputs.map(\.index) + [index])
            case .remember: needed.insert(index)
            case .scan:
                needed.formUnion(node.operation.inputs.map(\.index) + [index])
                states.insert(index)
            case .embed, .lookUp, .norm, .tableNorm, .add, .unit: break
            }
        }
        return graph.nodes.indices.flatMap { index in
            let name = graph.nodes[index].name
            return (needed.contains(index) ? [name] : []) + (states.contains(index) ? [name + ".state"] : [])
        }
    }

    /// Refuses a graph that the device cannot compute, before anything is measured.
    ///
    /// - Throws: `.unsupported`, with the name of a node.
    package func requireComputable(_ methods: QuantizationMethods = .all) throws(EmbqError) {
        try GraphLimits(graph(methods), config).requireComputable()
    }

    /// Turns the model into integers.
    ///
    /// - Parameters:
    ///   - observer: turns the profile's histograms into ranges.
    ///   - weights: rounds the weights, and keeps what it made.
    ///   - widths: how many bits those of ``QuantizedModel/choices`` get.
    /// - Throws: `.missing` for a point that the profile lacks; `.limitExceeded` for numbers that no fixed-point
    ///   factor can hold.
    package func quantize(
        _ profile: CalibrationProfile, observer: any RangeObserver, weights: inout WeightQuantizer,
        widths: WeightWidths = WeightWidths()
    ) throws(EmbqError) -> QuantizedModel {
        try profile.requireReadable(by: observer)
        var lowering = Lowering(
            graph(weights.methods), config, profile, observer, weights, widths)
        defer { weights = lowering.weights }
        return try lowering.run()
    }

    /// The same with weights rounded from the profile alone.
    package func quantize(_ profile: CalibrationProfile, observer: any RangeObserver) throws(EmbqError)
        -> QuantizedModel
    {
        var weights = WeightQuantizer()
        return try quantize(profile, observer: observer, weights: &weights)
    }

    /// The same without any memory used twice: what the program must compute, whatever it shares.
    package func quantizeUnshared(_ profile: CalibrationProfile, observer: any RangeObserver) throws(EmbqError)
        -> QuantizedModel
    {
        var lowering = Lowering(rewritten.graph, config, profile, observer, WeightQuantizer(), WeightWidths())
        return try lowering.run(sharing: false)
    }
}

extension ModelGraph {
    /// The same function as methods quantize it.
    fileprivate func rewritten(_ methods: QuantizationMethods) -> ModelGraph {
        var graph = methods.contains(.folding) ? folded() : self
        if methods.contains(.products) { graph = graph.multipliedOut() }
        return methods.contains(.tableAttention) ? graph.attendedInTables() : graph
    }
}
