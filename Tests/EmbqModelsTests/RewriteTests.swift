import EmbqModels
import EmbqTestSupport
import Testing

/// Exact rewrites: another graph, the same function.
@Suite("Exact rewrites of a graph")
struct RewriteTests {
    struct Rewrite: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (ModelGraph) -> ModelGraph
    }

    static let rewrites = [
        Rewrite(testDescription: "products") { $0.folded().multipliedOut() },
        Rewrite(testDescription: "attention in tables") { $0.folded().attendedInTables() },
        Rewrite(testDescription: "both") { $0.folded().multipliedOut().attendedInTables() },
        Rewrite(testDescription: "without folding") { $0.multipliedOut().attendedInTables() },
    ]
    /// Of the largest logit.
    static let tolerance: Float = 1e-5

    static func largestDifference(_ graph: ModelGraph, _ golden: GoldenModel, _ rewrite: Rewrite) -> Float {
        let batch = TokenBatch(golden.sentences)
        var probe = NoProbe()
        let released = GraphInterpreter(graph, config: golden.config).logits(batch, probe: &probe)
        let rewritten = GraphInterpreter(rewrite.apply(graph), config: golden.config).logits(batch, probe: &probe)
        let largest = released.reduce(1) { max($0, abs($1)) }
        return rewritten.largestDifference(from: released) / largest
    }

    @Test("every family gives the same logits", arguments: FamilyFixture.all, rewrites)
    func families(fixture: FamilyFixture, rewrite: Rewrite) throws {
        let golden = try fixture.golden()
        #expect(Self.largestDifference(golden.graph, golden, rewrite) <= Self.tolerance)
    }

    @Test("EmbBERT gives the same logits", arguments: rewrites)
    func embBERT(rewrite: Rewrite) throws {
        let golden = try GoldenModel.fixture
        #expect(Self.largestDifference(golden.graph, golden, rewrite) <= Self.tolerance)
    }

    @Test("EmbBERT's last layer and classifier are two matrices of logits, and its convolution one tap")
    func head() throws {
        let golden = try GoldenModel.fixture
        let graph = golden.graph.folded().multipliedOut()
        let last = 3
        for (name, reads) in [("context", "context"), ("activation.tap", "activation")] {
            let node = try #require(graph.value("classifier.layers.\(last).\(reads)").map { graph[$0] })
            guard case .linear(let linear, let x) = node.operation else {
                Issue.record("\(node.name) is no linear layer")
                continue
            }
            #expect(linear.outputs == golden.config.outputs)
            #expect(graph[x].name == "layers.\(last).\(reads).first")
            guard case .pool(.first, let rows) = graph[x].operation else { continue }
            #expect(graph[rows].name == "layers.\(last).\(name)")
        }
        guard case .convolve(let tap, _)? = graph.value("layers.\(last).convolution.tap").map({ graph[$0].operation })
        else {
            Issue.record("there is no tap")
            return
        }
        #expect(tap.kernel == 1)
        #expect(graph.value("layers.\(last).output") == nil && graph.value("layers.\(last).contract") == nil)
    }

    @Test("EmbBERT's first attention reads the numbers of the tables, and all others rows")
    func tables() throws {
        let golden = try GoldenModel.fixture
        let graph = golden.graph.folded().attendedInTables()
        // Tables of 16 columns, and three segments.
        let width = 2 * 16 + 3
        let attentions = graph.nodes.compactMap { node -> (name: String, width: Int)? in
            if case .attend(let a) = node.operation { (node.name, graph[a.keys].width) } else { nil }
        }
        #expect(attentions.first?.name == "layers.0.context.tables" && attentions.first?.width == width)
        #expect(attentions.dropFirst().allSatisfy { $0.width == golden.config.hiddenSize })
        guard case .linear(let query, _)? = graph.value("layers.0.query.tables").map({ graph[$0].operation }) else {
            Issue.record("there is no query")
            return
        }
        #expect(query.outputs == width && query.inputs == width)
    }

    @Test(
        "layers stay apart where one matrix would be larger, where others read between them, and where they are shared")
    func unchanged() throws {
        func graph(_ outputs: Int, sharedName: String? = nil, readsBetween: Bool = false) -> ModelGraph {
            func linear(_ outputs: Int, _ inputs: Int, _ name: String? = nil) -> Linear {
                Linear(
                    outputs: outputs, inputs: inputs,
                    weight: (0..<outputs * inputs).map { Float($0 % 7) - 3 },
                    bias: [Float](repeating: 1, count: outputs),
                    sharedName: name)
            }
            let embedding = Embedding(token: (0..<64).map { Float($0 % 5) })
            var nodes = [
                ModelGraph.Node(name: "embedder", operation: .embed(embedding), width: 8),
                ModelGraph.Node(
                    name: "inner", operation: .linear(linear(4, 8, sharedName), of: Value(index: 0)), width: 4),
                ModelGraph.Node(name: "first", operation: .pool(.first, of: Value(index: 1)), width: 4),
                ModelGraph.Node(
                    name: "classifier", operation: .linear(linear(outputs, 4), of: Value(index: 2)), width: outputs),
            ]
            if readsBetween {
                nodes.append(
                    ModelGraph.Node(name: "mean", operation: .pool(.mean, of: Value(index: 1)), width: 4))
            }
            return ModelGraph(
                nodes: nodes, outputs: [Value(index: 3)] + (readsBetween ? [Value(index: 4)] : []))
        }
        #expect(graph(2).multipliedOut().nodes.map(\.name) == ["embedder", "embedder.first", "classifier"])
        for same in [graph(64), graph(2, sharedName: "shared"), graph(2, readsBetween: true)] {
            #expect(same.multipliedOut().nodes.map(\.name) == same.nodes.map(\.name))
        }
    }

    @Test("a value that is added twice has one matrix, and names stay unique")
    func twice() {
        let embedding = Embedding(token: (0..<64).map { Float($0 % 5) })
        let ones = [Float](repeating: 1, count: 8)
        let embedder = Value(index: 0)
        let sum = Sum(
            terms: [Sum.Term(value: embedder, factor: ones), Sum.Term(value: embedder, factor: ones)],
            bias: [Float](repeating: 0, count: 8))
        func linear(_ outputs: Int, _ inputs: Int) -> Linear {
            Linear(
                outputs: outputs, inputs: inputs, weight: (0..<outputs * inputs).map { Float($0 % 3) - 1 },
                bias: [Float](repeating: 0, count: outputs))
        }
        let graph = ModelGraph(
            nodes: [
                ModelGraph.Node(name: "embedder", operation: .embed(embedding), width: 8),
                ModelGraph.Node(name: "sum", operation: .add(sum), width: 8),
                ModelGraph.Node(name: "inner", operation: .linear(linear(8, 8), of: Value(index: 1)), width: 8),
                ModelGraph.Node(name: "embedder.first", operation: .pool(.first, of: Value(index: 2)), width: 8),
                ModelGraph.Node(name: "logits", operation: .linear(linear(2, 8), of: Value(index: 3)), width: 2),
            ], outputs: [Value(index: 4)])
        let product = graph.multipliedOut()
        #expect(product.nodes.map(\.name) == ["embedder", "embedder.first'", "logits"])
        #expect(Set(product.nodes.map(\.name)).count == product.nodes.count)
    }
}
