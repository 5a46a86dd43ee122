extension Report {
    /// Where the bytes go: one stacked bar, its numbers, and the arena by length.
    static func memorySection(_ memory: ReportContent.MemoryMap?) -> Section? {
        guard let memory else { return nil }
        let tokenizer = "Tokenizer, not in the total"
        let parts: [(kind: HTML, name: String, place: String, bytes: Int)] = [
            ("weights", "Weights with scales and biases", "flash", memory.weights),
            ("tables", "Tables and multipliers", "flash", memory.tables),
            ("arena", "Arena at \(memory.totalLength) tokens", "RAM", memory.arenaAtTotal),
            ("tokenizer", tokenizer, "flash", memory.tokenizer),
        ]
        // The tokenizer stands behind the budget, which it does not count against.
        let free = max(0, (memory.budget ?? 0) - memory.total)
        let all = max(1, memory.total + free + memory.tokenizer)
        let share = { (bytes: Int) in Double(bytes) / Double(all) * 100 }
        let gap: HTML = "<span class=\"free\" style=\"width:\(share(free), 3)%\"></span>"
        let segments = parts.html {
            """
            \(if: $0.name == tokenizer && free > 0, gap)\
            <span class="\($0.kind)" style="width:\(share($0.bytes), 3)%"></span>
            """
        }
        let budget: HTML =
            memory.budget.map { "<span class=\"budget\" style=\"left:\(share($0), 3)%\"></span>" } ?? ""
        let rows = parts.html { part in
            """
            <tr><td><span class="key \(part.kind)"></span>\(part.name)</td><td>\(part.place)</td>\
            <td class="n">\(part.bytes.grouped)</td></tr>

            """
        }
        return Section(
            id: "memory", title: "Memory map",
            body: """
                <div class="stack" role="img" aria-label="Memory map">\(segments)\(budget)</div>
                \(memory.budget.map { "<p class=\"note\">The line marks the budget: \($0.grouped) bytes.</p>\n" as HTML } ?? "")\
                <div class="pair">
                <table><thead><tr><th>Part</th><th>Where</th><th class="n">Bytes</th></tr></thead>
                <tbody>
                \(rows)<tr class="total"><td>Total at \(memory.totalLength) tokens</td><td></td>\
                <td class="n">\(memory.total.grouped)</td></tr>
                </tbody></table>
                \(arenaTable(memory))</div>

                """)
    }

    private static func arenaTable(_ memory: ReportContent.MemoryMap) -> HTML {
        guard !memory.arena.isEmpty else { return "" }
        let most = Double(max(1, memory.arena.map(\.bytes).max() ?? 1))
        let rows = memory.arena.html { size in
            """
            <tr><td class="n">\(size.length.grouped)</td><td class="bar"><span class="track"><span class="fill arena" \
            style="width:\(Double(size.bytes) / most * 100, 1)%"></span></span></td><td class="n">\(size.bytes.grouped)</td></tr>

            """
        }
        return """
            <table class="arenas"><thead><tr><th class="n">Tokens</th><th>Arena</th><th class="n">Bytes</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>

            """
    }

    /// The files that the result follows from.
    static func sourceSection(_ sources: [ReportContent.Source]) -> Section? {
        guard !sources.isEmpty else { return nil }
        let rows = sources.html { source in
            """
            <tr><td>\(source.role)</td><td>\(label(source.name))</td>\
            <td class="code">\(String(source.sha256.prefix(32)))<wbr>\(String(source.sha256.dropFirst(32)))</td></tr>

            """
        }
        return Section(
            id: "sources", title: "Provenance",
            body: """
                <div class="wide"><table class="sources"><thead><tr><th>Input</th><th>File</th><th>SHA-256</th></tr></thead>
                <tbody>
                \(rows)</tbody></table></div>

                """)
    }
}
