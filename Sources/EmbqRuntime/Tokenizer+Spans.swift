import CEmbqRuntime

extension Tokenizer {
    /// The ids that stand before a text's own, and those behind them.
    public var template: (before: [UInt16], behind: [UInt16]) {
        unsafe withHandle { handle in
            let (t, count) = unsafe (handle.pointee, Int(handle.pointee.prefix_count))
            // Holds: the tables have so many ids there.
            return unsafe (
                (0..<count).map { unsafe t.prefix[$0] }, (0..<Int(t.suffix_count)).map { unsafe t.suffix[$0] }
            )
        }
    }

    /// The ids of a text and where each comes from, in bytes; an empty range at 0 for an id of the template.
    ///
    /// - Parameters:
    ///   - text: should be UTF-8.
    ///   - limit: how many ids to keep.
    /// - Throws: `.malformed` for damaged tables that make more symbols of a text than it has bytes.
    public func encodeSpans(utf8 text: [UInt8], limit: Int) throws(RuntimeError) -> (ids: [UInt16], spans: [Range<Int>])
    {
        // Neither buffer can be too small.
        let (most, size) = unsafe withHandle { handle in
            unsafe (embq_tokenizer_most_ids(handle, text.count), embq_tokenizer_span_scratch(handle, text.count + 1))
        }
        let capacity = max(0, min(limit, most))
        var ids = [UInt16](repeating: 0, count: capacity)
        var tokens = [embq_token](repeating: embq_token(start: 0, end: 0, label: 0), count: capacity)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { unsafe scratch.deallocate() }
        var count: UInt32 = 0
        // Holds: the buffers outlive the call, which writes at most `capacity` ids and tokens and the scratch's bytes.
        let status = unsafe text.withUnsafeBytes { text in
            unsafe withHandle { handle in
                unsafe embq_tokenize_spans(
                    handle, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, &ids, &tokens,
                    UInt32(clamping: capacity), &count, scratch.baseAddress, scratch.count)
            }
        }
        guard status == EMBQ_OK else {
            throw RuntimeError(
                .malformed, place: "tokenizer", "the tables make more symbols of a text than it has bytes",
                advice: "Make the artifact again from its checkpoint.")
        }
        let spans = tokens.prefix(Int(count)).map { Int($0.start)..<Int(max($0.start, $0.end)) }
        return (Array(ids.prefix(Int(count))), spans)
    }
}
