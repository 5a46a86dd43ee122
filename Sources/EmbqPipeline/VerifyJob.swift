package import EmbqArtifact
package import EmbqContainers
package import EmbqCore
import EmbqRuntime

/// Checks an artifact or a whole package: checksums, layout, a replay of the recorded check vectors; of a package, that
/// it has the files that its artifact gives and no others; against a checkpoint, that it gives this very artifact; on a
/// board, that it answers the check vectors.
package struct VerifyJob: Sendable {
    /// What was found in order.
    package struct Result: Sendable {
        package var artifact: ArtifactReader
        /// Files of a package whose size and SHA-256 hold.
        package var files: [String]
        /// What the check vectors read.
        package var coverage: CheckCoverage
        package var signature: Signature
        /// nil without a board.
        package var board: BoardJob.Result?
    }

    /// Whether somebody vouches for a package.
    package enum Signature: String, Sendable, Encodable {
        case none
        /// Signed, and no key was given to check it.
        case unchecked
        /// By the key that was given.
        case valid
    }

    package let path: String
    /// Makes the artifact again; nil: it is not made again.
    package let recompute: RecomputeJob?
    /// The key that must have signed the package; nil: any, or none.
    package let key: VerificationKey?
    /// Replays the check vectors on a board; nil: on no board.
    package let board: BoardJob?

    /// - Parameter path: an `.embq` file, or a folder that `embq package` wrote.
    package init(_ path: String, recompute: RecomputeJob? = nil, key: VerificationKey? = nil, board: BoardJob? = nil) {
        self.path = path
        self.recompute = recompute
        self.key = key
        self.board = board
    }

    /// - Throws: `.corrupted` with what does not hold; as ``RecomputeJob/run(_:at:)`` does.
    package func run() throws(EmbqError) -> Result {
        let isPackage = Folder.exists(path)
        let artifactPath = isPackage ? Folder.join(path, Self.artifactName) : path
        guard isPackage || key == nil else {
            _ = try OpenedModel.requireArtifact(at: path)
            throw EmbqError(
                .invalidRequest, file: path, "an artifact alone has no signature",
                advice: "Give the folder of a package with --key.")
        }
        let contents = isPackage ? try PackageContents(path: path) : nil
        try contents?.checkNames()
        try contents?.checkDigests()
        var signature = Signature.none
        let artifact = try replay(artifactPath)
        if let contents {
            if let key { try contents.checkSignature(by: key) }
            try compare(contents.manifest, artifact, Folder.join(path, Manifest.name))
            try contents.checkSources(artifact)
            signature = key != nil ? .valid : try contents.hasSignature() ? .unchecked : .none
        }
        try recompute?.run(artifact, at: artifactPath)
        return Result(
            artifact: artifact, files: contents?.manifest.files.map(\.name) ?? [], coverage: CheckCoverage(artifact),
            signature: signature, board: try board?.run(artifact))
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
        let intervals = [evaluation.scoreInterval, evaluation.referenceScoreInterval, evaluation.agreementInterval]
        let scores =
            [evaluation.score, evaluation.referenceScore, evaluation.agreement].compactMap { $0 }
            + intervals.compactMap { $0 }.joined()
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
