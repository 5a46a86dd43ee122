import EmbqCore

/// A folder of sentence-transformers: `modules.json`, `config_sentence_transformers.json` and the modules' folders.
///
/// It is read as sentence-transformers 6.2 reads it. Without a modules.json, the library reads none of these files.
struct SentenceTransformersFolder {
    static let modulesName = "modules.json"
    static let configName = "config_sentence_transformers.json"

    private struct Listed {
        var path: String
        /// The last component of the class path.
        var kind: String
        /// The whole class path.
        var type: JSONValue
    }

    /// What the folder does; nil if it has no modules.json.
    ///
    /// - Throws: the file, the key and the value that embq does not compute.
    static func read(_ folder: String) throws(EmbqError) -> SentencePipeline? {
        let path = Folder.join(folder, modulesName)
        guard Folder.hasFile(path) else { return nil }
        let config = try FolderDocument(folder, configName)
        if let plain = try otherKind(folder, config) { return plain }
        let listed = try modules(path)
        guard let first = listed.first, ["Transformer", "StaticEmbedding"].contains(first.kind) else {
            throw unsupported(
                path, listed.first?.type ?? .null, "the first module is neither a Transformer nor a StaticEmbedding")
        }
        let transformer = try subfolder(folder, first.path)
        var pipeline = SentencePipeline(transformerFolder: transformer)
        pipeline.inputs = [path] + (config.map { [$0.path] } ?? [])
        if first.kind == "StaticEmbedding" {
            StaticEmbeddingFolder.read(into: &pipeline)
        } else {
            try TransformerModule.read(folder, first.path, into: &pipeline)
        }
        for module in listed.dropFirst() {
            // These two need no folder.
            if !["Normalize", "Dropout"].contains(module.kind) || Folder.exists(Folder.join(folder, module.path)) {
                _ = try subfolder(folder, module.path)
            }
            try append(module, folder, path, to: &pipeline)
        }
        try requireSentence(pipeline, path, listed.last?.type ?? .null)
        if let config { try ConfigSentenceTransformers.read(config, into: &pipeline) }
        describeEnd(&pipeline)
        return pipeline
    }

    /// A folder saved as another kind of model: the library drops the modules, prompts and all else.
    private static func otherKind(_ folder: String, _ config: FolderDocument?) throws(EmbqError) -> SentencePipeline? {
        guard let config, let kind = try config.string("model_type"), kind != "SentenceTransformer" else { return nil }
        guard kind != "CrossEncoder" else { return nil }
        throw config.unsupported(
            "model_type", "the kind of model is not supported", advice: "Supported: SentenceTransformer, CrossEncoder.")
    }

    // MARK: modules.json

    private static func modules(_ path: String) throws(EmbqError) -> [Listed] {
        guard let items = try FolderDocument.limit.json(path).array, !items.isEmpty else {
            throw EmbqError(
                .malformed, file: path, "expected an array of modules", advice: FolderDocument.advice)
        }
        var names: Set<String> = []
        var listed: [Listed] = []
        for item in items {
            guard item.object != nil, let type = item["type"], let kind = type.string, let place = item["path"]?.string
            else {
                throw EmbqError(
                    .malformed, file: path, "expected modules with 'name', 'path' and 'type', found \(item.summary)",
                    advice: FolderDocument.advice)
            }
            if let name = item["name"]?.string, !names.insert(name).inserted {
                throw EmbqError(
                    .duplicate, file: path, place: "'name'", "two modules have the name \(item["name"]?.summary ?? "")",
                    advice: FolderDocument.advice)
            }
            listed.append(try Listed(path: plain(place), kind: className(kind, path, type), type: type))
        }
        return listed
    }

    /// A module's folder without the dots and slashes that mean the folder itself: `.` is empty, `./1_Pooling/` is `1_Pooling`.
    private static func plain(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        return path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The last component of a class path of the library's own.
    private static func className(_ type: String, _ path: String, _ value: JSONValue) throws(EmbqError) -> String {
        let parts = type.split(separator: ".")
        guard parts.first == "sentence_transformers", parts.count > 1, let name = parts.last else {
            throw unsupported(path, value, "the class is not one of sentence-transformers")
        }
        return String(name)
    }

    private static func unsupported(_ path: String, _ type: JSONValue, _ reason: String) -> EmbqError {
        EmbqError(
            .unsupported, file: path, place: "'type'", "\(type.summary): \(reason)",
            advice:
                "Supported: Transformer or StaticEmbedding, then Pooling, Dense, Normalize, LayerNorm, WeightedLayerPooling and Dropout."
        )
    }

    private static func subfolder(_ folder: String, _ name: String) throws(EmbqError) -> String {
        if name.isEmpty { return folder }
        do throws(EmbqError) { return try Folder.inside(folder, name) } catch {
            if error.code == .unreadable { throw ModuleFolder.missing(folder, name, "config.json") }
            throw error.file == nil ? error.at(file: Folder.join(folder, modulesName)) : error
        }
    }

    private static func append(
        _ module: Listed, _ folder: String, _ path: String, to pipeline: inout SentencePipeline
    ) throws(EmbqError) {
        switch module.kind {
        case "Pooling":
            guard let document = try FolderDocument(folder, Folder.join(module.path, "config.json")) else {
                throw ModuleFolder.missing(folder, module.path, "config.json")
            }
            pipeline.inputs.append(document.path)
            pipeline.modules.append(.pooling(try PoolingModule(document, &pipeline.settlements)))
        case "Dense": pipeline.modules.append(.dense(try DenseModule(folder, module.path, &pipeline)))
        case "LayerNorm": pipeline.modules.append(.layerNorm(try LayerNormModule(folder, module.path, &pipeline)))
        case "WeightedLayerPooling":
            pipeline.modules.append(.weightedLayers(try WeightedLayersModule(folder, module.path, &pipeline)))
        case "Normalize": try appendNormalize(folder, module.path, to: &pipeline)
        case "Dropout": break
        default: throw unsupported(path, module.type, "the module is not supported")
        }
    }

    private static func appendNormalize(_ folder: String, _ name: String, to pipeline: inout SentencePipeline)
        throws(EmbqError)
    {
        var onTokens = false
        if let document = try FolderDocument(folder, Folder.join(name, "config.json")) {
            pipeline.inputs.append(document.path)
            pipeline.report(try document.unknown(.normalizeModule), in: document)
            onTokens = try ModuleFolder.worksOnTokens(document)
        }
        pipeline.modules.append(.normalize(onTokens: onTokens))
        pipeline.settlements.append(
            Settlement(name, onTokens ? "Normalize, of each token" : "Normalize", source: modulesName))
    }

    /// The modules must give one vector for the sentence, and each must find what it reads.
    private static func requireSentence(_ pipeline: SentencePipeline, _ path: String, _ last: JSONValue)
        throws(EmbqError)
    {
        guard pipeline.kind == .sentences else {
            guard pipeline.modules.isEmpty else {
                throw unsupported(path, last, "modules behind the transformer of a cross-encoder are not supported")
            }
            return
        }
        var hasSentence = pipeline.output == .pooler
        for module in pipeline.modules {
            switch module {
            case .pooling, .weightedLayers:
                guard pipeline.output != .pooler else {
                    throw unsupported(path, last, "the transformer gives a sentence, and no tokens to pool")
                }
                if case .pooling = module { hasSentence = true }
            case .dense(let dense) where dense.onTokens: break
            case .normalize(onTokens: true): break
            case .dense, .normalize, .layerNorm:
                guard hasSentence else { throw unsupported(path, last, "a module reads a sentence before the pooling") }
            }
        }
        guard hasSentence else { throw unsupported(path, last, "the modules give no sentence: there is no Pooling") }
    }

    private static func describeEnd(_ pipeline: inout SentencePipeline) {
        guard pipeline.kind == .sentences else { return }
        if !pipeline.hasNormalize {
            pipeline.settlements.append(Settlement("normalization", "none", source: "\(modulesName) has no Normalize"))
        }
    }
}

/// The file `config_sentence_transformers.json`.
enum ConfigSentenceTransformers {
    static func read(_ document: FolderDocument, into pipeline: inout SentencePipeline) throws(EmbqError) {
        pipeline.report(try document.unknown(.configSentenceTransformers), in: document)
        if let requirements = try document.object("requirements"), requirements.json.object?.isEmpty == false {
            throw document.unsupported("requirements", "the model needs other packages")
        }
        try readPrompts(document, into: &pipeline)
        pipeline.activation = try document.string("activation_fn")
        if let word = try document.string("similarity_fn_name") {
            // The library takes an unknown word for the cosine, without a warning.
            pipeline.similarity = SimilarityFunction(rawValue: word) ?? .cosine
            pipeline.settlements.append(
                Settlement(
                    "similarity", pipeline.similarity.rawValue,
                    source: "\(document.name), similarity_fn_name"
                        + (pipeline.similarity.rawValue == word
                            ? "" : " \(EmbqError.printable(word)), which is unknown")))
        }
        if let width = try document.count("truncate_dim") {
            pipeline.truncatedWidth = width
            pipeline.settlements.append(
                Settlement("width", "the first \(width) numbers", source: "\(document.name), truncate_dim"))
        }
    }

    private static func readPrompts(_ document: FolderDocument, into pipeline: inout SentencePipeline)
        throws(EmbqError)
    {
        let prompts = try document.object("prompts")
        for (name, value) in prompts?.json.object ?? [] where !value.isNull {
            guard let text = value.string else { throw document.wrong("prompts", value, "a text for each name") }
            pipeline.prompts[name] = text
        }
        let key = "default_prompt_name"
        guard let name = try document.string(key) else { return }
        guard prompts?.json[name] != nil || SentencePipeline.builtInPrompts.contains(name) else {
            throw document.unsupported(key, "the folder has no such prompt")
        }
        pipeline.defaultPrompt = name
        let text = pipeline.prompts[name] ?? ""
        pipeline.settlements.append(
            Settlement(
                "prompt", text.isEmpty ? "none" : JSONValue.string(text).summary,
                source: "\(document.name), \(key) \(EmbqError.printable(name))"))
    }
}

extension SentencePipeline {
    /// Reports keys that no version of the library reads.
    mutating func report(_ keys: [String], in document: FolderDocument) {
        for key in keys {
            settlements.append(
                Settlement("unknown key", EmbqError.printable(key), source: "\(document.name): the library ignores it"))
        }
    }
}
