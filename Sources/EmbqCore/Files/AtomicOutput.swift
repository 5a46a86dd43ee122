import Glibc

/// Writing so that a failed run leaves nothing half-written: a sibling temporary file, then a rename.
///
/// A link is followed: what it leads to is replaced. What is no file, such as a pipe or `/dev/stdout`, gets the bytes once
/// all of them are there.
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
    package static func write(to path: String, _ body: (borrowing OutputFile) throws(EmbqError) -> Void)
        throws(EmbqError)
    {
        try replace(path) { temporary throws(EmbqError) in
            try body(try OutputFile(temporary, shownAs: path))
        }
    }

    /// Lets `body` fill an empty file under a name of its own; it takes its place at `path` only when `body` has returned.
    ///
    /// For libraries that want a path.
    package static func replace(_ path: String, _ body: (_ temporary: String) throws(EmbqError) -> Void)
        throws(EmbqError)
    {
        let isStream = isStream(path)
        let target = Folder.isLink(path) ? Folder.absolute(path) : path
        let temporary = try TemporaryFiles.makeFile(isStream ? streamed : target, shownAs: path)
        defer { TemporaryFiles.remove(temporary) }
        try body(temporary)
        try OutputFile(temporary, shownAs: path).finish()
        if isStream {
            let bytes = try naming(path) { () throws(EmbqError) in try MappedFile(temporary) }
            let stream = try OutputFile(path, shownAs: path)
            try bytes.withBytes { bytes throws(EmbqError) in try stream.write(bytes) }
        } else if unsafe rename(temporary, target) != 0 {
            throw OutputFile.fault(path, "it cannot be replaced", systemReason())
        }
    }

    /// Whether something is there that holds no bytes: a device, a pipe, a socket.
    private static func isStream(_ path: String) -> Bool {
        FileIdentity(path) != nil && !Folder.exists(path) && !Folder.hasFile(path)
    }

    /// Where the bytes of a stream are gathered.
    private static var streamed: String {
        let folder = unsafe getenv("TMPDIR").flatMap { unsafe String(validatingCString: $0) } ?? "/tmp"
        return Folder.join(folder, "embq")
    }
}
