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
    public static let all: [CheckpointWriter] = [.safetensors, .hdf5]

    /// The format that an output's name asks for, or nil.
    public static func forOutput(_ path: String) -> CheckpointWriter? { all.first { path.hasSuffix($0.ending) } }

    /// The endings, for messages.
    public static var endings: String { all.map(\.ending).joined(separator: ", ") }
}

extension CheckpointWriter {
    static let safetensors = CheckpointWriter(ending: ".safetensors") { source, path, dtype throws(EmbqError) in
        try SafetensorsWriter.write(source, to: path, as: dtype)
    }

    static let hdf5 = CheckpointWriter(ending: ".h5") { source, path, dtype throws(EmbqError) in
        try HDF5Writer.write(source, to: path, as: dtype)
    }
}
