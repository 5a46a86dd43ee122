import EmbqCore
import EmbqTokenizers

/// What a GGUF file says besides its tensors: a configuration, a tokenizer and a pooling.
struct GGUFRelease {
    let config: CheckpointConfig
    /// The words of a vocab.txt; nil for a file without a tokenizer.
    let words: [UInt8]?
    let sentence: SentencePipeline

    /// - Throws: `.unsupported` with the key for a tokenizer or a pooling that embq does not have.
    init(_ file: GGUFFile) throws(EmbqError) {
        do throws(EmbqError) {
            words = try GGUFVocabulary(file.header.values).words
            config = CheckpointConfig(path: file.path, json: .object(JSONObject(try Self.config(file))))
            sentence = try Self.pipeline(file)
        } catch {
            throw error.at(file: file.path)
        }
    }

    private static let architectureKey = "general.architecture"
    /// Keys of `bert.` and the key of config.json that each is; nil for one that is looked at here.
    private static let keys: [String: String?] = [
        "bert.block_count": "num_hidden_layers", "bert.embedding_length": "hidden_size",
        "bert.feed_forward_length": "intermediate_size", "bert.attention.head_count": "num_attention_heads",
        "bert.attention.layer_norm_epsilon": "layer_norm_eps", "bert.context_length": nil, "bert.pooling_type": nil,
        "bert.attention.causal": nil, "bert.vocab_size": nil,
    ]

    /// Refuses another architecture, and keys and tensors that would change the answer.
    static func check(_ header: GGUFHeader) throws(EmbqError) {
        let architecture = header.values[architectureKey]
        guard architecture?.string == "bert" else {
            throw GGUFHeader.fault(
                architecture == nil ? .missing : .unsupported, GGUFHeader.place(architectureKey),
                architecture.map { "\($0.summary) is not supported" } ?? "the key is missing",
                advice: "Supported: bert. Use the checkpoint that the file was made from.")
        }
        for key in header.values.keys.sorted() where key.hasPrefix("bert.") {
            guard keys[key] != nil, let value = header.values[key] else {
                throw GGUFHeader.fault(
                    .unsupported, GGUFHeader.place(key), "the key is not known, and may change the answer",
                    advice: "Use the checkpoint that the file was made from.")
            }
            if key == "bert.attention.causal", case .bool(true) = value {
                throw GGUFHeader.fault(
                    .unsupported, GGUFHeader.place(key), "true is not supported: a token may see those behind it",
                    advice: "Supported: false.")
            }
        }
        for tensor in header.tensors where GGUFNames.released(tensor.name) == tensor.name {
            throw GGUFHeader.fault(
                .unsupported, EmbqError.place(tensor: tensor.name), "a BERT of llama.cpp has no such tensor",
                advice: "Use the checkpoint that the file was made from.")
        }
    }

    /// config.json as far as keys and shapes tell.
    private static func config(_ file: GGUFFile) throws(EmbqError) -> [(key: String, value: JSONValue)] {
        var members: [(key: String, value: JSONValue)] = [
            ("model_type", .string("bert")), ("architectures", .array([.string("BertModel")])),
        ]
        for (key, name) in keys.sorted(by: { $0.key < $1.key }) {
            guard let name, let value = file.header.values[key] else { continue }
            guard let json = value.json else {
                throw GGUFHeader.fault(
                    .malformed, GGUFHeader.place(key), "\(value.summary) is found, a number is expected")
            }
            members.append((name, json))
        }
        for (key, tensor) in [
            ("vocab_size", "word_embeddings"), ("max_position_embeddings", "position_embeddings"),
            ("type_vocab_size", "token_type_embeddings"),
        ] {
            let info = try file.requireInfo("embeddings.\(tensor).weight")
            members.append((key, .number("\(info.shape.first ?? 0)")))
        }
        return members
    }

    private static func pipeline(_ file: GGUFFile) throws(EmbqError) -> SentencePipeline {
        let key = "bert.pooling_type"
        let value = file.header.values[key]
        let mode: PoolingModule.Mode
        switch value?.int {
        case 1: mode = .mean
        case 2: mode = .cls
        case 3: mode = .last
        case nil where value == nil: mode = .mean
        default:
            throw GGUFHeader.fault(
                .unsupported, GGUFHeader.place(key), "the pooling \(value?.summary ?? "") is not supported",
                advice: "Supported: 1 (mean), 2 (the first token), 3 (the last one).")
        }
        var pipeline = SentencePipeline(transformerFolder: Folder.parent(of: file.path))
        pipeline.modules = [.pooling(PoolingModule(modes: [mode], includesPrompt: true)), .normalize(onTokens: false)]
        pipeline.settlements = [
            Settlement(
                "pooling", mode.rawValue,
                source: value == nil ? "the file has no \(key)" : "\(CheckpointFormat.gguf.name), \(key)"),
            Settlement("normalization", "of the sentence", source: "as llama.cpp's embeddings are"),
        ]
        return pipeline
    }
}

/// The tokenizer of a GGUF file: llama.cpp's form of WordPiece, which marks the words that begin one and not those that
/// go on, and makes every text lower-case.
private struct GGUFVocabulary {
    /// A vocab.txt.
    let words: [UInt8]?

    private static let modelKey = "tokenizer.ggml.model"
    private static let mark = "\u{2581}"
    /// ggml's number of the tokens that stand for themselves.
    private static let control = 3
    private static let special: [(key: String, word: String)] = [
        ("tokenizer.ggml.unknown_token_id", "[UNK]"), ("tokenizer.ggml.seperator_token_id", "[SEP]"),
        ("tokenizer.ggml.padding_token_id", "[PAD]"), ("tokenizer.ggml.cls_token_id", "[CLS]"),
        ("tokenizer.ggml.mask_token_id", "[MASK]"), ("tokenizer.ggml.bos_token_id", "[CLS]"),
        ("tokenizer.ggml.eos_token_id", "[SEP]"),
    ]

    init(_ values: [String: GGUFValue]) throws(EmbqError) {
        guard let model = values[Self.modelKey] else {
            words = nil
            return
        }
        guard model.string == "bert" else {
            throw GGUFHeader.fault(
                .unsupported, GGUFHeader.place(Self.modelKey), "the tokenizer \(model.summary) is not supported",
                advice: "Supported: bert. Give the model's tokenizer.json with --tokenizer.")
        }
        let key = "tokenizer.ggml.tokens"
        guard case .texts(let tokens)? = values[key] else {
            throw GGUFHeader.fault(.missing, GGUFHeader.place(key), "there is no list of texts")
        }
        var types: [Int] = []
        if case .integers(let list)? = values["tokenizer.ggml.token_type"] { types = list }
        let ids = Dictionary(tokens.enumerated().map { (ExactString($1), $0) }, uniquingKeysWith: { first, _ in first })
        for (key, word) in Self.special {
            guard let id = values[key]?.int, let own = ids[ExactString(word)], own != id else { continue }
            throw GGUFHeader.fault(
                .unsupported, GGUFHeader.place(key), "it is \(id), the token \(word) is \(own)",
                advice: "Give the model's tokenizer.json with --tokenizer.")
        }
        var lines: [UInt8] = []
        for (id, token) in tokens.enumerated() {
            guard !token.utf8.contains(UInt8(ascii: "\n")) else {
                throw GGUFHeader.fault(.malformed, GGUFHeader.place(key), "token \(id) has a line's end")
            }
            let isSpecial = id < types.count ? types[id] == Self.control : Self.special.contains { $0.word == token }
            let word =
                isSpecial ? token : token.hasPrefix(Self.mark) ? String(token.dropFirst()) : "##" + token
            lines += Array(word.utf8) + [UInt8(ascii: "\n")]
        }
        words = lines
    }
}
