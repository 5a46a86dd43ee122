package import EmbqArtifact
package import EmbqCore
package import EmbqEvaluation

/// Which model an evaluation is of, so that a table of evaluations needs no other source.
package struct ModelIdentity: Encodable, Sendable, Equatable {
    /// Of the checkpoint's tensors: of an artifact, those that it was made of.
    package var modelSHA256: String?
    /// Of the artifact's file; nil for a checkpoint, as is all that follows.
    package var artifactSHA256: String?
    /// What was done beyond rounding to the nearest.
    package var methods: [String]?
    package var footprint: Footprint?

    enum CodingKeys: String, CodingKey {
        case methods, footprint
        case modelSHA256 = "model_sha256"
        case artifactSHA256 = "artifact_sha256"
    }

    package init(_ model: OpenedModel) {
        switch model {
        case .released(let released): modelSHA256 = released.modelSHA256
        case .artifact(let artifact):
            modelSHA256 = artifact.provenance["model_sha256"]?.string
            artifactSHA256 = SHA256.hexadecimal(of: artifact.bytes)
            methods = artifact.provenance["calibration"]?["methods"]?.array?.compactMap(\.string)
            footprint = Footprint(artifact)
        }
    }
}

/// What `evaluate --json` prints, one object: the result, and which model it is of.
package struct EvaluationDocument: Encodable, Sendable {
    private let summary: EvaluationSummary
    private let model: ModelIdentity

    package init(_ summary: EvaluationSummary, of model: OpenedModel) {
        self.summary = summary
        self.model = ModelIdentity(model)
    }

    package func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        try model.encode(to: encoder)
    }

    /// - Throws: `.nonFinite` when a number has no place in JSON.
    package func json() throws(EmbqError) -> String { try CanonicalJSON.document(self) }
}
