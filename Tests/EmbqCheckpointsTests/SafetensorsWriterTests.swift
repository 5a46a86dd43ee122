import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
    @Test(
        "a file of the official package comes out with the same bytes",
        arguments: ["f32", "f16", "bf16", "scalar", "empty_tensors", "no_tensors", "all_types"])
    func sameBytes(name: String) throws {
        let folder = try TemporaryFolder()
        let original = Fixtures.path("safetensors/valid/\(name).safetensors")
        let size = try SafetensorsWriter.write(try SafetensorsFile(original), to: folder["out"])
        let written = try MappedFile(folder["out"])
        #expect(written.contents == (try MappedFile(original).contents))
        #expect(written.count == size)
    }

    @Test("any valid file comes out with the same tensors and metadata", arguments: ["names", "loose_json", "bare"])
    func sameTensors(name: String) throws {
        let folder = try TemporaryFolder()
        let original = try SafetensorsFile(Fixtures.path("safetensors/valid/\(name).safetensors"))
        try SafetensorsWriter.write(original, to: folder["a"])
        let copy = try SafetensorsFile(folder["a"])
        #expect(copy.tensors.map(\.name) == original.tensors.map(\.name))
        #expect(copy.metadata.map(\.key) == original.metadata.map(\.key))
        #expect(copy.metadata.map(\.value) == original.metadata.map(\.value))
        for info in original.tensors {
            let values = try original.withBytes(of: info.name) { bytes in bytes.indices.map { bytes[$0] } }
            #expect(try copy.withBytes(of: info.name) { bytes in bytes.indices.map { bytes[$0] } } == values)
            #expect(copy.info(info.name)?.shape == info.shape)
        }
        try SafetensorsWriter.write(copy, to: folder["b"])
        #expect(try MappedFile(folder["a"]).contents == MappedFile(folder["b"]).contents)
    }

    @Test("the header is padded and every tensor lies at a multiple of its type's size")
    func aligned() throws {
        let folder = try TemporaryFolder()
        let source = MemorySource([
            ("a", .i8, [3], [1, 2, 3]), ("b", .f32, [1], [0, 0, 0x80, 0x3F]), ("c", .f16, [1], [0, 0x3C]),
            ("d", .i64, [1], [1, 0, 0, 0, 0, 0, 0, 0]), ("e", .bool, [1], [1]),
        ])
        try SafetensorsWriter.write(source, to: folder["out"])
        let file = try SafetensorsFile(folder["out"])
        let placed = file.tensors.sorted { ($0.fileRange?.lowerBound ?? 0) < ($1.fileRange?.lowerBound ?? 0) }
        #expect(placed.map(\.name) == ["d", "b", "c", "a", "e"])
        for info in file.tensors { #expect(info.fileRange.map { $0.lowerBound % (info.dtype.bits / 8) } == 0) }
        #expect(placed.first?.fileRange.map { $0.lowerBound % 8 } == 0)
    }

    @Test("floating-point tensors are converted, the others are kept", arguments: [DType.f32, .f16, .bf16])
    func conversion(dtype: DType) throws {
        let folder = try TemporaryFolder()
        // More values than one chunk, so that the seam is tested.
        let values = (0..<70_001).map { Float($0 % 2001 - 1000) * 0.001_3 }
        try SafetensorsWriter.write(MemorySource(values), to: folder["out"], as: dtype)
        let file = try SafetensorsFile(folder["out"])
        #expect(file.info("w")?.dtype == dtype)
        let expected =
            switch dtype {
            case .f16: values.map { Float(f16Bits: $0.f16Bits) }
            case .bf16: values.map { Float(bf16Bits: $0.bf16Bits) }
            default: values
            }
        #expect(try file.floats("w").values == expected)

        try SafetensorsWriter.write(
            try SafetensorsFile(Fixtures.path("safetensors/valid/all_types.safetensors")), to: folder["all"], as: dtype)
        let all = try SafetensorsFile(folder["all"])
        for name in ["float32", "float16", "bfloat16", "float64"] { #expect(try all.floats(name).values == [0, 1, 2]) }
        #expect(Set(["float32", "float16", "bfloat16", "float64"].map { all.info($0)?.dtype }) == [dtype])
        #expect(all.info("int64")?.dtype == .i64)
        #expect(all.info("float8_e5m2")?.dtype == .f8E5M2)
    }

    @Test("halves survive a trip through fp32")
    func thereAndBack() throws {
        let folder = try TemporaryFolder()
        for name in ["f16", "bf16"] {
            let original = Fixtures.path("safetensors/valid/\(name).safetensors")
            try SafetensorsWriter.write(try SafetensorsFile(original), to: folder["wide"], as: .f32)
            try SafetensorsWriter.write(
                try SafetensorsFile(folder["wide"]), to: folder["narrow"], as: DType(rawValue: name.uppercased()))
            #expect(try MappedFile(folder["narrow"]).contents == MappedFile(original).contents)
        }
    }

    @Test(
        "a value too large for the type is refused with its index; infinities that were there stay",
        arguments: [(DType.f16, Float(65520)), (.f16, -1e6), (.bf16, .greatestFiniteMagnitude)])
    func tooLarge(dtype: DType, value: Float) throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try SafetensorsWriter.write(MemorySource([0, 1, value]), to: folder["out"], as: dtype)
        }
        #expect(error?.code == .nonFinite)
        #expect(
            error?.description.contains("tensor 'w': the value \(value) at [2] is too large for \(dtype.rawValue)")
                == true)
        #expect(try folder.names == [])
        try SafetensorsWriter.write(MemorySource([0, .infinity]), to: folder["out"], as: dtype)
        #expect(try SafetensorsFile(folder["out"]).floats("w").values == [0, .infinity])
    }

    private static func doubles(_ values: [Double]) -> MemorySource {
        MemorySource([
            (
                "w", .f64, [values.count],
                values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
            )
        ])
    }

    @Test("doubles are rounded once, to nearest, also to halves")
    func doubles() throws {
        let folder = try TemporaryFolder()
        // A little more and a little less than half a step of binary16, then of bfloat16, above 1.
        let values: [Double] = [
            1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-11 - 0x1p-40, 1 + 0x1p-11, 1 + 0x1p-8 + 0x1p-40, -1 - 0x1p-8 - 0x1p-40,
            1 + 0x1p-8, 0.1, -0.0, 0x1p-160, .infinity, 3.5,
        ]
        let expected: [(DType, [Float])] = [
            (.f32, values.map { Float($0) }),
            (
                .f16,
                [
                    1 + 0x1p-10, 1, 1, 1 + 0x1p-8, -1 - 0x1p-8, 1 + 0x1p-8, Float(f16Bits: Float(0.1).f16Bits), -0.0,
                    0, .infinity, 3.5,
                ]
            ),
            (
                .bf16,
                [
                    1, 1, 1, 1 + 0x1p-7, -1 - 0x1p-7, 1, Float(bf16Bits: Float(0.1).bf16Bits), -0.0, 0, .infinity, 3.5,
                ]
            ),
        ]
        for (dtype, floats) in expected {
            try SafetensorsWriter.write(Self.doubles(values), to: folder["out"], as: dtype)
            let written = try SafetensorsFile(folder["out"]).floats("w").values
            #expect(written.map(\.bitPattern) == floats.map(\.bitPattern), "\(dtype)")
        }
    }

    @Test("a double too large for the type is refused, not made an infinity", arguments: [DType.f32, .f16, .bf16])
    func hugeDouble(dtype: DType) throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try SafetensorsWriter.write(Self.doubles([0, -1e300]), to: folder["out"], as: dtype)
        }
        #expect(error?.code == .nonFinite)
        #expect(error?.problem.contains("at [1] is too large for \(dtype.rawValue)") == true)
    }

    @Test("only floating-point types can be asked for")
    func wrongType() throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try SafetensorsWriter.write(MemorySource([0]), to: folder["out"], as: .i8)
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test("an input is never overwritten, whatever the path looks like")
    func input() throws {
        let folder = try TemporaryFolder()
        let bytes = try MappedFile(Fixtures.path("safetensors/valid/f32.safetensors")).contents
        let path = try folder.write(bytes, to: "in.safetensors")
        try FileManager.default.createSymbolicLink(atPath: folder["link"], withDestinationPath: path)
        let source = try SafetensorsFile(path)
        for output in [path, folder["./in.safetensors"], folder["link"]] {
            let error = failure { () throws(EmbqError) in try SafetensorsWriter.write(source, to: output, as: .f16) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.problem == "this output is the input '\(path)'")
        }
        #expect(try MappedFile(path).contents == bytes)
        #expect(try folder.names == ["in.safetensors", "link"])
    }

    @Test("a source that gives fewer bytes than it announced is refused")
    func shortSource() throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try SafetensorsWriter.write(MemorySource([("w", .f32, [2], [0, 0, 0, 0])]), to: folder["out"])
        }
        #expect(error?.code == .corrupted)
        #expect(try folder.names == [])
    }

    @Test("the name that safetensors keeps for itself is refused")
    func reservedName() throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in
            try SafetensorsWriter.write(MemorySource([("__metadata__", .u8, [1], [0])]), to: folder["out"])
        }
        #expect(error?.code == .unsupported)
    }
}
