import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import EmbqTokenizers
import Testing

@Suite("Tables of static embeddings")
struct StaticEmbeddingTests {
    /// A folder of model2vec with other files in it.
    private func folder(_ files: [String: String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in ["model.safetensors", "tokenizer.json", "config.json"] {
            _ = try folder.write(Fixtures.bytes("folders/m2v/\(name)"), to: name)
        }
        for (name, text) in files { _ = try folder.write(Array(text.utf8), to: name) }
        return folder
    }

    private func config(_ keys: String) -> String { #"{"model_type": "model2vec"\#(keys)}"# }

    private func graph(_ files: [String: String]) throws -> (config: ModelConfig, graph: ModelGraph) {
        let folder = try folder(files)
        return try ModelFamilies.graph(Checkpoint(folder.path))
    }

    @Test("config.json has no size: the tensors tell the rows and their width, and no position has a row")
    func sizes() throws {
        let (config, graph) = try graph(["config.json": config("")])
        #expect(config.vocabularySize == 116)
        #expect(config.hiddenSize == 8)
        #expect(config.takesNothing)
        #expect(graph.nodes.map(\.name) == ["embedder", "pooled"])
    }

    @Test(
        "keys that say how the table was made change nothing",
        arguments: ConfigKeys.model2vec.keys.keys.filter { key in
            if case .inert = ConfigKeys.model2vec.keys[key] { true } else { false }
        }.sorted())
    func inert(key: String) throws {
        let plain = try graph(["config.json": config("")]).config
        for value in ["1", "\"x\"", "null", "[]"] {
            #expect(try graph(["config.json": config(#", "\#(key)": \#(value)"#)]).config == plain, "\(key) \(value)")
        }
    }

    @Test(
        "max_length and normalize of another type are refused by key",
        arguments: [("max_length", "\"8\""), ("max_length", "0"), ("max_length", "1.5"), ("normalize", "1")])
    func types(key: String, value: String) throws {
        let folder = try folder(["config.json": config(#", "\#(key)": \#(value)"#)])
        let error = try #require(throws: EmbqError.self) { try Checkpoint(folder.path) }
        #expect(error.file?.hasSuffix("config.json") == true)
        #expect("\(error)".contains(key), "\(error)")
    }

    /// A folder of model2vec with a head, whose `head_config` is another.
    private func head(_ stated: String, _ files: [String: String] = [:]) throws -> TemporaryFolder {
        let folder = try folder(files.merging(["config.json": config(#", "head_config": \#(stated)"#)]) { $1 })
        if files["head.safetensors"] == nil {
            let bytes = try Fixtures.bytes("folders/m2v-head-softmax/head.safetensors")
            _ = try folder.write(bytes, to: "head.safetensors")
        }
        return folder
    }

    @Test(
        "a head that does not fit what config.json says of it is refused by key or tensor",
        arguments: [
            (#"{"n_layers": 2, "activation": "tanh"}"#, EmbqError.Code.unsupported, "softmax, sigmoid, identity"),
            (#"{"n_layers": 2, "activation": 1}"#, .malformed, "'activation'"),
            (#"{"n_layers": 3, "activation": "softmax"}"#, .missing, "head.2.weight"),
            (#"{"n_layers": 1, "activation": "identity"}"#, .unsupported, "head.1.bias"),
            (#"{"n_layers": 65}"#, .limitExceeded, "'n_layers'"),
            (#"{"n_layers": -1}"#, .limitExceeded, "'n_layers'"),
            (#"{"n_layers": 2, "activation": "softmax", "classes": ["a", "b"]}"#, .shapeMismatch, "2 classes"),
            (#"{"n_layers": 2, "activation": "softmax", "classes": ["a", "b", "a"]}"#, .duplicate, "'classes'"),
            (#"{"n_layers": 2, "activation": "softmax", "classes": ["a", "b", ""]}"#, .malformed, "'classes'"),
            (#"{"n_layers": 2, "activation": "softmax", "classes": ["a", "b", null]}"#, .unsupported, "'classes'"),
            (#"{"n_layers": 2, "activation": "softmax", "classes": "abc"}"#, .unsupported, "'classes'"),
            ("[]", .malformed, "'head_config'"),
        ])
    func damagedHeads(stated: String, code: EmbqError.Code, part: String) throws {
        let folder = try head(stated)
        let error = try #require(throws: EmbqError.self) { try Checkpoint(folder.path) }
        #expect(error.code == code, "\(error)")
        #expect("\(error) \(error.advice)".contains(part), "\(error)")
    }

    @Test("the outputs of a head without classes have numbers")
    func unnamed() throws {
        let folder = try head(#"{"n_layers": 2, "activation": "softmax"}"#)
        let (config, graph) = try ModelFamilies.graph(Checkpoint(folder.path))
        #expect(config.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
        #expect(config.task == .classification && config.headName == "StaticModelPipeline")
        #expect(
            graph.nodes.map(\.name) == ["embedder", "pooled", "head.0.linear", "head.0.activation", "head.1.linear"])
    }

    @Test("head.safetensors of another width than the table is refused by tensor")
    func widths() throws {
        let folder = try head(#"{"n_layers": 2}"#)
        _ = try folder.write(
            Fixtures.bytes("folders/m2v-mapped/model.safetensors"), to: "model.safetensors")
        let error = try #require(throws: EmbqError.self) { try Checkpoint(folder.path) }
        #expect(error.code == .shapeMismatch && "\(error)".contains("head.0.weight"), "\(error)")
    }

    @Test("a pickle is never read: it is refused without head.safetensors, and without a part beside it")
    func pickles() throws {
        let alone = try folder(["pipeline.skops": "x"])
        let error = try #require(throws: EmbqError.self) { try Checkpoint(alone.path) }
        #expect(error.file?.hasSuffix("pipeline.skops") == true && error.code == .unsupported)
        #expect(error.advice.contains("convert_legacy_pipeline"))
        let both = try head(#"{"n_layers": 2, "activation": "softmax"}"#, ["pipeline.skops": "x"])
        #expect(throws: Never.self) { try Checkpoint(both.path) }
        let broken = try head("{}", ["head.safetensors": "x"])
        let other = try #require(throws: EmbqError.self) { try Checkpoint(broken.path) }
        #expect(other.file?.hasSuffix("head.safetensors") == true)
    }

    @Test("WordLlama's table is found from its folder and from its file, with the tokenizer of its name")
    func wordLlama() throws {
        let folder = Fixtures.path("folders/wordllama")
        for path in [folder, folder + "/weights/tea_small_16.safetensors"] {
            let checkpoint = try Checkpoint(path)
            #expect(checkpoint.source.path == folder + "/weights/tea_small_16.safetensors")
            #expect(checkpoint.tokenizer?.path == folder + "/tokenizers/tea_small_tokenizer_config.json")
        }
    }

    @Test("of several tables of WordLlama one must be named")
    func wordLlamas() throws {
        let folder = try TemporaryFolder()
        for name in ["a_16", "a_32"] {
            _ = try folder.write(
                Fixtures.bytes("folders/wordllama/weights/tea_small_16.safetensors"), to: "weights/\(name).safetensors")
        }
        _ = try folder.write(Array("{}".utf8), to: "tokenizers/b_tokenizer_config.json")
        let error = try #require(throws: EmbqError.self) { try Checkpoint(folder.path) }
        #expect(error.code == .invalidRequest && error.advice.contains("a_16.safetensors"), "\(error)")
        #expect(try Checkpoint(folder.path + "/weights/a_32.safetensors").tokenizer == nil)
    }

    @Test("StaticEmbedding of sentence-transformers looks at no config.json beside it")
    func foreign() throws {
        let modules = #"[{"idx": 0, "name": "0", "path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]"#
        for text in [#"{"model_type": "bloom"}"#, "{broken", "[]"] {
            let (config, _) = try graph(["config.json": text, "modules.json": modules])
            #expect(config.family == "StaticEmbedding")
        }
    }
}
