import EmbqCheckpoints
import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqPipeline

/// What `run` prints for a text, or for two.
protocol PrintedResult {
    /// For people.
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
    /// Of a multi-label model, those whose share is above one half, in the order of their ids.
    var labels: [String]?
    /// Of each label: its probability, its share of a multi-label model, or a cross-encoder's logit.
    var scores: [String: Double]?
    /// The predicted number of a regression with one output.
    var value: Double?
    /// The predicted numbers of one with several.
    var values: [Double]?
    var embedding: [Float]?
    /// The likeliest words for the first [MASK].
    var words: [Word]?
    /// Probability that the text behind [SEP] follows the one before.
    var nextSentence: Double?
    /// Of a classifier or a regression.
    var logits: [Float]?
    /// Of a tagger: the text's tokens, and what their labels say belongs together.
    var tokens: [TaggedText.Token]?
    var spans: [TaggedText.Span]?

    enum CodingKeys: String, CodingKey {
        case text, label, labels, scores, value, values, embedding, words, logits, tokens, spans
        case nextSentence = "next_sentence"
    }

    /// Labels with their probabilities, the likeliest first.
    private var ranked: [(label: String, score: Double)] = []

    init(_ row: TextRunner.Row, _ model: OpenedModel) {
        let logits = row.logits
        text = row.text
        switch model.task {
        case .regression:
            if logits.count == 1 { value = Double(logits[0]) } else { values = logits.map(Double.init) }
            self.logits = logits
        case .embedding: embedding = logits
        case .tagging: (tokens, spans) = (row.tagged?.tokens, row.tagged?.spans)
        case .pretraining:
            nextSentence = softmax(Array(logits.prefix(2)))[0]
            if row.hasMask { words = Self.likeliest(Array(logits.dropFirst(2)), model.labels.dropFirst(2)) }
        case .classification, .multiLabel:
            let values: [Double] =
                switch model.scores {
                case .softmax: softmax(logits)
                case .sigmoid: logits.map(sigmoid)
                case .identity: logits.map(Double.init)
                }
            // Equal ones in the order of their ids, as the device answers.
            let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
            ranked = order.map { (model.labels[$0], values[$0]) }
            if model.task == .classification {
                label = ranked[0].label
            } else {
                labels = logits.indices.filter { logits[$0] > 0 }.map { model.labels[$0] }
            }
            scores = Dictionary(zip(model.labels, values), uniquingKeysWith: { first, _ in first })
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
        func share(_ name: String, _ value: Double) -> String { "\(printed(name)) \(score(value))" }
        let text = printed(self.text)
        if let value { return "\(value.fixed(4))\t\(text)" }
        if let values { return "\(values.map { $0.fixed(4) }.joined(separator: ","))\t\(text)" }
        if let embedding {
            return "\(text)\t\(embedding.map { Double($0).fixed(4) }.joined(separator: " "))"
        }
        if let nextSentence {
            let words =
                words.map { $0.map { share($0.word, $0.score) }.joined(separator: ", ") } ?? "no [MASK]"
            return "\(words)\tnext \(score(nextSentence))\t\(text)"
        }
        if let labels {
            let shares = ranked.prefix(3).map { share($0.label, $0.score) }.joined(separator: ", ")
            return "\(labels.map(printed).joined(separator: ","))\t(\(shares))\t\(text)"
        }
        if let spans {
            let found = spans.map { "\(printed($0.label)) \(printed($0.text)) \(score($0.score))" }
            return "\(spans.isEmpty ? "no spans" : found.joined(separator: ", "))\t\(text)"
        }
        guard let best = ranked.first else { return "\(text)" }
        let others = ranked.dropFirst().prefix(2).map { share($0.label, $0.score) }.joined(
            separator: ", ")
        return "\(printed(best.label))\t\(score(best.score))\t(\(others))\t\(text)"
    }
}

extension Answer {
    /// All answers as JSON: keys sorted, but scores in the order of the labels' ids.
    static func document(_ answers: [Answer], labels: [String]) throws(EmbqError) -> String {
        let text = Array(try CanonicalJSON.compact(["results": answers]).utf8)
        let document = try JSONParser.parse(text.span)
        let places = Dictionary(zip(labels, 0...), uniquingKeysWith: { first, _ in first })
        let results = (document["results"]?.array ?? []).map { result in
            guard let scores = result["scores"]?.object else { return result }
            let ordered = scores.sorted { places[$0.key] ?? 0 < places[$1.key] ?? 0 }
            return result.setting("scores", to: .object(JSONObject(ordered)))
        }
        return JSONValue.object([("results", .array(results))]).document
    }
}

/// How near the embeddings of two texts are.
struct Similarity: Encodable, PrintedResult {
    var first: String
    var second: String
    /// As the function's name has it; the key that is there is the function.
    var cosine: Double?
    var dot: Double?
    var euclidean: Double?
    var manhattan: Double?

    /// - Throws: `.invalidRequest` for a model that gives no embeddings, or fewer than two texts.
    static func check(_ rows: [TextRunner.Row], task: Task) throws(EmbqError) {
        guard task == .embedding else {
            throw EmbqError(
                .invalidRequest, "--similarity needs a sentence encoder; this model gives no embeddings",
                advice: "Leave --similarity out, or give a model such as all-MiniLM-L6-v2.")
        }
        guard rows.count >= 2 else {
            throw EmbqError(.invalidRequest, "--similarity compares texts; one is given", advice: "Give two or more.")
        }
    }

    /// A text with each one behind it.
    static func pairs(_ first: Int, _ rows: [TextRunner.Row], by function: SimilarityFunction) -> [Similarity] {
        rows.dropFirst(first + 1).map { row in
            var pair = Similarity(first: rows[first].text, second: row.text)
            let (a, b) = (rows[first].logits, row.logits)
            switch function {
            case .cosine: pair.cosine = EmbqEvaluation.cosine(a, b)
            case .dot: pair.dot = zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            case .euclidean:
                let square = zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
                pair.euclidean = -square.squareRoot()
            case .manhattan: pair.manhattan = -zip(a, b).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
            }
            return pair
        }
    }

    private var value: Double { cosine ?? dot ?? euclidean ?? manhattan ?? 0 }

    var line: String { "\(value.fixed(4))\t\(printed(first))\t\(printed(second))" }
}

/// A text as a field of one line: white space that would end it is a space.
private func printed(_ text: String) -> String {
    var line = ""
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
        // CR LF is one line break.
        if !(previous == "\r" && scalar == "\n") {
            line.unicodeScalars.append((0x09...0x0D).contains(scalar.value) ? " " : scalar)
        }
        previous = scalar
    }
    return line
}
