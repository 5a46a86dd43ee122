import EmbqCore

/// Sentences of a tagger: whole ones are drawn, since a span belongs to one.
struct TagScorer: ResampleScorer {
    /// Of one sentence.
    private struct Counts {
        var words: Int
        var flipped = 0
        /// Spans, and words whose tag is right, of each model.
        var reference: (spans: SpanTotals, right: Int)
        var test: (spans: SpanTotals, right: Int)
    }

    private let metric: Metric
    private let sentences: [Counts]

    init(
        _ expected: [Int], _ sentences: [Int], _ reference: Predictions, _ test: Predictions, _ metric: Metric,
        _ flipped: [Bool]
    ) {
        self.metric = metric
        let labels: [String] = if case .tags(let names) = test.kind { names } else { [] }
        func spans(_ predictions: Predictions) -> [SpanTotals] {
            SpanTotals.bySentence(expected, predictions.classIDs, sentences, labels)
        }
        let (first, second) = (spans(reference), spans(test))
        var start = 0
        self.sentences = sentences.indices.map { index in
            let words = start..<start + sentences[index]
            start = words.upperBound
            func right(_ predictions: Predictions) -> Int { words.count { predictions.classIDs[$0] == expected[$0] } }
            return Counts(
                words: words.count, flipped: words.count { flipped[$0] }, reference: (first[index], right(reference)),
                test: (second[index], right(test)))
        }
    }

    func score(_ random: inout SplitMix64) -> ResampleScores {
        var total = Counts(words: 0, reference: (SpanTotals(), 0), test: (SpanTotals(), 0))
        for _ in sentences.indices {
            let drawn = sentences[random.index(below: sentences.count)]
            total.words += drawn.words
            total.flipped += drawn.flipped
            total.reference.spans.add(drawn.reference.spans)
            total.reference.right += drawn.reference.right
            total.test.spans.add(drawn.test.spans)
            total.test.right += drawn.test.right
        }
        func value(_ counts: (spans: SpanTotals, right: Int)) -> Double {
            metric == .accuracy ? Double(counts.right) / Double(max(total.words, 1)) : counts.spans.f1
        }
        return ResampleScores(
            reference: value(total.reference), test: value(total.test),
            agreement: 1 - Double(total.flipped) / Double(max(total.words, 1)))
    }
}
