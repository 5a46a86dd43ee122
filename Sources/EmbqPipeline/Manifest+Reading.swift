import EmbqContainers
import EmbqCore
import FoundationEssentials

extension Manifest {
    static let artifactName = "model.embq"
    static let reportName = "report.html"
    private static let advice = "Write the package again with `embq package`."
    /// A manifest has some hundred files of a few hundred bytes.
    static let limit = FileLimit("a manifest", bytes: 1 << 20, advice: advice)

    /// Whether a name leads somewhere else than into the package's own folder, or out of its line.
    private static func leadsOut(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).contains { $0.isEmpty || $0.hasPrefix(".") }
            || name.holdsControls
    }

    /// Reads the manifest of a package.
    ///
    /// - Throws: `.unreadable`, `.malformed`, `.duplicate`, `.missing`, `.limitExceeded`; `.corrupted` as
    ///   ``checkSeal(_:at:)``.
    init(at path: String) throws(EmbqError) { try self.init(Self.limit.open(path).contents, at: path) }

    /// Reads the bytes of a manifest.
    init(_ bytes: [UInt8], at path: String) throws(EmbqError) {
        let advice = Self.advice
        let document = try Self.limit.object(bytes.span, of: path)
        do { self = try JSONDecoder().decode(Manifest.self, from: Data(document.bytes)) } catch {
            throw EmbqError(
                .malformed, file: path, "it is not the manifest of a package", advice: advice, cause: "\(error)")
        }
        var names: Set<String> = []
        for name in files.map(\.name) {
            guard !Self.leadsOut(name) else {
                throw EmbqError(
                    .malformed, file: path, "the file name \(EmbqError.printable(name)) leads out of the package",
                    advice: advice)
            }
            guard names.insert(name).inserted else {
                throw EmbqError(
                    .duplicate, file: path, "the file \(EmbqError.printable(name)) stands twice", advice: advice)
            }
        }
        guard names.contains(Self.artifactName) else {
            throw EmbqError(.missing, file: path, "it lists no \(Self.artifactName)", advice: advice)
        }
        try checkSeal(bytes, at: path)
    }

    /// The files that the manifest of a folder lists, of a package or of exported sources; nil when it has none of embq's.
    private static func listed(in folder: String) -> [(name: String, sha256: String?)]? {
        let path = Folder.join(folder, name)
        guard Folder.kind(of: path) == .file else { return nil }
        // One of another version counts too: its list is enough.
        guard let json = try? limit.object(path), json["generator"]?.string?.hasPrefix("embq ") == true,
            let files = json["files"]?.array
        else { return nil }
        return files.compactMap { file in
            guard let name = file["name"]?.string, !leadsOut(name) else { return nil }
            return (name, file["sha256"]?.string)
        }
    }

    /// The files of the package, or of the exported sources, that a folder holds; none when it holds neither.
    @Sendable static func packaged(_ folder: String) throws(EmbqError) -> Set<String> {
        guard let files = listed(in: folder) else { return [] }
        return Set(files.map(\.name) + [name, SignatureBundle.name])
    }

    /// The sources that `embq` wrote into a folder and nobody has changed; not the artifact and the report of a package.
    @Sendable static func exported(_ folder: String) throws(EmbqError) -> Set<String> {
        var found: Set<String> = []
        for (name, sha256) in listed(in: folder) ?? [] where ![artifactName, reportName].contains(name) {
            // A link leads to what is somebody else's.
            let parts = name.split(separator: "/")
            let parents = (1..<max(parts.count, 1)).map { parts[..<$0].joined(separator: "/") }
            guard parents.allSatisfy({ Folder.kind(of: Folder.join(folder, $0)) == .folder }) else { continue }
            let path = Folder.join(folder, name)
            guard Folder.kind(of: path) == .file, let file = try? MappedFile(path) else { continue }
            if file.withBytes({ SHA256.hexadecimal(of: $0) }) == sha256 { found.insert(name) }
        }
        return found
    }

    /// Whether a folder holds a package.
    static func isPackage(_ folder: String) -> Bool {
        listed(in: folder)?.contains { $0.name == artifactName } == true
    }
}
