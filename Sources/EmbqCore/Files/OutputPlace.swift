import Glibc

/// Where an output goes: what its path really leads to.
enum OutputPlace {
    /// What the process was started with. It has a place of its own in what it leads to, which is written there.
    case inherited(Int32)
    /// A device, a pipe, a socket: it holds no bytes that could be replaced.
    case stream(String)
    /// A file, or nothing yet; no link that leads somewhere.
    case file(String)

    /// Links in a row; the system follows no more.
    private static let maximumLinks = 40

    /// - Parameter path: `-` is standard output.
    init(_ path: String) {
        if path == StandardStream.name {
            self = .inherited(STDOUT_FILENO)
        } else if let number = Self.descriptor(path) {
            self = .inherited(number)
        } else if let status = FileStatus(path), !status.isFile, !status.isFolder {
            self = .stream(path)
        } else {
            self = .file(Folder.isLink(path) ? Folder.absolute(path) : path)
        }
    }

    /// The descriptor that a path stands for: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`, or a link to such.
    private static func descriptor(_ path: String) -> Int32? {
        var path = path
        for _ in 0..<maximumLinks {
            var folder = Folder.absolute(Folder.parent(of: path))
            if folder.utf8.count > 1, folder.utf8.last == UInt8(ascii: "/") { folder.removeLast() }
            let name = Folder.name(of: path)
            if let number = Int32(name), number >= 0, isOwn(folder) { return number }
            if folder == "/dev", let number = ["stdin", "stdout", "stderr"].firstIndex(of: name) {
                return Int32(number)
            }
            guard let target = target(of: Folder.join(folder, name)) else { return nil }
            path = target.utf8.first == UInt8(ascii: "/") ? target : Folder.join(folder, target)
        }
        return nil
    }

    /// Whether a folder, without links, lists this process's descriptors.
    private static func isOwn(_ folder: String) -> Bool {
        let parts = folder.split(separator: "/")
        guard parts.count >= 2, parts.last == "fd" else { return false }
        if folder == "/dev/fd" { return true }
        return parts.first == "proc" && (parts[1] == "\(getpid())" || parts[1] == "self" || parts[1] == "thread-self")
    }

    /// What a link says; nil for everything else.
    private static func target(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        // Holds: at most one less than the buffer is written.
        let length = unsafe readlink(path.system, &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        return SystemText.decode(buffer.prefix(length).map { UInt8(bitPattern: $0) })
    }
}

/// The name that stands for standard input and standard output.
package enum StandardStream {
    package static let name = "-"

    /// Whether an output is standard output, by that name or by a path.
    package static func isOutput(_ path: String) -> Bool {
        if case .inherited(STDOUT_FILENO) = OutputPlace(path) { true } else { false }
    }
}
