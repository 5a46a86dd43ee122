/// Reads little-endian fields from bytes that nobody vouches for: each read is checked against the end.
package struct ByteReader: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline var position: Int

    /// Offset of the next byte to read, from the start of the span.
    @inlinable package var offset: Int { position }

    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = 0
    }

    /// Bytes left to read.
    @inlinable package var remaining: Int { bytes.count - offset }

    /// The next little-endian integer.
    ///
    /// - Throws: `.truncated` with the offset and the number of bytes missing.
    @inlinable package mutating func read<T: FixedWidthInteger>(_ type: T.Type, _ what: @autoclosure () -> String)
        throws(EmbqError)
        -> T
    {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw short(size, what()) }
        var value: T = 0
        for i in 0..<size { value |= T(truncatingIfNeeded: bytes[offset + i]) << T(8 * i) }
        position += size
        return value
    }

    /// The next `count` bytes, copied.
    ///
    /// - Throws: `.truncated` when there are fewer.
    @inlinable package mutating func readBytes(_ count: Int, _ what: @autoclosure () -> String) throws(EmbqError)
        -> [UInt8]
    {
        guard count >= 0, remaining >= count else { throw short(count, what()) }
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for i in 0..<count { copy.append(bytes[offset + i]) }
        position += count
        return copy
    }

    @usableFromInline func short(_ needed: Int, _ what: String) -> EmbqError {
        EmbqError(
            .truncated, place: "byte \(offset)", "\(what) needs \(needed) bytes, \(remaining) are left",
            advice: "The file is cut short or damaged: copy or download it again.")
    }
}
