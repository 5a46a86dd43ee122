import EmbqTestSupport
import Foundation
import Testing

/// Commands run one after the other in a fresh workspace; what they print must be what is in Expected/.
///
/// With EMBQ_RECORD=1 in the environment the files are written instead.
struct Transcript: CustomTestStringConvertible, Sendable {
    struct Command: Sendable {
        var arguments: [String]
        var input = ""
    }

    let name: String
    let commands: [Command]

    var testDescription: String { name }

    init(_ name: String, _ commands: [String]...) {
        self.name = name
        self.commands = commands.map { Command(arguments: $0) }
    }

    init(_ name: String, input: String, _ arguments: [String]) {
        self.name = name
        commands = [Command(arguments: arguments, input: input)]
    }

    /// Standard output as it is, standard error behind `! `, the exit status if it is not 0.
    func text() throws -> String {
        let workspace = try Workspace()
        var text = ""
        for command in commands {
            let result = try workspace.run(command.arguments, input: command.input)
            let shown = command.arguments.map { $0.contains(" ") || $0.isEmpty ? "'\($0)'" : $0 }
            text += "$ embq \(shown.joined(separator: " "))\n\(result.out)"
            for line in result.err.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                text += "! \(line)\n"
            }
            if !result.out.isEmpty, result.out.last != "\n" { text += "(no line end)\n" }
            if result.status != 0 { text += "[exit \(result.status)]\n" }
        }
        return Self.comparable(text)
    }

    /// Without what differs from run to run, or with another mathematical library in the digits that nobody reads:
    /// times, the program's commit and the processor's instructions, decimals after the fourth, and the checksums and sizes of what follows from them. The sizes of exported
    /// sources would change with every word in them.
    static func comparable(_ text: String) -> String {
        text.replacing(/commit ([0-9a-f]{40}(-dirty)?|unknown)/, with: "commit N")
            .replacing(/instructions: [-A-Za-z0-9 ]+ for (the device's kernels), [-A-Za-z0-9]+ for/) {
                "instructions: N for \($0.output.1), N for"
            }
            .replacing(/[0-9,]+ sentences a second/, with: "N sentences a second")
            .replacing(/"(seconds|sentences_per_second)" : [0-9.e+-]+/) { "\"\($0.output.1)\" : N" }
            .replacing(/([0-9]\.[0-9]{4})[0-9]+/) { "\($0.output.1)…" }
            .replacing(/(files|tokens\)), [0-9,]+ bytes/) { "\($0.output.1), N bytes" }
            .replacing(/(wrote [a-z.]+embq): [0-9,]+ bytes/) { "\($0.output.1): N bytes" }
            .replacing(/META +[0-9,]+ bytes/, with: "META  N bytes")
            .replacing(/CRC-32 [0-9a-f]{8}/, with: "CRC-32 XXXXXXXX")
            .replacing(/"crc32" : "[0-9a-f]{8}"/, with: "\"crc32\" : \"XXXXXXXX\"")
    }

    func check() throws {
        let path = "\(Fixtures.root)/Tests/EmbqCLITests/Expected/\(name).txt"
        let text = try text()
        if ProcessInfo.processInfo.environment["EMBQ_RECORD"] == "1" {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return
        }
        let expected = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        #expect(text == expected, "see \(path); EMBQ_RECORD=1 writes it anew")
    }
}
