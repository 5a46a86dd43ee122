import EmbqCheckpoints
import EmbqCore
import EmbqTokenizers

/// A family of encoders as the transformers library saves them.
///
/// Source: https://github.com/huggingface/transformers, models/<name>/modeling_<name>.py and configuration_<name>.py.
protocol TransformersFamily: ModelFamily {
    static var names: TransformersNames { get }

    /// What the tensors of a layer are called, those of ``PostNormLayer``.
    static var layerNames: PostNormLayer.Names { get }
    /// The size that counts the layers that have weights.
    static var storedLayers: ConfigSize { get }

    /// Appends the layers behind the embedder's rows.
    ///
    /// - Parameter prefix: of the body's tensors.
    static func layers(_ b: inout GraphBuilder, _ prefix: String, _ embedded: Value) throws(EmbqError) -> Value
    /// Appends the embedder.
    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value

    /// Whether tensors that bear the body's names are this family's, and not those of another with the same names.
    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool
    /// Sets the keys that shapes tell, besides `vocab_size` and the positions, and requires those that they do not.
    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String)
}

extension TransformersFamily {
    static var heads: [Head] { [.transformersClassifier, .tokenClassifier, .sentenceEmbedding] }
    static var classes: [ReleasedClass] {
        [
            ReleasedClass(names.classStem + "ForSequenceClassification", .transformersClassifier),
            ReleasedClass(names.classStem + "ForTokenClassification", .tokenClassifier),
            ReleasedClass(names.classStem + "Model", .sentenceEmbedding),
        ] + names.otherHeads.map { ReleasedClass(names.classStem + $0, .sentenceEmbedding) }
    }
    static var lengthKey: String { "max_position_embeddings" }
    static var widthKey: String { names.widthKey }
    static var usesTemplateTypes: Bool { true }
    static var logitsTensor: String { names.logits }
    static var sizes: [ConfigSize] {
        [.layers(names), .heads(names), .inner(names)] + (names.typesKey == nil ? [] : [.tokenTypes])
    }

    static var layerNames: PostNormLayer.Names { PostNormLayer.Names() }
    static var storedLayers: ConfigSize { .layers(names) }

    /// Without `architectures` the tensors settle it: the classifier of sentences has a layer before its last one, that of
    /// tokens may have none.
    static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head {
        if let head = try Head.named(keys, family: Self.self) { return head }
        let tensors = Set(checkpoint.source.tensors.map(\.name))
        guard tensors.contains(names.logits + ".weight") else { return .sentenceEmbedding }
        let before =
            names.classifiesPooled
            ? names.pooler.map { ["\(names.stem).\($0)", $0] } ?? [] : Array(names.classifier.dropLast())
        if before.contains(where: { tensors.contains($0 + ".weight") }) { return .transformersClassifier }
        throw EmbqError(
            .missing, file: keys.path, place: "'architectures'",
            "the key is missing, and a classifier without a pooler may have several meanings",
            advice: "Write the class that the weights were saved from into architectures.")
    }

    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens {
        try usualSpecialTokens(checkpoint, keys)
    }

    /// Those of tokenizer.json, else of config.json, else the library's.
    static func usualSpecialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError)
        -> SpecialTokens
    {
        let words = try checkpoint.tokenizer?.vocabulary()
        func id(_ special: TransformersNames.SpecialWord) throws(EmbqError) -> Int {
            if let id = words?.id(of: special.word) { return id }
            return try keys.integer(
                special.key, in: 0...DeviceLimits.vocabulary, default: words == nil ? special.usual : -1)
        }
        return SpecialTokens(pad: try id(names.pad), separator: try id(names.separator), mask: try id(names.mask))
    }

    /// What the sentence encoder says; else the smaller of the tokenizer's length and the table's.
    static func limit(_ checkpoint: Checkpoint, positions: Int, key: String) throws(EmbqError) -> LengthLimit {
        if let limit = checkpoint.sentence?.limit { return limit }
        if let limit = try checkpoint.tokenizer?.resolved().modelMaxLength, limit.tokens < positions {
            return LengthLimit(tokens: limit.tokens, source: limit.source)
        }
        return LengthLimit(tokens: positions, source: "config.json, \(key)")
    }

    // MARK: Graph

    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        try TransformersEmbedder(Self.self, width: b.config.hiddenSize, widthKey: widthKey).build(&b, prefix)
    }

    static func layers(_ b: inout GraphBuilder, _ prefix: String, _ embedded: Value) throws(EmbqError) -> Value {
        let layer = try PostNormLayer(b, Self.self)
        return try b.keepLayers(embedded, count: try b.size(.layers(names))) { b, index, x throws(EmbqError) in
            try layer.build(&b, index, x, "\(prefix)\(names.layers)\(index).")
        }
    }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        let prefix = prefix(b)
        leaveOut(&b, prefix, layers: try checkedLayers(b, prefix))
        return try layers(&b, prefix, embedder(&b, prefix))
    }

    static func prefix(_ b: GraphBuilder) -> String {
        b.has("\(names.stem).embeddings.word_embeddings.weight") ? names.stem + "." : ""
    }

    /// - Throws: `.unsupported` for more layers than there are weights for.
    private static func checkedLayers(_ b: GraphBuilder, _ prefix: String) throws(EmbqError) -> Int {
        let layers = try b.size(storedLayers)
        var stored = 0
        while stored < layers, b.has("\(prefix)\(names.layers)\(stored).\(names.layerMark)") { stored += 1 }
        guard stored > 0, stored < layers else { return layers }
        throw b.keys.unsupported(
            storedLayers.key, .number("\(layers)"), "the number of layers with weights is \(stored)",
            advice: "Use the config.json released with these weights, or pass --config.")
    }

    /// Leaves out what the library leaves out: heads that the class does not have, and layers that config.json does not
    /// count.
    private static func leaveOut(_ b: inout GraphBuilder, _ prefix: String, layers: Int) {
        let classifies = b.config.head == .transformersClassifier
        let readsPooler = classifies ? names.classifiesPooled : b.sentence?.output == .pooler
        var wanted = names.parts.map { prefix + $0 }
        if classifies { wanted += names.classifier.map { $0 + "." } }
        if b.config.head == .tokenClassifier { wanted.append("classifier.") }
        if readsPooler, let pooler = names.pooler { wanted.append("\(prefix)\(pooler).") }
        b.ignore { name in
            if name == prefix + "embeddings.position_ids" { return true }
            if name.hasPrefix(prefix + names.layers) {
                let place = name.dropFirst((prefix + names.layers).count).prefix { $0 != "." }
                return Int(place).map { $0 >= layers } == true
            }
            return !wanted.contains { name.hasPrefix($0) }
        }
    }

    static func epsilon(_ b: GraphBuilder) throws(EmbqError) -> Float {
        guard let key = names.epsilonKey else { return 1e-12 }
        return Float(try b.keys.number(key.name, in: 1e-20...1, default: key.usual))
    }

    /// The pooler's row where there is one, else position 0, and the classifier's layers.
    static func classify(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value {
        let row: Value
        if names.classifiesPooled, let pooled = try pooler(&b, body) {
            row = pooled
        } else {
            let first = b.pool(.first, "first", body)
            let dense = try b.linear(
                "dense", first, names.classifier[0], b.config.hiddenSize, widthKey, inputKeys: widthKey)
            row = b.activate(names.classifierActivation, "pooled", dense)
        }
        return try b.linear(
            "classifier", row, names.logits, b.config.outputs, "number of labels", inputKeys: widthKey)
    }

    static func pooler(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value? {
        guard let tensor = names.pooler else { return nil }
        let first = b.pool(.first, "first", body)
        let dense = try b.linear(
            "pooler", first, prefix(b) + tensor, b.config.hiddenSize, widthKey, inputKeys: widthKey)
        return b.activate(.tanh, "pooled", dense)
    }

    // MARK: What is told

    static func settlements(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> [Settlement] {
        func settled(_ name: String, _ key: String, _ value: String, _ usual: String) -> Settlement {
            Settlement(name, value, source: Recipe.source(checkpoint, key, else: "\(usual), as the library assumes"))
        }
        let (heads, activation) = (names.headsKey, names.activationKey)
        let count = try keys.integer(heads.name, in: 1...DeviceLimits.width, default: heads.usual)
        let named = keys[activation.name]?.string ?? activation.usual
        let function = try Activation(keys, activation).rawValue
        var settlements = [
            settled("attention heads", heads.name, "\(count)", "\(heads.usual)"),
            settled(
                "activation", activation.name, named == function ? function : "\(named), computed as \(function)",
                activation.usual),
        ]
        if let epsilon = names.epsilonKey {
            let value = keys[epsilon.name]?.summary ?? "\(epsilon.usual)"
            settlements.append(settled("layer norm epsilon", epsilon.name, value, "\(epsilon.usual)"))
        }
        if let types = names.typesKey {
            let count = try keys.integer(types.name, in: 1...Int(Int32.max), default: types.usual)
            settlements.append(
                settled("token types", types.name, count == 1 ? "1: no pairs" : "\(count)", "\(types.usual)"))
        }
        return settlements
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        let prefix = t.has("\(names.stem).embeddings.word_embeddings.weight") ? names.stem + "." : ""
        let e = prefix + "embeddings."
        guard t.has(e + "word_embeddings.weight"), t.has("\(prefix)\(names.layers)0.\(names.layerMark)"),
            isRecognised(t, prefix)
        else { return nil }
        var found = Recognition(Self.self, "the names of the transformers library's \(names.classStem)Model")
        found.set("vocab_size", t[e + "word_embeddings.weight", 0, of: 2])
        recogniseSizes(&found, t, prefix)
        found.set(lengthKey, t[e + "position_embeddings.weight", 0, of: 2])
        if names.typesKey != nil { found.set("type_vocab_size", t[e + "token_type_embeddings.weight", 0, of: 2]) }
        let head: Head = t.has(names.logits + ".weight") ? .transformersClassifier : .sentenceEmbedding
        found.set(head)
        if head == .sentenceEmbedding {
            found.assume("architectures", "mean pooling to unit length, as sentence-transformers does")
        }
        found.require(names.headsKey.name, "releases of one width have different numbers of heads")
        if let epsilon = names.epsilonKey {
            found.assume(epsilon.name, "\(epsilon.usual), as every released \(name) has")
        }
        found.assume(names.activationKey.name, "\(names.activationKey.usual), as every released \(name) has")
        let usual = [names.pad, names.separator, names.mask].map { "\($0.word) \($0.usual)" }
        found.assume("pad_token_id", "the ids of tokenizer.json, else \(usual.joined(separator: ", "))")
        return found
    }

    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool { !prefix.isEmpty }

    static func recogniseSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        bertSizes(&found, t, prefix)
    }

    static func bertSizes(_ found: inout Recognition, _ t: TensorShapes, _ prefix: String) {
        found.set(widthKey, t["\(prefix)\(names.layers)0.\(names.layerMark)", 1, of: 2])
        found.layers(t, prefix + names.layers, names.layerMark)
        found.set(names.innerKey, t["\(prefix)\(names.layers)0.intermediate.dense.bias", 0, of: 1])
    }
}

extension Checkpoint {
    /// The names of the outputs of a classifier that the transformers library saved.
    ///
    /// `num_labels` counts where it and `id2label` differ: the library then calls the labels LABEL_0 and so on.
    ///
    /// - Parameter logits: the layer that makes the logits.
    /// - Throws: `.unsupported` when the classifier has another number of outputs.
    func transformersLabels(_ keys: CheckpointConfig, logits: String) throws(EmbqError) -> [String] {
        let outputs = try source.outputs(of: logits)
        let names = labels ?? []
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
}
