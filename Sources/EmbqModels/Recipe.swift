package import EmbqCheckpoints
package import EmbqCore
import EmbqTokenizers

/// What config.json, or the tensors without it, settle about a model.
package struct Recipe: Sendable {
    /// Settings with their values and where they come from.
    package let settlements: [Settlement]
    /// By file, keys that embq does not know.
    package let unknownKeys: [String: [String]]

    /// - Throws: as ``ModelConfig/init(_:)``.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        let released = try ReleasedConfig(checkpoint)
        let config = try ModelConfig(checkpoint, released.keys, family: released.family)
        let tokenizer = try checkpoint.tokenizer?.resolved()
        var unknown: [String: [String]] = [:]
        if let stated = checkpoint.config {
            let keys = try released.family.keys.unknown(in: stated.json, path: stated.path)
            if !keys.isEmpty { unknown[ConfigKeys.file] = keys }
        }
        for (file, key) in tokenizer?.unknownKeys ?? [] { unknown[file, default: []].append(key) }
        unknownKeys = unknown
        var settlements = [
            Settlement(
                "family", config.family,
                source: checkpoint.config?["model_type"] == nil
                    ? "the tensors: \(released.typeTold ?? "names and shapes")" : "\(ConfigKeys.file), model_type"),
            Settlement(
                "head", config.headName,
                source: config.head == .pipelineClassifier
                    ? "head.safetensors" : Self.source(checkpoint, "architectures", else: "the tensors")),
        ]
        if config.head.hasNamedOutputs {
            settlements.append(Self.outputs(checkpoint, config))
            settlements.append(
                Settlement("scores", "\(config.scores.rawValue) (\(config.task.rawValue))", source: config.scoresSource)
            )
        }
        let key = released.family.lengthKey
        let isOfConfig = config.lengthSource == "\(ConfigKeys.file), \(key)"
        settlements.append(
            Settlement(
                "length limit", "\(config.cut) tokens",
                source: isOfConfig
                    ? Self.source(checkpoint, key, else: "rows of the table of positions") : config.lengthSource))
        if config.cut > config.positions {
            settlements.append(
                Settlement(
                    "positions", "\(config.positions): longer sentences are rejected",
                    source: Self.source(checkpoint, key, else: "rows of the table of positions")))
        }
        settlements += try released.family.settlements(checkpoint, released.keys)
        if config.head.isOfSentence {
            settlements += (checkpoint.sentence ?? .plain(checkpoint.path)).settlements
        } else {
            settlements += checkpoint.sentence?.settlements ?? []
        }
        self.settlements = settlements + (tokenizer?.settlements ?? [])
    }

    /// The file and key, where the file has it.
    static func source(_ checkpoint: Checkpoint, _ key: String, else other: String) -> String {
        checkpoint.config?[key] == nil ? other : "\(ConfigKeys.file), \(key)"
    }

    private static func outputs(_ checkpoint: Checkpoint, _ config: ModelConfig) -> Settlement {
        let names = config.labels.prefix(3).joined(separator: ", ") + (config.outputs > 3 ? ", …" : "")
        let teller =
            if let head = checkpoint.sentence?.head {
                head.classes == nil ? "rows of the last layer" : "\(ConfigKeys.file), head_config.classes"
            } else if checkpoint.labels == config.labels {
                "\(ConfigKeys.file), id2label"
            } else {
                source(checkpoint, "num_labels", else: "rows of classifier.weight")
            }
        return Settlement("outputs", "\(config.outputs): \(names)", source: teller)
    }
}

extension Head {
    /// True if its outputs are labels or numbers of a task.
    fileprivate var hasNamedOutputs: Bool {
        switch self {
        case .sequenceClassifier, .rmsClassifier, .transformersClassifier, .tokenClassifier, .pipelineClassifier: true
        case .pretrainingClassifier, .sentenceEmbedding: false
        }
    }
}
