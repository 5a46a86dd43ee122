import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Writing numpy archives")
struct NpzWriterTests {
    /// One tensor of every type that numpy and safetensors share, a single number, one without values, and every kind of
    /// NaN, infinity and zero.
    private static let allKinds = MemorySource([
        ("bool", .bool, [3], [0, 1, 1]), ("u8", .u8, [2], [0, 255]), ("i8", .i8, [2], [0x80, 0x7F]),
        ("i16", .i16, [1], [1, 0x80]), ("u16", .u16, [1], [2, 0xFF]), ("i32", .i32, [1], [3, 0, 0, 0x80]),
        ("u32", .u32, [1], [4, 0, 0, 0xFF]), ("i64", .i64, [1], [5, 0, 0, 0, 0, 0, 0, 0x80]),
        ("u64", .u64, [1], [6, 0, 0, 0, 0, 0, 0, 0xFF]), ("c64", .c64, [1], [1, 0, 0xA0, 0x7F, 2, 0, 0xC0, 0xFF]),
        ("f16", .f16, [4], [1, 0x7C, 0xFF, 0xFF, 0, 0x80, 1, 0]),
        ("f32.nan", .f32, [2, 1, 2], [1, 0, 0x80, 0x7F, 0xEF, 0xBE, 0xED, 0xFF, 0, 0, 0x80, 0xFF, 0, 0, 0, 0x80]),
        ("f64", .f64, [1], [7, 0, 0, 0, 0, 0, 0xF0, 0x7F]), ("scalar", .f32, [], [0, 0, 0x80, 0x3F]),
        ("empty", .f32, [2, 0, 3], []), ("folder/of/ünï", .i8, [1], [9]), ("a-b", .u8, [1], [1]), ("a", .u8, [1], [2]),
        ("ends.npy", .u8, [1], [3]),
    ])

    private func bits(_ source: any TensorSource) throws -> [String] {
        try source.tensors.map { info in
            let bytes = try source.withBytes(of: info.name) { bytes in bytes.indices.map { bytes[$0] } }
            return "\(info.name) \(info.dtype) \(info.shape) \(bytes)"
        }
    }

    @Test("every type, shape and bit goes from safetensors to npz and back")
    func thereAndBack() throws {
        let folder = try TemporaryFolder()
        try SafetensorsWriter.write(Self.allKinds, to: folder["a.safetensors"])
        let size = try NpzWriter.write(try SafetensorsFile(folder["a.safetensors"]), to: folder["a.npz"])
        let archive = try CheckpointFormat.open(folder["a.npz"])
        #expect(archive.format == "a numpy archive (.npz)")
        #expect(try MappedFile(folder["a.npz"]).count == size)
        #expect(try bits(archive) == bits(Self.allKinds))
        try SafetensorsWriter.write(archive, to: folder["b.safetensors"])
        #expect(try MappedFile(folder["a.safetensors"]).contents == MappedFile(folder["b.safetensors"]).contents)
        try NpzWriter.write(archive, to: folder["b.npz"])
        #expect(try MappedFile(folder["a.npz"]).contents == MappedFile(folder["b.npz"]).contents)
        #expect(try folder.names == ["a.npz", "a.safetensors", "b.npz", "b.safetensors"])
    }

    @Test("any archive that is read is written with the same tensors, stored, in row order")
    func fixtures() throws {
        let folder = try TemporaryFolder()
        for (name, _) in try Fixtures.index("npz/valid") {
            let original = try NpzFile(Fixtures.path("npz/valid/\(name)"))
            // It has 'a' and 'a.npy', which numpy cannot tell apart by name.
            if name == "names.npz" { continue }
            try NpzWriter.write(original, to: folder["out.npz"])
            let copy = try NpzFile(folder["out.npz"])
            #expect(try bits(copy) == bits(original), "\(name)")
            #expect(copy.tensors.allSatisfy { $0.fileRange != nil }, "\(name)")
        }
    }

    @Test("a released model comes back through npz to the byte")
    func model() throws {
        let folder = try TemporaryFolder()
        let released = try CheckpointFormat.open(Fixtures.path("embbert-snips/model.safetensors"))
        try NpzWriter.write(released, to: folder["model.npz"])
        try expectEqual(
            try CheckpointFormat.open(folder["model.npz"]), to: Fixtures.path("embbert-snips/model.safetensors"))
    }

    @Test(
        "an entry is what numpy.save writes, padded to 64",
        arguments: [
            (
                DType.f32, [2, 3],
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + String(repeating: " ", count: 58)
            ),
            (.u8, [], "{'descr': '|u1', 'fortran_order': False, 'shape': (), }" + String(repeating: " ", count: 62)),
            (
                .c64, [7],
                "{'descr': '<c8', 'fortran_order': False, 'shape': (7,), }" + String(repeating: " ", count: 60)
            ),
        ])
    func header(dtype: DType, shape: [Int], text: String) throws {
        let folder = try TemporaryFolder()
        let count = try #require(TensorInfo(name: "w", dtype: dtype, shape: shape)).byteCount
        let values = (0..<count).map { UInt8($0) }
        try NpzWriter.write(MemorySource([("w", dtype, shape, values)]), to: folder["out.npz"])
        let archive = try ZipArchive(try MappedFile(folder["out.npz"]))
        let entry = try #require(archive.entry("w.npy"))
        let bytes = try archive.withBytes(of: entry) { bytes in bytes.indices.map { bytes[$0] } }
        #expect(bytes == [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array("\(text)\n".utf8) + values)
    }

    /// 1.1, -2.5, 65504, the smallest number of binary16, a NaN with a payload.
    private static let singles = MemorySource([
        (
            "w", .f32, [5],
            [0xCD, 0xCC, 0x8C, 0x3F, 0, 0, 0x20, 0xC0, 0, 0xE0, 0x7F, 0x47, 0, 0, 0x80, 0x33, 0, 0x20, 0xC0, 0x7F]
        )
    ])

    @Test(
        "types are converted as in other files, to these bytes",
        arguments: [
            (singles, DType.f16, "F16", [0x66, 0x3C, 0, 0xC1, 0xFF, 0x7B, 1, 0, 1, 0x7E]),
            (
                singles, .f32, "F32",
                [0xCD, 0xCC, 0x8C, 0x3F, 0, 0, 0x20, 0xC0, 0, 0xE0, 0x7F, 0x47, 0, 0, 0x80, 0x33, 0, 0x20, 0xC0, 0x7F]
            ),
            (
                MemorySource([("w", .bf16, [3], [0x8D, 0x3F, 0x20, 0xC0, 0xC1, 0x7F])]), .f32, "F32",
                [0, 0, 0x8D, 0x3F, 0, 0, 0x20, 0xC0, 0, 0, 0xC1, 0x7F]
            ),
            (
                MemorySource([("w", .f16, [3], [0x66, 0x3C, 1, 0, 1, 0x7E])]), .f32, "F32",
                [0, 0xC0, 0x8C, 0x3F, 0, 0, 0x80, 0x33, 0, 0x20, 0xC0, 0x7F]
            ),
            (MemorySource([("w", .f64, [1], [0, 0, 0, 0, 0, 0, 4, 0xC0])]), .f16, "F16", [0, 0xC1]),
            (MemorySource([("w", .i64, [1], [1, 2, 3, 4, 5, 6, 7, 8])]), .f16, "I64", [1, 2, 3, 4, 5, 6, 7, 8]),
        ] as [(MemorySource, DType, String, [UInt8])])
    func conversion(source: MemorySource, dtype: DType, name: String, expected: [UInt8]) throws {
        let folder = try TemporaryFolder()
        try NpzWriter.write(source, to: folder["out.npz"], as: dtype)
        let written = try NpzFile(folder["out.npz"])
        #expect(written.info("w")?.dtype.rawValue == name)
        #expect(try written.withBytes(of: "w") { bytes in bytes.indices.map { bytes[$0] } } == expected)
    }

    @Test("values of several pieces have the CRC that the directory says", arguments: [DType.f32, .f16])
    func pieces(dtype: DType) throws {
        let folder = try TemporaryFolder()
        let source = MemorySource((0..<600_001).map { Float($0 % 2001 - 1000) * 0.001_3 })
        try NpzWriter.write(source, to: folder["a.npz"], as: dtype)
        try SafetensorsWriter.write(source, to: folder["b"], as: dtype)
        #expect(try bits(NpzFile(folder["a.npz"])) == bits(SafetensorsFile(folder["b"])))
    }

    private static func named(_ names: String..., dtype: DType = .u8, shape: [Int] = [1]) -> MemorySource {
        MemorySource(names.map { ($0, dtype, shape, [UInt8](repeating: 0, count: dtype.bits / 8)) })
    }

    @Test(
        "what an archive of numpy cannot have is refused by the tensor's name, and nothing is left behind",
        arguments: [
            (named("w", dtype: .bf16), nil, "tensor 'w': numpy has no type for BF16", "--dtype f32 keeps every bit"),
            (named("w", dtype: .f32), .bf16, "tensor 'w': numpy has no type for BF16", "--dtype f32 keeps every bit"),
            (named("w", dtype: .f8E5M2), nil, "tensor 'w': numpy has no type for F8_E5M2", "safetensors"),
            (named("w", dtype: .f8E4M3), .f32, "tensor 'w': numpy has no type for F8_E4M3", "safetensors"),
            (named("a\0b"), nil, "tensor 'a\\u{0}b': its name is not a plain path", "safetensors"),
            (named("a\nb"), nil, "its name is not a plain path", "safetensors"),
            (named("../a"), nil, "tensor '../a': its name is not a plain path", "safetensors"),
            (named("a/../b"), nil, "its name is not a plain path", "safetensors"),
            (named("a/./b"), nil, "its name is not a plain path", "safetensors"),
            (named("/a"), nil, "its name is not a plain path", "safetensors"),
            (named("a//b"), nil, "its name is not a plain path", "safetensors"),
            (named("a\\b"), nil, "its name is not a plain path", "safetensors"),
            (named(""), nil, "tensor '': its name is not a plain path", "safetensors"),
            (named(String(repeating: "n", count: 1021)), nil, "or too long", "safetensors"),
            (
                named("x", "x.npy"), nil, "tensor 'x': numpy would take it for 'x.npy', which there is too",
                "safetensors"
            ),
            (
                named("w", shape: [Int](repeating: 1, count: 65)), nil,
                "tensor 'w': it has 65 dimensions, the limit of numpy is 64", "safetensors"
            ),
        ] as [(MemorySource, DType?, String, String)])
    func refused(source: MemorySource, dtype: DType?, problem: String, advice: String) throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in try NpzWriter.write(source, to: folder["out.npz"], as: dtype) }
        #expect(error?.code == .unsupported)
        #expect(error?.file == folder["out.npz"])
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "was accepted")")
        #expect(error?.advice.contains(advice) == true)
        #expect(try folder.names == [])
    }

    @Test("the longest name and the most dimensions that are written are read again")
    func limits() throws {
        let folder = try TemporaryFolder()
        let source = MemorySource([
            (String(repeating: "n", count: 1020), .u8, [Int](repeating: 1, count: 64), [7])
        ])
        try NpzWriter.write(source, to: folder["out.npz"])
        #expect(try bits(NpzFile(folder["out.npz"])) == bits(source))
    }

    @Test("a fault in the source, a value that does not fit and an input as output leave nothing behind")
    func sources() throws {
        let folder = try TemporaryFolder()
        let short = MemorySource([("w", .f32, [2], [0, 0, 0, 0])])
        #expect(
            failure { () throws(EmbqError) in try NpzWriter.write(short, to: folder["out.npz"]) }?.code == .corrupted)
        #expect(
            failure { () throws(EmbqError) in
                try NpzWriter.write(MemorySource([0, 1e6]), to: folder["out.npz"], as: .f16)
            }?.code == .nonFinite)
        #expect(
            failure { () throws(EmbqError) in try NpzWriter.write(short, to: folder["out.npz"], as: .i8) }?.code
                == .invalidRequest)
        #expect(try folder.names == [])
        let path = try folder.write(Fixtures.bytes("npz/valid/plain.npz"), to: "in.npz")
        let error = failure { () throws(EmbqError) in try NpzWriter.write(try NpzFile(path), to: path) }
        #expect(error?.problem == "this output is the input '\(path)'")
        #expect(try folder.names == ["in.npz"])
    }

    @Test("more than 65,535 tensors need Zip64 and are read again")
    func many() throws {
        let folder = try TemporaryFolder()
        let source = ManySource(count: 65_536)
        try NpzWriter.write(source, to: folder["many.npz"])
        let copy = try NpzFile(folder["many.npz"])
        #expect(copy.tensors.count == source.count)
        for name in ["t0", "t40000", "t65535"] {
            #expect(try copy.withBytes(of: name) { bytes in Int(bytes[0]) } == ManySource.value(name))
        }
        // The end record before the last one: its mark, and the number of entries at its place.
        let end = Array(try MappedFile(folder["many.npz"]).contents.suffix(22 + 20 + 56))
        #expect(end.prefix(4) == [0x50, 0x4B, 6, 6])
        #expect(Array(end[32..<40]) == [0, 0, 1, 0, 0, 0, 0, 0])
    }

    @Test("more tensors than an archive is read with are refused before anything is written")
    func tooMany() throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try NpzWriter.write(ManySource(count: 65_537), to: folder["out.npz"])
        }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem == "it has 65537 tensors, the limit is 65536")
        #expect(try folder.names == [])
    }

    @Test("an entry has a Zip64 field from 4 GiB - 1 on, and none below")
    func wide() {
        let plain = ZipWriter.header("a", 0xFFFF_FFFE)
        #expect(plain.count == 31 && Array(plain[18..<26]) == [0xFE, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF])
        for (size, bytes) in [(0xFFFF_FFFF, [0xFF, 0xFF, 0xFF, 0xFF, 0]), ((1 << 32) + 5, [5, 0, 0, 0, 1])] {
            let wide = ZipWriter.header("a", size)
            let number = bytes.map { UInt8($0) } + [0, 0, 0]
            #expect(wide[4] == 45 && wide[18..<26].allSatisfy { $0 == 0xFF })
            #expect(Array(wide[26...]) == [1, 0, 20, 0] + Array("a".utf8) + [1, 0, 16, 0] + number + number)
        }
    }
}

/// Tensors of one byte, in such numbers that a list of their bytes would be slow.
private struct ManySource: TensorSource {
    let format = "many"
    let path = "many"
    let inputs: [String] = []
    let tensors: [TensorInfo]

    var count: Int { tensors.count }

    init(count: Int) {
        tensors = (0..<count).compactMap { TensorInfo(name: "t\($0)", dtype: .u8, shape: [1]) }
            .sorted { $0.name.precedesByBytes($1.name) }
    }

    static func value(_ name: String) -> Int { name.utf8.reduce(0) { ($0 * 31 + Int($1)) & 0xFF } }

    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        try body([UInt8(Self.value(name))].span)
    }
}
