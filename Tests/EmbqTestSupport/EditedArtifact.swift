/// An artifact that a test changes. Written against the format's description, not with the code under test.
package struct EditedArtifact {
    package struct Section {
        package var tag: String
        package var content: [UInt8]

        package init(tag: String, content: [UInt8]) { (self.tag, self.content) = (tag, content) }
    }

    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Sections one behind the other, each at a multiple of 16.
    package init(sections: [Section]) {
        bytes = Array("EMBQ".utf8) + [UInt8](repeating: 0, count: 28 + 16 * sections.count)
        for (index, section) in sections.enumerated() {
            bytes += [UInt8](repeating: 0, count: (16 - bytes.count % 16) % 16)
            bytes.replaceSubrange(32 + 16 * index..<36 + 16 * index, with: section.tag.utf8)
            set(36 + 16 * index, UInt32(bytes.count))
            set(40 + 16 * index, UInt32(section.content.count))
            bytes += section.content
        }
        set(4, 3)
        set(8, UInt32(bytes.count))
        set(12, UInt32(sections.count))
        restoreChecksums()
    }

    package var sectionCount: Int { Int(word(12)) }

    package var sections: [Section] {
        (0..<sectionCount).map { index in
            let range = range(index)
            return Section(
                tag: String(decoding: bytes[32 + 16 * index..<36 + 16 * index], as: UTF8.self),
                content: Array(bytes[range]))
        }
    }

    /// The place of a section's entry in the table.
    package func index(_ tag: String) -> Int { (0..<sectionCount).first { sections[$0].tag == tag } ?? 0 }

    package func range(_ index: Int) -> Range<Int> {
        let start = Int(word(36 + 16 * index))
        return start..<start + Int(word(40 + 16 * index))
    }

    /// Where a section's content is.
    package func range(_ tag: String) -> Range<Int> { range(index(tag)) }

    package func word(_ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    /// Word `index` of a section.
    package func word(_ tag: String, _ index: Int) -> UInt32 { word(range(tag).lowerBound + 4 * index) }

    package mutating func set(_ offset: Int, _ value: UInt32) {
        for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt32(8 * i)) }
    }

    /// Sets word `index` of a section.
    package mutating func set(_ tag: String, _ index: Int, _ value: UInt32) {
        set(range(tag).lowerBound + 4 * index, value)
    }

    /// Makes the checksums of header and sections right for what the bytes are now.
    package mutating func restoreChecksums() {
        guard bytes.count >= 32 else { return }
        for index in 0..<min(sectionCount, 32) where 48 + 16 * index <= bytes.count {
            let range = range(index)
            if range.upperBound <= bytes.count { set(44 + 16 * index, Self.crc32(bytes[range])) }
        }
        restoreHeader()
    }

    package mutating func restoreHeader() {
        set(16, 0)
        set(16, Self.crc32(bytes[..<min(32 + 16 * min(sectionCount, 32), bytes.count)]))
    }

    /// CRC-32 as in zlib.
    package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
        return ~crc
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(byte) { crc, _ in crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }
}
