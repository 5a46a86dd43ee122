import EmbqCore
import EmbqEvaluation

/// How the tables of a suite are written.
package enum TableFormat: String, Sendable, CaseIterable {
    case text, markdown, csv
}

extension SuiteSummary {
    private static let header = ["task", "metric", "rows", "fp32", "int8", "drop", "95 %", "agreement", "bytes"]
    /// What stands for a task that is missing.
    private static let missing = "—"

    /// The tables; scores in points of 100.
    package func text(_ format: TableFormat) -> String {
        switch format {
        case .text: tables.map(Self.plain).joined(separator: "\n")
        case .markdown: tables.map(Self.markdown).joined(separator: "\n")
        case .csv: csv
        }
    }

    // MARK: For people

    private static func cells(_ row: Row) -> [String] {
        let points = { (score: Double?) in score.map { ($0 * 100).fixed(2) } ?? missing }
        let interval = row.dropIntervalPoints.flatMap { ends in
            guard let low = ends.first, let high = ends.last, low <= high else { return nil as String? }
            let shown = (low...high).fixed(2)
            return "\(shown.low) … \(shown.high)"
        }
        return [
            row.task, row.metric.rawValue, row.rows.map(\.grouped) ?? missing, points(row.referenceScore),
            points(row.score),
            row.dropPoints.map { $0.fixed(2, apartFrom: 0) + (row.dropIsSignificant == true ? " *" : "") } ?? missing,
            interval ?? missing, row.agreement.map { ($0 * 100).fixed(2, apartFrom: 100) } ?? missing,
            row.total256.map(\.grouped) ?? missing,
        ]
    }

    private static func cells(_ mean: Mean, _ name: String) -> [String] {
        let label = mean.complete ? "\(name) score" : "mean of \(mean.tasks) of \(mean.of)"
        return [
            label, "", "", (mean.referenceScore * 100).fixed(2), (mean.score * 100).fixed(2),
            mean.dropPoints.fixed(2), "", "", "",
        ]
    }

    private static func lines(_ table: Table) -> [[String]] {
        table.rows.map(cells) + (table.mean.map { [cells($0, table.name)] } ?? [])
    }

    private static func notes(_ table: Table) -> [String] {
        let isMarked = table.rows.contains { $0.dropIsSignificant == true }
        return (isMarked ? ["* more than chance, at 5 %"] : [])
            + (table.mean.map { $0.complete ? [] : ["Tasks are missing: this is not the \(table.name) score."] } ?? [])
    }

    private static func plain(_ table: Table) -> String {
        let lines = [header] + lines(table)
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let rows = lines.map { cells in
            let text = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column < 2 ? cell + space : space + cell
            }
            .joined(separator: "  ")
            return "  " + text.reversed().drop { $0 == " " }.reversed()
        }
        return ([table.name] + rows + notes(table).map { "  " + $0 }).joined(separator: "\n") + "\n"
    }

    private static func markdown(_ table: Table) -> String {
        let row = { (cells: [String]) in
            "| "
                + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
                .joined(separator: " | ") + " |"
        }
        let rule = "|---|---|" + String(repeating: "---:|", count: header.count - 2)
        let notes = notes(table).map { "\n" + $0 + "\n" }.joined()
        return (["### \(table.name)", "", row(header), rule] + lines(table).map(row)).joined(separator: "\n") + "\n"
            + notes
    }

    // MARK: For spreadsheets

    /// RFC 4180 with line feeds; a missing number is an empty field. All digits are kept.
    private var csv: String {
        var lines = [
            [
                "benchmark", "task", "metric", "rows", "fp32", "int8", "drop", "drop_low", "drop_high",
                "drop_is_significant", "agreement", "sqnr_db", "bytes",
            ]
        ]
        let number = { (value: Double?) in value.map { "\($0)" } ?? "" }
        for table in tables {
            for row in table.rows {
                let score = { (value: Double?) in number(value.map { $0 * 100 }) }
                lines.append([
                    table.name, row.task, row.metric.rawValue, row.rows.map { "\($0)" } ?? "",
                    score(row.referenceScore), score(row.score), number(row.dropPoints),
                    number(row.dropIntervalPoints?.first), number(row.dropIntervalPoints?.last),
                    row.dropIsSignificant.map { "\($0)" } ?? "", score(row.agreement), number(row.sqnrDB),
                    row.total256.map { "\($0)" } ?? "",
                ])
            }
            if let mean = table.mean {
                let cells = Self.cells(mean, table.name)
                lines.append(
                    [
                        table.name, cells[0], "", "", number(mean.referenceScore * 100), number(mean.score * 100),
                        number(mean.dropPoints),
                    ] + [String](repeating: "", count: 6))
            }
        }
        return lines.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }

    private static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return field }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
