import EmbqCheckpoints
import EmbqCore
import EmbqTokenizers

/// What turns the body's rows into logits, by the name in `architectures`.
package enum Head: String, Sendable, CaseIterable {
    /// A linear layer on position 0.
    case sequenceClassifier = "SequenceClassifier"
    /// A linear layer on the root of the mean square over positions.
    case rmsClassifier = "RMSClassifier"
    /// Whether the second sentence follows the first, from position 0, and the word at the first [MASK].
    case pretrainingClassifier = "PretrainingClassifier"
    /// Hugging Face's: a pooler with tanh on position 0, and a linear layer.
    case pooledClassifier = "BertForSequenceClassification"
    /// Hugging Face's: a linear layer on every position.
    case tokenClassifier = "BertForTokenClassification"
    /// A vector for the sentence: what sentence-transformers makes of an encoder.
    case sentenceEmbedding = "BertModel"

    /// The head that `architectures` names; nil where the key is missing.
    ///
    /// - Parameter others: names of heads that are left out, for an encoder.
    static func named(_ keys: CheckpointConfig, family: any ModelFamily.Type, encoders others: Set<String> = [])
        throws(EmbqError) -> Head?
    {
        guard keys["architectures"] != nil else { return nil }
        let names = try keys.strings("architectures")
        guard let name = names.first, names.count == 1 else {
            throw EmbqError(
                .malformed, file: keys.path, place: "architectures", "one name is expected, \(names.count) are found",
                advice: "Use the config.json released with these weights.")
        }
        if others.contains(name) { return .sentenceEmbedding }
        guard let head = Head(rawValue: name), family.heads.contains(head) else {
            throw EmbqError(
                .unsupported, file: keys.path, place: "architectures", "the head \"\(name)\" is not supported",
                advice:
                    "Supported heads: \((family.heads.map(\.rawValue) + others.sorted()).joined(separator: ", ")).")
        }
        return head
    }

    /// What its logits mean.
    func answers(_ keys: CheckpointConfig, outputs: Int) throws(EmbqError) -> Answers {
        switch self {
        case .sentenceEmbedding: return Answers(.embedding, .identity, "an encoder")
        case .pretrainingClassifier: return Answers(.pretraining, .softmax, "a pretraining head")
        case .tokenClassifier: return Answers(.tagging, .softmax, "a token classifier")
        case .sequenceClassifier, .rmsClassifier: return try Answers(keys, outputs: outputs, single: .identity)
        case .pooledClassifier:
            if let crossEncoder = try CrossEncoder(keys) { return try crossEncoder.answers(outputs: outputs) }
            return try Answers(keys, outputs: outputs, single: .sigmoid)
        }
    }

    /// A name for each output.
    func labels(_ checkpoint: Checkpoint, _ keys: CheckpointConfig, config: ModelConfig) throws(EmbqError) -> [String] {
        switch self {
        case .sentenceEmbedding:
            let width = checkpoint.sentence?.width(hidden: config.hiddenSize) ?? config.hiddenSize
            return (0..<width).map { "DIMENSION_\($0)" }
        case .pretrainingClassifier:
            let words = try checkpoint.tokenizer?.vocabulary().tokens ?? []
            return ["IsNext", "NotNext"]
                + (0..<config.vocabularySize).map { id in
                    id < words.count && !words[id].isEmpty ? words[id] : "TOKEN_\(id)"
                }
        case .pooledClassifier, .tokenClassifier: return try HuggingFaceBERT.labels(checkpoint, keys)
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
                ? try checkpoint.source.outputsOfClassifier()
                : try keys.integer("num_labels", in: 1...DeviceLimits.outputs)
            return (0..<count).map { "LABEL_\($0)" }
        }
    }

    /// Reads the head's tensors and appends its nodes to a body's.
    func build(_ b: inout GraphBuilder, _ body: Value) throws(EmbqError) {
        let width = b.config.hiddenSize
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
        case .pooledClassifier:
            let first = b.pool(.first, "first", body)
            let prefix = b.has("bert.pooler.dense.weight") ? "bert." : b.has("pooler.dense.weight") ? "" : "bert."
            let dense = try b.linear("pooler", first, prefix + "pooler.dense", width, "hidden_size")
            let pooled = b.activate(.tanh, "pooled", dense)
            b.output(try b.linear("classifier", pooled, "classifier", b.config.outputs, "number of labels"))
        case .tokenClassifier:
            b.output(try b.linear("classifier", body, "classifier", b.config.outputs, "number of labels"))
        case .sentenceEmbedding:
            preconditionFailure("a sentence's modules are built by SentenceHead")
        }
    }
}

extension TensorSource {
    /// Rows of `classifier.weight`, where no configuration tells how many outputs there are.
    func outputsOfClassifier() throws(EmbqError) -> Int {
        let info = try requireInfo("classifier.weight")
        guard info.shape.count == 2, let rows = info.shape.first, (1...DeviceLimits.outputs).contains(rows) else {
            throw EmbqError(
                .shapeMismatch, file: path, place: EmbqError.place(tensor: info.name),
                "its shape is \(info.shape); [outputs, hidden_size] is expected", advice: "Check the checkpoint.")
        }
        return rows
    }
}
