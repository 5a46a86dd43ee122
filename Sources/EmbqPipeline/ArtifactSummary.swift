package import EmbqArtifact
package import EmbqCore
package import EmbqEvaluation
package import EmbqQuantization
import EmbqRuntime

/// What `embq inspect` says of an artifact.
package struct ArtifactSummary: Encodable, Sendable {
    package struct Section: Encodable, Sendable {
        package var tag: String
        package var offset: Int
        package var size: Int
        package var crc32: String
    }

    package struct Tensor: Encodable, Sendable {
        package var section: String
        package var dtype: String
        package var shape: [Int]
        package var offset: Int
    }

    package var format = "embq"
    package var version = Int(ArtifactFormat.version)
    package var family: String?
    package var head: String?
    /// Weights of the body.
    package var parameters: Int
    package var labels: [String]
    package var maxLength: Int
    package var sections: [Section]
    package var footprint: Footprint
    package var tensors: [String: Tensor]
    package var checks: Int
    package var provenance: JSONValue
    /// The limits that were set when it was made, for people; `provenance` has the numbers.
    package let limits: [String]
    /// The choices of widths that were measured, when the artifact was just made for a goal.
    package var front: [WidthPoint]?
    /// What their scores are; nil where they have none.
    package var frontMetric: Metric?
    /// Warnings about the calibration sentences, when the artifact was just made; nil if there are none.
    package var notes: [String]?

    enum CodingKeys: String, CodingKey {
        case format, version, family, head, parameters, labels, sections, footprint, tensors, checks, provenance, front
        case notes
        case frontMetric = "front_metric"
        case maxLength = "max_length"
    }

    package init(_ artifact: ArtifactReader) {
        family = artifact.provenance["family"]?.string
        head = artifact.provenance["head"]?.string
        labels = artifact.device.labels
        maxLength = artifact.device.maximumLength
        sections = artifact.sections.map {
            let digits = String($0.crc32, radix: 16)
            return Section(
                tag: $0.tag, offset: $0.offset, size: $0.size,
                crc32: String(repeating: "0", count: 8 - digits.count) + digits)
        }
        footprint = Footprint(artifact)
        tensors = Dictionary(
            artifact.tensors.map {
                (
                    $0.name,
                    Tensor(section: $0.section.rawValue, dtype: $0.element.name, shape: $0.shape, offset: $0.offset)
                )
            }, uniquingKeysWith: { first, _ in first })
        parameters = artifact.tensors.filter {
            tensor in
            tensor.element != .int32 && tensor.section == .weights
                && !CheckpointSummary.headPrefixes.contains { tensor.name.hasPrefix($0) }
        }
        .reduce(0) { $0 + $1.shape.reduce(1, *) }
        checks = artifact.checks.count
        provenance = artifact.provenance
        limits = artifact.limits.phrases
    }
}
