import CEmbqRuntime
import EmbqCore
import EmbqTokenizers
import Testing

/// The C calls themselves, with what the Swift face never passes.
@Suite("Calls of the C tokenizer")
struct RuntimeCallTests {
    /// A fixture's tables at an aligned address, opened.
    @safe final class Opened {
        let memory: UnsafeMutableRawBufferPointer
        let size: UInt32
        var handle = unsafe embq_tokenizer()

        init(_ file: String) throws {
            let tables = try compiled(file).tables
            unsafe memory = .allocate(byteCount: tables.count + 16, alignment: 16)
            unsafe memory.copyBytes(from: tables)
            size = UInt32(tables.count)
            unsafe #expect(embq_tokenizer_open(&handle, memory.baseAddress, size) == EMBQ_OK)
        }

        deinit { unsafe memory.deallocate() }

        /// Status and ids with room for `symbols` symbols; one id beyond `capacity` is watched.
        func encode(_ text: String, capacity: Int, symbols: Int) -> (status: embq_status, ids: [UInt16]) {
            var ids = [UInt16](repeating: 0xABCD, count: capacity + 1)
            var scratch = [UInt32](repeating: 0, count: symbols + 1)
            var count: UInt32 = 77
            var utf8 = text.utf8.map { CChar(bitPattern: $0) }
            let status = unsafe embq_tokenize(
                &handle, &utf8, utf8.count, &ids, UInt32(capacity), &count, &scratch, symbols * 4)
            #expect(ids[capacity] == 0xABCD && scratch[symbols] == 0)
            return (status, Array(ids.prefix(Int(count))))
        }
    }

    @Test("a word that does not fit the scratch is refused, and the ids before it are there")
    func longWord() throws {
        let tokenizer = try Opened("embbert-snips/tokenizer.json")
        let fits = tokenizer.encode("ab abcdefgh ab", capacity: 50, symbols: 8)
        #expect(fits.status == EMBQ_OK)
        let short = tokenizer.encode("ab abcdefgh ab", capacity: 50, symbols: 7)
        #expect(short.status == EMBQ_ERROR_WORD)
        #expect(short.ids == Array(fits.ids.prefix(2)))
        #expect(tokenizer.encode("ab", capacity: 50, symbols: 0).status == EMBQ_ERROR_WORD)
        #expect(tokenizer.encode(" \u{301} [SEP] ", capacity: 50, symbols: 0).ids.count == 2)
    }

    @Test("a long word behind the last id that is wanted does no harm")
    func stopsEarly() throws {
        let tokenizer = try Opened("embbert-snips/tokenizer.json")
        let text = "[SEP] [SEP] " + String(repeating: "x", count: 100)
        #expect(tokenizer.encode(text, capacity: 3, symbols: 2).status == EMBQ_OK)
        #expect(tokenizer.encode(text, capacity: 4, symbols: 2).status == EMBQ_ERROR_WORD)
    }

    @Test("null pointers and odd addresses are refused, but nothing may be null")
    func arguments() throws {
        let tokenizer = try Opened("tokenizer/bert.json")
        var other = unsafe embq_tokenizer()
        let base = unsafe tokenizer.memory.baseAddress
        unsafe #expect(embq_tokenizer_open(nil, base, tokenizer.size) == EMBQ_ERROR_ARGUMENT)
        unsafe #expect(embq_tokenizer_open(&other, nil, tokenizer.size) == EMBQ_ERROR_ARGUMENT)
        for offset in 1...3 {
            unsafe #expect(embq_tokenizer_open(&other, base?.advanced(by: offset), 40) == EMBQ_ERROR_ALIGNMENT)
        }
        var count: UInt32 = 0
        var ids: [UInt16] = [0, 0, 0]
        var scratch: [UInt32] = [0, 0]
        unsafe #expect(embq_tokenize(nil, "a", 1, &ids, 3, &count, &scratch, 8) == EMBQ_ERROR_ARGUMENT)
        unsafe #expect(embq_tokenize(&tokenizer.handle, nil, 1, &ids, 3, &count, &scratch, 8) == EMBQ_ERROR_ARGUMENT)
        unsafe #expect(embq_tokenize(&tokenizer.handle, "a", 1, nil, 3, &count, &scratch, 8) == EMBQ_ERROR_ARGUMENT)
        unsafe #expect(embq_tokenize(&tokenizer.handle, "a", 1, &ids, 3, nil, &scratch, 8) == EMBQ_ERROR_ARGUMENT)
        unsafe #expect(embq_tokenize(&tokenizer.handle, "a", 1, &ids, 3, &count, nil, 8) == EMBQ_ERROR_ARGUMENT)
        unsafe scratch.withUnsafeMutableBytes { scratch in
            let odd = unsafe scratch.baseAddress?.advanced(by: 2)
            unsafe #expect(embq_tokenize(&tokenizer.handle, "a", 1, &ids, 3, &count, odd, 4) == EMBQ_ERROR_ALIGNMENT)
        }
        // An empty text still has its template's tokens.
        unsafe #expect(embq_tokenize(&tokenizer.handle, nil, 0, &ids, 3, &count, nil, 0) == EMBQ_OK)
        #expect(count == 2)
        unsafe #expect(embq_tokenize(&tokenizer.handle, "a", 1, nil, 0, &count, &scratch, 8) == EMBQ_OK)
        #expect(count == 0)
    }
}
