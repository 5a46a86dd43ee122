import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqQuantization
import EmbqReport
import Foundation
import Testing

/// The parts of a report that are drawn.
struct ReportPartTests {
    static func count(_ piece: String, in html: String) -> Int { html.split(separator: piece).count - 1 }

    static func html<E: Error>(_ fill: (inout ReportContent) throws(E) -> Void) throws(E) -> String {
        var content = ReportContent(title: "model")
        try fill(&content)
        return Report.html(content)
    }

    @Test("notes are shown with the verdict, escaped; without any there is no trace")
    func notes() {
        #expect(!Self.html { _ in }.contains("Note:"))
        let html = Self.html { $0.notes = ["1 <row>."] }
        #expect(html.contains("<p class=\"warning\"><b>Note:</b> <bdi>1 &lt;row&gt;.</bdi></p>"))
    }

    // MARK: Certainty

    @Test(
        "an interval of the drop says whether it can be chance",
        arguments: [
            (0.1...0.7, "between 0.10 and 0.70 points: the loss is not chance."),
            (-0.7...(-0.1), "between -0.70 and -0.10 points: the gain is not chance."),
            (-0.1...0.7, "between -0.10 and 0.70 points, so there may be none."),
        ])
    func interval(drop: ClosedRange<Double>, sentence: String) throws {
        let accuracy = try ReportSamples.accuracy(labels: ["A", "B"], rows: 100, noise: 1)
        let html = Self.html {
            $0.accuracy = accuracy
            $0.accuracy?.statistics = ComparisonStatistics(confidence: 0.9, method: "a <method>", dropPoints: drop)
        }
        #expect(html.contains("With 90 % confidence the true drop is \(sentence)"))
        #expect(html.contains("intervals of 90 % confidence: a &lt;method&gt;."))
        #expect(html.contains("<p class=\"interval\">\(drop.lowerBound.fixed(2)) to \(drop.upperBound.fixed(2))</p>"))
        #expect(html.contains("<svg class=\"interval\""))
        #expect(!html.contains("McNemar"))
    }

    @Test(
        "McNemar's test is read at its own level",
        arguments: [(1, 7, "= 0.070", false), (0, 6, "= 0.031", true), (1, 2000, "&lt; 0.001", true)])
    func mcnemar(lost: Int, won: Int, text: String, differ: Bool) throws {
        let accuracy = try ReportSamples.accuracy(labels: ["A", "B"], rows: 100, noise: 1)
        let html = Self.html {
            $0.accuracy = accuracy
            $0.accuracy?.statistics = ComparisonStatistics(
                mcnemar: McNemarTest(onlyReferenceRight: lost, onlyTestRight: won))
        }
        let verdict = differ ? "the models differ" : "no sign"
        #expect(
            html.contains(
                "Only fp32 is right on \(lost) row\(lost == 1 ? "" : "s"), only int8 on \(won.grouped) "
                    + "(McNemar, p \(text)): \(verdict)"))
        #expect(!html.contains("confidence the true drop"))
    }

    @Test("data without labels have a verdict on the agreement, and the rows that flipped without right answers")
    func unlabelled() throws {
        let content = try #require(ReportSamples.named().first { $0.name == "unlabelled" }).content
        let answers = try #require(content.answers)
        let html = Report.html(content)
        #expect(content.allChecks.contains { $0.name == "Rows answered as fp32 does" && !$0.passed })
        #expect(html.contains("Failed") && !html.contains("No limit was set."))
        #expect(html.contains("have no labels") && html.contains("Agreement") && html.contains("Logits SQNR"))
        #expect(html.contains("Rows that flipped") && html.contains("Largest logit errors"))
        #expect(!html.contains("Expected") && !answers.agreement.flippedRows.isEmpty)
    }

    @Test("without statistics nothing is said of certainty")
    func noStatistics() throws {
        let accuracy = try ReportSamples.accuracy(labels: ["A", "B"], rows: 100, noise: 1)
        let html = Self.html {
            $0.accuracy = accuracy
            $0.accuracy?.statistics = nil
        }
        for word in ["confidence", "McNemar", "class=\"interval\""] { #expect(!html.contains(word)) }
    }

    // MARK: Layers

    @Test(
        "the first point that goes wrong is marked, once: the one that the evaluation names",
        arguments: [
            ([30.0, 19.9, 40, 5], 1), ([.nan, 30], 0), ([.infinity, -.infinity], 1), ([20, .infinity], nil), ([12], 0),
            ([45, 34, 40], 1),
        ])
    func firstWrong(decibels: [Double], first: Int?) {
        let layers = ReportSamples.layers(decibels.enumerated().map { ("point\($0)", $1) })
        #expect(layers.firstWrong == first.map { "point\($0)" })
        let html = Self.html { $0.layers = layers }
        // What goes wrong is red, what is near to it amber.
        let wrong = layers.layers.count { ($0.sqnrDB ?? .infinity) < 20 || $0.name == layers.firstWrong }
        let weak = layers.layers.count { (20..<30).contains($0.sqnrDB ?? .infinity) && $0.name != layers.firstWrong }
        #expect(Self.count("<span class=\"fill low\"", in: html) == wrong)
        #expect(Self.count("<span class=\"fill weak\"", in: html) == weak)
        #expect(Self.count("<b>the first that goes wrong</b>", in: html) == (first == nil ? 0 : 1))
        if let first {
            #expect(html.contains("<tr class=\"wrong\"><th scope=\"row\"><bdi>point\(first)</bdi>"))
            // In the verdict, and over the list.
            #expect(Self.count("<b><bdi>point\(first)</bdi></b> is the first point that goes wrong", in: html) == 2)
        } else {
            #expect(html.contains("No point goes wrong."))
        }
    }

    // MARK: Ranges

    /// A point that covers the integers' multiples of 0.2, and a histogram of its values.
    static func html(_ integers: ClosedRange<Int>, _ values: [Float]) -> String {
        var histogram = ActivationHistogram()
        histogram.add(values)
        return html {
            $0.ranges = [ActivationQuantizer(name: "point", scale: 0.2, zeroPoint: 0, integers: integers)]
            $0.histograms = ["point": histogram]
        }
    }

    /// Ten values from 0.5 to 9.5, each in a bar of its own, and how many of them a range clips.
    @Test(
        "values outside the range are drawn apart, and lines mark its ends",
        arguments: [
            (10...40, 4, 2), (0...50, 0, 2), (-25...135, 0, 2), (21...21, 10, 2), (0...5000, 0, 1),
            (-5000...5000, 0, 0),
        ])
    func clipping(integers: ClosedRange<Int>, clipped: Int, lines: Int) throws {
        let html = Self.html(integers, (0..<10).map { Float($0) + 0.5 })
        func bars(_ kind: String) throws -> Int {
            let start = try #require(html.firstRange(of: "<path class=\"\(kind)\" d=\"")).upperBound
            return html[start...].prefix { $0 != "\"" }.count { $0 == "z" }
        }
        #expect(try bars("bar clipped") == clipped)
        #expect(try bars("bar") == 10 - clipped)
        #expect(Self.count("<path class=\"clip\"", in: html) == lines)
        #expect(html.contains("<dt>Clipped</dt><dd>\((Double(clipped) * 10).fixed(3)) %</dd>"))
    }

    @Test("at most 64 bars are drawn, however far apart the values are", arguments: [0.001, 1, 1000])
    func bars(largest: Float) throws {
        let html = Self.html(0...50, (-999...999).map { Float($0) / 999 * largest })
        let drawn = html.split(separator: "<path class=\"bar").dropFirst().map { $0.prefix { $0 != "/" } }
        #expect((40...64).contains(drawn.reduce(0) { $0 + $1.count { $0 == "z" } }))
    }

    @Test("the point that is clipped most is named")
    func mostClipped() {
        let values = [Float](repeating: 1, count: 999) + [20]
        #expect(
            Self.html(0...50, values).contains("<b><bdi>point</bdi></b> is clipped most: 0.100 % of its values."))
        #expect(Self.html(0...200, values).contains("No value that was seen is clipped."))
        let unseen = Self.html { $0.ranges = ReportSamples.ranges }
        #expect(unseen.contains("What each point's integers cover.") && !unseen.contains("<dt>Clipped</dt>"))
        // A point that no sentence reaches has a histogram without values: there is nothing to draw.
        let empty = Self.html(0...50, [])
        #expect(empty.contains("No value that was seen is clipped.") && !empty.contains("<svg class=\"histogram\""))
        #expect(!empty.contains("Values seen"))
    }

    // MARK: Memory

    @Test(
        "the memory map says how far the budget is",
        arguments: [
            (500_000, "50,976 more than the total"), (400_000, "49,024 too few"), (449_024, "0 more than the total"),
        ])
    func budget(bytes: Int, text: String) {
        let html = Self.html {
            $0.memory = ReportSamples.memory
            $0.budget = bytes
        }
        #expect(html.contains(text))
        #expect(Self.count("<span class=\"budget\"", in: html) == 1)
    }

    @Test("groups of tensors stand under their section")
    func groups() throws {
        let html = Self.html {
            $0.memory = ReportSamples.memory
            $0.memoryGroups = ReportSamples.memoryGroups
        }
        let weights = try #require(html.firstRange(of: ">Weights with scales and biases")).lowerBound
        let token = try #require(html.firstRange(of: "<bdi>embedder.<wbr>token</bdi>")).lowerBound
        let tables = try #require(html.firstRange(of: ">Tables and multipliers")).lowerBound
        #expect(weights < token && token < tables)
        #expect(Self.count("<tr class=\"group\">", in: html) == ReportSamples.memoryGroups.count)
        let plain = Self.html { $0.memory = ReportSamples.memory }
        #expect(!plain.contains("<tr class=\"group\">") && !plain.contains("stack groups"))
    }

    // MARK: Matrices

    @Test("two matrices stand side by side, with a ring around each cell that differs", arguments: [7, 13])
    func matrices(classes: Int) throws {
        let accuracy = try ReportSamples.accuracy(labels: (0..<classes).map { "c\($0)" }, rows: 700, noise: 1.5)
        guard case .classification(let test) = accuracy.scores,
            case .classification(let reference)? = accuracy.comparison?.referenceScores
        else { return #expect(Bool(false), "a classifier has matrices") }
        let different = zip(test.counts, reference.counts).count { $0 != $1 }
        let html = Self.html { $0.accuracy = accuracy }
        #expect(different > 0)
        #expect(Self.count("<svg class=\"matrix", in: html) == 2)
        #expect(Self.count("<rect class=\"ring\"", in: html) == 2 * different)
        // Each class has its name at both edges of both drawings, where there is room; else under the pointer.
        #expect(Self.count(">3 c3</text>", in: html) == (classes <= 12 ? 4 : 0))
        #expect(html.contains("<title>expected c3, predicted c3: "))
    }

    // MARK: The front

    static let front: ReportContent.Front = {
        // On the front in agreement: the first and the second; in SQNR: the first and the last.
        var points = [
            WidthPoint(bytes: 3000, bits: ["large": 4], agreement: 0.99, sqnrDB: 25),
            WidthPoint(bytes: 1000, bits: ["small": 4], agreement: 0.9, sqnrDB: 30),
            WidthPoint(bytes: 3000, bits: ["dear": 4], agreement: 0.95, sqnrDB: 20),
            WidthPoint(bytes: 4000, bits: ["same": 4], agreement: 0.99, sqnrDB: .infinity),
        ]
        points[0].chosen = true
        return ReportContent.Front(points: points, measuredOn: "9 <sentences>")
    }()

    @Test("the front shows what is not beaten, the choice and the budget")
    func pareto() throws {
        let html = Self.html {
            $0.front = Self.front
            $0.budget = 3500
        }
        // An infinite SQNR has no place on an axis.
        #expect(Self.count("<svg class=\"pareto\"", in: html) == 2)
        #expect(Self.count("<circle class=\"best\"", in: html) == 2 + 1)
        #expect(Self.count("<circle class=\"worse\"", in: html) == 2 + 2)
        #expect(Self.count("<circle class=\"choice\"", in: html) == 2)
        #expect(Self.count(">budget</text>", in: html) == 2)
        #expect(html.contains("measured on <bdi>9 &lt;sentences&gt;</bdi>"))
        let names = ["small", "large", "dear", "same"].compactMap {
            html.firstRange(of: "<bdi>\($0) 4 bits</bdi>")?.lowerBound
        }
        #expect(names.count == 4 && names == names.sorted())
        #expect(Self.count("over the budget", in: html) == 1)
        #expect(html.contains("∞ dB"))
    }

    @Test("8 bits everywhere is a square beside the choices, whether it is one of them or not")
    func baseline() {
        for isListed in [false, true] {
            var front = Self.front
            front.baseline = WidthPoint(bytes: 3500, bits: [:], agreement: 1, sqnrDB: 28)
            if isListed, let baseline = front.baseline { front.points.append(baseline) }
            let html = Self.html { $0.front = front }
            // In agreement nothing is better; in SQNR the smallest of all is.
            #expect(Self.count("<rect class=\"best\"", in: html) == 1)
            #expect(Self.count("<rect class=\"worse\"", in: html) == 1)
            #expect(Self.count("<bdi>8 bits</bdi>", in: html) == 1)
            #expect(html.contains("The square is 8 bits everywhere."))
        }
        #expect(!Self.html { $0.front = Self.front }.contains("The square"))
    }

    @Test("an axis of shares ends at 100", arguments: [[0.5, 0.6], [0.98, 1], [1, 1], [0.2, 0.999]])
    func shares(agreements: [Double]) throws {
        let points = agreements.enumerated().map { index, share in
            WidthPoint(bytes: 1000 * (index + 1), bits: ["p\(index)": 4], agreement: share, sqnrDB: 20)
        }
        let html = Self.html { $0.front = ReportContent.Front(points: points) }
        let drawing = try #require(html.components(separatedBy: "<svg class=\"pareto\"").dropFirst().first)
        let labels = drawing.components(separatedBy: "class=\"axis end\"").dropFirst().compactMap {
            Double($0.components(separatedBy: ">").dropFirst().first?.components(separatedBy: "<").first ?? "")
        }
        #expect(labels.count >= 2 && labels.allSatisfy { $0 <= 100 }, "\(labels)")
        // The plot's upper edge is at 24: a point of 100 % lies on it, none above.
        let heights = drawing.components(separatedBy: "cy=\"").dropFirst().compactMap {
            Double($0.components(separatedBy: "\"").first ?? "")
        }
        #expect(heights.count == 2 && heights.allSatisfy { $0 >= 24 }, "\(heights)")
        #expect(agreements.max() != 1 || heights.contains(24), "\(heights)")
    }

    // MARK: Numbers

    private static func numbers(_ kind: Predictions.Kind, _ targets: [Double]) throws(EmbqError) -> String {
        let answers: [Float] = [0.1, 0.485, 0.49, 0.9]
        let comparison = try Comparison(
            reference: Predictions(kind, logits: answers), test: Predictions(kind, logits: answers.map { $0 - 0.01 }),
            targets: .values(targets), metric: .spearman)
        return try html { content throws(EmbqError) in
            content.accuracy = MeasuredAccuracy(
                task: "t", data: try ReportSamples.data(labels: ["1", "2"], rows: 4), comparison: comparison,
                limits: AccuracyLimits())
        }
    }

    @Test("the line of equals is drawn where both axes measure the same")
    func scales() throws {
        let (own, other) = ([0.0, 0.4, 0.6, 1], [0.0, 2, 3, 5])
        for (kind, targets, lines) in [
            (Predictions.Kind.regression, other, 2), (.cosine, own, 2), (.cosine, other, 1), (.share, other, 1),
            (.share, own, 2),
        ] {
            let html = try Self.numbers(kind, targets)
            #expect(Self.count("<svg class=\"scatter\"", in: html) == 2)
            #expect(Self.count("<path class=\"diagonal\"", in: html) == lines, "\(kind)")
            #expect(Self.count("each axis has a scale of its own", in: html) == 2 - lines, "\(kind)")
        }
    }

    @Test("an encoder's cosines are counted in bars, fp32's in a line over them")
    func cosines() throws {
        let html = try Self.numbers(.cosine, [0, 2, 3, 5])
        let drawing = try #require(html.components(separatedBy: "<svg class=\"cosines\"").dropFirst().first)
        let bars = try #require(drawing.components(separatedBy: "<path class=\"bar\" d=\"").dropFirst().first)
        // Two of the four are nearer than a bar is wide.
        #expect(bars.prefix { $0 != "\"" }.count { $0 == "z" } == 3)
        #expect(Self.count("<path class=\"outline\"", in: html) == 1)
        #expect(try !Self.numbers(.regression, [0, 2, 3, 5]).contains("<svg class=\"cosines\""))
    }

    // MARK: Provenance

    @Test("how the result was made stands beside the digests, escaped")
    func making() {
        let html = Self.html { $0.making = [ReportContent.Fact("Command", "embq package 'a<b' --budget 1kB")] }
        #expect(html.contains("<h2 id=\"sources-title\">Provenance</h2>"))
        #expect(html.contains("<dd><bdi>embq package &#39;a&lt;b&#39; --budget 1kB</bdi></dd>"))
        #expect(!Self.html { _ in }.contains("Provenance"))
    }

    @Test(
        "a choice is named by its tensors of few bits, or by how many they are",
        arguments: [
            ([], "8 bits"), ([4], "t0 4 bits"), ([1, 2.53, 6], "t0 1 bit, t1 2.5 bits, t2 6 bits"),
            ([4, 4, 4, 4], "4 tensors in 4 bits"), ([1, 2, 3.25, 6, 2], "5 tensors in 1 to 6 bits"),
        ] as [([Double], String)])
    func choice(bits: [Double], name: String) {
        let named = Dictionary(uniqueKeysWithValues: bits.enumerated().map { ("t\($0)", $1) })
        let point = WidthPoint(bytes: 1, bits: named, agreement: 1, sqnrDB: 1)
        let html = Self.html { $0.front = ReportContent.Front(points: [point]) }
        #expect(html.replacing("<wbr>", with: "").contains("<bdi>\(name)</bdi>"))
    }

    @Test("a metric is drawn when it was measured")
    func score() {
        var front = Self.front
        front.points[0].score = 0.5
        let html = Self.html { $0.front = front }
        #expect(Self.count("<svg class=\"pareto\"", in: html) == 3)
        #expect(html.contains(">50.00</td>") && html.contains(">–</td>"))
    }

    @Test("what gives no answers has no agreement to draw")
    func noAgreement() {
        var front = Self.front
        for index in front.points.indices { front.points[index].agreement = nil }
        let html = Self.html { $0.front = front }
        #expect(Self.count("<svg class=\"pareto\"", in: html) == 1)
        #expect(html.contains(">–</td>"))
    }

    @Test("a long list of choices keeps the one that was made")
    func longFront() {
        var points = (0..<80).map { WidthPoint(bytes: $0, bits: ["p\($0)": 4], agreement: 1, sqnrDB: 1) }
        points[77].chosen = true
        let html = Self.html { $0.front = ReportContent.Front(points: points) }
        #expect(html.contains("<bdi>p77 4 bits</bdi>") && !html.contains("<bdi>p78 4 bits</bdi>"))
        #expect(html.contains("30 more not shown."))
        #expect(!Self.html { $0.front = ReportContent.Front(points: []) }.contains("<section"))
    }
}
