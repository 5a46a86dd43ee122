import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqTestSupport
import Testing

/// `Fixtures/golden/tags.json`: spans and scores of random tags by seqeval.
@Suite("Spans of tags")
struct TagSpansTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: [[String]]
        let predicted: [[String]]
        let spans: [[TagSpan]]
        let scores: [String: Double]

        var testDescription: String { name }

        static let all: [Golden] =
            (try? JSONParser.parse(Fixtures.bytes("golden/tags.json")))?.array?.map(Golden.init) ?? []

        private init(_ json: JSONValue) {
            func tags(_ key: String) -> [[String]] {
                (json[key]?.array ?? []).map { $0.array?.compactMap(\.string) ?? [] }
            }
            name = json["name"]?.string ?? ""
            (expected, predicted) = (tags("expected"), tags("predicted"))
            spans = (json["spans"]?.array ?? []).map { row in
                (row.array ?? []).compactMap { span in
                    guard let span = span.array, let label = span[0].string, let first = span[1].int,
                        let last = span[2].int
                    else { return nil }
                    return TagSpan(label: label, words: first...last)
                }
            }
            scores = Dictionary(
                uniqueKeysWithValues: ["f1", "precision", "recall", "accuracy"].map { ($0, json[$0]?.double ?? -1) })
        }
    }

    @Test("of BIO, IOBES and of tags that follow no scheme are seqeval's", arguments: Golden.all)
    func spans(golden: Golden) throws {
        let rows = golden.expected + golden.predicted
        try #require(rows.count == golden.spans.count && rows.count > 5)
        for (tags, expected) in zip(rows, golden.spans) { #expect(TagSpan.all(of: tags) == expected, "\(tags)") }
    }

    @Test("give seqeval's scores", arguments: Golden.all)
    func scores(golden: Golden) throws {
        let labels = Array(Set((golden.expected + golden.predicted).joined())).sorted()
        func ids(_ rows: [[String]]) -> [Int] { rows.joined().compactMap { labels.firstIndex(of: $0) } }
        let logits = ids(golden.predicted).flatMap { id in labels.indices.map { Float($0 == id ? 1 : 0) } }
        let predictions = try Predictions(.tags(labels), logits: logits)
        let targets = Targets.tags(ids(golden.expected), sentences: golden.expected.map { $0.count })
        guard case .tagging(let spans, let words) = try Scores(predictions, targets: targets) else {
            Issue.record("other scores")
            return
        }
        let found = ["f1": spans.f1, "precision": spans.precision, "recall": spans.recall, "accuracy": words.accuracy]
        for (name, value) in golden.scores { #expect(abs((found[name] ?? -1) - value) < 1e-12, "\(name)") }
    }

    @Test("are resampled by sentence: equal answers agree, and an interval holds what was found")
    func bootstrap() throws {
        let golden = try #require(Golden.all.first { $0.name == "IOBES" })
        let labels = Array(Set((golden.expected + golden.predicted).joined())).sorted()
        func predictions(_ rows: [[String]]) throws -> Predictions {
            try Predictions(
                .tags(labels), logits: rows.joined().flatMap { tag in labels.map { Float($0 == tag ? 1 : 0) } })
        }
        let targets = Targets.tags(
            golden.expected.joined().compactMap { labels.firstIndex(of: $0) },
            sentences: golden.expected.map { $0.count })
        let comparison = try Comparison(
            reference: predictions(golden.expected), test: predictions(golden.predicted), targets: targets,
            metric: .spanF1)
        #expect(comparison.referenceScore == 1 && abs(comparison.testScore - (golden.scores["f1"] ?? 0)) < 1e-12)
        #expect(comparison.dropInterval.contains(comparison.dropPoints) && comparison.isSignificant)
        #expect(comparison.bootstrap.testScore.contains(comparison.testScore))
        let same = try Comparison(
            reference: predictions(golden.predicted), test: predictions(golden.predicted), targets: targets,
            metric: .spanF1)
        #expect(same.agreement == 1 && same.bootstrap.dropPoints == 0...0)
    }
}
