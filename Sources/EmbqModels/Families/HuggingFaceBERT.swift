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
    static var heads: [Head] { [.pooledClassifier, .tokenClassifier, .sentenceEmbedding] }
    static let lengthKey = "max_position_embeddings"
    static var sizes: [ConfigSize] { [.layers, .bertHeads, .intermediate, .tokenTypes] }
    static var keys: KnownKeys { ConfigKeys.huggingFaceBERT }

    /// Classes whose heads are left out: what remains is an encoder.
    private static let encoders: Set<String> = [
        "BertForMaskedLM", "BertForPreTraining", "BertForNextSentencePrediction", "BertLMHeadModel",
    ]

    /// Without `architectures` the tensors settle it: a classifier reads a pooler, the tags of tokens do not.
    static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head {
        if let head = try Head.named(keys, family: Self.self, encoders: encoders) { return head }
        let names = Set(checkpoint.source.tensors.map(\.name))
        guard names.contains("classifier.weight") else { return .sentenceEmbedding }
        if names.contains("bert.pooler.dense.weight") || names.contains("pooler.dense.weight") {
            return .pooledClassifier
        }
        throw EmbqError(
            .missing, file: keys.path, place: "'architectures'",
            "the key is missing, and a classifier without a pooler may have several meanings",
            advice: "Write the class that the weights were saved from into architectures.")
    }

    /// `num_labels` counts where it and `id2label` differ: the library then calls the labels LABEL_0 and so on.
    ///
    /// - Throws: `.unsupported` when the classifier has another number of outputs.
    static func labels(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> [String] {
        let outputs = try checkpoint.source.outputsOfClassifier()
        let names = checkpoint.labels ?? []
        let number = keys["num_labels"] == nil ? nil : try keys.integer("num_labels", in: 1...DeviceLimits.outputs)
        guard let count = number ?? (names.isEmpty ? nil : names.count) else {
            return (0..<outputs).map { "LABEL_\($0)" }
        }
        guard count == outputs else {
            throw keys.unsupported(
                number == nil ? "id2label" : "num_labels", .number("\(count)"),
                "the classifier has \(outputs) outputs",
                advice: "Use the config.json released with these weights, or pass --config.")
        }
        return names.count == count ? names : (0..<count).map { "LABEL_\($0)" }
    }

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
        if let limit = try checkpoint.tokenizer?.resolved().modelMaxLength, limit.tokens < positions {
            return LengthLimit(tokens: limit.tokens, source: limit.source)
        }
        return LengthLimit(tokens: positions, source: "config.json, \(key)")
    }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        let prefix = b.has("bert.embeddings.word_embeddings.weight") ? "bert." : ""
        let layers = try checkedLayers(b, prefix)
        // As the library: heads that the class does not have, and layers that config.json does not count, are left out.
        let readsPooler = b.sentence?.output == .pooler
        b.ignore { name in
            if readsPooler, name.hasPrefix(prefix + "pooler.") { return false }
            guard name.hasPrefix(prefix + "embeddings.") || name.hasPrefix(prefix + "encoder.") else { return true }
            if name == prefix + "embeddings.position_ids" { return true }
            let place = name.dropFirst((prefix + "encoder.layer.").count).prefix { $0 != "." }
            return name.hasPrefix(prefix + "encoder.layer.") && Int(place).map { $0 >= layers } == true
        }
        var x = try embedder(&b, prefix + "embeddings.")
        let shape = LayerShape(
            inner: try b.size(.intermediate), heads: try b.size(.bertHeads), activation: try Activation(b.keys))
        b.layers = [x]
        for index in 0..<layers {
            x = try layer(&b, prefix, index, x, shape)
            // The layer's own input is kept on the device; the value is the same.
            b.layers[index] = b.value(named: "layers.\(index).input") ?? b.layers[index]
            b.layers.append(x)
        }
        return x
    }

    /// What the layers have alike.
    private struct LayerShape {
        var inner: Int
        var heads: Int
        var activation: Activation
    }

    /// - Throws: `.unsupported` for more layers than there are weights for.
    private static func checkedLayers(_ b: GraphBuilder, _ prefix: String) throws(EmbqError) -> Int {
        let layers = try b.size(.layers)
        var stored = 0
        while stored < layers, b.has("\(prefix)encoder.layer.\(stored).attention.self.query.weight") { stored += 1 }
        guard stored > 0, stored < layers else { return layers }
        throw b.keys.unsupported(
            "num_hidden_layers", .number("\(layers)"), "the number of layers with weights is \(stored)",
            advice: "Use the config.json released with these weights, or pass --config.")
    }

    static func settlements(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> [Settlement] {
        func settled(_ name: String, _ key: String, _ value: String, _ usual: String) -> Settlement {
            Settlement(name, value, source: Recipe.source(checkpoint, key, else: "\(usual), as the library assumes"))
        }
        let heads = try keys.integer("num_attention_heads", in: 1...DeviceLimits.width, default: 12)
        let types = try keys.integer("type_vocab_size", in: 1...Int(Int32.max), default: 2)
        let activation = keys["hidden_act"]?.string ?? "gelu"
        let function = try Activation(keys).rawValue
        return [
            settled("attention heads", "num_attention_heads", "\(heads)", "12"),
            settled(
                "activation", "hidden_act",
                activation == function ? function : "\(activation), computed as \(function)",
                "gelu"),
            settled(
                "layer norm epsilon", "layer_norm_eps", keys["layer_norm_eps"]?.summary ?? "1e-12", "1e-12"),
            settled("token types", "type_vocab_size", types == 1 ? "1: no pairs" : "\(types)", "2"),
        ]
    }

    private static func embedder(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> Value {
        let width = b.config.hiddenSize
        let segments = try b.size(.tokenTypes)
        let token = try b.read(
            e + "word_embeddings.weight", [b.config.vocabularySize, width], "vocab_size, hidden_size")
        let position = try b.positions(
            e + "position_embeddings.weight", width, "max_position_embeddings, hidden_size")
        let types = try b.read(
            e + "token_type_embeddings.weight", [segments, width], "type_vocab_size, hidden_size")
        // The template gives types 0 and 1, however many there are; of one type all is.
        let segment = segments == 1 ? types + types : Array(types[..<(2 * width)])
        let sum = b.embed(
            Embedding(
                token: token, position: position, segment: segment,
                segments: .byTemplate))
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
        _ b: inout GraphBuilder, _ prefix: String, _ index: Int, _ x: Value, _ shape: LayerShape
    ) throws(EmbqError) -> Value {
        let (point, a, width) = ("layers.\(index).", "\(prefix)encoder.layer.\(index).", b.config.hiddenSize)
        let input = b.remember(point + "input", x)
        let query = try b.linear(point + "query", input, a + "attention.self.query", width, "hidden_size")
        let key = try b.linear(point + "key", input, a + "attention.self.key", width, "hidden_size")
        let value = try b.linear(point + "value", input, a + "attention.self.value", width, "hidden_size")
        let context = b.attend(
            point + "context", queries: query, keys: key, values: value, heads: shape.heads, ignoresPad: true)
        let attention = try b.linear(point + "attention", context, a + "attention.output.dense", width, "hidden_size")
        let residual = b.add(point + "residual", (1, attention), (1, input))
        let middle = try norm(&b, point + "norm", residual, a + "attention.output.LayerNorm")
        let expand = try b.linear(point + "expand", middle, a + "intermediate.dense", shape.inner, "intermediate_size")
        let activation = b.activate(shape.activation, point + "activation", expand)
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
