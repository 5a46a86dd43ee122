import CEmbqProcess

/// Text that the system gives as bytes: paths, names in folders, arguments. It need not be UTF-8, and stays what it is.
///
/// A byte outside UTF-8 becomes a character for private use, U+10FE80 to U+10FEFF. Such a character itself becomes four of
/// them, one a byte. So every sequence of bytes is one text, and no two are the same.
package enum SystemText {
    private static let base: UInt32 = 0x10_FE00
    private static let escapes = base + 0x80...base + 0xFF
    /// The first byte of each escape.
    private static let mark: UInt8 = 0xF4

    /// The text of bytes as the system has them.
    package static func decode(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !bytes.contains(mark) { return text }
        var text = String.UnicodeScalarView()
        var index = 0
        while index < bytes.count {
            let (scalar, length) = scalar(in: bytes, at: index)
            if let scalar, !escapes.contains(scalar.value) {
                text.append(scalar)
            } else {
                for byte in bytes[index..<index + length] {
                    if let escape = Unicode.Scalar(base + UInt32(byte)) { text.append(escape) }
                }
            }
            index += length
        }
        return String(text)
    }

    /// The bytes that ``decode(_:)`` made the text of.
    package static func bytes(_ text: String) -> [UInt8] {
        guard text.utf8.contains(mark) else { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if escapes.contains(scalar.value) {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value - base))
            } else {
                bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        return bytes
    }

    /// The text with such bytes as `\xNN`, for people.
    package static func shown(_ text: String) -> String {
        guard text.utf8.contains(mark) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars { shown += byte(scalar).map(name) ?? String(scalar) }
        return shown
    }

    /// A byte as people write it.
    static func name(_ byte: UInt8) -> String { "\\x\(String(byte, radix: 16))" }

    /// The byte that a character stands for; nil for every other character.
    static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        escapes.contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value - base) : nil
    }

    /// Text as C has it; nil for a null pointer.
    static func decode(_ text: UnsafePointer<CChar>?) -> String? {
        guard let text = unsafe text else { return nil }
        // Holds: C's text ends with a zero.
        var bytes: [UInt8] = []
        var next = unsafe text
        while unsafe next.pointee != 0 {
            unsafe bytes.append(UInt8(bitPattern: next.pointee))
            unsafe next += 1
        }
        return decode(bytes)
    }

    /// main's arguments without the program's name, whether or not `/proc` is there.
    package static var arguments: [String] {
        (1..<max(1, cp_argument_count())).compactMap { unsafe decode(cp_argument($0)) }
    }

    /// The character at a place and its length in bytes; nil for a byte outside UTF-8.
    private static func scalar(in bytes: [UInt8], at index: Int) -> (Unicode.Scalar?, Int) {
        for length in 1...4 where index + length <= bytes.count {
            if let text = String(validating: bytes[index..<index + length], as: UTF8.self),
                let scalar = text.unicodeScalars.first
            {
                return (scalar, length)
            }
        }
        return (nil, 1)
    }
}

extension String {
    /// The text as the system's calls take it, with a zero at the end.
    package var system: [CChar] { SystemText.bytes(self).map { CChar(bitPattern: $0) } + [0] }
}
