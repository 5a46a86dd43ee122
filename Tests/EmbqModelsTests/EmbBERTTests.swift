import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

private func load(_ shape: TinyEmbBERT) throws -> (config: ModelConfig, graph: ModelGraph) {
    let folder = try TemporaryFolder()
    try shape.write(to: folder)
    return try ModelFamilies.graph(Checkpoint(folder.path))
}

private func model(_ shape: TinyEmbBERT) throws -> GraphInterpreter {
    let (config, graph) = try load(shape)
    return GraphInterpreter(graph, config: config)
}

/// The model with its tables changed.
private func model(_ shape: TinyEmbBERT, change: (inout Embedding) -> Void) throws -> GraphInterpreter {
    var (config, graph) = try load(shape)
    let value = try #require(graph.value("embedder"))
    guard case .embed(var embedding) = graph[value].operation else { throw EmbqError(.mismatch, "", advice: "") }
    change(&embedding)
    graph[value].operation = .embed(embedding)
    return GraphInterpreter(graph, config: config)
}

extension GraphInterpreter {
    fileprivate func logits(_ sentences: [[UInt16]]) -> [Float] {
        var probe = NoProbe()
        return logits(TokenBatch(sentences), probe: &probe)
    }
}

@Suite("EmbBERT in fp32")
struct EmbBERTTests {
    /// fp32 against Double, logits of order 1: some hundred roundings of 6e-8, grown by a few layers.
    static let plainTolerance: Float = 5e-5
    /// Folding rounds every weight once more, by 6e-8 of it: in the order of the fp32 sums' own error.
    static let foldingTolerance: Float = 5e-5

    /// Widths that are and are not multiples of the kernels' lanes.
    static let shapes: [TinyEmbBERT] = [
        TinyEmbBERT(),
        TinyEmbBERT { ($0.expansion, $0.seed) = (2, 2) },
        TinyEmbBERT { ($0.hidden, $0.layers, $0.outputs, $0.seed) = (20, 3, 1, 3) },
        TinyEmbBERT { ($0.hidden, $0.expansion, $0.reduced, $0.kernel, $0.layers, $0.seed) = (33, 3, 5, 7, 1, 4) },
        TinyEmbBERT { ($0.hidden, $0.reduced, $0.kernel, $0.seed) = (1, 1, 1, 5) },
    ]

    private static func sentences(_ shape: TinyEmbBERT, pad: Double = 0.1, separator: Double = 0.1) -> [[UInt16]] {
        var generator = SplitMix64(seed: shape.seed)
        return [1, 2, 3, 5, 16, 33, 80].map {
            shape.sentence(tokens: $0, pad: pad, separator: separator, using: &generator)
        }
    }

    @Test("the formula in Double gives the same logits, [SEP] and [PAD] inside sentences included", arguments: shapes)
    func plain(shape: TinyEmbBERT) throws {
        let plain = PlainEmbBERT(shape)
        let sentences = Self.sentences(shape)
        let expected = try sentences.flatMap { try plain.logits($0).map { Float($0) } }
        let logits = try model(shape).logits(sentences)
        #expect(logits.largestDifference(from: expected) <= Self.plainTolerance)
    }

    @Test("neighbours in a batch and the number of threads change no bit", arguments: shapes)
    func batches(shape: TinyEmbBERT) throws {
        let model = try model(shape)
        let sentences = Self.sentences(shape)
        let alone = sentences.map { model.logits([$0]) }
        #expect(model.logits(sentences) == Array(alone.joined()))
        #expect(model.logits(sentences.reversed()) == Array(alone.reversed().joined()))
        for threads in [2, 3, 8] {
            #expect(Parallel.map(sentences.count, threads: threads) { model.logits([sentences[$0]]) } == alone)
        }
    }

    @Test("constants folded into the weights leave the function as it is", arguments: shapes)
    func folding(shape: TinyEmbBERT) throws {
        let (config, graph) = try load(shape)
        let sentences = Self.sentences(shape)
        let released = GraphInterpreter(graph, config: config).logits(sentences)
        let folded = graph.folded()
        let logits = GraphInterpreter(folded, config: config).logits(sentences)
        #expect(logits.largestDifference(from: released) <= Self.foldingTolerance)
        for node in folded.nodes {
            if case .norm(let norm, _) = node.operation { #expect(norm.gamma.allSatisfy { $0 == 1 }) }
            if case .attend(let attention) = node.operation { #expect(attention.scale == 1) }
        }
        #expect(GraphInterpreter(folded.folded(), config: config).logits(sentences) == logits)
    }

    @Test("the fixture's folded weights give its logits")
    func foldedFixture() throws {
        #expect(try GoldenModel.fixture.logitDifference(folded: true) <= GoldenModel.logitTolerance)
    }

    @Test("[PAD] behind a sentence changes no bit", arguments: shapes)
    func trailingPads(shape: TinyEmbBERT) throws {
        let model = try model(shape)
        for sentence in Self.sentences(shape).dropLast() {
            let padded = sentence + [UInt16](repeating: 0, count: 80 - sentence.count)
            #expect(model.logits([padded]) == model.logits([sentence]))
        }
    }

    @Test("[PAD] inside a sentence is no key: what its token row holds reaches nothing but later convolutions")
    func innerPads() throws {
        // With one layer position 0 sees later positions through the attention alone.
        var shape = TinyEmbBERT { ($0.layers, $0.seed) = (1, 6) }
        let sentence: [UInt16] = [2, 9, 0, 4, 11, 0, 7]
        let before = try model(shape).logits([sentence])
        func padChanged() throws -> GraphInterpreter {
            try model(shape) { for i in 0..<shape.reduced { $0.token[i] += 3 } }
        }
        #expect(try padChanged().logits([sentence]) == before)
        // A second layer convolves: there the [PAD]'s row is read by the tokens behind it, as released.
        shape.layers = 2
        let deep = try model(shape).logits([sentence])
        #expect(try padChanged().logits([sentence]) != deep)
    }

    @Test("[SEP] moves what stands from it on into the second segment, a [PAD] excepted")
    func segments() throws {
        let shape = TinyEmbBERT { $0.layers = 1 }
        let sentence: [UInt16] = [2, 9, 4, 11, 0, 4, 7]
        var table: [Float] = []
        var probe = RecordingProbe()
        _ = try model(shape) { table = $0.segment }.logits(TokenBatch([sentence]), probe: &probe)
        let embedded = try #require(probe.values["embedder"])
        let without = try model(shape) { $0.segment = [Float](repeating: 0, count: $0.segment.count) }
        _ = without.logits(TokenBatch([sentence]), probe: &probe)
        let bare = try #require(probe.values["embedder"])
        for (position, segment) in [1, 1, 2, 2, 0, 2, 2].enumerated() {
            let row = position * shape.hidden..<(position + 1) * shape.hidden
            let expected = zip(bare[row], table[segment * shape.hidden..<(segment + 1) * shape.hidden]).map(+)
            #expect(Array(embedded[row]).largestDifference(from: expected) <= 1e-6, "position \(position)")
        }
    }

    @Test(
        "sentences are run in lots of about as many tokens as asked for, each once and in order",
        arguments: [1, 5, 16, 1000])
    func runs(tokens: Int) {
        let sentences = [3, 5, 1, 16, 40, 2, 2].map { [UInt16](repeating: 5, count: $0) }
        let runs = TokenBatch.runs(of: sentences.map { Sentence($0) }, tokens: tokens)
        #expect(Array(runs.joined()) == Array(sentences.indices))
        for run in runs { #expect(run.count == 1 || sentences[run].reduce(0) { $0 + $1.count } <= tokens) }
        #expect(TokenBatch.runs(of: [], tokens: tokens).isEmpty)
    }
}
