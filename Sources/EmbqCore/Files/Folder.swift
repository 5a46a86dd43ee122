import Glibc

/// Looking into folders.
package enum Folder {
    /// Whether a folder is at `path`; links are followed.
    package static func exists(_ path: String) -> Bool { FileStatus(path)?.isFolder == true }

    /// Whether a regular file is at `path`; links are followed.
    package static func hasFile(_ path: String) -> Bool { FileStatus(path)?.isFile == true }

    /// What lies at a path, links not followed.
    package enum Kind: Sendable { case file, folder, link, other }

    /// What lies at a path; nil when nothing does.
    package static func kind(of path: String) -> Kind? {
        guard let status = FileStatus(path, followsLinks: false) else { return nil }
        return status.isLink ? .link : status.isFolder ? .folder : status.isFile ? .file : .other
    }

    /// Whether a link is at `path` that leads somewhere.
    package static func isLink(_ path: String) -> Bool {
        FileStatus(path, followsLinks: false)?.isLink == true && FileStatus(path) != nil
    }

    /// The names of the regular files in a folder, sorted by their bytes; links are followed.
    ///
    /// - Throws: `.unreadable` with the system's reason.
    package static func files(in path: String) throws(EmbqError) -> [String] {
        guard let folder = unsafe opendir(path.system) else {
            throw .unreadable(path, "the folder cannot be read")
        }
        return unsafe names(folder).filter { hasFile(join(path, $0)) }
    }

    /// Everything in a folder but itself and the one above it, sorted by bytes; nil when it cannot be read.
    package static func names(in path: String) -> [String]? {
        guard let folder = unsafe opendir(path.system) else { return nil }
        return unsafe names(folder)
    }

    /// The names in an open folder, which is closed.
    static func names(_ folder: OpaquePointer) -> [String] {
        defer { unsafe _ = closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            // Holds: the name ends with a zero inside the entry, which lives until the next readdir.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    unsafe SystemText.decode($0)
                }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.precedesByBytes($1) }
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
        resolved(path.isEmpty ? "." : path) ?? path
    }

    /// The absolute path without links of what may yet be written.
    package static func place(of path: String) -> String {
        if let resolved = resolved(path.isEmpty ? "." : path) { return resolved }
        let name = name(of: path)
        var plain = path
        while plain.utf8.last == UInt8(ascii: "/") { plain.removeLast() }
        let parent = parent(of: plain)
        guard parent != path else { return path }
        let folder = place(of: parent)
        switch name {
        case ".": return folder
        case "..": return self.parent(of: folder)
        default: return join(folder, name)
        }
    }

    /// A path's last part; slashes at its end do not count.
    package static func name(of path: String) -> String {
        var path = path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return String(decoding: path.utf8.dropFirst(parent(of: path).utf8.count), as: UTF8.self)
    }
}
