import EmbqCore

/// What is more than any checkpoint has, and refused before memory is taken for it.
enum HDF5Limits {
    /// Groups inside groups.
    static let depth = 32
    /// Links in the whole file.
    static let links = 65_536
    /// Bytes of a link's name.
    static let name = 1024
    /// Values of an attribute that lists names.
    static let attributeValues = 65_536
    /// Bytes of an attribute's texts.
    static let attributeBytes = 4 << 20
    /// Bytes of a text that is kept as the file's metadata; longer ones are passed over.
    static let metadataBytes = 4096
    /// Bytes of a tensor: as many as fit in a process with its copy.
    static let tensor = 1 << 32
    /// Bytes that are read at a time, unless a row of chunks has more.
    static let piece = 8 << 20
    /// Bytes of one row of chunks, which is decompressed as a whole.
    static let chunkRow = 256 << 20
    /// Deflate makes 1032 bytes of one at best: a file cannot honestly hold more.
    static let expansion = 1032
    /// Bytes of the list of all tensors.
    static let listing = 64 << 20

    /// Whether a file of that size can hold a tensor of that size.
    static func plausible(_ bytes: Int, inFileOf size: Int) -> Bool {
        guard let most = size.times(expansion) else { return true }
        return bytes <= most
    }

    /// What the helper process may take; a hostile file reaches it, a checkpoint does not.
    static func addressSpace(forFileOf size: Int) -> UInt64 { UInt64(1 << 30) + UInt64(size) }
    static func processorSeconds(forFileOf size: Int) -> UInt64 { 10 + UInt64(size >> 20) }
    /// Longest wait for the helper's next word. Its processor time ends earlier.
    static func waitMilliseconds(forFileOf size: Int) -> Int32 {
        Int32(clamping: 2000 * (processorSeconds(forFileOf: size) + 10))
    }
}
