public import Artifact
import EmbqRuntime
public import Evaluation
public import TensorCore

/// What `embq inspect` says of an artifact.
public struct ArtifactSummary: Encodable, Sendable {
    public struct Section: Encodable, Sendable {
        public var tag: String
        public var offset: Int
        public var size: Int
        public var crc32: String
    }

    public struct Tensor: Encodable, Sendable {
        public var section: String
        public var dtype: String
        public var shape: [Int]
        public var offset: Int
    }

    public var format = "embq"
    public var version = Int(ArtifactFormat.version)
    public var family: String?
    public var head: String?
    /// Weights of the body.
    public var parameters: Int
    public var labels: [String]
    public var maxLength: Int
    public var sections: [Section]
    public var footprint: FootprintSummary
    public var tensors: [String: Tensor]
    public var checks: Int
    public var provenance: JSONValue
    /// The choices of widths that were measured, when the artifact was just made for a goal.
    public var front: [WidthPoint]?
    /// What their scores are; nil where they have none.
    public var frontMetric: Metric?

    enum CodingKeys: String, CodingKey {
        case format, version, family, head, parameters, labels, sections, footprint, tensors, checks, provenance, front
        case frontMetric = "front_metric"
        case maxLength = "max_length"
    }

    public init(_ artifact: ArtifactReader) {
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
        footprint = FootprintSummary(Footprint(artifact))
        tensors = Dictionary(
            artifact.tensors.map {
                ($0.name, Tensor(section: $0.section, dtype: $0.dtype, shape: $0.shape, offset: $0.offset))
            }, uniquingKeysWith: { first, _ in first })
        parameters = artifact.tensors.filter {
            tensor in
            ["I8", "P4"].contains(tensor.dtype) && tensor.section == "WGHT"
                && !CheckpointSummary.headPrefixes.contains { tensor.name.hasPrefix($0) }
        }
        .reduce(0) { $0 + $1.shape.reduce(1, *) }
        checks = artifact.checks.count
        provenance = artifact.provenance
    }
}
