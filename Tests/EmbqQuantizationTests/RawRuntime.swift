import CEmbqRuntime

/// The C interface, called as firmware calls it.
///
/// Holds: every buffer is larger than what the runtime is told, and lives until the call returns.
enum RawRuntime {
    /// embq_open of a blob that starts `offset` bytes behind an aligned address.
    static func open(_ artifact: [UInt8], offset: Int = 0) -> embq_status {
        unsafe withModel(artifact, offset: offset) { _, status in status }
    }

    /// embq_open_with of an artifact that embq_open accepts, with the operations of these kinds in a table of `count`
    /// entries.
    static func open(_ artifact: [UInt8], kinds: Set<Int>, count: Int) -> embq_status {
        unsafe withModel(artifact, offset: 0) { model, _ in
            let table = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: count + 1)
            defer { unsafe table.deallocate() }
            unsafe table.initialize(repeating: nil, count: count + 1)
            for kind in kinds where kind < count { unsafe table[kind] = model.pointee.operations[kind] }
            return unsafe withBlob(artifact, offset: 0) { blob in
                var other = unsafe embq_model()
                var parts = unsafe embq_all_parts
                unsafe parts.operations = UnsafePointer(table)
                unsafe parts.operation_count = UInt32(count)
                return unsafe embq_open_with(&other, blob, artifact.count, &parts)
            }
        }
    }

    /// embq_run_tokens with an arena of `arenaBytes`, `offset` bytes behind an aligned address.
    ///
    /// - Returns: its answer, the logits, and whether all bytes around the arena kept their values.
    static func run(_ artifact: [UInt8], _ ids: [UInt16], arenaBytes: Int, offset: Int = 0) -> (
        status: embq_status, logits: [Int32], contained: Bool
    ) {
        unsafe withModel(artifact, offset: 0) { model, status in
            guard status == EMBQ_OK else { return (status, [], true) }
            var logits = unsafe [Int32](repeating: 0, count: Int(embq_output_count(model)))
            let guardBytes = 64
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: arenaBytes + 2 * guardBytes, alignment: Int(EMBQ_ALIGNMENT))
            defer { unsafe memory.deallocate() }
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xC3)
            let start = guardBytes + offset
            let answer = unsafe embq_run_tokens(
                model, ids, UInt32(ids.count), memory.baseAddress?.advanced(by: start), arenaBytes, &logits)
            let contained = memory.indices.allSatisfy { index in
                if (start..<start + arenaBytes).contains(index) { return true }
                return unsafe memory[index] == 0xC3
            }
            return (answer, logits, contained)
        }
    }

    private static func withModel<R>(
        _ artifact: [UInt8], offset: Int, _ body: (UnsafePointer<embq_model>, embq_status) -> R
    ) -> R {
        unsafe withBlob(artifact, offset: offset) { blob in
            var model = unsafe embq_model()
            let status = unsafe embq_open(&model, blob, artifact.count)
            return unsafe body(&model, status)
        }
    }

    private static func withBlob<R>(_ artifact: [UInt8], offset: Int, _ body: (UnsafeRawPointer?) -> R) -> R {
        let blob = UnsafeMutableRawBufferPointer.allocate(
            byteCount: artifact.count + 16, alignment: Int(EMBQ_ALIGNMENT))
        defer { unsafe blob.deallocate() }
        unsafe UnsafeMutableRawBufferPointer(rebasing: blob[offset...]).copyBytes(from: artifact)
        return unsafe body(UnsafeRawPointer(blob.baseAddress?.advanced(by: offset)))
    }
}
