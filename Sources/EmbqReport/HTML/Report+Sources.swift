extension Report {
    /// The files that the result follows from.
    static func sourceSection(_ sources: [ReportContent.Source]) -> Section? {
        guard !sources.isEmpty else { return nil }
        let rows = sources.map { source in
            let digits = source.sha256
            return HTMLTable.Row(cells: [
                userText(source.role), label(source.name),
                """
                <span class="code">\(String(digits.prefix(32)))<wbr>\(String(digits.dropFirst(32).prefix(32)))</span>
                """,
            ])
        }
        return Section(
            id: "sources", title: "Provenance",
            body: HTMLTable(
                name: "Files", kind: "sources", columns: [.text("Input"), .text("File"), .text("SHA-256")],
                isWide: true, rows: rows
            ).html)
    }
}
