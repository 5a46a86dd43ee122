/// A run of words that tags say belongs together.
package struct TagSpan: Sendable, Hashable {
    /// What stands behind the tag's first `-`; `_` for nothing.
    package var label: String
    /// The first word and the last.
    package var words: ClosedRange<Int>

    package init(label: String, words: ClosedRange<Int>) {
        self.label = label
        self.words = words
    }

    /// The spans of a sentence's tags of BIO, IOB, IOE or IOBES, with the rules of conlleval for tags that do not follow
    /// each other: an I- without a B- begins a span, and so does one of another label.
    ///
    /// Source: H. Nakayama, seqeval 1.2.2, `get_entities`, https://github.com/chakki-works/seqeval.
    package static func all(of tags: [String]) -> [TagSpan] {
        var spans: [TagSpan] = []
        var (previous, begin) = (Tag("O"), 0)
        for (index, tag) in (tags.map(Tag.init) + [Tag("O")]).enumerated() {
            if previous.ends(before: tag) {
                spans.append(TagSpan(label: previous.label, words: min(begin, index - 1)...(index - 1)))
            }
            if tag.begins(behind: previous) { begin = index }
            previous = tag
        }
        return spans
    }

    /// A tag taken apart.
    private struct Tag {
        /// B, I, E, S, O, or whatever a tag begins with.
        let kind: Unicode.Scalar
        let label: String

        init(_ tag: String) {
            kind = tag.unicodeScalars.first ?? "O"
            let rest = tag.unicodeScalars.dropFirst()
            let name = rest.firstIndex(of: "-").map { rest[rest.index(after: $0)...] } ?? rest
            label = name.isEmpty ? "_" : String(String.UnicodeScalarView(name))
        }

        private var isNone: Bool { kind == "O" || kind == "." }

        func ends(before next: Tag) -> Bool {
            switch kind {
            case "E", "S": true
            case "B" where "BSO".unicodeScalars.contains(next.kind), "I" where "BSO".unicodeScalars.contains(next.kind):
                true
            default: !isNone && label != next.label
            }
        }

        func begins(behind previous: Tag) -> Bool {
            switch kind {
            case "B", "S": true
            case "E" where "ESO".unicodeScalars.contains(previous.kind),
                "I" where "ESO".unicodeScalars.contains(previous.kind):
                true
            default: !isNone && label != previous.label
            }
        }
    }
}

/// Spans counted: those that are right have the label and the words of an expected one.
package struct SpanTotals: Sendable, Equatable {
    package private(set) var right = 0
    package private(set) var predicted = 0
    package private(set) var expected = 0

    package init() {}

    /// Counts the spans of a sentence.
    package mutating func add(expected tags: [String], predicted others: [String]) {
        let (wanted, found) = (Set(TagSpan.all(of: tags)), Set(TagSpan.all(of: others)))
        right += wanted.intersection(found).count
        predicted += found.count
        expected += wanted.count
    }

    package mutating func add(_ other: SpanTotals) {
        right += other.right
        predicted += other.predicted
        expected += other.expected
    }

    package var precision: Double { predicted == 0 ? 0 : Double(right) / Double(predicted) }
    package var recall: Double { expected == 0 ? 0 : Double(right) / Double(expected) }
    /// The harmonic mean of both over all labels; 0 without a span, as seqeval's micro average has it.
    package var f1: Double {
        predicted + expected == 0 ? 0 : 2 * Double(right) / Double(predicted + expected)
    }
}

extension SpanTotals {
    /// The spans of each sentence, of tags by their ids, word after word.
    static func bySentence(_ expected: [Int], _ predicted: [Int], _ sentences: [Int], _ labels: [String])
        -> [SpanTotals]
    {
        var start = 0
        return sentences.map { count in
            defer { start += count }
            var totals = SpanTotals()
            totals.add(
                expected: expected[start..<start + count].map { labels[$0] },
                predicted: predicted[start..<start + count].map { labels[$0] })
            return totals
        }
    }
}
