extension Report {
    /// More classes than this get a matrix of colours alone.
    private static let maximumNumberedClasses = 12

    /// The scores in detail: classes and confusion matrices, or a scatter of numbers.
    static func accuracySection(_ content: ReportContent) -> Section? {
        guard let accuracy = content.accuracy else { return nil }
        let body: HTML =
            switch accuracy.scores {
            case .classification(let test): classification(accuracy, test)
            case .regression: regression(accuracy)
            }
        return Section(id: "accuracy", title: "Accuracy", body: body)
    }

    // MARK: Classes

    private static func classification(_ accuracy: ReportContent.Accuracy, _ test: ConfusionMatrix) -> HTML {
        guard case .classes(let labels) = accuracy.predictions.kind else { return "" }
        var reference: ConfusionMatrix?
        if case .classification(let matrix)? = accuracy.comparison?.referenceScores { reference = matrix }
        let figures: HTML =
            if let reference {
                "\(matrixFigure(reference, "fp32", other: test))\(matrixFigure(test, "int8", other: reference))"
            } else {
                matrixFigure(test, "", other: test)
            }
        return """
            \(scoreTable(accuracy, test, reference))<h3>Confusion matrices</h3>
            <p class="note">Rows are the expected classes, columns the predicted ones, in the order of the table below.\
            \(if: reference != nil && test.classes <= maximumNumberedClasses, " A ring marks cells that differ.")</p>
            <div class="pair">
            \(figures)</div>
            <h3>Classes</h3>
            \(classTable(labels, test, reference))
            """
    }

    private static func scoreTable(
        _ accuracy: ReportContent.Accuracy, _ test: ConfusionMatrix, _ reference: ConfusionMatrix?
    ) -> HTML {
        let scores: [(String, (ConfusionMatrix) -> Double)] =
            [
                ("Accuracy", \.accuracy), ("Matthews correlation", \.mcc), ("F1, weighted", \.f1Weighted),
                ("F1, mean of classes", \.f1Macro),
            ] + (test.classes == 2 ? [("F1 of class 1", { $0.f1Binary })] : [])
        return comparisonTable(
            scores.map { name, score in (name, score(test), reference.map(score)) }, compared: reference != nil)
    }

    private static func comparisonTable(_ scores: [(name: String, test: Double?, reference: Double?)], compared: Bool)
        -> HTML
    {
        let text = { (score: Double?) in score.map(points) ?? "undefined" }
        let rows = scores.html { score in
            let change: HTML =
                if let test = score.test, let reference = score.reference {
                    "\((test - reference) * 100, 2)"
                } else {
                    "–"
                }
            return """
                <tr><td>\(score.name)</td>\(if: compared, "<td class=\"n\">\(text(score.reference))</td>")\
                <td class="n">\(text(score.test))</td>\(if: compared, "<td class=\"n\">\(change)</td>")</tr>

                """
        }
        let head: HTML =
            compared
            ? "<th class=\"n\">fp32</th><th class=\"n\">int8</th><th class=\"n\">Change</th>"
            : "<th class=\"n\">Points</th>"
        return """
            <table class="narrow"><thead><tr><th>Score, in points of 100</th>\(head)</tr></thead>
            <tbody>
            \(rows)</tbody></table>

            """
    }

    private static func classTable(_ labels: [String], _ test: ConfusionMatrix, _ reference: ConfusionMatrix?) -> HTML {
        let (testF1, referenceF1, expected) = (test.f1PerClass, reference?.f1PerClass, test.expectedCounts)
        // A long list shows the classes that changed most.
        var order = Array(labels.indices)
        if labels.count > maximumRows, let referenceF1 {
            let change = { (id: Int) in (testF1[id] - referenceF1[id]).magnitude }
            order = Array(order.sorted { (change($1), $0) < (change($0), $1) }.prefix(maximumRows)).sorted()
        }
        order = Array(order.prefix(maximumRows))
        let rows = order.html { id in
            let right = { (matrix: ConfusionMatrix) in matrix[expected: id, predicted: id].grouped }
            return """
                <tr><td class="n">\(id)</td><td>\(label(labels[id]))</td><td class="n">\(expected[id].grouped)</td>\
                \(reference.map { "<td class=\"n\">\(right($0))</td>" as HTML } ?? "")<td class="n">\(right(test))</td>\
                \(referenceF1.map { "<td class=\"n\">\(points($0[id]))</td>" as HTML } ?? "")\
                <td class="n">\(points(testF1[id]))</td></tr>

                """
        }
        let compared = reference != nil
        return """
            <div class="wide"><table><thead><tr><th class="n">Id</th><th>Class</th><th class="n">Rows</th>\
            \(if: compared, "<th class=\"n\">Right, fp32</th>")<th class="n">Right\(if: compared, ", int8")</th>\
            \(if: compared, "<th class=\"n\">F1, fp32</th>")<th class="n">F1\(if: compared, ", int8")</th></tr></thead>
            <tbody>
            \(rows)</tbody></table></div>
            \(remainder(labels.count, shown: order.count))
            """
    }

    /// A matrix as SVG: the darker, the larger the share of its row.
    private static func matrixFigure(_ matrix: ConfusionMatrix, _ caption: String, other: ConfusionMatrix) -> HTML {
        let numbered = matrix.classes <= maximumNumberedClasses
        let (cell, margin) = numbered ? (40.0, 26.0) : (max(2, 360 / Double(matrix.classes)), 4.0)
        let size = margin + cell * Double(matrix.classes) + 2
        let expected = matrix.expectedCounts
        let cells = matrix.counts.indices.html { index in
            let (e, p) = index.quotientAndRemainder(dividingBy: matrix.classes)
            let count = matrix.counts[index]
            guard numbered || count > 0 else { return "" }
            let share = expected[e] == 0 ? 0 : Double(count) / Double(expected[e])
            return matrixCell(
                x: margin + Double(p) * cell, y: margin + Double(e) * cell, side: cell, share: share,
                count: numbered ? count : nil, isRight: e == p, differs: count != other.counts[index])
        }
        let names =
            !numbered
            ? ""
            : (0..<matrix.classes).html { id in
                let middle = margin + (Double(id) + 0.5) * cell
                return """
                    <text class="axis" x="\(middle, 1)" y="17">\(id)</text>\
                    <text class="axis" x="13" y="\(middle + 4, 1)">\(id)</text>
                    """
            }
        return """
            <figure><figcaption>\(caption)</figcaption>
            <svg class="matrix\(numbered ? "" : " dense")" viewBox="0 0 \(size, 1) \(size, 1)" style="max-width:\(size, 0)px" role="img" \
            aria-label="Confusion matrix \(caption)">
            \(names)\(cells)</svg></figure>

            """
    }

    private static func matrixCell(
        x: Double, y: Double, side: Double, share: Double, count: Int?, isRight: Bool, differs: Bool
    ) -> HTML {
        let gap = count == nil ? 0.0 : 2.0
        let box: HTML = "x=\"\(x, 1)\" y=\"\(y, 1)\" width=\"\(side - gap, 1)\" height=\"\(side - gap, 1)\""
        // Rare confusions stay visible: the square root lifts small shares.
        let strength = share == 0 ? 0.4 : 0.15 + 0.85 * share.squareRoot()
        let ring: HTML = differs && count != nil ? "<rect class=\"ring\" \(box) rx=\"4\"/>" : ""
        let number: HTML =
            count.map {
                """
                <text class="\(share == 0 ? "zero" : strength > 0.55 ? "over" : "under")" x="\(x + side / 2 - 1, 1)" \
                y="\(y + side / 2 + 4, 1)">\($0)</text>
                """
            } ?? ""
        return """
            <rect class="\(share == 0 ? "none" : isRight ? "hit" : "miss")" \(box) rx="\(count == nil ? 0 : 4)" fill-opacity="\(strength, 2)"/>\
            \(ring)\(number)

            """
    }

    // MARK: Numbers

    private static func regression(_ accuracy: ReportContent.Accuracy) -> HTML {
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
        let (fp32, int8) = (comparison.reference.logits.map(Double.init), comparison.test.logits.map(Double.init))
        let band = Double(Comparison.regressionTolerance)
        return """
            \(table)<h3>Predicted numbers</h3>
            <div class="pair">
            \(ScatterPlot(x: fp32, y: int8, xName: "fp32", yName: "int8", band: band).figure)\
            \(ScatterPlot(x: targets, y: int8, xName: "expected", yName: "int8", band: nil).figure)</div>

            """
    }
}
