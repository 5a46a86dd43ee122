import EmbqCheckpoints
import EmbqCore
import EmbqTokenizers

/// What turns the body's rows into logits.
package enum Head: Sendable, CaseIterable {
    /// A linear layer on position 0.
    case sequenceClassifier
    /// A linear layer on the root of the mean square over positions.
    case rmsClassifier
    /// Whether the second sentence follows the first, from position 0, and the word at the first [MASK].
    case pretrainingClassifier
    /// The classifier of sentences that the transformers library gives the family, on position 0.
    case transformersClassifier
    /// A label for each token: a linear layer on every position.
    case tokenClassifier
    /// A vector for the sentence: what sentence-transformers makes of an encoder.
    case sentenceEmbedding
    /// What a ``PipelineHead`` makes of that vector.
    case pipelineClassifier

    /// What the families of EmbBERT call it in `architectures`.
    var publishedName: String {
        switch self {
        case .sequenceClassifier: "SequenceClassifier"
        case .rmsClassifier: "RMSClassifier"
        case .pretrainingClassifier: "PretrainingClassifier"
        case .transformersClassifier, .tokenClassifier, .sentenceEmbedding, .pipelineClassifier:
            preconditionFailure("the family's classes have names of their own")
        }
    }

    /// The head that `architectures` names; nil where the key is missing.
    static func named(_ keys: CheckpointConfig, family: any ModelFamily.Type) throws(EmbqError) -> Head? {
        guard keys["architectures"] != nil else { return nil }
        let names = try keys.strings("architectures")
        guard let name = names.first, names.count == 1 else {
            throw EmbqError(
                .malformed, file: keys.path, place: "architectures", "one name is expected, \(names.count) are found",
                advice: "Use the config.json released with these weights.")
        }
        if let known = family.classes.first(where: { $0.name == name }) { return known.head }
        throw EmbqError(
            .unsupported, file: keys.path, place: "architectures", "the head \"\(name)\" is not supported",
            advice: "Supported heads: \(family.classes.map(\.name).joined(separator: ", ")).")
    }

    /// True if the modules of a ``SentencePipeline`` make the logits.
    var isOfSentence: Bool { self == .sentenceEmbedding || self == .pipelineClassifier }

    /// What its logits mean.
    func answers(_ checkpoint: Checkpoint, _ keys: CheckpointConfig, outputs: Int) throws(EmbqError) -> Answers {
        switch self {
        case .pipelineClassifier: return Answers(checkpoint.sentence?.head?.activation ?? .identity)
        case .sentenceEmbedding: return Answers(.embedding, .identity, "an encoder")
        case .pretrainingClassifier: return Answers(.pretraining, .softmax, "a pretraining head")
        case .tokenClassifier: return Answers(.tagging, .softmax, "a token classifier")
        case .sequenceClassifier, .rmsClassifier: return try Answers(keys, outputs: outputs, single: .identity)
        case .transformersClassifier:
            if let crossEncoder = try CrossEncoder(keys) { return try crossEncoder.answers(outputs: outputs) }
            return try Answers(keys, outputs: outputs, single: .sigmoid)
        }
    }

    /// The layer that makes the logits, without `.weight`: a classifier of tokens has one layer in every family.
    private func logitsTensor(_ family: any ModelFamily.Type) -> String {
        self == .tokenClassifier ? "classifier" : family.logitsTensor
    }

    /// A name for each output.
    func labels(
        _ checkpoint: Checkpoint, _ keys: CheckpointConfig, config: ModelConfig, family: any ModelFamily.Type
    ) throws(EmbqError) -> [String] {
        switch self {
        case .sentenceEmbedding:
            let width = checkpoint.sentence?.width(hidden: config.hiddenSize) ?? config.hiddenSize
            return (0..<width).map { "DIMENSION_\($0)" }
        case .pipelineClassifier:
            let head = checkpoint.sentence?.head
            guard let outputs = head?.outputs, outputs <= DeviceLimits.outputs else {
                throw EmbqError(
                    .limitExceeded, file: head?.path, "the head has more than \(DeviceLimits.outputs) outputs",
                    advice: "Train a head with fewer.")
            }
            return head?.classes ?? (0..<outputs).map { "LABEL_\($0)" }
        case .pretrainingClassifier:
            let words = try checkpoint.tokenizer?.vocabulary().tokens ?? []
            return ["IsNext", "NotNext"]
                + (0..<config.vocabularySize).map { id in
                    id < words.count && !words[id].isEmpty ? words[id] : "TOKEN_\(id)"
                }
        case .transformersClassifier, .tokenClassifier:
            return try checkpoint.transformersLabels(keys, logits: logitsTensor(family))
        case .sequenceClassifier, .rmsClassifier:
            if let labels = checkpoint.labels, !labels.isEmpty {
                guard labels.count <= DeviceLimits.outputs else {
                    throw EmbqError(
                        .limitExceeded, file: keys.path, place: "'id2label'",
                        "there are \(labels.count) labels, at most \(DeviceLimits.outputs) are expected",
                        advice: "Give the config.json of the model.")
                }
                return labels
            }
            let count =
                keys["num_labels"] == nil
                ? try checkpoint.source.outputs(of: family.logitsTensor)
                : try keys.integer("num_labels", in: 1...DeviceLimits.outputs)
            return (0..<count).map { "LABEL_\($0)" }
        }
    }

    /// Reads the head's tensors and appends its nodes to a body's.
    func build(_ b: inout GraphBuilder, _ body: Value, family: any ModelFamily.Type) throws(EmbqError) {
        switch self {
        case .sequenceClassifier, .rmsClassifier:
            let pooled = b.pool(self == .rmsClassifier ? .rms : .first, "pooled", body)
            let logits = try b.linear("classifier", pooled, "classifier", b.config.outputs, "number of labels")
            b.output(logits)
        case .pretrainingClassifier:
            let first = b.pool(.first, "first", body)
            b.output(try b.linear("nsp_classifier", first, "nsp_classifier", 2, "2"))
            let masked = b.pool(.mask, "masked", body)
            b.output(
                try b.linear("mlm_classifier", masked, "mlm_classifier", b.config.vocabularySize, "vocab_size"))
        case .transformersClassifier: b.output(try family.classify(&b, body))
        case .tokenClassifier:
            b.output(
                try b.linear(
                    "classifier", body, "classifier", b.config.outputs, "number of labels", inputKeys: family.widthKey))
        case .sentenceEmbedding, .pipelineClassifier:
            preconditionFailure("a sentence's modules are built by SentenceHead")
        }
    }
}

/// A class that `architectures` may name.
package struct ReleasedClass: Sendable {
    package let name: String
    /// What embq makes of it: an encoder of one whose own head is for training.
    package let head: Head

    init(_ name: String, _ head: Head) {
        self.name = name
        self.head = head
    }
}

extension ModelFamily {
    /// What the library calls the family with a head.
    package static func className(_ head: Head) -> String { classes.first { $0.head == head }?.name ?? name }
}

extension TensorSource {
    /// Rows of the layer that makes the logits.
    ///
    /// - Parameter tensor: the layer's name without `.weight`.
    func outputs(of tensor: String) throws(EmbqError) -> Int {
        let info = try requireInfo(tensor + ".weight")
        guard info.shape.count == 2, let rows = info.shape.first, (1...DeviceLimits.outputs).contains(rows) else {
            throw EmbqError(
                .shapeMismatch, file: path, place: EmbqError.place(tensor: info.name),
                "its shape is \(info.shape); [outputs, hidden_size] is expected", advice: "Check the checkpoint.")
        }
        return rows
    }
}
