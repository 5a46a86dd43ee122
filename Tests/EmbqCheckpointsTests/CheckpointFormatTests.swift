import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// The start of a zip archive whose first entry has this name.
private func zip(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0] + Array(name.utf8)
}

@Suite("Telling formats by content")
struct CheckpointFormatTests {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    @Test(
        "formats that are not read are refused by name, with what is supported",
        arguments: [
            (zip("readme.txt"), "it is a zip archive"),
            ([0x50, 0x4B, 5, 6] + Array(repeating: 0, count: 18), "it is a zip archive"),
            ([0x93] + Array("NUMPY".utf8) + [1, 0], "it is a single numpy array (.npy)"),
            ([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2E], "it is a Python pickle"),
            ([0x1C, 0, 0, 0] + Array("TFL3".utf8), "it is a TensorFlow Lite model"),
            (
                Array("version https://git-lfs.github.com/spec/v1\n".utf8),
                "it is a Git LFS pointer instead of the weights"
            ),
            (Array("<!DOCTYPE html>".utf8), "it is a web page instead of the weights"),
            (Array("{\"model_type\": \"EmbBERT\"}".utf8), "it is a JSON document"),
        ] as [([UInt8], String)])
    func refused(bytes: [UInt8], problem: String) throws {
        let folder = try TemporaryFolder()
        // The name says safetensors: the content decides.
        let path = try folder.write(bytes, to: "model.safetensors")
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(path) }
        #expect(error?.code == .unsupported)
        #expect(error?.file == path)
        #expect(error?.problem == problem + ", which embq does not read")
        #expect(error?.advice.contains("Supported: \(CheckpointFormat.supportedNames).") == true)
    }

    @Test("safetensors is read whatever its file is called")
    func anyName() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], to: "weights.bin")
        #expect(try CheckpointFormat.open(path).format == "safetensors")
    }

    @Test(
        "content of no known format is refused with what is supported",
        arguments: [([], "the file is empty"), ([1, 2, 3], "its content is of no weights format that embq knows")]
            as [([UInt8], String)])
    func unknown(bytes: [UInt8], problem: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, to: "weights")
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(path) }
        #expect(error?.code == .unsupported)
        #expect(error?.problem == problem)
        #expect(error?.advice == "Supported: \(CheckpointFormat.supportedNames).")
        #expect(CheckpointFormat.supportedNames.contains("safetensors"))
    }

    @Test(
        "formats that are read are told by content too",
        arguments: [
            ([8, 8, 0x12, 7] + Array("pytorch".utf8), "ONNX"), (signature, "HDF5"),
            (Array(repeating: 0, count: 2048) + signature, "HDF5"), (zip("model.weights.h5"), "Keras (.keras)"),
            (Array("{\"metadata\": {}, \"weight_map\": {}}".utf8), "safetensors in several files"),
            ([2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], "safetensors"),
        ] as [([UInt8], String)])
    func read(bytes: [UInt8], name: String) {
        #expect(CheckpointFormat.of(bytes.span)?.name == name)
        #expect(CheckpointFormat.supportedNames.contains(name))
    }

    @Test("no start of any format, however short, is trapped on")
    func shortStarts() {
        for bytes in [
            zip("archive/data.pkl"), zip("a.npy"), Self.signature, [8, 8, 0x12], Array("{\"weight_map\"".utf8),
        ] {
            for count in 0...bytes.count { _ = CheckpointFormat.of(bytes.span.extracting(..<count)) }
        }
    }
}
