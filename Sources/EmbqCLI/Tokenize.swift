import ArgumentParser
import EmbqArtifact
import EmbqCore
import EmbqPipeline
import EmbqRuntime
import EmbqTokenizers

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the token ids of texts, one line a text.",
        discussion: """
            MODEL may be a tokenizer.json or a vocab.txt; its ids are then not cut to a model's length.

            Examples:
              embq tokenize out/model/model.embq "play some jazz"
              cut -f2 test.tsv | embq tokenize Fixtures/embbert-snips/tokenizer.json -
            """)

    @Argument(
        help: ArgumentHelp(
            "A checkpoint, an .embq artifact, a package's folder, a tokenizer.json or a vocab.txt.", valueName: "model")
    )
    var path: String
    @OptionGroup var texts: TextArguments
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var format: OutputOptions

    private struct Document: Encodable { var ids: [[UInt16]] }

    func run() throws {
        let encoder = try open()
        func ids(_ chunk: TextArguments.Chunk) throws -> [[UInt16]] {
            try chunk.texts.enumerated().map { index, text throws(EmbqError) in
                do throws(EmbqError) { return try encoder.encode(utf8: text).ids } catch {
                    throw error.inside(chunk.place(of: index)).at(file: chunk.file ?? path)
                }
            }
        }
        if format.json {
            try Console.write(json: CanonicalJSON.document(Document(ids: texts.map(ids))))
        } else {
            try texts.forEach { chunk in
                try Console.write(ids(chunk).map { $0.map(String.init).joined(separator: " ") })
            }
        }
    }

    private func open() throws -> TextEncoder {
        if !Folder.exists(path), path.hasSuffix(".json") || path.hasSuffix(".txt") {
            try companions.refuse(beside: path)
            let compiled = try ReleasedTokenizer(path: path).compile(isLimited: false)
            do throws(EmbqError) {
                let tokenizer = try onDevice { () throws(RuntimeError) in try Tokenizer(tables: compiled.tables) }
                return TextEncoder(tokenizer, limit: .max, takesNothing: true)
            } catch {
                throw error.at(file: path)
            }
        }
        let model = try companions.model(path)
        if case .artifact = model { try companions.refuse(beside: path) }
        return try model.encoder()
    }
}
