package import EmbqCore

extension Fixtures {
    /// All bytes of a file in Fixtures/.
    package static func bytes(_ name: String) throws(EmbqError) -> [UInt8] { try MappedFile(path(name)).contents }
}
