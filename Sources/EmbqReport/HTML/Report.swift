package import EmbqCore

/// One HTML file that shows a quantized model's result: nothing loaded, the same bytes for the same content. Its one script
/// runs the model where the reader types.
package enum Report {
    /// Rows shown of a long list.
    package static let maximumRows = 50
    /// Pairs of classes and worst rows shown.
    package static let maximumHighlights = 15
    /// Characters shown of a text.
    package static let maximumTextLength = 400

    /// The whole document.
    ///
    /// Every string of `content` is escaped. There are no times and no paths in it.
    package static func html(_ content: ReportContent) -> String {
        let sections = [
            liveSection(content.live), accuracySection(content), differenceSection(content), worstSection(content),
            layerSection(content),
            rangeSection(content), memorySection(content), frontSection(content),
            sourceSection(content),
        ].compactMap { $0 }
        let document: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="\(policy(content.live))">
            <link rel="icon" href="data:,">
            <title>\(cut(content.title)): embq report</title>
            <style>
            \(ReportStyle.css)
            </style>
            </head>
            <body>
            \(header(content))<main>
            \(verdict(content))\(tiles(content))\(navigation(sections))\(sections.html(\.html))</main>
            \(liveParts(content.live))</body>
            </html>

            """
        return document.text
    }

    /// Writes the document to a file.
    package static func write(_ content: ReportContent, to path: String) throws(EmbqError) {
        try AtomicOutput.write(html(content), to: path)
    }

    /// A titled part of the document.
    struct Section {
        let id: HTML
        let title: HTML
        /// Attributes that a script reads.
        var data: HTML = ""
        let body: HTML

        var html: HTML {
            """
            <section id="\(id)" aria-labelledby="\(id)-title"\(if: !data.isEmpty, " \(data)")>
            <h2 id="\(id)-title">\(title)</h2>
            \(body)</section>

            """
        }
    }

    private static func header(_ content: ReportContent) -> HTML {
        let facts = content.facts.html { "<div><dt>\(userText($0.name))</dt><dd>\(userText($0.value))</dd></div>" }
        return """
            <header>
            <p class="brand">embq report</p>
            <h1>\(userText(content.title))</h1>
            \(if: !content.subtitle.isEmpty, "<p class=\"subtitle\">\(userText(content.subtitle))</p>\n")\
            \(if: !content.facts.isEmpty, "<dl class=\"facts\">\(facts)</dl>\n")</header>

            """
    }

    private static func navigation(_ sections: [Section]) -> HTML {
        guard sections.count > 1 else { return "" }
        return "<nav aria-label=\"Sections\">\(sections.html { "<a href=\"#\($0.id)\">\($0.title)</a>" })</nav>\n"
    }

    // MARK: Shared pieces

    /// A score in points of 100.
    static func points(_ score: Double) -> String { (score * 100).fixed(2) }

    static func decibels(_ value: Double) -> String { value.fixed(1) }

    static func plural(_ count: Int, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }

    /// A tick or a cross: the colour is not the only sign.
    static func mark(_ good: Bool) -> HTML {
        good
            ? "<span class=\"mark right\" role=\"img\" aria-label=\"right\">✓</span>"
            : "<span class=\"mark wrong\" role=\"img\" aria-label=\"wrong\">✗</span>"
    }

    /// A user's text, isolated so that its writing direction does not leak, and cut when long.
    static func userText(_ text: String) -> HTML { "<bdi>\(cut(text))</bdi>" }

    /// A text without what is beyond its first characters.
    static func cut(_ text: String, to length: Int = maximumTextLength) -> String {
        let shown = text.unicodeScalars.prefix(length)
        return shown.endIndex < text.unicodeScalars.endIndex ? String(shown) + "…" : text
    }

    /// A class's name, which may break where words meet: `Search|Screening|Event`, `not_|entailment`.
    static func label(_ name: String) -> HTML {
        var parts: [HTML] = []
        var (part, last) = ("", Character(" "))
        for character in cut(name) {
            if character.isUppercase && last.isLowercase || "_-./".contains(last) {
                parts.append("\(part)")
                part = ""
            }
            part.append(character)
            last = character
        }
        parts.append("\(part)")
        return "<bdi>\(HTML(joining: parts, separator: "<wbr>"))</bdi>"
    }

    /// What a cut list leaves out, as a paragraph; empty when nothing is.
    static func remainder(_ total: Int, shown: Int) -> HTML {
        total > shown ? "<p class=\"note\">\((total - shown).grouped) more not shown.</p>\n" : ""
    }
}
