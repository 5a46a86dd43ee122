import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Testing

/// A way to break a checkpoint, and what is said about it.
struct BrokenModel: Sendable, CustomTestStringConvertible {
    typealias Change = @Sendable (_ tensors: inout [String: Tensor], _ config: inout [String: String]) -> Void

    let testDescription: String
    let code: EmbqError.Code
    let place: String?
    let problem: String
    let change: Change

    init(
        _ description: String, _ code: EmbqError.Code, _ place: String? = nil, _ problem: String,
        change: @escaping Change
    ) {
        testDescription = description
        self.code = code
        self.place = place
        self.problem = problem
        self.change = change
    }

    /// A tensor with one dimension changed.
    private static func reshaped(
        _ name: String, _ shape: [Int], _ expected: [Int], _ keys: String
    ) -> BrokenModel {
        BrokenModel(
            "\(name) \(shape)", .shapeMismatch, "tensor '\(name)'",
            "its shape is \(shape); config.json says \(expected) (\(keys))"
        ) { tensors, _ in tensors[name] = Tensor(shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
        }
    }

    /// A configuration that says something else.
    private static func said(
        _ key: String, _ value: String, _ code: EmbqError.Code, _ place: String? = nil, _ problem: String
    ) -> BrokenModel {
        BrokenModel("\(key): \(value)", code, place, problem) { _, config in config[key] = value }
    }

    static let shapes: [BrokenModel] = [
        reshaped("model.embedder.token.weight", [31, 4], [32, 4], "vocab_size, reduced_embedding"),
        reshaped("model.embedder.token.weight", [32, 5], [32, 4], "vocab_size, reduced_embedding"),
        reshaped("model.embedder.token.weight", [128], [32, 4], "vocab_size, reduced_embedding"),
        reshaped("model.embedder.tok_expander.weight", [4, 16], [16, 4], "hidden_size, reduced_embedding"),
        reshaped("model.embedder.position.weight", [79, 4], [80, 4], "max_length, reduced_embedding"),
        reshaped("model.embedder.pos_expander.weight", [16, 3], [16, 4], "hidden_size, reduced_embedding"),
        reshaped("model.embedder.sentence.weight", [2, 16], [3, 16], "3, hidden_size"),
        reshaped("model.norms.1.weight", [15], [16], "hidden_size"),
        reshaped("model.attentions.0.lambda_q2", [16, 1], [16], "hidden_size"),
        reshaped("model.attentions.0.query.weight", [16, 17], [16, 16], "hidden_size, hidden_size"),
        reshaped("model.attentions.0.query.bias", [1], [16], "hidden_size"),
        reshaped("model.attentions.1.att_output.weight", [8, 16], [16, 16], "hidden_size, hidden_size"),
        reshaped("model.attentions.1.att_output.bias", [0], [16], "hidden_size"),
        reshaped(
            "model.attentions.0.conv1d.weight", [16, 1, 5], [16, 1, 4],
            "hidden_size · forward_expansion, 1, kernel_size"),
        reshaped("model.attentions.0.conv1d.bias", [32], [16], "hidden_size · forward_expansion"),
        reshaped(
            "model.attentions.0.contract.weight", [16, 32], [16, 16], "hidden_size, hidden_size · forward_expansion"),
        reshaped("model.attentions.0.contract.bias", [], [16], "hidden_size"),
        reshaped("classifier.weight", [4, 16], [3, 16], "number of labels, hidden_size"),
        reshaped("classifier.bias", [2], [3], "number of labels"),
        said(
            "kernel_size", "5", .shapeMismatch, "tensor 'model.attentions.0.conv1d.weight'",
            "its shape is [16, 1, 4]; config.json says [16, 1, 5] (hidden_size · forward_expansion, 1, kernel_size)"),
        said(
            "forward_expansion", "2", .shapeMismatch, "tensor 'model.attentions.0.conv1d.weight'",
            "its shape is [16, 1, 4]; config.json says [32, 1, 4] (hidden_size · forward_expansion, 1, kernel_size)"),
    ]

    static let values: [BrokenModel] = [
        BrokenModel(
            "a NaN", .nonFinite, "tensor 'model.attentions.1.query.weight'",
            "the value at [1, 2] is NaN, a finite number is expected"
        ) { tensors, _ in tensors["model.attentions.1.query.weight"]?.values[18] = .nan },
        BrokenModel(
            "an infinity", .nonFinite, "tensor 'model.embedder.token.weight'",
            "the value at [31, 3] is -inf, a finite number is expected"
        ) { tensors, _ in tensors["model.embedder.token.weight"]?.values[127] = -.infinity },
        BrokenModel(
            "lambdas whose exponential is infinite", .nonFinite, "tensor 'model.attentions.0.lambda_q1'",
            "the exponential of the lambdas' product is not finite"
        ) { tensors, _ in
            for name in ["lambda_q1", "lambda_k1"] {
                tensors["model.attentions.0." + name] = Tensor(shape: [16], values: [Float](repeating: 3, count: 16))
            }
        },
        BrokenModel(
            "the other pair of lambdas", .nonFinite, "tensor 'model.attentions.1.lambda_q2'",
            "the exponential of the lambdas' product is not finite"
        ) { tensors, _ in
            for name in ["lambda_q2", "lambda_k2"] {
                tensors["model.attentions.1." + name] = Tensor(shape: [16], values: [Float](repeating: 3, count: 16))
            }
        },
        BrokenModel(
            "a tensor too many", .unsupported, "tensor 'model.attentions.0.key.weight'",
            "EmbBERT with this config.json has no such tensor"
        ) { tensors, _ in
            tensors["model.attentions.0.key.weight"] = Tensor(shape: [16], values: .init(repeating: 0, count: 16))
        },
        BrokenModel(
            "a layer too many", .unsupported, "tensor 'model.attentions.1.att_output.bias'",
            "EmbBERT with this config.json has no such tensor"
        ) { _, config in config["num_hidden_layers"] = "1" },
        BrokenModel(
            "a layer too few", .missing, nil,
            "there is no tensor 'model.norms.2.weight' among its 33"
        ) { _, config in config["num_hidden_layers"] = "3" },
        BrokenModel(
            "a bias too few", .missing, nil, "there is no tensor 'model.attentions.0.contract.bias' among its 32"
        ) { tensors, _ in tensors["model.attentions.0.contract.bias"] = nil },
        BrokenModel(
            "no head", .missing, nil, "there is no tensor 'classifier.weight' among its 31"
        ) { tensors, config in
            tensors["classifier.weight"] = nil
            tensors["classifier.bias"] = nil
            config["num_labels"] = nil
        },
    ]

    static let configurations: [BrokenModel] = [
        said(
            "model_type", "\"Transformer-XL\"", .unsupported, "model_type",
            "the family \"Transformer-XL\" is not supported"),
        said(
            "architectures", "[\"MaskedHead\"]", .unsupported, "architectures",
            "the head \"MaskedHead\" is not supported"),
        said("architectures", "[]", .malformed, "architectures", "one name is expected, 0 are found"),
        said(
            "architectures", "[\"SequenceClassifier\", \"RMSClassifier\"]", .malformed, "architectures",
            "one name is expected, 2 are found"),
        said(
            "forward_expansion", "1.5", .unsupported, "forward_expansion",
            "1.5 is found; EmbBERT's depthwise channels come in whole multiples of hidden_size"),
        said(
            "forward_expansion", "0.5", .unsupported, "forward_expansion",
            "0.5 is found; EmbBERT's depthwise channels come in whole multiples of hidden_size"),
        said(
            "forward_expansion", "-1", .limitExceeded, "'forward_expansion'",
            "it is the number -1, 0.001 to 4096.0 is expected"),
        said("hidden_size", "0", .limitExceeded, "'hidden_size'", "it is the number 0, 1 to 1024 is expected"),
        said("hidden_size", "1025", .limitExceeded, "'hidden_size'", "it is the number 1025, 1 to 1024 is expected"),
        said(
            "vocab_size", "65536", .limitExceeded, "'vocab_size'",
            "there are 65536 tokens; ids have 16 bits on the device: at most 65535"),
        said("max_length", "-1", .limitExceeded, "'max_length'", "it is the number -1, 1 to 16384 is expected"),
        said("num_labels", "0", .limitExceeded, "'num_labels'", "it is the number 0, 1 to 65537 is expected"),
        said("kernel_size", "\"4\"", .malformed, "'kernel_size'", "it is the string \"4\", an integer is expected"),
        BrokenModel("no vocab_size", .missing, nil, "the key 'vocab_size' is missing") { _, config in
            config["vocab_size"] = nil
        },
        BrokenModel("no model_type, and tensors of no family", .missing, nil, "the key 'model_type' is missing") {
            tensors, config in
            config["model_type"] = nil
            tensors["model.attentions.0.lambda_q1"] = nil
        },
    ]
}

@Suite("Checkpoints that are no EmbBERT")
struct ModelErrorsTests {
    private func load(_ folder: TemporaryFolder) throws(EmbqError) -> ModelGraph {
        try ModelFamilies.graph(Checkpoint(folder.path)).graph
    }

    @Test(
        "each is refused with the tensor or key, what is expected and what is found",
        arguments: BrokenModel.shapes + BrokenModel.values + BrokenModel.configurations)
    func refused(broken: BrokenModel) throws {
        let shape = TinyEmbBERT()
        var (tensors, config) = (shape.tensors, shape.config)
        broken.change(&tensors, &config)
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(tensors, config, shape.tokenizer, to: folder)
        let error = try #require(failure { () throws(EmbqError) in try load(folder) })
        #expect(error.code == broken.code)
        #expect(error.place == broken.place)
        #expect(error.problem == broken.problem)
        let file =
            broken.place?.hasPrefix("tensor") == true || broken.problem.contains("tensor")
            ? "model.safetensors" : "config.json"
        #expect(error.file == folder[file])
        #expect(!error.advice.isEmpty)
    }

    @Test("an unsupported family or head comes with a list of those that are supported")
    func supported() throws {
        for (key, value, advice) in [
            ("model_type", "\"GPT\"", "Supported families: "), ("architectures", "[\"X\"]", "Supported heads: "),
        ] {
            let shape = TinyEmbBERT()
            var config = shape.config
            config[key] = value
            let folder = try TemporaryFolder()
            try TinyEmbBERT.write(shape.tensors, config, shape.tokenizer, to: folder)
            let error = try #require(failure { () throws(EmbqError) in try load(folder) })
            #expect(error.advice.hasPrefix(advice))
            #expect(error.advice.contains(key == "model_type" ? "EmbBERT" : "SequenceClassifier"))
        }
    }

    @Test("without num_labels and id2label the classifier tells how many outputs there are")
    func labelsFromTheHead() throws {
        let shape = TinyEmbBERT { $0.outputs = 5 }
        var config = shape.config
        config["num_labels"] = nil
        config["architectures"] = nil
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(shape.tensors, config, shape.tokenizer, to: folder)
        let model = try ModelConfig(Checkpoint(folder.path))
        #expect(model.labels == (0..<5).map { "LABEL_\($0)" })
        #expect(model.head == .sequenceClassifier && model.task == .classification)
    }

    @Test("one output is a regression, named labels win over their number", arguments: [1, 2])
    func task(outputs: Int) throws {
        let shape = TinyEmbBERT { $0.outputs = outputs }
        var config = shape.config
        let labels = (0..<outputs).map { "\"\($0)\": \"name \($0)\"" }.joined(separator: ", ")
        config["id2label"] = "{\(labels)}"
        config["num_labels"] = "7"
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(shape.tensors, config, shape.tokenizer, to: folder)
        let model = try ModelConfig(Checkpoint(folder.path))
        #expect(model.labels == (0..<outputs).map { "name \($0)" })
        #expect(model.task == (outputs == 1 ? .regression : .classification))
    }
}
