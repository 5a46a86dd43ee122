import Glibc
import Synchronization

/// A file mapped read-only into memory: opening one of any size costs no copy, and only the pages read are loaded.
///
/// The one owner of the mapping; `@unchecked Sendable` holds because the bytes are never written.
@safe package final class MappedFile: @unchecked Sendable {
    /// The path as the caller gave it.
    package let path: String
    private let base: UnsafeRawPointer
    /// The file's size in bytes.
    package let count: Int
    /// Bytes that were read since pages were last given back.
    private let finished = Atomic<Int>(0)

    /// So many bytes may stay in memory after they were read.
    private static let kept = 8 << 20

    /// Maps a regular file.
    ///
    /// - Throws: `.unreadable` with the system's reason; folders, devices and pipes are refused.
    package init(_ path: String) throws(EmbqError) {
        self.path = path
        // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.fault(path, "it cannot be opened", systemReason()) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw Self.fault(path, "it cannot be examined", systemReason())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.fault(path, "it is not a regular file", nil)
        }
        count = Int(status.st_size)
        guard count > 0 else {
            unsafe base = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
            return
        }
        guard let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
            unsafe mapped != MAP_FAILED
        else { throw Self.fault(path, "it cannot be mapped", systemReason()) }
        unsafe base = UnsafeRawPointer(mapped)
    }

    deinit {
        if count > 0 { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
    }

    /// Calls `body` with the file's bytes, which it must not keep.
    package func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        // Holds for the call: `self` owns the mapping, and an empty file never reads through `base`.
        try unsafe body(Span(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: count))
    }

    /// Takes the pages that lie wholly in `range` out of the process's memory; reading them again loads them again.
    ///
    /// Keeps a pass over a file larger than the memory from filling it.
    package func release(_ range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (max(range.lowerBound, 0) + page - 1) / page * page
        let end = min(range.upperBound, count) / page * page
        guard start < end else { return }
        // Holds: the pages lie inside the mapping, which is never written, so nothing is lost. A failure costs memory
        // only.
        unsafe _ = madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, Int32(MADV_DONTNEED))
    }

    /// Tells that a range was read and is not needed for now: after some megabytes of such ranges, all pages leave the
    /// process's memory. A pass over many tensors then takes no more of it than the largest one.
    package func finish(_ range: Range<Int>) {
        guard finished.add(range.count, ordering: .relaxed).newValue >= Self.kept else { return }
        finished.store(0, ordering: .relaxed)
        release(0..<count)
    }

    /// All bytes, copied.
    package var contents: [UInt8] { withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } } }

    private static func fault(_ path: String, _ problem: String, _ cause: String?) -> EmbqError {
        EmbqError(
            .unreadable, file: path, problem, advice: "Check the path and its permissions.", cause: cause)
    }
}

/// The system's words for the last failed call.
func systemReason() -> String { unsafe String(cString: strerror(errno)) }
