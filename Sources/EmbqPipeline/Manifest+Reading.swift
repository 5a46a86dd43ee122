import EmbqCore
import FoundationEssentials

extension Manifest {
    static let artifactName = "model.embq"
    static let reportName = "report.html"
    private static let advice = "Write the package again with `embq package`."
    /// A manifest has some hundred files of a few hundred bytes.
    private static let limit = FileLimit("a manifest", bytes: 1 << 20, advice: advice)

    /// Whether a name leads somewhere else than into the package's own folder, or out of its line.
    private static func leadsOut(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).contains { $0.isEmpty || $0.hasPrefix(".") }
            || name.holdsControls
    }

    /// Reads the manifest of a package.
    ///
    /// - Throws: `.unreadable`, `.malformed`, `.duplicate`, `.missing`, `.limitExceeded`.
    init(at path: String) throws(EmbqError) {
        let advice = Self.advice
        let document = try Self.limit.object(path)
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
    }

    /// The files of the package that a folder holds; none when it holds none.
    @Sendable static func packaged(_ folder: String) throws(EmbqError) -> Set<String> {
        let path = Folder.join(folder, name)
        guard Folder.hasFile(path) else { return [] }
        // One of another version counts too: its list is enough.
        guard let json = try? limit.object(path), json["generator"]?.string?.hasPrefix("embq ") == true,
            let files = json["files"]?.array
        else { return [] }
        return Set(files.compactMap { $0["name"]?.string }.filter { !leadsOut($0) } + [name])
    }
}
