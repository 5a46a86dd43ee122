import EmbqCore
import EmbqTokenizers

/// The options of the Transformer module: `sentence_bert_config.json`, or the first of its old names with a key.
struct TransformerModule {
    private static let names = [
        "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet",
    ].map { "sentence_\($0)_config.json" }

    /// Reads the file into a pipeline.
    ///
    /// - Parameter name: the module's folder in the release; empty for the release's own.
    static func read(_ folder: String, _ name: String, into pipeline: inout SentencePipeline) throws(EmbqError) {
        for file in names {
            let path = name.isEmpty ? file : Folder.join(name, file)
            guard let document = try FolderDocument(folder, path) else { continue }
            pipeline.inputs.append(document.path)
            // An empty object counts as no file.
            guard document.json.object?.isEmpty == false else { continue }
            try document.requireKnown(.transformerModule)
            return try read(document, into: &pipeline)
        }
    }

    private static func read(_ document: FolderDocument, into pipeline: inout SentencePipeline) throws(EmbqError) {
        if let length = try document.count("max_seq_length") {
            pipeline.limit = LengthLimit(tokens: length, source: "\(document.name), max_seq_length")
        }
        pipeline.prependsLowercase = try document.bool("do_lower_case") ?? false
        if pipeline.prependsLowercase {
            pipeline.settlements.append(
                Settlement("lower case", "before the tokenizer", source: "\(document.name), do_lower_case"))
        }
        try readTask(document, into: &pipeline)
        try readOutput(document, into: &pipeline)
        try readModelArguments(document)
        try readTokenizerArguments(document, into: &pipeline)
        try readConfigArguments(document, into: &pipeline)
        try readCall(document, into: &pipeline)
    }

    private static func readTask(_ document: FolderDocument, into pipeline: inout SentencePipeline) throws(EmbqError) {
        let key = "transformer_task"
        switch try document.string(key) ?? "feature-extraction" {
        case "feature-extraction": break
        case "sequence-classification": pipeline.kind = .crossEncoder
        default:
            throw document.unsupported(
                key, "the task is not supported", advice: "Supported: feature-extraction, sequence-classification.")
        }
    }

    // MARK: What the transformer gives

    private static func readOutput(_ document: FolderDocument, into pipeline: inout SentencePipeline)
        throws(EmbqError)
    {
        guard let modalities = try document.object("modality_config") else {
            if let name = document["module_output_name"], name != .string("token_embeddings") {
                throw document.unsupported("module_output_name", "without modality_config it has no meaning")
            }
            return
        }
        guard let text = try modalities.object("text") else {
            throw document.unsupported("modality_config", "expected the modality text")
        }
        for (key, _) in modalities.json.object ?? [] where key == "message" {
            throw modalities.unsupported(key, "chats are not supported")
        }
        pipeline.report(
            (modalities.json.object ?? []).map(\.key).filter { $0 != "text" }, in: modalities)
        guard text["method"] == .string("forward") else {
            throw text.unsupported("method", "the method is not supported", advice: "Supported: forward.")
        }
        try readOutputName(document, text, into: &pipeline)
    }

    private static func readOutputName(
        _ document: FolderDocument, _ text: FolderDocument, into pipeline: inout SentencePipeline
    ) throws(EmbqError) {
        let key = "method_output_name"
        let feature: String
        switch text[key] {
        case .string("last_hidden_state"): feature = "token_embeddings"
        case .string("pooler_output"):
            pipeline.output = .pooler
            feature = "sentence_embedding"
        case .string("logits") where pipeline.kind == .crossEncoder: feature = "scores"
        case .array(let path) where path.count == 2 && path[0] == .string("hidden_states") && path[1].int != nil:
            pipeline.output = .hidden(path[1].int ?? -1)
            feature = "token_embeddings"
        default: throw text.unsupported(key, "the output is not supported")
        }
        if pipeline.output != .tokens {
            pipeline.settlements.append(
                Settlement("transformer's output", (text[key] ?? .null).summary, source: "\(document.name), \(key)"))
        }
        guard document["module_output_name"] == .string(feature) else {
            throw document.unsupported(
                "module_output_name", "this output of the transformer is \(feature)", advice: "Supported: \(feature).")
        }
    }

    // MARK: Arguments

    /// Those that choose where the library looks for files, or how fast it is.
    private static let loading: [String: KnownKeys.Treatment] = Dictionary(
        uniqueKeysWithValues: [
            "trust_remote_code", "revision", "cache_dir", "local_files_only", "token", "code_revision",
        ]
        .map { ($0, .inert("it says how files are found")) })

    private static func readModelArguments(_ document: FolderDocument) throws(EmbqError) {
        let types = ["float32", "torch.float32", "auto"].map(JSONValue.string)
        let known = loading.merging(
            [
                "attn_implementation": .inert(KnownKeys.onlySpeed), "low_cpu_mem_usage": .inert(KnownKeys.onlySpeed),
                "device_map": .inert(KnownKeys.onlySpeed), "use_safetensors": .inert("the same weights"),
                "dtype": .only(types), "torch_dtype": .only(types),
            ], uniquingKeysWith: { first, _ in first })
        for name in ["model_args", "model_kwargs"] {
            guard let arguments = try document.object(name) else { continue }
            for key in try arguments.unknown(KnownKeys(file: document.name, keys: known)) {
                throw arguments.unsupported(key, "the argument in \(name) is not supported")
            }
        }
    }

    private static func readTokenizerArguments(_ document: FolderDocument, into pipeline: inout SentencePipeline)
        throws(EmbqError)
    {
        for name in ["tokenizer_args", "processor_kwargs"] {
            guard let arguments = try document.object(name) else { continue }
            for (key, value) in arguments.json.object ?? [] where loading[key] == nil && key != "use_fast" {
                if key == "model_max_length" {
                    guard let length = try arguments.count(key) else { continue }
                    pipeline.limit = LengthLimit(tokens: length, source: "\(document.name), \(name).model_max_length")
                } else {
                    pipeline.tokenizerArguments.append(
                        TokenizerOverrides.Argument(
                            key: key, value: value, file: document.path, place: "\(name).\(key)"))
                }
            }
        }
    }

    private static func readConfigArguments(_ document: FolderDocument, into pipeline: inout SentencePipeline)
        throws(EmbqError)
    {
        for name in ["config_args", "config_kwargs"] {
            guard let arguments = try document.object(name) else { continue }
            for (key, value) in arguments.json.object ?? [] where loading[key] == nil {
                pipeline.configOverrides.append((key, value))
                pipeline.settlements.append(
                    Settlement(
                        "config.json, \(EmbqError.printable(key))", value.summary, source: "\(document.name), \(name)"))
            }
        }
    }

    /// Arguments of the call of the tokenizer.
    private static func readCall(_ document: FolderDocument, into pipeline: inout SentencePipeline) throws(EmbqError) {
        guard let call = try document.object("processing_kwargs") else { return }
        let alone = KnownKeys.Treatment.inert("one text alone has no padding")
        let known: [String: KnownKeys.Treatment] = [
            "max_length": .honoured, "padding": alone, "padding_side": alone, "pad_to_multiple_of": alone,
            "return_tensors": .inert("it is the form of the library's answer"),
            "truncation": .only([.bool(true), .string("longest_first")]),
        ]
        for group in ["common", "text"] {
            guard let arguments = try call.object(group) else { continue }
            for key in try arguments.unknown(KnownKeys(file: document.name, keys: known)) {
                throw arguments.unsupported(key, "the argument in processing_kwargs is not supported")
            }
            if let length = try arguments.count("max_length") {
                pipeline.limit = LengthLimit(
                    tokens: length, source: "\(document.name), processing_kwargs.\(group).max_length")
            }
        }
        pipeline.report((call.json.object ?? []).map(\.key).filter { $0 != "common" && $0 != "text" }, in: call)
    }
}
