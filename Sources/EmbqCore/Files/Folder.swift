import Glibc

/// Looking into folders.
package enum Folder {
    /// Whether a folder is at `path`; links are followed.
    package static func exists(_ path: String) -> Bool { mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false }

    /// Whether a regular file is at `path`; links are followed.
    package static func hasFile(_ path: String) -> Bool { mode(path).map { $0 & S_IFMT == S_IFREG } ?? false }

    /// Whether a link is at `path` that leads somewhere.
    package static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK && FileIdentity(path) != nil
    }

    /// The names of the regular files in a folder, sorted by their bytes; links are followed.
    ///
    /// - Throws: `.unreadable` with the system's reason.
    package static func files(in path: String) throws(EmbqError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            throw EmbqError(
                .unreadable, file: path, "the folder cannot be read", advice: "Check the path and its permissions.",
                cause: systemReason())
        }
        defer { unsafe _ = closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe name(of: entry)
            if let name, hasFile(join(path, name)) { names.append(name) }
        }
        return names.sorted { $0.precedesByBytes($1) }
    }

    /// The name of an entry that readdir gave; nil when it is no UTF-8.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
        // Holds: the name ends with a zero inside the entry, which lives until the next readdir.
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
            unsafe field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                unsafe String(validatingCString: $0)
            }
        }
    }

    /// `folder/name`; `name` alone for the current folder.
    package static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
    }

    /// The folder that a path's last part lies in, with its slash; empty for the current one.
    package static func parent(of path: String) -> String {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        return slash.map { String(decoding: path.utf8[...$0], as: UTF8.self) } ?? ""
    }

    /// A folder's path from the root on, links followed; the path as it is when that cannot be told. Empty: the current
    /// folder's.
    package static func absolute(_ path: String) -> String {
        guard let resolved = unsafe realpath(path.isEmpty ? "." : path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// A path's last part; slashes at its end do not count.
    package static func name(of path: String) -> String {
        var path = path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return String(decoding: path.utf8.dropFirst(parent(of: path).utf8.count), as: UTF8.self)
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode : nil
    }
}
