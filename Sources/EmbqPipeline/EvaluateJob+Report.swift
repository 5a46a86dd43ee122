package import EmbqArtifact
import EmbqCore
import EmbqData
import EmbqEvaluation
package import EmbqReport

extension EvaluateJob.Result {
    /// Report on the evaluation: scores, layers, ranges and test data.
    ///
    /// - Parameter artifact: evaluated artifact, whose memory is shown; nil for a checkpoint.
    package func report(title: String, subtitle: String, of artifact: ArtifactReader?) -> ReportContent {
        var content = ReportContent(title: title, subtitle: subtitle)
        content.accuracy = accuracy
        content.answers = answers
        content.layers = summary.layers
        if let ranges {
            content.ranges = ranges.points
            content.histograms = ranges.histograms
            if ranges.sentences > 0 {
                content.rangeSentences = "\(ranges.sentences.grouped) sentences of the test data"
            }
        }
        if let artifact {
            let footprint = Footprint(artifact)
            content.memory = footprint
            content.memoryGroups = MemoryGroups.all(footprint, of: artifact)
        }
        if let data = accuracy?.data ?? answers?.data {
            content.sources = [ReportContent.Source(role: "Test data", path: data.file, sha256: data.sha256)]
        }
        return content
    }
}
