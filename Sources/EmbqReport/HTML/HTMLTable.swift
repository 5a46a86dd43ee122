/// A table that a screen reader can follow: named, with headers for its columns and rows.
struct HTMLTable {
    /// A column's title, and whether numbers stand under it, which are aligned to the right.
    struct Column {
        let title: HTML
        let isNumber: Bool

        static func text(_ title: HTML) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: HTML) -> Column { Column(title: title, isNumber: true) }
    }

    struct Row {
        var kind: HTML = ""
        let cells: [HTML]
    }

    /// Read out, not shown: a heading stands above.
    let name: HTML
    var kind: HTML = ""
    let columns: [Column]
    /// The column that says what a row is about.
    var header = 0
    /// Whether it may be wider than the page: it then scrolls in a box of its own, by keyboard too.
    var isWide = false
    /// Whether a narrow page shows each row as a block of lines, each with its column's title.
    var isStacked = false
    let rows: [Row]

    private var classes: HTML {
        HTML(joining: [kind, isStacked ? "stacked" : ""].filter { !$0.isEmpty }, separator: " ")
    }

    var html: HTML {
        let head = columns.html { "<th scope=\"col\"\(if: $0.isNumber, " class=\"n\"")>\($0.title)</th>" }
        let body = rows.html { row in
            let cells = row.cells.indices.html { index in
                let number: HTML = columns[index].isNumber ? " class=\"n\"" : ""
                let title: HTML = isStacked ? " data-title=\"\(columns[index].title)\"" : ""
                return index == header
                    ? "<th scope=\"row\"\(number)\(title)>\(row.cells[index])</th>"
                    : "<td\(number)\(title)>\(row.cells[index])</td>"
            }
            return "<tr\(if: !row.kind.isEmpty, " class=\"\(row.kind)\"")>\(cells)</tr>\n"
        }
        let table: HTML = """
            <table\(if: !classes.isEmpty, " class=\"\(classes)\"")><caption>\(name)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table>
            """
        return isWide
            ? "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"\(name)\">\(table)</div>\n"
            : "\(table)\n"
    }
}
