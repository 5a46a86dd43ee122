import ArgumentParser
import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
package import EmbqEvaluation
import EmbqPipeline
package import EmbqQuantization
package import EmbqReport

/// Where a checkpoint's companions lie, when not beside the weights.
struct CompanionFiles: ParsableArguments {
    @Option(help: ArgumentHelp("The config.json, when it does not lie beside the weights.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The tokenizer.json or vocab.txt, when it does not lie beside the weights.", valueName: "file"))
    var tokenizer: String?

    @Option(help: ArgumentHelp("The folder of a LoRA adapter (PEFT) to merge with the weights.", valueName: "folder"))
    var adapter: String?

    @Option(
        help: ArgumentHelp(
            "The prompt that precedes every text, by its name in config_sentence_transformers.json (default: the "
                + "model's own; '' for none).", valueName: "name"))
    var prompt: String?

    /// Whether any of them is given.
    var areGiven: Bool { config != nil || tokenizer != nil || adapter != nil || prompt != nil }

    /// - Parameter key: where the tensors are in a PyTorch file that holds more.
    func location(_ path: String, key: String?, maxTokens: Int? = nil) -> CheckpointLocation {
        CheckpointLocation(
            path, config: config, tokenizer: tokenizer, key: key, adapter: adapter, prompt: prompt,
            maxTokens: maxTokens)
    }
}

/// Where the parts of a checkpoint are.
struct CompanionOptions: ParsableArguments {
    @OptionGroup var files: CompanionFiles

    @Option(
        help: ArgumentHelp(
            "Where the tensors are in a PyTorch file that holds more: keys, joined by dots.", valueName: "path"))
    var key: String?

    static let names = "--config, --tokenizer, --key, --adapter or --prompt"

    /// Whether any of them is.
    var areGiven: Bool { files.areGiven || key != nil }

    /// Refuses them beside what is no checkpoint.
    func refuse(beside path: String) throws {
        guard areGiven else { return }
        throw ValidationError("'\(path)' has all that it needs: leave out \(Self.names).")
    }

    func location(_ path: String, maxTokens: Int? = nil) -> CheckpointLocation {
        files.location(path, key: key, maxTokens: maxTokens)
    }

    func checkpoint(_ path: String) throws(EmbqError) -> Checkpoint { try Checkpoint(location(path)) }

    func released(_ path: String, maxTokens: Int? = nil) throws(EmbqError) -> ReleasedModel {
        try ReleasedModel(Checkpoint(location(path, maxTokens: maxTokens)))
    }

    /// The checkpoint beside `model`: `--key` and `--adapter` belong to the model where it is a checkpoint itself.
    func reference(_ path: String, beside model: OpenedModel) throws(EmbqError) -> ReleasedModel {
        guard case .released = model else { return try released(path) }
        return try ReleasedModel(
            Checkpoint(CheckpointLocation(path, config: files.config, tokenizer: files.tokenizer, prompt: files.prompt))
        )
    }

    func model(_ path: String) throws(EmbqError) -> OpenedModel {
        try OpenedModel(location(path))
    }
}

/// Which columns of the data have the texts and the labels.
struct ColumnOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The column of the text, or of a pair's two with a comma between (default: text or sentence; text_a,text_b, "
                + "sentence1,sentence2, premise,hypothesis or question,sentence).", valueName: "names"))
    var textColumn: String?
    @Option(
        help: ArgumentHelp("The column of the label (default: label_text, else label).", valueName: "name"))
    var labelColumn: String?

    var columns: DataColumns {
        DataColumns(text: textColumn.map(Self.names) ?? [], label: labelColumn)
    }

    private static func names(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func validate() throws {
        if let textColumn, !(1...2).contains(Self.names(textColumn).count) {
            throw ValidationError("--text-column takes one name, or two with a comma between them.")
        }
    }

    func data(_ path: String) throws(EmbqError) -> LabelledData { try LabelledData(path: path, columns: columns) }
}

struct ThreadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads to compute with (default: one for each processor).", valueName: "n"))
    var threads: Int?

    var count: Int { threads ?? Parallel.processors }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes a number from 1 to 1024.")
        }
    }
}

struct CalibrationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Calibrate on n rows, spread evenly over the data, or with auto on as many as it takes for the ranges to "
                + "settle (default: 512, or all if fewer).", valueName: "n|auto"))
    var samples: SampleCount?

    @Option(
        help: ArgumentHelp(
            "How ranges are chosen: \(Observers.names.joined(separator: ", ")) (default: \(Observers.standard), or the profile's own).",
            valueName: "name"))
    var observer: String?

    func validate() throws {
        if let observer, Observers.named(observer) == nil {
            throw ValidationError(
                "The observer '\(observer)' is not known.\(Suggestion.question(observer, among: Observers.names)) "
                    + "Known: \(Observers.names.joined(separator: ", ")).")
        }
    }
}

/// Some rows of the data: `FIRST:END`, counted from 0, without END.
struct RowRange: ExpressibleByArgument {
    let range: Range<Int>

    init?(argument: String) {
        let ends = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let first = ends[0], let end = ends[1], first >= 0, first < end else { return nil }
        range = first..<end
    }
}

/// A number of rows from 1 on, or `auto`.
struct SampleCount: ExpressibleByArgument {
    var value: CalibrationSamples

    init?(argument: String) {
        if argument == "auto" {
            value = .automatic
        } else if let rows = Int(argument), rows >= 1 {
            value = .rows(rows)
        } else {
            return nil
        }
    }
}

/// How a model becomes integers.
struct MethodOptions: ParsableArguments {
    @Option(
        name: .customLong("methods"),
        help: ArgumentHelp(
            "What is done beyond rounding to the nearest, joined by commas: "
                + "\(QuantizationMethods.all.names.joined(separator: ", ")); all or none (default: all). Ranges with and "
                + "without folding are not the same.",
            valueName: "names"))
    var given: QuantizationMethods?

    var methods: QuantizationMethods { given ?? .all }
    var areGiven: Bool { given != nil }
}

/// The longest sentence of an artifact.
struct LengthOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest sentence that the artifact takes, in tokens; longer texts are cut. Fewer tokens need a smaller "
                + "arena and fewer rows of the table of positions (default: the model's own limit).",
            valueName: "n"))
    var maxTokens: Int?

    func validate() throws {
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens takes a number of tokens, 1 or more.") }
    }
}

extension QuantizationMethods: ExpressibleByArgument {
    package init?(argument: String) { self.init(names: argument) }
}

struct TaskOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The task's name (default: the name of the data's folder).", valueName: "name"))
    var task: String?

    func validate() throws {
        if let task, task.isEmpty || task.holdsControls {
            throw ValidationError("--task takes a name on one line.")
        }
    }

    @Option(
        help: ArgumentHelp(
            "The task's metric (default: the task's own).",
            valueName: "name"))
    var metric: Metric?
}

struct LimitOptions: ParsableArguments {
    // A negative number is a limit too: it asks for a gain.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fail with status 2 when the metric drops by more, in points of 100.", valueName: "points"))
    var maxDrop: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Fail with status 2 when the drop's 95 % interval reaches further: chance in the choice of the rows, of "
                + "which few tell little, is then allowed for.",
            valueName: "points"))
    var maxDropUpperBound: Double?

    @Option(
        help: ArgumentHelp(
            "Fail with status 2 when fewer rows agree with fp32, in percent; numbers of a regression agree when they "
                + "differ by at most a tenth of their standard deviation in fp32.", valueName: "percent"))
    var minAgreement: Double?

    var limits: AccuracyLimits {
        AccuracyLimits(
            maxDropPoints: maxDrop, maxDropUpperBound: maxDropUpperBound, minAgreement: minAgreement.map { $0 / 100 })
    }

    func validate() throws {
        if let maxDrop, !maxDrop.isFinite { throw ValidationError("--max-drop takes a number of points.") }
        if let maxDropUpperBound, !maxDropUpperBound.isFinite {
            throw ValidationError("--max-drop-upper-bound takes a number of points.")
        }
        if let minAgreement, !(0...100).contains(minAgreement) {
            throw ValidationError("--min-agreement takes a percentage from 0 to 100.")
        }
    }
}

/// Whether a report runs its model.
struct LiveOption: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Leave the model out of the report: it then shows results and runs nothing. A model above "
                + "\(Report.maximumLiveBytes / 1_000_000) MB is left out by itself."))
    var noLive = false

    /// Says that a report does not run its model because of its size.
    func note(_ artifact: ArtifactReader) {
        guard !noLive, artifact.bytes.count > Report.maximumLiveBytes else { return }
        Console.note(
            "the report does not run the model: it has \(artifact.bytes.count.grouped) bytes, more than "
                + "\(Report.maximumLiveBytes.grouped)")
    }
}

struct WorstOption: ParsableArguments {
    /// What --json lists when nothing is said.
    private static let standard = 10

    @Option(
        help: ArgumentHelp(
            "List the n worst rows beside fp32: flipped ones first, then the largest logit errors (default: none; "
                + "10 with --json).",
            valueName: "n"))
    var worst: Int?

    func count(json: Bool) -> Int { worst ?? (json ? Self.standard : 0) }

    func validate() throws {
        if let worst, !(0...10_000).contains(worst) { throw ValidationError("--worst takes a number from 0 to 10000.") }
    }
}

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object instead of text.")
    var json = false
    @Flag(name: .shortAndLong, help: "Leave out notes and progress: results and errors alone.")
    var quiet = false
    @Flag(help: "Draw no bars; without a terminal there are none.")
    var noProgress = false
    @Option(
        help: ArgumentHelp(
            "When verdicts, errors and notes have colours; auto: on a terminal, unless NO_COLOR is set.",
            valueName: "when"))
    var color: Style.Choice = .auto

    func validate() {
        Console.silence(notes: quiet, progress: quiet || noProgress)
        Style.choose(color)
    }

    /// Refuses two things on standard output that nobody could tell apart.
    func refuse(beside outputs: [(option: String, path: String?)]) throws {
        let taken = outputs.filter { $0.path == StandardStream.name }.map(\.option) + (json ? ["--json"] : [])
        guard taken.count > 1 else { return }
        throw ValidationError("\(taken.joined(separator: " and ")) cannot both have standard output.")
    }
}

extension Metric: ExpressibleByArgument {}
extension TableFormat: ExpressibleByArgument {}

extension ByteCount: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
