package import EmbqCore
import Synchronization

/// A zip archive, mapped: opening it reads its directory alone, an entry's bytes are loaded when they are asked for.
///
/// Stored entries are given in place, without a copy; deflated ones are inflated by libzip. Either way the bytes that
/// ``withBytes(of:_:)`` gives have passed their CRC.
package final class ZipArchive: Sendable {
    /// The mapped archive.
    package let file: MappedFile
    /// The files inside, sorted by the UTF-8 bytes of their names, which are distinct.
    package let entries: [ZipEntry]
    private let state: Mutex<State>

    /// Stored bytes are checked in pieces of this size.
    private static let piece = 4 << 20

    private struct State: ~Copyable {
        /// Only for an archive that has deflated entries.
        var inflater: Inflater?
        /// The indices of stored entries whose CRC held.
        var checked: Set<Int> = []
    }

    /// Opens and checks an archive.
    ///
    /// - Throws: `.malformed`, `.unsupported`, `.duplicate`, `.limitExceeded` or `.truncated`, with the entry.
    package init(_ file: MappedFile) throws(EmbqError) {
        self.file = file
        let directory = try naming(file.path) { () throws(EmbqError) in
            try file.withBytes { bytes throws(EmbqError) in
                // The headers lie all over the file, and each brings its neighbourhood into memory.
                try ZipDirectory(bytes) { file.release(0..<file.count) }
            }
        }
        entries = directory.entries.sorted { $0.name.precedesByBytes($1.name) }
        let hasDeflated = directory.entries.contains { $0.method == .deflated }
        do throws(EmbqError) {
            state = Mutex(State(inflater: hasDeflated ? try Inflater.open(file, directory) : nil))
        } catch {
            throw error.at(file: file.path)
        }
        file.release(0..<file.count)
    }

    /// The entry of that exact name, or nil.
    package func entry(_ name: String) -> ZipEntry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].name.precedesByBytes(name) { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].name.hasSameBytes(as: name) ? entries[low] : nil
    }

    /// Calls `body` with the bytes of an entry, or with a range of them.
    ///
    /// A deflated entry takes its size in memory while `body` runs.
    /// - Throws: `.corrupted` when the bytes do not have the CRC that the directory says, and what `body` throws.
    package func withBytes<R>(
        of entry: ZipEntry, in range: Range<Int>? = nil, _ body: (Span<UInt8>) throws(EmbqError) -> R
    ) throws(EmbqError) -> R {
        let range = range ?? 0..<entry.size
        switch entry.method {
        case .stored:
            // What `body` reads next may stay in memory.
            try check(entry, keeping: range.count > entry.size / 2)
            defer { file.finish(entry.range) }
            let start = entry.range.lowerBound
            return try file.withBytes { bytes throws(EmbqError) in
                try body(bytes.extracting(start + range.lowerBound..<start + range.upperBound))
            }
        case .deflated:
            let bytes = try inflate(entry, entry.size)
            return try body(bytes.span.extracting(range))
        }
    }

    /// The first `count` bytes of an entry, or all if it has fewer; their CRC is not checked.
    package func prefix(of entry: ZipEntry, _ count: Int) throws(EmbqError) -> [UInt8] {
        let count = min(count, entry.size)
        switch entry.method {
        case .stored:
            return file.withBytes { bytes in
                let start = entry.range.lowerBound
                return (start..<start + count).map { bytes[$0] }
            }
        case .deflated: return try inflate(entry, count)
        }
    }

    private func inflate(_ entry: ZipEntry, _ count: Int) throws(EmbqError) -> [UInt8] {
        try naming(file.path) { () throws(EmbqError) in
            try state.withLock { state throws(EmbqError) in
                guard let bytes = try state.inflater?.bytes(of: entry, count: count) else {
                    preconditionFailure("the entry is of another archive")
                }
                return bytes
            }
        }
    }

    /// Checks the CRC of a stored entry, once.
    private func check(_ entry: ZipEntry, keeping: Bool) throws(EmbqError) {
        if state.withLock({ $0.checked.contains(entry.index) }) { return }
        var crc = CRC32()
        var start = entry.range.lowerBound
        while start < entry.range.upperBound {
            let end = min(start + Self.piece, entry.range.upperBound)
            file.withBytes { bytes in crc.update(bytes.extracting(start..<end)) }
            if !keeping { file.release(start..<end) }
            start = end
        }
        guard crc.value == entry.crc32 else {
            throw zipFault(
                .corrupted, zipPlace(entry.name),
                "its bytes have the CRC \(String(crc.value, radix: 16)), the directory says \(String(entry.crc32, radix: 16))"
            ).at(file: file.path)
        }
        state.withLock { _ = $0.checked.insert(entry.index) }
    }
}
