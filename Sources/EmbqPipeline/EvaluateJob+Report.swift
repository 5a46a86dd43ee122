package import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels
package import EmbqReport

extension EvaluateJob.Result {
    /// Report on the evaluation: scores, layers, ranges and test data.
    ///
    /// - Parameters:
    ///   - artifact: evaluated artifact, whose memory is shown; nil for a checkpoint.
    ///   - isLive: whether the report carries the artifact, to run it in the browser.
    package func report(
        title: String, subtitle: String, of artifact: ArtifactReader?, isLive: Bool
    ) -> ReportContent {
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
            if isLive {
                let model = OpenedModel.artifact(artifact)
                content.live = ReportContent.LiveModel(
                    artifact: artifact.bytes, scores: model.scores.rawValue, similarity: model.similarity.rawValue)
            }
        }
        if let data = accuracy?.data ?? answers?.data {
            content.sources = [ReportContent.Source(role: "Test data", path: data.file, sha256: data.sha256)]
        }
        return content
    }
}
