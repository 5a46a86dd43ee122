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

    /// Merges profiles, each named in the errors about it.
    ///
    /// - Precondition: there is at least one.
    package init(merging paths: [String], observer: String?) throws(EmbqError) {
        guard let first = paths.first else { preconditionFailure("nothing to merge") }
        self = try CalibrationProfile(path: first)
        for path in paths.dropFirst() {
            let next = try CalibrationProfile(path: path)
            do throws(EmbqError) { self = try merging(next, observer: observer) } catch { throw error.at(file: path) }
        }
    }
}
