import Glibc

/// What the system knows of a file or a folder.
struct FileStatus {
    private let status: stat

    /// nil when nothing is there, or it cannot be examined.
    ///
    /// - Parameter followsLinks: whether a link is what it leads to.
    init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        guard unsafe (followsLinks ? stat(path.system, &status) : lstat(path.system, &status)) == 0 else { return nil }
        self.status = status
    }

    /// Of what is open.
    init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.status = status
    }

    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    var isFile: Bool { status.st_mode & S_IFMT == S_IFREG }
    var isLink: Bool { status.st_mode & S_IFMT == S_IFLNK }
    /// Whether it belongs to the user that runs the program.
    var isOwn: Bool { status.st_uid == geteuid() }
    var size: Int { Int(status.st_size) }

    /// Whether both are one file.
    func isSame(as other: FileStatus) -> Bool {
        status.st_dev == other.status.st_dev && status.st_ino == other.status.st_ino
    }

    /// Gives permissions and owner to what is open. Where the system does not let the group be given, the group gets no
    /// permissions: nobody may read what the old file kept from them.
    func apply(to descriptor: Int32) {
        guard let now = FileStatus(descriptor: descriptor) else { return }
        var mode = status.st_mode & 0o777
        if now.status.st_uid != status.st_uid || now.status.st_gid != status.st_gid,
            fchown(descriptor, status.st_uid, status.st_gid) != 0, fchown(descriptor, .max, status.st_gid) != 0
        {
            mode &= 0o707
        }
        _ = fchmod(descriptor, mode)
    }
}
