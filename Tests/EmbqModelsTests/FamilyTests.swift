import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

/// A model of Fixtures/families with what PyTorch computes with it, and what its tensors alone tell.
struct FamilyFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let family: String
    let head: Head
    /// The family that its tensors tell without config.json.
    let told: String
    /// What is said of its tensors without config.json.
    let certainty: Recognition.Certainty
    /// The first key that the tensors do not tell.
    let missing: String
    /// The tensors alone make the same model.
    let sameAlone: Bool
    /// Norms that keep γ and β when constants are folded.
    let kept: [String]

    init(
        name: String, family: String, head: Head, told: String? = nil, certainty: Recognition.Certainty = .likely,
        missing: String = "num_attention_heads", sameAlone: Bool = true, kept: [String] = []
    ) {
        (self.name, self.family, self.head, self.told) = (name, family, head, told ?? family)
        (self.certainty, self.missing, self.sameAlone, self.kept) = (certainty, missing, sameAlone, kept)
    }

    var testDescription: String { name }
    var folder: String { Fixtures.path("families/\(name)") }

    static let all: [FamilyFixture] = [
        FamilyFixture(name: "embbert", family: "EmbBERT", head: .sequenceClassifier),
        FamilyFixture(name: "embbert-pretraining", family: "EmbBERT", head: .pretrainingClassifier),
        FamilyFixture(name: "embbert-rms", family: "EmbBERT", head: .rmsClassifier, sameAlone: false),
        FamilyFixture(name: "nanoembedder", family: "NanoEmbedder", head: .rmsClassifier),
        FamilyFixture(name: "nanoembedder-pretraining", family: "NanoEmbedder", head: .pretrainingClassifier),
        FamilyFixture(name: "nanoembedderconv", family: "NanoEmbedderConv", head: .rmsClassifier),
        FamilyFixture(
            name: "nanoembedderconv-sequence", family: "NanoEmbedderConv", head: .sequenceClassifier, sameAlone: false),
        // Three heads where releases have two.
        FamilyFixture(name: "bert", family: "BERT", head: .sequenceClassifier, sameAlone: false),
        // A sentence without [MASK] gives zeros behind the norm.
        FamilyFixture(
            name: "bert-pretraining", family: "BERT", head: .pretrainingClassifier, kept: ["layers.0.output"]),
        FamilyFixture(name: "nanobert", family: "NanoBERT", head: .sequenceClassifier),
        FamilyFixture(name: "bertefficient", family: "BERTEfficient", head: .sequenceClassifier),
        FamilyFixture(name: "nanobertefficient", family: "NanoBERTEfficient", head: .sequenceClassifier),
        FamilyFixture(
            name: "nanobertefficient-pretraining", family: "NanoBERTEfficient", head: .pretrainingClassifier),
        FamilyFixture(name: "mamba", family: "MAMBA", head: .rmsClassifier),
        FamilyFixture(name: "mamba-sequence", family: "MAMBA", head: .sequenceClassifier, sameAlone: false),
        FamilyFixture(name: "mamba-pretraining", family: "MAMBA", head: .pretrainingClassifier),
        FamilyFixture(
            name: "hf-classifier", family: "HuggingFaceBERT", head: .transformersClassifier, certainty: .incomplete),
        FamilyFixture(
            name: "hf-encoder", family: "HuggingFaceBERT", head: .sentenceEmbedding, certainty: .incomplete,
            kept: ["layers.0.output"]),
        transformers("distilbert", "DistilBERT", .transformersClassifier, missing: "n_heads"),
        transformers("distilbert", "DistilBERT", .sentenceEmbedding, missing: "n_heads", kept: ["layers.0.output"]),
        transformers("electra", "ELECTRA", .transformersClassifier),
        // Without a projection and a prefix the tensors are a BERT's.
        transformers("electra", "ELECTRA", .sentenceEmbedding, told: "HuggingFaceBERT", kept: ["layers.0.output"]),
        transformers("roberta", "RoBERTa", .transformersClassifier),
        transformers(
            "xlm-roberta", "XLM-RoBERTa", .sentenceEmbedding, told: "HuggingFaceBERT", kept: ["layers.0.output"]),
        // Weights that several layers read take no constants.
        transformers(
            "albert", "ALBERT", .transformersClassifier, missing: "num_hidden_layers",
            kept: (0..<3).flatMap { ["layers.\($0).norm", "layers.\($0).output"] }.dropLast()),
        transformers(
            "albert", "ALBERT", .sentenceEmbedding, missing: "num_hidden_layers",
            kept: (0..<8).flatMap { ["layers.\($0).norm", "layers.\($0).output"] }),
        transformers("mobilebert", "MobileBERT", .transformersClassifier),
        transformers("mobilebert", "MobileBERT", .sentenceEmbedding, kept: ["layers.0.output"]),
    ]

    /// A classifier or an encoder of the transformers library.
    ///
    /// - Parameters:
    ///   - told: the family that its tensors tell, where it is not its own.
    ///   - missing: the first key that they do not tell.
    private static func transformers(
        _ stem: String, _ family: String, _ head: Head, told: String? = nil, missing: String = "num_attention_heads",
        kept: [String] = []
    ) -> FamilyFixture {
        FamilyFixture(
            name: stem + (head == .sentenceEmbedding ? "-encoder" : "-classifier"), family: family, head: head,
            told: told, certainty: .incomplete, missing: missing, kept: kept)
    }

    func golden() throws -> GoldenModel { try GoldenModel(weights: folder, golden: folder + "/golden.safetensors") }
}

@Suite("Every family in fp32")
struct FamilyTests {
    @Test("logits are PyTorch's, constants folded or not", arguments: FamilyFixture.all)
    func logits(fixture: FamilyFixture) throws {
        let golden = try fixture.golden()
        #expect(golden.config.family == fixture.family && golden.config.head == fixture.head)
        #expect(golden.sentences.count == 14)
        #expect(golden.logitDifference() <= GoldenModel.logitTolerance)
        #expect(golden.logitDifference(folded: true) <= GoldenModel.logitTolerance)
    }

    @Test("so is what the embedder and every layer give", arguments: FamilyFixture.all)
    func activations(fixture: FamilyFixture) throws {
        let differences = try fixture.golden().activationDifferences()
        #expect(!differences.isEmpty)
        for (name, ratio) in differences { #expect(ratio <= GoldenModel.activationTolerance, "\(name)") }
    }

    @Test("neighbours in a batch change no bit, and every node is observed once", arguments: FamilyFixture.all)
    func batches(fixture: FamilyFixture) throws {
        let golden = try fixture.golden()
        var probe = NoProbe()
        let alone = golden.sentences.map { golden.model.logits(TokenBatch([$0]), probe: &probe) }
        #expect(golden.model.logits(TokenBatch(golden.sentences), probe: &probe) == Array(alone.joined()))
        var counts = CountingProbe()
        _ = golden.model.logits(TokenBatch(golden.sentences), probe: &counts)
        let states = golden.graph.nodes.map(\.name).filter { $0.hasSuffix(".scan") }.map { $0 + ".state" }
        #expect(counts.seen.keys.sorted() == (golden.graph.nodes.map(\.name) + states).sorted())
        #expect(counts.seen.values.allSatisfy { $0 == 1 })
    }

    @Test("a norm's constants go into its readers wherever they can", arguments: FamilyFixture.all)
    func folding(fixture: FamilyFixture) throws {
        let folded = try fixture.golden().graph.folded()
        var kept: [String] = []
        for node in folded.nodes {
            if case .norm(let norm, _) = node.operation,
                !norm.gamma.allSatisfy({ $0 == 1 }) || !norm.beta.allSatisfy({ $0 == 0 })
            {
                kept.append(node.name)
            }
            if case .attend(let attention) = node.operation,
                case .linear(let queries, _) = folded[attention.queries].operation,
                queries.sharedName == nil
            {
                #expect(attention.scale == 1)
            }
        }
        #expect(kept == fixture.kept)
    }

    @Test("a slice is some columns of what it reads")
    func slice() throws {
        let golden = try FamilyFixture.all[0].golden()
        let embedder = golden.graph.nodes[0]
        let slice = ModelGraph.Node(name: "slice", operation: .slice(3..<7, of: Value(index: 0)), width: 4)
        let graph = ModelGraph(nodes: [embedder, slice], outputs: [])
        var probe = RecordingProbe()
        let batch = TokenBatch([[2, 9, 7], [2]])
        _ = GraphInterpreter(graph, config: golden.config).logits(batch, probe: &probe)
        let rows = try #require(probe.values["embedder"])
        let columns = try #require(probe.values["slice"])
        var expected: [Float] = []
        for row in 0..<4 { expected += rows[row * embedder.width + 3..<row * embedder.width + 7] }
        #expect(columns == expected)
    }

    @Test(
        "activations are the functions of transformers and torch",
        arguments: [
            // Of -4, -1, 0.3 and 2.75, by ACT2FN of transformers 5.24.
            (Activation.gelu, [-0.0001264811, -0.1586553, 0.1853734, 2.741806]),
            (.tanhGELU, [-7.021427e-05, -0.158808, 0.1853709, 2.742277]),
            (.quickGELU, [-0.004414724, -0.1542042, 0.1874841, 2.72473]),
            (.relu, [0, 0, 0.3, 2.75]), (.relu6, [0, 0, 0.3, 2.75]), (.squaredReLU, [0, 0, 0.09, 7.5625]),
            (.leakyReLU, [-0.04, -0.01, 0.3, 2.75]), (.silu, [-0.07194484, -0.2689414, 0.1723328, 2.584762]),
            (.tanh, [-0.9993293, -0.7615942, 0.2913126, 0.9918597]),
            (.sigmoid, [0.01798621, 0.2689414, 0.5744425, 0.9399133]),
            (.mish, [-0.07259175, -0.3034014, 0.2080014, 2.730214]),
            (.hardSwish, [0, -0.3333333, 0.165, 2.635417]),
        ] as [(Activation, [Float])])
    func activation(activation: Activation, expected: [Float]) throws {
        let golden = try FamilyFixture.all[0].golden()
        var embedder = golden.graph.nodes[0]
        guard case .embed(var embedding) = embedder.operation else { return }
        // One number in each row of the token table, and nothing added.
        (embedding.tokenExpander, embedding.positionExpander) = (nil, nil)
        embedding.token = [-4, -1, 0.3, 2.75]
        embedding.position = [0, 0, 0, 0]
        embedding.segment = [0, 0, 0]
        embedder.operation = .embed(embedding)
        embedder.width = 1
        let node = ModelGraph.Node(name: "activation", operation: .activate(activation, of: Value(index: 0)), width: 1)
        let graph = ModelGraph(nodes: [embedder, node], outputs: [])
        var probe = RecordingProbe()
        _ = GraphInterpreter(graph, config: golden.config).logits(TokenBatch([[0, 1, 2, 3]]), probe: &probe)
        let values = try #require(probe.values["activation"])
        #expect(values.count == 4 && zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
    }

    @Test("nodes read only what stands before them", arguments: FamilyFixture.all)
    func order(fixture: FamilyFixture) throws {
        let graph = try fixture.golden().graph
        #expect(Set(graph.nodes.map(\.name)).count == graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            #expect(node.operation.inputs.allSatisfy { $0.index < index }, "\(node.name)")
        }
    }
}

@Suite("A family without its config.json")
struct RecognitionTests {
    /// The weights of a fixture in a folder of their own.
    private func alone(_ fixture: FamilyFixture, _ folder: TemporaryFolder) throws -> Checkpoint {
        try folder.write(Fixtures.bytes("families/\(fixture.name)/model.safetensors"), to: "model.safetensors")
        return try Checkpoint(folder.path)
    }

    @Test("names and shapes tell the family and all sizes", arguments: FamilyFixture.all)
    func recognised(fixture: FamilyFixture) throws {
        let folder = try TemporaryFolder()
        let checkpoint = try alone(fixture, folder)
        let found = try ModelFamilies.recognise(checkpoint)
        #expect(found.family.name == fixture.told && found.certainty == fixture.certainty)
        #expect(!found.reasons.isEmpty)
        let released = try #require(try Checkpoint(fixture.folder).config)
        for (key, value) in found.json.object ?? [] {
            let (stated, inferred) = (released[key]?.double, value.double)
            switch key {
            case "forward_expansion":
                let width = try #require(released["hidden_size"]?.double)
                #expect(Int(width * (inferred ?? 0)) == Int(width * (stated ?? 0)))
            case "num_attention_heads", "architectures": break
            // A family whose tensors are another's has keys of its own.
            case _ where fixture.told != fixture.family && Self.othersKeys.contains(key): break
            default: #expect(stated == inferred, "\(key)")
            }
        }
    }

    /// Keys that differ where a family's tensors are another's.
    private static let othersKeys: Set<String> = ["model_type", "max_position_embeddings", "embedding_size"]

    @Test("the tensors alone give the same logits where the family has one usual form", arguments: FamilyFixture.all)
    func loaded(fixture: FamilyFixture) throws {
        let golden = try fixture.golden()
        let folder = try TemporaryFolder()
        let checkpoint = try alone(fixture, folder)
        guard fixture.certainty != .incomplete else {
            let error = try #require(failure { () throws(EmbqError) in try ModelFamilies.graph(checkpoint) })
            #expect(error.code == .missing && error.problem.contains("do not tell \(fixture.missing)"))
            #expect(error.advice.contains("--config"))
            return
        }
        // Three heads are refused as two where two do not divide the width; else the model is another one, as told.
        let (config, graph) = try ModelFamilies.graph(checkpoint)
        var probe = NoProbe()
        let batch = TokenBatch(golden.sentences)
        let logits = GraphInterpreter(graph, config: config).logits(batch, probe: &probe)
        #expect((logits == golden.model.logits(batch, probe: &probe)) == fixture.sameAlone)
    }

    @Test("a width that the releases' heads do not divide asks for num_attention_heads")
    func heads() throws {
        let folder = try TemporaryFolder()
        var tensors: [String: Tensor] = [:]
        let source = try Checkpoint(Fixtures.path("families/nanobert")).source
        for info in source.tensors { tensors[info.name] = try source.floats(info.name) }
        tensors["model.embedder.tok_expander.weight"] = Tensor(shape: [17, 6], values: .init(repeating: 0, count: 102))
        try folder.write(TinyEmbBERT.safetensors(tensors), to: "model.safetensors")
        let found = try ModelFamilies.recognise(Checkpoint(folder.path))
        #expect(found.certainty == .incomplete)
        #expect(found.open.contains { $0.key == "num_attention_heads" && $0.assumed == nil })
    }

    @Test("tensors of no family are refused with the list of families")
    func unknown() throws {
        let checkpoint = try Checkpoint(Fixtures.path("safetensors/valid/all_types.safetensors"))
        let error = try #require(failure { () throws(EmbqError) in try ModelFamilies.recognise(checkpoint) })
        #expect(error.code == .unsupported && error.advice.contains("NanoBERTEfficient"))
    }
}

/// Counts how often it is told each point.
struct CountingProbe: ActivationProbe {
    var seen: [String: Int] = [:]

    mutating func observe(_ point: String, _ values: [Float], width: Int) {
        seen[point, default: 0] += 1
        #expect(values.count % width == 0 && !values.isEmpty)
    }
}
