import FileIO
public import TensorCore

extension Fixtures {
    /// All bytes of a file in Fixtures/.
    public static func bytes(_ name: String) throws(EmbqError) -> [UInt8] { try MappedFile(path(name)).contents }
}
