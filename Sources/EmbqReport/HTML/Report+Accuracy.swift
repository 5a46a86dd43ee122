import EmbqCore
import EmbqData
import EmbqEvaluation

extension Report {
    /// The scores in detail: classes and confusion matrices, or a scatter of numbers.
    static func accuracySection(_ content: ReportContent) -> Section? {
        guard let accuracy = content.accuracy else {
            // Without labels, how the cosines are spread.
            guard let answers = content.answers?.agreement, answers.test.kind == .cosine else { return nil }
            return Section(id: "accuracy", title: "Predicted numbers", body: numbers(answers, nil))
        }
        let body: HTML =
            switch accuracy.scores {
            case .classification(let test): classification(accuracy, test)
            case .multiLabel(let test): multiLabel(accuracy, test)
            case .tagging(let spans, let words): tagging(accuracy, spans, words)
            case .regression: regression(accuracy)
            }
        return Section(id: "accuracy", title: "Accuracy", body: body)
    }

    // MARK: Classes

    private static func classification(_ accuracy: MeasuredAccuracy, _ test: ConfusionMatrix) -> HTML {
        guard case .classes(let labels) = accuracy.predictions.kind else { return "" }
        var reference: ConfusionMatrix?
        if case .classification(let matrix)? = accuracy.comparison?.referenceScores { reference = matrix }
        return """
            <div class="pair">
            \(scoreTable(accuracy, test, reference))\(pairedTable(accuracy))</div>
            \(dropPlot(accuracy))<h3>Confusion matrices</h3>
            \(matrices(labels, test, reference))<h3>Classes</h3>
            \(classTable(labels, test, reference))
            """
    }

    private static func scoreTable(
        _ accuracy: MeasuredAccuracy, _ test: ConfusionMatrix, _ reference: ConfusionMatrix?
    ) -> HTML {
        let scores: [(String, (ConfusionMatrix) -> Double)] =
            [
                ("Accuracy", \.accuracy), ("Matthews correlation", \.mcc), ("F1, weighted", \.f1Weighted),
                ("F1, mean of classes", \.f1Macro),
            ] + (test.classes == 2 ? [("F1 of class 1", { $0.f1Binary })] : [])
        return comparisonTable(
            scores.map { name, score in (name, score(test), reference.map(score)) }, compared: reference != nil)
    }

    static func comparisonTable(_ scores: [(name: String, test: Double?, reference: Double?)], compared: Bool)
        -> HTML
    {
        func text(_ score: Double?) -> HTML { "\(score.map(points) ?? "undefined")" }
        let rows = scores.map { score in
            let change: HTML =
                if let test = score.test, let reference = score.reference {
                    "\((test - reference) * 100, 2)"
                } else {
                    "–"
                }
            return HTMLTable.Row(
                cells: ["\(score.name)"]
                    + (compared ? [text(score.reference), text(score.test), change] : [text(score.test)]))
        }
        return HTMLTable(
            name: "Scores", kind: "narrow",
            columns: [.text("Score, in points of 100")]
                + (compared ? [.number("fp32"), .number("int8"), .number("Change")] : [.number("Points")]),
            rows: rows
        ).html
    }

    /// How many rows each model has right that the other has not.
    static func pairedTable(_ accuracy: MeasuredAccuracy) -> HTML {
        guard let comparison = accuracy.comparison,
            let reference = comparison.targets.rowsRight(comparison.reference),
            let int8 = comparison.targets.rowsRight(comparison.test)
        else { return "" }
        var counts = [[0, 0], [0, 0]]
        for (fp32, int8) in zip(reference, int8) { counts[fp32 ? 0 : 1][int8 ? 0 : 1] += 1 }
        let rows = zip(["fp32 right", "fp32 wrong"], counts).map { name, counts in
            HTMLTable.Row(cells: ["\(name)", "\(counts[0].grouped)", "\(counts[1].grouped)"])
        }
        let test: HTML =
            accuracy.statistics?.mcnemar.map {
                "<p class=\"note\">McNemar's test, two-sided: p \($0.probability).</p>\n"
            } ?? ""
        return """
            <div>\(HTMLTable(
                name: "Rows that each model has right", kind: "narrow",
                columns: [.text("Rows"), .number("int8 right"), .number("int8 wrong")], rows: rows).html)\
            \(test)</div>

            """
    }

    static func classTable(_ labels: [String], _ test: ConfusionMatrix, _ reference: ConfusionMatrix?) -> HTML {
        let (testF1, referenceF1, expected) = (test.f1PerClass, reference?.f1PerClass, test.expectedCounts)
        // A long list shows the classes that changed most.
        var order = Array(labels.indices)
        if labels.count > maximumRows, let referenceF1 {
            let change = { (id: Int) in (testF1[id] - referenceF1[id]).magnitude }
            order = Array(order.sorted { (change($1), $0) < (change($0), $1) }.prefix(maximumRows)).sorted()
        }
        order = Array(order.prefix(maximumRows))
        let rows = order.map { id in
            func right(_ matrix: ConfusionMatrix) -> HTML { "\(matrix[expected: id, predicted: id].grouped)" }
            let both: [HTML] =
                if let reference, let referenceF1 {
                    [right(reference), right(test), "\(points(referenceF1[id]))", "\(points(testF1[id]))"]
                } else {
                    [right(test), "\(points(testF1[id]))"]
                }
            return HTMLTable.Row(cells: ["\(id)", label(labels[id]), "\(expected[id].grouped)"] + both)
        }
        let scores: [HTMLTable.Column] =
            reference == nil
            ? [.number("Right"), .number("F1")]
            : [.number("Right, fp32"), .number("Right, int8"), .number("F1, fp32"), .number("F1, int8")]
        let table = HTMLTable(
            name: "Classes", kind: "classes", columns: [.number("Id"), .text("Class"), .number("Rows")] + scores,
            header: 1, isWide: true, rows: rows)
        return "\(table.html)\(remainder(labels.count, shown: order.count))"
    }

    // MARK: Numbers

    private static func regression(_ accuracy: MeasuredAccuracy) -> HTML {
        guard case .regression(let spearman, let pearson) = accuracy.scores else { return "" }
        var reference: (spearman: Double?, pearson: Double?) = (nil, nil)
        if case .regression(let s, let p)? = accuracy.comparison?.referenceScores { reference = (s, p) }
        let table = comparisonTable(
            [
                ("Spearman correlation", spearman, reference.spearman),
                ("Pearson correlation", pearson, reference.pearson),
            ],
            compared: accuracy.comparison != nil)
        guard let comparison = accuracy.comparison, case .values(let targets) = comparison.targets else { return table }
        return "\(table)\(dropPlot(accuracy))<h3>Predicted numbers</h3>\n\(numbers(comparison.answers, targets))"
    }

    /// The answers beside fp32's, and beside the expected ones where there are any.
    static func numbers(_ answers: Agreement, _ targets: [Double]?) -> HTML {
        let (fp32, int8) = (answers.reference.logits.map(Double.init), answers.test.logits.map(Double.init))
        let expected: HTML =
            targets.map {
                ScatterPlot(
                    x: $0, y: int8, xName: "expected", yName: "int8", hasOneScale: hasScale(of: $0, answers.test.kind)
                ).figure
            } ?? ""
        let isCosine = answers.test.kind == .cosine
        return """
            <p class="note">\
            The shaded band contains numbers at most \(tolerance(answers) ?? "") apart\
            \(if: answers.test.kind == .regression, ", a tenth of the standard deviation of fp32's numbers").\
            \(if: isCosine, " The bars count int8's cosines, the line fp32's.")\
            </p>
            <div class="pair">
            \(ScatterPlot(x: fp32, y: int8, xName: "fp32", yName: "int8", band: answers.tolerances.first ?? 0).figure)\
            \(expected)\(if: isCosine, CosineHistogram(reference: fp32, test: int8).figure)</div>

            """
    }

    /// Whether the expected numbers are of the scale that the answers have: a regression learns it; a cosine or a share
    /// has its own.
    private static func hasScale(of targets: [Double], _ kind: Predictions.Kind) -> Bool {
        switch kind {
        case .cosine: targets.allSatisfy { (-1...1).contains($0) }
        case .share: targets.allSatisfy { (0...1).contains($0) }
        default: true
        }
    }

    // MARK: The drop

    /// The drop with its interval on a line, beside none and the limit.
    static func dropPlot(_ accuracy: MeasuredAccuracy) -> HTML {
        guard let drop = accuracy.comparison?.dropPoints, let interval = accuracy.statistics?.dropPoints else {
            return ""
        }
        let limit = accuracy.limits.maxDropPoints
        let values = [0, drop, interval.lowerBound, interval.upperBound] + (limit.map { [$0] } ?? [])
        guard values.allSatisfy({ $0.isFinite && $0.magnitude < 1e6 }) else { return "" }
        let (width, margin, line) = (340.0, 60.0, 34.0)
        let axis = Axis(holding: values, side: width - 2 * margin, maximumTicks: 6)
        func x(_ value: Double) -> Double { margin + axis.position(value) }
        let ticks = axis.ticks.html { tick in
            "<path class=\"grid\" d=\"M\(x(tick.value), 1) 20v28\"/>\(HTML.svgText(tick.label, x: x(tick.value), y: 62))"
        }
        let mark: HTML =
            limit.map {
                """
                <path class="limit" d="M\(x($0), 1) 16v36"/>\(HTML.svgText("limit", x: x($0) + 4, y: 12, "axis start"))
                """
            } ?? ""
        let drawing: HTML = """
            \(ticks)<path class="zero" d="M\(x(0), 1) 16v36"/>\(HTML.svgText("no drop", x: x(0) - 4, y: 12, "axis end"))
            \(mark)
            <path class="whisker" d="M\(x(interval.lowerBound), 1) \(line, 0)H\(x(interval.upperBound), 1)\
            M\(x(interval.lowerBound), 1) \(line - 6, 0)v12M\(x(interval.upperBound), 1) \(line - 6, 0)v12"/>
            <circle class="dot" cx="\(x(drop), 1)" cy="\(line, 0)" r="5"/>

            """
        let name: HTML = "\(accuracy.metric.title) lost, in points"
        return """
            <figure class="drop"><figcaption>\(name)</figcaption>
            \(HTML.svg(
                "interval", width: width, height: 68, title: name,
                description: "\(drop, 2), interval \(Self.interval(interval))\(if: limit != nil, ", limit \(limit ?? 0, 2)").",
                drawing))</figure>

            """
    }
}
