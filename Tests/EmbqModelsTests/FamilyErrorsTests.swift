import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

/// A fixture of Fixtures/families with something changed.
struct ChangedFamily: Sendable, CustomTestStringConvertible {
    typealias Change = @Sendable (_ tensors: inout [String: Tensor], _ config: inout [String: String]) -> Void

    let fixture: String
    let testDescription: String
    let code: EmbqError.Code
    let says: String
    let change: Change

    init(
        _ fixture: String, _ description: String, _ code: EmbqError.Code, _ says: String, change: @escaping Change
    ) {
        self.fixture = fixture
        testDescription = "\(fixture): \(description)"
        self.code = code
        self.says = says
        self.change = change
    }

    private static func said(
        _ fixture: String, _ key: String, _ value: String, _ code: EmbqError.Code, _ says: String
    ) -> ChangedFamily {
        ChangedFamily(fixture, "\(key): \(value)", code, says) { _, config in config[key] = value }
    }

    static let refused: [ChangedFamily] = [
        said(
            "hf-encoder", "hidden_act", "\"acme\"", .unsupported, "\"acme\" is not supported: embq has no such function"
        ),
        said(
            "hf-encoder", "position_embedding_type", "\"relative_key\"", .unsupported,
            "\"relative_key\" is not supported"),
        said("hf-encoder", "is_decoder", "true", .unsupported, "true is not supported"),
        said(
            "hf-encoder", "model_type", "\"mpnet\"", .unsupported,
            "the nearest is HuggingFaceBERT, 21 of whose 21 names of tensors are there"),
        said(
            "distilbert-classifier", "model_type", "\"acme\"", .unsupported,
            "the nearest is DistilBERT, 20 of whose 20 names of tensors are there"),
        said(
            "albert-encoder", "model_type", "\"acme\"", .unsupported,
            "the nearest is ALBERT, 23 of whose 23 names of tensors are there"),
        ChangedFamily(
            "hf-encoder", "relative positions", .unsupported,
            "'encoder.layer.N.attention.self.query.bias' is not, and 'encoder.bias.weight' is none of them"
        ) { tensors, config in
            config["model_type"] = "\"mpnet\""
            tensors["encoder.layer.0.attention.self.query.bias"] = nil
            tensors["encoder.bias.weight"] = Tensor(shape: [1], values: [0])
        },
        said(
            "distilbert-encoder", "hidden_size", "21", .unsupported,
            "21 is not supported: it is another name of dim, which is 20"),
        said(
            "mobilebert-encoder", "num_attention_heads", "5", .unsupported,
            "5 is found; it does not divide intra_bottleneck_size 12"),
        said("hf-encoder", "is_causal", "true", .unsupported, "true is not supported"),
        said("hf-encoder", "pruned_heads", "{\"0\": [1]}", .unsupported, "{\"0\":[1]} is not supported"),
        said(
            "hf-encoder", "quantization_config", "{\"quant_method\": \"gptq\"}", .unsupported,
            "{\"quant_method\":\"gptq\"} is not supported"),
        said(
            "hf-encoder", "num_hidden_layers", "2", .unsupported,
            "2 is not supported: the number of layers with weights is 1"),
        said(
            "hf-encoder", "num_attention_heads", "3", .unsupported, "3 is found; it does not divide hidden_size 20"),
        said(
            "hf-classifier", "architectures", "[\"BertForQuestionAnswering\"]", .unsupported,
            "the head \"BertForQuestionAnswering\" is not supported"),
        said("hf-classifier", "problem_type", "\"ranking\"", .unsupported, "\"ranking\" is not supported"),
        said("hf-classifier", "num_labels", "4", .unsupported, "4 is not supported: the classifier has 3 outputs"),
        ChangedFamily("hf-classifier", "neither architectures nor a pooler", .missing, "the key is missing") {
            tensors, config in
            config["architectures"] = nil
            for name in ["weight", "bias"] { tensors["bert.pooler.dense." + name] = nil }
        },
        said(
            "hf-classifier", "architectures", "[\"RMSClassifier\"]", .unsupported,
            "the head \"RMSClassifier\" is not supported"),
        said(
            "bert", "architectures", "[\"BertModel\"]", .unsupported, "the head \"BertModel\" is not supported"),
        said("bert", "num_attention_heads", "4", .unsupported, "4 is found; it does not divide hidden_size 18"),
        said("nanobert", "forward_expansion", "0.01", .unsupported, "0.01 is found; it makes an inner width of 0"),
        said(
            "bertefficient", "forward_expansion", "1", .shapeMismatch,
            "its shape is [36, 18]; config.json says [18, 18] (hidden_size · forward_expansion, hidden_size)"),
        said(
            "mamba", "d_state", "4", .shapeMismatch,
            "its shape is [8, 25]; config.json says [10, 25] (⌈hidden_size / 16⌉ + 2 · d_state, "
                + "hidden_size · forward_expansion)"),
        said(
            "nanoembedderconv", "kernel_size", "3", .shapeMismatch,
            "its shape is [18, 1, 4]; config.json says [18, 1, 3] (hidden_size, 1, kernel_size)"),
        ChangedFamily("mamba", "a rate beyond fp32", .nonFinite, "the exponential of a value is not finite") {
            tensors, _ in tensors["model.mamba_layers.layers.1.mixer.A_log"]?.values[5] = 100
        },
        ChangedFamily("bert", "without its config.json, a tensor too many", .unsupported, "has no such tensor") {
            tensors, config in
            tensors["model.bert_layers.norm.weight"] = Tensor(shape: [18], values: .init(repeating: 1, count: 18))
            config = [:]
        },
        ChangedFamily(
            "mamba", "without its config.json, another width inside", .shapeMismatch, "the other tensors say [18]"
        ) { tensors, config in
            tensors["model.mamba_layers.layers.1.norm.weight"] = Tensor(
                shape: [17], values: .init(repeating: 1, count: 17))
            tensors["model.embedder.token.weight"] = Tensor(shape: [64, 18], values: .init(repeating: 1, count: 1152))
            tensors["model.embedder.position.weight"] = Tensor(
                shape: [24, 18], values: .init(repeating: 1, count: 432))
            tensors["model.embedder.sentence.weight"] = Tensor(shape: [3, 18], values: .init(repeating: 1, count: 54))
            tensors["model.mamba_layers.layers.0.norm.weight"] = Tensor(
                shape: [17], values: .init(repeating: 1, count: 17))
            config = [:]
        },
    ]

    /// What Hugging Face's checkpoints come with that changes nothing.
    static let accepted: [ChangedFamily] = [
        ChangedFamily("hf-encoder", "position ids and another head's weights", .unsupported, "") { tensors, _ in
            tensors["embeddings.position_ids"] = Tensor(shape: [1, 24], values: .init(repeating: 0, count: 24))
            tensors["cls.predictions.bias"] = Tensor(shape: [70], values: .init(repeating: .nan, count: 70))
        },
        ChangedFamily("hf-encoder", "no pooler", .unsupported, "") { tensors, _ in
            for name in ["weight", "bias"] { tensors["pooler.dense." + name] = nil }
        },
        ChangedFamily("hf-encoder", "another class whose heads are left out", .unsupported, "") { _, config in
            config["architectures"] = "[\"BertForMaskedLM\"]"
        },
        ChangedFamily("hf-encoder", "a classifier's weights", .unsupported, "") { tensors, _ in
            tensors["classifier.weight"] = Tensor(shape: [2, 20], values: .init(repeating: .nan, count: 40))
        },
        ChangedFamily("hf-encoder", "a layer that config.json does not count", .unsupported, "") { tensors, _ in
            for (name, tensor) in tensors where name.hasPrefix("encoder.layer.0.") {
                tensors["encoder.layer.1." + name.dropFirst("encoder.layer.0.".count)] = tensor
            }
        },
        ChangedFamily("hf-encoder", "no model_type and no sizes", .unsupported, "") { _, config in
            for key in ["model_type", "hidden_size", "vocab_size"] { config[key] = nil }
        },
        ChangedFamily("hf-classifier", "neither model_type nor architectures", .unsupported, "") { _, config in
            config["model_type"] = nil
            config["architectures"] = nil
        },
        ChangedFamily("hf-classifier", "a body without bert.", .unsupported, "") { tensors, _ in
            tensors = Dictionary(
                uniqueKeysWithValues: tensors.map { ($0.hasPrefix("bert.") ? String($0.dropFirst(5)) : $0, $1) })
        },
        ChangedFamily("hf-encoder", "all under bert.", .unsupported, "") { tensors, _ in
            tensors = Dictionary(uniqueKeysWithValues: tensors.map { ("bert." + $0.key, $0.value) })
        },
        ChangedFamily("hf-classifier", "norms of gamma and beta", .unsupported, "") { tensors, _ in
            for (name, tensor) in tensors {
                guard name.contains("LayerNorm") else { continue }
                tensors[name] = nil
                tensors[name.hasSuffix("weight") ? "\(name.dropLast(6))gamma" : "\(name.dropLast(4))beta"] = tensor
            }
        },
    ]

    func load() throws -> Checkpoint {
        let released = try Checkpoint(Fixtures.path("families/\(fixture)"))
        var tensors: [String: Tensor] = [:]
        for info in released.source.tensors { tensors[info.name] = try released.source.floats(info.name) }
        var config: [String: String] = [:]
        for (key, value) in released.config?.json.object ?? [] {
            config[key] = String(decoding: value.bytes, as: UTF8.self)
        }
        change(&tensors, &config)
        let folder = try TemporaryFolder()
        try folder.write(TinyEmbBERT.safetensors(tensors), to: "model.safetensors")
        if !config.isEmpty {
            try folder.write("{\(config.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}", to: "config.json")
        }
        for name in ["modules.json", "1_Pooling/config.json"] where Folder.hasFile(released.path + "/" + name) {
            try folder.write(MappedFile(released.path + "/" + name).contents, to: name)
        }
        return try Checkpoint(folder.path)
    }
}

@Suite("Checkpoints of every family with something changed")
struct FamilyErrorsTests {
    @Test("what the graph would compute wrongly is refused, by key or tensor", arguments: ChangedFamily.refused)
    func refused(changed: ChangedFamily) throws {
        let checkpoint = try changed.load()
        let error = try #require(failure { () throws(EmbqError) in try ModelFamilies.graph(checkpoint) })
        #expect(error.code == changed.code)
        #expect(error.problem.contains(changed.says), "\(error.problem)")
        #expect(!error.advice.isEmpty)
    }

    @Test("what makes no difference is accepted, with the same logits", arguments: ChangedFamily.accepted)
    func accepted(changed: ChangedFamily) throws {
        let (config, graph) = try ModelFamilies.graph(changed.load())
        let folder = Fixtures.path("families/\(changed.fixture)")
        let golden = try GoldenModel(weights: folder, golden: folder + "/golden.safetensors")
        var probe = NoProbe()
        let batch = TokenBatch(golden.sentences)
        let logits = GraphInterpreter(graph, config: config).logits(batch, probe: &probe)
        #expect(logits == golden.model.logits(batch, probe: &probe))
    }

    @Test("tokenizer.json names the words of a pretraining head and the special tokens of a Hugging Face model")
    func vocabulary() throws {
        let tokenizer = Fixtures.path("embbert-tiny/tokenizer.json")
        let head = try ModelConfig(
            Checkpoint(CheckpointLocation(Fixtures.path("families/embbert-pretraining"), tokenizer: tokenizer)))
        #expect(head.outputs == 2 + 71)
        #expect(head.labels[0...6] == ["IsNext", "NotNext", "[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"])
        #expect(head.labels.last == "TOKEN_70" && Set(head.labels).count == 73)
        let encoder = Fixtures.path("families/hf-encoder")
        let special = try ModelConfig(Checkpoint(CheckpointLocation(encoder, tokenizer: tokenizer))).special
        #expect(special == (try ModelConfig(Checkpoint(encoder)).special))
        #expect(special.pad == 0 && special.separator == 4 && special.mask == 3)
        #expect(try ModelConfig(Checkpoint(encoder)).task == .embedding)
    }
}
