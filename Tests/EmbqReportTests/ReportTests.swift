import EmbqArtifact
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqQuantization
import EmbqReport
import EmbqTestSupport
import Foundation
import Testing

struct ReportTests {
    static let strict = AccuracyLimits(maxDropPoints: 0.3, minAgreement: 0.99)

    /// The first tag that is not closed in order; nil when all are.
    ///
    /// Reads bytes: a combining mark after a tag belongs to the text, not to the `>`.
    static func firstUnbalancedTag(_ html: String) -> String? {
        let void: Set<String> = ["meta", "link", "wbr"]
        var open: [String] = []
        // A script's text is no markup.
        let html = html.replacing(Report.script, with: "")
        for piece in html.utf8.split(separator: UInt8(ascii: "<")).dropFirst() where piece.first != UInt8(ascii: "!") {
            guard let end = piece.firstIndex(of: UInt8(ascii: ">")) else {
                return String(decoding: piece, as: UTF8.self)
            }
            let tag = String(decoding: piece[..<end], as: UTF8.self)
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return tag }
            } else if !tag.hasSuffix("/"), let name = tag.split(whereSeparator: \.isWhitespace).first.map(String.init),
                !void.contains(name)
            {
                open.append(name)
            }
        }
        return open.last
    }

    static func sample(_ name: String) throws -> ReportContent {
        try #require(ReportSamples.named().first { $0.name == name }).content
    }

    /// Also for `Tests/report`: EMBQ_REPORTS=DIR keeps the files there, for a browser to look at.
    @Test("the same content gives the same bytes, in a file too")
    func determinism() throws {
        let temporary = try TemporaryFolder()
        let folder = ProcessInfo.processInfo.environment["EMBQ_REPORTS"] ?? temporary.path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let again = try ReportSamples.named()
        for (sample, other) in zip(try ReportSamples.named(), again) {
            let path = "\(folder)/\(sample.name).html"
            try Report.write(sample.content, to: path)
            #expect(
                FileManager.default.contents(atPath: path) == Data(Report.html(other.content).utf8), "\(sample.name)")
        }
    }

    @Test("every tag is closed, and no markup is taken for text")
    func structure() throws {
        for (name, content) in try ReportSamples.named() {
            let html = Report.html(content)
            #expect(Self.firstUnbalancedTag(html) == nil, "\(name)")
            // These are texts of the hostile one.
            if name == "hostile" { continue }
            for tag in ["td", "th", "tr", "p", "span", "table", "/td", "/p", "/span", "dl"] {
                #expect(!html.contains("&lt;\(tag)"))
            }
        }
    }

    @Test("nothing is loaded, and nothing runs where the model is left out")
    func selfContained() throws {
        for (name, content) in try ReportSamples.named() where content.live == nil {
            let html = Report.html(content)
            for word in ["http:", "https:", "<script", " src=\"", "url(", "@import", "onload", "<iframe", "<img"] {
                #expect(!html.contains(word), "\(name): \(word)")
            }
            #expect(html.contains("default-src 'none'"))
        }
    }

    @Test("every string is escaped, wherever it comes from")
    func escapes() throws {
        let evil = "</td><script>alert('x' & \"y\")</script>\u{1B}\u{0}"
        let safe = "&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;\\u{1b}\\u{0}"
        let labels = [evil + "A", evil + "B"]
        let rows = labels.map { LabelledData.Row(text: evil, label: $0, line: 2) }
        let kind = Predictions.Kind.classes(labels)
        let comparison = try Comparison(
            reference: Predictions(kind, rows: [[1, 0], [0, 1]]), test: Predictions(kind, rows: [[0, 1], [0, 2]]),
            targets: .classes([0, 1]), metric: .accuracy)
        var content = ReportContent(title: evil, subtitle: evil)
        content.facts = [ReportContent.Fact(evil, evil)]
        content.checks = [ReportContent.Check(name: evil, limit: evil, measured: evil, passed: false)]
        content.accuracy = MeasuredAccuracy(
            task: evil, data: LabelledData(file: evil, sha256: evil, rows: rows),
            comparison: comparison, limits: Self.strict)
        content.layers = ReportSamples.layers([(evil, 1)])
        content.ranges = [ActivationQuantizer(name: evil, scale: 1, zeroPoint: 0, integers: 0...1)]
        content.sources = [ReportContent.Source(role: evil, path: evil, sha256: evil)]
        let html = Report.html(content)
        #expect(!html.contains("<script") && !html.contains("\u{1B}") && !html.contains("\u{0}"))
        #expect(Self.firstUnbalancedTag(html) == nil)
        // Labels and names may break between words; the rest stands as it is.
        #expect(html.replacing("<wbr>", with: "").split(separator: safe, omittingEmptySubsequences: false).count > 16)
    }

    @Test("a failed check says so first, with its limits, the classes and the rows")
    func failed() throws {
        let content = try Self.sample("failed")
        let html = Report.html(content)
        let comparison = try #require(content.accuracy?.comparison)
        #expect(html.contains("<h2 class=\"word\">Failed</h2>"))
        #expect(html.contains("\(comparison.dropPoints.fixed(3)) points</bdi></td><td><bdi>at most 0.3 points"))
        #expect(html.contains("\((comparison.agreement * 100).fixed(2)) %</bdi></td><td><bdi>at least 99.00 %"))
        #expect(html.contains("<p class=\"value\">\((comparison.testScore * 100).fixed(2))</p>"))
        #expect(html.contains("<p class=\"value\">\(comparison.sqnrDB.fixed(1))</p>"))
        for row in comparison.flippedRows {
            #expect(html.contains("<th scope=\"row\" class=\"n\" data-title=\"Line\">\(row + 2)</th>"))
            #expect(html.contains("margin \(Double(comparison.test.margin(ofRow: row) ?? 0).fixed(3))"))
        }
        let verdict = try #require(html.firstRange(of: "class=\"verdict failed\""))
        let section = try #require(html.firstRange(of: "<section"))
        #expect(verdict.lowerBound < section.lowerBound)
    }

    @Test("a passed check keeps quiet about differences that are not there")
    func passed() throws {
        let html = Report.html(try Self.sample("passed"))
        #expect(html.contains("<h2 class=\"word\">Passed</h2>"))
        #expect(html.contains("keeps the reference's accuracy"))
        #expect(html.contains("Every row has the label that fp32 gives it."))
        #expect(!html.contains("Largest logit errors"))
        #expect(html.contains("<p class=\"value\">∞</p>"))
    }

    @Test("without limits there is no verdict")
    func open() throws {
        let accuracy = try ReportSamples.accuracy(labels: ["A", "B"], rows: 100, noise: 1)
        var content = ReportContent(title: "model")
        content.accuracy = accuracy
        #expect(Report.html(content).contains("<h2 class=\"word\">No limit set</h2>"))
        // What was not asked for may fail, and passes nothing.
        for (passed, word) in [(true, "No limit set"), (false, "Failed")] {
            content.checks = [ReportContent.Check(name: "Vectors", limit: "6", measured: "6", passed: passed)]
            #expect(Report.html(content).contains("<h2 class=\"word\">\(word)</h2>"))
        }
    }

    @Test("a model without its reference shows its own scores alone")
    func alone() throws {
        let content = try Self.sample("alone")
        let accuracy = try #require(content.accuracy)
        let html = Report.html(content)
        #expect(html.contains("Accuracy is \((accuracy.score * 100).fixed(2)) on 100 rows of <bdi>sst2</bdi>."))
        #expect(!html.contains("What changed") && !html.contains("Agreement"))
        #expect(Self.firstUnbalancedTag(html) == nil)
    }

    @Test("a part that is not given leaves no trace")
    func minimal() {
        let html = Report.html(ReportContent(title: "model"))
        for word in ["<section", "<nav", "<dl", "class=\"tiles\"", "subtitle\">", "class=\"checks\""] {
            #expect(!html.contains(word))
        }
        #expect(Self.firstUnbalancedTag(html) == nil)
    }

    @Test("memory, layers, ranges and provenance show their numbers")
    func numbers() throws {
        let html = Report.html(ReportSamples.full(nil))
        for text in [
            "368,128", "9,472", "141,316", "71,424", "449,024", "6,144", "at most 500,000 B", ">lowest<", "35.5 dB",
            "47.3 dB", "0.02340", "-2.527 to 3.440", "model.<wbr>safetensors", "0123456789abcdef",
        ] {
            #expect(html.contains(text), "\(text)")
        }
        #expect(!html.contains("/models/"))
        var over = ReportSamples.full(nil)
        over.budget = 449_023
        #expect(Report.html(over).contains("<h2 class=\"word\">Failed</h2>"))
    }

    @Test("long texts and long lists are cut")
    func cut() throws {
        let rows = 200
        let text = String(repeating: "a", count: Report.maximumTextLength + 1)
        let kind = Predictions.Kind.classes(["A", "B"])
        let comparison = try Comparison(
            reference: Predictions(kind, rows: Array(repeating: [1, 0], count: rows)),
            test: Predictions(kind, rows: Array(repeating: [0, 1], count: rows)),
            targets: .classes(Array(repeating: 0, count: rows)), metric: .accuracy)
        let data = LabelledData(
            file: "d.tsv", sha256: "",
            rows: (0..<rows).map { LabelledData.Row(text: text, label: "A", line: $0 + 2) })
        var content = ReportContent(title: "model")
        content.accuracy = MeasuredAccuracy(task: "t", data: data, comparison: comparison, limits: Self.strict)
        let html = Report.html(content)
        #expect(!html.contains(text) && html.contains("\(text.dropLast())…"))
        #expect(html.contains("150 more not shown."))
        #expect(html.contains("Most often <b><bdi>A</bdi></b> became <b><bdi>B</bdi></b> (200 of 200)."))
    }

    @Test("numbers that are not finite do no harm")
    func notFinite() {
        var content = ReportContent(title: "model")
        content.layers = ReportSamples.layers([.nan, .infinity, -.infinity, 0].map { ("l", $0) })
        let values: [[Float]] = [[], [-1, 0, 1], [1], [.infinity]]
        content.ranges = [.leastNonzeroMagnitude, 1e-40, 1, 1e40, .greatestFiniteMagnitude].flatMap { scale in
            values.enumerated().map { index, values in
                let name = "\(scale) \(index)"
                var histogram = ActivationHistogram()
                histogram.add(values)
                content.histograms[name] = histogram
                return ActivationQuantizer(name: name, scale: scale, zeroPoint: 3, integers: -127...127)
            }
        }
        // Counts whose sum has no place in an Int.
        var counts = [UInt64](repeating: 0, count: ActivationHistogram.bins)
        (counts[0], counts[1], counts[4_095]) = (1 << 62, 1 << 62, 1 << 62)
        content.histograms["1.0 1"] = ReportSamples.histogram(exponent: 4, counts: counts)
        content.memory = Footprint(weights: 0, tables: 0, tokenizer: 0, arena: [:], length: 0)
        #expect(Self.firstUnbalancedTag(Report.html(content)) == nil)
    }

    @Test(
        "numbers for people",
        arguments: [
            (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (1.005, 1, "1.0"), (-2.5, 0, "-3"), (99.995, 1, "100.0"),
            (0.05, 3, "0.050"),
            (.infinity, 1, "∞"), (-.infinity, 1, "-∞"), (.nan, 1, "undefined"), (1e20, 2, "1e+20"),
        ])
    func fixed(value: Double, places: Int, text: String) {
        #expect(value.fixed(places) == text)
    }

    @Test(
        "thousands are grouped",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ])
    func grouped(value: Int, text: String) {
        #expect(value.grouped == text)
    }
}
