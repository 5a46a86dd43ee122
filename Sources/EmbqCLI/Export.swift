import ArgumentParser
import EmbqArtifact
import EmbqCore
import EmbqExport
import EmbqPipeline

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes an artifact as C: arrays, the runtime's sources and an example that compile as they stand.",
        discussion: """
            A folder that holds nothing else is replaced in one step. Beside other
            files, and in a mount point, files are replaced one by one; if embq is
            killed meanwhile, the next run that writes there completes it. Other files
            stay; what an earlier export wrote there goes, unless it was changed since.

            Examples:
              embq export model.embq --c firmware/model
              cc -std=c11 -O2 firmware/model/*.c -o classify
              embq export model.embq --layout arduino --name snips \\
                --c ~/Arduino/libraries/EmbqSnips
              embq export model.embq --layout cmake --arrays sections --c lib/model
            """)

    @Argument(help: ArgumentHelp("An .embq artifact, or the folder of a package.", valueName: "model"))
    var path: String
    @Option(help: ArgumentHelp("The folder to write model.c, model.h and the runtime into.", valueName: "folder"))
    var c: String
    @OptionGroup var layout: LayoutOptions
    @Option(
        help: ArgumentHelp(
            "The part that the firmware is for: embq says if its flash or RAM is too small. See `embq quantize --help`.",
            valueName: "name"))
    var board: String?
    @OptionGroup var format: OutputOptions

    private struct Summary: Encodable {
        var output: String
        /// Bytes of each file.
        var files: [String: Int]
    }

    func validate() throws {
        try MemoryOptions.check(board)
        if c == StandardStream.name { throw ValidationError("--c takes a folder: standard output takes one file.") }
    }

    func run() throws {
        let output = try FolderOutput(c)
        let artifact = try OpenedModel.requireArtifact(at: path)
        let files = try ExportJob(artifact, layout.options).run(into: output)
        if format.json {
            let sizes = Dictionary(files.map { ($0.name, $0.bytes.count) }, uniquingKeysWith: { first, _ in first })
            try Console.write(json: CanonicalJSON.document(Summary(output: c, files: sizes)))
        }
        let part = board.flatMap(Board.named)
        if let note = BoardNote.text(Footprint(artifact), layout.layout, board: part) {
            Console.note(warnings: [note])
        }
        if let note = CSourceExport.note(artifact, layout.options) { Console.note(note) }
        Console.note("wrote \(c): \(files.count) files, \(files.reduce(0) { $0 + $1.bytes.count }.grouped) bytes")
    }
}
