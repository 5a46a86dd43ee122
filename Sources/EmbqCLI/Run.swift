import ArgumentParser
import EmbqArtifact
import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqRuntime

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model on texts: the label and the scores for each.",
        discussion: """
            Prints a line for each text: the label, its probability, the two next, and the
            text. A model with several answers prints all labels with a share above one
            half, joined by commas, then the three highest shares. A regression prints its
            number or numbers, a sentence encoder its embedding, a pretraining head the
            five likeliest words for the first [MASK] and whether the text behind [SEP]
            follows. A tagger prints the spans that it finds, each with its label, then the
            text. `-` reads texts from standard input, one a line.
            A long text loses its end, or its beginning if the tokenizer cuts on the left.
            A long pair loses tokens of its longer text first.

            Examples:
              embq run out/model/model.embq "play some jazz" "will it rain tomorrow?"
              cut -f2 test.tsv | embq run out/model/model.embq - --json
              embq run all-MiniLM-L6-v2 --similarity "It rains." "The sun shines."
            """)

    @Argument(
        help: ArgumentHelp(
            "A checkpoint (fp32), or an .embq artifact or the folder of a package (int8).", valueName: "model"))
    var path: String
    @OptionGroup var texts: TextArguments
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions
    @Flag(help: "Take each text for a pair: two texts with a tab between them.")
    var pairs = false
    @Flag(
        help: ArgumentHelp(
            "Print how similar each two texts' embeddings are instead, by the model's own function (default: the cosine); "
                + "distances are negative. For sentence encoders."))
    var similarity = false

    func run() throws {
        let model = try companions.model(path)
        if case .artifact = model { try companions.refuse(beside: path) }
        let runner = try TextRunner(model, path: path, pairs: pairs, threads: threads.count)
        guard !similarity else {
            let rows = try texts.map { try runner.rows($0) }
            try Similarity.check(rows, task: model.task)
            return try format.json
                ? write(rows.indices.flatMap { Similarity.pairs($0, rows, by: model.similarity) })
                : rows.indices.forEach { try write(Similarity.pairs($0, rows, by: model.similarity)) }
        }
        if format.json {
            let answers = try texts.map { try runner.rows($0) }.map { Answer($0, model) }
            return try Console.write(json: Answer.document(answers, labels: model.labels))
        }
        try texts.forEach { try write(runner.rows($0).map { Answer($0, model) }) }
    }

    private func write(_ results: [some Encodable & PrintedResult]) throws {
        try Console.write(["results": results], json: format.json, results.map(\.line))
    }
}

/// Runs a model on texts as they come.
struct TextRunner {
    /// What a model gives for a text.
    struct Row {
        var text: String
        var logits: [Float]
        /// Whether a [MASK] is among the tokens that were run.
        var hasMask: Bool
        /// The tokens and spans of a tagger; nil for any other model.
        var tagged: TaggedText?
    }

    private let model: OpenedModel
    private let path: String
    private let encoder: TextEncoder
    private let threads: Int
    private let pairs: Bool
    /// The ids that the word [MASK] becomes.
    private let mask: Set<UInt16>

    init(_ model: OpenedModel, path: String, pairs: Bool = false, threads: Int) throws(EmbqError) {
        self.model = model
        self.path = path
        self.threads = threads
        self.pairs = pairs
        guard !pairs || model.task != .tagging else {
            throw EmbqError(
                .invalidRequest, "--pairs is not for a tagger, which takes one text", advice: "Leave --pairs out.")
        }
        let tokenizer = try model.tokenizer()
        encoder = try model.encoder()
        mask = try onDevice { () throws(RuntimeError) in
            try Set(tokenizer.encode("[MASK]", limit: .max)).subtracting(tokenizer.encode("", limit: .max))
        }
    }

    private func sentence(_ text: [UInt8]) throws(EmbqError) -> Sentence {
        guard pairs else { return try Inference.sentence(text, with: encoder) }
        guard let tab = text.firstIndex(of: UInt8(ascii: "\t")) else {
            throw EmbqError(
                .invalidRequest, "a text has no tab, which --pairs needs between two texts",
                advice: "Separate the texts of a pair by a tab, or leave --pairs out.")
        }
        return try Inference.sentence(
            Array(text[..<tab]), and: Array(text[(tab + 1)...]), with: encoder)
    }

    /// - Throws: `.invalidRequest` for a text without a token; `.nonFinite` when the model answers NaN or infinity; both
    ///   with the place of the text.
    func rows(_ chunk: TextArguments.Chunk) throws(EmbqError) -> [Row] {
        var sentences: [Sentence] = []
        for (index, text) in chunk.texts.enumerated() {
            do throws(EmbqError) { sentences.append(try sentence(text)) } catch {
                throw error.inside(chunk.place(of: index)).at(file: chunk.file ?? path)
            }
        }
        let logits = try model.rows(sentences, at: path, threads: threads, place: chunk.place)
        var rows: [Row] = []
        for (index, text) in chunk.texts.enumerated() {
            var row = Row(
                text: String(decoding: text, as: UTF8.self), logits: logits[index],
                hasMask: sentences[index].ids.contains(where: mask.contains))
            if model.task == .tagging {
                row.tagged = try TaggedText(utf8: text, rows: row.logits, encoder: encoder, labels: model.labels)
            }
            rows.append(row)
        }
        return rows
    }
}

/// The texts that `run` and `tokenize` work on.
struct TextArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Texts, or - to read them from standard input, one a line.", valueName: "text"))
    var texts: [String]

    /// Texts that came together.
    struct Chunk {
        let texts: [[UInt8]]
        /// The number of the first among all, counted from 1.
        let first: Int
        /// `-` for standard input.
        let file: String?

        /// Where a text stands: the line of the input, or the place among the arguments.
        func place(of index: Int) -> String { "\(file == nil ? "text" : "line") \(first + index)" }
    }

    /// Hands over some texts at a time, as they come.
    ///
    /// - Throws: `.missing` when standard input has none: whatever should have written them did not.
    func forEach(_ body: (Chunk) throws -> Void) throws {
        guard texts == [StandardStream.name] else {
            return try body(Chunk(texts: texts.map(SystemText.bytes), first: 1, file: nil))
        }
        var isEmpty = true
        try Console.forEachInputLines { lines, first in
            isEmpty = false
            try body(Chunk(texts: lines, first: first, file: StandardStream.name))
        }
        guard !isEmpty else {
            throw EmbqError(.missing, "there is no text on standard input", advice: "Write one text a line to it.")
        }
    }

    /// What is made of all of them, some at a time as they come.
    func map<T>(_ body: (Chunk) throws -> [T]) throws -> [T] {
        var results: [T] = []
        try forEach { results += try body($0) }
        return results
    }
}
