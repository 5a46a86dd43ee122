import ArgumentParser
import EmbqArtifact
import EmbqContainers
import EmbqCore
import EmbqData
import EmbqPipeline

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks an artifact or a package: checksums, layout, and a replay of the recorded check vectors.",
        discussion: """
            Of a package it makes every C source and build file, README.md and bom.cdx.json
            again from model.embq and manifest.json and compares; files that manifest.json
            does not list, and links, are refused. Of report.html it checks the SHA-256
            alone, and manifest.json against its own digest.

            The check vectors read a part of the model, which the output names. With
            --against the artifact is made again from its checkpoint, with the methods,
            observer, limits and data that it names, and compared byte for byte.

            With --key a package must be signed by that key: then it comes from who has
            the private one. Without, it is not proved where a package comes from: who
            can change all of it can make all of it agree. Without --against weights
            that no check vector reads are not proved.

            With --serial the check vectors are replayed on a board, too, whose firmware
            was exported with --serial: it must have this artifact, and give the same
            logits, bit for bit, and the same labels.

            Examples:
              embq verify out/model/model.embq
              embq verify out/model
              embq verify out/model --key public.pem
              embq verify out/model --against Fixtures/embbert-snips --data cal.tsv
              embq verify out/model --serial /dev/ttyACM0
            """)

    @Argument(help: ArgumentHelp("An .embq artifact, or a folder that `embq package` wrote.", valueName: "model"))
    var path: String
    @Option(
        help: ArgumentHelp("The public key that must have signed the package, P-256 in PEM.", valueName: "key"))
    var key: String?
    @Option(
        help: ArgumentHelp(
            "The checkpoint that the artifact was made from: its weights are computed again.", valueName: "checkpoint"))
    var against: String?
    @Option(
        help: ArgumentHelp(
            "The data that it was calibrated on, beside --against; refused if other rows are taken from them.",
            valueName: "file"))
    var data: String?
    @Option(
        help: ArgumentHelp(
            "Or the profile that it was made with, beside --against.",
            valueName: "file"))
    var profile: String?
    // --key is the key of the signature.
    @Option(
        help: ArgumentHelp(
            "Where the tensors are in a PyTorch file that holds more, beside --against: keys, joined by dots.",
            valueName: "path"))
    var checkpointKey: String?
    @OptionGroup var serial: SerialOptions
    @OptionGroup var columns: ColumnOptions
    @OptionGroup var companions: CompanionFiles
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var format: OutputOptions

    private struct Summary: Encodable {
        var valid = true
        var checks: Int
        var files: [String]
        var sections: [String]
        var coverage: CheckCoverage
        var recomputed: Bool
        var signature: VerifyJob.Signature
        var board: BoardJob.Result?
    }

    func validate() throws {
        let areGiven =
            data != nil || profile != nil || checkpointKey != nil || companions.areGiven
            || columns.columns != DataColumns()
        guard data == nil || profile == nil else { throw ValidationError("Give --data or --profile, one of them.") }
        guard against == nil, areGiven else { return }
        throw ValidationError(
            "--data, --text-column, --label-column, --profile, --checkpoint-key, --config, --tokenizer, --adapter and "
                + "--prompt go with --against.")
    }

    func run() throws {
        let recompute = against.map {
            RecomputeJob(
                companions.location($0, key: checkpointKey), data: data, columns: columns.columns, profile: profile,
                threads: threads.count)
        }
        let key = try key.map { path throws(EmbqError) in try VerificationKey(path: path) }
        let result = try VerifyJob(path, recompute: recompute, key: key, board: serial.job).run()
        let summary = Summary(
            checks: result.artifact.checks.count, files: result.files, sections: result.artifact.sections.map(\.tag),
            coverage: result.coverage, recomputed: recompute != nil, signature: result.signature,
            board: result.board)
        try Console.write(summary, json: format.json, lines(summary), verdict: (.passed, 0))
    }

    private func lines(_ summary: Summary) -> [String] {
        let files = summary.files.isEmpty ? "" : "\(summary.files.count) files, "
        let coverage = summary.coverage
        return [
            "\(path): valid: \(files)\(summary.sections.count) sections, \(summary.checks) check vectors replayed",
            "  check vectors read \(coverage.tokens.grouped) of \(coverage.vocabulary.grouped) tokens, "
                + "\(coverage.positions.grouped) of \(coverage.maxLength.grouped) positions, all "
                + "\(coverage.outputs.grouped) outputs; pairs joined by [SEP]: \(coverage.pairs)",
            against.map { "  made again from \($0): the same" }
                ?? "  not made again from its checkpoint: see --against",
        ] + signature(summary.signature) + (summary.board.map(SerialOptions.lines) ?? [])
    }

    private func signature(_ signature: VerifyJob.Signature) -> [String] {
        switch signature {
        case .none: []
        case .unchecked: ["  signed, origin not checked: see --key"]
        case .valid: ["  signed by the key in \(key ?? "")"]
        }
    }
}
