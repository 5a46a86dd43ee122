import EmbqEvaluation

extension Report {
    /// The scores of a tagger: its spans, and its tags word by word.
    static func tagging(_ accuracy: MeasuredAccuracy, _ test: SpanTotals, _ words: ConfusionMatrix) -> HTML {
        guard case .tags(let labels) = accuracy.predictions.kind else { return "" }
        var reference: (spans: SpanTotals, words: ConfusionMatrix)?
        if case .tagging(let spans, let words)? = accuracy.comparison?.referenceScores { reference = (spans, words) }
        let scores: [(String, (SpanTotals) -> Double)] = [
            ("F1 of spans", \.f1), ("Precision of spans", \.precision), ("Recall of spans", \.recall),
        ]
        let rows = scores.map { name, score in (name, score(test), reference.map { score($0.spans) }) }
        let table = comparisonTable(
            rows + [("Words with the right tag", words.accuracy, reference?.words.accuracy)], compared: reference != nil
        )
        return """
            <div class="pair">
            \(table)\(pairedTable(accuracy))</div>
            \(dropPlot(accuracy))<h3>Confusion matrices</h3>
            \(matrices(labels, words, reference?.words))<h3>Tags</h3>
            \(classTable(labels, words, reference?.words))
            """
    }
}
