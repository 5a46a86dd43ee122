package import EmbqCheckpoints
package import EmbqCore
import EmbqModels

/// What `embq inspect` says of a checkpoint.
package struct CheckpointSummary: Encodable, Sendable {
    package struct Tensor: Encodable, Sendable {
        package var dtype: String
        package var shape: [Int]
    }

    /// What the tensors tell where there is no config.json.
    package struct Recognised: Encodable, Sendable {
        package struct Open: Encodable, Sendable {
            package var key: String
            /// What is taken for it; nil where it has to be given.
            package var assumed: String?
            package var reason: String
        }

        /// `certain`, `likely` or `incomplete`.
        package var certainty: String
        package var reasons: [String]
        package var open: [Open]
    }

    package var format: String
    /// nil without a config.json and with tensors of no known family.
    package var family: String?
    /// nil with a config.json.
    package var recognised: Recognised?
    package var head: String?
    /// Parameters of the body, without the head.
    package var parameters: Int
    package var tensors: [String: Tensor]
    /// config.json as it stands.
    package var config: JSONValue?
    package var labels: [String]?
    /// Bytes of all tensors.
    package var bytes: Int
    /// Whether a tokenizer.json or vocab.txt was found.
    package var tokenizer: Bool
    /// By tensor, how it was made when it does not lie in the file as it is; nil when all do.
    package var notes: [String: String]?
    /// Settings of the release and what settled each; nil without any.
    package var settings: [Settlement]?

    /// - Throws: `.shapeMismatch` and the like when the weights do not fit the configuration; a checkpoint without
    ///   configuration is listed as it is.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        format = checkpoint.source.format
        config = checkpoint.config?.json
        labels = checkpoint.labels
        tokenizer = checkpoint.tokenizer != nil
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
            settings = Self.settings(checkpoint, config)
            head = config.head.rawValue
        } else if let found = try? ModelFamilies.recognise(checkpoint) {
            family = found.family.name
            recognised = Recognised(found)
            head = (try? ModelConfig(checkpoint))?.head.rawValue
        }
    }

    private static func settings(_ checkpoint: Checkpoint, _ config: ModelConfig) -> [Settlement]? {
        var settings = checkpoint.sentence?.settlements ?? []
        if config.head == .sentenceEmbedding, checkpoint.sentence == nil {
            settings = SentencePipeline.plain(checkpoint.path).settlements
        }
        if config.task == .embedding || config.cut != config.positions {
            settings.removeAll { $0.name == "maximum length" }
            settings.append(Settlement("maximum length", "\(config.cut)", source: config.lengthSource))
        }
        if config.cut > config.positions {
            settings.append(
                Settlement(
                    "positions", "\(config.positions): longer texts are rejected",
                    source: "config.json, max_position_embeddings"))
        }
        return settings.isEmpty ? nil : settings
    }

    static let headPrefixes = ["classifier.", "nsp_classifier.", "mlm_classifier.", "cls."]
}

extension CheckpointSummary.Recognised {
    init(_ found: Recognition) {
        certainty = found.certainty.rawValue
        reasons = found.reasons
        open = found.open.map { Open(key: $0.key, assumed: $0.assumed, reason: $0.reason) }
    }
}
