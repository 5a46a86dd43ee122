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
        let files = Manifest.isPackage(folder.path) ? try packaged(in: folder.path) : try alone()
        try folder.write(files, replacing: Manifest.exported)
        return files
    }

    /// The sources, and a manifest that lists them.
    private func alone() throws(EmbqError) -> [FolderOutput.File] {
        let files = try CSourceExport.files(artifact, options)
        let record = Record(sources: Manifest.Sources(options), files: Manifest.File.all(files))
        return files + [(Manifest.name, Array(try CanonicalJSON.document(record).utf8))]
    }

    /// The sources for a package's folder, and what follows from them: its documents and its manifest.
    private func packaged(in folder: String) throws(EmbqError) -> [FolderOutput.File] {
        var manifest = try Manifest(at: Folder.join(folder, Manifest.name))
        let kept = manifest.files.filter { [Manifest.artifactName, Manifest.reportName].contains($0.name) }
        manifest.generator = "embq \(embqVersion)"
        manifest.sources = Manifest.Sources(options)
        let documents = try PackageDocuments(artifact, manifest, options)
        var files = try documents.sources()
        files.append(try documents.bill(of: (Manifest.File.all(files) + kept).sorted { $0.name < $1.name }))
        manifest.files = (Manifest.File.all(files) + kept).sorted { $0.name < $1.name }
        return files + [(Manifest.name, try manifest.sealed())]
    }
}
