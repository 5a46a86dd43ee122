import EmbqCore
import EmbqData
import EmbqEvaluation

extension Report {
    /// What int8 answers differently: by class, then row by row.
    static func differenceSection(_ content: ReportContent) -> Section? {
        guard let (data, answers) = content.compared else { return nil }
        let tolerance = self.tolerance(answers)
        guard !answers.flippedRows.isEmpty else {
            let sentence: HTML =
                tolerance.map { "Every predicted number is at most \($0) away from fp32's." }
                ?? "Every row has the label that fp32 gives it."
            return Section(id: "differences", title: "What changed", body: "<p>\(sentence)</p>\n")
        }
        // For numbers these are the rows with the largest errors, and the list of those is left out.
        let shown =
            tolerance == nil
            ? Array(answers.flippedRows.prefix(maximumRows))
            : answers.worstRows(min(answers.flippedRows.count, maximumRows))
        let title: HTML = tolerance.map { "Rows more than \($0) apart" } ?? "Rows that flipped"
        return Section(
            id: "differences", title: "What changed",
            body: """
                \(content.accuracy?.comparison.map(groupTable) ?? "")<h3>\(title)</h3>
                \(rowTable(shown, data, answers, content.accuracy?.comparison))\
                \(remainder(answers.flippedRows.count, shown: shown.count))
                """)
    }

    /// Distance of numbers that still count as the same answer; nil for classes.
    static func tolerance(_ answers: Agreement) -> String? {
        let tolerances = answers.tolerances
        guard let first = tolerances.first else { return nil }
        guard tolerances.count == 1 else { return "a tenth of fp32's spread" }
        return answers.test.kind == .regression ? significant(first) : first.fixed(2)
    }

    /// The rows whose logits are furthest from the reference's, flipped or not.
    static func worstSection(_ content: ReportContent) -> Section? {
        guard let (data, answers) = content.compared, !answers.test.kind.isNumber || answers.flippedRows.isEmpty else {
            return nil
        }
        let rows = answers.worstRows(maximumHighlights).filter { answers.errors[$0] > 0 }
        guard !rows.isEmpty else { return nil }
        return Section(
            id: "worst", title: "Largest logit errors",
            body: rowTable(rows, data, answers, content.accuracy?.comparison))
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
            ], isWide: true, isStacked: true, rows: Array(rows))
        return """
            <h3>From class to class</h3>
            \(table.html)\(remainder(groups.count, shown: min(groups.count, maximumHighlights)))
            """
    }

    /// - Parameter comparison: with the right answers, where there are any.
    private static func rowTable(
        _ rows: [Int], _ data: LabelledData, _ answers: Agreement, _ comparison: Comparison?
    ) -> HTML {
        let expected: [HTMLTable.Column] = comparison == nil ? [] : [.text("Expected")]
        return HTMLTable(
            name: "Rows", kind: "rows",
            columns: [.number("Line"), .text("Text")] + expected
                + [.text("fp32"), .text("int8"), .number("Logit error")],
            isWide: true, isStacked: true,
            rows: rows.map { row in
                let text = data.rows[row].text
                return HTMLTable.Row(
                    cells: ["\(data.rows[row].line)", text.isEmpty ? "<i class=\"note\">empty</i>" : userText(text)]
                        + (comparison.map { [label($0.expectedLabel(ofRow: row))] } ?? []) + [
                            answer(row, answers.reference, comparison), answer(row, answers.test, comparison),
                            "\(Double(answers.errors[row]), 3)",
                        ])
            }
        ).html
    }

    private static func answer(_ row: Int, _ predictions: Predictions, _ comparison: Comparison?) -> HTML {
        guard let margin = predictions.margin(ofRow: row) else {
            guard predictions.kind.isNumber else { return label(predictions.label(ofRow: row)) }
            return HTML(joining: predictions.logits(ofRow: row).map { "\(Double($0), 3)" }, separator: ", ")
        }
        let sign: HTML =
            if let comparison, case .classes(let expected) = comparison.targets {
                mark(predictions.classIDs[row] == expected[row])
            } else if let comparison, case .tags(let expected, _) = comparison.targets {
                mark(predictions.classIDs[row] == expected[row])
            } else if let comparison, case .labelSets(let expected) = comparison.targets {
                mark(predictions.labelIDs(ofRow: row) == expected[row])
            } else {
                ""
            }
        return """
            <span class="answer">\(sign)<span>\(label(predictions.label(ofRow: row)))\
            <span class="margin">margin \(Double(margin), 3)</span></span></span>
            """
    }
}
