import EmbqCheckpoints
import EmbqCore

/// What the logits mean.
package enum Task: String, Sendable {
    /// One of several labels: the largest logit wins.
    case classification
    /// Any number of labels: each whose logit is above 0.
    case multiLabel = "multi_label"
    /// A number, or several.
    case regression
    /// A vector that stands for the sentence.
    case embedding
    /// Whether a second sentence follows, and the word at [MASK].
    case pretraining
    /// One of several labels for each token.
    case tagging
}

extension Task {
    /// What makes scores of the logits, but for a cross-encoder that gives the logits of several labels.
    package var usualScores: ScoreActivation {
        switch self {
        case .classification, .pretraining, .tagging: .softmax
        case .multiLabel: .sigmoid
        case .regression, .embedding: .identity
        }
    }
}

/// The function that turns logits into the scores of an answer.
package enum ScoreActivation: String, Sendable {
    case softmax, sigmoid
    /// The logits themselves.
    case identity
}

/// What a head's logits mean, and what settled it.
struct Answers: Equatable {
    var task: Task
    var scores: ScoreActivation
    /// The file and key, or the library's rule.
    var source: String

    /// Of a classifier's logits.
    ///
    /// - Parameter single: the meaning of one output where no key tells: transformers' pipeline takes a sigmoid, the
    ///   families of EmbBERT a number.
    /// - Throws: `.unsupported` for a `problem_type` that does not exist or that one output cannot have.
    init(_ keys: CheckpointConfig, outputs: Int, single: ScoreActivation) throws(EmbqError) {
        guard let value = keys["problem_type"] else {
            guard outputs == 1 else {
                self.init(.classification, .softmax, "several outputs, and no problem_type")
                return
            }
            self.init(single == .identity ? .regression : .multiLabel, single, "one output, and no problem_type")
            return
        }
        let source = "\(ConfigKeys.file), problem_type"
        switch value.string {
        case "regression": self.init(.regression, .identity, source)
        case "multi_label_classification": self.init(.multiLabel, .sigmoid, source)
        case "single_label_classification" where outputs > 1: self.init(.classification, .softmax, source)
        case "single_label_classification":
            throw keys.unsupported(
                "problem_type", value, "the model has one output, whose softmax is always 1",
                advice: "Write regression or multi_label_classification, whichever the model was trained for.")
        default:
            throw keys.unsupported(
                "problem_type", value, "it is not a problem type of transformers",
                advice: "Supported: regression, single_label_classification, multi_label_classification.")
        }
    }

    /// Of the head of a model2vec pipeline: identity is a number, as several are a vector.
    init(_ activation: PipelineHead.Activation) {
        let source = "\(ConfigKeys.file), head_config.activation"
        switch activation {
        case .softmax: self.init(.classification, .softmax, source)
        case .sigmoid: self.init(.multiLabel, .sigmoid, source)
        case .identity: self.init(.regression, .identity, source)
        }
    }

    init(_ task: Task, _ scores: ScoreActivation, _ source: String) {
        self.task = task
        self.scores = scores
        self.source = source
    }
}

/// A cross-encoder of sentence-transformers: a sequence classifier whose scores have an activation of their own, whatever
/// its `problem_type`.
struct CrossEncoder {
    /// What names the activation: file, key and value; nil for the default.
    private let named: (path: String, file: String, key: String, value: String)?

    /// The library's order: config_sentence_transformers.json beside a modules.json, then config.json's section, then
    /// the key of before version 4.
    ///
    /// - Returns: nil for a folder without the marks of a cross-encoder.
    init?(_ keys: CheckpointConfig) throws(EmbqError) {
        let folder = Folder.parent(of: keys.path)
        var library: CheckpointConfig?
        var isMarked = keys["sentence_transformers"] != nil || keys["sbert_ce_default_activation_function"] != nil
        if Folder.hasFile(Folder.join(folder, "modules.json")) {
            let path = Folder.join(folder, "config_sentence_transformers.json")
            if Folder.hasFile(path) { library = try CheckpointConfig(path) }
            isMarked = isMarked || library?["model_type"]?.string == "CrossEncoder"
        }
        guard isMarked else { return nil }
        if let library, let value = library["activation_fn"] {
            named = (
                library.path, "config_sentence_transformers.json", "activation_fn",
                try Self.text(value, library, "activation_fn")
            )
        } else if let value = keys["sentence_transformers"]?["activation_fn"], !value.isNull {
            let key = "sentence_transformers.activation_fn"
            named = (keys.path, ConfigKeys.file, key, try Self.text(value, keys, key))
        } else if let value = keys["sbert_ce_default_activation_function"] {
            let key = "sbert_ce_default_activation_function"
            named = (keys.path, ConfigKeys.file, key, try Self.text(value, keys, key))
        } else {
            named = nil
        }
    }

    private static func text(_ value: JSONValue, _ keys: CheckpointConfig, _ key: String) throws(EmbqError) -> String {
        if let text = value.string { return text }
        throw keys.unsupported(key, value, "it is not the name of a class", advice: advice)
    }

    private static let advice =
        "Supported: torch.nn.modules.linear.Identity, torch.nn.modules.activation.Sigmoid."

    /// What its logits mean.
    ///
    /// - Throws: `.unsupported` for another activation of torch.
    func answers(outputs: Int) throws(EmbqError) -> Answers {
        let usual = "the default of a cross-encoder with \(outputs == 1 ? "one output" : "several outputs")"
        func answers(_ scores: ScoreActivation, _ source: String) -> Answers {
            let task: Task = scores == .sigmoid ? .multiLabel : outputs == 1 ? .regression : .classification
            return Answers(task, scores, source)
        }
        guard let named else { return answers(outputs == 1 ? .sigmoid : .identity, usual) }
        let source = "\(named.file), \(named.key)"
        // The library warns of other classes and takes its default.
        guard named.value.hasPrefix("torch.") else {
            return answers(outputs == 1 ? .sigmoid : .identity, "\(usual); \(source) names no class of torch")
        }
        switch named.value.split(separator: ".").last {
        case "Identity": return answers(.identity, source)
        case "Sigmoid": return answers(.sigmoid, source)
        default:
            throw EmbqError(
                .unsupported, file: named.path, place: "'\(named.key)'",
                "\(JSONValue.string(named.value).summary) is not supported: it would change the scores",
                advice: Self.advice)
        }
    }
}
