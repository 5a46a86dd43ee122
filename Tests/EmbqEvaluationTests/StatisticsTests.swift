import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqTestSupport
import Testing

@Suite("How sure a drop is")
struct StatisticsTests {
    /// scipy.stats.bootstrap draws other resamples: its ends differ by chance, of the size of the standard error.
    static let chance = 0.5

    @Test("McNemar's exact p equals SciPy's binomial test", arguments: GoldenCase.load("mcnemar"))
    func mcnemar(golden: GoldenCase) throws {
        let test = McNemarTest(
            onlyReferenceRight: try #require(golden.json["lost"]?.int),
            onlyTestRight: try #require(golden.json["won"]?.int))
        #expect(MetricsTests.isClose(test.p, golden.json["p"]))
    }

    @Test("rows that both models have right or wrong do not count for McNemar's test")
    func discordant() {
        let test = McNemarTest(expected: [0, 0, 0, 1, 1], reference: [0, 0, 1, 1, 0], test: [0, 1, 0, 0, 0])
        #expect(test.onlyReferenceRight == 2 && test.onlyTestRight == 1 && test.p == 1 && !test.isSignificant)
        #expect(McNemarTest(onlyReferenceRight: 6, onlyTestRight: 0).isSignificant)
    }

    @Test(
        "intervals equal those of the same resamples scored by scikit-learn and SciPy",
        arguments: GoldenCase.load("bootstrap"))
    func bootstrap(golden: GoldenCase) throws {
        let metric = try #require(golden.json["metric"]?.string.flatMap(Metric.init))
        let classes = try #require(golden.json["classes"]?.int)
        let (reference, test, targets) =
            if metric == .spearman {
                (
                    try Predictions(.regression, logits: golden.doubles("reference").map(Float.init)),
                    try Predictions(.regression, logits: golden.doubles("test").map(Float.init)),
                    Targets.values(golden.doubles("expected"))
                )
            } else {
                (
                    try Self.predictions(golden.integers("reference"), classes),
                    try Self.predictions(golden.integers("test"), classes), .classes(golden.integers("expected"))
                )
            }
        let answers = try Agreement(reference: reference, test: test)
        let flipped = (0..<test.rows).map { answers.flippedRows.contains($0) }
        let found = PairedBootstrap(
            reference: reference, test: test, targets: targets, metric: metric, flipped: flipped,
            resamples: try #require(golden.json["resamples"]?.int), threads: 2)
        for (interval, key, unit) in [
            (found.dropPoints, "drop", 100.0), (found.referenceScore, "reference_score", 1),
            (found.testScore, "test_score", 1), (found.agreement, "agreement", 1),
        ] {
            let ends = golden.doubles(key)
            let isEqual = zip([interval.lowerBound, interval.upperBound], ends).allSatisfy {
                abs($0 - $1) <= MetricsTests.tolerance * unit
            }
            #expect(ends.count == 2 && isEqual, "\(key): \(interval), \(ends)")
        }
        let theirs = golden.doubles("scipy_drop")
        let room = try #require(golden.json["scipy_error"]?.double) * Self.chance
        #expect(abs(found.dropPoints.lowerBound - theirs[0]) < room)
        #expect(abs(found.dropPoints.upperBound - theirs[1]) < room)
    }

    private static func predictions(_ ids: [Int], _ classes: Int) throws(EmbqError) -> Predictions {
        let labels = (0..<classes).map { "c\($0)" }
        return try Predictions(.classes(labels), rows: ids.map { id in labels.indices.map { $0 == id ? 1 : 0 } })
    }

    @Test("three flipped rows of seven hundred are no trend, thirty are")
    func trend() throws {
        for (flips, isSignificant) in [(3, false), (30, true)] {
            let test = (0..<700).map { $0 < flips ? 1 : 0 }
            let comparison = try Comparison(
                reference: Self.predictions([Int](repeating: 0, count: 700), 2), test: Self.predictions(test, 2),
                targets: .classes([Int](repeating: 0, count: 700)), metric: .accuracy, threads: 2)
            #expect(comparison.isSignificant == isSignificant)
            #expect(comparison.dropInterval.contains(comparison.dropPoints))
        }
    }

    @Test(
        "the interval of accuracy's drop is Tango's, as SciPy and numpy find it",
        arguments: GoldenCase.load("difference")
    )
    func difference(golden: GoldenCase) throws {
        let (lost, won) = (try #require(golden.json["lost"]?.int), try #require(golden.json["won"]?.int))
        let rows = try #require(golden.json["rows"]?.int)
        let found = PairedDifference.interval(lost: lost, won: won, rows: rows)
        let ends = golden.doubles("interval")
        #expect(abs(found.lowerBound - ends[0]) < 1e-11 && abs(found.upperBound - ends[1]) < 1e-11, "\(found)")
        #expect(found.contains(Double(lost - won) / Double(rows)))
    }

    @Test(
        "rows that are all answered alike still leave room for a drop on others, less with more rows",
        arguments: [Metric.accuracy, .f1, .mcc])
    func alike(metric: Metric) throws {
        var widths: [Double] = []
        for rows in [6, 700] {
            let ids = (0..<rows).map { $0 % 2 }
            let comparison = try Comparison(
                reference: Self.predictions(ids, 2), test: Self.predictions(ids, 2), targets: .classes(ids),
                metric: metric)
            #expect(comparison.dropPoints == 0 && comparison.bootstrap.dropPoints == 0...0)
            #expect(!AccuracyLimits(maxDropUpperBound: 0).violations(comparison).isEmpty && !comparison.isSignificant)
            widths.append(comparison.dropInterval.upperBound)
        }
        #expect(widths[0] > 35 && widths[1] > 0.5 && widths[1] < 0.6)
    }

    @Test("the number of threads changes nothing")
    func threads() throws {
        var random = SplitMix64(seed: 5)
        let right = (0..<90).map { _ in random.index(below: 7) }
        let (fp32, int8) = (
            right.map { random.index(below: 5) == 0 ? 0 : $0 }, right.map { random.index(below: 4) == 0 ? 1 : $0 }
        )
        func comparison(threads: Int) throws -> Comparison {
            try Comparison(
                reference: Self.predictions(fp32, 7), test: Self.predictions(int8, 7), targets: .classes(right),
                metric: .accuracy, threads: threads)
        }
        #expect(try comparison(threads: 1) == comparison(threads: 7))
    }

    @Test("rows without labels are compared by their answers alone")
    func unlabelled() throws {
        let answers = try ComparisonTests.classified().answers
        let summary = EvaluationSummary(
            task: "t", answers: answers, limits: AccuracyLimits(minAgreement: 0.9), seconds: 1)
        #expect(summary.agreement == 0.75 && summary.flippedRows == 1 && summary.passed == false)
        let keys = try JSONParser.parse(Array(summary.json().utf8)).object?.map(\.key)
        #expect(
            keys == [
                "agreement", "flipped_rows", "min_agreement", "passed", "predictions_sha256", "rows", "seconds",
                "sentences_per_second", "sqnr_db", "task",
            ])
    }

    @Test("the worst rows are those that flipped, then those with the largest errors")
    func worst() throws {
        let answers = try ComparisonTests.classified().answers
        #expect(answers.worstRows(3, flippedFirst: true) == [3, 2, 1])
        let data = try LabelledData(
            bytes: Array("label\ttext\nA\tone\nB\ttwo\nA\tthree\nA\tfour\n".utf8), file: "t.tsv")
        let rows = WorstRow.list(9, answers, data)
        #expect(rows.map(\.line) == [5, 4, 3] && rows.map(\.flipped) == [true, false, false])
        #expect(rows[0].reference == "A" && rows[0].predicted == "B" && rows[0].expected == "A")
    }

    @Test(
        "the first layer that goes wrong is the first below the floor, or far below all before it",
        arguments: [
            ([40, 38, 31, 36], nil), ([40, 19.9, 10], "b"), ([45, 40, 29, 45], "c"), ([45, 34, 33, 45], "b"),
            ([.infinity, 40, 41], nil), ([10, 40], "a"), ([41, 61, 40, 31], nil), ([], nil),
            ([40, -.infinity], "b"), ([.nan], "a"),
        ] as [([Double], String?)])
    func firstWrong(ratios: [Double], wrong: String?) {
        let layers = zip(["a", "b", "c", "d"], ratios).map {
            LayerSQNR.Layer(name: $0, bits: 8, ratio: $1)
        }
        #expect(LayerSQNR(sentences: 1, layers: layers).firstWrong == wrong)
    }

    // scipy.stats.binomtest(count, total).proportion_ci(method="wilson")
    @Test(
        "the interval of a share is Wilson's",
        arguments: [
            (0, 10, 0, 0.2775327998628892), (1, 48, 0.003687110977510649, 0.10899217995251861),
            (5, 10, 0.236593090512564, 0.763406909487436),
            (700, 700, 0.994542, 1),
        ])
    func wilson(count: Int, total: Int, lower: Double, upper: Double) {
        let interval = Proportion(count: count, of: total).interval
        #expect(abs(interval.lowerBound - lower) < 1e-6 && abs(interval.upperBound - upper) < 1e-6, "\(interval)")
    }
}
