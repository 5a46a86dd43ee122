import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// Tensors made up by a test, all of type U8 unless said otherwise.
private struct Made: TensorSource {
    let format = "made"
    let path = "made"
    let inputs: [String] = []
    let tensors: [TensorInfo]
    var metadata: [(key: String, value: String)] = []
    var length = 1

    init(_ names: String..., dtype: DType = .u8) {
        tensors = names.compactMap { TensorInfo(name: $0, dtype: dtype, shape: [1]) }
            .sorted { $0.name.precedesByBytes($1.name) }
    }

    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        try body([UInt8](repeating: 7, count: length).span)
    }
}

/// A source without its metadata, for which npz has no place.
private struct Plain: TensorSource {
    let source: any TensorSource
    var format: String { source.format }
    var path: String { source.path }
    var tensors: [TensorInfo] { source.tensors }

    init(_ source: any TensorSource) { self.source = source }

    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        try source.withBytes(of: name, body)
    }
}

@Suite("Writing HDF5")
struct HDF5WriterTests {
    private func bits(_ source: any TensorSource) throws -> [String] {
        try source.tensors.map { info in
            "\(info.name) \(info.dtype) \(info.shape) \(try source.withBytes(of: info.name) { hexadecimal($0) })"
        }
    }

    @Test("what is written is read with the same bits", arguments: ["all_types", "nan", "shapes", "names", "metadata"])
    func thereAndBack(name: String) throws {
        let folder = try TemporaryFolder()
        let original = try CheckpointFormat.open(Fixtures.path("hdf5/valid/\(name).h5"))
        let size = try HDF5Writer.write(original, to: folder["a.h5"])
        let copy = try CheckpointFormat.open(folder["a.h5"])
        #expect(try bits(copy) == bits(original))
        #expect(copy.metadata.map(\.key) == original.metadata.map(\.key))
        #expect(copy.metadata.map(\.value) == original.metadata.map(\.value))
        #expect(try MappedFile(folder["a.h5"]).count == size)
        try HDF5Writer.write(copy, to: folder["b.h5"])
        #expect(try MappedFile(folder["a.h5"]).contents == MappedFile(folder["b.h5"]).contents)
        #expect(try folder.names == ["a.h5", "b.h5"])
    }

    @Test("every type that all containers have goes safetensors, npz, HDF5, npz, safetensors with the same bits")
    func containers() throws {
        let folder = try TemporaryFolder()
        let original = try CheckpointFormat.open(Fixtures.path("hdf5/valid/all_types.h5"))
        let nan = try CheckpointFormat.open(Fixtures.path("hdf5/valid/nan.h5"))
        let shapes = try CheckpointFormat.open(Fixtures.path("hdf5/valid/shapes.h5"))
        for source in [original, nan, shapes] {
            try SafetensorsWriter.write(Plain(source), to: folder["a.safetensors"])
            try NpzWriter.write(try CheckpointFormat.open(folder["a.safetensors"]), to: folder["a.npz"])
            try HDF5Writer.write(try CheckpointFormat.open(folder["a.npz"]), to: folder["a.h5"])
            try NpzWriter.write(try CheckpointFormat.open(folder["a.h5"]), to: folder["b.npz"])
            try SafetensorsWriter.write(try CheckpointFormat.open(folder["b.npz"]), to: folder["b.safetensors"])
            #expect(try MappedFile(folder["a.npz"]).contents == MappedFile(folder["b.npz"]).contents)
            #expect(try MappedFile(folder["a.safetensors"]).contents == MappedFile(folder["b.safetensors"]).contents)
            #expect(try bits(CheckpointFormat.open(folder["b.npz"])) == bits(source))
        }
    }

    @Test("a released model comes back through HDF5 to the byte")
    func model() throws {
        let folder = try TemporaryFolder()
        let released = try CheckpointFormat.open(Fixtures.path("embbert-snips/model.safetensors"))
        try HDF5Writer.write(released, to: folder["model.h5"])
        try SafetensorsWriter.write(released, to: folder["a.safetensors"])
        try SafetensorsWriter.write(try CheckpointFormat.open(folder["model.h5"]), to: folder["b.safetensors"])
        #expect(try MappedFile(folder["a.safetensors"]).contents == MappedFile(folder["b.safetensors"]).contents)
    }

    @Test("floating-point tensors are converted, the others are kept", arguments: [DType.f32, .f16])
    func conversion(dtype: DType) throws {
        let folder = try TemporaryFolder()
        let original = try CheckpointFormat.open(Fixtures.path("hdf5/valid/storage.h5"))
        try HDF5Writer.write(original, to: folder["a.h5"], as: dtype)
        try SafetensorsWriter.write(original, to: folder["b"], as: dtype)
        #expect(try bits(CheckpointFormat.open(folder["a.h5"])) == bits(CheckpointFormat.open(folder["b"])))
    }

    @Test(
        "what HDF5 has no place for is refused, and nothing is left behind",
        arguments: [
            (Made("w", dtype: .bf16), "tensor 'w': HDF5 has no type for BF16", "--dtype f32"),
            (Made("w", dtype: .f8E5M2), "tensor 'w': HDF5 has no type for F8_E5M2", "safetensors"),
            (Made("a", "a.b"), "tensor 'a': other tensors have names inside this one's", "safetensors"),
            (Made("a.b.c", "a.b.c.d"), "tensor 'a.b.c': other tensors have names inside", "safetensors"),
            (Made(""), "tensor '': its name is no path of groups", "safetensors"),
            (Made("a..b"), "tensor 'a..b': its name is no path", "safetensors"),
            (Made("a."), "its name is no path", "safetensors"), (Made("a/b"), "its name is no path", "safetensors"),
            (Made("a\0b"), "its name is no path", "safetensors"),
            (Made(Array(repeating: "g", count: 33).joined(separator: ".")), "its name is no path", "safetensors"),
        ])
    private func refused(source: Made, problem: String, advice: String) throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in try HDF5Writer.write(source, to: folder["out.h5"]) }
        #expect(error?.code == .unsupported)
        #expect(error?.file == folder["out.h5"])
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "was accepted")")
        #expect(error?.advice.contains(advice) == true)
        #expect(try folder.names == [])
    }

    @Test("a text that is too long, or has a zero in it, is refused")
    func texts() throws {
        let folder = try TemporaryFolder()
        for text in [String(repeating: "x", count: 40_000), "a\0b"] {
            var source = Made("w")
            source.metadata = [("note", text)]
            let error = failure { () throws(EmbqError) in try HDF5Writer.write(source, to: folder["out.h5"]) }
            #expect(error?.description.contains("metadata 'note': an HDF5 file cannot hold this text") == true)
        }
        #expect(try folder.names == [])
    }

    @Test("a source that gives other bytes than it announced, and an input as output, are refused")
    func sources() throws {
        let folder = try TemporaryFolder()
        var short = Made("w")
        short.length = 2
        #expect(
            failure { () throws(EmbqError) in try HDF5Writer.write(short, to: folder["out.h5"]) }?.code == .corrupted)
        let path = try folder.write(Fixtures.bytes("hdf5/valid/nan.h5"), to: "in.h5")
        let source = try CheckpointFormat.open(path)
        #expect(
            failure { () throws(EmbqError) in try HDF5Writer.write(source, to: path) }?.problem
                == "this output is the input '\(path)'")
        #expect(
            failure { () throws(EmbqError) in try HDF5Writer.write(source, to: folder["no/out.h5"]) }?.description
                .contains("out.h5: it cannot be created (No such file or directory)") == true)
        #expect(
            failure { () throws(EmbqError) in try HDF5Writer.write(source, to: folder["out.h5"], as: .i8) }?.code
                == .invalidRequest)
        #expect(try folder.names == ["in.h5"])
    }

    @Test("the writer is chosen by the output's ending")
    func endings() {
        #expect(CheckpointWriter.forOutput("a.safetensors")?.ending == ".safetensors")
        #expect(CheckpointWriter.forOutput("a.safetensors.h5")?.ending == ".h5")
        #expect(CheckpointWriter.forOutput("a.h5.npz")?.ending == ".npz")
        #expect(CheckpointWriter.forOutput("a.bin") == nil)
        #expect(CheckpointWriter.endings.contains(".h5"))
    }
}
