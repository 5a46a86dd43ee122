import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Failures for programs")
struct FailureTests {
    private struct Case: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var status: Int32 = 1
        var code: String
        var file: String?
        var says: String

        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static let data = ["--data", "tiny/data.tsv"]
    private static let cases = [
        Case(arguments: ["inspect", "nothing"], code: "unreadable", file: "nothing", says: "it cannot be opened"),
        Case(
            arguments: ["calibrate", "tiny", "--data", "none.tsv", "-o", "p"], code: "unreadable", file: "none.tsv",
            says: "it cannot be opened"),
        Case(arguments: ["convert", "tiny", "-o", "no/w.npz"], code: "unwritable", file: "no/w.npz", says: ""),
        Case(
            arguments: ["quantize", "tiny", "-o", "tiny/config.json"] + data, code: "invalidRequest",
            file: "tiny/config.json", says: "this output is the input"),
        Case(
            arguments: ["quantize", "tiny", "--budget", "1kB", "-o", "q.embq"] + data, status: 3, code: "limitExceeded",
            file: "tiny",
            says: "no choice of widths"),
        Case(arguments: ["export", "tiny", "--c", "c"], code: "unsupported", file: "tiny", says: ""),
        Case(
            arguments: ["verify", "plain.tsv"], code: "unsupported", file: "plain.tsv",
            says: "it is not an .embq artifact"),
        Case(
            arguments: ["run", "tiny", "--pairs", "rain"], code: "invalidRequest", file: "tiny",
            says: "text 1: a text has no tab"),
        Case(arguments: ["run", "tiny", "-"], code: "missing", says: "there is no text on standard input"),
        Case(arguments: ["tokenize", "plain.tsv", "rain"], code: "unsupported", file: "plain.tsv", says: ""),
        Case(
            arguments: ["evaluate", "tiny", "--data", "tiny/config.json"], code: "malformed", file: "tiny/config.json",
            says: "line 1, byte 1: "),
        Case(
            arguments: ["evaluate", "--suite", "tiny/config.json"], code: "malformed", file: "tiny/config.json",
            says: ""),
        Case(
            arguments: ["package", "none", "--test", "tiny/data.tsv", "-o", "out"] + data, code: "unreadable",
            file: "none", says: ""),
        Case(arguments: [], status: 64, code: "usage", says: "Unknown option '--json'"),
        Case(arguments: ["inspect"], status: 64, code: "usage", says: "Missing expected argument '<model>'"),
        Case(arguments: ["evaluate", "tiny"], status: 64, code: "usage", says: "--data"),
        Case(arguments: ["run", "tiny", "rain", "--threads", "0"], status: 64, code: "usage", says: "--threads"),
    ]

    @Test("a failure under --json is one object with the schema's keys, and the exit status stays", arguments: cases)
    private func object(_ failure: Case) throws {
        let workspace = try Workspace()
        let plain = try workspace.run(failure.arguments)
        let result = try workspace.run(failure.arguments + ["--json"])
        #expect(result.status == failure.status && (plain.status == failure.status || failure.arguments.isEmpty))
        let document = try JSONParser.parse(Array(result.out.utf8))
        #expect(document.object?.map(\.key) == ["error"])
        let error = try #require(document["error"])
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(Fixtures.root)/Schemas/error.schema.json"))
        let schema = try JSONParser.parse([UInt8](file))["properties"]?["error"]
        let keys = error.object?.map(\.key).filter { $0 != "nearest" }
        #expect(keys == schema?["required"]?.array?.compactMap(\.string))
        #expect((error["nearest"] != nil) == (failure.status == 3))
        #expect(schema?["properties"]?["code"]?["enum"]?.array?.contains(.string(failure.code)) == true)
        #expect(error["code"] == .string(failure.code), "\(result.out)")
        #expect(error["file"] == (failure.file.map { .string($0) } ?? .null), "\(result.out)")
        #expect(failure.says.isEmpty || error["message"]?.string?.contains(failure.says) == true, "\(result.out)")
        #expect(error["advice"]?.string?.isEmpty == false)
        // People read the same on standard error.
        if failure.status != 64 { #expect(result.err == plain.err) }
    }

    @Test("the schema lists every code")
    func codes() throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(Fixtures.root)/Schemas/error.schema.json"))
        let schema = try JSONParser.parse([UInt8](file))
        let codes = schema["properties"]?["error"]?["properties"]?["code"]?["enum"]?.array?.compactMap(\.string)
        #expect(codes == EmbqError.Code.allCases.map(\.rawValue) + ["usage"])
    }

    @Test("a result that was printed is the only object, also when its accuracy is refused")
    func refusedResult() throws {
        let workspace = try Workspace(artifact: true)
        let result = try workspace.run(
            ["evaluate", "tiny.embq", "--against", "tiny", "--max-drop", "-100", "--json"] + Self.data)
        #expect(result.status == 2)
        let document = try JSONParser.parse(Array(result.out.utf8))
        #expect(document["rows"] != nil && document["error"] == nil)
    }

    @Test("--json behind -- is a text")
    func text() throws {
        let workspace = try Workspace()
        let result = try workspace.run(["run", "nothing", "--", "--json"])
        #expect(result.status == 1 && result.out.isEmpty)
    }

    @Test("a line of standard input is named by its number in the whole input", arguments: [[], ["--json"]])
    func lines(format: [String]) throws {
        let workspace = try Workspace()
        // More than one reading brings.
        let good = String(repeating: "rain\tsun\n", count: 30_000)
        let result = try workspace.run(["run", "tiny", "--pairs", "-"] + format, input: good + "no tab\nrain\tsun\n")
        #expect(result.status == 1)
        #expect(result.err.hasPrefix("embq: error: -: line 30001: a text has no tab"), "\(result.err)")
    }

    @Test("a line without an end is refused before it fills the memory", arguments: ["run", "tokenize"])
    func endless(verb: String) throws {
        let workspace = try Workspace()
        let command = "head -c 300000000 /dev/zero | tr '\\0' x"
        let result = try Program.run(
            "/bin/sh", ["-c", "ulimit -v 2000000; \(command) | '\(Program.path)' \(verb) tiny -"], in: workspace.path)
        #expect(result.status == 1)
        #expect(result.err.contains("-: line 1: the line has more than 1048576 bytes"), "\(result.err)")
    }

    @Test(
        "files with gigabytes of nothing are refused at once",
        arguments: [
            (["tokenize", "huge/tokenizer.json", "rain"], "tokenizer.json"), (["inspect", "huge"], "config.json"),
            (["tokenize", "huge/vocab.txt", "rain"], "vocab.txt"),
            (["evaluate", "--suite", "huge/suite.json"], "suite.json"),
            (["verify", "huge/m.embq"], "m.embq"), (["inspect", "huge"], "adapter_config.json"),
            (["tokenize", "huge", "rain"], "tokenizer_config.json"), (["verify", "huge"], "manifest.json"),
            (["evaluate", "huge", "--data", "huge/data.tsv"], "data.tsv"), (["inspect", "huge"], "modules.json"),
        ])
    func sparse(arguments: [String], name: String) throws {
        let workspace = try Workspace(artifact: name == "m.embq")
        try workspace.copy("embbert-tiny", to: "huge")
        if name == "m.embq" { try workspace.folder.write(workspace.bytes("tiny.embq"), to: "huge/m.embq") }
        if !Folder.hasFile(workspace["huge/\(name)"]) { try workspace.folder.write("{", to: "huge/\(name)") }
        let file = try #require(FileHandle(forWritingAtPath: workspace["huge/\(name)"]))
        try file.truncate(atOffset: 4 << 30)
        let line = arguments.map { "'\($0)'" }.joined(separator: " ")
        let result = try Program.run(
            "/bin/sh", ["-c", "ulimit -v 6000000; ulimit -t 5; '\(Program.path)' \(line)"], in: workspace.path)
        #expect(
            result.err.contains("huge/\(name)") || result.out.contains("huge/\(name)"), "\(result.err)\(result.out)")
        #expect((result.err + result.out).contains("4294967296 bytes"), "\(result.err)")
    }
}
