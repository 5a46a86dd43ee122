package import EmbqCheckpoints
package import EmbqCore

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

    /// What the logits mean.
    package private(set) var task: Task
    /// What makes scores of the logits of ``Task/classification``, ``Task/multiLabel`` and ``Task/regression``.
    package private(set) var scores: ScoreActivation
    /// What settled ``task`` and ``scores``.
    private(set) var scoresSource: String

    package var outputs: Int { labels.count }
    /// The head's class, as `architectures` names it.
    package var headName: String { ModelFamilies.family(family)?.className(head) ?? family }
    /// True if the tokens of a pair have types, which the tokenizer's template gives.
    package var usesTemplateTypes: Bool { ModelFamilies.family(family)?.usesTemplateTypes ?? false }

    /// True if a text without a token has an answer: the mean of nothing is 0.
    package var takesNothing: Bool { ModelFamilies.family(family)?.takesNothing ?? false }

    /// Reads what a checkpoint's config.json says, or what its tensors tell where there is none.
    ///
    /// - Throws: `.missing` with a key left out; `.unsupported` for a family or head that embq does not run, or for
    ///   weights of no known family; `.limitExceeded` for a number that makes no sense, or more than the device takes.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        let released = try ReleasedConfig(checkpoint)
        try self.init(checkpoint, released.keys, family: released.family)
    }

    init(_ checkpoint: Checkpoint, _ keys: CheckpointConfig, family: any ModelFamily.Type) throws(EmbqError) {
        _ = try family.keys.unknown(in: keys.json, path: keys.path)
        try ConfigKeys.checkQuantization(keys)
        self.family = family.name
        // Of a sentence encoder the library loads the encoder alone, whatever class the weights were saved from.
        if let sentence = checkpoint.sentence, sentence.kind == .sentences {
            head = sentence.head == nil ? .sentenceEmbedding : .pipelineClassifier
        } else {
            head = try family.head(checkpoint, keys)
        }
        vocabularySize = try Self.vocabularySize(keys)
        positions = try family.positions(keys)
        let limit = try family.limit(checkpoint, positions: positions, key: family.lengthKey)
        let longest = min(limit.tokens, positions)
        if let tokens = checkpoint.maxTokens, tokens > longest {
            throw EmbqError(
                .invalidRequest, file: checkpoint.path,
                "--max-tokens asks for \(tokens) tokens; the model's longest sentence has \(longest) (\(limit.source))",
                advice: "Ask for \(longest) or fewer.")
        }
        cut = min(limit.tokens, checkpoint.maxTokens ?? limit.tokens)
        lengthSource = checkpoint.maxTokens == nil ? limit.source : "--max-tokens"
        maximumLength = min(cut, positions)
        hiddenSize = try keys.integer(family.widthKey, in: 1...DeviceLimits.width)
        special = try family.specialTokens(checkpoint, keys)
        labels = []
        (task, scores, scoresSource) = (.embedding, .identity, "the head")
        labels = try head.labels(checkpoint, keys, config: self, family: family)
        let answers = try head.answers(checkpoint, keys, outputs: labels.count)
        (task, scores, scoresSource) = (answers.task, answers.scores, answers.source)
        for size in family.sizes where keys[size.key] != nil { _ = try size.read(keys, self) }
    }

    private static func vocabularySize(_ keys: CheckpointConfig) throws(EmbqError) -> Int {
        let key = "vocab_size"
        if let tokens = keys[key]?.int, tokens > DeviceLimits.vocabulary {
            throw EmbqError(
                .limitExceeded, file: keys.path, place: "'\(key)'",
                "there are \(tokens) tokens; ids have 16 bits on the device: at most \(DeviceLimits.vocabulary)",
                advice: "Use a model with a smaller vocabulary.")
        }
        return try keys.integer(key, in: 1...DeviceLimits.vocabulary)
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
        (positions, cut, lengthSource) = (maximumLength, maximumLength, "the graph")
        self.hiddenSize = hiddenSize
        self.labels = labels
        self.special = special
        task =
            switch head {
            case .sentenceEmbedding: .embedding
            case .pretrainingClassifier: .pretraining
            case .tokenClassifier: .tagging
            default: labels.count == 1 ? .regression : .classification
            }
        scores = task == .classification || task == .tagging ? .softmax : .identity
        scoresSource = "the head"
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
    /// Why the tensors are of the family, where no `model_type` names it.
    let typeTold: String?

    /// Without `model_type`, as in releases of 2019, the tensors tell it, and what else the file leaves out.
    init(_ checkpoint: Checkpoint) throws(EmbqError) {
        if let config = checkpoint.config {
            let named = config["model_type"] == nil ? nil : try ModelFamilies.named(config, checkpoint.source)
            let found =
                if let named {
                    named.isToldByTensors ? try ModelFamilies.recognise(checkpoint, as: named) : nil
                } else {
                    try? ModelFamilies.recognise(checkpoint)
                }
            family =
                if let known = named ?? found?.family { known } else {
                    try ModelFamilies.named(config, checkpoint.source)
                }
            keys = try (found.map(config.completed(by:)) ?? config).unaliased(family)
            recognition = nil
            typeTold = named == nil ? found?.reasons.first : nil
        } else {
            let recognition = try ModelFamilies.recognise(checkpoint)
            try recognition.requireComplete(checkpoint)
            keys = CheckpointConfig(path: checkpoint.source.path, json: recognition.json)
            family = recognition.family
            self.recognition = recognition
            typeTold = recognition.reasons.first
        }
    }
}

extension CheckpointConfig {
    /// With the keys that the file leaves out and the tensors tell.
    fileprivate func completed(by found: Recognition) -> CheckpointConfig {
        let told = JSONObject((found.json.object ?? []).filter { self[$0.key] == nil })
        let stated = (json.object ?? []).filter { told.index(of: $0.key) == nil }
        return CheckpointConfig(path: path, json: .object(JSONObject(stated + Array(told))))
    }

    /// With the keys that another name of theirs gives.
    ///
    /// - Throws: `.unsupported` for two names of one key with different values.
    fileprivate func unaliased(_ family: any ModelFamily.Type) throws(EmbqError) -> CheckpointConfig {
        var taken: [(key: String, value: JSONValue)] = []
        for (name, key) in family.aliases {
            guard let value = self[name] else { continue }
            guard let stated = self[key] else {
                taken.append((key, value))
                continue
            }
            guard stated != value else { continue }
            throw unsupported(
                name, value, "it is another name of \(key), which is \(stated.summary)",
                advice: "Use the config.json released with these weights, or pass --config.")
        }
        return taken.isEmpty
            ? self : CheckpointConfig(path: path, json: .object(JSONObject((json.object ?? []) + taken)))
    }
}
