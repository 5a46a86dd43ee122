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
        let rows = groups.prefix(maximumHighlights).html { group in
            """
            <tr><td>\(label(group.reference))</td><td>\(label(group.test))</td><td class="n">\(group.rows.grouped)</td>\
            <td class="n">\(group.lost.grouped)</td><td class="n">\(group.won.grouped)</td>\
            <td class="n">\((group.rows - group.lost - group.won).grouped)</td></tr>

            """
        }
        return """
            <h3>From class to class</h3>
            <div class="wide"><table><thead><tr><th>fp32</th><th>int8</th><th class="n">Rows</th><th class="n">Right to wrong</th>\
            <th class="n">Wrong to right</th><th class="n">Wrong both times</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            \(remainder(groups.count, shown: min(groups.count, maximumHighlights)))
            """
    }

    private static func rowTable(
        _ rows: [Int], _ accuracy: ReportContent.Accuracy, _ comparison: Comparison
    ) -> HTML {
        """
        <div class="wide"><table class="rows"><colgroup><col class="line"><col class="text"><col class="label">\
        <col class="label"><col class="label"><col class="error"></colgroup>
        <thead><tr><th class="n">Line</th><th>Text</th><th>Expected</th><th>fp32</th><th>int8</th>\
        <th class="n">Logit error</th></tr></thead>
        <tbody>
        \(rows.html { rowCells($0, accuracy.data.rows[$0], comparison) })</tbody></table></div>

        """
    }

    private static func rowCells(_ row: Int, _ data: LabelledData.Row, _ comparison: Comparison) -> HTML {
        """
        <tr><td class="n">\(data.line)</td><td>\(userText(data.text))</td>\
        <td>\(label(comparison.expectedLabel(ofRow: row)))</td>\
        <td>\(answer(row, comparison.reference, comparison))</td><td>\(answer(row, comparison.test, comparison))</td>\
        <td class="n">\(Double(comparison.errors[row]), 3)</td></tr>

        """
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
