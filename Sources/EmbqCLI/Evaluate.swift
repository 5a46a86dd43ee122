import ArgumentParser
import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqPipeline
import EmbqReport

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a model on data: a checkpoint in fp32, an artifact with the device's code.",
        discussion: """
            A tagger is measured on .conll files: a word, a tab and its tag a line, a blank
            line between sentences. The tag of a word is that of its first token.
            Without labels, agreement with fp32 is measured alone. A suite has rows of a
            task, a checkpoint, data, and an artifact or data to calibrate one on.
            --merge scores what --predictions wrote, of all rows shared out among files by
            --rows. Give the model that made them: the files do not name it.

            --key and --adapter belong to a checkpoint that is evaluated, else to the one
            behind --against; --config and --tokenizer to both.

            Examples:
              embq evaluate Fixtures/embbert-snips --data test.tsv
              embq evaluate model.embq --data test.tsv --against Fixtures/embbert-snips \\
                --max-drop 0.3 --report r.html
              embq evaluate model.embq --data test.tsv --against Fixtures/embbert-snips \\
                --layers --worst 10
              embq evaluate model.embq --data test.tsv --rows 0:350 --predictions a.tsv
              embq evaluate model.embq --merge a.tsv b.tsv --task snips --json
              embq evaluate --suite Fixtures/suite/suite.json --format markdown
            """)

    @Argument(
        help: ArgumentHelp(
            "A checkpoint (fp32), or an .embq artifact or the folder of a package (int8).", valueName: "model"))
    var path: String?
    @Option(
        help: ArgumentHelp(
            "Sentences, labelled or not: a table with a header (.csv, else separated by tabs), .jsonl or .conll; - is standard input.",
            valueName: "file"))
    var data: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Or predictions of the model that earlier runs wrote, each row once: nothing is run.",
            valueName: "predictions"))
    var merge: [String] = []
    @Option(help: ArgumentHelp("The checkpoint that drop and agreement are measured against.", valueName: "checkpoint"))
    var against: String?
    @Option(
        help: ArgumentHelp("Instead of a model: many tasks in fp32 and in int8, as a table.", valueName: "file"))
    var suite: String?
    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("How a suite's table is written (default: text).", valueName: "format"))
    var tableFormat: TableFormat?
    @Option(help: ArgumentHelp("Write a report, one HTML file; - is standard output.", valueName: "file"))
    var report: String?
    @Option(
        help: ArgumentHelp(
            "Write a header and a line a row, of a tagger a word: row, expected, label, logits, tab-separated; - is "
                + "standard output.",
            valueName: "file"))
    var predictions: String?
    @Option(
        help: ArgumentHelp(
            "Only rows FIRST to END, counted from 0, without END: 0:350, then 350:700.", valueName: "first:end"))
    var rows: RowRange?
    @OptionGroup var task: TaskOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var worst: WorstOption
    @OptionGroup var live: LiveOption
    @Flag(help: "Measure how much of each value inside an artifact survives: its rows beside fp32's.")
    var layers = false
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        try format.refuse(beside: [("--report", report), ("--predictions", predictions)])
        if suite != nil { return try validateSuite() }
        if path == nil { throw ValidationError("Give a model, or --suite.") }
        if !merge.isEmpty { return try validateMerge() }
        if data == nil { throw ValidationError("Missing expected argument '--data <file>'") }
        if tableFormat != nil { throw ValidationError("--format goes with --suite.") }
        if live.noLive, report == nil { throw ValidationError("--no-live goes with --report.") }
        if against == nil {
            if !limits.limits.isEmpty { throw ValidationError("Limits need --against CHECKPOINT.") }
            if layers { throw ValidationError("--layers needs --against CHECKPOINT.") }
            if worst.worst != nil { throw ValidationError("--worst needs --against CHECKPOINT.") }
        }
    }

    /// Options that belong to a run over data, with whether they are given.
    private var ofRun: [(name: String, isGiven: Bool)] {
        [
            ("--data", data != nil), ("--against", against != nil), ("--report", report != nil),
            ("--predictions", predictions != nil), ("--rows", rows != nil), ("--worst", worst.worst != nil),
            ("--layers", layers), ("--no-live", live.noLive),
            ("--text-column and --label-column", columns.columns != DataColumns()),
        ]
    }

    private func validateMerge() throws {
        let others = ofRun + [("--format", tableFormat != nil), ("limits", !limits.limits.isEmpty)]
        if let other = others.first(where: \.isGiven)?.name {
            throw ValidationError("--merge scores predictions that are there: leave out \(other).")
        }
    }

    private func validateSuite() throws {
        let others =
            [("a model", path != nil), ("--merge", !merge.isEmpty)] + ofRun + [
                ("--task", task.task != nil), ("--metric", task.metric != nil),
                (CompanionOptions.names, companions.areGiven),
            ]
        if let other = others.first(where: \.1)?.0 {
            throw ValidationError("--suite has its models and data in the file: leave out \(other).")
        }
        if format.json, tableFormat != nil { throw ValidationError("Give either --json or --format.") }
    }

    func run() throws {
        if let suite { return try run(SuiteFile(path: suite)) }
        guard let path else { return }
        guard let data else { return try runMerge(path) }
        try FileIdentity.refuseSharing([report, predictions].compactMap { $0 })
        let all = try columns.data(data)
        let labelled = try rows.map { try all.part($0.range) } ?? all
        try labelled.requireLabels(for: task, limits)
        let model = try companions.model(path)
        let reference: ReleasedModel? =
            if let against { try companions.reference(against, beside: model) } else { nil }
        switch model {
        case .released where layers:
            throw ValidationError("--layers needs an .embq artifact: '\(path)' is a checkpoint.")
        case .artifact where against == nil: try companions.refuse(beside: path)
        case .released, .artifact: break
        }
        for output in [report, predictions].compactMap({ $0 }) {
            try FileIdentity.refuseOverwriting(
                model.inputs(at: path) + (reference?.checkpoint.inputs ?? [])
                    + [data, EvaluateJob.labelsPath(of: data)].compactMap { $0 }, with: output)
        }
        let result = try EvaluateJob(
            model, reference: reference, data: labelled, task: task.task, metric: task.metric, limits: limits.limits,
            worst: worst.count(json: format.json),
            measuresLayers: layers, fillsReport: report != nil, threads: threads.count
        ).run(progress: ProgressBar().handler)
        noteLabelPlaces(labelled, model)
        if let predictions {
            try PredictionTable(result.predictions, of: result.data, first: rows?.range.lowerBound ?? 0)
                .write(to: predictions)
        }
        if let report {
            let artifact: ArtifactReader? = if case .artifact(let artifact) = model { artifact } else { nil }
            try Report.write(
                result.report(
                    title: Folder.name(of: path), subtitle: "evaluated on \(result.task)",
                    of: artifact.map { ($0, Folder.name(of: path)) }, isLive: !live.noLive,
                    command: TypedCommand(SystemText.arguments).text), to: report)
            if let artifact { live.note(artifact) }
        }
        if format.json {
            try Console.write(json: EvaluationDocument(result.summary, of: model).json())
        } else {
            try Console.write(
                EvaluationText.lines(result.summary, listsLayers: layers),
                beside: [report, predictions].first { $0 == StandardStream.name } ?? nil)
        }
        try enforce(limits.limits, result.violations)
    }

    private func runMerge(_ path: String) throws {
        let model = try companions.model(path)
        if case .artifact = model { try companions.refuse(beside: path) }
        let result = try EvaluateJob.merge(merge, of: model, task: task.task, metric: task.metric)
        if format.json {
            try Console.write(json: EvaluationDocument(result.summary, of: model).json())
        } else {
            try Console.write(EvaluationText.lines(result.summary, listsLayers: false))
        }
    }

    private func run(_ suite: SuiteFile) throws {
        let result = try SuiteJob(suite, limits: limits.limits, threads: threads.count).run(
            progress: ProgressBar().handler)
        if format.json {
            try Console.write(json: result.summary.json())
        } else {
            let text = result.summary.text(tableFormat ?? .text)
            try Console.write(text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init))
        }
        try enforce(limits.limits, result.violations)
    }
}
