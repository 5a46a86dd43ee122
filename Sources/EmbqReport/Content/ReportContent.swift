package import EmbqArtifact
import EmbqCore
import EmbqData
package import EmbqEvaluation
package import EmbqQuantization

/// What a report shows. Every part but the title is optional: a part that is nil or empty leaves no trace.
package struct ReportContent: Sendable, Equatable {
    /// A short fact: `Family`, `EmbBERT`.
    package struct Fact: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A condition that the artifact had to meet.
    package struct Check: Sendable, Equatable {
        package var name: String
        /// What was asked for: `at most 0.3 points`.
        package var limit: String
        /// What was found: `0.143 points`.
        package var measured: String
        package var passed: Bool

        package init(name: String, limit: String, measured: String, passed: Bool) {
            self.name = name
            self.limit = limit
            self.measured = measured
            self.passed = passed
        }
    }

    /// Tensors that belong together: an embedder, a layer, a head.
    package struct MemoryGroup: Sendable, Equatable {
        package var name: String
        /// Part of the footprint that counts the group: `.weights`, `.tables` or `.tokenizer`.
        package var section: ArtifactFormat.Tag
        package var bytes: Int

        package init(name: String, section: ArtifactFormat.Tag, bytes: Int) {
            self.name = name
            self.section = section
            self.bytes = bytes
        }
    }

    /// What a report needs to run its model in the browser.
    package struct LiveModel: Sendable, Equatable {
        package var artifact: [UInt8]
        /// What makes scores of the logits: `softmax`, `sigmoid` or `identity`.
        package var scores: String
        /// How the embeddings of two texts are compared: `cosine`, `dot`, `euclidean` or `manhattan`.
        package var similarity: String

        package init(artifact: [UInt8], scores: String = "softmax", similarity: String = "cosine") {
            self.artifact = artifact
            self.scores = scores
            self.similarity = similarity
        }
    }

    /// A file that the result follows from.
    package struct Source: Sendable, Equatable {
        /// What it is: `Checkpoint`, `Calibration data`.
        package var role: String
        /// The file's name without its folder, so that a report does not depend on where files lie.
        package let name: String
        /// 64 hexadecimal digits.
        package var sha256: String

        package init(role: String, path: String, sha256: String) {
            self.role = role
            name = path.split(separator: "/").last.map(String.init) ?? path
            self.sha256 = sha256
        }
    }

    /// The model's name.
    package var title: String
    /// What was done, in a few words.
    package var subtitle: String
    package var facts: [Fact] = []
    /// Conditions beyond accuracy and memory, which are taken from their limits.
    package var checks: [Check] = []
    /// Warnings, one sentence each.
    package var notes: [String] = []
    package var accuracy: MeasuredAccuracy?
    /// In place of ``accuracy`` for data without labels.
    package var answers: MeasuredAgreement?
    package var layers: LayerSQNR?
    /// Quantization points that calibration gave a range.
    package var ranges: [ActivationQuantizer] = []
    /// Values of ``ranges`` before quantization, by the point's name; none for a point that was not looked at.
    package var histograms: [String: ActivationHistogram] = [:]
    /// Sentences behind ``histograms``: `294 calibration sentences`.
    package var rangeSentences = ""
    package var memory: Footprint?
    /// Parts of ``memory``, in the artifact's order; empty if they are not known. The groups of a section add up to it.
    package var memoryGroups: [MemoryGroup] = []
    /// Limit on the total of ``memory``, in bytes; nil if none was set.
    package var budget: Int?
    /// Limit on flash, with the runtime's code on Cortex-M4, and on RAM, for the longest sentence; nil if none was set.
    package var flashLimit: Int?
    package var ramLimit: Int?
    /// The choices that a search for a byte budget had.
    package var front: Front?
    package var sources: [Source] = []
    /// How the result was made, beside ``sources``: `Methods`, `Command`.
    package var making: [Fact] = []
    /// The model itself, which then answers what a reader types; nil leaves it out.
    package var live: LiveModel?

    package init(title: String, subtitle: String = "") {
        self.title = title
        self.subtitle = subtitle
    }

    /// Every condition: the accuracy's limits, the memory's budget, then ``checks``.
    package var allChecks: [Check] { limitChecks + checks }

    /// Whether anybody asked for a limit: without one nothing has passed.
    package var hasLimit: Bool { !limitChecks.isEmpty }

    /// What was asked for: the accuracy's limits and the memory's budget.
    private var limitChecks: [Check] { (accuracy?.checks ?? []) + (answers?.checks ?? []) + budgetChecks }

    /// The memory's limits with what was measured.
    private var budgetChecks: [Check] {
        guard let memory else { return [] }
        let limits: [(name: String, limit: Int?, measured: Int)] = [
            ("Memory at \(memory.length) tokens", budget, memory.total), ("Flash", flashLimit, memory.flash.total),
            ("RAM for the longest sentence", ramLimit, memory.ramAtLongest),
        ]
        return limits.compactMap { name, limit, measured in
            limit.map {
                Check(
                    name: name, limit: "at most \($0.grouped) B", measured: "\(measured.grouped) B",
                    passed: measured <= $0)
            }
        }
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
        let (found, least) = (share * 100, limit * 100)
        return [
            Self(
                name: "Rows answered as fp32 does", limit: "at least \(least.fixed(2, apartFrom: found)) %",
                measured: "\(found.fixed(2, apartFrom: least, 100)) %",
                passed: limits.violations(agreement: share).isEmpty)
        ]
    }
}

extension MeasuredAgreement {
    var checks: [ReportContent.Check] { ReportContent.Check.agreement(limits, agreement.share) }
}

extension MeasuredAccuracy {
    /// The limits that were set, beside what was measured.
    var checks: [ReportContent.Check] {
        guard let comparison else { return [] }
        var checks: [ReportContent.Check] = []
        if let limit = limits.maxDropPoints {
            let alone = AccuracyLimits(maxDropPoints: limit)
            checks.append(
                ReportContent.Check(
                    name: "\(metric.title) lost", limit: "at most \(limit) points",
                    measured: "\(comparison.dropPoints.fixed(3, apartFrom: limit)) points",
                    passed: alone.violations(comparison).isEmpty))
        }
        if let limit = limits.maxDropUpperBound {
            let alone = AccuracyLimits(maxDropUpperBound: limit)
            checks.append(
                ReportContent.Check(
                    name: "\(metric.title) lost, upper end of its interval", limit: "at most \(limit) points",
                    measured: "\(comparison.dropInterval.upperBound.fixed(3, apartFrom: limit)) points",
                    passed: alone.violations(comparison).isEmpty))
        }
        return checks + ReportContent.Check.agreement(limits, comparison.agreement)
    }
}
