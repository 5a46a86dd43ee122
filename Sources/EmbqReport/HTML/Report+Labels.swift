import EmbqCore
import EmbqData
import EmbqEvaluation

extension Report {
    /// The scores of a model with several labels a row, in all and by label.
    static func multiLabel(_ accuracy: MeasuredAccuracy, _ test: LabelTotals) -> HTML {
        guard case .multiLabel(let labels) = accuracy.predictions.kind else { return "" }
        var reference: LabelTotals?
        if case .multiLabel(let totals)? = accuracy.comparison?.referenceScores { reference = totals }
        let scores: [(String, (LabelTotals) -> Double)] = [
            ("F1, over all labels", \.f1Micro), ("F1, mean of labels", \.f1Macro), ("F1, weighted", \.f1Weighted),
            ("Rows with all labels right", \.subsetAccuracy),
        ]
        let table = comparisonTable(
            scores.map { name, score in (name, score(test), reference.map(score)) }, compared: reference != nil)
        return """
            <div class="pair">
            \(table)\(pairedTable(accuracy))</div>
            \(dropPlot(accuracy))<h3>Labels</h3>
            \(labelTable(labels, test, reference))
            """
    }

    private static func labelTable(_ labels: [String], _ test: LabelTotals, _ reference: LabelTotals?) -> HTML {
        let rows = labels.indices.prefix(maximumRows).map { id in
            var cells: [HTML] = ["\(id)", label(labels[id]), "\(test.expected[id].grouped)"]
            if let reference { cells.append("\(reference.predicted[id].grouped)") }
            cells.append("\(test.predicted[id].grouped)")
            if let reference { cells.append("\(points(reference.f1PerLabel[id]))") }
            cells.append("\(points(test.f1PerLabel[id]))")
            return HTMLTable.Row(cells: cells)
        }
        let scores: [HTMLTable.Column] =
            reference == nil
            ? [.number("Predicted"), .number("F1")]
            : [.number("Predicted, fp32"), .number("Predicted, int8"), .number("F1, fp32"), .number("F1, int8")]
        let table = HTMLTable(
            name: "Labels", kind: "classes", columns: [.number("Id"), .text("Label"), .number("Rows")] + scores,
            header: 1, isWide: true, rows: Array(rows))
        return "\(table.html)\(remainder(labels.count, shown: rows.count))"
    }
}
