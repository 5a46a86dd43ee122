package import EmbqCore

/// One file format that checkpoints are written in, chosen by the output's ending.
///
/// A new one is a new file with a constant of this type, and an element of ``all``.
package struct CheckpointWriter: Sendable {
    /// The ending, with its dot.
    package let ending: String
    /// Writes all tensors of a source to a path, as a type or (nil) as they are; returns the file's size in bytes.
    package let write: @Sendable (any TensorSource, String, DType?) throws(EmbqError) -> Int

    /// Every format that can be written.
    package static let all: [CheckpointWriter] = [.safetensors, .hdf5, .npz]

    /// The format that an output's name asks for, or nil; standard output, which has none, gets safetensors.
    package static func forOutput(_ path: String) -> CheckpointWriter? {
        path == StandardStream.name ? .safetensors : all.first { path.hasSuffix($0.ending) }
    }

    /// The endings, for messages.
    package static var endings: String { all.map(\.ending).joined(separator: ", ") }
}
