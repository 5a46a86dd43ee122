import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline

/// A model opened for one task: what ``Classifier``, ``Encoder``, ``Regressor`` and ``Tagger`` share.
struct LoadedModel: Sendable {
    let path: String
    let model: OpenedModel
    let encoder: TextEncoder

    /// - Throws: what is wrong with the files; `.invalidRequest` for a model of another task.
    init(_ path: String, for task: Task) throws(EmbqError) {
        self.path = path
        model = try OpenedModel(CheckpointLocation(path))
        guard model.task == task else {
            throw EmbqError(
                .invalidRequest, file: path, "the model's task is \(model.task.rawValue), not \(task.rawValue)",
                advice: Self.types[model.task].map { "Open it with \($0)." } ?? "Run it with `embq run`.")
        }
        encoder = try model.encoder()
    }

    private static let types: [Task: String] = [
        .classification: "Classifier", .regression: "Regressor", .embedding: "Encoder", .tagging: "Tagger",
    ]

    /// Logits of each text, `[texts][outputs]`; of a tagger those of its tokens, `[texts][tokens · outputs]`.
    ///
    /// - Throws: `.invalidRequest` for a text without a token, `.nonFinite` for damaged weights.
    func logits(_ texts: [String], threads: Int) throws(EmbqError) -> [[Float]] {
        guard !texts.isEmpty else { return [] }
        let sentences = try Inference.tokenize(
            texts.map { InputText($0) }, with: encoder, threads: threads)
        return try model.rows(sentences, at: path, threads: threads)
    }
}
