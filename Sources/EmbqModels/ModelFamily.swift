package import EmbqCheckpoints
package import EmbqCore

/// An architecture: how its tensors make a graph, and how they are known without a config.json.
///
/// A new family is a file in Families/ and a line in ``ModelFamilies/all``.
package protocol ModelFamily: SendableMetatype {
    /// `model_type` in config.json.
    static var modelType: String { get }
    /// What users read.
    static var name: String { get }
    /// The heads that its releases come with, the usual one first.
    static var heads: [Head] { get }
    /// What `architectures` may name, the usual class of a head first.
    static var classes: [ReleasedClass] { get }
    /// What is done with each key of config.json.
    static var keys: KnownKeys { get }
    /// The key of config.json that limits a sentence.
    static var lengthKey: String { get }
    /// The key of config.json that is D.
    static var widthKey: String { get }
    /// Other names that the library has for keys: the value of `key` is taken of `name` where it is missing.
    static var aliases: [(name: String, key: String)] { get }
    /// True if the tokens of a pair have types, which the tokenizer's template gives.
    static var usesTemplateTypes: Bool { get }
    /// True if a text without a token has an answer: the mean of nothing is 0.
    static var takesNothing: Bool { get }
    /// True if config.json has none of the sizes of ``ModelConfig``, and the tensors tell them.
    static var isToldByTensors: Bool { get }
    /// The sizes that it reads from config.json besides those of ``ModelConfig``.
    static var sizes: [ConfigSize] { get }

    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens

    /// How many positions the table of ``lengthKey`` has for tokens.
    static func positions(_ keys: CheckpointConfig) throws(EmbqError) -> Int

    /// Where a sentence is cut.
    static func limit(_ checkpoint: Checkpoint, positions: Int, key: String) throws(EmbqError) -> LengthLimit
    /// The head that config.json names, or the tensors tell.
    ///
    /// - Throws: `.unsupported` for any other.
    static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head

    /// What the family's own keys settle, for people.
    static func settlements(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> [Settlement]

    /// Reads the body's tensors and builds its nodes.
    ///
    /// - Returns: the rows that heads read, `[tokens, D]`.
    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value

    /// The layer that makes a classifier's logits, without `.weight`.
    static var logitsTensor: String { get }

    /// The logits of ``Head/transformersClassifier``, `[1, outputs]`.
    ///
    /// - Parameter body: what ``build(_:)`` gives.
    static func classify(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value

    /// The library's own row for a sentence, `[1, D]`; nil for a family that has none.
    static func pooler(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value?

    /// What tensors without a config.json tell; nil when they are not this family's.
    static func recognise(_ tensors: TensorShapes) -> Recognition?
}

extension ModelFamily {
    package static var name: String { modelType }
    package static var heads: [Head] { [.sequenceClassifier, .rmsClassifier, .pretrainingClassifier] }
    package static var classes: [ReleasedClass] { heads.map { ReleasedClass($0.publishedName, $0) } }
    package static var lengthKey: String { "max_length" }
    package static var widthKey: String { "hidden_size" }
    package static var aliases: [(name: String, key: String)] { [] }
    package static var usesTemplateTypes: Bool { false }
    package static var takesNothing: Bool { false }
    package static var logitsTensor: String { "classifier" }
    package static var keys: KnownKeys { ConfigKeys.embBERT }
    package static var isToldByTensors: Bool { false }

    package static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head {
        try Head.named(keys, family: Self.self) ?? heads[0]
    }

    package static func positions(_ keys: CheckpointConfig) throws(EmbqError) -> Int {
        try keys.integer(lengthKey, in: 1...DeviceLimits.length)
    }

    package static func classify(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value {
        preconditionFailure("\(name) has no classifier of the transformers library")
    }

    package static func pooler(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) -> Value? { nil }

    package static func settlements(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError)
        -> [Settlement]
    { [] }

    package static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError)
        -> SpecialTokens
    {
        .released
    }

    package static func limit(_ checkpoint: Checkpoint, positions: Int, key: String) throws(EmbqError) -> LengthLimit {
        LengthLimit(tokens: positions, source: "config.json, \(key)")
    }
}

/// The families that embq knows.
package enum ModelFamilies {
    package static let all: [any ModelFamily.Type] = [
        EmbBERT.self,
        NanoEmbedder.self, NanoEmbedderConv.self,
        BERT.self, NanoBERT.self,
        BERTEfficient.self, NanoBERTEfficient.self,
        Mamba.self,
        DistilBERT.self, ELECTRA.self, RoBERTa.self, XLMRoBERTa.self, ALBERT.self, MobileBERT.self,
        HuggingFaceBERT.self,
        StaticEmbedding.self,
    ]

    /// The family of a ``ModelConfig/family``; nil for a graph that no family has built.
    package static func family(_ name: String) -> (any ModelFamily.Type)? {
        for family in all where family.name == name { return family }
        return nil
    }

    /// The family that a config.json names.
    ///
    /// - Parameter tensors: of the model, for what is said of a family that embq does not know.
    /// - Throws: `.missing` without `model_type`, `.unsupported` for any other.
    static func named(_ keys: CheckpointConfig, _ tensors: any TensorSource) throws(EmbqError)
        -> any ModelFamily.Type
    {
        let type = try keys.string("model_type")
        for family in all where family.modelType == type { return family }
        throw EmbqError(
            .unsupported, file: keys.path, place: "model_type",
            "the family \"\(EmbqError.printable(type))\" is not supported"
                + (NearestFamily(tensors).map { "; \($0.description)" } ?? ""),
            advice: "Supported families: \(supported).")
    }

    /// What a config.json may call a family.
    static var supported: String {
        var names: [String] = []
        for family in all { names.append(family.modelType) }
        return names.joined(separator: ", ")
    }

    /// Reads a checkpoint's configuration and tensors into a graph.
    ///
    /// - Throws: what the configuration or the tensors lack, naming the key or the tensor; `.unsupported` for tensors
    ///   that the family does not have.
    /// - Parameter promptTokens: [CLS] and the tokens of the prompt, which some poolings leave out.
    package static func graph(_ checkpoint: Checkpoint, promptTokens: Int = 0) throws(EmbqError)
        -> (config: ModelConfig, graph: ModelGraph)
    {
        let released = try ReleasedConfig(checkpoint)
        let config = try ModelConfig(checkpoint, released.keys, family: released.family)
        var builder = GraphBuilder(
            checkpoint.source, config, released.keys, toldBy: released.recognition == nil ? "config.json says" : nil,
            sentence: checkpoint.sentence)
        let body = try released.family.build(&builder)
        if config.head.isOfSentence {
            var head = SentenceHead(
                checkpoint.sentence ?? .plain(checkpoint.path), promptTokens: promptTokens, body: body,
                layers: builder.layers, family: released.family)
            try head.build(&builder)
        } else {
            try config.head.build(&builder, body, family: released.family)
        }
        return (config, try builder.finish())
    }
}
