public import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqPipeline

/// A model that gives a text one of several labels.
///
/// ```swift
/// let model = try Classifier("out/embbert-snips/model.embq")
/// let answer = try model.classify("play some jazz")
/// print(answer.label, answer.score)   // PlayMusic 0.9998…
/// ```
public struct Classifier: Sendable {
    private let model: LoadedModel

    /// Opens a model: an `.embq` artifact runs in integers, by the device's code; a checkpoint's folder runs in fp32.
    ///
    /// - Throws: `EmbqError` with what is wrong with the files, or if the model is not a classifier.
    public init(_ path: String) throws(EmbqError) {
        model = try LoadedModel(path, for: .classification)
    }

    /// The labels, in the order of the model's outputs.
    public var labels: [String] { model.model.labels }

    /// The label of one text.
    ///
    /// - Throws: `EmbqError` if the text has no token.
    public func classify(_ text: String) throws(EmbqError) -> Classification {
        let answers = try classify([text], threads: 1)
        guard let answer = answers.first else { preconditionFailure("one text has one answer") }
        return answer
    }

    /// The labels of several texts, in their order.
    ///
    /// - Parameters:
    ///   - texts: one or more, or none.
    ///   - threads: how many work on the texts; the answers do not depend on it.
    /// - Throws: `EmbqError` if a text has no token.
    public func classify(_ texts: [String], threads: Int) throws(EmbqError) -> [Classification] {
        let labels = labels
        return try model.logits(texts, threads: threads).map { Classification(labels: labels, logits: $0) }
    }
}

/// A classifier's answer for one text.
public struct Classification: Sendable, Equatable {
    /// The label with the highest score.
    public let label: String
    /// The share of ``label`` in all scores, 0 to 1: a softmax of the logits.
    public let score: Double
    /// The share of each label, in the order of ``Classifier/labels``.
    public let scores: [Double]

    init(labels: [String], logits: [Float]) {
        scores = softmax(logits)
        // The first of equals, as everywhere in embq.
        let best = scores.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
        label = labels[best]
        score = scores[best]
    }
}
