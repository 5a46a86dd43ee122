import EmbqCheckpoints
import EmbqCore
import EmbqModels
import Glibc

/// A model is refused, or each of its tensors has the bytes that its type and shape ask for.
///
/// The first byte chooses: an even one means that the rest is a file; an odd one that the rest tells how to build a
/// valid graph, which gets further than changed bytes of one would.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = unsafe Span(_unsafeStart: start + 1, count: count - 1)
    let bytes: [UInt8]
    if unsafe start[0] % 2 == 0 {
        bytes = input.indices.map { input[$0] }
    } else {
        var builder = GraphBuilder(input.indices.map { input[$0] })
        bytes = builder.model()
    }
    // A file of memory alone: the reader maps files.
    let name = "/embq-fuzz-\(getpid())"
    let descriptor = unsafe shm_open(name, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0)
    unsafe _ = shm_unlink(name)
    defer { close(descriptor) }
    let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    precondition(written == bytes.count)
    guard let file = try? MappedFile("/proc/self/fd/\(descriptor)"), let source = try? ONNXFile(file) else { return 0 }
    var last: String?
    for info in source.tensors {
        if let last { precondition(last.precedesByBytes(info.name), "names are not distinct and sorted") }
        last = info.name
        // Varints that do not fit their type are found only now.
        guard let size = try? source.withBytes(of: info.name, { $0.count }) else { continue }
        precondition(size == info.byteCount, "a tensor has other bytes than its shape says")
    }
    for note in source.notes { precondition(source.info(note.tensor) != nil) }
    return 0
}

/// Makes a graph of bytes, one decision at a time; without bytes left every decision is 0.
private struct GraphBuilder {
    private let bytes: [UInt8]
    private var at = 0
    /// Values that nodes may read.
    private var values = ["input_ids", "x"]

    private static let operations = [
        "MatMul", "Gemm", "Add", "Mul", "Gather", "DequantizeLinear", "QuantizeLinear", "QLinearMatMul", "QLinearAdd",
        "QLinearMul", "QLinearConv", "QGemm", "MatMulInteger", "ConvInteger", "DynamicQuantizeMatMul",
        "MatMulIntegerToFloat", "DynamicQuantizeLinear", "Conv", "Cast", "Identity", "Transpose", "Reshape", "Exp",
        "ReduceSum", "FusedMatMul", "Slice",
    ]
    private static let names = [
        "onnx::MatMul_1", "val_2", "a.weight", "a.bias", "b.weight", "b.bias", "m.embedder.token.weight",
        "m.att_output.bias", "m.contract.bias", "a.weight_quantized", "a.weight_scale", "onnx::MatMul_1_quantized",
        "onnx::MatMul_1_scale", "a.weight_Transposed", "m.att_output.weight", "z",
    ]
    private static let scopes = [
        "", "/a/MatMul", "/b/MatMul_1", "/m/att_output/MatMul", "/a/Add", "node_1", "//MatMul",
    ]
    /// FLOAT, UINT8, INT8, INT32, INT64, FLOAT16, DOUBLE, STRING.
    private static let types = [1, 2, 3, 6, 7, 10, 11, 8]
    private static let sizes = [4, 1, 1, 4, 8, 2, 8, 0]
    private static let dimensions: [[Int]] = [[], [1], [2], [2, 2], [2, 3], [3, 2], [2, 1, 2], [0], [1, 2, 1]]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func model() -> [UInt8] {
        var graph: [UInt8] = []
        for name in Self.names.prefix(choose(Self.names.count + 1)) {
            graph += Self.field(5, tensor(name))
            values.append(name)
        }
        for _ in 0..<choose(24) { graph += Self.field(1, node()) }
        return [8, 8] + Self.field(7, graph)
    }

    private mutating func tensor(_ name: String) -> [UInt8] {
        let shape = Self.dimensions[choose(Self.dimensions.count)]
        let type = choose(Self.types.count)
        let count = shape.reduce(1, *)
        var message =
            shape.flatMap { [8, UInt8($0)] } + [16, UInt8(Self.types[type])] + Self.field(8, Array(name.utf8))
        // 1 in fp32, fp64 and as an integer, or what the input has.
        let one: [UInt8] = type == 0 ? [0, 0, 0x80, 0x3F] : type == 6 ? [0, 0, 0, 0, 0, 0, 0xF0, 0x3F] : [1]
        var values: [UInt8] = []
        for _ in 0..<count {
            var value = choose(2) == 0 ? one : (0..<Self.sizes[type]).map { _ in UInt8(choose(256)) }
            while value.count < Self.sizes[type] { value.append(0) }
            values += value.prefix(Self.sizes[type])
        }
        message += Self.field(9, values)
        return message
    }

    private mutating func node() -> [UInt8] {
        var message: [UInt8] = []
        let operation = Self.operations[choose(Self.operations.count)]
        for _ in 0..<choose(10) { message += Self.field(1, Array(values[choose(values.count)].utf8)) }
        let output = choose(8) == 0 ? "late.weight" : "v\(values.count)"
        message += Self.field(2, Array(output.utf8)) + Self.field(4, Array(operation.utf8))
        message += Self.field(3, Array(Self.scopes[choose(Self.scopes.count)].utf8))
        for name in ["transB", "axis"] where choose(3) == 0 {
            message += Self.field(5, Self.field(1, Array(name.utf8)) + [24, UInt8(choose(4))])
        }
        if choose(4) == 0 { message += Self.field(5, Self.field(1, Array("perm".utf8)) + Self.field(8, [1, 0])) }
        values.append(output)
        return message
    }

    private mutating func choose(_ count: Int) -> Int {
        guard at < bytes.count else { return 0 }
        at += 1
        return Int(bytes[at - 1]) % count
    }

    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        while rest > 127 {
            length.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return [number << 3 | 2] + length + [UInt8(rest)] + content
    }
}
