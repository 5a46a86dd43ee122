import ArgumentParser
import EmbqCore
import EmbqData
import EmbqPipeline

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what differs between two artifacts or two checkpoints.",
        discussion: """
            Compares configuration, labels, tokenizer, footprint, scales, and tensors by
            their signal to noise ratio. Of artifacts a matrix's rows are compared apart
            from their scales, so that matrices of different widths can be.
            With --data both models answer the rows; then a checkpoint and an artifact can
            be compared as well.

            Exit status: 0 nothing differs, 3 something does.

            Examples:
              embq diff old.embq new.embq
              embq diff old.embq new.embq --data test.tsv --json
            """)

    @Argument(help: ArgumentHelp("A checkpoint, an .embq artifact, or the folder of a package.", valueName: "first"))
    var first: String
    @Argument(help: ArgumentHelp("What it is compared with.", valueName: "second"))
    var second: String
    @Option(
        help: ArgumentHelp(
            "Sentences that both answer: a table with a header (.csv, else separated by tabs), .jsonl or .conll; - is standard input.",
            valueName: "file"))
    var data: String?
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        guard data != nil || columns.columns == DataColumns() else {
            throw ValidationError("--text-column and --label-column go with --data.")
        }
    }

    func run() throws {
        if companions.areGiven, try OpenedModel.artifact(at: first) != nil, try OpenedModel.artifact(at: second) != nil
        {
            try companions.refuse(beside: first)
        }
        let rows = try data.map { try columns.data($0) }
        let difference = try DiffJob(
            companions.location(first), companions.location(second), data: rows, threads: threads.count
        ).run(progress: ProgressBar().handler)
        let text = lines(difference)
        try Console.write(
            difference, json: format.json, text, verdict: difference.isEqual ? (.passed, text.count - 1) : nil)
        guard difference.isEqual else { throw ExitCode(3) }
    }

    /// Flipped rows that are listed for people.
    private static let listedFlips = 10

    private func lines(_ difference: ModelDifference) -> [String] {
        var lines: [String] = []
        var part = ""
        for fact in difference.parts {
            if fact.part != part { lines.append(fact.part) }
            part = fact.part
            lines.append("  \(fact.name): \(fact.first ?? "none") → \(fact.second ?? "none")")
        }
        if let tensors = difference.tensors { lines += self.lines(tensors) }
        if let answers = difference.answers { lines += self.lines(answers) }
        return difference.isEqual ? lines + ["nothing differs"] : lines
    }

    private func lines(_ tensors: ModelDifference.Tensors) -> [String] {
        var lines = ["tensors: \(tensors.equal) equal, \(tensors.different.count) different"]
        for tensor in tensors.different {
            let forms =
                tensor.first == tensor.second
                ? text(tensor.first) : "\(text(tensor.first)) → \(text(tensor.second))"
            lines.append("  \(tensor.name): \(forms)" + (tensor.sqnrDB.map { ", \($0.fixed(1)) dB" } ?? ""))
        }
        lines += tensors.onlyFirst.map { "  \($0): only in \(first)" }
        lines += tensors.onlySecond.map { "  \($0): only in \(second)" }
        return lines
    }

    private func text(_ form: ModelDifference.Form) -> String {
        "\(form.dtype) [\(form.shape.map(String.init).joined(separator: ", "))]"
    }

    private func lines(_ answers: ModelDifference.Answers) -> [String] {
        let share = Double(answers.flippedRows) / Double(answers.rows)
        let ends = answers.flippedShareInterval.map { (100 * $0).fixed(2) }
        var lines = [
            "answers: \(answers.flippedRows.grouped) of \(answers.rows.grouped) rows flip, \((100 * share).fixed(2)) %, "
                + "95 % interval \(ends[0]) to \(ends[1]) %; "
                + (answers.sqnrDB.map { "\($0.fixed(1)) dB" } ?? "all logits equal")
        ]
        for flip in answers.flips.prefix(Self.listedFlips) {
            lines.append("  line \(flip.line): \(flip.first) → \(flip.second)\t\(flip.text)")
        }
        let more = answers.flips.count - Self.listedFlips
        if more > 0 { lines.append("  and \(more.grouped) more; --json lists all") }
        return lines
    }
}
