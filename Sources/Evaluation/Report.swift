import FileIO
public import TensorCore

/// One HTML file that shows a quantized model's result: no scripts, nothing loaded, the same bytes for the same content.
public enum Report {
    /// Rows shown of a long list.
    package static let maximumRows = 50
    /// Pairs of classes and worst rows shown.
    package static let maximumHighlights = 15
    /// Characters shown of a text.
    package static let maximumTextLength = 400

    /// The whole document.
    ///
    /// Every string of `content` is escaped. There are no times and no paths in it.
    public static func html(_ content: ReportContent) -> String {
        let sections = [
            differenceSection(content), accuracySection(content), worstSection(content), layerSection(content.layers),
            rangeSection(content.ranges), memorySection(content.memory), sourceSection(content.sources),
        ].compactMap { $0 }
        let document: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <link rel="icon" href="data:,">
            <title>\(content.title): embq report</title>
            <style>
            \(ReportStyle.css)
            </style>
            </head>
            <body>
            \(header(content))<main>
            \(verdict(content))\(tiles(content))\(navigation(sections))\(sections.html(\.html))</main>
            </body>
            </html>

            """
        return document.text
    }

    /// Writes the document to a file.
    public static func write(_ content: ReportContent, to path: String) throws(EmbqError) {
        try AtomicOutput.write(html(content), to: path)
    }

    /// A titled part of the document.
    struct Section {
        let id: HTML
        let title: HTML
        let body: HTML

        var html: HTML { "<section id=\"\(id)\">\n<h2>\(title)</h2>\n\(body)</section>\n" }
    }

    private static func header(_ content: ReportContent) -> HTML {
        let facts = content.facts.html { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" }
        return """
            <header>
            <p class="brand">embq report</p>
            <h1>\(content.title)</h1>
            \(if: !content.subtitle.isEmpty, "<p class=\"subtitle\">\(content.subtitle)</p>\n")\
            \(if: !content.facts.isEmpty, "<dl class=\"facts\">\(facts)</dl>\n")</header>

            """
    }

    private static func navigation(_ sections: [Section]) -> HTML {
        guard sections.count > 1 else { return "" }
        return "<nav>\(sections.html { "<a href=\"#\($0.id)\">\($0.title)</a>" })</nav>\n"
    }

    // MARK: Verdict

    private static func verdict(_ content: ReportContent) -> HTML {
        let checks = content.allChecks
        let failed = checks.filter { !$0.passed }
        let (kind, word): (HTML, HTML) =
            checks.isEmpty ? ("open", "Measured") : failed.isEmpty ? ("passed", "Passed") : ("failed", "Failed")
        let rows = checks.html { check in
            """
            <tr class="\(check.passed ? "passed" : "failed")"><td>\(mark(check.passed)) \(check.name)</td>\
            <td class="n">\(check.measured)</td><td>\(check.limit)</td></tr>

            """
        }
        let table: HTML = """
            <table class="checks"><thead><tr><th>Condition</th><th class="n">Measured</th><th>Limit</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>

            """
        return """
            <div class="verdict \(kind)">
            <p class="word">\(word)</p>
            <p>\(summary(content, failed: failed.count))</p>
            \(if: !checks.isEmpty, table)</div>

            """
    }

    /// One or two sentences: the result, and where it went wrong.
    private static func summary(_ content: ReportContent, failed: Int) -> HTML {
        guard let accuracy = content.accuracy else {
            return content.allChecks.isEmpty ? "No limit was set." : "\(plural(failed, "condition")) not met."
        }
        let rows = plural(accuracy.predictions.rows, "row")
        guard let comparison = accuracy.comparison else {
            return "\(accuracy.metric.title) is \(points(accuracy.score)) on \(rows) of \(accuracy.task)."
        }
        let metric = accuracy.metric == .accuracy ? "accuracy" : accuracy.metric.title
        let drop = comparison.dropPoints.fixed(2)
        let change: HTML =
            comparison.dropPoints > 0
            ? "loses \(drop) points of \(metric)"
            : comparison.dropPoints < 0
                ? "gains \((-comparison.dropPoints).fixed(2)) points of \(metric)"
                : "keeps the reference's \(metric)"
        let flips = comparison.flippedRows.count
        let answers: HTML =
            flips == 0
            ? " and answers every row as fp32 does"
            : comparison.test.kind == .regression
                ? "; \(plural(flips, "row")) moved by more than \(Double(Comparison.regressionTolerance), 1)"
                : "; \(plural(flips, "row")) flipped"
        var text: HTML = "The int8 model \(change) on \(rows) of \(accuracy.task)\(answers)."
        if failed > 0, flips > 0 {
            // A pair that stands out is the first thing to look at.
            let often: HTML =
                FlipGroup.all(comparison).first.map { group in
                    group.rows == 1
                        ? ""
                        : """
                         Most often <b>\(label(group.reference))</b> became <b>\(label(group.test))</b> \
                        (\(group.rows.grouped) of \(flips.grouped)).
                        """
                } ?? ""
            text = "\(text)\(often) See <a href=\"#differences\">what changed</a>."
        }
        return checksSuffix(content, text)
    }

    private static func checksSuffix(_ content: ReportContent, _ text: HTML) -> HTML {
        content.allChecks.isEmpty ? "\(text) No limit was set." : text
    }

    // MARK: Tiles

    private static func tiles(_ content: ReportContent) -> HTML {
        var tiles: [HTML] = []
        if let accuracy = content.accuracy {
            let unit = "points of 100"
            if let comparison = accuracy.comparison {
                tiles.append(tile("\(accuracy.metric.title), fp32", points(comparison.referenceScore), unit))
                tiles.append(tile("\(accuracy.metric.title), int8", points(comparison.testScore), unit))
                tiles.append(tile("Drop", comparison.dropPoints.fixed(2), "points"))
                tiles.append(tile("Agreement", (comparison.agreement * 100).fixed(2), "% of rows"))
                tiles.append(tile("Logits SQNR", decibels(comparison.sqnrDB), "dB"))
            } else {
                tiles.append(tile(accuracy.metric.title, points(accuracy.score), unit))
            }
        }
        if let memory = content.memory {
            let kilobytes = (Double(memory.total) / 1000).fixed(1)
            tiles.append(tile("Memory", kilobytes, "kB at \(memory.totalLength) tokens"))
        }
        return tiles.isEmpty ? "" : "<div class=\"tiles\">\n\(tiles)</div>\n"
    }

    private static func tile(_ name: String, _ value: String, _ unit: String) -> HTML {
        "<div class=\"tile\"><p class=\"name\">\(name)</p><p class=\"value\">\(value)</p><p class=\"unit\">\(unit)</p></div>\n"
    }

    // MARK: Shared pieces

    /// A score in points of 100.
    static func points(_ score: Double) -> String { (score * 100).fixed(2) }

    static func decibels(_ value: Double) -> String { value.fixed(1) }

    static func plural(_ count: Int, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }

    /// A tick or a cross: the colour is not the only sign.
    static func mark(_ good: Bool) -> HTML {
        good
            ? "<span class=\"mark right\" aria-label=\"right\">✓</span>"
            : "<span class=\"mark wrong\" aria-label=\"wrong\">✗</span>"
    }

    /// A user's text, isolated so that its writing direction does not leak, and cut when long.
    static func userText(_ text: String) -> HTML {
        let shown = text.unicodeScalars.prefix(maximumTextLength)
        let cut = shown.endIndex < text.unicodeScalars.endIndex
        return "<bdi>\(String(shown))\(cut ? "…" : "")</bdi>"
    }

    /// A class's name, which may break where words meet: `Search|Screening|Event`, `not_|entailment`.
    static func label(_ name: String) -> HTML {
        var parts: [HTML] = []
        var (part, last) = ("", Character(" "))
        for character in name.prefix(maximumTextLength) {
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
