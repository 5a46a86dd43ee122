import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqReport
import Testing

@Suite("Numbers and verdicts side by side") struct ShownNumbersTests {
    /// A comparison of 700 rows: so many only right in fp32, so many only in int8.
    private static func comparison(lost: Int, won: Int) throws(EmbqError) -> Comparison {
        let rows = 700
        func predictions(_ wrong: Range<Int>) throws(EmbqError) -> Predictions {
            try Predictions(
                .classes(["a", "b"]), rows: (0..<rows).map { wrong.contains($0) ? [0, 1] : [1, 0] })
        }
        return try Comparison(
            reference: predictions(0..<won), test: predictions(won..<won + lost),
            targets: .classes([Int](repeating: 0, count: rows)), metric: .accuracy, threads: 2)
    }

    private static func summary(_ comparison: Comparison) throws(EmbqError) -> EvaluationSummary {
        try EvaluationSummary(task: "t", comparison: comparison, limits: AccuracyLimits(), seconds: 1)
    }

    @Test(
        "an interval leaves out 0 exactly where McNemar's test calls the difference significant",
        arguments: [(5, 0), (6, 0), (0, 5), (0, 6), (10, 2), (3, 3), (8, 1), (9, 1), (0, 0)])
    func agree(lost: Int, won: Int) throws {
        let comparison = try Self.comparison(lost: lost, won: won)
        let test = try #require(comparison.mcnemar)
        #expect(comparison.dropInterval.contains(0) != test.isSignificant, "\(comparison.dropInterval), p \(test.p)")
        #expect(comparison.isSignificant == test.isSignificant)
        #expect(comparison.dropInterval.contains(comparison.dropPoints))
    }

    @Test(
        "an interval that leaves out 0 is shown with the digits that show it",
        arguments: [
            ([0.001, 0.13], "0.001 to 0.130"), ([-0.2, -0.0004], "-0.2000 to -0.0004"), ([0, 0.13], "0.00 to 0.13"),
        ]
            as [([Double], String)])
    func interval(ends: [Double], shown: String) throws {
        var summary = try Self.summary(Self.comparison(lost: 9, won: 1))
        (summary.dropIntervalPoints, summary.dropIsSignificant) = (ends, ends[0] > 0 || ends[1] < 0)
        summary.dropPoints = ends[0]
        let text = EvaluationText.lines(summary).joined(separator: "\n")
        #expect(text.contains("drop of \(shown) points"), "\(text)")
        #expect(ends[0] == 0 || !text.contains(" 0.00 points"), "\(text)")
        let suite = try SuiteSummary([SuiteResult(summary: summary, totalBytes: 1)]).text(.text)
        #expect(suite.contains(shown.split(separator: " to ").joined(separator: " … ")), "\(suite)")
    }

    @Test("a share is shown as all only where it is all, and apart from the limit that it misses")
    func shares() throws {
        var summary = try Self.summary(Self.comparison(lost: 9, won: 1))
        summary.agreement = 0.999_98
        #expect(EvaluationText.lines(summary).contains { $0.contains("agreement") && $0.contains("99.998 %") })
        summary.agreement = 1
        #expect(EvaluationText.lines(summary).contains { $0.contains("agreement") && $0.contains("100.00 %") })
        let limits = AccuracyLimits(maxDropPoints: 0.3, minAgreement: 0.999_99)
        #expect(
            limits.violations(metric: .accuracy, dropPoints: 0.300_04, dropUpperBound: 0)
                == ["accuracy drops by 0.30004 points; the limit is 0.3"])
        #expect(
            limits.violations(agreement: 0.999_96) == ["99.996 % of the rows agree; the limit is 99.999 %"])
    }

    @Test("a probability is shown on its side of the level")
    func probability() {
        for lost in 0..<60 {
            for won in 0..<60 {
                let test = McNemarTest(onlyReferenceRight: lost, onlyTestRight: won)
                guard let shown = Double(test.probability.dropFirst(2)) else {
                    Issue.record("\(test.probability)")
                    continue
                }
                #expect((shown < McNemarTest.significance) == test.isSignificant, "\(test.probability), \(test.p)")
            }
        }
        #expect(0.049_996.fixed(3, apartFrom: 0.05) == "0.049996")
        #expect(McNemarTest(onlyReferenceRight: 40, onlyTestRight: 0).probability == "< 0.001")
    }
}
