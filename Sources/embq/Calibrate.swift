import ArgumentParser
import Checkpoints
import Evaluation
import FileIO
import Packaging
import ProtobufFiles
import Quantization
import TensorCore

struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the ranges of a model's activations on sentences and saves them as a profile.",
        discussion: """
            Examples:
              embq calibrate Fixtures/embbert-snips --data cal.tsv -o model.embqcal
              embq calibrate Fixtures/embbert-snips --data cal.tsv --samples 256 \\
                --observer percentile -o model.embqcal
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String
    @Option(
        help: ArgumentHelp("Sentences to calibrate on, TSV with a header; labels are not needed.", valueName: "file"))
    var data: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The profile to write: PROFILE.embqcal.", valueName: "file"))
    var output: String
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: JSONOption

    private struct Summary: Encodable {
        var output: String
        var observer: String
        var sentences: Int
        var tokens: Int
        var points: Int
    }

    func run() throws {
        let model = try companions.released(path)
        try FileIdentity.refuseOverwriting(model.checkpoint.inputs + [data], with: output)
        let job = try CalibrateJob(
            model, data: LabelledData(path: data), samples: calibration.samples,
            observer: calibration.observer ?? Observers.standard, threads: threads.count)
        let profile = try job.run(job.sentences(), progress: ProgressBar().handler)
        let bytes = try CalibrationProfileFile.encode(profile.record)
        try AtomicOutput.write(bytes, to: output)
        if format.json {
            try Console.write(
                CanonicalJSON.document(
                    Summary(
                        output: output, observer: profile.observer, sentences: profile.sentences,
                        tokens: profile.tokens, points: profile.points.count)))
        }
        Console.note(
            "wrote \(output): \(profile.points.count) points over \(profile.sentences) sentences "
                + "(\(grouped(profile.tokens)) tokens), \(grouped(bytes.count)) bytes")
    }
}
