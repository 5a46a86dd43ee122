import EmbqCheckpoints
import EmbqCore
import EmbqTokenizers

/// BERT as the transformers library saves it: BERT-Tiny to BERT-Base, MiniLM.
///
/// Source: https://github.com/huggingface/transformers, models/bert/modeling_bert.py. Tensors stand under `bert.` or
/// under nothing; old ones call a norm's γ and β gamma and beta.
enum HuggingFaceBERT: ModelFamily {
    static let modelType = "bert"
    static let name = "HuggingFaceBERT"
    static var heads: [Head] { [.pooledClassifier, .sentenceEmbedding] }
    static let lengthKey = "max_position_embeddings"
    static var sizes: [ConfigSize] { [.layers, .heads, .intermediate, .tokenTypes] }

    /// Those of tokenizer.json, else of config.json, else of Google's vocabularies.
    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens {
        let words = try checkpoint.tokenizer?.vocabulary()
        func id(_ word: String, _ key: String, _ usual: Int) throws(EmbqError) -> Int {
            if let id = words?.id(of: word) { return id }
            return try keys.integer(key, in: 0...DeviceLimits.vocabulary, default: words == nil ? usual : -1)
        }
        return SpecialTokens(
            pad: try id("[PAD]", "pad_token_id", 0), separator: try id("[SEP]", "sep_token_id", 102),
            mask: try id("[MASK]", "mask_token_id", 103))
    }

    /// What the sentence encoder says; else the smaller of the tokenizer's length and the table's.
    static func limit(_ checkpoint: Checkpoint, positions: Int, key: String) throws(EmbqError) -> LengthLimit {
        if let limit = checkpoint.sentence?.limit { return limit }
        if let limit = try checkpoint.tokenizer?.maximumLength(), limit.tokens < positions {
            return LengthLimit(
                tokens: limit.tokens, source: "\(ReleasedTokenizer.configName), \(limit.key)")
        }
        return LengthLimit(tokens: positions, source: "config.json, \(key)")
    }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        try refuseVariants(b)
        let prefix = b.has("bert.embeddings.word_embeddings.weight") ? "bert." : ""
        b.ignore { $0 == prefix + "embeddings.position_ids" || $0.hasPrefix("cls.") }
        if b.config.head == .sentenceEmbedding, b.sentence?.output != .pooler {
            b.ignore { $0.hasPrefix(prefix + "pooler.") }
        }
        var x = try embedder(&b, prefix + "embeddings.")
        let inner = try b.size(.intermediate)
        let heads = try b.size(.heads)
        b.layers = [x]
        for index in 0..<(try b.size(.layers)) {
            x = try layer(&b, prefix, index, x, inner: inner, heads: heads)
            // The layer's own input is kept on the device; the value is the same.
            b.layers[index] = b.value(named: "layers.\(index).input") ?? b.layers[index]
            b.layers.append(x)
        }
        return x
    }

    /// What the graph would compute wrongly.
    private static func refuseVariants(_ b: GraphBuilder) throws(EmbqError) {
        for (key, usual) in [("hidden_act", "gelu"), ("position_embedding_type", "absolute")] where b.keys[key] != nil {
            let value = try b.keys.string(key)
            guard value == usual else {
                throw b.unsupported(key, "\"\(value)\" is found, only \"\(usual)\" is supported")
            }
        }
        for key in ["is_decoder", "add_cross_attention"] where try b.keys.bool(key, default: false) {
            throw b.unsupported(key, "it is true: only encoders are supported")
        }
    }

    private static func embedder(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> Value {
        let width = b.config.hiddenSize
        let segments = try b.size(.tokenTypes)
        let token = try b.read(
            e + "word_embeddings.weight", [b.config.vocabularySize, width], "vocab_size, hidden_size")
        let position = try b.read(
            e + "position_embeddings.weight", [b.config.positions, width], "max_position_embeddings, hidden_size")
        let types = try b.read(
            e + "token_type_embeddings.weight", [segments, width], "type_vocab_size, hidden_size")
        // A text has type 0 and what follows [SEP] type 1, however many there are; of one type all is.
        let segment = segments == 1 ? types + types : Array(types[..<(2 * width)])
        let sum = b.embed(
            Embedding(
                token: token, position: Array(position[..<(b.config.maximumLength * width)]), segment: segment,
                segments: .behindSeparator))
        return try norm(&b, "embedder.norm", sum, e + "LayerNorm")
    }

    private static func norm(_ b: inout GraphBuilder, _ name: String, _ x: Value, _ tensor: String) throws(EmbqError)
        -> Value
    {
        let epsilon = try b.keys.number("layer_norm_eps", in: 1e-20...1, default: 1e-12)
        let names = b.has(tensor + ".gamma") ? ["gamma", "beta"] : ["weight", "bias"]
        return try b.layerNorm(name, x, tensor, epsilon: Float(epsilon), names: names)
    }

    private static func layer(
        _ b: inout GraphBuilder, _ prefix: String, _ index: Int, _ x: Value, inner: Int, heads: Int
    ) throws(EmbqError) -> Value {
        let (point, a, width) = ("layers.\(index).", "\(prefix)encoder.layer.\(index).", b.config.hiddenSize)
        let input = b.remember(point + "input", x)
        let query = try b.linear(point + "query", input, a + "attention.self.query", width, "hidden_size")
        let key = try b.linear(point + "key", input, a + "attention.self.key", width, "hidden_size")
        let value = try b.linear(point + "value", input, a + "attention.self.value", width, "hidden_size")
        let context = b.attend(
            point + "context", queries: query, keys: key, values: value, heads: heads, ignoresPad: true)
        let attention = try b.linear(point + "attention", context, a + "attention.output.dense", width, "hidden_size")
        let residual = b.add(point + "residual", (1, attention), (1, input))
        let middle = try norm(&b, point + "norm", residual, a + "attention.output.LayerNorm")
        let expand = try b.linear(point + "expand", middle, a + "intermediate.dense", inner, "intermediate_size")
        let activation = b.activate(.gelu, point + "activation", expand)
        let contract = try b.linear(
            point + "contract", activation, a + "output.dense", width, "hidden_size", inputKeys: "intermediate_size")
        let sum = b.add(point + "sum", (1, contract), (1, middle))
        return try norm(&b, point + "output", sum, a + "output.LayerNorm")
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        let prefix = t.has("bert.embeddings.word_embeddings.weight") ? "bert." : ""
        guard t.has(prefix + "embeddings.word_embeddings.weight"),
            t.has(prefix + "encoder.layer.0.attention.self.query.weight")
        else { return nil }
        var found = Recognition(HuggingFaceBERT.self, "the names of the transformers library's BertModel")
        let e = prefix + "embeddings."
        found.set("vocab_size", t[e + "word_embeddings.weight", 0, of: 2])
        found.set("hidden_size", t[e + "word_embeddings.weight", 1, of: 2])
        found.set("max_position_embeddings", t[e + "position_embeddings.weight", 0, of: 2])
        found.set("type_vocab_size", t[e + "token_type_embeddings.weight", 0, of: 2])
        found.layers(t, prefix + "encoder.layer.", "attention.self.query.weight")
        found.set("intermediate_size", t[prefix + "encoder.layer.0.intermediate.dense.bias", 0, of: 1])
        let head: Head = t.has("classifier.weight") ? .pooledClassifier : .sentenceEmbedding
        found.set(head)
        if head == .sentenceEmbedding {
            found.assume("architectures", "mean pooling to unit length, as sentence-transformers does")
        }
        found.require("num_attention_heads", "releases of one width have different numbers of heads")
        found.assume("layer_norm_eps", "1e-12, as every released BERT has")
        found.assume("hidden_act", "gelu, as every released BERT has")
        found.assume("pad_token_id", "the ids of tokenizer.json, else [PAD] 0, [SEP] 102, [MASK] 103")
        return found
    }
}
