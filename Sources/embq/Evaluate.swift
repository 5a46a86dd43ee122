import ArgumentParser
import Artifact
import Checkpoints
import Evaluation
import FileIO
import Packaging
import TensorCore

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a model on labelled data: a checkpoint in fp32, an artifact with the device's code.",
        discussion: """
            Examples:
              embq evaluate Fixtures/embbert-snips --data test.tsv
              embq evaluate model.embq --data test.tsv --against Fixtures/embbert-snips \\
                --max-drop 0.3 --report r.html
            """)

    @Argument(help: ArgumentHelp("A checkpoint (fp32) or an .embq artifact (int8).", valueName: "model"))
    var path: String
    @Option(help: ArgumentHelp("Labelled sentences, TSV with a header.", valueName: "file"))
    var data: String
    @Option(help: ArgumentHelp("The checkpoint that drop and agreement are measured against.", valueName: "checkpoint"))
    var against: String?
    @Option(help: ArgumentHelp("Write a report, one HTML file.", valueName: "file"))
    var report: String?
    @Option(help: ArgumentHelp("Write a line a row: label, then the logits, tab-separated.", valueName: "file"))
    var predictions: String?
    @OptionGroup var task: TaskOptions
    @OptionGroup var limits: LimitOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        if against == nil, !limits.limits.isEmpty {
            throw ValidationError("--max-drop and --min-agreement need --against CHECKPOINT.")
        }
    }

    func run() throws {
        let labelled = try LabelledData(path: data)
        let model = try companions.model(path)
        let reference: ReleasedModel? =
            if let against { try companions.released(against) } else { nil }
        for output in [report, predictions].compactMap({ $0 }) {
            try FileIdentity.refuseOverwriting(
                model.inputs(at: path) + (reference?.checkpoint.inputs ?? []) + [data], with: output)
        }
        let result = try EvaluateJob(
            model, reference: reference, data: labelled, task: task.task, metric: task.metric, limits: limits.limits,
            threads: threads.count
        ).run(progress: ProgressBar().handler)
        if let predictions { try result.predictions.write(to: predictions) }
        if let report { try Report.write(content(model, result), to: report) }
        try Console.write(format.json ? result.summary.json() : Self.text(result.summary))
        try enforce(result.violations)
    }

    private func content(_ model: OpenedModel, _ result: EvaluateJob.Result) -> ReportContent {
        var builder = ReportBuilder(title: Folder.name(of: path), subtitle: "evaluated on \(result.task)")
        builder.add(result.accuracy)
        if case .artifact(let artifact) = model { builder.add(Footprint(artifact), of: artifact) }
        return builder.report
    }

    /// The summary for people.
    static func text(_ summary: EvaluationSummary) -> String {
        func percent(_ value: Double) -> String { "\(fixed(value * 100, 2)) %" }
        var lines = ["\(summary.task): \(grouped(summary.rows)) rows"]
        func add(_ name: String, _ value: String) { lines.append("  \(name.padded(to: 12))\(value)") }
        if let accuracy = summary.accuracy { add("accuracy", percent(accuracy)) }
        if let mcc = summary.mcc { add("MCC", fixed(mcc, 4)) }
        if let f1 = summary.f1 { add("F1 weighted", fixed(f1, 4)) }
        if let scc = summary.scc { add("Spearman", fixed(scc, 4)) }
        if let drop = summary.dropPoints, let reference = summary.referenceScore {
            let change = drop < 0 ? "\(fixed(-drop, 2)) points above" : "\(fixed(drop, 2)) points below"
            add("fp32", "\(summary.metric.rawValue) \(fixed(reference * 100, 2)): int8 is \(change)")
        }
        if let agreement = summary.agreement { add("agreement", percent(agreement)) }
        if let embeddings = summary.embeddings {
            add(
                "embeddings",
                "cosine to fp32 \(fixed(embeddings.meanCosine, 4)) on average, \(fixed(embeddings.minCosine, 4)) at worst"
            )
        }
        if let sqnr = summary.sqnrDB { add("SQNR", "\(fixed(sqnr, 1)) dB of the logits") }
        add("speed", "\(grouped(Int(summary.sentencesPerSecond))) sentences a second")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A number with a fixed count of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        let scaled = (abs(value) * factor).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let filled = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return decimals == 0 ? sign + filled : sign + filled.dropLast(decimals) + "." + filled.suffix(decimals)
    }
}
