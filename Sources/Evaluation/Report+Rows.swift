extension Report {
    /// What int8 answers differently: by class, then row by row.
    static func differenceSection(_ content: ReportContent) -> Section? {
        guard let accuracy = content.accuracy, let comparison = accuracy.comparison else { return nil }
        guard !comparison.flippedRows.isEmpty else {
            let tolerance = Double(Comparison.regressionTolerance).fixed(1)
            let sentence: HTML =
                comparison.test.kind == .regression
                ? "Every predicted number is at most \(tolerance) away from fp32's."
                : "Every row has the label that fp32 gives it."
            return Section(id: "differences", title: "What changed", body: "<p>\(sentence)</p>\n")
        }
        // For a regression these are the rows with the largest errors, and the list of those is left out.
        let isRegression = comparison.test.kind == .regression
        let shown =
            isRegression
            ? comparison.worstRows(min(comparison.flippedRows.count, maximumRows))
            : Array(comparison.flippedRows.prefix(maximumRows))
        let title: HTML =
            isRegression
            ? "Rows more than \(Double(Comparison.regressionTolerance), 1) apart" : "Rows that flipped"
        return Section(
            id: "differences", title: "What changed",
            body: """
                \(groupTable(comparison))<h3>\(title)</h3>
                \(rowTable(shown, accuracy, comparison))\
                \(remainder(comparison.flippedRows.count, shown: shown.count))
                """)
    }

    /// The rows whose logits are furthest from the reference's, flipped or not.
    static func worstSection(_ content: ReportContent) -> Section? {
        guard let accuracy = content.accuracy, let comparison = accuracy.comparison,
            comparison.test.kind != .regression || comparison.flippedRows.isEmpty
        else { return nil }
        let rows = comparison.worstRows(maximumHighlights).filter { comparison.errors[$0] > 0 }
        guard !rows.isEmpty else { return nil }
        return Section(
            id: "worst", title: "Largest logit errors", body: rowTable(rows, accuracy, comparison))
    }

    private static func groupTable(_ comparison: Comparison) -> HTML {
        let groups = FlipGroup.all(comparison)
        guard !groups.isEmpty else { return "" }
        let rows = groups.prefix(maximumHighlights).map { group in
            HTMLTable.Row(cells: [
                "\(label(group.reference)) → \(label(group.test))", "\(group.rows.grouped)", "\(group.lost.grouped)",
                "\(group.won.grouped)", "\((group.rows - group.lost - group.won).grouped)",
            ])
        }
        let table = HTMLTable(
            name: "Flips from class to class", kind: "flips",
            columns: [
                .text("fp32 → int8"), .number("Rows"), .number("Right to wrong"), .number("Wrong to right"),
                .number("Wrong both times"),
            ], isWide: true, rows: Array(rows))
        return """
            <h3>From class to class</h3>
            \(table.html)\(remainder(groups.count, shown: min(groups.count, maximumHighlights)))
            """
    }

    private static func rowTable(
        _ rows: [Int], _ accuracy: ReportContent.Accuracy, _ comparison: Comparison
    ) -> HTML {
        HTMLTable(
            name: "Rows", kind: "rows",
            columns: [
                .number("Line"), .text("Text"), .text("Expected"), .text("fp32"), .text("int8"), .number("Logit error"),
            ], isWide: true, rows: rows.map { HTMLTable.Row(cells: rowCells($0, accuracy.data.rows[$0], comparison)) }
        ).html
    }

    private static func rowCells(_ row: Int, _ data: LabelledData.Row, _ comparison: Comparison) -> [HTML] {
        [
            "\(data.line)", data.text.isEmpty ? "<i class=\"note\">empty</i>" : userText(data.text),
            label(comparison.expectedLabel(ofRow: row)),
            answer(row, comparison.reference, comparison), answer(row, comparison.test, comparison),
            "\(Double(comparison.errors[row]), 3)",
        ]
    }

    private static func answer(_ row: Int, _ predictions: Predictions, _ comparison: Comparison) -> HTML {
        guard case .classes(let expected) = comparison.targets, let margin = predictions.margin(ofRow: row) else {
            return predictions.kind == .regression
                ? "\(Double(predictions.logits[row]), 3)" : label(predictions.label(ofRow: row))
        }
        let right = predictions.classIDs[row] == expected[row]
        return """
            <span class="answer">\(mark(right))<span>\(label(predictions.label(ofRow: row)))\
            <span class="margin">margin \(Double(margin), 3)</span></span></span>
            """
    }
}
