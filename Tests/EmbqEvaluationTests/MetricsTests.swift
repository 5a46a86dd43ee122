import EmbqCore
import EmbqEvaluation
import EmbqTestSupport
import FoundationEssentials
import Testing

/// Scores by scikit-learn and SciPy, made by `Fixtures/golden/make_metrics.py`.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    var testDescription: String { json["name"]?.string ?? "?" }

    func integers(_ key: String) -> [Int] { json[key]?.array?.compactMap(\.int) ?? [] }
    func doubles(_ key: String) -> [Double] { json[key]?.array?.compactMap(\.double) ?? [] }

    static func load(_ kind: String) -> [GoldenCase] {
        guard let file = try? Data(contentsOf: URL(filePath: Fixtures.path("golden/metrics.json"))),
            let json = try? JSONParser.parse([UInt8](file))
        else { return [] }
        return json[kind]?.array?.map(GoldenCase.init) ?? []
    }
}

struct MetricsTests {
    /// Sums are taken in another order than NumPy does.
    static let tolerance = 1e-12

    static func isClose(_ value: Double?, _ golden: JSONValue?) -> Bool {
        guard let golden, let expected = golden.double else { return golden?.isNull == true && value == nil }
        return value.map { ($0 - expected).magnitude <= tolerance } ?? false
    }

    @Test("the golden cases are there")
    func goldenCount() {
        #expect(GoldenCase.load("classification").count + GoldenCase.load("correlation").count >= 30)
        for (key, least) in [("mcnemar", 18), ("difference", 15), ("bootstrap", 6)] {
            #expect(GoldenCase.load(key).count >= least, "\(key)")
        }
    }

    @Test("classification scores equal scikit-learn's", arguments: GoldenCase.load("classification"))
    func classification(golden: GoldenCase) throws {
        let matrix = ConfusionMatrix(
            expected: golden.integers("expected"), predicted: golden.integers("predicted"),
            classes: try #require(golden.json["classes"]?.int))
        #expect(matrix.counts == golden.integers("confusion"))
        #expect(Self.isClose(matrix.accuracy, golden.json["accuracy"]))
        #expect(Self.isClose(matrix.mcc, golden.json["mcc"]))
        #expect(Self.isClose(matrix.f1Weighted, golden.json["f1_weighted"]))
        #expect(Self.isClose(matrix.f1Macro, golden.json["f1_macro"]))
        #expect(Self.isClose(matrix.f1Binary, golden.json["f1_binary"]))
    }

    @Test("correlations equal SciPy's, and NaN is nil", arguments: GoldenCase.load("correlation"))
    func correlation(golden: GoldenCase) {
        let (a, b) = (golden.doubles("a"), golden.doubles("b"))
        #expect(Self.isClose(Correlation.spearman(a, b), golden.json["spearman"]))
        #expect(Self.isClose(Correlation.pearson(a, b), golden.json["pearson"]))
    }

    @Test("no rows, or values that are not finite, give no surprise")
    func degenerate() {
        let empty = ConfusionMatrix(expected: [], predicted: [], classes: 2)
        #expect([empty.accuracy, empty.mcc, empty.f1Macro, empty.f1Weighted, empty.f1Binary] == [0, 0, 0, 0, 0])
        #expect(Correlation.spearman([1, .nan], [1, 2]) == nil)
        #expect(Correlation.pearson([1, .infinity], [1, 2]) == nil)
        #expect(Correlation.pearson([], []) == nil)
    }

    @Test("equal values share their mean rank")
    func ranks() {
        #expect(Correlation.ranks([3, 1, 3, 2, 3]) == [4, 1, 4, 2, 4])
    }

    @Test(
        "each task has the metric of its benchmark",
        arguments: [
            ("cola", Metric.mcc), ("CoLA", .mcc), ("mrpc", .f1), ("QQP", .f1), ("stsb", .spearman),
            ("STS-B", .spearman),
            ("sst2", .accuracy), ("SST-2", .accuracy), ("mnli-m", .accuracy), ("qnli", .accuracy), ("rte", .accuracy),
            ("wnli", .accuracy), ("snips", .accuracy), ("imdb", .accuracy), ("", .accuracy),
        ])
    func taskMetric(task: String, metric: Metric) {
        #expect(Metric.standard(forTask: task) == metric)
        #expect(Metric.standard(forTask: task, regression: true) == .spearman)
    }

    @Test("F1 is that of class 1 for two classes, and weighted for more")
    func f1() throws {
        let two = ConfusionMatrix(expected: [0, 1, 1, 0], predicted: [0, 1, 0, 0], classes: 2)
        #expect(try Scores.classification(two).value(of: .f1) == two.f1Binary)
        let three = ConfusionMatrix(expected: [0, 1, 1, 2], predicted: [0, 1, 0, 2], classes: 3)
        #expect(try Scores.classification(three).value(of: .f1) == three.f1Weighted)
    }

    @Test("a metric that does not apply is refused with those that do")
    func wrongMetric() {
        let matrix = ConfusionMatrix(expected: [0], predicted: [0], classes: 2)
        let error = #expect(throws: EmbqError.self) { try Scores.classification(matrix).value(of: .spearman) }
        #expect(
            error?.description
                == "the metric 'spearman' does not apply to a classifier.\n  Choose accuracy, mcc or f1.")
        let other = #expect(throws: EmbqError.self) {
            try Scores.regression(spearman: 1, pearson: 1).value(of: .f1)
        }
        #expect(other?.code == .invalidRequest)
        #expect(other?.description == "the metric 'f1' does not apply to a regression.\n  Choose spearman.")
    }
}
