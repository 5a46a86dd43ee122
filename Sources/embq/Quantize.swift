import ArgumentParser
import Artifact
import Checkpoints
import Evaluation
import FileIO
import Packaging
import Quantization
import TensorCore

struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turns a checkpoint into an int8 artifact that the device's runtime executes.",
        discussion: """
            Examples:
              embq quantize Fixtures/embbert-snips --profile model.embqcal -o model.embq
              embq quantize Fixtures/embbert-snips --data cal.tsv --budget 450kB \\
                -o model.embq
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String
    @Option(help: ArgumentHelp("A calibration profile that `embq calibrate` wrote.", valueName: "file"))
    var profile: String?
    @Option(help: ArgumentHelp("Or sentences to calibrate on, TSV with a header.", valueName: "file"))
    var data: String?
    @Option(
        help: ArgumentHelp(
            "Fail when weights, tables and arena at 256 tokens take more: bytes, kB, MB, KiB or MiB.",
            valueName: "size"))
    var budget: ByteCount?
    @Option(name: .shortAndLong, help: ArgumentHelp("The artifact to write: MODEL.embq.", valueName: "file"))
    var output: String
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: JSONOption

    func validate() throws {
        guard (profile == nil) != (data == nil) else { throw ValidationError("Give either --profile or --data.") }
        if profile != nil, calibration.samples != nil {
            throw ValidationError("--samples goes with --data; a profile has its samples.")
        }
    }

    func run() throws {
        let model = try companions.released(path)
        try FileIdentity.refuseOverwriting(model.checkpoint.inputs + [profile, data].compactMap { $0 }, with: output)
        let artifact = try QuantizeJob(model, profile: loadProfile(model), observer: calibration.observer).run()
        let footprint = Footprint(artifact)
        if let budget, footprint.total > budget.bytes {
            throw EmbqError(
                .limitExceeded, file: path,
                "the int8 model takes \(grouped(footprint.total)) bytes at \(footprint.length) tokens, the budget is "
                    + "\(grouped(budget.bytes))",
                advice: "Raise --budget: all tensors are 8 bits wide and there is nothing narrower to choose.")
        }
        try AtomicOutput.write(artifact.bytes, to: output)
        if format.json { try Console.write(CanonicalJSON.document(ArtifactSummary(artifact))) }
        Console.note(
            "wrote \(output): \(grouped(artifact.bytes.count)) bytes; \(grouped(footprint.total)) bytes of weights, "
                + "tables and arena at \(footprint.length) tokens")
    }

    private func loadProfile(_ model: ReleasedModel) throws(EmbqError) -> CalibrationProfile {
        if let profile { return try CalibrationProfile(path: profile) }
        let result = try CalibrateJob(
            model, data: LabelledData(path: data ?? ""), samples: calibration.samples?.value,
            observer: calibration.observer ?? Observers.standard, threads: threads.count
        ).run(progress: ProgressBar().handler)
        if let settling = result.settling { Console.note(note(settling)) }
        return result.profile
    }
}

/// A size such as 445000, 445kB or 512KiB.
struct ByteCount: ExpressibleByArgument {
    var bytes: Int

    init?(argument: String) {
        let units = [("KiB", 1024), ("MiB", 1 << 20), ("kB", 1000), ("MB", 1_000_000), ("B", 1), ("", 1)]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            guard let number = Double(argument.dropLast(unit.count)), number > 0, number * Double(factor) < 1e15 else {
                return nil
            }
            bytes = Int(number * Double(factor))
            return
        }
        return nil
    }
}
