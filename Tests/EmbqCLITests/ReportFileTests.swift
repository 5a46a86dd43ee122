import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// The report as `package` and `evaluate` write it.
struct ReportFileTests {
    private static func report(_ workspace: Workspace, _ path: String) throws -> String {
        String(decoding: try workspace.bytes(path), as: UTF8.self)
    }

    @Test("a report depends neither on folders nor on threads, and says what it is made of")
    func deterministic() throws {
        let workspace = try Workspace()
        let data = workspace["tiny/data.tsv"]
        try workspace.expect(
            "package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "--max-drop=50", "--threads", "1",
            "-o", "a")
        try workspace.expect(
            "package", workspace["tiny"], "--data", data, "--test", data, "--max-drop=50", "-o", workspace["b/c"],
            "--threads=2", "--json", "--layout", "cmake", "--name", "weather")
        #expect(try workspace.bytes("a/report.html") == workspace.bytes("b/c/report.html"))
        let html = try Self.report(workspace, "a/report.html")
        #expect(
            html.contains(
                "<dd><bdi>embq package tiny --data data.tsv --test data.tsv --max-drop=50</bdi></dd>"))
        let artifact = SHA256.hexadecimal(of: try workspace.bytes("a/model.embq"))
        for digits in [artifact, SHA256.hexadecimal(of: try workspace.bytes("tiny/data.tsv"))] {
            #expect(html.replacing("<wbr>", with: "").contains(digits))
        }
        for word in [">Tokenizer<", ">Artifact<", "Methods beyond rounding", "folding"] {
            #expect(html.contains(word), "\(word)")
        }
    }

    @Test("the model that a report runs is the artifact, and --no-live leaves it out")
    func live() throws {
        let workspace = try Workspace(artifact: true)
        let package = ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]
        try workspace.expect(package)
        let base64 = Data(try workspace.bytes("out/model.embq")).base64EncodedString()
        #expect(try Self.report(workspace, "out/report.html").contains("id=\"live-artifact\">\(base64)</script>"))
        try workspace.expect("verify", "out")
        try workspace.expect(package + ["--no-live"])
        #expect(try !Self.report(workspace, "out/report.html").contains("<script"))

        let evaluate = ["evaluate", "tiny.embq", "--data", "tiny/data.tsv"]
        try workspace.expect(evaluate + ["--report", "r.html"])
        #expect(try Self.report(workspace, "r.html").contains("id=\"live-artifact\">"))
        try workspace.expect(evaluate + ["--report", "r.html", "--no-live"])
        #expect(try !Self.report(workspace, "r.html").contains("<script"))
        let alone = try workspace.run(evaluate + ["--no-live"])
        #expect(alone.status == 64 && alone.err.contains("--no-live goes with --report."))
        // A checkpoint runs in fp32, on no device.
        try workspace.expect("evaluate", "tiny", "--data", "tiny/data.tsv", "--report", "r.html")
        #expect(try !Self.report(workspace, "r.html").contains("<script"))
    }

    @Test("a command is shown as a shell takes it")
    func quoted() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.folder.write(
            String(decoding: try workspace.bytes("tiny/data.tsv"), as: UTF8.self), to: "it's <b>.tsv")
        try workspace.expect("evaluate", "tiny.embq", "--data", "it's <b>.tsv", "--report", "r.html")
        #expect(
            try Self.report(workspace, "r.html").contains(
                "embq evaluate tiny.embq --data &#39;it&#39;\\&#39;&#39;s &lt;b&gt;.tsv&#39;</bdi>"))
    }
}
