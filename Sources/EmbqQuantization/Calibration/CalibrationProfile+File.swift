import EmbqContainers
package import EmbqCore

extension CalibrationProfile {
    /// Reads a profile that `embq calibrate` wrote.
    ///
    /// - Throws: `.unreadable`, or what is wrong with the content.
    package init(path: String) throws(EmbqError) {
        let file = try MappedFile(path)
        self = try naming(path) { () throws(EmbqError) in
            try file.withBytes { bytes throws(EmbqError) in try CalibrationProfile(CalibrationProfileFile.decode(bytes))
            }
        }
    }

    /// The profile at a path, or nil when something else lies there.
    package static func at(path: String) throws(EmbqError) -> CalibrationProfile? {
        guard !Folder.exists(path), try MappedFile(path).withBytes(CalibrationProfileFile.matches) else { return nil }
        return try CalibrationProfile(path: path)
    }

    /// Merges profiles, each named in the errors about it. The notes tell which seem to have data that others have too.
    ///
    /// - Precondition: there is at least one.
    package static func merging(_ paths: [String], observer: String?) throws(EmbqError)
        -> (profile: CalibrationProfile, notes: [String])
    {
        guard let first = paths.first else { preconditionFailure("nothing to merge") }
        var merged = try CalibrationProfile(path: first)
        var notes: [String] = []
        for path in paths.dropFirst() {
            let next = try CalibrationProfile(path: path)
            if merged.seemsToShareData(with: next) {
                notes.append(
                    "Every sentence of \(path) is also in the profiles before it, or every one of theirs in it: if they "
                        + "are of the same data, it counts twice.")
            }
            do throws(EmbqError) { merged = try merged.merging(next, observer: observer) } catch {
                throw error.at(file: path)
            }
        }
        return (merged, notes)
    }
}
