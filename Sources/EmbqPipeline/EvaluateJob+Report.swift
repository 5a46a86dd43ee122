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
    ///   - artifact: evaluated artifact, whose memory is shown, and the name of its file; nil for a checkpoint.
    ///   - isLive: whether the report carries the artifact, to run it in the browser.
    ///   - command: what was typed, without what the result does not depend on.
    package func report(
        title: String, subtitle: String, of artifact: (reader: ArtifactReader, name: String)?, isLive: Bool,
        command: String?
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
        if let (artifact, name) = artifact {
            let footprint = Footprint(artifact)
            content.memory = footprint
            content.memoryGroups = MemoryGroups.all(footprint, of: artifact)
            if isLive {
                let model = OpenedModel.artifact(artifact)
                content.live = ReportContent.LiveModel(
                    artifact: artifact.bytes, scores: model.scores.rawValue, similarity: model.similarity.rawValue)
            }
            let identity = ModelIdentity(.artifact(artifact))
            content.sources = [
                ReportContent.Source(role: "Artifact", path: name, sha256: identity.artifactSHA256 ?? ""),
                ReportContent.Source(
                    role: "Tokenizer", path: "section TOKN of the artifact",
                    sha256: SHA256.hexadecimal(of: Array(artifact.section(.tokenizer) ?? []))),
            ]
            let methods = identity.methods ?? []
            content.making.append(
                ReportContent.Fact(
                    "Methods beyond rounding to the nearest", methods.isEmpty ? "none" : methods.joined(separator: ", ")
                ))
        }
        if let command { content.making.append(ReportContent.Fact("Command", command)) }
        if let data = accuracy?.data ?? answers?.data {
            content.sources.append(ReportContent.Source(role: "Test data", path: data.file, sha256: data.sha256))
        }
        return content
    }
}
