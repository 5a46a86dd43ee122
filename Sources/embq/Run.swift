import ArgumentParser
import EmbqRuntime
import Packaging
import TensorCore

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model on texts: the label and the scores for each.",
        discussion: """
            Prints a line for each text: the label, its probability, the two next, and the
            text. A regression prints its number, a sentence encoder its embedding, a
            pretraining head the five likeliest words for the first [MASK] and whether the
            text behind [SEP] follows. `-` reads texts from standard input, one a line.

            Examples:
              embq run out/model/model.embq "play some jazz" "will it rain tomorrow?"
              cut -f2 test.tsv | embq run out/model/model.embq - --json
              embq run all-MiniLM-L6-v2 --similarity "It rains." "The sun shines."
            """)

    @Argument(help: ArgumentHelp("A checkpoint (fp32) or an .embq artifact (int8).", valueName: "model"))
    var path: String
    @OptionGroup var texts: TextArguments
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: JSONOption
    @Flag(help: "Print the cosine of each two texts' embeddings instead; for sentence encoders.")
    var similarity = false

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
        let rows = texts.indices.map { row in
            (text: String(decoding: texts[row], as: UTF8.self), logits: Array(logits[row * width..<(row + 1) * width]))
        }
        if similarity {
            try write(try Similarity.pairs(rows, task: model.task))
        } else {
            try write(rows.map { Answer($0.text, $0.logits, model) })
        }
    }

    private func write(_ results: [some Encodable & PrintedResult]) throws {
        try Console.write(
            format.json ? try CanonicalJSON.document(["results": results]) : results.map(\.line).joined())
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
