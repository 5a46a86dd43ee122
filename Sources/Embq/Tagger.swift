public import EmbqCore
import EmbqModels
import EmbqPipeline

/// A model that gives each token of a text one of several labels, such as the slots of a spoken command.
///
/// ```swift
/// let model = try Tagger("slots.embq")
/// for span in try model.tag("wake me at seven").spans {
///     print(span.label, span.text, span.bytes)   // timeRange seven 11..<16
/// }
/// ```
public struct Tagger: Sendable {
    private let model: LoadedModel

    /// Opens a model: an `.embq` artifact runs in integers, by the device's code; a checkpoint's folder runs in fp32.
    ///
    /// - Throws: `EmbqError` with what is wrong with the files, or if the model is not a tagger.
    public init(_ path: String) throws(EmbqError) {
        model = try LoadedModel(path, for: .tagging)
    }

    /// The labels, in the order of the model's outputs.
    public var labels: [String] { model.model.labels }

    /// The labels of one text's tokens.
    ///
    /// - Throws: `EmbqError` if the sentence has no token.
    public func tag(_ text: String) throws(EmbqError) -> Tagging {
        let answers = try tag([text], threads: 1)
        guard let answer = answers.first else { preconditionFailure("one text has one answer") }
        return answer
    }

    /// The labels of several texts' tokens, in the texts' order.
    ///
    /// - Parameters:
    ///   - texts: one or more, or none.
    ///   - threads: how many work on the texts; the answers do not depend on it.
    /// - Throws: `EmbqError` if a sentence has no token.
    public func tag(_ texts: [String], threads: Int) throws(EmbqError) -> [Tagging] {
        var answers: [Tagging] = []
        for (text, rows) in zip(texts, try model.logits(texts, threads: threads)) {
            answers.append(
                Tagging(
                    try TaggedText(utf8: Array(text.utf8), rows: rows, encoder: model.encoder, labels: labels)))
        }
        return answers
    }
}

/// A tagger's answer for one text. A long text is cut to the model's length; the tokens after the cut have no answer.
public struct Tagging: Sendable, Equatable {
    /// A token of the text.
    public struct Token: Sendable, Equatable {
        /// Its bytes in the text's UTF-8.
        public let bytes: Range<Int>
        public let text: String
        /// The label with the highest score, such as `B-artist`.
        public let label: String
        /// The probability of ``label``, 0 to 1.
        public let score: Double
    }

    /// Words that belong together by their labels in BIO, IOB, IOE or IOBES.
    public struct Span: Sendable, Equatable {
        /// Its bytes in the text's UTF-8.
        public let bytes: Range<Int>
        public let text: String
        /// The part of its labels after the `-`, such as `artist`.
        public let label: String
        /// The mean of its words' probabilities, 0 to 1.
        public let score: Double
    }

    /// One for each token of the text itself; special tokens are left out.
    public let tokens: [Token]
    /// In the order of the text. A word's label is that of its first token.
    public let spans: [Span]

    init(_ tagged: TaggedText) {
        tokens = tagged.tokens.map {
            Token(bytes: $0.start..<$0.end, text: $0.text, label: $0.label, score: $0.score)
        }
        spans = tagged.spans.map {
            Span(bytes: $0.start..<$0.end, text: $0.text, label: $0.label, score: $0.score)
        }
    }
}
