import ArgumentParser
import EmbqArtifact
import EmbqCore
import EmbqPipeline

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks an artifact or a package: checksums, layout, and a replay of the recorded check vectors.",
        discussion: """
            Examples:
              embq verify out/model/model.embq
              embq verify out/model
            """)

    @Argument(help: ArgumentHelp("An .embq artifact, or a folder that `embq package` wrote.", valueName: "model"))
    var path: String
    @OptionGroup var format: JSONOption

    private struct Summary: Encodable {
        var valid = true
        var checks: Int
        var files: [String]
        var sections: [String]
    }

    func run() throws {
        let result = try VerifyJob(path).run()
        if format.json {
            try Console.write(
                CanonicalJSON.document(
                    Summary(
                        checks: result.artifact.checks.count, files: result.files,
                        sections: result.artifact.sections.map(\.tag))))
        } else {
            let files = result.files.isEmpty ? "" : "\(result.files.count) files, "
            try Console.write(
                "\(SystemText.shown(path)): valid: \(files)\(result.artifact.sections.count) sections, "
                    + "\(result.artifact.checks.count) check vectors replayed\n")
        }
    }
}
