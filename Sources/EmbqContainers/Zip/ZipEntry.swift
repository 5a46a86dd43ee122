/// One file inside a zip archive.
package struct ZipEntry: Sendable, Equatable {
    /// How the bytes are stored.
    package enum Method: Sendable, Equatable {
        /// As they are: they can be read in place.
        case stored
        case deflated
    }

    /// UTF-8, relative, without `..`; parts separated by slashes.
    package let name: String
    package let method: Method
    /// Bytes of the content.
    package let size: Int
    /// CRC-32 of the content.
    package let crc32: UInt32
    /// Where the stored or deflated bytes lie in the archive.
    package let range: Range<Int>
    /// The place in the archive's directory, from 0.
    let index: Int

    /// Whether a name leads nowhere but into the archive: relative, without empty parts, `.`, `..`, backslashes and
    /// control characters. A folder's ends with a slash.
    static func isPlainPath(_ name: String) -> Bool {
        var parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        return parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    }
}
