package import EmbqCore

/// Writes a zip archive of stored entries, front to back: nothing of an entry is kept but its directory record.
///
/// The sizes are known before the bytes, so that Zip64 is used only where a number needs it; the CRC is put into an
/// entry's header after them. All times are 1980-01-01: same entries, same bytes.
///
/// Not by libzip, which takes bytes from its sources when it closes an archive: tensors, which are lent for the time of a
/// call, would have to be copied for it.
///
/// Source: APPNOTE.TXT 6.3.9, sections 4.3 to 4.5.
package struct ZipWriter: Sendable {
    /// Bytes that go into the CRC and into the file at a time.
    private static let piece = 1 << 20
    /// The CRC's place in an entry's header.
    private static let crcOffset = 14
    /// 1980-01-01 00:00, the first moment that the format has.
    private static let date: UInt16 = 1 << 5 | 1
    /// The name is UTF-8.
    private static let isUTF8: UInt16 = 1 << 11

    /// The archive's size in bytes so far.
    package private(set) var size = 0
    private var records = ByteWriter()
    private var count = 0

    package init() {}

    /// Whether an entry can have this name.
    package static func isName(_ name: String) -> Bool {
        ZipEntry.isPlainPath(name) && name.utf8.last != UInt8(ascii: "/")
            && name.utf8.count <= ZipDirectory.maximumNameLength
    }

    /// Appends an entry.
    ///
    /// - Parameter name: one that ``isName(_:)`` and no other entry has.
    /// - Parameter count: the bytes that `body` gives to the closure that it is called with, in any number of pieces.
    /// - Throws: `.unwritable`, and what `body` throws.
    package mutating func add(
        _ name: String, count: Int, to file: borrowing OutputFile,
        _ body: ((Span<UInt8>) throws(EmbqError) -> Void) throws(EmbqError) -> Void
    ) throws(EmbqError) {
        precondition(Self.isName(name), "no name of an entry")
        let start = size
        let header = Self.header(name, count)
        try file.write(header)
        var crc = CRC32()
        var written = 0
        try body { bytes throws(EmbqError) in
            var done = 0
            while done < bytes.count {
                let end = min(done + Self.piece, bytes.count)
                crc.update(bytes.extracting(done..<end))
                try file.write(bytes.extracting(done..<end))
                done = end
            }
            written += bytes.count
        }
        precondition(written == count, "an entry of another size")
        var value = ByteWriter()
        value.write(crc.value)
        try file.replace(value.bytes, at: start + Self.crcOffset)
        size = start + header.count + count
        addRecord(name, crc.value, count, start)
    }

    /// Appends the directory, which ends the archive.
    package mutating func finish(_ file: borrowing OutputFile) throws(EmbqError) {
        let (start, length) = (size, records.bytes.count)
        var end = ByteWriter()
        if count >= Int(UInt16.max) || Self.isWide(start) || Self.isWide(length) {
            end.write(UInt32(0x0606_4B50))
            end.write(UInt64(44))
            end.write(contentsOf: [UInt16(45), 45])
            end.write(contentsOf: [UInt32(0), 0])
            end.write(contentsOf: [count, count, length, start].map { UInt64($0) })
            end.write(UInt32(0x0706_4B50))
            end.write(UInt32(0))
            end.write(UInt64(start + length))
            end.write(UInt32(1))
        }
        end.write(UInt32(0x0605_4B50))
        end.write(contentsOf: [UInt16(0), 0])
        end.write(contentsOf: [UInt16](repeating: UInt16(clamping: count), count: 2))
        end.write(contentsOf: [UInt32(clamping: length), UInt32(clamping: start)])
        end.write(UInt16(0))
        try file.write(records.bytes)
        try file.write(end.bytes)
        size += length + end.bytes.count
    }

    /// The header before an entry's bytes, its CRC yet to be put in.
    package static func header(_ name: String, _ count: Int) -> [UInt8] {
        let wide = isWide(count) ? field([count, count]) : []
        var header = ByteWriter()
        header.write(UInt32(0x0403_4B50))
        header.write(contentsOf: start(name, isWide: !wide.isEmpty))
        header.write(UInt32(0))
        header.write(contentsOf: [UInt32](repeating: UInt32(clamping: count), count: 2))
        header.write(contentsOf: [UInt16(name.utf8.count), UInt16(wide.count)])
        header.write(bytes: name.utf8)
        header.write(bytes: wide)
        return header.bytes
    }

    private mutating func addRecord(_ name: String, _ crc: UInt32, _ count: Int, _ offset: Int) {
        let wide = Self.field((Self.isWide(count) ? [count, count] : []) + (Self.isWide(offset) ? [offset] : []))
        records.write(UInt32(0x0201_4B50))
        // Made on Unix, so that the permissions below are taken for such.
        records.write(UInt16(3 << 8 | 45))
        records.write(contentsOf: Self.start(name, isWide: !wide.isEmpty))
        records.write(crc)
        records.write(contentsOf: [UInt32](repeating: UInt32(clamping: count), count: 2))
        records.write(contentsOf: [UInt16(name.utf8.count), UInt16(wide.count), 0, 0, 0])
        records.write(UInt32(0o100_644) << 16)
        records.write(UInt32(clamping: offset))
        records.write(bytes: name.utf8)
        records.write(bytes: wide)
        self.count += 1
    }

    /// Version needed, flags, method, time and date, which header and record share.
    private static func start(_ name: String, isWide: Bool) -> [UInt16] {
        [isWide ? 45 : 20, name.utf8.allSatisfy { $0 < 0x80 } ? 0 : isUTF8, 0, 0, date]
    }

    /// Whether a number is for the Zip64 field: the largest of 32 bits means that it is there.
    private static func isWide(_ number: Int) -> Bool { number >= Int(UInt32.max) }

    /// The Zip64 field with these numbers, or nothing.
    private static func field(_ numbers: [Int]) -> [UInt8] {
        guard !numbers.isEmpty else { return [] }
        var field = ByteWriter()
        field.write(contentsOf: [UInt16(1), UInt16(8 * numbers.count)])
        field.write(contentsOf: numbers.map { UInt64($0) })
        return field.bytes
    }
}
