import EmbqArtifact
import EmbqCore

extension Report {
    /// A line of the memory map.
    private struct MemoryPart {
        /// The CSS class that gives it its colour.
        let kind: HTML
        let name: String
        let place: HTML
        let bytes: Int
        /// Section whose groups make up the part; nil for the arena.
        let section: ArtifactFormat.Tag?
    }

    private static func parts(_ memory: Footprint) -> [MemoryPart] {
        [
            MemoryPart(
                kind: "weights", name: "Weights with scales and biases", place: "flash", bytes: memory.weights,
                section: .weights),
            MemoryPart(
                kind: "tables", name: "Tables and multipliers", place: "flash", bytes: memory.tables, section: .tables),
            MemoryPart(
                kind: "arena", name: "Arena at \(memory.length) tokens", place: "RAM", bytes: memory.arenaAtLength,
                section: nil),
            MemoryPart(
                kind: "tokenizer", name: "Tokenizer, not in the total", place: "flash", bytes: memory.tokenizer,
                section: .tokenizer),
        ]
    }

    /// Where the bytes go: a bar of the sections above a bar of their tensors, their numbers, and the arena by length.
    static func memorySection(_ content: ReportContent) -> Section? {
        guard let memory = content.memory else { return nil }
        let budget: HTML =
            content.budget.map { budget in
                let rest = budget - memory.total
                return """
                    <p class="note"><span class="key budget"></span>The line marks the budget: \(budget.grouped) bytes, \
                    \(abs(rest).grouped) \(rest < 0 ? "too few" : "more than the total").</p>

                    """
            } ?? ""
        return Section(
            id: "memory", title: "Memory map",
            body: """
                \(bars(memory, content.memoryGroups, content.budget))\(budget)<div class="pair">
                \(partTable(memory, content.memoryGroups))\(arenaTable(memory))</div>
                <h3>Flash and RAM of a part</h3>
                \(deviceTable(memory))

                """)
    }

    /// The tokenizer stands behind the budget, which it does not count against.
    private static func bars(_ memory: Footprint, _ groups: [ReportContent.MemoryGroup], _ budget: Int?) -> HTML {
        let free = max(0, (budget ?? 0) - memory.total)
        let all = max(1, memory.total + free + memory.tokenizer)
        func segment(_ kind: HTML, _ name: String, _ bytes: Int) -> HTML {
            guard bytes > 0 else { return "" }
            return """
                <span class="\(kind)" style="width:\(Double(bytes) / Double(all) * 100, 3)%" \
                title="\(cut(name)): \(bytes.grouped) bytes"></span>
                """
        }
        let gap = segment("free", "Free", free)
        let sections = parts(memory).html {
            "\(if: $0.kind == "tokenizer", gap)\(segment($0.kind, $0.name, $0.bytes))"
        }
        let groupBar = parts(memory).html { part in
            let inside = groups.filter { $0.section == part.section }
            let segments =
                inside.isEmpty
                ? segment(part.kind, part.name, part.bytes)
                : inside.enumerated().html { index, group in
                    segment(index.isMultiple(of: 2) ? part.kind : "\(part.kind) other", group.name, group.bytes)
                }
            return "\(if: part.kind == "tokenizer", gap)\(segments)"
        }
        let line: HTML =
            budget.map {
                "<span class=\"budget\" style=\"left:\(min(100, Double($0) / Double(all) * 100), 3)%\"></span>"
            } ?? ""
        let description = parts(memory).map { "\($0.name) \($0.bytes.grouped) bytes" }.joined(separator: ", ")
        return """
            <div class="stacks"><div class="stack" role="img" aria-label="\(description)">\(sections)</div>
            \(if: !groups.isEmpty, "<div class=\"stack groups\" aria-hidden=\"true\">\(groupBar)</div>\n")\
            \(line)</div>

            """
    }

    private static func partTable(_ memory: Footprint, _ groups: [ReportContent.MemoryGroup]) -> HTML {
        let all = Double(max(1, memory.total))
        func share(_ bytes: Int) -> HTML { "\(Double(bytes) / all * 100, 1) %" }
        let rows = parts(memory).flatMap { part in
            let isCounted = part.section != .tokenizer
            let inside = groups.filter { $0.section == part.section }
            return [
                HTMLTable.Row(
                    kind: "section",
                    cells: [
                        "<span class=\"key \(part.kind)\"></span>\(part.name)", part.place, "\(part.bytes.grouped)",
                        isCounted ? share(part.bytes) : "–",
                    ])
            ]
                + inside.map { group in
                    HTMLTable.Row(
                        kind: "group",
                        cells: [label(group.name), "", "\(group.bytes.grouped)", isCounted ? share(group.bytes) : "–"])
                }
        }
        let total = HTMLTable.Row(
            kind: "total",
            cells: ["Total at \(memory.length) tokens", "", "\(memory.total.grouped)", share(memory.total)])
        return HTMLTable(
            name: "Memory by part", kind: "parts",
            columns: [.text("Part"), .text("Where"), .number("Bytes"), .number("Share")], isWide: true,
            rows: rows + [total]
        ).html
    }

    /// What a part must have: flash and RAM apart, with the runtime's code.
    private static func deviceTable(_ memory: Footprint) -> HTML {
        let (flash, ram) = (memory.flash, memory.ram)
        let longest = ram.arena.max { $0.key < $1.key }
        func rows(_ place: HTML, _ parts: [(String, Int)], _ total: Int) -> [HTMLTable.Row] {
            parts.map { HTMLTable.Row(cells: ["\($0.0)", place, "\($0.1.grouped)"]) }
                + [HTMLTable.Row(kind: "total", cells: ["Total in \(place)", place, "\(total.grouped)"])]
        }
        return HTMLTable(
            name: "Flash and RAM of a part", kind: "parts",
            columns: [.text("What"), .text("Where"), .number("Bytes")], isWide: true,
            rows: rows(
                "flash",
                [
                    ("Weights with scales and biases", flash.weights),
                    ("Program, tables and multipliers", flash.tables),
                    ("Tokenizer", flash.tokenizer), ("Labels", flash.labels), ("Check vectors", flash.checks),
                    ("For tools", flash.tools),
                    ("Code of the runtime, Cortex-M4, gcc -Os", flash.codeM4),
                ], flash.total)
                + rows(
                    "RAM",
                    [
                        ("Arena at \(longest?.key ?? 0) tokens", longest?.value ?? 0), ("Stack, at most", ram.stack),
                        ("embq_model", ram.model), ("Logits", ram.logits),
                    ], memory.ramAtLongest)
        ).html
    }

    private static func arenaTable(_ memory: Footprint) -> HTML {
        guard !memory.arena.isEmpty else { return "" }
        let most = Double(max(1, memory.arena.values.max() ?? 1))
        let rows = memory.arena.sorted { $0.key < $1.key }.map { length, bytes in
            let work = memory.work[length]
            return HTMLTable.Row(cells: [
                "\(length.grouped)",
                """
                <span class="track"><span class="fill arena" style="width:\(Double(bytes) / most * 100, 1)%"></span></span>
                """, "\(bytes.grouped)", "\(work?.macs.grouped ?? "")", "\(work?.instructionsM4.grouped ?? "")",
            ])
        }
        return HTMLTable(
            name: "Arena and work by sentence length", kind: "arenas",
            columns: [
                .number("Tokens"), .text("Arena"), .number("Bytes"), .number("Multiply-accumulates"),
                .number("Instructions on Cortex-M4, estimated"),
            ], isWide: true, rows: rows
        ).html
    }
}
