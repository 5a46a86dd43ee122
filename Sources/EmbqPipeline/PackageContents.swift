import EmbqArtifact
import EmbqContainers
import EmbqCore
import EmbqExport

/// What lies in the folder of a package, beside what its manifest and its artifact say must lie there.
struct PackageContents {
    let path: String
    let manifest: Manifest
    /// Of the manifest's file.
    private let manifestSHA256: String

    /// Reads the manifest of a folder.
    ///
    /// - Throws: `.corrupted` for a folder that is half replaced, and for a link; as ``Manifest/init(_:at:)`` does.
    init(path: String) throws(EmbqError) {
        guard !FolderOutput.isInterrupted(path) else { throw Self.interrupted(path) }
        let manifestPath = Folder.join(path, Manifest.name)
        guard Folder.kind(of: manifestPath) != .link else { throw Self.link(manifestPath) }
        let bytes = try Manifest.limit.open(manifestPath).contents
        self.path = path
        manifest = try Manifest(bytes, at: manifestPath)
        manifestSHA256 = SHA256.hexadecimal(of: bytes)
    }

    private static let advice = "Copy the package again, or write it again with `embq package`."

    /// Refuses links, and whatever the manifest does not list.
    ///
    /// - Throws: `.corrupted` with the first such file or folder.
    func checkNames() throws(EmbqError) {
        let files = Set(manifest.files.map(\.name) + [Manifest.name, SignatureBundle.name])
        var folders: Set<String> = []
        for file in files {
            let parts = file.split(separator: "/")
            for count in 1..<max(parts.count, 1) { folders.insert(parts[..<count].joined(separator: "/")) }
        }
        var open = [""]
        while let folder = open.popLast() {
            guard let names = Folder.names(in: Folder.join(path, folder)) else {
                throw .unreadable(Folder.join(path, folder), "the folder cannot be read")
            }
            for name in names {
                let entry = Folder.join(folder, name)
                let kind = Folder.kind(of: Folder.join(path, entry))
                guard kind != .link else { throw Self.link(Folder.join(path, entry)) }
                if kind == .folder, folders.contains(entry) {
                    open.append(entry)
                    continue
                }
                guard kind == .file, files.contains(entry) else {
                    throw EmbqError(
                        .corrupted, file: Folder.join(path, entry), "\(Manifest.name) does not list it",
                        advice: "Move it out of the package if it is yours. \(Self.advice)")
                }
            }
        }
    }

    /// A folder that a killed run left half replaced.
    static func interrupted(_ path: String) -> EmbqError {
        EmbqError(
            .corrupted, file: path, "a run that replaced its files was killed, and they may be of two packages",
            advice: "Run that command again: it completes what was begun.")
    }

    static func link(_ path: String) -> EmbqError {
        EmbqError(
            .corrupted, file: path, "it is a link; a package has files alone, which nobody changes elsewhere",
            advice: advice)
    }

    /// Compares size and SHA-256 of each file with the manifest.
    func checkDigests() throws(EmbqError) {
        for file in manifest.files {
            let filePath = Folder.join(path, file.name)
            let contents = try MappedFile(filePath)
            let digest = contents.withBytes { SHA256.hexadecimal(of: $0) }
            guard contents.count == file.bytes, digest == file.sha256 else {
                throw EmbqError(
                    .corrupted, file: filePath,
                    "it has \(contents.count) bytes and SHA-256 \(digest.prefix(12))…; \(Manifest.name) says "
                        + "\(file.bytes) and \(file.sha256.prefix(12))…",
                    advice: Self.advice)
            }
        }
    }

    private var isSigned: Bool { Folder.kind(of: Folder.join(path, SignatureBundle.name)) == .file }

    /// Whether the package has a signature, whoever made it.
    ///
    /// - Throws: as ``SignatureBundle/init(path:)`` for what is none.
    func hasSignature() throws(EmbqError) -> Bool {
        guard isSigned else { return false }
        _ = try SignatureBundle(path: Folder.join(path, SignatureBundle.name))
        return true
    }

    /// Checks that a key has signed all files, as they are.
    ///
    /// - Precondition: ``checkDigests()`` found the files to be those that the manifest lists.
    /// - Throws: `.missing` for a package that nobody signed; `.corrupted` for another key's signature, or other files.
    func checkSignature(by key: VerificationKey) throws(EmbqError) {
        let signaturePath = Folder.join(path, SignatureBundle.name)
        guard isSigned else {
            throw EmbqError(
                .missing, file: path, "it is not signed: there is no \(SignatureBundle.name)",
                advice: "Ask its origin for a signed package, or verify it without --key.")
        }
        let bundle = try SignatureBundle(path: signaturePath)
        try bundle.check(by: key, path: signaturePath)
        var signed = Dictionary(
            bundle.resources.map { ($0.name, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        for (name, digest) in manifest.files.map({ ($0.name, $0.sha256) }) + [(Manifest.name, manifestSHA256)] {
            guard signed.removeValue(forKey: name) == digest else {
                throw EmbqError(
                    .corrupted, file: Folder.join(path, name), "it is not the file that was signed",
                    advice: "Take the package from its origin again.")
            }
        }
        guard let lacking = signed.keys.min() else { return }
        throw EmbqError(
            .corrupted, file: signaturePath, "the file \(EmbqError.printable(lacking)), which was signed, is not there",
            advice: "Take the package from its origin again.")
    }

    /// Exports the artifact again, makes the documents again, and compares all files that come of it.
    ///
    /// - Precondition: as ``checkSignature(by:)``.
    func checkSources(_ artifact: ArtifactReader) throws(EmbqError) {
        let manifestPath = Folder.join(path, Manifest.name)
        guard let sources = manifest.sources else {
            throw EmbqError(
                .missing, file: manifestPath, "it does not tell how the sources were made: they cannot be made again",
                advice: "Write the package again with this version of embq.")
        }
        guard let options = sources.options(version: embqVersion) else {
            throw EmbqError(
                .malformed, file: manifestPath, place: "'sources'", "this version of embq has no such layout or arrays",
                advice: "Verify the package with the version that wrote it.")
        }
        // The documents come last: the bill has the digests of the others, where the fault is.
        let made = try naming(manifestPath) { () throws(EmbqError) in
            let documents = try PackageDocuments(artifact, manifest, options)
            let others = manifest.files.filter { $0.name != BillOfMaterials.name }
            return (try documents.sources() + [try documents.bill(of: others)]).map(Manifest.File.init)
        }
        let expected = Set(made.map(\.name) + [Manifest.artifactName, Manifest.reportName])
        if let other = manifest.files.map(\.name).first(where: { !expected.contains($0) }) {
            throw mismatch(Folder.join(path, other), "it is no file of a package with these sources")
        }
        let listed = Dictionary(manifest.files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for file in made {
            let filePath = Folder.join(path, file.name)
            guard let found = listed[file.name] else { throw mismatch(filePath, "\(Manifest.name) does not list it") }
            guard found == file else {
                throw mismatch(
                    filePath, "it is not what \(Manifest.artifactName) gives, exported as \(Manifest.name) says")
            }
        }
    }

    private func mismatch(_ file: String, _ problem: String) -> EmbqError {
        let current = "embq \(embqVersion)"
        return EmbqError(
            .corrupted, file: file, problem,
            advice: manifest.generator == current
                ? Self.advice
                : "\(EmbqError.printable(manifest.generator)) wrote the package: verify it with that version, this is "
                    + "\(current).")
    }
}
