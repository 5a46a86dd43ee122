import Glibc

/// A file open for writing, closed when it goes out of scope.
package struct OutputFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens a file that is there; errors speak of `shownAs`, the name the user knows.
    init(_ path: String, shownAs: String) throws(EmbqError) {
        self.path = shownAs
        descriptor = unsafe open(path.system, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unwritable(shownAs, "it cannot be written") }
    }

    /// Makes a file where nothing is.
    init(new path: String, shownAs: String) throws(EmbqError) {
        self.path = shownAs
        descriptor = unsafe open(path.system, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(shownAs, "it cannot be created") }
    }

    /// Takes what the process was started with: bytes follow those that are there.
    init(inherited number: Int32, shownAs: String) throws(EmbqError) {
        path = shownAs
        descriptor = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard descriptor >= 0 else { throw .unwritable(shownAs, "it is not open") }
    }

    deinit { close(descriptor) }

    /// Appends bytes.
    ///
    /// - Throws: `.unwritable`, for example on a full disk.
    package borrowing func write(_ bytes: [UInt8]) throws(EmbqError) {
        try write(bytes.span)
    }

    /// Appends bytes.
    package borrowing func write(_ bytes: Span<UInt8>) throws(EmbqError) {
        try unsafe writeAll(bytes) { address, count, _ in unsafe Glibc.write(descriptor, address, count) }
    }

    /// Writes over bytes that were written before, `offset` bytes from the start; what is appended next is not moved.
    ///
    /// - Throws: `.unwritable`.
    package borrowing func replace(_ bytes: [UInt8], at offset: Int) throws(EmbqError) {
        try unsafe writeAll(bytes.span) { address, count, done in
            unsafe pwrite(descriptor, address, count, off_t(offset + done))
        }
    }

    private borrowing func writeAll(
        _ bytes: Span<UInt8>, _ put: (_ address: UnsafePointer<UInt8>, _ count: Int, _ done: Int) -> Int
    ) throws(EmbqError) {
        var done = 0
        while done < bytes.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe put(buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, done)
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw .unwritable(path, "writing it failed")
            }
            done += written
        }
    }

    /// Waits until the bytes are on the disk.
    borrowing func finish() throws(EmbqError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .unwritable(path, "writing it failed") }
    }

    /// Gives the file the permissions, and where that is allowed the owner, of the one that it is to replace.
    borrowing func resemble(_ status: FileStatus) { status.apply(to: descriptor) }
}
