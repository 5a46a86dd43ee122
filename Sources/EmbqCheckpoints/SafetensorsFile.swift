package import EmbqCore

/// A safetensors file, mapped: opening it reads the header alone, a tensor's bytes are loaded when they are asked for.
package struct SafetensorsFile: TensorSource {
    package let tensors: [TensorInfo]
    package let metadata: [(key: String, value: String)]
    private let file: MappedFile

    package var format: String { CheckpointFormat.safetensors.name }
    package var path: String { file.path }

    /// Opens and checks a file.
    ///
    /// - Throws: `.unreadable`, or what is wrong with the header and with which tensor.
    package init(_ path: String) throws(EmbqError) { try self.init(try MappedFile(path)) }

    /// Checks a file that is mapped already.
    package init(_ file: MappedFile) throws(EmbqError) {
        let header = try naming(file.path) { () throws(EmbqError) in
            try file.withBytes { bytes throws(EmbqError) in try SafetensorsHeader(bytes) }
        }
        tensors = header.tensors
        metadata = header.metadata
        self.file = file
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        // The header gives every tensor a range inside the file.
        let range = info.fileRange ?? 0..<0
        defer { file.finish(range) }
        return try file.withBytes { bytes throws(EmbqError) in try body(bytes.extracting(range)) }
    }
}

extension CheckpointFormat {
    /// One file of tensors behind a JSON header.
    package static let safetensors = CheckpointFormat(
        name: "safetensors", endings: ["safetensors"], usualName: "model.safetensors",
        isOpenedByEnding: true,
        recognises: { bytes in
            // The header's length, small enough to leave its upper bytes zero, and its first character.
            guard bytes.count >= 9, bytes[8] == UInt8(ascii: "{") else { return false }
            return (4..<8).allSatisfy { bytes[$0] == 0 }
        },
        open: { file throws(EmbqError) in try SafetensorsFile(file) })
}
