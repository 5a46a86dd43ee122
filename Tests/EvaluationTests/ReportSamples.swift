import Evaluation
import TensorCore

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
    ) throws(EmbqError) -> ReportContent.Accuracy {
        let (table, comparison) = try classifier(labels: labels, rows: rows, noise: noise, seed: seed)
        return ReportContent.Accuracy(task: "snips", data: table, comparison: comparison, limits: limits)
    }

    static func regression(rows: Int, noise: Float) throws(EmbqError) -> ReportContent.Accuracy {
        var random = Random(state: 7)
        let targets = (0..<rows).map { _ in (random.next() * 50).rounded() / 10 }
        let reference = targets.map { Float($0) + 0.6 * random.normal() }
        let test = reference.map { $0 + noise * random.normal() }
        let comparison = try Comparison(
            reference: Predictions(.regression, logits: reference), test: Predictions(.regression, logits: test),
            targets: .values(targets), metric: .spearman)
        return ReportContent.Accuracy(
            task: "stsb", data: try data(labels: ["1.5", "2"], rows: rows), comparison: comparison,
            limits: AccuracyLimits(maxDropPoints: 0.3))
    }

    static let memory = ReportContent.MemoryMap(
        weights: 368_128, tables: 9_472, tokenizer: 141_316,
        arena: [
            ReportContent.ArenaSize(length: 16, bytes: 6_144), ReportContent.ArenaSize(length: 64, bytes: 19_200),
            ReportContent.ArenaSize(length: 128, bytes: 36_608), ReportContent.ArenaSize(length: 256, bytes: 71_424),
        ], budget: 500_000)

    static let ranges: [ReportContent.QuantizedRange] = (0..<8).map { index in
        var random = Random(state: UInt64(index))
        let counts = (0..<256).map { bin in
            let x = Double(bin - 128) / 40
            return Int(20_000 / (1 + x * x * x * x) * (0.5 + random.next())) / (bin < 12 || bin > 244 ? 400 : 1)
        }
        return ReportContent.QuantizedRange(
            name: "layers.\(index / 2).\(index % 2 == 0 ? "attention.query" : "convolution.output.activation")",
            low: -2.875 - Double(index), high: 3.0625, scale: 0.0234 / Double(index + 1), zeroPoint: index * 7 - 20,
            clipFraction: 0.00042 * Double(index),
            histogram: ReportContent.Histogram(low: -12.5, high: 12.5, counts: counts))
    }

    /// Every part filled, as `package` would.
    static func full(_ accuracy: ReportContent.Accuracy?) -> ReportContent {
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
        content.layers = [
            ("embedder", 47.31), ("layers.0", 41.7), ("layers.1", 38.02), ("layers.2", 35.5), ("classifier", 42.9),
        ]
        .map(ReportContent.LayerError.init)
        content.ranges = ranges
        content.memory = memory
        content.sources = [
            ("Checkpoint", "/models/embbert-snips/model.safetensors"),
            ("Tokenizer", "/models/embbert-snips/tokenizer.json"),
            ("Calibration data", "train.tsv"), ("Test data", "test.tsv"),
        ].map { ReportContent.Source(role: $0, path: $1, sha256: String(repeating: "0123456789abcdef", count: 4)) }
        return content
    }
}
