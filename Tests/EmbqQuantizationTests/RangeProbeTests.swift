import EmbqArtifact
import EmbqCore
import EmbqData
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Values at an artifact's points")
struct RangeProbeTests {
    private static func ranges(_ artifact: ArtifactReader) throws -> EvaluateJob.Ranges? {
        let sample = try TrainedSample.shared.get()
        let data = try LabelledData(path: Fixtures.path("snips-own/test.tsv"))
        return try EvaluateJob(
            .artifact(artifact), reference: sample.model, data: data, fillsReport: true, threads: 2
        ).run { _, _, _ in }.ranges
    }

    @Test("are counted on the test data, at every point of the artifact")
    func counted() throws {
        let sample = try TrainedSample.shared.get()
        let made = try sample.quantize()
        let ranges = try #require(try Self.ranges(made.artifact))
        #expect(ranges.points == made.points && ranges.sentences == 364)
        for point in ranges.points {
            let histogram = try #require(ranges.histograms[point.name])
            // A number at least for each sentence, and not the calibration's.
            #expect(histogram.total > 364 && histogram != sample.profile.point(point.name)?.histogram)
            // The test data look like the calibration data.
            #expect(
                histogram.minimum < Float(point.range.upperBound) && histogram.maximum > Float(point.range.lowerBound))
        }
    }

    @Test(
        "of a META that is wrong are left out, and nothing else is",
        arguments: [
            ("\"name\":\"layers.0.norm\"", "\"name\":\"layers.9.norm\"", true),
            ("\"name\":\"layers.0.norm\"", "\"name\":\"layers.0.query\"", true),
            ("\"integers\":[-127,127]", "\"integers\":[127,-127]", false),
            ("\"integers\":[-127,127]", "\"integers\":[]", false),
            ("\"zero_point\":0", "\"zero_point\":99999999", false),
            ("\"scale\":", "\"scale\":-", false), ("\"points\":", "\"dots\":", false),
        ])
    func hostile(old: String, new: String, isReadable: Bool) throws {
        let artifact = try TrainedSample.shared.get().quantize().artifact
        let text = String(decoding: artifact.section(.provenance) ?? [], as: UTF8.self)
        let start = try #require(text.firstRange(of: "\"points\":"))
        let found = try #require(text[start.lowerBound...].firstRange(of: old))
        let content = Array((text[..<found.lowerBound] + new + text[found.upperBound...]).utf8)
        let edited = try ArtifactReader(ArtifactParts(artifact).replacing("META", with: content).bytes)
        let ranges = try Self.ranges(edited)
        #expect((ranges != nil) == isReadable)
        if let ranges { #expect(ranges.histograms.count == ranges.points.count - 1) }
    }
}
