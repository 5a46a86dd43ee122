/// Where text from outside leaves the program. Each place has one way to write what it would misread or obey.
package enum OutputContext: Sendable, CaseIterable {
    /// A line on a terminal or in a text file. A tab separates its fields.
    case line
    /// A field of such a line: no tab either.
    case field
    /// JSON text, whole: outside its strings it has no character to escape.
    case json
    /// HTML and SVG: text and quoted attributes.
    case html
    /// A block comment of C.
    case cComment
    /// A quoted argument of CMake.
    case cmake
    /// Running text and cells of tables in Markdown.
    case markdown
}

extension String {
    /// The text as it may stand in `context`.
    ///
    /// Characters that nobody sees and a terminal obeys, or that reorder what is around them, become escapes everywhere:
    /// control characters, line separators, direction marks, and code points without a character. Line feeds stay in JSON
    /// and HTML, whose structure is made of other characters. Works on scalars: a mark that combines with `"` or `/` must
    /// not hide it. An escaped text stays as it is when it is escaped again for a line or a field.
    package func escaped(for context: OutputContext) -> String {
        guard needsEscape(in: context) else { return self }
        var shown = ""
        shown.reserveCapacity(utf8.count + 16)
        var previous: Unicode.Scalar = " "
        for scalar in unicodeScalars {
            context.append(scalar, after: previous, to: &shown)
            previous = scalar
        }
        // The line would go on behind it.
        if context == .cComment, previous == "\\" {
            shown.unicodeScalars.removeLast()
            shown += "\\u{5c}"
        }
        return shown
    }

    /// Whether a byte is there that is not plain ASCII or has a meaning in the context.
    private func needsEscape(in context: OutputContext) -> Bool {
        let special = context.special
        return utf8.contains { byte in !(0x20..<0x7F).contains(byte) || special.contains(byte) }
    }
}

extension OutputContext {
    /// Characters that begin a construct of CommonMark, a table of GitHub's or a formula inside a line.
    private static let markdownMarks = "\\`*_[]<>&~|$#!"

    /// ASCII characters with a meaning here.
    fileprivate var special: [UInt8] {
        switch self {
        case .line, .field, .json: []
        case .html: Array("&<>\"'".utf8)
        case .cComment: Array("*/?\\".utf8)
        case .cmake: Array("\\\"$;".utf8)
        case .markdown: Array(Self.markdownMarks.utf8)
        }
    }

    fileprivate func append(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar, to text: inout String) {
        if scalar.isPlain || keeps(scalar) {
            appendPlain(scalar, after: previous, to: &text)
        } else if let byte = SystemText.byte(scalar) {
            // A backslash has a meaning in JSON and CMake.
            text += (self == .json || self == .cmake ? "\\" : "") + SystemText.name(byte)
        } else if self == .json {
            for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        } else {
            // A backslash has a meaning in CMake.
            text += self == .cmake ? "\\\\u{" : "\\u{"
            text += String(scalar.value, radix: 16) + "}"
        }
    }

    /// White space that is part of the context's own layout.
    private func keeps(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .line: scalar == "\t"
        case .json, .html: scalar == "\t" || scalar == "\n"
        case .field, .cComment, .cmake, .markdown: false
        }
    }

    private func appendPlain(_ scalar: Unicode.Scalar, after previous: Unicode.Scalar, to text: inout String) {
        switch (self, scalar) {
        case (.html, "&"): text += "&amp;"
        case (.html, "<"): text += "&lt;"
        case (.html, ">"): text += "&gt;"
        case (.html, "\""): text += "&quot;"
        case (.html, "'"): text += "&#39;"
        // Neither the end nor the beginning of a comment, and no trigraph: ??/ is a backslash.
        case (.cComment, "/") where previous == "*": text += " /"
        case (.cComment, "*") where previous == "/": text += " *"
        case (.cComment, "?") where previous == "?": text += " ?"
        case (.cmake, "\\"), (.cmake, "\""), (.cmake, "$"), (.cmake, ";"):
            text += "\\"
            text.unicodeScalars.append(scalar)
        // CommonMark 0.31, section 2.4: a backslash before any punctuation of ASCII.
        case (.markdown, _) where Self.markdownMarks.unicodeScalars.contains(scalar):
            text += "\\"
            text.unicodeScalars.append(scalar)
        default: text.unicodeScalars.append(scalar)
        }
    }
}

extension Unicode.Scalar {
    /// Whether it shows itself and nothing else: no control character, direction mark or unassigned code point. The two
    /// joiners are plain: scripts and emoji are written with them.
    fileprivate var isPlain: Bool {
        // Most text is ASCII, and the category takes a search.
        if value < 0x7F { return value >= 0x20 }
        if value == 0x200C || value == 0x200D { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
        default: true
        }
    }
}
