import ArgumentParser
import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqData
import EmbqPipeline
import EmbqQuantization
import EmbqReport

struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the ranges of a model's activations on sentences and saves them as a profile.",
        discussion: """
            A profile contains text: the token ids of up to 512 sentences, which the
            tokenizer turns back into words. The rounding of weights and the choice of
            widths are measured on them. --no-sentences leaves them out; `embq quantize`
            then refuses the methods that need them.

            Profiles of parts of a file, merged in any order, are the same bytes as one of
            the whole file, where each calibration takes all of its rows.

            Examples:
              embq calibrate Fixtures/embbert-snips --data cal.tsv -o model.embqcal
              embq calibrate Fixtures/embbert-snips --data cal.tsv --samples auto \\
                --observer entropy -o model.embqcal
              embq calibrate --merge monday.embqcal tuesday.embqcal -o model.embqcal
            """)

    @Argument(help: ArgumentHelp("A weights file or a checkpoint's folder.", valueName: "checkpoint"))
    var path: String?
    @Option(
        help: ArgumentHelp(
            "Sentences to calibrate on, a table with a header (.csv, else separated by tabs), .jsonl or .conll; labels are not needed. - is standard input.",
            valueName: "file"))
    var data: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Or profiles of one model to join, as if all their sentences had been run at once.", valueName: "profile"))
    var merge: [String] = []
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The profile to write: PROFILE.embqcal, or - for standard output.", valueName: "file"))
    var output: String
    @Flag(help: "Keep no sentences in the profile.")
    var noSentences = false
    @OptionGroup var length: LengthOption
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var method: MethodOptions
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    private struct Summary: Encodable {
        var output: String
        var observer: String
        var sentences: Int
        var tokens: Int
        var points: Int
        var settling: SettlingSummary?
        var merged: Int?
        var notes: [String]?
    }

    func validate() throws {
        try format.refuse(beside: [("-o", output)])
        guard merge.isEmpty else {
            guard merge.count > 1 else { throw ValidationError("--merge takes two profiles or more.") }
            let others: [(String, Bool)] = [
                ("a checkpoint", path != nil), ("--data", data != nil), ("--samples", calibration.samples != nil),
                ("--methods", method.areGiven), ("--no-sentences", noSentences),
                ("--max-tokens", length.maxTokens != nil),
                (CompanionOptions.names, companions.areGiven),
                ("--text-column and --label-column", columns.columns != DataColumns()),
            ]
            if let other = others.first(where: \.1)?.0 {
                throw ValidationError("--merge joins profiles, which have all that they need: leave out \(other).")
            }
            return
        }
        guard path != nil else { throw ValidationError("Give a checkpoint and --data, or --merge with profiles.") }
        guard data != nil else { throw ValidationError("Give the sentences to calibrate on with --data.") }
    }

    func run() throws {
        let (profile, settling, notes) = try merge.isEmpty ? calibrate() : join()
        let bytes = try CalibrationProfileFile.encode(profile.record)
        try AtomicOutput.write(bytes, to: output)
        if format.json {
            try Console.write(
                json: CanonicalJSON.document(
                    Summary(
                        output: output, observer: profile.observer, sentences: profile.sentences,
                        tokens: profile.tokens, points: profile.points.count,
                        settling: settling.map { SettlingSummary($0) },
                        merged: merge.isEmpty ? nil : merge.count, notes: notes.isEmpty ? nil : notes)))
        }
        Console.note(warnings: notes)
        if let settling = settling { Console.note(note(settling)) }
        Console.note(
            "wrote \(output): \(profile.points.count) points over \(profile.sentences) sentences "
                + "(\(profile.tokens.grouped) tokens), \(bytes.count.grouped) bytes")
    }

    private func calibrate() throws -> (CalibrationProfile, Settling?, [String]) {
        let (path, data) = (path ?? "", data ?? "")
        let model = try companions.released(path, maxTokens: length.maxTokens)
        try FileIdentity.refuseOverwriting(model.checkpoint.inputs + [data], with: output)
        let result = try CalibrateJob(
            model, data: columns.data(data), samples: calibration.samples?.value,
            observer: calibration.observer ?? Observers.standard, methods: method.methods, keepsSentences: !noSentences,
            threads: threads.count
        ).run(progress: ProgressBar().handler)
        return (result.profile, result.settling, result.notes.sentences)
    }

    private func join() throws -> (CalibrationProfile, Settling?, [String]) {
        try FileIdentity.refuseOverwriting(merge, with: output)
        let (profile, notes) = try CalibrationProfile.merging(merge, observer: calibration.observer)
        return (profile, nil, notes)
    }
}
