public import TensorCore

/// One file format that checkpoints are written in, chosen by the output's ending.
///
/// A new one is a new file with a constant of this type, and an element of ``all``.
public struct CheckpointWriter: Sendable {
    /// The ending, with its dot.
    public let ending: String
    /// Writes all tensors of a source to a path, as a type or (nil) as they are; returns the file's size in bytes.
    public let write: @Sendable (any TensorSource, String, DType?) throws(EmbqError) -> Int

    /// Every format that can be written.
    public static let all: [CheckpointWriter] = [.safetensors, .hdf5, .npz]

    /// The format that an output's name asks for, or nil.
    public static func forOutput(_ path: String) -> CheckpointWriter? { all.first { path.hasSuffix($0.ending) } }

    /// The endings, for messages.
    public static var endings: String { all.map(\.ending).joined(separator: ", ") }
}
