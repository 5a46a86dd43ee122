import EmbqContainers

/// Formats that are known only to be refused by name, and files that are often taken for weights.
extension CheckpointFormat {
    static let zip = CheckpointFormat(
        name: "a zip archive",
        recognises: { bytes in starts(bytes, [0x50, 0x4B, 0x03, 0x04]) || starts(bytes, [0x50, 0x4B, 0x05, 0x06]) },
        advice: "Unpack it and give the weights inside.")

    static let pickle = CheckpointFormat(
        name: "a Python pickle",
        recognises: { bytes in bytes.count >= 3 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) },
        advice: "A pickle can run any code: save the tensors as safetensors.")

    static let npy = CheckpointFormat(
        name: "a single numpy array (.npy)",
        recognises: { bytes in starts(bytes, NpyHeader.magic) },
        advice: "Save all arrays under their tensors' names with numpy.savez.")

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

    /// The names of a zip archive's entries; when its directory cannot be read, that of the first one.
    static func zipNames(_ bytes: Span<UInt8>) -> [String]? {
        guard let first = firstZipEntry(bytes) else { return nil }
        return ZipDirectory.names(bytes) ?? [first]
    }

    /// The name of a zip archive's first entry, from its local header.
    private static func firstZipEntry(_ bytes: Span<UInt8>) -> String? {
        guard bytes.count >= 30, starts(bytes, [0x50, 0x4B, 0x03, 0x04]) else { return nil }
        let length = min(Int(bytes[26]) | Int(bytes[27]) << 8, bytes.count - 30)
        return String(decoding: (0..<length).map { bytes[30 + $0] }, as: UTF8.self)
    }
}
