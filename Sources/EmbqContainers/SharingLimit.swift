package import EmbqCore

/// How much may be made of what a file stores: shared values are common, thousands of views of a large one are an attack.
///
/// The same for every container in which several tensors may lead to the same bytes.
package struct SharingLimit: Sendable {
    /// All that is made may take so many times what is stored.
    package static let factor = 16
    /// So many bytes are always allowed.
    private static let free = 64 << 20

    /// The most bytes.
    package let bytes: Int
    private var used = 0

    /// - Parameter stored: bytes of the values, each counted once.
    package init(stored: Int) { bytes = (stored.times(Self.factor) ?? .max).adding(Self.free) ?? .max }

    /// Counts bytes that are made or read.
    ///
    /// - Returns: false once they are more than the limit.
    package mutating func add(_ count: Int) -> Bool {
        used = used.adding(count) ?? .max
        return used <= bytes
    }

    /// The error for the tensors up to one of them.
    package func fault(_ place: String, advice: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: place,
            "the tensors up to this one take more than \(bytes) bytes, \(Self.factor) times what the file stores",
            advice: advice)
    }
}
