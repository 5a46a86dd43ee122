import Glibc

/// A file open for writing, closed when it goes out of scope.
package struct OutputFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens a file that is there; errors speak of `shownAs`, the name the user knows.
    init(_ path: String, shownAs: String) throws(EmbqError) {
        self.path = shownAs
        descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.fault(shownAs, "it cannot be written", systemReason()) }
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
        var done = 0
        while done < bytes.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe Int(Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done))
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw Self.fault(path, "writing it failed", systemReason())
            }
            done += written
        }
    }

    /// Writes over bytes that were written before, `offset` bytes from the start; what is appended next is not moved.
    ///
    /// - Throws: `.unwritable`.
    package borrowing func replace(_ bytes: [UInt8], at offset: Int) throws(EmbqError) {
        var done = 0
        while done < bytes.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, off_t(offset + done))
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw Self.fault(path, "writing it failed", systemReason())
            }
            done += written
        }
    }

    /// Waits until the bytes are on the disk.
    borrowing func finish() throws(EmbqError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw Self.fault(path, "writing it failed", systemReason())
        }
    }

    static func fault(_ path: String, _ problem: String, _ cause: String) -> EmbqError {
        EmbqError(
            .unwritable, file: path, problem, advice: "Check that the folder exists, is writable and has room.",
            cause: cause)
    }
}
