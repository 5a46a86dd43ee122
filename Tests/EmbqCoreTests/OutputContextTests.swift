import EmbqCore
import Testing

/// Texts that someone could put into a file to be obeyed where they are shown.
private let hostile: [String] = [
    "\u{1B}[31mred\u{1B}[0m", "\u{9B}2J", "\u{7}\u{8}\u{7F}", "a\nb\r\nc\u{85}d\u{2028}e\u{2029}f\u{B}g\u{C}h", "a\tb",
    "\u{202E}dnib\u{202C}", "\u{2066}x\u{2069}\u{200E}\u{200F}\u{61C}", "\u{FEFF}\u{AD}\u{E0041}",
    "\u{E000}\u{FFFF}\u{10FFFF}",
    "*/ int x; /*", "*/\u{301}", "*\u{301}/", "/*/*", "*/*/", "??/", "????/", "a??/\n*/", "\\", "ends with \\",
    "\"; system(\"x\"); \"", "\"\u{301}", "<script>alert('x' & \"y\")</script>", "]]>", "${ENV{HOME}};$<x>", "]=]",
    "\0",
]

@Suite("Text where it leaves the program")
struct OutputContextTests {
    /// Whether a reader of the context could obey or hide it.
    private func isHazard(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\u{200C}" || scalar == "\u{200D}" { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: true
        default: false
        }
    }

    @Test("nothing that a terminal obeys or that turns text around is left", arguments: hostile, OutputContext.allCases)
    func hazards(text: String, context: OutputContext) {
        let layout: Set<Unicode.Scalar> =
            switch context {
            case .line: ["\t"]
            case .json, .html: ["\t", "\n"]
            case .field, .cComment, .cmake, .markdown: []
            }
        // A JSON document has no control character of its strings left but by its writer.
        let text = context == .json ? String(text.unicodeScalars.filter { $0.value >= 0x20 }.map(Character.init)) : text
        let left = text.escaped(for: context).unicodeScalars.filter { isHazard($0) && !layout.contains($0) }
        #expect(left.isEmpty, "\(left.map { String($0.value, radix: 16) })")
    }

    @Test("plain text of any script stays as it is", arguments: OutputContext.allCases)
    func plain(context: OutputContext) {
        for text in ["", "plain", "模型 é e\u{301} 🙂 👩\u{200D}👩\u{200D}👧 नमस्ते می\u{200C}خواهم", "a - b (c), d: e."] {
            #expect(text.escaped(for: context).hasSameBytes(as: text))
        }
    }

    @Test("a comment of C ends where it is meant to, for a reader of bytes and of trigraphs", arguments: hostile)
    func comments(text: String) {
        let bytes = Array(text.escaped(for: .cComment).utf8)
        for pair in zip(bytes, bytes.dropFirst()) {
            #expect(pair != (UInt8(ascii: "*"), UInt8(ascii: "/")) && pair != (UInt8(ascii: "/"), UInt8(ascii: "*")))
            #expect(pair != (UInt8(ascii: "?"), UInt8(ascii: "?")))
        }
        #expect(bytes.last != UInt8(ascii: "\\"))
    }

    @Test("Markdown has every mark of a construct behind a backslash")
    func markdown() {
        let cases = [
            ("[a](b) <i>", "\\[a\\](b) \\<i\\>"), ("a|b `c` $d$", "a\\|b \\`c\\` \\$d\\$"),
            ("*a* __b__", "\\*a\\* \\_\\_b\\_\\_"),
            ("&lt; \\", "\\&lt; \\\\"), ("a\nb", "a\\u{a}b"),
        ]
        for (text, expected) in cases { #expect(text.escaped(for: .markdown) == expected) }
    }

    @Test("HTML has no character left that begins a tag, an entity or ends an attribute", arguments: hostile)
    func html(text: String) {
        let bytes = Array(text.escaped(for: .html).utf8)
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].map { Array($0.utf8) }
        for (place, byte) in bytes.enumerated() {
            #expect(!"<>\"'".utf8.contains(byte))
            #expect(byte != UInt8(ascii: "&") || entities.contains { bytes[place...].starts(with: $0) })
        }
    }

    @Test("a quoted argument of CMake neither ends nor expands", arguments: hostile)
    func cmake(text: String) {
        var isEscaped = false
        for scalar in text.escaped(for: .cmake).unicodeScalars {
            #expect(isEscaped || !"\"$;".unicodeScalars.contains(scalar))
            isEscaped = scalar == "\\" && !isEscaped
        }
        #expect(!isEscaped)
    }

    @Test("JSON says the same with the escapes", arguments: hostile)
    func json(text: String) throws {
        for document in [JSONValue.object([(text, .string(text))]).document, try CanonicalJSON.document([text: text])] {
            #expect(!document.unicodeScalars.contains { isHazard($0) && $0 != "\n" })
            let parsed = try JSONParser.parse(Array(document.utf8))
            #expect(parsed[text]?.string?.hasSameBytes(as: text) == true)
        }
    }

    @Test("a line and a field may be escaped again", arguments: hostile)
    func again(text: String) {
        let once = text.escaped(for: .field)
        #expect(once.escaped(for: .field) == once && once.escaped(for: .line) == once)
    }

    @Test("every part of an error is one line")
    func errors() {
        for text in hostile {
            let error = EmbqError(.malformed, file: text, place: text, text, advice: text, cause: text)
            let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 2)
            #expect(!error.description.unicodeScalars.contains { isHazard($0) && $0 != "\n" })
        }
    }
}
