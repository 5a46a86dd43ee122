import Glibc

/// Writing so that a failed run leaves nothing half-written: a file beside the target, then a rename.
///
/// A link is followed: what it leads to is replaced. Permissions stay. What is no file, such as a pipe, gets the bytes once
/// all of them are there, and so does what the process was started with, such as `/dev/stdout` or `-`: a file there keeps
/// what it holds.
package enum AtomicOutput {
    /// Writes `bytes` to `path`, replacing what is there in one step.
    ///
    /// - Throws: `.unwritable` with the system's reason.
    package static func write(_ bytes: [UInt8], to path: String) throws(EmbqError) {
        try write(to: path) { file throws(EmbqError) in try file.write(bytes) }
    }

    /// Writes UTF-8 text to `path`, replacing what is there in one step.
    package static func write(_ text: String, to path: String) throws(EmbqError) {
        try write(Array(text.utf8), to: path)
    }

    /// Lets `body` write a file piece by piece; it appears at `path` only when `body` has returned.
    ///
    /// - Returns: its size in bytes.
    @discardableResult
    package static func write(to path: String, _ body: (borrowing OutputFile) throws(EmbqError) -> Void)
        throws(EmbqError) -> Int
    {
        try replace(path) { temporary throws(EmbqError) in
            try body(try OutputFile(temporary, shownAs: path))
        }
    }

    /// Lets `body` fill an empty file under a name of its own; it takes its place at `path` only when `body` has returned.
    ///
    /// For libraries that want a path.
    /// - Returns: its size in bytes.
    @discardableResult
    package static func replace(_ path: String, _ body: (_ temporary: String) throws(EmbqError) -> Void)
        throws(EmbqError) -> Int
    {
        switch OutputPlace(path) {
        case .inherited(let number):
            try TemporaryFiles.outlivingReaders { () throws(EmbqError) in
                try stream(path, body) { () throws(EmbqError) in try OutputFile(inherited: number, shownAs: path) }
            }
        case .stream(let device):
            try TemporaryFiles.outlivingReaders { () throws(EmbqError) in
                try stream(path, body) { () throws(EmbqError) in try OutputFile(device, shownAs: path) }
            }
        case .file(let target): try replace(target, shownAs: path, body)
        }
    }

    private static func replace(
        _ target: String, shownAs path: String, _ body: (_ temporary: String) throws(EmbqError) -> Void
    ) throws(EmbqError) -> Int {
        let folder = Folder.parent(of: target)
        let old = FileStatus(target)
        if old?.isFolder == true { throw .unwritable(path, "it cannot be replaced", SystemFailure(EISDIR)) }
        let staging = try Staging(in: folder, shownAs: path)
        let temporary = staging["file"]
        let size = try fill(temporary, shownAs: path, like: old, body)
        try TemporaryFiles.undisturbed { () throws(EmbqError) in
            guard unsafe rename(temporary.system, target.system) == 0 else {
                throw .unwritable(path, "it cannot be replaced")
            }
        }
        synchronize(folder)
        return size
    }

    /// Gathers the bytes of a stream, which may be a pipe that somebody waits at.
    private static func stream(
        _ path: String, _ body: (_ temporary: String) throws(EmbqError) -> Void,
        into open: () throws(EmbqError) -> OutputFile
    ) throws(EmbqError) -> Int {
        let staging = try Staging(temporaryFor: path)
        let size = try fill(staging["file"], shownAs: path, like: nil, body)
        let bytes = try naming(path) { () throws(EmbqError) in try MappedFile(staging["file"]) }
        let stream = try open()
        try bytes.withBytes { bytes throws(EmbqError) in try stream.write(bytes) }
        return size
    }

    /// Makes the file, has it filled, and gives it what the old one had.
    private static func fill(
        _ temporary: String, shownAs path: String, like old: FileStatus?,
        _ body: (_ temporary: String) throws(EmbqError) -> Void
    ) throws(EmbqError) -> Int {
        let file = try OutputFile(new: temporary, shownAs: path)
        try body(temporary)
        if let old { file.resemble(old) }
        try file.finish()
        return FileStatus(temporary)?.size ?? 0
    }

    /// Waits until what was renamed in a folder is on the disk; empty for the current one.
    static func synchronize(_ folder: String) {
        let descriptor = unsafe open(
            (folder.isEmpty ? "." : folder).system, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
