public import Checkpoints
public import TensorCore

/// What the logits mean.
public enum Task: String, Sendable {
    /// One of several labels: the largest logit wins.
    case classification
    /// A single number.
    case regression
    /// A vector that stands for the sentence.
    case embedding
    /// Whether a second sentence follows, and the word at [MASK].
    case pretraining
}

/// What every family's configuration has; the families read the rest from config.json themselves.
public struct ModelConfig: Sendable, Equatable {
    /// The family's ``ModelFamily/name``.
    public var family: String
    public var head: Head
    /// V: token ids are below it.
    public var vocabularySize: Int
    /// Longest sentence in tokens; longer ones are cut.
    public var maximumLength: Int
    /// D: width of a token's activations.
    public var hiddenSize: Int
    /// A name for each output.
    public var labels: [String]
    /// [PAD], [SEP] and [MASK].
    public var special: SpecialTokens

    public var outputs: Int { labels.count }
    public var task: Task {
        if head == .sentenceEmbedding { return .embedding }
        if head == .pretrainingClassifier { return .pretraining }
        return labels.count == 1 ? .regression : .classification
    }

    /// Reads what a checkpoint's config.json says, or what its tensors tell where there is none.
    ///
    /// - Throws: `.missing` with a key left out; `.unsupported` for a family or head that embq does not run, or for
    ///   weights of no known family; `.limitExceeded` for a number that makes no sense.
    public init(_ checkpoint: Checkpoint) throws(EmbqError) {
        let released = try ReleasedConfig(checkpoint)
        try self.init(checkpoint, released.keys, family: released.family)
    }

    init(_ checkpoint: Checkpoint, _ keys: CheckpointConfig, family: any ModelFamily.Type) throws(EmbqError) {
        self.family = family.name
        head = try Head(keys, family: family)
        vocabularySize = try keys.integer("vocab_size", in: 1...65_535)
        maximumLength = try keys.integer(family.lengthKey, in: 1...16_384)
        hiddenSize = try keys.integer("hidden_size", in: 1...1024)
        special = try family.specialTokens(checkpoint, keys)
        labels = []
        labels = try head.labels(checkpoint, keys, config: self)
    }

    /// The configuration of a graph that no checkpoint describes.
    package init(
        family: String, head: Head, vocabularySize: Int, maximumLength: Int, hiddenSize: Int, labels: [String],
        special: SpecialTokens
    ) {
        self.family = family
        self.head = head
        self.vocabularySize = vocabularySize
        self.maximumLength = maximumLength
        self.hiddenSize = hiddenSize
        self.labels = labels
        self.special = special
    }
}

/// Token ids that a model treats in a way of their own; -1 where its vocabulary has none.
public struct SpecialTokens: Sendable, Equatable {
    /// The filler, which no token attends to in the families that mask it.
    public var pad: Int
    /// What stands between two sentences.
    public var separator: Int
    /// What a pretraining head predicts.
    public var mask: Int

    package init(pad: Int, separator: Int, mask: Int) {
        self.pad = pad
        self.separator = separator
        self.mask = mask
    }

    /// Of the eight families, whose tokenizers all begin [PAD], [UNK], [CLS], [MASK], [SEP].
    static let released = SpecialTokens(pad: 0, separator: 4, mask: 3)
}

/// The configuration of a checkpoint and its family: config.json, or what the tensors tell.
struct ReleasedConfig {
    let keys: CheckpointConfig
    let family: any ModelFamily.Type
    /// nil with a config.json.
    let recognition: Recognition?

    init(_ checkpoint: Checkpoint) throws(EmbqError) {
        if let config = checkpoint.config {
            keys = config
            family = try ModelFamilies.named(config)
            recognition = nil
        } else {
            let recognition = try ModelFamilies.recognise(checkpoint)
            try recognition.requireComplete(checkpoint)
            keys = CheckpointConfig(path: checkpoint.source.path, json: recognition.json)
            family = recognition.family
            self.recognition = recognition
        }
    }
}
