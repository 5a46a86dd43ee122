import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqTestSupport
import FoundationEssentials
import Testing

struct ComparisonTests {
    static let letters = Predictions.Kind.classes(["A", "B"])

    /// Four rows; the last flips from right to wrong.
    static func classified() throws(EmbqError) -> Comparison {
        try Comparison(
            reference: Predictions(letters, rows: [[2, 0], [0, 2], [1, 3], [1, 0.5]]),
            test: Predictions(letters, rows: [[2, 0], [0, 2.5], [1, 2], [0.5, 0.75]]),
            targets: .classes([0, 1, 0, 0]), metric: .accuracy)
    }

    @Test("agreement, drop, flips and worst rows of a classifier")
    func classes() throws {
        let comparison = try Self.classified()
        #expect(comparison.agreement == 0.75)
        #expect(comparison.referenceScore == 0.75 && comparison.testScore == 0.5)
        #expect(comparison.dropPoints == 25)
        #expect(comparison.flippedRows == [3])
        #expect(comparison.errors == [0, 0.5, 1, 0.5])
        #expect(comparison.worstRows(3) == [2, 1, 3])
        #expect(comparison.expectedLabel(ofRow: 1) == "B")
        // 10·log10 of the signal 4 + 4 + 10 + 1.25 by the noise 0.25 + 1 + 0.25 + 0.0625.
        #expect((comparison.sqnrDB - 10.906107078284066).magnitude < 1e-12)
    }

    @Test(
        "numbers agree when they are at most a tenth of fp32's standard deviation apart, in any unit",
        arguments: [1, 1024, 1.0 / 1024] as [Float])
    func regression(unit: Float) throws {
        // The standard deviation of 1, 2, 3, 4 is the root of 1.25: 0.1118 is tolerated.
        let comparison = try Comparison(
            reference: Predictions(.regression, logits: [1, 2, 3, 4].map { $0 * unit }),
            test: Predictions(.regression, logits: [1, 2.109375, 3.125, 3.5].map { $0 * unit }),
            targets: .values([1, 2, 3, 5]), metric: .spearman)
        #expect((comparison.answers.tolerances[0] / Double(unit) - 0.1118033988749895).magnitude < 1e-12)
        #expect(comparison.flippedRows == [2, 3])
        #expect(comparison.agreement == 0.5)
        #expect(comparison.dropPoints == 0)
        #expect(comparison.expectedLabel(ofRow: 3) == "5.0")
    }

    @Test("each output of a regression has a tolerance of its own")
    func outputs() throws {
        let answers = try Agreement(
            reference: Predictions(.numbers(2), rows: [[0, 0], [2, 2000]]),
            test: Predictions(.numbers(2), rows: [[0.0625, 90], [2.25, 2000]]))
        #expect(answers.tolerances == [0.1, 100])
        #expect(answers.flippedRows == [1])
    }

    @Test(
        "answers that are all alike in fp32 have a tenth of their magnitude as tolerance",
        arguments: [([4, 4], [4.25, 4.5], 0.4, [1]), ([4], [4.25], 0.4, []), ([0, 0], [0, 0.001], 0, [1])]
            as [([Float], [Float], Double, [Int])])
    func constant(reference: [Float], test: [Float], tolerance: Double, flipped: [Int]) throws {
        let answers = try Agreement(
            reference: Predictions(.regression, logits: reference), test: Predictions(.regression, logits: test))
        #expect(answers.tolerances == [tolerance] && answers.flippedRows == flipped)
    }

    @Test("cosines and shares have a fixed scale, classes have no tolerance")
    func bounded() throws {
        for kind in [Predictions.Kind.cosine, .share] {
            let answers = try Agreement(
                reference: Predictions(kind, logits: [0.5, 0.51]), test: Predictions(kind, logits: [0.515, 0.535]))
            #expect(answers.tolerances == [0.02] && answers.flippedRows == [1])
        }
        #expect(try Self.classified().answers.tolerances.isEmpty)
    }

    @Test("a regression whose output froze loses the whole score")
    func frozen() throws {
        let comparison = try Comparison(
            reference: Predictions(.regression, logits: [1, 2, 3]),
            test: Predictions(.regression, logits: [2, 2, 2]), targets: .values([1, 2, 3]), metric: .spearman)
        #expect(comparison.testScores == .regression(spearman: nil, pearson: nil))
        #expect((comparison.dropPoints - 100).magnitude < 1e-9)
        let json = try EvaluationSummary(task: "stsb", comparison: comparison, seconds: 1).json()
        #expect(!json.contains("scc") && json.contains("\"score\" : 0,"))
    }

    @Test("the signal to noise ratio has its limits at equal values and at zeros")
    func ratioLimits() {
        #expect(signalToNoiseDB(reference: [1, 2], test: [1, 2]) == .infinity)
        #expect(signalToNoiseDB(reference: [0, 0], test: [0, 1]) == -.infinity)
        #expect(signalToNoiseDB(reference: [10, 0], test: [9, 0]) == 20)
    }

    @Test("predictions that do not belong together are refused")
    func mismatch() throws {
        let two = try Predictions(Self.letters, rows: [[1, 2]])
        let other = try Predictions(.classes(["A", "C"]), rows: [[1, 2]])
        let error = #expect(throws: EmbqError.self) {
            try Comparison(reference: two, test: other, targets: .classes([0]), metric: .accuracy)
        }
        #expect(error?.code == .mismatch)
        #expect(
            error?.problem
                == "the reference has 1 rows of 2 logits, the model 1 rows of 2, or other labels")
        let rows = #expect(throws: EmbqError.self) { try Scores(two, targets: .classes([0, 1])) }
        #expect(rows?.problem == "there are 1 predictions for 2 rows")
        let kinds = #expect(throws: EmbqError.self) { try Scores(two, targets: .values([0])) }
        #expect(kinds?.problem == "classes and numbers cannot be compared")
    }

    @Test(
        "a result exactly at its limit passes",
        arguments: [
            (0.97, 0.967, 0.3, true), (0.97, 0.9669, 0.3, false), (0.5, 0.6, 0, true), (0.5, 0.5, 0, true),
        ])
    func limits(reference: Double, score: Double, limit: Double, passes: Bool) {
        let limits = AccuracyLimits(maxDropPoints: limit)
        let drop = (reference - score) * 100
        #expect(limits.violations(metric: .accuracy, dropPoints: drop, dropUpperBound: 100).isEmpty == passes)
        let bound = AccuracyLimits(maxDropUpperBound: limit)
        #expect(bound.violations(metric: .accuracy, dropPoints: 100, dropUpperBound: drop).isEmpty == passes)
    }

    @Test("a broken limit says by how much")
    func violations() throws {
        let comparison = try Self.classified()
        #expect(
            AccuracyLimits(maxDropPoints: 0.3, maxDropUpperBound: 50, minAgreement: 0.995).violations(comparison) == [
                "accuracy drops by 25.000 points; the limit is 0.3",
                "the drop of accuracy may be 69.936 points on other rows; the limit of its interval is 50.0",
                "75.00 % of the rows agree; the limit is 99.50 %",
            ])
        #expect(AccuracyLimits().violations(comparison).isEmpty)
        let limits = AccuracyLimits(maxDropPoints: 1, maxDropUpperBound: 1)
        #expect(limits.violations(metric: .mcc, dropPoints: .nan, dropUpperBound: .nan).count == 2)
    }
}

struct EvaluationSummaryTests {
    @Test("a classifier compared with its reference, with limits")
    func compared() throws {
        let summary = try EvaluationSummary(
            task: "snips", comparison: ComparisonTests.classified(), limits: AccuracyLimits(maxDropPoints: 0.3),
            seconds: 0.5)
        let interval = try ComparisonTests.classified().dropInterval
        #expect(
            try summary.json() == """
                {
                  "accuracy" : 0.5,
                  "agreement" : 0.75,
                  "drop_interval_points" : [
                    \(interval.lowerBound),
                    \(interval.upperBound)
                  ],
                  "drop_is_significant" : false,
                  "drop_points" : 25,
                  "f1" : 0.5,
                  "f1_macro" : 0.5,
                  "flipped_rows" : 1,
                  "max_drop_points" : 0.3,
                  "mcc" : 0.3333333333333333,
                  "mcnemar" : {
                    "only_reference_right" : 1,
                    "only_test_right" : 0,
                    "p" : 1
                  },
                  "metric" : "accuracy",
                  "passed" : false,
                  "predictions_sha256" : "\(summary.predictionsSHA256)",
                  "reference_score" : 0.75,
                  "rows" : 4,
                  "score" : 0.5,
                  "seconds" : 0.5,
                  "sentences_per_second" : 8,
                  "sqnr_db" : \(summary.sqnrDB ?? 0),
                  "task" : "snips"
                }

                """)
    }

    @Test("a regression alone has correlations only")
    func regression() throws {
        let predictions = try Predictions(.regression, logits: [1, 2, 4])
        let scores = try Scores(predictions, targets: .values([1, 2, 3]))
        let summary = try EvaluationSummary(
            task: "stsb", predictions: predictions, scores: scores, metric: .spearman, seconds: 0)
        let keys = try JSONParser.parse(Array(summary.json().utf8)).object?.map(\.key)
        #expect(
            keys == [
                "metric", "pearson", "predictions_sha256", "rows", "scc", "score", "seconds", "sentences_per_second",
                "task",
            ])
        #expect(try JSONDecoder().decode(EvaluationSummary.self, from: Data(summary.json().utf8)) == summary)
    }

    @Test("every key is in the schema, and nothing else is")
    func schema() throws {
        var summary = try EvaluationSummary(
            task: "t", comparison: ComparisonTests.classified(),
            limits: AccuracyLimits(maxDropPoints: 1, maxDropUpperBound: 1, minAgreement: 1), seconds: 1)
        (summary.scc, summary.pearson, summary.f1Micro) = (1, 1, 1)
        (summary.spanF1, summary.tokenAccuracy, summary.words) = (1, 1, 1)
        summary.embeddings = EmbeddingSummary([1, 0], [1, 0], width: 2)
        summary.worst = []
        summary.layers = LayerSQNR(sentences: 1, layers: [])
        let file = try Data(contentsOf: URL(filePath: "\(Fixtures.root)/Schemas/evaluate.schema.json"))
        let properties = try JSONParser.parse([UInt8](file))["properties"]?.object?.map(\.key)
        let keys = try JSONParser.parse(Array(summary.json().utf8)).object?.map(\.key)
        // What the pipeline knows of the model is added to the summary's keys.
        let model = ["artifact_sha256", "footprint", "methods", "model_sha256"]
        #expect(((keys ?? []) + model).sorted() == properties?.sorted())
    }

    @Test("embeddings are compared text by text, by their directions alone")
    func embeddings() {
        let summary = EmbeddingSummary([3, 0, 0, 2, 1, 1], [1, 0, 2, 0, 1, 1], width: 2)
        #expect(abs(summary.meanCosine - 2.0 / 3) < 1e-12 && summary.minCosine == 0)
        #expect(abs(cosine([1, 2, 2], [2, 4, 4]) - 1) < 1e-12)
        #expect(cosine([0, 0], [1, 0]) == 0)
    }

    @Test("a number without a place in JSON is refused")
    func notFinite() throws {
        let predictions = try Predictions(.regression, logits: [1, 2, 4])
        let scores = try Scores(predictions, targets: .values([1, 2, 3]))
        let summary = try EvaluationSummary(
            task: "stsb", predictions: predictions, scores: scores, metric: .spearman, seconds: .infinity)
        let error = #expect(throws: EmbqError.self) { try summary.json() }
        #expect(error?.code == .nonFinite)
    }
}
