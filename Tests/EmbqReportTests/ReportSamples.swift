import EmbqArtifact
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqQuantization
import EmbqReport

/// Made-up contents that look like real ones: the same at every run.
enum ReportSamples {
    /// A small linear congruential generator.
    struct Random {
        var state: UInt64

        mutating func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53)
        }

        /// Roughly normal, of variance 1.
        mutating func normal() -> Float { Float((0..<12).reduce(-6.0) { sum, _ in sum + next() }) }
    }

    static let intents = [
        "AddToPlaylist", "BookRestaurant", "GetWeather", "PlayMusic", "RateBook", "SearchCreativeWork",
        "SearchScreeningEvent",
    ]

    static func data(labels: [String], rows: Int) throws(EmbqError) -> LabelledData {
        let texts = [
            "add sabrina salerno to the grime instrumentals playlist",
            "i want to bring four people to a place that s close to downtown that serves churrascaria cuisine",
            "what is the weather forecast for close-by burkina at 10 am",
            "find the <b>schedule</b> & \"showtimes\" for Heart of the Mountain at the nearest cinema in مدينة",
            "I thoroughly enjoyed the performances, yet the film drags for what feels like a very long evening indeed.",
        ]
        let lines = (0..<rows).map { "\(labels[$0 % labels.count])\t\(texts[$0 % texts.count])" }
        return try LabelledData(
            bytes: Array(("label\ttext\n" + lines.joined(separator: "\n")).utf8), file: "/data/test.tsv")
    }

    /// A classifier that is mostly right, and its int8 copy with noise on the logits.
    static func classifier(labels: [String], rows: Int, noise: Float, seed: UInt64) throws(EmbqError) -> (
        LabelledData, Comparison
    ) {
        var random = Random(state: seed)
        let table = try data(labels: labels, rows: rows)
        let expected = try table.classIndices(labels: labels)
        var (reference, test): ([[Float]], [[Float]]) = ([], [])
        for id in expected {
            let logits = labels.indices.map { random.normal() + ($0 == id ? 4.5 : 0) }
            reference.append(logits)
            test.append(logits.map { $0 + noise * random.normal() })
        }
        let kind = Predictions.Kind.classes(labels)
        return (
            table,
            try Comparison(
                reference: Predictions(kind, rows: reference), test: Predictions(kind, rows: test),
                targets: .classes(expected), metric: .accuracy)
        )
    }

    static func accuracy(
        labels: [String], rows: Int, noise: Float, limits: AccuracyLimits = AccuracyLimits(), seed: UInt64 = 1
    ) throws(EmbqError) -> MeasuredAccuracy {
        let (table, comparison) = try classifier(labels: labels, rows: rows, noise: noise, seed: seed)
        return MeasuredAccuracy(task: "snips", data: table, comparison: comparison, limits: limits)
    }

    static func regression(rows: Int, noise: Float) throws(EmbqError) -> MeasuredAccuracy {
        var random = Random(state: 7)
        let targets = (0..<rows).map { _ in (random.next() * 50).rounded() / 10 }
        let reference = targets.map { Float($0) + 0.6 * random.normal() }
        let test = reference.map { $0 + noise * random.normal() }
        return try numbers(.regression, reference, test, targets)
    }

    /// Cosines between 0.2 and 1, of pairs that people scored from 0 to 5.
    static func cosines(rows: Int, noise: Float) throws(EmbqError) -> MeasuredAccuracy {
        var random = Random(state: 13)
        let targets = (0..<rows).map { _ in (random.next() * 50).rounded() / 10 }
        let reference = targets.map { min(1, 0.3 + 0.12 * Float($0) + 0.08 * random.normal()) }
        let test = reference.map { min(1, $0 + noise * random.normal()) }
        return try numbers(.cosine, reference, test, targets)
    }

    private static func numbers(
        _ kind: Predictions.Kind, _ reference: [Float], _ test: [Float], _ targets: [Double]
    ) throws(EmbqError) -> MeasuredAccuracy {
        let comparison = try Comparison(
            reference: Predictions(kind, logits: reference), test: Predictions(kind, logits: test),
            targets: .values(targets), metric: .spearman)
        return MeasuredAccuracy(
            task: "stsb", data: try data(labels: ["1.5", "2"], rows: targets.count), comparison: comparison,
            limits: AccuracyLimits(maxDropPoints: 0.3))
    }

    /// Intervals around the scores, and McNemar's counts with a made-up p.
    static func statistics(_ comparison: Comparison) -> ComparisonStatistics {
        func around(_ value: Double, _ half: Double, most: Double = 1) -> ClosedRange<Double> {
            value - half...min(value + half, most)
        }
        var mcnemar: McNemarTest?
        if case .classes(let expected) = comparison.targets {
            let right = expected.indices.map { row in
                (comparison.reference.classIDs[row] == expected[row], comparison.test.classIDs[row] == expected[row])
            }
            mcnemar = McNemarTest(
                onlyReferenceRight: right.count { $0.0 && !$0.1 }, onlyTestRight: right.count { !$0.0 && $0.1 })
        }
        return ComparisonStatistics(
            method: "paired bootstrap of the rows, 10,000 resamples",
            referenceScore: around(comparison.referenceScore, 0.014), testScore: around(comparison.testScore, 0.015),
            dropPoints: around(comparison.dropPoints, 0.6, most: 100), agreement: around(comparison.agreement, 0.006),
            mcnemar: mcnemar)
    }

    static let memory = Footprint(
        weights: 368_128, tables: 9_472, tokenizer: 141_316,
        arena: [16: 6_144, 64: 19_200, 128: 36_608, 256: 71_424], length: 256)

    static let memoryGroups = [
        ("embedder.token", .weights, 131_072), ("embedder.position", .weights, 4_096), ("layers.0", .weights, 60_000),
        ("layers.1", .weights, 60_000), ("layers.2", .weights, 60_000), ("layers.3", .weights, 52_960),
        ("program", .tables, 1_356), ("layers.0", .tables, 8_016), ("labels", .tables, 100),
    ].map(ReportContent.MemoryGroup.init)

    static let ranges = (0..<8).map { index in
        ActivationQuantizer(
            name: "layers.\(index / 2).\(index % 2 == 0 ? "attention.query" : "convolution.output.activation")",
            scale: 0.0234 * Double(index + 4) / 4, zeroPoint: index * 7 - 20, integers: -128...127)
    }

    /// Values of ``ranges``, by name.
    static let histograms = Dictionary(
        uniqueKeysWithValues: ranges.enumerated().map { ($1.name, histogram(seed: UInt64($0))) })

    /// Values around 0, with a few as far away as 12.5.
    private static func histogram(seed: UInt64) -> ActivationHistogram {
        var random = Random(state: seed)
        return histogram(
            exponent: 4,
            counts: (0..<ActivationHistogram.bins).map { bin in
                let x = (Double(bin - ActivationHistogram.bins / 2) + 0.5) / 128
                return x.magnitude > 12.5 ? 0 : 1 + UInt64(1600 / (1 + x * x * x * x) * (0.5 + random.next()))
            })
    }

    /// A histogram with these counts over [-2^exponent, 2^exponent).
    static func histogram(exponent: Int, counts: [UInt64]) -> ActivationHistogram {
        ActivationHistogram(exponent: exponent, counts: counts, minimum: 0, maximum: 0, sentences: nil)
    }

    /// Points that a search for a byte budget could have measured.
    static let front: ReportContent.Front = {
        let linears = (0..<4).flatMap { layer in ["query", "key", "value"].map { "layers.\(layer).\($0).weight" } }
        let (token, position) = ("embedder.token.weight", "embedder.position.weight")
        let measured: [([String], Double, Int, Double, Double, Double)] = [
            ([], 4, 449_024, 0.9986, 42.1, 0.9657), ([token], 4.25, 383_488, 0.9971, 28.4, 0.9643),
            (linears, 2, 342_080, 0.9871, 23.6, 0.96), ([token] + linears, 3, 276_544, 0.98, 19.3, 0.9571),
            ([position], 6, 446_976, 0.9971, 39.8, 0.9657), ([token, position], 5, 399_872, 0.9986, 31.6, 0.9657),
        ]
        var points = measured.map { names, bits, bytes, agreement, sqnr, score in
            WidthPoint(
                bytes: bytes, bits: Dictionary(uniqueKeysWithValues: names.map { ($0, bits) }), agreement: agreement,
                score: score, sqnrDB: sqnr)
        }
        points[1].chosen = true
        return ReportContent.Front(
            points: points, baseline: WidthPoint(bytes: 449_024, bits: [:], agreement: 1, score: 0.9657, sqnrDB: 42),
            measuredOn: "512 calibration sentences")
    }()

    private static let soundRatios = [
        ("embedder", 47.31), ("layers.0", 41.7), ("layers.1", 38.02), ("layers.2", 35.5), ("classifier", 42.9),
    ]

    /// Signal to noise, measured on 64 sentences.
    static func layers(_ ratios: [(String, Double)]) -> LayerSQNR {
        LayerSQNR(sentences: 64, layers: ratios.map { LayerSQNR.Layer(name: $0.0, bits: 8, ratio: $0.1) })
    }

    /// Every part filled, as `package` would.
    static func full(_ accuracy: MeasuredAccuracy?) -> ReportContent {
        var content = ReportContent(
            title: "embbert-snips", subtitle: "Quantized to int8 and checked with the device's own code")
        content.facts = [
            ReportContent.Fact("Family", "EmbBERT, SequenceClassifier"), ReportContent.Fact("Parameters", "357,248"),
            ReportContent.Fact("Observer", "percentile 99.99"), ReportContent.Fact("Calibration", "512 sentences"),
        ]
        content.checks = [
            ReportContent.Check(
                name: "Recorded check vectors", limit: "all equal, bit for bit", measured: "16 of 16", passed: true)
        ]
        content.accuracy = accuracy
        if let comparison = accuracy?.comparison {
            content.accuracy?.statistics = statistics(comparison)
        }
        content.layers = layers(soundRatios)
        content.ranges = ranges
        content.histograms = histograms
        content.rangeSentences = "512 calibration sentences"
        content.memory = memory
        content.memoryGroups = memoryGroups
        content.budget = 500_000
        content.front = front
        content.making = [
            ReportContent.Fact("Methods beyond rounding to the nearest", "folding, balance, bias-correction"),
            ReportContent.Fact("Command", "embq package embbert-snips --data train.tsv --test test.tsv --max-drop 0.3"),
        ]
        content.sources = [
            ("Checkpoint", "/models/embbert-snips/model.safetensors"),
            ("Tokenizer", "/models/embbert-snips/tokenizer.json"),
            ("Calibration data", "train.tsv"), ("Test data", "test.tsv"),
        ].map { ReportContent.Source(role: $0, path: $1, sha256: String(repeating: "0123456789abcdef", count: 4)) }
        return content
    }

    // MARK: By name

    /// Reports of every kind, under the names that `Tests/report/check.py` prints.
    static func named() throws(EmbqError) -> [(name: String, content: ReportContent)] {
        let strict = AccuracyLimits(maxDropPoints: 0.3, minAgreement: 0.99)
        var failed = full(try accuracy(labels: intents, rows: 700, noise: 0.35, limits: strict))
        failed.layers = layers(soundRatios[..<3] + [("layers.2", 17.8), soundRatios[4], ("logits", 13.2)])
        failed.budget = 400_000
        return [
            ("failed", failed),
            (
                "passed",
                full(try accuracy(labels: ["negative", "positive"], rows: 500, noise: 0, limits: strict))
            ),
            (
                "many-labels",
                manyPoints(full(try accuracy(labels: (0..<64).map { "class_\($0)" }, rows: 3000, noise: 0.3)))
            ),
            ("twelve-labels", full(try accuracy(labels: (0..<12).map { "topic \($0)" }, rows: 3600, noise: 0.3))),
            ("regression", full(try regression(rows: 300, noise: 0.06))),
            ("encoder", full(try cosines(rows: 300, noise: 0.02))),
            ("no-accuracy", full(nil)),
            ("alone", try alone()),
            ("unlabelled", try unlabelled()),
            ("minimal", ReportContent(title: "model")),
            ("damaged", damaged()),
            ("hostile", try hostile()),
        ]
    }

    /// A model that no runtime opens.
    private static func damaged() -> ReportContent {
        var content = ReportContent(title: "model")
        content.live = ReportContent.LiveModel(artifact: [UInt8]("EMBQ, and nothing of it".utf8))
        return content
    }

    /// A model without its reference.
    private static func alone() throws(EmbqError) -> ReportContent {
        let (table, comparison) = try classifier(labels: ["A", "B"], rows: 100, noise: 0, seed: 3)
        var content = ReportContent(title: "model")
        content.accuracy = MeasuredAccuracy(
            task: "sst2", data: table, predictions: comparison.test, scores: comparison.testScores, metric: .accuracy,
            score: comparison.testScore)
        return content
    }

    /// Data without labels.
    private static func unlabelled() throws(EmbqError) -> ReportContent {
        var content = full(nil)
        let (table, comparison) = try classifier(labels: intents, rows: 300, noise: 0.4, seed: 9)
        let rows = table.rows.map { LabelledData.Row(text: $0.text, label: nil, line: $0.line) }
        content.answers = MeasuredAgreement(
            task: "logs",
            data: LabelledData(file: table.file, sha256: table.sha256, rows: rows),
            agreement: comparison.answers, limits: AccuracyLimits(minAgreement: 0.995))
        return content
    }

    /// As a deep model has them: many layers, ranges of every shape, a crowded front.
    private static func manyPoints(_ content: ReportContent) -> ReportContent {
        var content = content
        var random = Random(state: 11)
        content.layers = layers(
            (0..<40).map { index in
                let part = ["norm", "query", "context", "intermediate", "output"][index % 5]
                return ("encoder.layer.\(index / 5).\(part)", 44 - Double(index) / 2 + 3 * random.next())
            })
        // Nearly everything outside, a range at either edge, and ranges much wider and narrower than what was seen.
        for (index, (scale, integers)) in [
            (8e-5, -127...127), (0.1, -124 ... -123), (0.1, 123...124), (8e3, -127...127), (0.16, -127...127),
            (8e-8, -127...127),
        ]
        .enumerated() {
            content.ranges[index] = ActivationQuantizer(
                name: content.ranges[index].name, scale: scale, zeroPoint: 0, integers: integers)
        }
        // One value, and two that are far apart.
        var one = ActivationHistogram()
        one.add([-3e-4])
        content.histograms[content.ranges[6].name] = one
        var counts = [UInt64](repeating: 0, count: ActivationHistogram.bins)
        (counts[2_048], counts[3_600]) = (1, 4_000_000_000)
        content.histograms[content.ranges[7].name] = histogram(exponent: 15, counts: counts)
        content.front?.points = (0..<60).map { index in
            let bytes = 250_000 + Int(200_000 * random.next())
            let quality = 1 - 0.03 * random.next() * 250_000 / Double(bytes)
            var point = WidthPoint(
                bytes: bytes, bits: ["choice \(index)": 4], agreement: quality, sqnrDB: 20 + 25 * random.next())
            point.chosen = index == 59
            return point
        }
        return content
    }

    /// Names and texts that want to leave their place: markup, right-to-left text, a word without an end, nothing.
    private static func hostile() throws(EmbqError) -> ReportContent {
        let endless = String(repeating: "Endless", count: 715)
        let labels = [
            "</td></table><script>document.title = 'broken'</script>", endless, "\u{202E}مرحبا بالعالم", "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳",
            "<img src=x onerror=alert(1)>", "\u{0}\u{1B}[31mred", "a&amp;b \"quoted\" 'single'",
            String(repeating: "\u{0301}", count: 900),
        ]
        let texts =
            labels + ["", " ", "]]> <!-- <style>*{display:none}</style>", "\u{2028}\u{2029}\u{FEFF}", "שלום <b>world"]
        let expected = (0..<120).map { $0 % labels.count }
        var random = Random(state: 5)
        let reference = expected.map { id in labels.indices.map { random.normal() + ($0 == id ? 3 : 0) } }
        let kind = Predictions.Kind.classes(labels)
        let comparison = try Comparison(
            reference: Predictions(kind, rows: reference),
            test: Predictions(kind, rows: reference.map { $0.map { $0 + 0.8 * random.normal() } }),
            targets: .classes(expected), metric: .accuracy)
        let rows = expected.enumerated().map { index, id in
            LabelledData.Row(text: texts[index % texts.count], label: labels[id], line: index + 2)
        }
        var content = full(
            MeasuredAccuracy(
                task: endless,
                data: LabelledData(file: endless, sha256: endless, rows: rows),
                comparison: comparison, limits: AccuracyLimits(maxDropPoints: 0.3, minAgreement: 0.99)))
        content.title = labels[0] + endless
        content.subtitle = labels[2] + endless
        content.facts = labels.map { ReportContent.Fact($0, $0) }
        content.checks = labels.map { ReportContent.Check(name: $0, limit: $0, measured: $0, passed: false) }
        content.accuracy?.statistics?.method = endless
        content.layers = layers(labels.map { ($0, 12) })
        for index in labels.indices {
            content.histograms[labels[index]] = content.histograms[content.ranges[index].name]
            content.ranges[index].name = labels[index]
        }
        content.memoryGroups = labels.map { ReportContent.MemoryGroup(name: $0, section: .weights, bytes: 46_016) }
        content.front?.measuredOn = endless
        content.front?.points = labels.enumerated().map { index, name in
            var point = WidthPoint(bytes: 1000 * index, bits: [name: 4], agreement: 0.5, sqnrDB: .nan)
            point.chosen = true
            return point
        }
        content.making = labels.map { ReportContent.Fact($0, $0) }
        content.sources = labels.map { ReportContent.Source(role: $0, path: $0, sha256: $0) }
        return content
    }
}
