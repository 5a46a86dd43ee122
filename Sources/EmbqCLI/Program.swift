import ArgumentParser
import EmbqArtifact
import EmbqContainers
import EmbqCore
import EmbqRuntime

@main
struct EmbqProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embq",
        abstract: "Puts tiny language models on microcontrollers: converts, quantizes to 8 bits, checks and packages.",
        discussion: """
            Examples:
              embq package Fixtures/embbert-snips --data cal.tsv --test test.tsv \\
                -o out/model
              embq run out/model/model.embq "play some jazz"

            Exit status: 0 done, 1 the work failed, 2 the accuracy check failed, 3 a goal
            cannot be met (--budget, --flash, --ram, --board, quantize --min-agreement)
            or two models differ (diff), 64 wrong usage.
            """,
        version: VersionReport().lines.joined(separator: "\n"),
        subcommands: [
            Inspect.self, Convert.self, Calibrate.self, Quantize.self, Evaluate.self, Export.self, Package.self,
            Run.self, Tokenize.self, Verify.self, Diff.self,
        ])

    static func main() {
        HDF5Helper.serveIfAsked()
        TemporaryFiles.removeOnSignals { Console.note($0) }
        let arguments = Verbs.askingForHelp(SystemText.arguments)
        var running: (any ParsableCommand.Type)?
        do {
            if VersionReport.isAskedAsJSON(arguments) {
                return try Console.write(json: CanonicalJSON.document(VersionReport()))
            }
            try Verbs.check(arguments)
            var command = try parseAsRoot(arguments)
            if !(command is EmbqProgram) { running = type(of: command) }
            try command.run()
        } catch let error as RuntimeError {
            Failure.end(EmbqError(error), arguments)
        } catch let error as EmbqError {
            Failure.end(error, arguments)
        } catch {
            Failure.end(error, arguments, of: running)
        }
    }

    /// Without a command nothing was done: a script that lost its arguments must not take that for success.
    func run() throws { throw ValidationError("Give a command.") }
}

/// The program's commands by their names.
enum Verbs {
    static let all = EmbqProgram.configuration.subcommands

    static func name(of verb: any ParsableCommand.Type) -> String {
        verb.configuration.commandName ?? String(describing: verb).lowercased()
    }

    private static let help = "help"

    /// `-h VERB` and `--help VERB` as `help VERB`.
    static func askingForHelp(_ arguments: [String]) -> [String] {
        guard let first = arguments.first, ["-h", "--help"].contains(first), arguments.count > 1,
            !arguments[1].hasPrefix("-")
        else { return arguments }
        return [help] + arguments.dropFirst()
    }

    /// Refuses an unknown command, `help` for one and `help` for more than one, before arguments are parsed.
    static func check(_ arguments: [String]) throws {
        let asksForHelp = arguments.first == help
        let words = (asksForHelp ? arguments.dropFirst() : arguments[...]).filter { !asksForHelp || !$0.hasPrefix("-") }
        guard let word = words.first, !word.hasPrefix("-") else { return }
        let known = all.map(name) + [help]
        guard known.contains(word) else {
            throw ValidationError("There is no command '\(word)'.\(Suggestion.question(word, among: known))")
        }
        if asksForHelp, words.count > 1 {
            throw ValidationError("help takes one command: leave out '\(words[1])'.")
        }
    }
}
