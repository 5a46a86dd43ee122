package import EmbqArtifact
package import EmbqCheckpoints
package import EmbqCore
package import EmbqModels
import EmbqQuantization
package import EmbqRuntime

/// What the argument MODEL may name: a checkpoint, which runs in fp32, or an artifact, which runs in int8.
package enum OpenedModel: Sendable {
    case released(ReleasedModel)
    case artifact(ArtifactReader)

    /// Every file that the model at `path` was read from, so that none gets overwritten.
    package func inputs(at path: String) -> [String] {
        switch self {
        case .released(let model): model.checkpoint.inputs
        case .artifact: [Self.artifactPath(path)]
        }
    }

    /// Opens a model, told apart by content.
    package init(_ location: CheckpointLocation) throws(EmbqError) {
        if let artifact = try Self.artifact(at: location.path) {
            self = .artifact(artifact)
        } else {
            self = .released(try ReleasedModel(Checkpoint(location)))
        }
    }

    /// Where the artifact of a package is, given the package's folder; any other path as it is.
    private static func artifactPath(_ path: String) -> String {
        Folder.exists(path) && Manifest.isPackage(path) ? Folder.join(path, Manifest.artifactName) : path
    }

    /// The artifact at a path, which may be the folder of a package, or nil when something else lies there.
    package static func artifact(at path: String) throws(EmbqError) -> ArtifactReader? {
        if FolderOutput.isInterrupted(path) { throw PackageContents.interrupted(path) }
        let path = artifactPath(path)
        guard !Folder.exists(path) else { return nil }
        let file = try MappedFile(path)
        guard file.withBytes(ArtifactReader.matches) else { return nil }
        guard file.count <= ArtifactFormat.maximumBytes else {
            throw EmbqError(
                .limitExceeded, file: path, "it is \(file.count) bytes, the limit is \(ArtifactFormat.maximumBytes)",
                advice: "This is no artifact of embq.")
        }
        do throws(EmbqError) { return try ArtifactReader(file.contents) } catch { throw error.at(file: path) }
    }

    /// The artifact at a path where nothing else will do.
    ///
    /// - Throws: `.unsupported` for any other file.
    package static func requireArtifact(at path: String) throws(EmbqError) -> ArtifactReader {
        if let artifact = try artifact(at: path) { return artifact }
        throw EmbqError(
            .unsupported, file: path, "it is not an .embq artifact", advice: "Make one with `embq quantize`.")
    }

    /// The names of the outputs.
    package var labels: [String] {
        switch self {
        case .released(let model): model.config.labels
        case .artifact(let artifact): artifact.device.labels
        }
    }

    /// The checkpoint, if it is one.
    package var releasedModel: ReleasedModel? {
        if case .released(let model) = self { model } else { nil }
    }

    /// What the logits are.
    package var task: Task {
        switch self {
        case .released(let model): model.config.task
        case .artifact(let artifact):
            switch artifact.device.task {
            case .labels: .classification
            case .number: .regression
            case .embedding: .embedding
            case .pretraining: .pretraining
            case .multiLabel: .multiLabel
            case .tags: .tagging
            }
        }
    }

    /// How the embeddings of two texts are compared: an artifact's by their cosine, unless it records another function.
    package var similarity: SimilarityFunction {
        switch self {
        case .released(let model): model.checkpoint.sentence?.similarity ?? .cosine
        case .artifact(let artifact):
            artifact.provenance["similarity"]?.string.flatMap(SimilarityFunction.init(rawValue:)) ?? .cosine
        }
    }

    /// What makes scores of the logits.
    package var scores: ScoreActivation {
        switch self {
        case .released(let model): return model.config.scores
        case .artifact(let artifact):
            // An artifact names what its task does not tell.
            if let name = artifact.provenance["scores"]?.string, let named = ScoreActivation(rawValue: name) {
                return named
            }
            return task.usualScores
        }
    }

    /// Longest sentence in tokens.
    package var maximumLength: Int {
        switch self {
        case .released(let model): model.config.maximumLength
        case .artifact(let artifact): artifact.device.maximumLength
        }
    }

    /// What makes token ids of texts.
    package func encoder() throws(EmbqError) -> TextEncoder {
        switch self {
        case .released(let model): return model.encoder
        case .artifact(let artifact):
            return TextEncoder(
                try tokenizer(), limit: maximumLength, takesNothing: artifact.device.arenaSize(tokens: 0) > 0)
        }
    }

    /// The model's tokenizer.
    package func tokenizer() throws(EmbqError) -> Tokenizer {
        switch self {
        case .released(let model): return model.tokenizer
        case .artifact(let artifact):
            let tables = Array(artifact.section(.tokenizer) ?? [])
            return try onDevice { () throws(RuntimeError) in try Tokenizer(tables: tables) }
        }
    }

    /// Logits of each sentence as real numbers, `[sentences][outputs]`, or of a tagger `[sentences][tokens · outputs]`.
    ///
    /// - Parameters:
    ///   - path: of the model, for the error.
    ///   - place: where a sentence comes from, for the error.
    /// - Throws: `.nonFinite` when the model answers NaN or infinity.
    package func rows(
        _ sentences: [Sentence], at path: String, threads: Int, place: (Int) -> String = { "text \($0 + 1)" }
    ) throws(EmbqError) -> [[Float]] {
        let logits = try logits(sentences, threads: threads, progress: { _, _, _ in }).logits
        let width = labels.count
        let ends = sentences.reduce(into: [0]) {
            $0.append(($0.last ?? 0) + width * (task == .tagging ? $1.count : 1))
        }
        if let bad = logits.firstIndex(where: { !$0.isFinite }) {
            throw EmbqError(
                .nonFinite, file: path, place: place((ends.firstIndex { $0 > bad } ?? 1) - 1),
                "the model answers \(logits[bad]) as logit \(bad % width)",
                advice: "The weights are damaged or overflow: inspect the checkpoint.")
        }
        return sentences.indices.map { Array(logits[ends[$0]..<ends[$0 + 1]]) }
    }

    /// Logits as real numbers, and the seconds that inference alone took.
    package func logits(_ sentences: [Sentence], threads: Int, progress: @escaping ProgressHandler) throws(EmbqError)
        -> (logits: [Float], seconds: Double)
    {
        switch self {
        case .released(let model):
            return Inference.run(model.model.released, sentences, threads: threads, progress: progress)
        case .artifact(let artifact):
            let result = try Inference.run(artifact.device, sentences, threads: threads, progress: progress)
            return (Inference.real(result.logits), result.seconds)
        }
    }
}
