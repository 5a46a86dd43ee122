import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import EmbqTokenizers
import Foundation
import Testing

/// A table of keys as Documentation/ReleasedFolders.md has it.
private struct DocumentedFile {
    /// The heading.
    let title: String
    let keys: KnownKeys
    /// The tests of all keys of the file.
    let tests: String
    /// Values of `model_type` of the files that it is of, nil for none; of config.json, one table for each kind.
    var types: Set<String?> = []
    /// The table that this one repeats, but for what it lists.
    var base: KnownKeys?

    static let all = [
        DocumentedFile(
            title: "config.json of a BERT of transformers (`model_type` bert)", keys: ConfigKeys.huggingFaceBERT,
            tests: "ConfigKeysTests", types: [nil, "bert"]),
        like("DistilBERT", ["distilbert"], ConfigKeys.distilBERT),
        like("ELECTRA", ["electra"], ConfigKeys.electra),
        like("RoBERTa and XLM-RoBERTa", ["roberta", "xlm-roberta"], ConfigKeys.roBERTa),
        like("ALBERT", ["albert"], ConfigKeys.albert),
        like("MobileBERT", ["mobilebert"], ConfigKeys.mobileBERT),
        DocumentedFile(
            title: "config.json of the eight families of EmbBERT", keys: ConfigKeys.embBERT, tests: "ConfigKeysTests",
            types: Set(ModelFamilies.all.filter { $0.keys.keys == ConfigKeys.embBERT.keys }.map { $0.modelType })),
        DocumentedFile(title: "tokenizer_config.json", keys: .tokenizerConfig, tests: "EmbqTokenizersTests"),
        DocumentedFile(title: "special_tokens_map.json", keys: .specialTokensMap, tests: "EmbqTokenizersTests"),
        DocumentedFile(title: "tokenizer.json", keys: .tokenizer, tests: "EmbqTokenizersTests"),
        DocumentedFile(
            title: "config.json of model2vec (`model_type` model2vec)", keys: ConfigKeys.model2vec,
            tests: "StaticEmbeddingTests", types: ["model2vec"]),
        DocumentedFile(
            title: "config_sentence_transformers.json", keys: .configSentenceTransformers,
            tests: "EmbqPipelineTests"),
        DocumentedFile(
            title: "sentence_bert_config.json", keys: .transformerModule, tests: "EmbqPipelineTests"),
        DocumentedFile(
            title: "config.json of a Pooling", keys: .poolingModule, tests: "EmbqPipelineTests"),
        DocumentedFile(title: "config.json of a Dense", keys: .denseModule, tests: "EmbqPipelineTests"),
        DocumentedFile(
            title: "config.json of a Normalize", keys: .normalizeModule, tests: "EmbqPipelineTests"),
        DocumentedFile(
            title: "config.json of a LayerNorm", keys: .layerNormModule, tests: "EmbqPipelineTests"),
        DocumentedFile(
            title: "config.json of a WeightedLayerPooling", keys: .weightedLayersModule,
            tests: "EmbqPipelineTests"),
        DocumentedFile(title: "adapter_config.json of PEFT", keys: .adapter, tests: "EmbqCheckpointsTests"),
    ]

    /// A family whose configuration is BERT's with keys of its own.
    private static func like(_ name: String, _ types: [String], _ keys: KnownKeys) -> DocumentedFile {
        let list = types.map { "`\($0)`" }.joined(separator: ", ")
        return DocumentedFile(
            title: "config.json of \(name) (`model_type` \(list))", keys: keys, tests: "ConfigKeysTests",
            types: Set(types), base: ConfigKeys.huggingFaceBERT)
    }

    /// The folders of Fixtures/folders that show what a key does: those in which it has another value than in most, and
    /// those rejected for it.
    func folders(_ key: String, _ folders: [ReleasedFolder]) -> [String] {
        let rejected = folders.filter { $0.refusal?.file == keys.file && $0.refusal?.key == key }
        let values = folders.compactMap { folder -> (name: String, text: String)? in
            guard let document = folder.document(keys.file), isOf(document) else { return nil }
            return (folder.name, document[key].map { String(decoding: $0.bytes, as: UTF8.self) } ?? "")
        }
        let counts = Dictionary(values.map { ($0.text, 1) }, uniquingKeysWith: +)
        let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        let others = values.filter { $0.text != usual && !$0.text.isEmpty && !$0.name.hasPrefix("no-") }
        return others.prefix(3).map(\.name) + rejected.map(\.name)
    }

    /// True for a document of the table's kind: there is one table for each kind of config.json.
    private func isOf(_ document: JSONValue) -> Bool {
        guard keys.file == ConfigKeys.file else { return true }
        return types.contains(document["model_type"]?.string)
    }

    func markdown(_ released: [ReleasedFolder]) -> String {
        var rows: [(keys: [String], text: String)] = []
        var inert: [String: [String]] = [:]
        for (key, treatment) in keys.keys.sorted(by: { $0.key < $1.key }) where base?.keys[key] != treatment {
            let folders = folders(key, released).map { "`\($0)`" }.joined(separator: ", ")
            switch treatment {
            case .honoured: rows.append(([key], "followed | \(folders.isEmpty ? tests : folders)"))
            case .only(let values):
                let list = values.map { "`\($0.summary)`" }.joined(separator: ", ")
                let text = list.isEmpty ? "any value is rejected" : "only \(list); others are rejected"
                rows.append(([key], "\(text) | \(tests)\(folders.isEmpty ? "" : ", \(folders)")"))
            case .inert(let reason): inert[reason, default: []].append(key)
            }
        }
        for (reason, keys) in inert.sorted(by: { $0.key < $1.key }) {
            rows.append((keys, "changes nothing: \(reason) | \(tests)"))
        }
        let heading = "## \(title)\n\n"
        guard base == nil || !rows.isEmpty else { return heading + "The keys of a BERT, all of them.\n" }
        let table = rows.map { "| \($0.keys.map { "`\($0)`" }.joined(separator: ", ")) | \($0.text) |\n" }.joined()
        return heading + (base == nil ? "" : "The keys of a BERT, but for these:\n\n")
            + "| key | what embq does with it | proved by |\n|---|---|---|\n\(table)"
    }
}

/// A case of Fixtures/folders.
private struct ReleasedFolder {
    let name: String
    let refusal: (file: String?, key: String?)?

    func document(_ file: String) -> JSONValue? {
        guard let data = FileManager.default.contents(atPath: Fixtures.path("folders/\(name)/\(file)")) else {
            return nil
        }
        return try? JSONParser.parse(Array(data))
    }

    static func all() throws -> [ReleasedFolder] {
        var folders: [ReleasedFolder] = []
        for list in ["cases", "options"] {
            let cases = try JSONParser.parse(Array(Fixtures.bytes("folders/\(list).json"))).array ?? []
            for item in cases {
                guard let name = item["name"]?.string, !folders.contains(where: { $0.name == name }) else { continue }
                let refusal = item["refusal"].map { ($0["file"]?.string, $0["key"]?.string) }
                folders.append(ReleasedFolder(name: name, refusal: refusal))
            }
        }
        return folders.sorted { $0.name < $1.name }
    }
}

@Suite("The documentation of released folders")
struct ReleasedFoldersTests {
    /// EMBQ_REWRITE=1 writes it.
    @Test("has every key of the tables, what is done with it, and what proves it")
    func document() throws {
        let folders = try ReleasedFolder.all()
        let text = """
            # Released folders

            What embq does with each key of the files of a released folder. Tests write this file from the tables that the
            program uses (`EMBQ_REWRITE=1 swift test --filter ReleasedFoldersTests`).

            - *followed*: its value decides something.
            - *only*: these values, null, or a file without the key; embq rejects others by file, key and value.
            - *changes nothing*: no value of it changes an answer.

            `embq inspect` reports every other key as unknown, and embq does not follow it. Names in the last column are
            folders of `Fixtures/folders`, with the answers of the library, or suites of tests.

            \(DocumentedFile.all.map { $0.markdown(folders) }.joined(separator: "\n"))
            """
        let path = "\(Fixtures.root)/Documentation/ReleasedFolders.md"
        if ProcessInfo.processInfo.environment["EMBQ_REWRITE"] == "1" {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return
        }
        let written = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        #expect(text == written, "EMBQ_REWRITE=1 writes \(path) anew")
    }
}
