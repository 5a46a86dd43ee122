import CEmbqRuntime
import EmbqTestSupport

/// An artifact in pieces, each in memory of its own, as firmware has it whose linker places sections apart.
struct SectionedArtifact {
    struct Piece {
        /// Nil: a null pointer.
        var bytes: [UInt8]?
        /// What the runtime is told; not more than there are bytes.
        var size: Int
        /// Bytes behind an aligned address.
        var offset = 0

        init(_ bytes: some Sequence<UInt8>) {
            self.bytes = Array(bytes)
            size = self.bytes?.count ?? 0
        }
    }

    var pieces: [Piece]

    /// Cuts an artifact where its section table says; nil when that lies outside the bytes.
    init?(cutting bytes: [UInt8]) {
        let artifact = EditedArtifact(bytes)
        guard bytes.count >= 32, artifact.word(12) <= 32 else { return nil }
        let tableEnd = 32 + 16 * artifact.sectionCount
        guard bytes.count >= tableEnd else { return nil }
        pieces = [Piece(bytes[..<tableEnd])]
        for index in 0..<artifact.sectionCount {
            let start = Int(artifact.word(36 + 16 * index))
            let end = start + Int(artifact.word(40 + 16 * index))
            guard end <= bytes.count else { return nil }
            pieces.append(Piece(bytes[start..<end]))
        }
    }

    /// embq_open_sections with all operations.
    ///
    /// - Returns: its status and, when it opens, that of replaying every check vector.
    func open() -> (opened: embq_status, replayed: embq_status?) {
        var memory: [UnsafeMutableRawBufferPointer] = unsafe []
        defer { unsafe memory.forEach { unsafe $0.deallocate() } }
        var table: [embq_piece] = unsafe []
        for piece in pieces {
            guard let bytes = piece.bytes else {
                unsafe table.append(embq_piece(bytes: nil, size: piece.size))
                continue
            }
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: bytes.count + 16, alignment: Int(EMBQ_ALIGNMENT))
            unsafe memory.append(buffer)
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[piece.offset...]).copyBytes(from: bytes)
            unsafe table.append(
                embq_piece(bytes: UnsafeRawPointer(buffer.baseAddress?.advanced(by: piece.offset)), size: piece.size))
        }
        // Holds: pieces and arena live until the calls return.
        var model = unsafe embq_model()
        let opened = unsafe withUnsafePointer(to: embq_all_parts) { parts in
            unsafe embq_open_sections(&model, table, UInt32(table.count), parts)
        }
        return (opened, opened == EMBQ_OK ? unsafe Self.replay(&model) : nil)
    }

    /// embq_open of the same bytes in one piece.
    static func openWhole(_ bytes: [UInt8]) -> embq_status {
        let blob = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: Int(EMBQ_ALIGNMENT))
        defer { unsafe blob.deallocate() }
        unsafe blob.copyBytes(from: bytes)
        var model = unsafe embq_model()
        return unsafe embq_open(&model, blob.baseAddress, bytes.count)
    }

    private static func replay(_ model: UnsafePointer<embq_model>) -> embq_status {
        let arenaSize = unsafe embq_arena_size(model, embq_max_length(model))
        let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: arenaSize, alignment: Int(EMBQ_ALIGNMENT))
        defer { unsafe arena.deallocate() }
        var logits = unsafe [Int32](repeating: 0, count: Int(embq_output_count(model)))
        for index in unsafe 0..<embq_check_count(model) {
            let status = unsafe embq_check(model, index, arena.baseAddress, arenaSize, &logits)
            if status != EMBQ_OK { return status }
        }
        return EMBQ_OK
    }
}
