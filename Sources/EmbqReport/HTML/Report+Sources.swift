extension Report {
    /// The files that the result follows from, and how it was made.
    static func sourceSection(_ content: ReportContent) -> Section? {
        let sources = content.sources
        guard !sources.isEmpty || !content.making.isEmpty else { return nil }
        let facts = content.making.html { "<div><dt>\(userText($0.name))</dt><dd>\(userText($0.value))</dd></div>" }
        let rows = sources.map { source in
            let digits = source.sha256
            return HTMLTable.Row(cells: [
                userText(source.role), label(source.name),
                """
                <span class="code">\(String(digits.prefix(32)))<wbr>\(String(digits.dropFirst(32).prefix(32)))</span>
                """,
            ])
        }
        let files = HTMLTable(
            name: "Files", kind: "sources", columns: [.text("Input"), .text("File"), .text("SHA-256")],
            isWide: true, isStacked: true, rows: rows)
        return Section(
            id: "sources", title: "Provenance",
            body: """
                \(if: !sources.isEmpty, files.html)\
                \(if: !content.making.isEmpty, "<dl class=\"making\">\(facts)</dl>\n")
                """)
    }
}
