import TensorCore

/// What a report shows. Every part but the title is optional: a part that is nil or empty leaves no trace.
public struct ReportContent: Sendable, Equatable {
    /// A short fact: `Family`, `EmbBERT`.
    public struct Fact: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A condition that the artifact had to meet.
    public struct Check: Sendable, Equatable {
        public var name: String
        /// What was asked for: `at most 0.3 points`.
        public var limit: String
        /// What was found: `0.143 points`.
        public var measured: String
        public var passed: Bool

        public init(name: String, limit: String, measured: String, passed: Bool) {
            self.name = name
            self.limit = limit
            self.measured = measured
            self.passed = passed
        }
    }

    /// How well a model answered labelled data, beside its fp32 reference when there is one.
    public struct Accuracy: Sendable, Equatable {
        public var task: String
        /// The rows that were answered, in the order of the predictions.
        public var data: LabelledData
        public var predictions: Predictions
        public var scores: Scores
        public var metric: Metric
        public var score: Double
        public var comparison: Comparison?
        /// How sure the scores are; nil when it was not computed.
        public var statistics: Statistics?
        public var limits: AccuracyLimits

        /// An int8 model compared with its reference.
        public init(task: String, data: LabelledData, comparison: Comparison, limits: AccuracyLimits) {
            precondition(data.rows.count == comparison.test.rows)
            self.task = task
            self.data = data
            predictions = comparison.test
            scores = comparison.testScores
            metric = comparison.metric
            score = comparison.testScore
            self.comparison = comparison
            self.limits = limits
        }

        /// A model on its own; `score` is the metric's value.
        public init(
            task: String, data: LabelledData, predictions: Predictions, scores: Scores, metric: Metric, score: Double
        ) {
            precondition(data.rows.count == predictions.rows)
            self.task = task
            self.data = data
            self.predictions = predictions
            self.scores = scores
            self.metric = metric
            self.score = score
            comparison = nil
            limits = AccuracyLimits()
        }
    }

    /// How alike a model answers data without labels as its fp32 reference does.
    public struct Answers: Sendable, Equatable {
        public var task: String
        /// The rows that were answered, in the order of the predictions.
        public var data: LabelledData
        public var agreement: Agreement
        public var limits: AccuracyLimits

        public init(task: String, data: LabelledData, agreement: Agreement, limits: AccuracyLimits) {
            precondition(data.rows.count == agreement.test.rows)
            self.task = task
            self.data = data
            self.agreement = agreement
            self.limits = limits
        }
    }

    /// Counts of the values seen at a quantized point, in bins of equal width from `low` to `high`.
    public struct Histogram: Sendable, Equatable {
        public var low: Double
        public var high: Double
        public var counts: [Int]

        public init(low: Double, high: Double, counts: [Int]) {
            self.low = low
            self.high = high
            self.counts = counts
        }
    }

    /// A point of the model that calibration gave a range.
    public struct QuantizedRange: Sendable, Equatable {
        public var name: String
        /// The range that the observer chose, in real values.
        public var low: Double
        public var high: Double
        /// The real value of one step.
        public var scale: Double
        /// The integer that stands for 0.
        public var zeroPoint: Int
        /// The share of values outside the range, 0 to 1; nil where none were looked at.
        public var clipFraction: Double?
        public var histogram: Histogram?

        public init(
            name: String, low: Double, high: Double, scale: Double, zeroPoint: Int, clipFraction: Double?,
            histogram: Histogram? = nil
        ) {
            self.name = name
            self.low = low
            self.high = high
            self.scale = scale
            self.zeroPoint = zeroPoint
            self.clipFraction = clipFraction
            self.histogram = histogram
        }
    }

    /// The working memory for one length of input.
    public struct ArenaSize: Sendable, Equatable {
        /// In tokens.
        public var length: Int
        public var bytes: Int

        public init(length: Int, bytes: Int) {
            self.length = length
            self.bytes = bytes
        }
    }

    /// A part of the artifact that ``MemoryMap`` counts as a whole.
    public enum MemorySection: Sendable, Equatable { case weights, tables, tokenizer }

    /// Tensors that belong together: an embedder, a layer, a head.
    public struct MemoryGroup: Sendable, Equatable {
        public var name: String
        public var section: MemorySection
        public var bytes: Int

        public init(name: String, section: MemorySection, bytes: Int) {
            self.name = name
            self.section = section
            self.bytes = bytes
        }
    }

    /// Where the device's memory goes, in bytes.
    public struct MemoryMap: Sendable, Equatable {
        public var weights: Int
        public var tables: Int
        /// Apart: not in ``total``.
        public var tokenizer: Int
        /// By length, rising; includes ``totalLength``.
        public var arena: [ArenaSize]
        /// The length that ``total`` counts: 256, or the model's maximum where that is shorter.
        public var totalLength: Int
        /// The most that ``total`` may be; nil when none was set.
        public var budget: Int?
        /// What ``weights``, ``tables`` and ``tokenizer`` consist of, in the artifact's order; none where it is not
        /// known. The groups of a section add up to it.
        public var groups: [MemoryGroup]

        public init(
            weights: Int, tables: Int, tokenizer: Int, arena: [ArenaSize], totalLength: Int = 256, budget: Int? = nil,
            groups: [MemoryGroup] = []
        ) {
            self.weights = weights
            self.tables = tables
            self.tokenizer = tokenizer
            self.arena = arena
            self.totalLength = totalLength
            self.budget = budget
            self.groups = groups
        }

        /// The arena at ``totalLength``; 0 when it is not listed.
        public var arenaAtTotal: Int { arena.first { $0.length == totalLength }?.bytes ?? 0 }
        /// Weights, tables and the arena at ``totalLength``.
        public var total: Int { weights + tables + arenaAtTotal }
    }

    /// A file that the result follows from.
    public struct Source: Sendable, Equatable {
        /// What it is: `Checkpoint`, `Calibration data`.
        public var role: String
        /// The file's name without its folder, so that a report does not depend on where files lie.
        public let name: String
        /// 64 hexadecimal digits.
        public var sha256: String

        public init(role: String, path: String, sha256: String) {
            self.role = role
            name = path.split(separator: "/").last.map(String.init) ?? path
            self.sha256 = sha256
        }
    }

    /// The model's name.
    public var title: String
    /// What was done, in a few words.
    public var subtitle: String
    public var facts: [Fact] = []
    /// Conditions beyond accuracy and memory, which are taken from their limits.
    public var checks: [Check] = []
    public var accuracy: Accuracy?
    /// In place of ``accuracy`` for data without labels.
    public var answers: Answers?
    public var layers: LayerSQNR?
    public var ranges: [QuantizedRange] = []
    /// What the histograms of ``ranges`` are of: `294 calibration sentences`.
    public var rangeSentences = ""
    public var memory: MemoryMap?
    /// The choices that a search for a byte budget had.
    public var front: Front?
    public var sources: [Source] = []

    public init(title: String, subtitle: String = "") {
        self.title = title
        self.subtitle = subtitle
    }

    /// Every condition: the accuracy's limits, the memory's budget, then ``checks``.
    public var allChecks: [Check] {
        (accuracy?.checks ?? []) + (answers?.checks ?? []) + (memory?.checks ?? []) + checks
    }

    /// The answers beside fp32's, with or without labels.
    var compared: (data: LabelledData, answers: Agreement)? {
        if let answers { return (answers.data, answers.agreement) }
        return accuracy.flatMap { accuracy in accuracy.comparison.map { (accuracy.data, $0.answers) } }
    }
}

extension ReportContent.Check {
    /// The least share of rows that must agree, if there is one, beside what was found.
    fileprivate static func agreement(_ limits: AccuracyLimits, _ share: Double) -> [Self] {
        guard let limit = limits.minAgreement else { return [] }
        return [
            Self(
                name: "Rows answered as fp32 does", limit: "at least \((limit * 100).fixed(2)) %",
                measured: "\((share * 100).fixed(2)) %", passed: limits.violations(agreement: share).isEmpty)
        ]
    }
}

extension ReportContent.Answers {
    var checks: [ReportContent.Check] { ReportContent.Check.agreement(limits, agreement.share) }
}

extension ReportContent.Accuracy {
    /// The limits that were set, beside what was measured.
    var checks: [ReportContent.Check] {
        guard let comparison else { return [] }
        var checks: [ReportContent.Check] = []
        if let limit = limits.maxDropPoints {
            let alone = AccuracyLimits(maxDropPoints: limit)
            checks.append(
                ReportContent.Check(
                    name: "\(metric.title) lost", limit: "at most \(limit) points",
                    measured: "\(comparison.dropPoints.fixed(3)) points",
                    passed: alone.violations(comparison).isEmpty))
        }
        if let limit = limits.maxDropUpperBound {
            let alone = AccuracyLimits(maxDropUpperBound: limit)
            checks.append(
                ReportContent.Check(
                    name: "\(metric.title) lost, upper end of its interval", limit: "at most \(limit) points",
                    measured: "\(comparison.dropInterval.upperBound.fixed(3)) points",
                    passed: alone.violations(comparison).isEmpty))
        }
        return checks + ReportContent.Check.agreement(limits, comparison.agreement)
    }
}

extension ReportContent.MemoryMap {
    /// The budget, beside the total.
    var checks: [ReportContent.Check] {
        guard let budget else { return [] }
        return [
            ReportContent.Check(
                name: "Memory at \(totalLength) tokens", limit: "at most \(budget.grouped) B",
                measured: "\(total.grouped) B", passed: total <= budget)
        ]
    }
}
