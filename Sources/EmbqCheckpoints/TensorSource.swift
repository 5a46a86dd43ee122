package import EmbqCore

/// Named tensors of a checkpoint, whatever file format they lie in.
package protocol TensorSource: Sendable {
    /// The format's name, as ``CheckpointFormat`` and messages have it.
    var format: String { get }
    /// The weights' path, as the user gave it or as it was found in the user's folder.
    var path: String { get }
    /// Every file that is read, so that none gets overwritten.
    var inputs: [String] { get }
    /// All tensors, sorted by the UTF-8 bytes of their names, which are distinct.
    var tensors: [TensorInfo] { get }
    /// Free text that the file carries about itself, sorted by key; empty when there is none.
    var metadata: [(key: String, value: String)] { get }
    /// How tensors were made that do not lie in the file as they are given; empty when all do.
    var notes: [TensorNote] { get }
    /// What was done to the names and the choice of the tensors; empty when they are taken as they are.
    var remarks: [CheckpointNote] { get }

    /// Calls `body` with a tensor's values: row-major, little-endian, ``TensorInfo/byteCount`` bytes.
    ///
    /// - Throws: `.missing` when there is no tensor of that name, and what `body` throws.
    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R
}

extension TensorSource {
    package var inputs: [String] { [path] }
    package var metadata: [(key: String, value: String)] { [] }
    package var notes: [TensorNote] { [] }
    package var remarks: [CheckpointNote] { [] }

    /// What the file says about a tensor, or nil when it has none of that name.
    package func info(_ name: String) -> TensorInfo? { tensors.find(name) }

    /// What the file says about a tensor.
    ///
    /// - Throws: `.missing` when there is none of that name.
    package func requireInfo(_ name: String) throws(EmbqError) -> TensorInfo {
        if let info = info(name) { return info }
        throw EmbqError(
            .missing, file: path, "there is no \(EmbqError.place(tensor: name)) among its \(tensors.count)",
            advice: "List what there is with `embq inspect`; is this the checkpoint that the configuration belongs to?")
    }

    /// A tensor's values in fp32: F32, F16 and BF16 exactly, F64 rounded to nearest.
    ///
    /// - Throws: `.missing`, or `.unsupported` for any other type.
    package func floats(_ name: String) throws(EmbqError) -> Tensor {
        let info = try requireInfo(name)
        guard info.dtype.isReadable else {
            throw EmbqError(
                .unsupported, file: path, place: EmbqError.place(tensor: name),
                "its values are \(info.dtype.rawValue), one of \(DType.readableNames) is expected",
                advice: "Save the model again with floating-point weights.")
        }
        return try withBytes(of: name) { bytes throws(EmbqError) in
            Tensor(shape: info.shape, values: info.dtype.floats(bytes))
        }
    }

    /// A tensor's values in fp32, whole numbers among them.
    ///
    /// - Throws: as ``finiteFloats(_:)``.
    package func numbers(_ name: String) throws(EmbqError) -> Tensor {
        let info = try requireInfo(name)
        guard info.dtype.isInteger else { return try finiteFloats(name) }
        return try withBytes(of: name) { bytes throws(EmbqError) in
            Tensor(shape: info.shape, values: info.dtype.integers(bytes).map { Float($0) })
        }
    }

    /// A tensor's values in fp32, none of them NaN or infinite.
    ///
    /// - Throws: as ``floats(_:)``, and `.nonFinite` with the index of the first such value.
    package func finiteFloats(_ name: String) throws(EmbqError) -> Tensor {
        let tensor = try floats(name)
        do throws(EmbqError) { try tensor.requireFinite(name) } catch { throw error.at(file: path) }
        return tensor
    }

    /// Refuses NaNs and infinities in every tensor that is read as fp32, one tensor in memory at a time.
    ///
    /// - Throws: `.nonFinite` with the tensor and the index.
    package func requireFinite() throws(EmbqError) {
        for info in tensors where info.dtype.isReadable { _ = try finiteFloats(info.name) }
    }
}
