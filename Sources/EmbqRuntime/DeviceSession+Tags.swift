import CEmbqRuntime

/// A token of a text, and what a tagger says of it.
public struct TaggedToken: Sendable, Equatable {
    /// The bytes of the text that it comes from.
    public var bytes: Range<Int>
    /// The index of its label.
    public var label: Int
    /// In steps of 2^-16, `[outputs]`.
    public var logits: [Int32]

    public init(bytes: Range<Int>, label: Int, logits: [Int32]) {
        self.bytes = bytes
        self.label = label
        self.logits = logits
    }
}

extension DeviceSession {
    /// Runs token ids, already cut to the model's length, with a tagger.
    ///
    /// - Returns: logits of each id, in steps of 2^-16, `[ids, outputs]`.
    /// - Throws: `.malformed` for a model that is no tagger; `.invalidRequest` for no tokens, too many, or ids outside
    ///   the vocabulary.
    public func runTags(_ ids: [UInt16]) throws(RuntimeError) -> [Int32] {
        var rows = [Int32](repeating: 0, count: max(1, ids.count) * model.outputs)
        let count = UInt32(clamping: ids.count)
        let status = unsafe rows.withUnsafeMutableBufferPointer { rows in
            unsafe model.withHandle { handle in
                var run = unsafe embq_run()
                let status = unsafe embq_begin_tag_tokens(
                    handle, ids, count, arena.baseAddress, arena.count, rows.baseAddress, count, &run)
                // Holds: the arena and the rows stay until the last step.
                if status == EMBQ_OK { while unsafe embq_step(&run) != 0 {} }
                return status
            }
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return rows
    }

    /// Runs a text as the device does with a tagger: tokenized in the arena, cut to the model's length.
    ///
    /// - Returns: the text's own tokens.
    /// - Throws: `.malformed` for a model that is no tagger; `.limitExceeded` for a word that does not fit the arena.
    public func runTags(text: [UInt8]) throws(RuntimeError) -> [TaggedToken] {
        let width = model.outputs
        var rows = [Int32](repeating: 0, count: model.maximumLength * width)
        var tokens: [TaggedToken] = []
        let status = unsafe rows.withUnsafeMutableBufferPointer { rows in
            unsafe text.withUnsafeBytes { bytes in
                unsafe model.withHandle { handle in
                    var found: UnsafePointer<embq_token>?
                    var (first, count) = (UInt32(0), UInt32(0))
                    let status = unsafe embq_run_tags(
                        handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
                        arena.baseAddress, arena.count, rows.baseAddress, UInt32(clamping: model.maximumLength), &found,
                        &first, &count)
                    guard status == EMBQ_OK, let found = unsafe found else { return status }
                    // Holds: `count` tokens lie in the arena, and each has its row.
                    for index in 0..<Int(count) {
                        let (token, start) = unsafe (found[index], (Int(first) + index) * width)
                        tokens.append(
                            TaggedToken(
                                bytes: Int(token.start)..<Int(token.end), label: Int(token.label),
                                logits: unsafe Array(rows[start..<start + width])))
                    }
                    return status
                }
            }
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        return tokens
    }
}
