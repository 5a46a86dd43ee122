package import EmbqArtifact
package import EmbqCore
package import EmbqExport

/// Writes an artifact as C into a folder, beside what others have there, and removes what an earlier export left.
///
/// manifest.json lists what was written, so that the next export knows it: only what still has the bytes that are listed
/// is removed. In a package's folder the sources are exchanged, and the package's manifest follows.
package struct ExportJob: Sendable {
    package let artifact: ArtifactReader
    package let options: CSourceOptions

    /// manifest.json of sources without a package.
    private struct Record: Encodable {
        var generator = "embq \(embqVersion)"
        var sources: Manifest.Sources
        var files: [Manifest.File]
    }

    package init(_ artifact: ArtifactReader, _ options: CSourceOptions) {
        self.artifact = artifact
        self.options = options
    }

    /// - Returns: the files that were written.
    package func run(into folder: FolderOutput) throws(EmbqError) -> [FolderOutput.File] {
        var files = try CSourceExport.files(artifact, options)
        files.append((Manifest.name, Array(try manifest(in: folder.path, files).utf8)))
        try folder.write(files, replacing: Manifest.exported)
        return files
    }

    private func manifest(in folder: String, _ files: [FolderOutput.File]) throws(EmbqError) -> String {
        let sources = Manifest.Sources(options)
        guard Manifest.isPackage(folder) else {
            return try CanonicalJSON.document(Record(sources: sources, files: Manifest.File.all(files)))
        }
        var manifest = try Manifest(at: Folder.join(folder, Manifest.name))
        let kept = manifest.files.filter { [Manifest.artifactName, Manifest.reportName].contains($0.name) }
        manifest.generator = "embq \(embqVersion)"
        manifest.sources = sources
        manifest.files = (Manifest.File.all(files) + kept).sorted { $0.name < $1.name }
        return try CanonicalJSON.document(manifest)
    }
}
