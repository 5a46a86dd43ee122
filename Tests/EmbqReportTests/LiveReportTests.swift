import EmbqCore
import EmbqReport
import Foundation
import Testing

@Suite("A report that runs its model") struct LiveReportTests {
    private static func html(_ live: ReportContent.LiveModel?) -> String {
        var content = ReportContent(title: "model")
        content.live = live
        return Report.html(content)
    }

    /// What stands between two pieces of a page, once.
    private static func part(of html: String, from start: String, to end: String) throws -> String {
        let pieces = html.components(separatedBy: start)
        try #require(pieces.count == 2, "\(start) stands \(pieces.count - 1) times")
        return try #require(pieces[1].components(separatedBy: end).first)
    }

    private static func bytes(_ id: String, in html: String) throws -> [UInt8] {
        let text = try part(of: html, from: "<script type=\"text/plain\" id=\"\(id)\">", to: "</script>")
        return [UInt8](try #require(Data(base64Encoded: text)))
    }

    @Test("the page carries the artifact once, and the bytes are the artifact's", arguments: [0, 1, 2, 3, 1000])
    func artifact(count: Int) throws {
        let artifact = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151) }
        let html = Self.html(ReportContent.LiveModel(artifact: artifact))
        #expect(try Self.bytes("live-artifact", in: html) == artifact)
        if count > 100 {
            #expect(html.components(separatedBy: Data(artifact).base64EncodedString()).count == 2)
        }
        #expect(ReportTests.firstUnbalancedTag(html) == nil)
    }

    @Test("the policy lets the page run this script and a module, and nothing else")
    func policy() throws {
        let html = Self.html(ReportContent.LiveModel(artifact: [1]))
        let script = try Self.part(of: html, from: "<script>", to: "</script>")
        let digest = Data(SHA256.bytes(of: Array(script.utf8))).base64EncodedString()
        let policy = try Self.part(of: html, from: "http-equiv=\"Content-Security-Policy\" content=\"", to: "\"")
        let closed = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
        #expect(policy == "\(closed); script-src 'sha256-\(digest)' 'wasm-unsafe-eval'")
        #expect(Self.html(nil).contains("content=\"\(closed)\">"))
        #expect(html.components(separatedBy: "<script").count == 4)
        #expect(script == Report.script)
    }

    @Test("the script makes no markup of texts, and asks for nothing")
    func script() {
        for word in [
            "</script", "<!--", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
            "fetch(", "XMLHttpRequest", "import(", "setAttribute(\"on", "http:", "https:", "localStorage", "cookie",
        ] {
            #expect(!Report.script.contains(word), "\(word)")
        }
    }

    /// Sections of a module as the WebAssembly specification has them (5.5): 2 is that of imports.
    @Test("the module is WebAssembly and imports nothing")
    func module() throws {
        let module = try Self.bytes("live-module", in: Self.html(ReportContent.LiveModel(artifact: [1])))
        #expect(module.prefix(8) == [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0])
        var (at, sections) = (8, [UInt8]())
        while at < module.count {
            sections.append(module[at])
            var (size, shift) = (0, 0)
            repeat {
                at += 1
                size |= Int(module[at] & 0x7F) << shift
                shift += 7
            } while module[at] >= 0x80
            at += 1 + size
        }
        #expect(at == module.count && sections.contains(10) && !sections.contains(2))
    }

    @Test("what makes scores and similarities is the model's")
    func answers() {
        let html = Self.html(ReportContent.LiveModel(artifact: [1], scores: "sigmoid", similarity: "dot"))
        #expect(html.contains("data-scores=\"sigmoid\" data-similarity=\"dot\">"))
        #expect(html.contains("<a href=\"#live\">Try it</a>") == false, "one section needs no navigation")
    }

    @Test("a model above 4 MB is left out, and the report says so")
    func large() {
        let most = Report.maximumLiveBytes
        #expect(most == 4_000_000)
        #expect(Self.html(ReportContent.LiveModel(artifact: [UInt8](repeating: 0, count: most))).contains("<script>"))
        let html = Self.html(ReportContent.LiveModel(artifact: [UInt8](repeating: 0, count: most + 1)))
        #expect(!html.contains("<script") && !html.contains("script-src") && html.utf8.count < 40_000)
        #expect(html.contains("does not run the model: the artifact has 4,000,001 bytes"))
        #expect(html.contains("at most 4,000,000."))
    }
}
