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
        let descriptor = try Self.open(path)
        defer { close(descriptor) }
        process = try HDF5Process(file: descriptor, program: helper)
        contents = try process.contents()
    }

    /// Opens a file that lies inside another: its bytes are put into a temporary file.
    package init(image: Span<UInt8>) throws(EmbqError) {
        // Not gone before the helper has it: the library does not open a file that has no name.
        let staging = try Staging(temporaryFor: nil)
        try staging.write(image, to: "image")
        let descriptor = try Self.open(staging["image"])
        defer { close(descriptor) }
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

    private static func open(_ path: String) throws(EmbqError) -> Int32 {
        let descriptor = unsafe Glibc.open(path.system, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let failure = SystemFailure()
            throw EmbqError(
                .unreadable, "it cannot be opened", advice: failure.readingAdvice, cause: failure.reason)
        }
        return descriptor
    }
}
