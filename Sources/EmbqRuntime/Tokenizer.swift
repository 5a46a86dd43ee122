import CEmbqRuntime

/// Turns text into token ids with the code that runs on the device.
///
/// `@unchecked Sendable` holds because the tables are copied in, then only read.
@safe public final class Tokenizer: @unchecked Sendable {
    /// Ids are below this.
    public let vocabularySize: Int

    private let tables: UnsafeMutableRawBufferPointer
    private let handle: embq_tokenizer

    /// Opens the tables of an artifact's tokenizer section (`Schemas/tokenizer-section.md`).
    ///
    /// - Throws: `.malformed` when they do not fit together, `.unsupported` for another version of the layout.
    public init(tables bytes: [UInt8]) throws(RuntimeError) {
        guard let size = UInt32(exactly: bytes.count) else {
            throw Self.fault(.malformed, "the tables hold \(bytes.count) bytes, more than any tokenizer needs")
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
        unsafe copy.copyBytes(from: bytes)
        var opened = unsafe embq_tokenizer()
        let status = unsafe embq_tokenizer_open(&opened, copy.baseAddress, size)
        unsafe tables = copy
        unsafe handle = opened
        unsafe vocabularySize = Int(opened.vocabulary)
        switch status {
        case EMBQ_OK: break
        case EMBQ_ERROR_VERSION:
            throw Self.fault(.unsupported, "the tables are written for another version of embq")
        case EMBQ_ERROR_TOKENIZER: throw Self.fault(.malformed, "the tables do not fit together")
        default: throw Self.fault(.unsupported, "the tables cannot be opened (status \(status.rawValue))")
        }
    }

    deinit { unsafe tables.deallocate() }

    /// The ids of a text, with the special tokens of the model's template.
    ///
    /// - Parameters:
    ///   - text: may hold special tokens such as `[SEP]`.
    ///   - limit: how many ids to keep; those after it are cut.
    /// - Throws: `.malformed` for damaged tables that make more symbols of a text than it has bytes.
    public func encode(_ text: String, limit: Int) throws(RuntimeError) -> [UInt16] {
        try encode(utf8: Array(text.utf8), limit: limit)
    }

    /// The ids of a text that should be UTF-8; each ill-formed part counts as U+FFFD.
    public func encode(utf8 text: [UInt8], limit: Int) throws(RuntimeError) -> [UInt16] {
        try encode(utf8: text.span, limit: limit)
    }

    /// The ids of a text that should be UTF-8; each ill-formed part counts as U+FFFD.
    public func encode(utf8 text: Span<UInt8>, limit: Int) throws(RuntimeError) -> [UInt16] {
        // Neither buffer can be too small.
        let (most, size) = unsafe withHandle { handle in
            unsafe (embq_tokenizer_most_ids(handle, text.count), embq_tokenizer_scratch(handle, text.count + 1))
        }
        let capacity = UInt32(clamping: max(0, min(limit, most)))
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { unsafe scratch.deallocate() }
        var status = EMBQ_OK
        // Holds: the buffers outlive the call, which writes at most `capacity` ids and the scratch's bytes.
        let ids = unsafe [UInt16](unsafeUninitializedCapacity: Int(capacity)) { ids, count in
            var written: UInt32 = 0
            unsafe text.withUnsafeBytes { text in
                unsafe withUnsafePointer(to: handle) { handle in
                    status = unsafe embq_tokenize(
                        handle, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, ids.baseAddress,
                        capacity, &written, scratch.baseAddress, scratch.count)
                }
            }
            count = Int(written)
        }
        guard status == EMBQ_OK else {
            throw Self.fault(.malformed, "the tables make more symbols of a text than it has bytes")
        }
        return ids
    }

    /// Ids of the template of one text.
    var templateCount: Int { unsafe Int(handle.prefix_count) + Int(handle.suffix_count) }

    func withHandle<R>(_ body: (UnsafePointer<embq_tokenizer>) -> R) -> R {
        unsafe withUnsafePointer(to: handle) { unsafe body($0) }
    }

    private static func fault(_ code: RuntimeError.Code, _ problem: String) -> RuntimeError {
        RuntimeError(code, place: "tokenizer", problem, advice: "Make the artifact again from its checkpoint.")
    }
}
