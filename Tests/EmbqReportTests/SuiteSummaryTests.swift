import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqReport
import EmbqTestSupport
import FoundationEssentials
import Testing

@Suite("The tables of a suite")
struct SuiteSummaryTests {
    private static func result(_ task: String, _ score: Double = 0.75, limits: AccuracyLimits = AccuracyLimits())
        throws(EmbqError) -> SuiteResult
    {
        let labels = Predictions.Kind.classes(["A", "B"])
        let comparison = try Comparison(
            reference: Predictions(labels, rows: [[2, 0], [0, 2], [1, 3], [1, 0.5]]),
            test: Predictions(labels, rows: [[2, 0], [0, 2.5], [1, 2], [0.5, 0.75]]),
            targets: .classes([0, 1, 0, 0]), metric: .accuracy)
        var summary = try EvaluationSummary(task: task, comparison: comparison, limits: limits, seconds: 1)
        summary.metric = .standard(forTask: task)
        (summary.referenceScore, summary.score, summary.dropPoints) = (score, score - 0.01, 1)
        return SuiteResult(summary: summary, totalBytes: 1234)
    }

    @Test(
        "a task is found however it is spelled",
        arguments: [
            ("stsb", "STS-B"), ("sst-2", "SST-2"), ("AGNews", "AG News"), ("mnli_mm", "MNLI-mm"), ("snips", "SNIPS"),
            ("mnli", nil), ("", nil),
        ] as [(String, String?)])
    func names(name: String, task: String?) { #expect(Benchmark.task(named: name)?.task == task) }

    @Test("every task is judged by its benchmark's metric")
    func metrics() {
        #expect(
            Benchmark.glue.tasks.map { Metric.standard(forTask: $0) } == [
                .mcc, .accuracy, .f1, .spearman, .f1, .accuracy, .accuracy, .accuracy, .accuracy, .accuracy,
            ])
        #expect(Benchmark.tinyNLP.tasks.allSatisfy { Metric.standard(forTask: $0) == .accuracy })
        #expect(Benchmark.allCases.map(\.tasks.count) == [10, 7])
    }

    @Test("a mean is the benchmark's score only when all its tasks are there")
    func means() throws {
        let some = try SuiteSummary([Self.result("rte", 0.5), Self.result("cola", 0.75)])
        let mean = try #require(some.tables.first?.mean)
        #expect(some.tables.map(\.name) == ["GLUE"])
        #expect(mean.tasks == 2 && mean.of == 10 && !mean.complete && mean.referenceScore == 0.625)
        #expect(abs(mean.dropPoints - 1) < 1e-9)
        #expect(some.text(.text).contains("mean of 2 of 10") && !some.text(.text).contains("GLUE score  "))

        var results: [SuiteResult] = []
        for (index, task) in Benchmark.tinyNLP.tasks.enumerated() {
            results.append(try Self.result(task, Double(index) / 10))
        }
        let whole = try #require(SuiteSummary(results).tables.first)
        #expect(whole.name == "TinyNLP" && whole.mean?.complete == true)
        #expect(abs((whole.mean?.referenceScore ?? 0) - 0.3) < 1e-12)
        #expect(try SuiteSummary(results).text(.markdown).contains("| TinyNLP score |  |  | 30.00 | 29.00 | 1.00 |"))
    }

    @Test("a task that is missing stays visible in every format, and never counts as 0")
    func missing() throws {
        let summary = try SuiteSummary([Self.result("snips")])
        let row = try #require(summary.tables.first?.rows.first)
        #expect(row.task == "IMDb" && row.isMissing && row.score == nil)
        let line = summary.text(.text).split(separator: "\n").first { $0.hasPrefix("  IMDb ") }
        #expect(line?.filter { $0 == "—" }.count == 7)
        #expect(summary.text(.markdown).contains("| IMDb | accuracy | — | — | — | — | — | — | — |"))
        #expect(summary.text(.csv).contains("TinyNLP,IMDb,accuracy,,,,,,,,,,\n"))
        #expect(summary.tables.first?.mean?.score == row.score ?? 0.74)
    }

    @Test("other tasks have a table without a mean; what they are called breaks no table")
    func others() throws {
        let summary = try SuiteSummary([Self.result("a|b, \"c\""), Self.result("x"), Self.result("x")])
        #expect(summary.tables.map(\.name) == ["Other tasks"] && summary.tables[0].mean == nil)
        #expect(summary.text(.markdown).contains("| a\\|b, \"c\" |"))
        #expect(summary.text(.csv).contains("Other tasks,\"a|b, \"\"c\"\"\",accuracy,"))
        let columns = summary.text(.csv).split(separator: "\n").dropFirst(2).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).count
        }
        #expect(columns == [13, 13])
    }

    @Test("two rows of one benchmark's task are refused")
    func twice() throws {
        let error = #expect(throws: EmbqError.self) {
            try SuiteSummary([Self.result("SST-2"), Self.result("sst2")])
        }
        #expect(error?.code == .duplicate)
    }

    @Test("every key is in the schema, and reads back")
    func schema() throws {
        let limits = AccuracyLimits(maxDropPoints: 1, maxDropUpperBound: 2, minAgreement: 0.5)
        let summary = try SuiteSummary([Self.result("snips", limits: limits)], limits: limits)
        let file = try Data(contentsOf: URL(filePath: "\(Fixtures.root)/Schemas/evaluate-suite.schema.json"))
        let schema = try JSONParser.parse([UInt8](file))
        let definitions = schema["$defs"]
        let json = try JSONParser.parse(Array(summary.json().utf8))
        #expect(json.object?.map(\.key) == schema["properties"]?.object?.map(\.key).sorted())
        let table = try #require(json["tables"]?.array?.first)
        let row = try #require(table["rows"]?.array?.last)
        #expect(row.object?.map(\.key) == definitions?["row"]?["properties"]?.object?.map(\.key).sorted())
        #expect(
            table["mean"]?.object?.map(\.key) == definitions?["mean"]?["properties"]?.object?.map(\.key).sorted())
        #expect(try JSONDecoder().decode(SuiteSummary.self, from: Data(summary.json().utf8)) == summary)
    }
}
