package import EmbqArtifact
package import EmbqCore
import EmbqData
import EmbqEvaluation
package import EmbqQuantization
package import EmbqReport
import EmbqRuntime

/// Gathers what a report shows about an artifact and its check.
package struct ReportBuilder {
    private var content: ReportContent

    package init(title: String, subtitle: String) {
        content = ReportContent(title: title, subtitle: subtitle)
    }

    package var report: ReportContent { content }

    /// The accuracy check.
    package mutating func add(_ evaluation: EvaluateJob.Result) {
        content.accuracy = evaluation.accuracy
        content.answers = evaluation.answers
        if let data = evaluation.accuracy?.data ?? evaluation.answers?.data {
            addSource("Test data", path: data.file, sha256: data.sha256)
        }
        content.layers = evaluation.summary.layers
    }

    /// The recorded check vectors, replayed as `embq verify` does.
    ///
    /// - Throws: `.corrupted` with the first one that gives other ids or logits.
    package mutating func addReplay(of artifact: ArtifactReader) throws(EmbqError) {
        try onDevice { () throws(RuntimeError) in try artifact.device.replayChecks() }
        let count = artifact.device.checkCount
        content.checks.append(
            ReportContent.Check(
                name: "Recorded check vectors", limit: "all equal, bit for bit", measured: "\(count) of \(count)",
                passed: true))
    }

    /// Where the device's memory goes.
    ///
    /// - Parameter budget: the most that the footprint's total may be; nil when none was set.
    package mutating func add(_ footprint: Footprint, of artifact: ArtifactReader, budget: Int? = nil) {
        content.memory = footprint
        content.memoryGroups = MemoryGroups.all(footprint, of: artifact)
        content.budget = budget
    }

    /// The quantized points, with histograms of what passed through them.
    ///
    /// - Parameter sentences: what the values are of, such as `294 calibration sentences`.
    package mutating func add(
        _ points: [ActivationQuantizer], _ histograms: [String: ActivationHistogram], of sentences: String
    ) {
        content.rangeSentences = sentences
        content.ranges = points
        content.histograms = histograms
    }

    /// The quantized points as an artifact tells them, without values; nothing where it does not.
    package mutating func addRanges(of artifact: ArtifactReader) {
        if let probe = try? RangeProbe(artifact) { add(probe.points, [:], of: "") }
    }

    /// What a search for widths measured on calibration sentences; nothing when there was none.
    package mutating func add(_ front: [WidthPoint], _ sentences: CalibrationSentences) {
        guard !front.isEmpty else { return }
        content.front = ReportContent.Front(
            points: front, metric: sentences.targets == nil ? nil : sentences.metric,
            measuredOn: "\(sentences.ids.count.grouped) calibration sentences")
    }

    /// A file that the result follows from.
    package mutating func addSource(_ role: String, path: String, sha256: String) {
        content.sources.append(ReportContent.Source(role: role, path: path, sha256: sha256))
    }

    /// A line of facts under the title.
    package mutating func addFact(_ name: String, _ value: String) {
        content.facts.append(ReportContent.Fact(name, value))
    }
}
