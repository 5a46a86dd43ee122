import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
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

    @Test("a head beside the table is refused by its file", arguments: ["head.safetensors", "pipeline.skops"])
    func heads(name: String) throws {
        let folder = try folder([name: "x"])
        let error = try #require(throws: EmbqError.self) { try Checkpoint(folder.path) }
        #expect(error.file?.hasSuffix(name) == true)
        #expect(error.code == .unsupported)
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
