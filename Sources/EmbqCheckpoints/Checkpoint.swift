package import EmbqCore
package import EmbqTokenizers

/// A released model as it lies on disk: weights, configuration, tokenizer, labels.
package struct Checkpoint: Sendable {
    /// The path as the user gave it: a weights file or a folder.
    package let path: String
    /// The weights.
    package let source: any TensorSource
    /// config.json, or nil when there is none.
    package let config: CheckpointConfig?
    /// What is wrong with the config.json beside the weights, where it was opened all the same.
    package let configFault: EmbqError?
    /// tokenizer.json or, without one, vocab.txt; nil when there is neither.
    package let tokenizer: ReleasedTokenizer?
    /// The configuration's labels by id, or nil when it names none.
    package let labels: [String]?
    /// What a folder of sentence-transformers does around the transformer; nil without a modules.json.
    package private(set) var sentence: SentencePipeline?
    /// The text that precedes every text; empty for none.
    package let prompt: String
    /// The longest sentence to make the model for, in tokens; nil: the model's own.
    package let maxTokens: Int?

    /// Opens a weights file or a folder; config.json and tokenizer.json (or vocab.txt) are looked for beside
    /// the weights.
    ///
    /// - Parameter keepsGoing: whether a config.json beside the weights that cannot be read is told in ``configFault``.
    /// - Throws: what is wrong with any of the files, or that a folder has no weights or several.
    package init(_ location: CheckpointLocation, withoutConfig keepsGoing: Bool = false) throws(EmbqError) {
        path = location.path
        let isFolder = Folder.exists(path)
        let release = isFolder ? path : Folder.parent(of: path)
        let words = try WordLlamaFolder(path)
        sentence =
            try SentenceTransformersFolder.read(release)
            ?? words.map { StaticEmbeddingFolder.wordLlama(Folder.parent(of: $0.weights)) }
        prompt = try Self.prompt(location, sentence)
        maxTokens = location.maxTokens
        let folder = sentence?.transformerFolder ?? release
        let weights =
            if let words { words.weights } else {
                isFolder ? Folder.join(folder, try Self.weights(in: folder)) : path
            }
        let released = try Self.released(weights, key: location.key)
        let adapter = location.adapter ?? (isFolder ? Self.adapter(in: folder) : nil)
        source = try adapter.map { folder throws(EmbqError) in try LoRASource(released, adapter: folder) } ?? released
        // Such a file is a whole release: what lies beside it belongs to another one.
        let packed = try (released as? GGUFFile).map { file throws(EmbqError) in try GGUFRelease(file) }
        let configPath = location.config ?? (packed == nil ? Self.beside(folder, "config.json") : nil)
        do throws(EmbqError) {
            let read = try Self.config(configPath, sentence) ?? packed?.config
            (config, labels, configFault) = (read, try read?.labels(), nil)
        } catch {
            guard keepsGoing, location.config == nil else { throw error }
            (config, labels, configFault) = (nil, nil, error)
        }
        if let packed {
            sentence = packed.sentence
        } else if let config,
            StaticEmbeddingFolder.isModel2Vec(config)
                || sentence == nil && StaticEmbeddingFolder.isModel2Vec(untold: config, source)
        {
            sentence = try StaticEmbeddingFolder.read(config, sentence, source)
        } else if sentence == nil, config == nil, StaticEmbeddingFolder.isTable(source) {
            sentence = StaticEmbeddingFolder.table(folder)
        }
        if let packed, location.tokenizer == nil {
            tokenizer = packed.words.map { ReleasedTokenizer(path: weights, words: $0) }
            return
        }
        let tokenizerPath =
            location.tokenizer ?? words?.tokenizer ?? Self.beside(folder, "tokenizer.json")
            ?? Self.beside(folder, "vocab.txt")
        let model = config.map { TokenizerModel(file: $0.path, $0.json) }
        let overrides = TokenizerOverrides(
            arguments: sentence?.tokenizerArguments ?? [], prependsLowercase: sentence?.prependsLowercase ?? false,
            fileAlone: sentence?.tokenizerFile)
        tokenizer = try tokenizerPath.map { path throws(EmbqError) in
            try ReleasedTokenizer(path: path, model: model, overrides: overrides)
        }
    }

    /// Opens a weights file or a folder with its companions beside it.
    package init(_ path: String) throws(EmbqError) { try self.init(CheckpointLocation(path)) }

    /// Every file that was read or will be, so that none gets overwritten.
    package var inputs: [String] {
        let files = source.inputs + [config?.path].compactMap { $0 }.filter { !source.inputs.contains($0) }
        return files + ((tokenizer?.inputs ?? []) + (sentence?.inputs ?? [])).filter { !files.contains($0) }
    }

    /// The configuration, when the work cannot do without.
    ///
    /// - Throws: `.missing`.
    package func requireConfig() throws(EmbqError) -> CheckpointConfig {
        if let config { return config }
        throw EmbqError(
            .missing, file: path, "there is no config.json beside the weights",
            advice: "Put the model's config.json there, or pass --config.")
    }

    /// The tokenizer, when the work cannot do without.
    ///
    /// - Throws: `.missing`.
    package func requireTokenizer() throws(EmbqError) -> ReleasedTokenizer {
        if let tokenizer { return tokenizer }
        throw EmbqError(
            .missing, file: path, "there is no tokenizer.json or vocab.txt beside the weights",
            advice: "Put the model's tokenizer.json there, or pass --tokenizer.")
    }

    /// The configuration of the weights: none for a table of static embeddings that says nothing of model2vec, beside
    /// which the library looks at no config.json.
    private static func config(_ path: String?, _ sentence: SentencePipeline?) throws(EmbqError) -> CheckpointConfig? {
        guard let path else { return nil }
        let changed = sentence?.configOverrides ?? []
        guard sentence?.tokenizerFile != nil else { return try CheckpointConfig(path).overridden(by: changed) }
        guard let config = try? CheckpointConfig(path), StaticEmbeddingFolder.isModel2Vec(config) else { return nil }
        return config
    }

    /// The text of the prompt that was chosen, or of the model's own.
    private static func prompt(_ location: CheckpointLocation, _ sentence: SentencePipeline?) throws(EmbqError)
        -> String
    {
        do throws(EmbqError) {
            if let sentence { return try sentence.prompt(location.prompt) }
            guard let name = location.prompt, !name.isEmpty else { return "" }
            throw EmbqError(
                .invalidRequest, "the model has no prompt named '\(EmbqError.printable(name))'",
                advice: "Leave out --prompt: there is no modules.json, and so no prompt.")
        } catch {
            throw error.at(file: location.path)
        }
    }

    /// The tensors as the model computes with them: releases of bitsandbytes as real numbers. An adapter is not merged yet.
    private static func released(_ weights: String, key: String?) throws(EmbqError) -> any TensorSource {
        let source = try BitsAndBytesSource.wrap(CheckpointFormat.open(weights, key: key))
        guard !LoRAAdapter.isAdapter(source) else { throw adapterAlone(weights, Folder.parent(of: weights)) }
        return source
    }

    /// The folder itself when an adapter lies in it.
    private static func adapter(in folder: String) -> String? {
        Folder.hasFile(Folder.join(folder, LoRAConfig.fileName)) ? folder : nil
    }

    private static func adapterAlone(_ path: String, _ folder: String) -> EmbqError {
        let config = try? LoRAConfig(Folder.join(folder, LoRAConfig.fileName))
        let base = config?.baseName.map { " (its author had it in '\(EmbqError.printable($0))')" } ?? ""
        return EmbqError(
            .missing, file: path, "it is a LoRA adapter, without the model that it belongs to",
            advice: "Give the model\(base), and the adapter's folder with --adapter.")
    }

    /// The name of the one weights file in a folder.
    ///
    /// The usual name of a format wins; else the first format that has files there must have a single one.
    private static func weights(in folder: String) throws(EmbqError) -> String {
        let all = try Folder.files(in: folder)
        let files = all.filter { name in
            !LoRAAdapter.isWeights(name) && !leftByTrainers.contains { $0.hasSameBytes(as: name) }
        }
        let formats = CheckpointFormat.inFolderOrder
        for usual in formats.compactMap(\.usualName) where files.contains(where: { $0.hasSameBytes(as: usual) }) {
            return usual
        }
        for format in formats {
            // Beside an adapter: its model is elsewhere.
            if all.contains(where: LoRAAdapter.isWeights), format.isOftenTestData { continue }
            let candidates = files.filter { format.hasEnding(of: $0) }
            guard candidates.count <= 1 else {
                throw EmbqError(
                    .invalidRequest, file: folder,
                    "the folder holds \(candidates.count) weights files: \(list(candidates))",
                    advice: "Give one of them instead of the folder.")
            }
            if let single = candidates.first { return single }
        }
        if all.contains(where: LoRAAdapter.isWeights) { throw adapterAlone(folder, folder) }
        throw EmbqError(
            .missing, file: folder,
            all.isEmpty ? "the folder is empty" : "the folder holds no weights, only \(list(all))",
            advice:
                "Give the folder of a checkpoint, or its weights file. Supported: \(CheckpointFormat.supportedNames).")
    }

    /// Files with the endings of weights that the Trainer of transformers leaves beside them.
    private static let leftByTrainers = [
        "optimizer.pt", "optimizer.bin", "scheduler.pt", "scaler.pt", "rng_state.pth", "training_args.bin",
    ]

    private static func list(_ names: [String]) -> String {
        names.prefix(10).map { EmbqError.printable($0) }.joined(separator: ", ")
            + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }

    private static func beside(_ folder: String, _ name: String) -> String? {
        let path = Folder.join(folder, name)
        return Folder.hasFile(path) ? path : nil
    }
}

extension CheckpointFormat {
    /// The order in which a folder is searched: formats that are read come before those that are refused.
    static var inFolderOrder: [CheckpointFormat] { all.filter { $0.open != nil } + all.filter { $0.open == nil } }
}
