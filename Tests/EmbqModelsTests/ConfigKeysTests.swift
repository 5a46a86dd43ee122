import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

/// A fixture of Fixtures/families with one key of its config.json set.
private struct ChangedKey: Sendable, CustomTestStringConvertible {
    let fixture: String
    let key: String
    let value: String

    var testDescription: String { "\(fixture): \(key)" }

    private static func all(_ fixture: String, _ keys: KnownKeys, _ value: (KnownKeys.Treatment) -> String?)
        -> [ChangedKey]
    {
        keys.keys.sorted { $0.key < $1.key }.compactMap { key, treatment in
            value(treatment).map { ChangedKey(fixture: fixture, key: key, value: $0) }
        }
    }

    private static func each(_ value: (KnownKeys.Treatment) -> String?) -> [ChangedKey] {
        [
            ("hf-classifier", ConfigKeys.huggingFaceBERT), ("embbert", ConfigKeys.embBERT),
            ("distilbert-classifier", ConfigKeys.distilBERT), ("electra-classifier", ConfigKeys.electra),
            ("roberta-classifier", ConfigKeys.roBERTa), ("albert-classifier", ConfigKeys.albert),
            ("mobilebert-classifier", ConfigKeys.mobileBERT),
        ].flatMap { all($0, $1, value) }
    }

    /// Each inert key with a value that nothing could follow.
    static let inert = each { if case .inert = $0 { "\"7 odd words\"" } else { nil } }
    /// Each key that has only some values with another one.
    static let excluded = each { if case .only = $0 { "\"7 odd words\"" } else { nil } }

    func checkpoint() throws -> Checkpoint {
        let folder = Fixtures.path("families/\(fixture)")
        let released = try #require(try Checkpoint(folder).config?.json.object)
        let value = try JSONParser.parse(Array(value.utf8))
        let changed = released.filter { $0.key != key } + [(key: key, value: value)]
        let other = try TemporaryFolder()
        try other.write(String(decoding: JSONValue.object(JSONObject(changed)).bytes, as: UTF8.self), to: "config.json")
        return try Checkpoint(CheckpointLocation(folder, config: other["config.json"]))
    }
}

@Suite("Every key of config.json")
struct ConfigKeysTests {
    @Test("an inert key changes no logit, whatever its value", arguments: ChangedKey.inert)
    fileprivate func inert(changed: ChangedKey) throws {
        let (config, graph) = try ModelFamilies.graph(changed.checkpoint())
        let folder = Fixtures.path("families/\(changed.fixture)")
        let golden = try GoldenModel(weights: folder, golden: folder + "/golden.safetensors")
        var probe = NoProbe()
        let batch = TokenBatch(golden.sentences)
        let logits = GraphInterpreter(graph, config: config).logits(batch, probe: &probe)
        #expect(logits == golden.model.logits(batch, probe: &probe))
        #expect(try Recipe(changed.checkpoint()).unknownKeys.isEmpty)
    }

    @Test("a value that would change the answer is rejected by file, key and value", arguments: ChangedKey.excluded)
    fileprivate func excluded(changed: ChangedKey) throws {
        let checkpoint = try changed.checkpoint()
        let error = try #require(failure { () throws(EmbqError) in try ModelFamilies.graph(checkpoint) })
        #expect(error.code == .unsupported && error.file == checkpoint.config?.path)
        #expect(error.place == "'\(changed.key)'" && error.problem.hasPrefix("\"7 odd words\" is not supported"))
        #expect(error.advice.hasPrefix("Supported: "))
    }

    @Test("a key that embq does not know changes nothing and is reported")
    func unknown() throws {
        for fixture in ["hf-classifier", "embbert"] {
            let changed = ChangedKey(fixture: fixture, key: "acme_setting", value: "4")
            #expect(try Recipe(changed.checkpoint()).unknownKeys == ["config.json": ["acme_setting"]])
        }
    }

    @Test("the releases have no unknown key", arguments: FamilyFixture.all)
    func released(fixture: FamilyFixture) throws {
        #expect(try Recipe(Checkpoint(fixture.folder)).unknownKeys.isEmpty)
    }

    @Test("config.json without num_attention_heads has the library's 12")
    func heads() throws {
        let recipe = try Recipe(ChangedKey(fixture: "hf-classifier", key: "num_labels", value: "3").checkpoint())
        let heads = try #require(recipe.settlements.first { $0.name == "attention heads" })
        #expect(heads == Settlement("attention heads", "3", source: "config.json, num_attention_heads"))
        let changed = ChangedKey(fixture: "hf-classifier", key: "num_attention_heads", value: "null")
        let checkpoint = try changed.checkpoint()
        let error = try #require(failure { () throws(EmbqError) in try ModelFamilies.graph(checkpoint) })
        #expect(error.problem.contains("12 is found; it does not divide hidden_size 18"))
    }
}

/// A folder of Fixtures/folders and what its logits mean.
private struct Meaning: Sendable, CustomTestStringConvertible {
    let folder: String
    let task: EmbqModels.Task
    let scores: ScoreActivation
    let source: String

    var testDescription: String { folder }

    init(_ folder: String, _ task: EmbqModels.Task, _ scores: ScoreActivation, _ source: String) {
        self.folder = folder
        self.task = task
        self.scores = scores
        self.source = source
    }

    static let all = [
        Meaning("cls-multilabel", .multiLabel, .sigmoid, "config.json, problem_type"),
        Meaning("cls-single", .classification, .softmax, "config.json, problem_type"),
        Meaning("cls-null", .classification, .softmax, "several outputs, and no problem_type"),
        Meaning("cls-regression", .regression, .identity, "config.json, problem_type"),
        Meaning("cls-one-regression", .regression, .identity, "config.json, problem_type"),
        Meaning("cls-one-multilabel", .multiLabel, .sigmoid, "config.json, problem_type"),
        Meaning("cls-one-unset", .multiLabel, .sigmoid, "one output, and no problem_type"),
        Meaning("ce-default", .multiLabel, .sigmoid, "the default of a cross-encoder with one output"),
        Meaning("ce-identity", .regression, .identity, "config.json, sentence_transformers.activation_fn"),
        Meaning("ce-sigmoid", .multiLabel, .sigmoid, "config.json, sentence_transformers.activation_fn"),
        Meaning("ce-old-identity", .regression, .identity, "config.json, sbert_ce_default_activation_function"),
        Meaning("ce-section-wins", .regression, .identity, "config.json, sentence_transformers.activation_fn"),
        Meaning("ce-three", .classification, .identity, "the default of a cross-encoder with several outputs"),
        Meaning("ce-three-softmax", .multiLabel, .sigmoid, "config.json, sentence_transformers.activation_fn"),
        Meaning("ce-regression", .multiLabel, .sigmoid, "the default of a cross-encoder with one output"),
        Meaning("ce-modules", .regression, .identity, "config_sentence_transformers.json, activation_fn"),
        Meaning("ce-modules-section", .multiLabel, .sigmoid, "config_sentence_transformers.json, activation_fn"),
    ]
}

@Suite("What logits mean")
struct AnswersTests {
    @Test("problem_type, a cross-encoder's activation and the number of outputs settle it", arguments: Meaning.all)
    fileprivate func meaning(meaning: Meaning) throws {
        let checkpoint = try Checkpoint(Fixtures.path("folders/\(meaning.folder)"))
        let config = try ModelConfig(checkpoint)
        #expect(config.task == meaning.task && config.scores == meaning.scores)
        let settled = try #require(try Recipe(checkpoint).settlements.first { $0.name == "scores" })
        #expect(settled.value == "\(meaning.scores.rawValue) (\(meaning.task.rawValue))")
        #expect(settled.source == meaning.source)
    }

    @Test("num_labels counts where id2label has another number of names")
    func labels() throws {
        let config = try ModelConfig(Checkpoint(Fixtures.path("folders/cls-labels-count")))
        #expect(config.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
    }

    @Test("a cross-encoder's activation that embq does not have is rejected")
    func activation() throws {
        let folder = Fixtures.path("folders/ce-default")
        let other = try TemporaryFolder()
        let released = try #require(try Checkpoint(folder).config?.json.object)
        let section = JSONValue.object([("activation_fn", .string("torch.nn.modules.activation.Tanh"))])
        let changed = released.filter { $0.key != "sentence_transformers" } + [("sentence_transformers", section)]
        try other.write(String(decoding: JSONValue.object(JSONObject(changed)).bytes, as: UTF8.self), to: "config.json")
        let checkpoint = try Checkpoint(CheckpointLocation(folder, config: other["config.json"]))
        let error = try #require(failure { () throws(EmbqError) in try ModelConfig(checkpoint) })
        #expect(error.place == "'sentence_transformers.activation_fn'")
        #expect(error.problem.hasPrefix("\"torch.nn.modules.activation.Tanh\" is not supported"))
    }

    @Test("every name of a hidden_act is a function that the device's tables can hold")
    func activations() throws {
        for name in [
            "gelu", "gelu_python", "gelu_new", "gelu_python_tanh", "gelu_pytorch_tanh", "gelu_accurate", "gelu_fast",
            "quick_gelu", "relu", "relu6", "relu2", "leaky_relu", "silu", "swish", "tanh", "sigmoid", "mish",
            "hardswish",
        ] {
            let changed = ChangedKey(fixture: "hf-classifier", key: "hidden_act", value: "\"\(name)\"")
            _ = try ModelFamilies.graph(changed.checkpoint())
        }
    }
}
