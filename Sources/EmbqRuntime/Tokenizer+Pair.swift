import CEmbqRuntime

/// The ids of a text or of a pair of texts.
public struct TokenizedTexts: Sendable, Equatable {
    /// With the template's tokens.
    public var ids: [UInt16]
    /// How many ids are the first text's own.
    public var first: Int
    /// How many are the second's; nil: there is one text.
    public var second: Int?

    public init(ids: [UInt16], first: Int, second: Int?) {
        self.ids = ids
        self.first = first
        self.second = second
    }

    var handle: embq_texts {
        embq_texts(
            first: UInt32(clamping: first), second: second.map { UInt32(clamping: $0) } ?? UInt32.max)
    }
}

extension Tokenizer {
    /// True if two texts make a pair, which the template's tokens and types tell apart.
    public var hasPairs: Bool { unsafe withHandle { unsafe embq_has_pairs($0) != 0 } }

    /// The ids of two texts. A pair that is too long loses tokens of its longer text first; an empty second text is
    /// none.
    ///
    /// - Parameters:
    ///   - first: the first text in UTF-8.
    ///   - second: the second text in UTF-8.
    ///   - limit: how many ids to keep.
    /// - Throws: `.invalidRequest` if ``hasPairs`` is false.
    public func encode(utf8 first: [UInt8], and second: [UInt8], limit: Int) throws(RuntimeError) -> TokenizedTexts {
        let (most, size) = unsafe withHandle { handle in
            unsafe (
                embq_tokenizer_most_ids(handle, first.count + second.count) + 3 * 0xFFFF,
                embq_tokenizer_scratch(handle, max(first.count, second.count) + 1)
            )
        }
        let capacity = UInt32(clamping: max(0, min(limit, most)))
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { unsafe scratch.deallocate() }
        var status = EMBQ_OK
        var texts = embq_texts()
        // Holds: the buffers outlive the call, which writes at most `capacity` ids and the scratch's bytes.
        let ids = unsafe [UInt16](unsafeUninitializedCapacity: Int(capacity)) { ids, count in
            var written: UInt32 = 0
            unsafe first.withUnsafeBytes { first in
                unsafe second.withUnsafeBytes { second in
                    unsafe withHandle { handle in
                        status = unsafe embq_tokenize_pair(
                            handle, first.baseAddress?.assumingMemoryBound(to: CChar.self), first.count,
                            second.baseAddress?.assumingMemoryBound(to: CChar.self), second.count, ids.baseAddress,
                            capacity, &written, &texts, scratch.baseAddress, scratch.count)
                    }
                }
            }
            count = Int(written)
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status).inside("tokenizer") }
        return TokenizedTexts(
            ids: ids, first: Int(texts.first), second: texts.second == UInt32.max ? nil : Int(texts.second))
    }

    /// The token type of each id; empty if all are 0.
    public func types(of texts: TokenizedTexts) -> [UInt8] {
        var handle = texts.handle
        let types = unsafe withHandle { tokenizer in
            texts.ids.indices.map { UInt8(unsafe embq_token_type(tokenizer, &handle, UInt32($0))) }
        }
        return types.contains(1) ? types : []
    }

    /// The ids of one text, with how many are its own.
    public func tokenize(utf8 text: [UInt8], limit: Int) throws(RuntimeError) -> TokenizedTexts {
        let ids = try encode(utf8: text, limit: limit)
        return TokenizedTexts(ids: ids, first: max(0, ids.count - templateCount), second: nil)
    }
}
