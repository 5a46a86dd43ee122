import Evaluation
import Models
import Packaging
import TensorCore

/// What `run` prints for a text, or for two.
protocol PrintedResult {
    /// For people, with its line feed.
    var line: String { get }
}

/// What a model says of one text: what its task gives, the rest is absent.
struct Answer: Encodable, PrintedResult {
    struct Word: Encodable {
        var word: String
        var score: Double
    }

    var text: String
    var label: String?
    /// Probability of each label.
    var scores: [String: Double]?
    /// The predicted number of a regression.
    var value: Double?
    var embedding: [Float]?
    /// The likeliest words for the first [MASK].
    var words: [Word]?
    /// Probability that the text behind [SEP] follows the one before.
    var nextSentence: Double?
    /// Of a classifier or a regression.
    var logits: [Float]?

    enum CodingKeys: String, CodingKey {
        case text, label, scores, value, embedding, words, logits
        case nextSentence = "next_sentence"
    }

    init(_ text: String, _ logits: [Float], _ model: OpenedModel) {
        self.text = text
        switch model.task {
        case .regression:
            value = Double(logits[0])
            self.logits = logits
        case .embedding: embedding = logits
        case .pretraining:
            nextSentence = softmax(Array(logits.prefix(2)))[0]
            if text.contains("[MASK]") { words = Self.likeliest(Array(logits.dropFirst(2)), model.labels.dropFirst(2)) }
        case .classification:
            let probabilities = softmax(logits)
            let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
            label = model.labels[best]
            scores = Dictionary(zip(model.labels, probabilities), uniquingKeysWith: { first, _ in first })
            self.logits = logits
        }
    }

    private static func likeliest(_ logits: [Float], _ names: ArraySlice<String>) -> [Word] {
        let scores = softmax(logits)
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(5)
        return order.map { Word(word: names[names.startIndex + $0], score: scores[$0]) }
    }

    var line: String {
        func score(_ value: Double) -> String { value.fixed(3) }
        let text = printed(self.text)
        if let value { return "\(value.fixed(4))\t\(text)\n" }
        if let embedding {
            return "\(text)\t\(embedding.map { Double($0).fixed(4) }.joined(separator: " "))\n"
        }
        if let nextSentence {
            let words = words.map { $0.map { "\($0.word) \(score($0.score))" }.joined(separator: ", ") } ?? "no [MASK]"
            return "\(words)\tnext \(score(nextSentence))\t\(text)\n"
        }
        guard let label, let scores else { return "\(text)\n" }
        let others = scores.filter { $0.key != label }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(2)
            .map { "\($0.key) \(score($0.value))" }.joined(separator: ", ")
        return "\(label)\t\(score(scores[label] ?? 0))\t(\(others))\t\(text)\n"
    }
}

/// How near the embeddings of two texts are.
struct Similarity: Encodable, PrintedResult {
    var first: String
    var second: String
    /// -1 to 1.
    var cosine: Double

    /// Every two texts, in their order.
    ///
    /// - Throws: `.invalidRequest` for a model that gives no embeddings, or fewer than two texts.
    static func pairs(_ rows: [(text: String, logits: [Float])], task: Task) throws(EmbqError) -> [Similarity] {
        guard task == .embedding else {
            throw EmbqError(
                .invalidRequest, "--similarity needs a sentence encoder; this model gives no embeddings",
                advice: "Leave --similarity out, or give a model such as all-MiniLM-L6-v2.")
        }
        guard rows.count >= 2 else {
            throw EmbqError(.invalidRequest, "--similarity compares texts; one is given", advice: "Give two or more.")
        }
        return rows.indices.flatMap { i in
            rows.indices.dropFirst(i + 1).map { j in
                Similarity(
                    first: rows[i].text, second: rows[j].text,
                    cosine: Evaluation.cosine(rows[i].logits, rows[j].logits))
            }
        }
    }

    var line: String { "\(cosine.fixed(4))\t\(printed(first))\t\(printed(second))\n" }
}

/// A text on one line.
private func printed(_ text: String) -> String {
    text.map { $0 == "\t" || $0.isNewline ? " " : String($0) }.joined()
}
