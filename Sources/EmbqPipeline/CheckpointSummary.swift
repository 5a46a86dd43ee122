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

    /// What is wrong with the config.json.
    package struct ConfigError: Encodable, Sendable {
        package var code: String
        package var file: String?
        /// With the place in the file.
        package var message: String
        package var advice: String
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
    /// Why config.json is not the one of a model that embq knows; nil when it is.
    package var configError: ConfigError?
    /// config.json as it stands.
    package var config: JSONValue?
    package var labels: [String]?
    /// Bytes of all tensors.
    package var bytes: Int
    /// Whether a tokenizer.json or vocab.txt was found.
    package var tokenizer: Bool
    /// The effective recipe; nil where the model is not known.
    package var recipe: [Settlement]?
    /// By file, its keys that embq does not know; nil where there are none.
    package var unknownKeys: [String: [String]]?
    /// By tensor, how it was made when it does not lie in the file as it is; nil when all do.
    package var notes: [String: String]?
    /// What was done to names and the choice of tensors; nil when they are taken as they are.
    package var remarks: [CheckpointNote]?

    enum CodingKeys: String, CodingKey {
        case format, family, recognised, head, parameters, tensors, config, labels, bytes, tokenizer, recipe, notes
        case remarks
        case configError = "config_error"
        case unknownKeys = "unknown_keys"
    }

    /// - Throws: `.limitExceeded` for a size that no device takes; a checkpoint without configuration, or with one that
    ///   is another's, is listed as it is.
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
        remarks = checkpoint.source.remarks.isEmpty ? nil : checkpoint.source.remarks
        var fault = checkpoint.configFault
        if let recipe = try? Recipe(checkpoint) {
            self.recipe = recipe.settlements
            unknownKeys = recipe.unknownKeys.isEmpty ? nil : recipe.unknownKeys
        }
        if checkpoint.config != nil {
            do throws(EmbqError) {
                let config = try ModelConfig(checkpoint)
                family = config.family
                head = config.headName
            } catch  where error.code != .limitExceeded {
                fault = error
            }
        } else if let found = try? ModelFamilies.recognise(checkpoint) {
            family = found.family.name
            recognised = Recognised(found)
            head = (try? ModelConfig(checkpoint))?.headName
        }
        configError = fault.map { ConfigError($0) }
    }

    static let headPrefixes = ["classifier.", "nsp_classifier.", "mlm_classifier.", "cls."]
}

extension CheckpointSummary.ConfigError {
    init(_ error: EmbqError) {
        code = error.code.rawValue
        file = error.file
        message = [error.place, error.problem].compactMap { $0 }.joined(separator: ": ")
        if let cause = error.cause { message += " (\(cause))" }
        advice = error.advice
    }
}

extension CheckpointSummary.Recognised {
    init(_ found: Recognition) {
        certainty = found.certainty.rawValue
        reasons = found.reasons
        open = found.open.map { Open(key: $0.key, assumed: $0.assumed, reason: $0.reason) }
    }
}
