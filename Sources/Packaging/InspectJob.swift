public import Artifact
public import Checkpoints
import EmbqRuntime
public import Evaluation
import Models
import Quantization
public import TensorCore

/// What `embq inspect` says of a checkpoint.
public struct CheckpointSummary: Encodable, Sendable {
    public struct Tensor: Encodable, Sendable {
        public var dtype: String
        public var shape: [Int]
    }

    /// What the tensors tell where there is no config.json.
    public struct Recognised: Encodable, Sendable {
        public struct Open: Encodable, Sendable {
            public var key: String
            /// What is taken for it; nil where it has to be given.
            public var assumed: String?
            public var reason: String
        }

        /// `certain`, `likely` or `incomplete`.
        public var certainty: String
        public var reasons: [String]
        public var open: [Open]
    }

    public var format: String
    /// nil without a config.json and with tensors of no known family.
    public var family: String?
    /// nil with a config.json.
    public var recognised: Recognised?
    public var head: String?
    /// Parameters of the body, without the head.
    public var parameters: Int
    public var tensors: [String: Tensor]
    /// config.json as it stands.
    public var config: JSONValue?
    public var labels: [String]?
    /// Bytes of all tensors.
    public var bytes: Int
    /// Whether a tokenizer.json or vocab.txt was found.
    public var tokenizer: Bool
    /// By tensor, how it was made when it does not lie in the file as it is; nil when all do.
    public var notes: [String: String]?

    /// - Throws: `.shapeMismatch` and the like when the weights do not fit the configuration; a checkpoint without
    ///   configuration is listed as it is.
    public init(_ checkpoint: Checkpoint) throws(EmbqError) {
        format = checkpoint.source.format
        config = checkpoint.config?.json
        labels = checkpoint.labels
        tokenizer = checkpoint.tokenizerPath != nil
        let all = checkpoint.source.tensors
        tensors = Dictionary(
            all.map { ($0.name, Tensor(dtype: $0.dtype.rawValue, shape: $0.shape)) },
            uniquingKeysWith: { first, _ in first })
        parameters = all.filter { info in !Self.headPrefixes.contains { info.name.hasPrefix($0) } }.reduce(0) {
            $0 + $1.count
        }
        bytes = all.reduce(0) { $0 + $1.byteCount }
        let notes = checkpoint.source.notes
        self.notes =
            notes.isEmpty
            ? nil : Dictionary(notes.map { ($0.tensor, $0.text) }, uniquingKeysWith: { first, _ in first })
        if checkpoint.config != nil {
            let config = try ModelConfig(checkpoint)
            family = config.family
            head = config.head.rawValue
        } else if let found = try? ModelFamilies.recognise(checkpoint) {
            family = found.family.name
            recognised = Recognised(found)
            head = (try? ModelConfig(checkpoint))?.head.rawValue
        }
    }

    fileprivate static let headPrefixes = ["classifier.", "nsp_classifier.", "mlm_classifier.", "cls."]
}

extension CheckpointSummary.Recognised {
    init(_ found: Recognition) {
        certainty = found.certainty.rawValue
        reasons = found.reasons
        open = found.open.map { Open(key: $0.key, assumed: $0.assumed, reason: $0.reason) }
    }
}

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
