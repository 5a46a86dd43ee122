/// Formats that are known only to be refused by name, and files that are often taken for weights.
extension CheckpointFormat {
    static let keras = CheckpointFormat(
        name: "a Keras archive (.keras)", endings: ["keras"],
        recognises: { bytes in
            firstZipEntry(bytes).map { ["metadata.json", "config.json", "model.weights.h5"].contains($0) } ?? false
        },
        advice: "Save the weights as safetensors.")

    static let npz = CheckpointFormat(
        name: "a numpy archive (.npz)", endings: ["npz"],
        recognises: { bytes in firstZipEntry(bytes).map { $0.hasSuffix(".npy") } ?? false },
        advice: "Save the arrays as safetensors.")

    static let pyTorchZip = CheckpointFormat(
        name: "a PyTorch file (torch.save, zip)", endings: ["bin", "pt", "pth", "ckpt"], usualName: "pytorch_model.bin",
        recognises: { bytes in firstZipEntry(bytes).map { $0.hasSuffix("/data.pkl") } ?? false },
        advice: "Save the state_dict with safetensors.torch.save_file.")

    static let zip = CheckpointFormat(
        name: "a zip archive",
        recognises: { bytes in starts(bytes, [0x50, 0x4B, 0x03, 0x04]) || starts(bytes, [0x50, 0x4B, 0x05, 0x06]) },
        advice: "Unpack it and give the weights inside.")

    static let hdf5 = CheckpointFormat(
        name: "an HDF5 file", endings: ["h5", "hdf5"],
        recognises: { bytes in
            // The signature stands at 0, or after a user block of 512, 1024, 2048, ... bytes.
            var offset = 0
            while offset < bytes.count {
                if has(bytes, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], at: offset) { return true }
                offset = offset == 0 ? 512 : offset * 2
            }
            return false
        },
        advice: "Save the weights as safetensors.")

    static let pyTorchLegacy = CheckpointFormat(
        name: "a PyTorch file (torch.save, the old form without zip)",
        recognises: { bytes in
            starts(bytes, [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E])
        },
        advice: "Save the state_dict with safetensors.torch.save_file.")

    static let pickle = CheckpointFormat(
        name: "a Python pickle",
        recognises: { bytes in bytes.count >= 3 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) },
        advice: "A pickle can run any code: save the tensors as safetensors.")

    static let gguf = CheckpointFormat(
        name: "a GGUF file", recognises: { bytes in starts(bytes, Array("GGUF".utf8)) },
        advice: "Use the checkpoint that it was made from.")

    static let tensorFlowLite = CheckpointFormat(
        name: "a TensorFlow Lite model", recognises: { bytes in has(bytes, Array("TFL3".utf8), at: 4) },
        advice: "Use the checkpoint that it was made from.")

    static let gitLFS = CheckpointFormat(
        name: "a Git LFS pointer instead of the weights",
        recognises: { bytes in starts(bytes, Array("version https://git-lfs".utf8)) }, advice: "Run `git lfs pull`.")

    static let web = CheckpointFormat(
        name: "a web page instead of the weights",
        recognises: { bytes in
            starts(bytes, Array("<!DOCTYPE".utf8)) || starts(bytes, Array("<!doctype".utf8))
                || starts(bytes, Array("<html".utf8))
        },
        advice: "Download the file itself.")

    static let json = CheckpointFormat(
        name: "a JSON document", recognises: { bytes in bytes.count > 0 && bytes[0] == UInt8(ascii: "{") },
        advice: "Give the weights, or the folder that they are in.")

    static func starts(_ bytes: Span<UInt8>, _ mark: [UInt8]) -> Bool { has(bytes, mark, at: 0) }

    /// Whether `mark` stands at `offset`.
    static func has(_ bytes: Span<UInt8>, _ mark: [UInt8], at offset: Int) -> Bool {
        bytes.count - offset >= mark.count && mark.indices.allSatisfy { bytes[offset + $0] == mark[$0] }
    }

    /// Whether `mark` stands anywhere in the first `limit` bytes.
    static func contains(_ bytes: Span<UInt8>, _ mark: [UInt8], within limit: Int) -> Bool {
        (0..<min(bytes.count, limit)).contains { has(bytes, mark, at: $0) }
    }

    /// The name of a zip archive's first entry, from its local header.
    private static func firstZipEntry(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count >= 30, starts(bytes, [0x50, 0x4B, 0x03, 0x04]) else { return nil }
        let length = min(Int(bytes[26]) | Int(bytes[27]) << 8, bytes.count - 30)
        return String(decoding: (0..<length).map { bytes[30 + $0] }, as: UTF8.self)
    }
}
