import EmbqTestSupport
import Foundation

/// The built `embq`, run as a user runs it.
enum Program {
    struct Result {
        var status: Int32
        var out: String
        var err: String
    }

    /// Beside the test bundle, wherever the build puts both.
    static let path: String = {
        let bundle = CommandLine.arguments.first ?? ""
        let beside = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("embq").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : "\(Fixtures.root)/.build/release/embq"
    }()

    /// Runs embq with `folder` as the working directory.
    static func run(_ arguments: [String], in folder: String, input: String = "") throws -> Result {
        try run(path, arguments, in: folder, input: input)
    }

    /// Runs any program. Its output goes through files: no pipe can fill up.
    static func run(_ program: String, _ arguments: [String], in folder: String, input: String = "") throws -> Result {
        let scratch = try TemporaryFolder()
        try scratch.write(input, to: "in")
        try scratch.write("", to: "out")
        try scratch.write("", to: "err")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        // As wide as help is by default, whatever the terminal that the tests run in.
        process.environment = ["PATH": path, "COLUMNS": "80", "TERM": "xterm", "LC_ALL": "C.UTF-8"]
        process.standardInput = FileHandle(forReadingAtPath: scratch["in"])
        process.standardOutput = FileHandle(forWritingAtPath: scratch["out"])
        process.standardError = FileHandle(forWritingAtPath: scratch["err"])
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            out: String(decoding: try Data(contentsOf: URL(fileURLWithPath: scratch["out"])), as: UTF8.self),
            err: String(decoding: try Data(contentsOf: URL(fileURLWithPath: scratch["err"])), as: UTF8.self))
    }
}
