/// One file inside a zip archive.
public struct ZipEntry: Sendable, Equatable {
    /// How the bytes are stored.
    public enum Method: Sendable, Equatable {
        /// As they are: they can be read in place.
        case stored
        case deflated
    }

    /// UTF-8, relative, without `..`; parts separated by slashes.
    public let name: String
    public let method: Method
    /// Bytes of the content.
    public let size: Int
    /// CRC-32 of the content.
    public let crc32: UInt32
    /// Where the stored or deflated bytes lie in the archive.
    public let range: Range<Int>
    /// The place in the archive's directory, from 0.
    let index: Int
}
