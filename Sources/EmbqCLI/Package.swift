import ArgumentParser
import EmbqArtifact
import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqExport
import EmbqPipeline
import EmbqQuantization
import EmbqReport

struct Package: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Does all of it: calibrates, quantizes, checks the accuracy, and writes a folder for the device.",
        discussion: """
            Writes model.embq, model.c, model.h with the runtime's sources, report.html,
            README.md as a model card, bom.cdx.json as a CycloneDX bill of materials,
            and manifest.json.

            A package that is in the folder is replaced as a whole, in one step. A
            folder with other files is refused. In a mount point files are replaced one
            by one; if embq is killed meanwhile, the next run that writes there
            completes it.

            Examples:
              embq package Fixtures/embbert-snips --data cal.tsv --test test.tsv \\
                -o out/model
              embq package Fixtures/embbert-snips --data cal.tsv --test test.tsv \\
                --max-drop 0.3 -o out/model
              embq package Fixtures/embbert-snips --data cal.tsv --test test.tsv \\
                --layout zephyr --name snips -o modules/snips

            Exit status 2: the accuracy check failed. 3: a limit of memory
            cannot be met; the error names the nearest size or length that can.
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String
    @Option(
        help: ArgumentHelp(
            "Sentences to calibrate on: a table with a header (.csv, else separated by tabs), .jsonl or .conll; - is standard input.",
            valueName: "file"))
    var data: String
    @Option(help: ArgumentHelp("Sentences for the accuracy check, labelled or not.", valueName: "file"))
    var test: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "folder"))
    var output: String
    @Option(
        help: ArgumentHelp(
            "Sign the package with a private key, P-256 in PEM: model.sig, as OpenSSF model signing 1.0 has it.",
            valueName: "key"))
    var sign: String?
    @Option(
        help: ArgumentHelp(
            "Write the package as one .zip too, the same bytes each time; - is standard output.", valueName: "file"))
    var archive: String?
    @OptionGroup var memory: MemoryOptions
    @OptionGroup var length: LengthOption
    @OptionGroup var method: MethodOptions
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var task: TaskOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var worst: WorstOption
    @OptionGroup var live: LiveOption
    @OptionGroup var layout: LayoutOptions
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    private struct Summary: Encodable {
        var output: String
        var footprint: Footprint
        var evaluation: EvaluationSummary
        var notes: [String]?
    }

    func validate() throws {
        if output == StandardStream.name { throw ValidationError("-o takes a folder: standard output takes one file.") }
        try format.refuse(beside: [("--archive", archive)])
        if data == StandardStream.name, test == StandardStream.name {
            throw ValidationError("--data and --test cannot both be standard input.")
        }
    }

    func run() throws {
        if let archive { try PackageArchive.check(archive, beside: output) }
        try layout.options.checkLicense()
        let key = try sign.map { path throws(EmbqError) in try SigningKey(path: path) }
        // What another run left half done is completed first, whatever comes of this one.
        let folder = try FolderOutput(output)
        let testData = try columns.data(test)
        try testData.requireLabels(for: task, limits)
        let model = try companions.released(path, maxTokens: length.maxTokens)
        var sources = layout.options
        let card = ModelCard(beside: path)
        sources.license = sources.license ?? card.license
        var job = try PackageJob(
            model, calibrationData: columns.data(data), testData: testData,
            samples: calibration.samples?.value, observer: calibration.observer ?? Observers.standard, task: task.task,
            metric: task.metric, limits: limits.limits, methods: method.methods, budget: memory.budget?.bytes,
            worst: worst.count(json: format.json), sources: sources, threads: threads.count)
        job.part = memory.part
        job.hasLiveReport = !live.noLive
        job.command = TypedCommand(SystemText.arguments).text
        job.archive = archive
        job.key = key
        job.baseModels = card.baseModels
        if let archive {
            try FileIdentity.refuseOverwriting(
                model.checkpoint.inputs + [data, test] + [sign].compactMap { $0 }, with: archive)
        }
        if length.maxTokens != nil { job.reference = try companions.released(path) }
        let result = try job.run(into: folder, progress: ProgressBar().handler)
        if format.json {
            try Console.write(
                json: CanonicalJSON.document(
                    Summary(
                        output: output, footprint: result.footprint, evaluation: result.evaluation.summary,
                        notes: result.notes.jsonValue)))
        } else {
            try Console.write(
                EvaluationText.lines(result.evaluation.summary) + Self.text(result.footprint), beside: archive)
        }
        Console.note(warnings: result.notes.sentences)
        noteLabelPlaces(testData, .artifact(result.artifact))
        if let settling = result.settling { Console.note(note(settling)) }
        let part = memory.board.flatMap(Board.named)
        if let note = BoardNote.text(result.footprint, layout.layout, board: part) { Console.note(warnings: [note]) }
        if let note = CSourceExport.note(result.artifact, layout.options) { Console.note(note) }
        Console.note(
            "wrote \(output): \(result.files.count) files, "
                + "\(result.files.reduce(0) { $0 + $1.size }.grouped) bytes")
        live.note(result.artifact)
        if let archive, let bytes = result.archiveBytes { Console.note("wrote \(archive): \(bytes.grouped) bytes") }
        try enforce(limits.limits, result.evaluation.violations)
    }

    private static func text(_ footprint: Footprint) -> [String] {
        footprint.lines + [
            "as the EmbBERT paper counts: \(footprint.total.grouped) bytes of weights, tables and arena at "
                + "\(footprint.length) tokens"
        ]
    }
}
