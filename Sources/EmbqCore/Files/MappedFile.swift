import Glibc
import Synchronization

/// A file mapped read-only into memory: opening one of any size costs no copy, and only the pages read are loaded.
///
/// The one owner of the mapping; `@unchecked Sendable` holds because the bytes are never written.
@safe package final class MappedFile: @unchecked Sendable {
    /// The path as the caller gave it.
    package let path: String
    private let base: UnsafeRawPointer
    /// Whether the pages can be loaded again.
    private let isFile: Bool
    /// The file's size in bytes.
    package let count: Int
    /// Bytes that were read since pages were last given back.
    private let finished = Atomic<Int>(0)

    /// So many bytes may stay in memory after they were read.
    private static let kept = 8 << 20

    /// Where the mappings of this process are, for the one who tells that a page is missing.
    private static let mappings = Mutex<[UInt: (count: Int, path: String)]>([:])

    /// Maps a regular file.
    ///
    /// - Throws: `.unreadable` with the system's reason; folders, devices and pipes are refused.
    package convenience init(_ path: String) throws(EmbqError) { try self.init(path, takesStreams: false) }

    /// Maps a file, or reads a pipe to its end; `-` is standard input.
    ///
    /// - Parameter maximum: the most bytes that are read from a pipe.
    /// - Throws: `.unreadable` with the system's reason, `.limitExceeded`.
    package convenience init(orStream path: String, maximum: Int) throws(EmbqError) {
        try self.init(path, takesStreams: true, maximum: maximum)
    }

    private init(_ path: String, takesStreams: Bool, maximum: Int = 0) throws(EmbqError) {
        self.path = path
        let isStandard = takesStreams && path == StandardStream.name
        // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
        let descriptor =
            isStandard
            ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            : unsafe open(path.system, O_RDONLY | O_CLOEXEC | (takesStreams ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else { throw .unreadable(path, isStandard ? "it is not open" : "it cannot be opened") }
        defer { close(descriptor) }
        guard let status = FileStatus(descriptor: descriptor) else {
            throw .unreadable(path, "it cannot be examined")
        }
        isFile = status.isFile && !isStandard
        if isFile {
            count = status.size
            unsafe base = try Self.map(count, descriptor, path)
        } else if takesStreams, !status.isFolder {
            let bytes = try Self.read(descriptor, path, maximum)
            count = bytes.count
            unsafe base = try Self.map(count, -1, path)
            // Holds: the mapping has as many bytes, and nobody else knows of it yet.
            unsafe bytes.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress, count > 0 {
                    unsafe UnsafeMutableRawPointer(mutating: base).copyMemory(from: source, byteCount: count)
                }
            }
        } else {
            throw EmbqError(
                .unreadable, file: path, "it is not a regular file",
                advice: status.isFolder ? SystemFailure(EISDIR).readingAdvice : "Save it in a file first.")
        }
        guard count > 0 else { return }
        let address = unsafe UInt(bitPattern: base)
        Self.mappings.withLock { $0[address] = (count, path) }
    }

    deinit {
        guard count > 0 else { return }
        let address = unsafe UInt(bitPattern: base)
        Self.mappings.withLock { _ = $0.removeValue(forKey: address) }
        unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
    }

    /// The file whose mapping holds an address.
    static func path(at address: UnsafeRawPointer?) -> String? {
        let address = UInt(bitPattern: address)
        return mappings.withLock { mappings in
            mappings.first { start, mapping in address >= start && address - start < UInt(mapping.count + 4095) }?.value
                .path
        }
    }

    /// Maps an open file, or empty memory for descriptor -1.
    private static func map(_ count: Int, _ descriptor: Int32, _ path: String) throws(EmbqError) -> UnsafeRawPointer {
        guard count > 0 else { return unsafe UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped }
        let isMemory = descriptor < 0
        guard
            let mapped = unsafe mmap(
                nil, count, isMemory ? PROT_READ | PROT_WRITE : PROT_READ,
                isMemory ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, descriptor, 0), unsafe mapped != MAP_FAILED
        else { throw .unreadable(path, "it cannot be mapped") }
        return UnsafeRawPointer(mapped)
    }

    private static func read(_ descriptor: Int32, _ path: String, _ maximum: Int) throws(EmbqError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // Holds: at most the buffer's size is written.
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path, "reading it failed") }
            if count == 0 { return bytes }
            guard bytes.count + count <= maximum else {
                throw EmbqError(
                    .limitExceeded, file: path, "it has more than \(maximum) bytes", advice: "Split it.")
            }
            bytes.append(contentsOf: chunk[..<count])
        }
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
        guard isFile, start < end else { return }
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
}
