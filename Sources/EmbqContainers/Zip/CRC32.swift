import CEmbqChecksums

/// CRC-32 as zip, gzip and PNG have it (polynomial 0x04C11DB7, reflected), by the processor's carry-less
/// multiplication where it has one, else sixteen bytes at a time.
package struct CRC32: Sendable {
    /// `tables[k][b]`: what byte `b` does when `k` bytes follow it; row after row.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
            tables[byte] = value
        }
        for i in 256..<16 * 256 {
            let before = tables[i - 256]
            tables[i] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    private var state = UInt32.max

    package init() {}

    package var value: UInt32 { ~state }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: Span<UInt8>) {
        // Holds: the function reads no byte beyond the count.
        let done = unsafe bytes.withUnsafeBufferPointer { unsafe embq_crc32_fold(&state, $0.baseAddress, $0.count) }
        updateByTable(bytes.extracting(done...))
    }

    /// The same on any processor.
    package mutating func updateByTable(_ bytes: Span<UInt8>) {
        var crc = state
        // Holds: a block is read only where 16 bytes are left, and every index into the 16 rows of 256 is a byte.
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe Self.tables.withUnsafeBufferPointer { tables in
                func row(_ k: Int, _ word: UInt64, _ shift: UInt64) -> UInt32 {
                    unsafe tables[k &* 256 &+ Int(truncatingIfNeeded: word >> shift & 0xFF)]
                }
                var i = 0
                while i &+ 16 <= buffer.count {
                    let a =
                        unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: i, as: UInt64.self))
                        ^ UInt64(crc)
                    let b = unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: i &+ 8, as: UInt64.self))
                    let first = row(15, a, 0) ^ row(14, a, 8) ^ row(13, a, 16) ^ row(12, a, 24)
                    let second = row(11, a, 32) ^ row(10, a, 40) ^ row(9, a, 48) ^ row(8, a, 56)
                    let third = row(7, b, 0) ^ row(6, b, 8) ^ row(5, b, 16) ^ row(4, b, 24)
                    let fourth = row(3, b, 32) ^ row(2, b, 40) ^ row(1, b, 48) ^ row(0, b, 56)
                    crc = first ^ second ^ third ^ fourth
                    i &+= 16
                }
                while i < buffer.count {
                    crc = unsafe crc >> 8 ^ tables[Int((crc ^ UInt32(buffer[i])) & 0xFF)]
                    i &+= 1
                }
            }
        }
        state = crc
    }
}
