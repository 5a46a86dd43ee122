import ArgumentParser
import EmbqRuntime
import Packaging
import TensorCore

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model on texts: the label and the scores for each.",
        discussion: """
            Prints a line for each text: the label, its probability, the two next, and the text; a regression prints
            its number. `-` reads texts from standard input, one a line.

            Examples:
              embq run out/model/model.embq "play some jazz" "will it rain tomorrow?"
              cut -f2 test.tsv | embq run out/model/model.embq - --json
            """)

    @Argument(help: ArgumentHelp("A checkpoint (fp32) or an .embq artifact (int8).", valueName: "model"))
    var path: String
    @OptionGroup var texts: TextArguments
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: JSONOption

    struct Answer: Encodable {
        var text: String
        /// Absent for a regression.
        var label: String?
        /// Probability of each label; absent for a regression.
        var scores: [String: Double]?
        /// The predicted number of a regression.
        var value: Double?
        var logits: [Float]
    }

    private struct Document: Encodable { var results: [Answer] }

    func run() throws {
        let model = try companions.model(path)
        let tokenizer = try model.tokenizer()
        let texts = try texts.read()
        var sentences: [[UInt16]] = []
        for text in texts {
            let ids = try tokenizer.encode(utf8: text, limit: model.maximumLength)
            guard !ids.isEmpty else {
                throw EmbqError(.invalidRequest, "a text gives no token", advice: "Leave out empty texts.")
            }
            sentences.append(ids)
        }
        let logits = try model.logits(sentences, threads: threads.count, progress: { _, _, _ in }).logits
        let width = model.labels.count
        let answers = texts.indices.map { row in
            answer(
                String(decoding: texts[row], as: UTF8.self), Array(logits[row * width..<(row + 1) * width]), model)
        }
        if format.json {
            try Console.write(CanonicalJSON.document(Document(results: answers)))
        } else {
            try Console.write(answers.map(line).joined())
        }
    }

    private func answer(_ text: String, _ logits: [Float], _ model: OpenedModel) -> Answer {
        if model.isRegression { return Answer(text: text, value: Double(logits[0]), logits: logits) }
        let scores = softmax(logits)
        let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
        return Answer(
            text: text, label: model.labels[best],
            scores: Dictionary(zip(model.labels, scores), uniquingKeysWith: { first, _ in first }), logits: logits)
    }

    private func line(_ answer: Answer) -> String {
        let text = answer.text.map { $0 == "\t" || $0.isNewline ? " " : String($0) }.joined()
        guard let label = answer.label, let scores = answer.scores else {
            return "\(Evaluate.fixed(answer.value ?? 0, 4))\t\(text)\n"
        }
        let others = scores.filter { $0.key != label }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(2)
            .map { "\($0.key) \(Evaluate.fixed($0.value, 3))" }.joined(separator: ", ")
        return "\(label)\t\(Evaluate.fixed(scores[label] ?? 0, 3))\t(\(others))\t\(text)\n"
    }
}

/// The texts that `run` and `tokenize` work on.
struct TextArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Texts, or - to read them from standard input, one a line.", valueName: "text"))
    var texts: [String]

    func read() throws(EmbqError) -> [[UInt8]] {
        if texts == ["-"] { return try Console.inputLines() }
        return texts.map { Array($0.utf8) }
    }
}
