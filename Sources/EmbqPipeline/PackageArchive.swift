import EmbqContainers
package import EmbqCore

/// A package as one zip archive: its files, stored, in the order of their names. Same files, same bytes.
package enum PackageArchive {
    /// Refuses a folder, and a place inside the package, which would then hold a file that is not its own.
    ///
    /// - Throws: `.invalidRequest` naming what is in the way.
    package static func check(_ path: String, beside folder: String) throws(EmbqError) {
        guard !Folder.exists(path) else {
            throw EmbqError(
                .invalidRequest, file: path, "the archive is one file, and this is a folder",
                advice: "Give the name of a file.")
        }
        let package = Folder.place(of: folder) + "/"
        guard path != StandardStream.name, (Folder.place(of: path) + "/").utf8.starts(with: package.utf8) else {
            return
        }
        throw EmbqError(
            .invalidRequest, file: path, "the archive would lie in the package '\(folder)', or in its place",
            advice: "Write it beside the folder.")
    }

    /// - Returns: the size of the archive in bytes.
    /// - Throws: `.unwritable`.
    static func write(_ files: [(name: String, bytes: [UInt8])], to path: String) throws(EmbqError) -> Int {
        try AtomicOutput.write(to: path) { file throws(EmbqError) in
            var archive = ZipWriter()
            for (name, bytes) in files.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                try archive.add(name, count: bytes.count, to: file) { append throws(EmbqError) in
                    try append(bytes.span)
                }
            }
            try archive.finish(file)
        }
    }
}
