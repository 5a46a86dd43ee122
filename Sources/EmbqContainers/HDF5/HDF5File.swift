package import EmbqCore
import Glibc

/// An HDF5 file, read by a process of its own: see ``HDF5Helper``.
///
/// Opening reads names, types and shapes; values come when they are asked for, one dataset in memory at a time.
package final class HDF5File: Sendable {
    package let contents: HDF5Contents
    private let process: HDF5Process

    /// Opens the file at a path.
    ///
    /// - Throws: what is wrong with it, without its name: the caller knows what to call it.
    package convenience init(path: String) throws(EmbqError) {
        try self.init(path: path, helper: HDF5Helper.program)
    }

    /// Opens the file at a path with another program as the helper.
    package init(path: String, helper: String) throws(EmbqError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw EmbqError(
                .unreadable, "it cannot be opened", advice: "Check the path and its permissions.",
                cause: unsafe String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        process = try HDF5Process(file: descriptor, program: helper)
        contents = try process.contents()
    }

    /// Opens a file that lies inside another: its bytes are put into a temporary file.
    package init(image: Span<UInt8>) throws(EmbqError) {
        let (descriptor, path) = try Self.temporary(image)
        defer {
            close(descriptor)
            // Not before: the library does not open a file that has no name.
            unsafe _ = unlink(path)
        }
        process = try HDF5Process(file: descriptor, program: HDF5Helper.program)
        contents = try process.contents()
    }

    /// Calls `body` with a dataset's values, by its index in ``contents``: row-major, little-endian.
    ///
    /// - Throws: what is wrong with the values, and what `body` throws.
    package func withBytes<R>(of index: Int, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let bytes = try process.read(index, byteCount: contents.datasets[index].byteCount)
        return try body(bytes.span)
    }

    private static func temporary(_ image: Span<UInt8>) throws(EmbqError) -> (descriptor: Int32, path: [CChar]) {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/embq-XXXXXX".utf8CString)
        func fault() -> EmbqError {
            EmbqError(
                .unwritable, "a temporary file cannot be written in \(EmbqError.printable(folder))",
                advice: "Make room there, or name another folder in TMPDIR.",
                cause: unsafe String(cString: strerror(errno)))
        }
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw fault() }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var done = 0
        while done < image.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe image.withUnsafeBufferPointer { buffer in
                unsafe write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let error = fault()
                close(descriptor)
                unsafe _ = unlink(template)
                throw error
            }
            done += written
        }
        return (descriptor, template)
    }
}
