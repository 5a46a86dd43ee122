package import EmbqArtifact
package import EmbqCore
import EmbqRuntime

/// Checks an artifact or a whole package: checksums, layout, and a replay of the recorded check vectors.
package struct VerifyJob: Sendable {
    /// What was found in order.
    package struct Result: Sendable {
        package var artifact: ArtifactReader
        /// Files of a package whose size and SHA-256 hold.
        package var files: [String]
    }

    package let path: String

    /// - Parameter path: an `.embq` file, or a folder that `embq package` wrote.
    package init(_ path: String) { self.path = path }

    /// - Throws: `.corrupted` with what does not hold.
    package func run() throws(EmbqError) -> Result {
        guard Folder.exists(path) else {
            return Result(artifact: try replay(path), files: [])
        }
        guard !FolderOutput.isInterrupted(path) else {
            throw EmbqError(
                .corrupted, file: path, "a run that replaced its files was killed, and they may be of two packages",
                advice: "Run that command again: it completes what was begun.")
        }
        let manifestPath = Folder.join(path, Manifest.name)
        let manifest = try Manifest(at: manifestPath)
        for file in manifest.files {
            let filePath = Folder.join(path, file.name)
            let contents = try MappedFile(filePath)
            let digest = contents.withBytes { SHA256.hexadecimal(of: $0) }
            guard contents.count == file.bytes, digest == file.sha256 else {
                throw EmbqError(
                    .corrupted, file: filePath,
                    "it has \(contents.count) bytes and SHA-256 \(digest.prefix(12))…; \(Manifest.name) says "
                        + "\(file.bytes) and \(file.sha256.prefix(12))…",
                    advice: "Copy the package again, or write it again with `embq package`.")
            }
        }
        let artifact = try replay(Folder.join(path, Self.artifactName))
        try compare(manifest, artifact, manifestPath)
        return Result(artifact: artifact, files: manifest.files.map(\.name))
    }

    private func replay(_ path: String) throws(EmbqError) -> ArtifactReader {
        let artifact = try OpenedModel.requireArtifact(at: path)
        do throws(EmbqError) {
            try artifact.replayChecks()
        } catch { throw error.at(file: path) }
        return artifact
    }

    /// What the manifest says of the artifact must be what the artifact holds.
    private func compare(_ manifest: Manifest, _ artifact: ArtifactReader, _ path: String) throws(EmbqError) {
        let family = artifact.provenance["family"]?.string
        let evaluation = manifest.evaluation
        let scores = [evaluation.score, evaluation.referenceScore, evaluation.agreement].compactMap { $0 }
        let differing: [(key: String, differs: Bool)] = [
            ("family", family != nil && manifest.family != family),
            ("labels", manifest.labels != artifact.device.labels),
            ("footprint", manifest.footprint != Footprint(artifact)),
            ("evaluation", evaluation.rows < 1 || scores.contains { !(-1...1).contains($0) }),
        ]
        guard let wrong = differing.first(where: \.differs)?.key else { return }
        throw EmbqError(
            .corrupted, file: path, place: "'\(wrong)'",
            wrong == "evaluation"
                ? "no evaluation gives such numbers" : "it is not what \(Self.artifactName) beside it holds",
            advice: "Copy the package again, or write it again with `embq package`.")
    }

    private static let artifactName = Manifest.artifactName
}
