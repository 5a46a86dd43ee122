import EmbqArtifact
import EmbqCore
import EmbqEvaluation

extension Report {
    /// Whether the conditions hold, in a word, a sentence and a table.
    static func verdict(_ content: ReportContent) -> HTML {
        let checks = content.allChecks
        let failed = checks.filter { !$0.passed }
        let (kind, word): (HTML, HTML) =
            !failed.isEmpty
            ? ("failed", "Failed") : content.hasLimit ? ("passed", "Passed") : ("open", "No limit set")
        let table = HTMLTable(
            name: "Conditions", kind: "checks",
            columns: [.text("Condition"), .number("Measured"), .text("Limit")],
            rows: checks.map { check in
                HTMLTable.Row(
                    kind: check.passed ? "passed" : "failed",
                    cells: [
                        "\(mark(check.passed)) \(userText(check.name))", "\(userText(check.measured))",
                        "\(userText(check.limit))",
                    ])
            })
        return """
            <div class="verdict \(kind)">
            <h2 class="word">\(word)</h2>
            <p>\(summary(content, failed: failed.count))</p>
            \(content.notes.html { "<p class=\"warning\"><b>Note:</b> \(userText($0))</p>\n" })\
            \(if: !checks.isEmpty, table.html)</div>

            """
    }

    /// A few sentences: the result, how sure it is, and where it went wrong.
    private static func summary(_ content: ReportContent, failed: Int) -> HTML {
        var sentences: [HTML] = []
        if let accuracy = content.accuracy {
            sentences.append(result(accuracy))
            if let statistics = accuracy.statistics {
                sentences += certainty(statistics, isWithinLimits: content.hasLimit && failed == 0)
            }
            if failed > 0, let comparison = accuracy.comparison { sentences += changes(comparison) }
        } else if let answers = content.answers {
            sentences.append(result(answers))
        } else if failed > 0 {
            sentences.append("\(plural(failed, "condition")) not met.")
        } else if !content.allChecks.isEmpty {
            sentences.append("Every condition is met.")
        } else {
            sentences.append("No accuracy was measured.")
        }
        if let first = content.layers.flatMap(firstWrong) {
            sentences.append("\(first) See <a href=\"#layers\">signal to noise</a>.")
        }
        return HTML(joining: sentences, separator: " ")
    }

    private static func result(_ accuracy: MeasuredAccuracy) -> HTML {
        let rows = plural(accuracy.predictions.rows, "row")
        let task = userText(accuracy.task)
        guard let comparison = accuracy.comparison else {
            return "\(accuracy.metric.title) is \(points(accuracy.score)) on \(rows) of \(task)."
        }
        let metric = accuracy.metric == .accuracy ? "accuracy" : accuracy.metric.title
        let drop = comparison.dropPoints
        let change: HTML =
            drop > 0
            ? "loses \(drop.fixed(2, apartFrom: 0)) points of \(metric)"
            : drop < 0
                ? "gains \((-drop).fixed(2, apartFrom: 0)) points of \(metric)" : "keeps the reference's \(metric)"
        let answers: HTML =
            comparison.flippedRows.isEmpty
            ? " and answers every row as fp32 does" : "; \(flips(comparison.answers))"
        return "The int8 model \(change) on \(rows) of \(task)\(answers)."
    }

    private static func result(_ answers: MeasuredAgreement) -> HTML {
        let (agreement, rows) = (answers.agreement, plural(answers.agreement.test.rows, "row"))
        let found: HTML =
            agreement.flippedRows.isEmpty
            ? "answers all \(rows) of \(userText(answers.task)) as fp32 does"
            : "answers \(percent(agreement.share)) of \(rows) of \(userText(answers.task)) as fp32 does; \(flips(agreement))"
        return "The int8 model \(found). The rows have no labels: how many are right is not known."
    }

    private static func flips(_ answers: Agreement) -> HTML {
        let rows = plural(answers.flippedRows.count, "row")
        return tolerance(answers).map { "\(rows) moved by more than \($0)" } ?? "\(rows) flipped"
    }

    /// What the drop's interval and McNemar's test allow to say: nothing, where no row is answered differently.
    private static func certainty(_ statistics: ComparisonStatistics, isWithinLimits: Bool) -> [HTML] {
        var sentences: [HTML] = []
        if let drop = statistics.dropPoints, drop.lowerBound.isFinite, drop.upperBound.isFinite, drop != 0...0 {
            let reading: HTML =
                drop.lowerBound > 0
                ? isWithinLimits ? ": the loss is within the limits, and not zero" : ": the loss is not chance"
                : drop.upperBound < 0 ? ": the gain is not chance" : ", so there may be none"
            let shown = drop.fixed(2)
            sentences.append(
                """
                With \(percent(statistics.confidence)) confidence the true drop is between \(shown.low) and \
                \(shown.high) points\(reading).
                """)
        }
        if let test = statistics.mcnemar, test.onlyReferenceRight + test.onlyTestRight > 0 {
            sentences.append(mcnemar(test))
        }
        return sentences
    }

    private static func mcnemar(_ test: McNemarTest) -> HTML {
        return """
            Only fp32 is right on \(plural(test.onlyReferenceRight, "row")), only int8 on \(test.onlyTestRight.grouped) \
            (McNemar, p \(test.probability)): \
            \(test.isSignificant ? "the models differ" : "no sign that one is better").
            """
    }

    /// Where to look first: a pair of classes that stands out.
    private static func changes(_ comparison: Comparison) -> [HTML] {
        let flips = comparison.flippedRows.count
        guard flips > 0 else { return [] }
        var sentences: [HTML] = []
        if let group = FlipGroup.all(comparison).first, group.rows > 1 {
            sentences.append(
                """
                Most often <b>\(label(group.reference))</b> became <b>\(label(group.test))</b> \
                (\(group.rows.grouped) of \(flips.grouped)).
                """)
        }
        return sentences + ["See <a href=\"#differences\">what changed</a>."]
    }

    // MARK: Tiles

    /// The numbers that are looked for first.
    static func tiles(_ content: ReportContent) -> HTML {
        var tiles: [HTML] = []
        if let accuracy = content.accuracy {
            let statistics = accuracy.statistics
            let unit = "points of 100"
            if let comparison = accuracy.comparison {
                tiles.append(
                    tile(
                        "\(accuracy.metric.title), fp32", points(comparison.referenceScore), unit,
                        statistics?.referenceScore.map { interval($0, times: 100) }))
                tiles.append(
                    tile(
                        "\(accuracy.metric.title), int8", points(comparison.testScore), unit,
                        statistics?.testScore.map { interval($0, times: 100) }))
                tiles.append(
                    tile(
                        "Drop", comparison.dropPoints.fixed(2, apartFrom: 0), "points",
                        statistics?.dropPoints.map { interval($0) }))
                tiles.append(
                    tile(
                        "Agreement", (comparison.agreement * 100).fixed(2, apartFrom: 100), "% of rows",
                        statistics?.agreement.map { interval($0, times: 100) }))
                tiles.append(tile("Logits SQNR", decibels(comparison.sqnrDB), "dB"))
            } else {
                tiles.append(
                    tile(
                        accuracy.metric.title, points(accuracy.score), unit,
                        statistics?.testScore.map { interval($0, times: 100) }))
            }
        }
        if let answers = content.answers?.agreement {
            tiles.append(tile("Agreement", (answers.share * 100).fixed(2, apartFrom: 100), "% of rows"))
            tiles.append(tile("Logits SQNR", decibels(answers.sqnrDB), "dB"))
        }
        if let memory = content.memory {
            let kilobytes = (Double(memory.total) / 1000).fixed(1)
            tiles.append(tile("Memory", kilobytes, "kB at \(memory.length) tokens"))
        }
        guard !tiles.isEmpty else { return "" }
        let note: HTML =
            content.accuracy?.statistics.map { statistics in
                """
                <p class="note">Ranges are intervals of \(percent(statistics.confidence)) confidence\
                \(if: !statistics.method.isEmpty, ": \(statistics.method)").</p>

                """
            } ?? ""
        return "<div class=\"tiles\">\n\(tiles)</div>\n\(note)"
    }

    private static func tile(_ name: String, _ value: String, _ unit: String, _ interval: String? = nil) -> HTML {
        """
        <div class="tile"><p class="name">\(name)</p><p class="value">\(value)</p>\
        \(interval.map { "<p class=\"interval\">\($0)</p>" as HTML } ?? "")<p class="unit">\(unit)</p></div>

        """
    }

    // MARK: Numbers

    static func interval(_ range: ClosedRange<Double>, times factor: Double = 1) -> String {
        let shown = (range.lowerBound * factor...range.upperBound * factor).fixed(2)
        return "\(shown.low) to \(shown.high)"
    }

    /// A share as a percentage, without decimals that say nothing.
    static func percent(_ share: Double) -> String {
        let text = (share * 100).fixed(1, apartFrom: 100)
        return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) %"
    }
}
