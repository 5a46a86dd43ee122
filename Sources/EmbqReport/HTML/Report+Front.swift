import EmbqCore
import EmbqEvaluation
import EmbqQuantization

extension Report {
    /// The choices that a search had: what each costs, and what it leaves of the model.
    static func frontSection(_ content: ReportContent) -> Section? {
        guard let front = content.front, !front.points.isEmpty else { return nil }
        let entries = front.entries
        let hasBaseline = entries.contains(where: \.isBaseline)
        let metric = front.metric?.title ?? "Score"
        func plot(_ name: String, _ unit: String, limit: Double?, _ value: (WidthPoint) -> Double?) -> HTML {
            FrontPlot(
                name: name, unit: unit, limit: limit,
                points: entries.map { ($0.point.bytes, value($0.point), $0.point.chosen, $0.isBaseline) },
                budget: content.budget
            ).figure
        }
        let scored = entries.contains { $0.point.score != nil }
        let plots: HTML = """
            \(plot("Agreement with fp32", "%", limit: 100) { $0.agreement.map { $0 * 100 } })\
            \(if: scored, plot(metric, "points", limit: 100) { $0.score.map { $0 * 100 } })\
            \(plot("Logits SQNR", "dB", limit: nil, \.sqnrDB))
            """
        return Section(
            id: "front", title: "Size against accuracy",
            body: """
                <p class="note">Ways to quantize the model\
                \(if: !front.measuredOn.isEmpty, ", measured on \(userText(front.measuredOn))"). Filled points are on the \
                Pareto front: nothing smaller is as good. \(if: hasBaseline, "The square is 8 bits everywhere. ")\
                The ringed one was chosen\(if: content.budget != nil, "; the dashed line is the budget").</p>
                <div class="trio">
                \(plots)</div>
                \(frontTable(entries, content.budget, metric: scored ? metric : nil))
                """)
    }

    private static func frontTable(_ entries: [ReportContent.Front.Entry], _ budget: Int?, metric: String?) -> HTML {
        // A long list keeps the one that was chosen, and the one that it is compared with.
        let kept = entries.indices.filter { entries[$0].point.chosen || entries[$0].isBaseline }
        var shown = Array(entries.indices.prefix(maximumRows))
        let missing = kept.filter { $0 >= shown.count }
        shown = Array(shown.dropLast(missing.count)) + missing
        let rows = shown.map { index in
            let (point, isBaseline) = (entries[index].point, entries[index].isBaseline)
            let isOver = budget.map { point.bytes > $0 } ?? false
            let remarks = [
                isBaseline ? "8 bits" : nil, point.chosen ? "chosen" : nil, isOver ? "over the budget" : nil,
            ].compactMap { $0 }
            let agreement = point.agreement.map { "\(($0 * 100).fixed(2, apartFrom: 100)) %" } ?? "–"
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
            isWide: true, isStacked: true, rows: rows)
        return "\(table.html)\(remainder(entries.count, shown: shown.count))"
    }
}
