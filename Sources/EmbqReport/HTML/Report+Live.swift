import CEmbqLiveReport
import EmbqCore
import FoundationEssentials

extension Report {
    /// Largest artifact that a report carries, in bytes.
    package static let maximumLiveBytes = 4_000_000

    /// A box to type into, and what the model answers.
    static func liveSection(_ live: ReportContent.LiveModel?) -> Section? {
        guard let live else { return nil }
        guard isRunning(live) else {
            return Section(
                id: "live", title: "Try it",
                body: """
                    <p class="note">This report does not run the model: the artifact has \
                    \(live.artifact.count.grouped) bytes, and a report carries at most \(maximumLiveBytes.grouped).</p>

                    """)
        }
        return Section(
            id: "live", title: "Try it",
            data: "data-scores=\"\(live.scores)\" data-similarity=\"\(live.similarity)\"",
            body: """
                <p class="note">This page holds the artifact and the device's C code, compiled to WebAssembly. It \
                answers with the integers that the device computes, and sends nothing anywhere.</p>
                <p><label for="live-first">Text</label><textarea id="live-first" rows="2" disabled></textarea></p>
                <p hidden><label for="live-second">Second text (optional)</label>\
                <textarea id="live-second" rows="2" disabled></textarea></p>
                <p id="live-status" role="status">The model is not running.</p>
                <noscript><p class="problem">This browser runs no scripts.</p></noscript>
                <div id="live-answer"></div>

                """)
    }

    /// What the section needs: the module and the artifact as base64, each once, and the script.
    static func liveParts(_ live: ReportContent.LiveModel?) -> HTML {
        guard let live, isRunning(live) else { return "" }
        return """
            \(data("live-module", moduleBytes))\(data("live-artifact", live.artifact))\
            <script>\(HTML(stringLiteral: script))</script>

            """
    }

    /// What the page may do: nothing but show itself, and run this one script and this module.
    static func policy(_ live: ReportContent.LiveModel?) -> HTML {
        let closed: HTML = """
            default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'
            """
        guard let live, isRunning(live) else { return closed }
        let digest = HTML(stringLiteral: Data(SHA256.bytes(of: Array(script.utf8))).base64EncodedString())
        return "\(closed); script-src 'sha256-\(digest)' 'wasm-unsafe-eval'"
    }

    private static func isRunning(_ live: ReportContent.LiveModel) -> Bool {
        live.artifact.count <= maximumLiveBytes
    }

    /// Bytes that the script reads: the alphabet of base64 has nothing that HTML would take for markup.
    private static func data(_ id: HTML, _ bytes: [UInt8]) -> HTML {
        let text = HTML(stringLiteral: Data(bytes).base64EncodedString())
        return "<script type=\"text/plain\" id=\"\(id)\">\(text)</script>\n"
    }

    // Holds of both: the bytes are a constant of the program.

    /// The source of the script, which has no `</script` in it.
    package static let script = unsafe String(decoding: bytes(live_script()), as: UTF8.self)

    private static let moduleBytes = unsafe bytes(live_module())

    private static func bytes(_ file: live_file) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
    }
}
