import EmbqCore
import EmbqEvaluation
import EmbqQuantization

extension Report {
    /// The choices that a search had: what each costs, and what it leaves of the model.
    static func frontSection(_ content: ReportContent) -> Section? {
        guard let front = content.front, !front.points.isEmpty else { return nil }
        // Numbered by size, as the drawings and the table show them.
        let points = front.points.enumerated().sorted { ($0.element.bytes, $0.offset) < ($1.element.bytes, $1.offset) }
            .map(\.element)
        let metric = front.metric?.title ?? "Score"
        func plot(_ name: String, _ unit: String, _ value: (WidthPoint) -> Double?) -> HTML {
            FrontPlot(
                name: name, unit: unit, points: points.map { ($0.bytes, value($0), $0.chosen) }, budget: content.budget
            ).figure
        }
        let scored = points.contains { $0.score != nil }
        let plots: HTML = """
            \(plot("Agreement with fp32", "%") { $0.agreement.map { $0 * 100 } })\
            \(if: scored, plot(metric, "points") { $0.score.map { $0 * 100 } })\
            \(plot("Logits SQNR", "dB", \.sqnrDB))
            """
        return Section(
            id: "front", title: "Size against accuracy",
            body: """
                <p class="note">Ways to quantize the model\
                \(if: !front.measuredOn.isEmpty, ", measured on \(userText(front.measuredOn))"). Filled points are on the \
                Pareto front: nothing smaller is as good. The ringed one was \
                chosen\(if: content.budget != nil, "; the dashed line is the budget").</p>
                <div class="trio">
                \(plots)</div>
                \(frontTable(points, content.budget, metric: scored ? metric : nil))
                """)
    }

    private static func frontTable(_ points: [WidthPoint], _ budget: Int?, metric: String?) -> HTML {
        let chosen = points.firstIndex(where: \.chosen)
        // A long list keeps the one that was chosen.
        var shown = Array(points.indices.prefix(maximumRows))
        if let chosen, chosen >= shown.count { shown[shown.count - 1] = chosen }
        let rows = shown.map { index in
            let point = points[index]
            let isOver = budget.map { point.bytes > $0 } ?? false
            let remarks = [point.chosen ? "chosen" : nil, isOver ? "over the budget" : nil].compactMap { $0 }
            let agreement = point.agreement.map { "\(($0 * 100).fixed(2)) %" } ?? "–"
            let score: [HTML] = metric == nil ? [] : ["\(point.score.map(Report.points) ?? "–")"]
            let cells: [HTML] =
                ["\(index + 1)", label(point.summary), "\(point.bytes.grouped)", "\(agreement)"] + score
                + ["\(decibels(point.sqnrDB)) dB", "\(remarks.joined(separator: ", "))"]
            return HTMLTable.Row(kind: point.chosen ? "chosen" : "", cells: cells)
        }
        let table = HTMLTable(
            name: "Choices by size", kind: "front",
            columns: [.number("No."), .text("Choice"), .number("Bytes"), .number("Agreement")]
                + (metric.map { [.number("\($0)")] } ?? []) + [.number("SQNR"), .text("Remark")], header: 1,
            isWide: true, rows: rows)
        return "\(table.html)\(remainder(points.count, shown: shown.count))"
    }
}
