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
    /// What is done with each key of config.json.
    static var keys: KnownKeys { get }
    /// The key of config.json that limits a sentence.
    static var lengthKey: String { get }
    /// True if config.json has none of the sizes of ``ModelConfig``, and the tensors tell them.
    static var isToldByTensors: Bool { get }
    /// The sizes that it reads from config.json besides those of ``ModelConfig``.
    static var sizes: [ConfigSize] { get }

    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens

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

    /// What tensors without a config.json tell; nil when they are not this family's.
    static func recognise(_ tensors: TensorShapes) -> Recognition?
}

extension ModelFamily {
    package static var name: String { modelType }
    package static var heads: [Head] { [.sequenceClassifier, .rmsClassifier, .pretrainingClassifier] }
    package static var lengthKey: String { "max_length" }
    package static var keys: KnownKeys { ConfigKeys.embBERT }
    package static var isToldByTensors: Bool { false }

    package static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head {
        try Head.named(keys, family: Self.self) ?? heads[0]
    }

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
        HuggingFaceBERT.self,
        StaticEmbedding.self,
    ]

    /// The family that a config.json names.
    ///
    /// - Throws: `.missing` without `model_type`, `.unsupported` for any other.
    static func named(_ keys: CheckpointConfig) throws(EmbqError) -> any ModelFamily.Type {
        let type = try keys.string("model_type")
        for family in all where family.modelType == type { return family }
        throw EmbqError(
            .unsupported, file: keys.path, place: "model_type", "the family \"\(type)\" is not supported",
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
        if config.head == .sentenceEmbedding {
            var head = SentenceHead(
                checkpoint.sentence ?? .plain(checkpoint.path), promptTokens: promptTokens, body: body,
                layers: builder.layers)
            try head.build(&builder)
        } else {
            try config.head.build(&builder, body)
        }
        return (config, try builder.finish())
    }
}
