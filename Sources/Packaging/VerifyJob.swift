public import Artifact
import EmbqRuntime
import FileIO
import FoundationEssentials
public import TensorCore

/// Checks an artifact or a whole package: checksums, layout, and a replay of the recorded check vectors.
public struct VerifyJob: Sendable {
    /// What was found in order.
    public struct Result: Sendable {
        public var artifact: ArtifactReader
        /// Files of a package whose size and SHA-256 hold.
        public var files: [String]
    }

    public let path: String

    /// - Parameter path: an `.embq` file, or a folder that `embq package` wrote.
    public init(_ path: String) { self.path = path }

    /// - Throws: `.corrupted` with what does not hold.
    public func run() throws(EmbqError) -> Result {
        guard Folder.exists(path) else {
            return Result(artifact: try replay(path), files: [])
        }
        let manifestPath = Folder.join(path, Manifest.name)
        let manifest = try manifest(manifestPath)
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
        let artifactPath = Folder.join(path, "model.embq")
        let artifact = try replay(artifactPath)
        return Result(artifact: artifact, files: manifest.files.map(\.name))
    }

    private func replay(_ path: String) throws(EmbqError) -> ArtifactReader {
        let artifact = try OpenedModel.requireArtifact(at: path)
        do throws(EmbqError) { try artifact.device.replayChecks() } catch { throw error.at(file: path) }
        return artifact
    }

    /// Whether a part of a path is empty, or hidden as `..` is.
    private func leadsOut(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).contains { $0.isEmpty || $0.hasPrefix(".") }
    }

    private func manifest(_ path: String) throws(EmbqError) -> Manifest {
        let bytes = try MappedFile(path).contents
        do {
            let manifest = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
            let names = manifest.files.map(\.name)
            // A name leads nowhere but into the package's own folder.
            if let bad = names.first(where: leadsOut) {
                throw EmbqError(
                    .malformed, file: path, "the file name \(EmbqError.printable(bad)) leads out of the package",
                    advice: "Write the package again with `embq package`.")
            }
            guard names.contains("model.embq") else {
                throw EmbqError(
                    .missing, file: path, "it lists no model.embq",
                    advice: "Write the package again with `embq package`.")
            }
            return manifest
        } catch let error as EmbqError {
            throw error
        } catch {
            throw EmbqError(
                .malformed, file: path, "it is not the manifest of a package",
                advice: "Write the package again with `embq package`.", cause: "\(error)")
        }
    }
}
