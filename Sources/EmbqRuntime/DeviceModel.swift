import CEmbqRuntime

/// An artifact opened by the C runtime: the code that the device will run.
///
/// `@unchecked Sendable` holds because the artifact is copied in, then only read; arenas belong to sessions.
@safe public final class DeviceModel: @unchecked Sendable {
    /// Logits are integers with this many bits behind the point.
    public static let logitScale = 1 / Float(1 << EMBQ_LOGIT_FRACTION_BITS)

    private let blob: UnsafeMutableRawBufferPointer
    fileprivate let handle: embq_model

    /// Opens and validates an artifact.
    ///
    /// - Throws: `.malformed`, `.corrupted`, `.truncated` or `.unsupported`, in the runtime's words.
    public init(artifact: [UInt8]) throws(RuntimeError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(artifact.count, 1), alignment: Int(EMBQ_ALIGNMENT))
        unsafe copy.copyBytes(from: artifact)
        var opened = unsafe embq_model()
        let status = unsafe embq_open(&opened, copy.baseAddress, artifact.count)
        unsafe blob = copy
        unsafe handle = opened
        if status != EMBQ_OK { throw Self.fault(status) }
    }

    deinit { unsafe blob.deallocate() }

    /// The longest sentence, in tokens.
    public var maximumLength: Int { unsafe withHandle { unsafe Int(embq_max_length($0)) } }

    /// What the logits are.
    public enum Task: Sendable { case labels, number, embedding, pretraining, multiLabel, tags }

    public var task: Task {
        switch unsafe withHandle({ unsafe embq_task_of($0) }) {
        case EMBQ_TASK_NUMBER: .number
        case EMBQ_TASK_EMBEDDING: .embedding
        case EMBQ_TASK_PRETRAINING: .pretraining
        case EMBQ_TASK_MULTI_LABEL: .multiLabel
        case EMBQ_TASK_TAGS: .tags
        default: .labels
        }
    }

    /// Logits of a run, or of a token of a tagger's.
    public var outputs: Int { unsafe withHandle { unsafe Int(embq_output_count($0)) } }

    /// The names of the outputs.
    public var labels: [String] {
        unsafe withHandle { handle in
            let count = unsafe embq_output_count(handle)
            return (0..<count).compactMap { index in
                unsafe embq_label(handle, index).map { unsafe String(cString: $0) }
            }
        }
    }

    /// Bytes of arena that a sentence of `tokens` tokens needs, exactly; 0 for a length that the model does not take.
    public func arenaSize(tokens: Int) -> Int {
        guard let count = UInt32(exactly: tokens) else { return 0 }
        return unsafe withHandle { unsafe embq_arena_size($0, count) }
    }

    /// Recorded check vectors.
    public var checkCount: Int { unsafe withHandle { unsafe Int(embq_check_count($0)) } }

    /// Replays every recorded check vector.
    ///
    /// - Throws: `.corrupted` with the number of the first vector that gives other ids or logits.
    public func replayChecks() throws(RuntimeError) {
        let session = DeviceSession(self)
        for index in 0..<checkCount {
            let status = unsafe session.withArena { arena, logits in
                unsafe withHandle { unsafe embq_check($0, UInt32(index), arena.baseAddress, arena.count, logits) }
            }
            if status != EMBQ_OK { throw Self.fault(status).inside("check vector \(index)") }
        }
    }

    func withHandle<R>(_ body: (UnsafePointer<embq_model>) -> R) -> R {
        unsafe withUnsafePointer(to: handle) { unsafe body($0) }
    }

    static func fault(_ status: embq_status) -> RuntimeError {
        let code: RuntimeError.Code =
            switch status {
            case EMBQ_ERROR_TRUNCATED: .truncated
            case EMBQ_ERROR_CHECKSUM: .corrupted
            case EMBQ_ERROR_VERSION, EMBQ_ERROR_ENDIAN: .unsupported
            case EMBQ_ERROR_LENGTH, EMBQ_ERROR_TOKEN: .invalidRequest
            case EMBQ_ERROR_WORD, EMBQ_ERROR_ARENA: .limitExceeded
            default: .malformed
            }
        let advice =
            switch status {
            case EMBQ_ERROR_LENGTH, EMBQ_ERROR_TOKEN, EMBQ_ERROR_WORD: "Check the sentence."
            case EMBQ_ERROR_VERSION: "Write the artifact again with this version of embq."
            default: "Copy the artifact again, or write it again with `embq quantize`."
            }
        return RuntimeError(code, unsafe String(cString: embq_status_text(status)), advice: advice)
    }
}

/// One arena for running one sentence after another. A thread has its own.
@safe public final class DeviceSession {
    let model: DeviceModel
    let arena: UnsafeMutableRawBufferPointer
    let logits: UnsafeMutableBufferPointer<Int32>

    /// Reserves the arena that the model's longest sentence needs.
    public init(_ model: DeviceModel) {
        self.model = model
        unsafe arena = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(model.arenaSize(tokens: model.maximumLength), 1), alignment: Int(EMBQ_ALIGNMENT))
        unsafe logits = UnsafeMutableBufferPointer.allocate(capacity: model.outputs)
        unsafe logits.initialize(repeating: 0)
    }

    deinit {
        unsafe arena.deallocate()
        unsafe logits.deallocate()
    }

    /// Runs token ids, already cut to the model's length.
    ///
    /// - Returns: logits in steps of 2^-16, `[outputs]`; of a tagger a checksum of all tokens' logits.
    /// - Throws: `.invalidRequest` for no tokens, too many, or ids outside the vocabulary.
    public func run(_ ids: [UInt16]) throws(RuntimeError) -> [Int32] {
        let status = unsafe model.withHandle { handle in
            unsafe embq_run_tokens(
                handle, ids, UInt32(clamping: ids.count), arena.baseAddress, arena.count, logits.baseAddress)
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return unsafe Array(logits)
    }

    /// Runs the ids of a text or of a pair.
    ///
    /// - Returns: logits in steps of 2^-16, `[outputs]`.
    public func run(_ texts: TokenizedTexts) throws(RuntimeError) -> [Int32] {
        guard texts.second != nil else { return try run(texts.ids) }
        let status = unsafe model.withHandle { handle in
            unsafe embq_run_pair_tokens(
                handle, texts.ids, UInt32(clamping: texts.ids.count), texts.handle, arena.baseAddress, arena.count,
                logits.baseAddress)
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return unsafe Array(logits)
    }

    /// Runs two texts as the device does.
    ///
    /// - Throws: `.limitExceeded` for a word that does not fit the arena.
    public func run(text first: [UInt8], and second: [UInt8]) throws(RuntimeError) -> [Int32] {
        let status = unsafe model.withHandle { handle in
            unsafe first.withUnsafeBytes { first in
                unsafe second.withUnsafeBytes { second in
                    unsafe embq_run_pair(
                        handle, first.baseAddress?.assumingMemoryBound(to: CChar.self), first.count,
                        second.baseAddress?.assumingMemoryBound(to: CChar.self), second.count, arena.baseAddress,
                        arena.count, logits.baseAddress)
                }
            }
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return unsafe Array(logits)
    }

    /// Runs a text as the device does: tokenized in the arena, cut to the model's length.
    ///
    /// - Throws: `.limitExceeded` for a word that does not fit the arena.
    public func run(text: [UInt8]) throws(RuntimeError) -> [Int32] {
        let status = unsafe model.withHandle { handle in
            unsafe text.withUnsafeBytes { bytes in
                unsafe embq_run_text(
                    handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, arena.baseAddress,
                    arena.count, logits.baseAddress)
            }
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return unsafe Array(logits)
    }

    /// The highest byte of the arena that running `ids` writes, measured: the arena is painted with two patterns, one
    /// run each, and what neither run has left as painted was used.
    ///
    /// - Returns: bytes from the arena's start.
    public func measureArena(_ ids: [UInt16]) throws(RuntimeError) -> Int {
        var used = 0
        for paint: UInt8 in [0xA5, 0x5A] {
            unsafe arena.initializeMemory(as: UInt8.self, repeating: paint)
            _ = try run(ids)
            if let top = unsafe arena.lastIndex(where: { $0 != paint }) { used = max(used, top + 1) }
        }
        return used
    }

    fileprivate func withArena<R>(
        _ body: (UnsafeMutableRawBufferPointer, UnsafeMutablePointer<Int32>?) -> R
    ) -> R {
        unsafe body(arena, logits.baseAddress)
    }
}
