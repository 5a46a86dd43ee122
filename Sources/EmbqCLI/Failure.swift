import ArgumentParser
import EmbqCore

/// How the program ends when it cannot do what it was asked for.
enum Failure {
    /// What `--json` prints of a failure, one object.
    private struct Document: Encodable {
        struct Details: Encodable {
            var code: String
            /// null where no file is at fault.
            var file: String?
            var message: String
            var advice: String
            /// Left out where nothing was asked for that could be nearly reached.
            var nearest: NearestGoal?

            enum CodingKeys: String, CodingKey { case code, file, message, advice, nearest }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(code, forKey: .code)
                try container.encode(file, forKey: .file)
                try container.encode(message, forKey: .message)
                try container.encode(advice, forKey: .advice)
                try container.encodeIfPresent(nearest, forKey: .nearest)
            }
        }

        var error: Details
    }

    /// The code of a command line that is not understood.
    private static let usage = "usage"

    /// Tells an error and ends with status 1, or 3 for a goal that cannot be met.
    static func end(_ error: EmbqError, _ arguments: [String]) -> Never {
        TemporaryFiles.yieldToSignal()
        Console.note(error)
        write(
            Document.Details(
                code: error.code.rawValue, file: error.file, message: error.message, advice: error.advice,
                nearest: error.nearest), arguments)
        EmbqProgram.exit(withError: ExitCode(error.nearest == nil ? 1 : 3))
    }

    /// Prints help, or tells what is wrong with the command line, and ends with the status for it.
    ///
    /// - Parameter verb: the command that was running; nil where the command line was not understood.
    static func end(_ error: any Error, _ arguments: [String], of verb: (any ParsableCommand.Type)?) -> Never {
        let code = EmbqProgram.exitCode(for: error)
        var text = verb.map { message(of: error, $0) } ?? EmbqProgram.fullMessage(for: error)
        // Only the arguments that are quoted in it are not the program's own.
        for argument in arguments where argument.escaped(for: .field) != argument {
            text = text.replacing(argument, with: argument.escaped(for: .field))
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if code.isSuccess {
            do throws(EmbqError) {
                if !text.isEmpty { try Console.write(lines) }
            } catch {
                end(error, arguments)
            }
        } else if !text.isEmpty {
            for line in lines { Console.tell(line) }
            write(
                Document.Details(
                    code: usage, file: nil, message: EmbqProgram.message(for: error),
                    advice: "See `embq --help`, and `embq VERB --help` for the options of a verb."), arguments)
        }
        EmbqProgram.exit(withError: code)
    }

    /// A verb's message with its own usage; the library names the verb alone.
    private static func message(of error: any Error, _ verb: any ParsableCommand.Type) -> String {
        let (name, program) = (Verbs.name(of: verb), EmbqProgram.configuration.commandName ?? "")
        return verb.fullMessage(for: error).replacing("Usage: \(name) ", with: "Usage: \(program) \(name) ")
            .replacing("See '\(name) ", with: "See '\(program) \(name) ")
    }

    /// Prints the object, unless a result has been printed: there is one object on standard output.
    private static func write(_ details: Document.Details, _ arguments: [String]) {
        guard !Console.hasData, arguments.prefix(while: { $0 != "--" }).contains("--json"),
            let document = try? CanonicalJSON.document(Document(error: details))
        else { return }
        try? Console.write(json: document)
    }
}
