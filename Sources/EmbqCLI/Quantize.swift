import ArgumentParser
import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqPipeline
import EmbqQuantization
import EmbqReport

struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turns a checkpoint into an integer artifact that the device's runtime executes.",
        discussion: """
            Examples:
              embq quantize Fixtures/embbert-snips --profile model.embqcal -o model.embq
              embq quantize Fixtures/embbert-snips --data cal.tsv --budget 300kB \\
                -o model.embq
              embq quantize Fixtures/embbert-snips --data cal.tsv --flash 400kB \\
                --ram 64kB --max-tokens 64 -o model.embq

            Exit status 3: a limit of memory or --min-agreement cannot be met; the error
            names the nearest size, length and agreement that can.
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String
    @Option(help: ArgumentHelp("A calibration profile that `embq calibrate` wrote.", valueName: "file"))
    var profile: String?
    @Option(
        help: ArgumentHelp(
            "Or sentences to calibrate on: a table with a header (.csv, else separated by tabs), .jsonl or .conll; - is standard input.",
            valueName: "file"))
    var data: String?
    @Option(
        help: ArgumentHelp(
            "Choose the smallest weights with which so many of the calibration sentences are answered as in fp32, in "
                + "percent; numbers may differ by a tenth of their standard deviation.", valueName: "percent"))
    var minAgreement: Double?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The artifact to write: MODEL.embq, or - for standard output.", valueName: "file"))
    var output: String
    @OptionGroup var memory: MemoryOptions
    @OptionGroup var length: LengthOption
    @OptionGroup var method: MethodOptions
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    func validate() throws {
        try format.refuse(beside: [("-o", output)])
        guard (profile == nil) != (data == nil) else {
            throw ValidationError("Give --profile or --data, one of them: a profile has its sentences.")
        }
        if data == nil, calibration.samples != nil {
            throw ValidationError("--samples goes with --data; a profile has its samples.")
        }
        if let minAgreement, !(0...100).contains(minAgreement) {
            throw ValidationError("--min-agreement takes a percentage from 0 to 100.")
        }
    }

    func run() throws {
        let model = try companions.released(path, maxTokens: length.maxTokens)
        try FileIdentity.refuseOverwriting(model.checkpoint.inputs + [profile, data].compactMap { $0 }, with: output)
        let progress = ProgressBar().handler
        let (profile, notes) = try calibrated(model, progress)
        let goal = WidthGoal(budget: memory.budget?.bytes, minAgreement: minAgreement.map { $0 / 100 })
        var job = QuantizeJob(
            model, profile: profile, profilePath: self.profile, observer: calibration.observer, methods: method.methods,
            goal: goal, threads: threads.count)
        job.part = memory.part
        job.metric = data.map { EvaluateJob.metric(of: $0, kind: Inference.kind(of: model)) }
        let result = try job.run(progress: progress)
        try AtomicOutput.write(result.artifact.bytes, to: output)
        let footprint = Footprint(result.artifact)
        let warnings = (notes?.sentences ?? []) + result.notes
        if format.json {
            var summary = ArtifactSummary(result.artifact)
            summary.notes = warnings.isEmpty ? nil : warnings
            if !result.front.isEmpty {
                summary.front = result.front
                summary.frontMetric = result.frontMetric
            }
            try Console.write(json: CanonicalJSON.document(summary))
        } else if !result.front.isEmpty {
            try Console.write(Self.text(result.front, result.frontMetric), beside: output)
        }
        Console.note(warnings: warnings)
        if profile.kept == nil, method.methods.contains(.wideActivations) {
            Console.note("the profile keeps no sentences: what needs 16 bits was chosen by the ranges alone")
        }
        Console.note(
            "wrote \(output): \(result.artifact.bytes.count.grouped) bytes; \(footprint.total.grouped) bytes of weights, "
                + "tables and arena at \(footprint.length) tokens")
    }

    /// The profile, and the notes on the data if they were given.
    private func calibrated(_ model: ReleasedModel, _ progress: @escaping ProgressHandler) throws -> (
        CalibrationProfile, CalibrationNotes?
    ) {
        if let profile { return (try CalibrationProfile(path: profile), nil) }
        let result = try CalibrateJob(
            model, data: try columns.data(data ?? ""), samples: calibration.samples?.value,
            observer: calibration.observer ?? Observers.standard, methods: method.methods, threads: threads.count
        ).run(progress: progress)
        if let settling = result.settling { Console.note(note(settling)) }
        return (result.profile, result.notes)
    }

    /// The choices of widths, largest first.
    private static func text(_ front: [WidthPoint], _ metric: Metric?) -> [String] {
        let score = (metric?.rawValue ?? "score").aligned(to: 10)
        var lines = ["       bytes  agreement\(score)     SQNR  bits of a weight"]
        for point in front.sorted(by: { $0.bytes > $1.bytes }) {
            let agreement = point.agreement.map { "\(($0 * 100).fixed(2)) %" } ?? "-"
            let score = point.score.map { ($0 * 100).fixed(2) } ?? "-"
            lines.append(
                (point.chosen ? "* " : "  ") + point.bytes.grouped.aligned(to: 10) + agreement.aligned(to: 11)
                    + score.aligned(to: 10) + "\(point.sqnrDB.fixed(1)) dB".aligned(to: 9)
                    + "  \(Self.text(point.bits))\(Self.text(point.memory))")
        }
        return lines
    }

    private static func text(_ memory: MemoryChoice?) -> String {
        memory.map { "; in the arena rows \($0.rows), keys \($0.keys)" } ?? ""
    }

    private static func text(_ bits: [String: Double]) -> String {
        guard let least = bits.values.min() else { return "8" }
        return "\(bits.count) tensors below 8, the least \(least.fixed(1))"
    }
}
