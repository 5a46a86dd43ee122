import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// Reads all that a file has.
private func readAll(_ source: any TensorSource) throws(EmbqError) {
    for info in source.tensors {
        let count = try source.withBytes(of: info.name) { bytes in bytes.count }
        precondition(count == info.byteCount, "\(info.name) has \(count) bytes")
        if info.dtype.isReadable { _ = try source.floats(info.name) }
    }
}

/// Parts of protobuf messages, put together by hand.
private enum Wire {
    static func varint(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func bytes(_ field: Int, _ content: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(content.count) + content
    }
    static func text(_ field: Int, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }
    static func number(_ field: Int, _ value: Int) -> [UInt8] { varint(field << 3) + varint(value) }

    /// A model with this graph.
    static func model(_ graph: [UInt8]) -> [UInt8] { number(1, 8) + bytes(7, graph) }
}

@Suite("Reading ONNX")
struct ONNXTests {
    @Test("every form of one model gives the tensors of its checkpoint, bit by bit")
    func valid() throws {
        let index = try fixtureIndex("onnx/valid/index.json")
        #expect(index.count >= 20)
        for (name, expected) in index {
            let path = Fixtures.path("onnx/valid/\(name)")
            let source = try CheckpointFormat.open(path)
            #expect(source.format == "ONNX")
            let reference = Fixtures.path("onnx/valid/\(try #require(expected.string))")
            // Other lambdas with the same product are the same model.
            try expectEqual(source, to: reference) { $0.contains(".lambda_") }
            let original = try SafetensorsFile(reference)
            for name in original.tensors.map(\.name) where name.contains(".lambda_q") {
                func product(_ source: any TensorSource) throws -> Double {
                    let q = try source.floats(name).values
                    let k = try source.floats(name.replacing("lambda_q", with: "lambda_k")).values
                    return zip(q, k).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                }
                // Quantized exponentials are off by half a step of 1/127 of themselves.
                let bound = path.contains("optimized_qdq") ? 5e-3 : path.contains("float16") ? 2e-3 : 1e-6
                #expect(abs(try product(source) - product(original)) < bound, "\(path): \(name)")
            }
        }
    }

    @Test("inspect is told what was done to which tensor")
    func notes() throws {
        func note(_ file: String, _ tensor: String) throws -> String? {
            try CheckpointFormat.open(Fixtures.path("onnx/valid/\(file).onnx")).notes.first { $0.tensor == tensor }?
                .text
        }
        let query = "model.attentions.0.query.weight"
        #expect(
            try note("torchscript", query)
                == "onnx::MatMul_303 transposed: model.attentions.0.query.bias is added to its product, MatMul '/model/attentions.0/query/MatMul' agrees"
        )
        #expect(
            try note("torchscript", "model.embedder.tok_expander.weight")
                == "onnx::MatMul_301 transposed: after the name of MatMul '/model/embedder/tok_expander/MatMul'")
        #expect(
            try note("dynamo", "model.embedder.tok_expander.weight")
                == "val_301 transposed: it multiplies the rows of model.embedder.token.weight")
        #expect(
            try note("scopes_in_metadata", "model.embedder.tok_expander.weight")
                == "val_301 transposed: after the name of MatMul 'node_MatMul'")
        #expect(try note("dynamo", "model.attentions.1.lambda_q2")?.hasPrefix("the logarithm of val_") == true)
        #expect(
            try note("torchscript", "model.attentions.1.lambda_k2")
                == "ones: model.attentions.1.lambda_q2 holds the product of both")
        #expect(try note("qdq_by_channel", query)?.hasSuffix("; INT8 made fp32 with 8 scales") == true)
        #expect(try note("float64", "classifier.weight") == "rounded from fp64 to fp32")
        #expect(
            try note("identity", "model.norms.1.weight") == "equal to model.norms.0.weight, which the exporter kept")
        #expect(try note("unfolded", query) == nil)
        #expect(try note("torchscript", "classifier.weight") == nil)
    }

    @Test("values stay where they are: a tensor that is stored as it is has its place in the file")
    func places() throws {
        let path = Fixtures.path("onnx/valid/torchscript.onnx")
        let source = try CheckpointFormat.open(path)
        let range = try #require(try source.requireInfo("classifier.bias").fileRange)
        let bytes = try MappedFile(path).contents
        #expect(
            try source.withBytes(of: "classifier.bias") { span in
                span.indices.allSatisfy { span[$0] == bytes[range][range.lowerBound + $0] }
            })
        #expect(try source.requireInfo("model.attentions.0.query.weight").fileRange == nil)
        let external = try CheckpointFormat.open(Fixtures.path("onnx/valid/external.onnx"))
        #expect(external.inputs.map { Folder.name(of: $0) } == ["external.onnx", "external.data"])
    }

    @Test("every broken file is refused with its code and a sentence that says what is wrong")
    func invalid() throws {
        let index = try fixtureIndex("onnx/invalid/index.json")
        #expect(index.count >= 80)
        #expect(try Folder.files(in: Fixtures.path("onnx/invalid")).count == index.count + 1)
        for (name, expected) in index {
            let path = Fixtures.path("onnx/invalid/\(name)")
            try expectRefusal(name, expected) { () throws(EmbqError) in
                try readAll(ONNXFile(MappedFile(path)))
            }
        }
    }

    @Test("a file in the model's own folder is read, whatever folder the program runs in")
    func external() throws {
        let folder = try TemporaryFolder()
        for name in ["external.onnx", "external.data"] {
            try folder.write(Fixtures.bytes("onnx/valid/\(name)"), to: name)
        }
        let reference = Fixtures.path("onnx/valid/typed_fields.safetensors")
        try expectEqual(CheckpointFormat.open(folder["external.onnx"]), to: reference) { $0.contains(".lambda_") }
        let moved = try TemporaryFolder()
        try FileManager.default.moveItem(atPath: folder["external.data"], toPath: moved["external.data"])
        try FileManager.default.createSymbolicLink(
            atPath: folder["external.data"], withDestinationPath: moved["external.data"])
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(folder["external.onnx"]) }
        #expect(error?.code == .unsupported)
        #expect(error?.problem == "'external.data' leads out of the model's folder")
        // A link inside the folder is as good as the file.
        try FileManager.default.removeItem(atPath: folder["external.data"])
        try FileManager.default.moveItem(atPath: moved["external.data"], toPath: folder["values"])
        try FileManager.default.createSymbolicLink(atPath: folder["external.data"], withDestinationPath: "values")
        try expectEqual(CheckpointFormat.open(folder["external.onnx"]), to: reference) { $0.contains(".lambda_") }
    }

    @Test("a graph nested 10,000 deep is refused, and the stack is not used up")
    func depth() throws {
        // From the inside out; each level is a graph in an attribute of a node.
        var sizes: [Int] = [0]
        for _ in 0..<10_000 {
            var size = sizes[sizes.count - 1]
            for _ in 0..<3 { size += 1 + Wire.varint(size).count }
            sizes.append(size)
        }
        var graph: [UInt8] = []
        for level in sizes.indices.dropLast().reversed() {
            let inner = sizes[level]
            let attribute = 1 + Wire.varint(inner).count + inner
            let node = 1 + Wire.varint(attribute).count + attribute
            graph += [1 << 3 | 2] + Wire.varint(node) + [5 << 3 | 2] + Wire.varint(attribute)
            graph += [6 << 3 | 2] + Wire.varint(inner)
        }
        try expectLimit(Wire.model(graph), "messages are nested too deep")
    }

    @Test("more records than any model has are refused before memory is taken for them")
    func records() throws {
        try expectLimit(
            Wire.model([UInt8](repeating: 0, count: 0) + (0..<2_100_000).flatMap { _ in [0x0A, 0] as [UInt8] }),
            "there are too many fields and values")
        // 300,000 nodes of 21 outputs each: within the records, above the memory.
        let node = Wire.bytes(1, (0..<6).flatMap { _ in Wire.text(2, String(repeating: "v", count: 150)) })
        try expectLimit(Wire.model((0..<280_000).flatMap { _ in node }), "the message needs too much memory")
    }

    private func expectLimit(_ bytes: [UInt8], _ problem: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, to: "model.onnx")
        let error = failure { () throws(EmbqError) in _ = try ONNXFile(MappedFile(path)) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem == problem)
    }

    /// A tensor with its values in another file, all of it.
    private func outside(_ name: String, _ count: Int) -> [UInt8] {
        func entry(_ key: String, _ value: String) -> [UInt8] {
            Wire.bytes(13, Wire.text(1, key) + Wire.text(2, value))
        }
        return Wire.bytes(
            5,
            Wire.number(1, count) + Wire.number(2, 1) + Wire.text(8, name) + entry("location", "values.bin")
                + Wire.number(14, 1))
    }

    @Test("tensors on one external file take sixteen times its size, not more", arguments: [(80, false), (81, true)])
    func sharing(tensors: Int, isRefused: Bool) throws {
        let folder = try TemporaryFolder()
        // 1 MiB of values: sixteen times that and the 64 MiB that are free are 80 tensors.
        try folder.write("", to: "values.bin")
        try #require(FileHandle(forWritingAtPath: folder["values.bin"])).truncate(atOffset: 1 << 20)
        let names = (0..<tensors).map { "layers.\($0).weight" }
        let path = try folder.write(Wire.model(names.flatMap { outside($0, 1 << 18) }), to: "m.onnx")
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(path) }
        // The model's own bytes count as stored, too; they are less than a tensor's sixteenth.
        #expect((error != nil) == isRefused, "\(error?.description ?? "")")
        if let error {
            #expect(error.code == .limitExceeded && error.file == path)
            #expect(error.problem.contains("16 times what the file stores"))
        }
    }

    @Test("a constant that each operation reads is read up to a limit")
    func rereading() throws {
        let count = 1 << 16
        let scale = Wire.bytes(
            5,
            Wire.number(1, count) + Wire.number(2, 1) + Wire.text(8, "s")
                + Wire.bytes(9, (0..<count).flatMap { _ in [0, 0, 0x80, 0x3F] as [UInt8] }))
        let integers = Wire.bytes(
            5,
            Wire.number(1, 1) + Wire.number(1, count) + Wire.number(2, 3) + Wire.text(8, "q_quantized")
                + Wire.bytes(9, [UInt8](repeating: 1, count: count)))
        let nodes = (0..<2000).flatMap { index in
            Wire.bytes(
                1,
                Wire.text(1, "q_quantized") + Wire.text(1, "s") + Wire.text(2, "y\(index)")
                    + Wire.text(4, "DequantizeLinear"))
        }
        let folder = try TemporaryFolder()
        let kept = try folder.write(Wire.model(scale + integers + nodes), to: "m.onnx")
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(kept) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem.contains("read more than 16 times what the file stores") == true)
    }

    @Test("values that a cycle leads to are left alone")
    func cycles() throws {
        func node(_ operation: String, _ input: String, _ output: String) -> [UInt8] {
            Wire.bytes(1, Wire.text(1, input) + Wire.text(1, "w") + Wire.text(2, output) + Wire.text(4, operation))
        }
        let weight = Wire.bytes(
            5,
            Wire.number(1, 1) + Wire.number(1, 1) + Wire.number(2, 1) + Wire.text(8, "w") + Wire.bytes(9, [0, 0, 0, 0]))
        let folder = try TemporaryFolder()
        let path = try folder.write(
            Wire.model(
                node("Cast", "a", "b") + node("Cast", "b", "a") + node("Reshape", "c", "d") + node("Reshape", "d", "c")
                    + node("MatMul", "a", "y") + node("MatMul", "d", "z") + node("Mul", "a", "c2") + weight),
            to: "model.onnx")
        #expect(try ONNXFile(MappedFile(path)).tensors.isEmpty)
    }

    /// Writes a file without waiting for the disk, which thousands of them would.
    private static func put(_ bytes: [UInt8], _ path: String) -> String {
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        return path
    }

    @Test("a file cut at any length is refused or gives less", arguments: ["dynamo", "dynamic"])
    func cuts(name: String) throws {
        let bytes = try Fixtures.bytes("onnx/valid/\(name).onnx")
        let folder = try TemporaryFolder()
        var refused = 0
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let path = Self.put(Array(bytes[..<count]), folder["cut.onnx"])
            if failure({ () throws(EmbqError) in try readAll(ONNXFile(MappedFile(path))) }) != nil { refused += 1 }
        }
        // What follows the graph is not needed.
        #expect(refused >= bytes.count / 7 - 4)
    }

    @Test(
        "a file with changed bytes is refused or read, and never trapped on",
        arguments: ["dynamo", "qoperator_by_channel", "dynamic", "float16_typed"])
    func flips(name: String) throws {
        let original = try Fixtures.bytes("onnx/valid/\(name).onnx")
        let seed: UInt64 = 0x0221_4E58
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryFolder()
        var refused = 0
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let path = Self.put(bytes, folder["flip.onnx"])
            if failure({ () throws(EmbqError) in try readAll(ONNXFile(MappedFile(path))) }) != nil { refused += 1 }
        }
        #expect(refused > 100, "seed \(seed)")
    }
}
