package import EmbqCheckpoints
package import EmbqCore

/// What the logits mean.
package enum Task: String, Sendable {
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
package struct ModelConfig: Sendable, Equatable {
    /// The family's ``ModelFamily/name``.
    package var family: String
    package var head: Head
    /// V: token ids are below it.
    package var vocabularySize: Int
    /// Longest sentence in tokens; longer ones are cut.
    package var maximumLength: Int
    /// Positions that the model knows.
    package var positions: Int
    /// Where the library cuts a sentence: beyond ``positions``, a longer sentence than those fails.
    package var cut: Int
    /// The file and key that limit a sentence.
    package var lengthSource: String
    /// D: width of a token's activations.
    package var hiddenSize: Int
    /// A name for each output.
    package var labels: [String]
    /// [PAD], [SEP] and [MASK].
    package var special: SpecialTokens

    package var outputs: Int { labels.count }
    package var task: Task {
        if head == .sentenceEmbedding { return .embedding }
        if head == .pretrainingClassifier { return .pretraining }
        return labels.count == 1 ? .regression : .classification
    }

    /// Reads what a checkpoint's config.json says, or what its tensors tell where there is none.
    ///
    /// - Throws: `.missing` with a key left out; `.unsupported` for a family or head that embq does not run, or for
    ///   weights of no known family; `.limitExceeded` for a number that makes no sense, or more than the device takes.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        let released = try ReleasedConfig(checkpoint)
        try self.init(checkpoint, released.keys, family: released.family)
    }

    init(_ checkpoint: Checkpoint, _ keys: CheckpointConfig, family: any ModelFamily.Type) throws(EmbqError) {
        self.family = family.name
        // Of a sentence encoder the library loads the encoder alone, whatever class the weights were saved from.
        head = checkpoint.sentence?.kind == .sentences ? .sentenceEmbedding : try Head(keys, family: family)
        vocabularySize = try keys.integer("vocab_size", in: 1...DeviceLimits.vocabulary)
        positions = try keys.integer(family.lengthKey, in: 1...DeviceLimits.length)
        let limit = try family.limit(checkpoint, positions: positions, key: family.lengthKey)
        cut = limit.tokens
        lengthSource = limit.source
        maximumLength = min(limit.tokens, positions)
        hiddenSize = try keys.integer("hidden_size", in: 1...DeviceLimits.width)
        special = try family.specialTokens(checkpoint, keys)
        labels = []
        labels = try head.labels(checkpoint, keys, config: self)
        for size in family.sizes where keys[size.key] != nil { _ = try size.read(keys, self) }
    }
}

/// Token ids that a model treats in a way of their own; -1 where its vocabulary has none.
package struct SpecialTokens: Sendable, Equatable {
    /// The filler, which no token attends to in the families that mask it.
    package var pad: Int
    /// What stands between two sentences.
    package var separator: Int
    /// What a pretraining head predicts.
    package var mask: Int

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
