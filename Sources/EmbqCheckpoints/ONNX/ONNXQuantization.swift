import EmbqContainers
import EmbqCore

/// What makes real numbers of a constant's integers: `(q - zero point) · scale`.
struct ONNXQuantization: Sendable, Equatable {
    /// One for all values, or one for each index of ``axis``.
    var scale: [Float]
    /// As many as scales, or one.
    var zeroPoint: [Int]
    /// The dimension that several scales belong to.
    var axis: Int

    /// The real values of a constant with this shape.
    func apply(_ integers: [Int], _ shape: [Int]) -> [Float] {
        guard scale.count > 1 || zeroPoint.count > 1 else {
            return integers.map { Float($0 &- zeroPoint[0]) * scale[0] }
        }
        guard !integers.isEmpty else { return [] }
        // Of a tensor with values, so it cannot overflow.
        let inner = shape[(axis + 1)...].reduce(1, *)
        return integers.indices.map { i in
            let channel = i / inner % shape[axis]
            return Float(integers[i] &- zeroPoint[zeroPoint.count > 1 ? channel : 0])
                * scale[scale.count > 1 ? channel : 0]
        }
    }
}

/// Finds the scales and zero points of a quantized model's constants, wherever its operations have them.
///
/// Source: onnxruntime's QDQ and QOperator forms; the operators' specifications in ONNX and in its com.microsoft domain.
struct ONNXQuantizationFinder {
    private let graph: ONNXGraph
    private let values: ONNXValues
    private(set) var found: [String: ONNXQuantization] = [:]
    /// Constants that are scales and zero points.
    private(set) var helpers: Set<String> = []

    /// Inputs of an operation: integers, their scale, their zero point.
    private struct Triple {
        var value: Int
        var scale: Int
        var zeroPoint: Int
        var axis = Axis.last
    }

    private enum Axis { case first, last, attribute, gemm }

    private static let triples: [String: [Triple]] = {
        let first = Triple(value: 0, scale: 1, zeroPoint: 2)
        let second = Triple(value: 3, scale: 4, zeroPoint: 5)
        return [
            "DequantizeLinear": [Triple(value: 0, scale: 1, zeroPoint: 2, axis: .attribute)],
            "QLinearMatMul": [first, second], "QLinearAdd": [first, second], "QLinearMul": [first, second],
            "QLinearConv": [first, Triple(value: 3, scale: 4, zeroPoint: 5, axis: .first)],
            "QGemm": [first, Triple(value: 3, scale: 4, zeroPoint: 5, axis: .gemm)],
            "DynamicQuantizeMatMul": [Triple(value: 1, scale: 2, zeroPoint: 3)],
            "MatMulIntegerToFloat": [
                Triple(value: 0, scale: 2, zeroPoint: 4), Triple(value: 1, scale: 3, zeroPoint: 5),
            ],
        ]
    }()

    /// Inputs that are scales and zero points, of data and results too.
    private static let helpers: [String: [Int]] = [
        "DequantizeLinear": [1, 2], "QuantizeLinear": [1, 2], "QLinearMatMul": [1, 2, 4, 5, 6, 7],
        "QLinearAdd": [1, 2, 4, 5, 6, 7], "QLinearMul": [1, 2, 4, 5, 6, 7], "QLinearConv": [1, 2, 4, 5, 6, 7],
        "QGemm": [1, 2, 4, 5, 7, 8], "DynamicQuantizeMatMul": [2, 3], "MatMulIntegerToFloat": [2, 3, 4, 5],
        "MatMulInteger": [2, 3], "ConvInteger": [2, 3], "QLinearSigmoid": [1, 2, 3, 4],
        "QLinearSoftmax": [1, 2, 3, 4],
    ]

    init(_ graph: ONNXGraph, _ values: ONNXValues) throws(EmbqError) {
        self.graph = graph
        self.values = values
        for node in graph.nodes {
            for index in Self.helpers[node.operation] ?? [] {
                if let helper = graph.stored(node.input(index)) { helpers.insert(helper.tensor.name) }
            }
            for triple in Self.triples[node.operation] ?? [] {
                try add(
                    node.input(triple.value), scale: node.input(triple.scale), zeroPoint: node.input(triple.zeroPoint),
                    axis: triple.axis, node)
            }
            switch node.operation {
            case "MatMulInteger": try addInteger(node, axis: .last)
            case "ConvInteger": try addInteger(node, axis: .first)
            case "QLinearConv": try addBias(node, node.input(8))
            case "QGemm": try addBias(node, node.input(6))
            case "Mul": try addScaled(node)
            default: break
            }
        }
    }

    /// Notes a constant of integers with its scale; values that are computed are left alone.
    private mutating func add(
        _ value: String?, scale: String?, zeroPoint: String?, axis: Axis, _ node: ONNXNode, isFolded: Bool = false
    )
        throws(EmbqError)
    {
        guard let (tensor, isWhole) = graph.stored(value), tensor.isInteger else { return }
        guard let scales = isFolded ? [1] : try floats(scale) else {
            throw fault(
                .unsupported, tensor, "its scale, an input of \(Self.describe(node)), is computed, not a constant")
        }
        var zeros = [0]
        if let zeroPoint {
            guard let constant = graph.stored(zeroPoint)?.tensor, constant.isInteger else {
                throw fault(.unsupported, tensor, "its zero point, an input of \(Self.describe(node)), is no constant")
            }
            zeros = try values.integers(constant)
        }
        guard node.integer("block_size", default: 0) == 0 else {
            throw fault(.unsupported, tensor, "its scales belong to blocks, which embq does not read")
        }
        if scales.count > 1 && !isWhole {
            throw fault(.unsupported, tensor, "its scales by channel belong to rows that were looked up or transposed")
        }
        try note(
            tensor,
            ONNXQuantization(scale: scales, zeroPoint: zeros, axis: Self.axis(axis, node, rank: tensor.shape.count)))
    }

    /// Integers that are cast and multiplied by constants: with one scale, or one for each index of a dimension.
    private mutating func addScaled(_ node: ONNXNode) throws(EmbqError) {
        guard let (integers, scale, zeroPoint) = graph.scaledIntegers(node) else { return }
        var zeros = [0]
        if let zeroPoint {
            helpers.insert(zeroPoint.name)
            zeros = try values.floats(zeroPoint).map { value throws(EmbqError) in
                guard let point = Int(exactly: value) else {
                    throw fault(.unsupported, integers, "its zero point is no whole number")
                }
                return point
            }
        }
        helpers.insert(scale.name)
        var axis = integers.shape.count - 1
        for constant in [scale, zeroPoint].compactMap({ $0 }) where constant.count > 1 {
            // Dimensions are counted from the last one, as ONNX broadcasts.
            guard let at = constant.shape.firstIndex(of: constant.count) else {
                throw fault(.unsupported, integers, "its scales belong to blocks, which embq does not read")
            }
            axis = integers.shape.count - constant.shape.count + at
        }
        try note(integers, ONNXQuantization(scale: try values.floats(scale), zeroPoint: zeros, axis: axis))
    }

    private static func axis(_ axis: Axis, _ node: ONNXNode, rank: Int) -> Int {
        switch axis {
        case .first: 0
        case .last: rank - 1
        case .gemm: node.integer("transB", default: 0) == 0 ? rank - 1 : 0
        case .attribute:
            node.integer("axis", default: 1) < 0
                ? rank &+ node.integer("axis", default: 1) : node.integer("axis", default: 1)
        }
    }

    /// An operation without scales: they are multiplied to its result, which is first made a real number.
    private mutating func addInteger(_ node: ONNXNode, axis: Axis) throws(EmbqError) {
        guard let (weight, _) = graph.stored(node.input(1)), weight.isInteger else { return }
        let table = graph.stored(node.input(0))
        guard let (factor, _) = graph.scaled(node) else {
            throw fault(.unsupported, weight, "nothing multiplies the result of \(Self.describe(node)) by its scale")
        }
        var (first, second): (String?, String?) = (nil, nil)
        if let product = graph.producer(of: factor), product.operation == "Mul" {
            (first, second) = Self.ordered(product, weight)
        } else if let folded = graph.stored(factor)?.tensor, table != nil, folded.count == 1 {
            // Both scales in one: only their product matters, so the table has 1 and the weight has all of it.
            helpers.insert(folded.name)
            second = factor
        }
        try add(node.input(1), scale: second, zeroPoint: node.input(3), axis: axis, node)
        if table != nil {
            try add(node.input(0), scale: first, zeroPoint: node.input(2), axis: .last, node, isFolded: first == nil)
        }
    }

    /// The factors of a scale, of an operation's first and second input.
    private static func ordered(_ product: ONNXNode, _ weight: ONNXTensor) -> (String?, String?) {
        let (first, second) = (product.input(0), product.input(1))
        // Quantizers name a scale after its constant; otherwise the order of the inputs tells.
        guard let scale = first, weight.name.hasSuffix("_quantized"),
            scale.hasSameBytes(as: weight.name.dropLast("_quantized".count) + "_scale")
        else { return (first, second) }
        return (second, first)
    }

    /// A bias of int32 has no scale of its own: it is that of the data times that of the weight.
    private mutating func addBias(_ node: ONNXNode, _ bias: String?) throws(EmbqError) {
        guard let tensor = graph.stored(bias)?.tensor, tensor.isInteger, let data = try floats(node.input(1)),
            let weight = try floats(node.input(4)), data.count == 1
        else { return }
        try note(tensor, ONNXQuantization(scale: weight.map { $0 * data[0] }, zeroPoint: [0], axis: 0))
    }

    private mutating func floats(_ value: String?) throws(EmbqError) -> [Float]? {
        guard let tensor = graph.stored(value)?.tensor, tensor.dtype != nil, !tensor.isInteger else { return nil }
        helpers.insert(tensor.name)
        return try values.floats(tensor)
    }

    private mutating func note(_ tensor: ONNXTensor, _ quantization: ONNXQuantization) throws(EmbqError) {
        guard quantization.scale.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw fault(.nonFinite, tensor, "a scale of its values is not a number above 0")
        }
        for count in [quantization.scale.count, quantization.zeroPoint.count] where count != 1 {
            let size = tensor.shape.indices.contains(quantization.axis) ? tensor.shape[quantization.axis] : 0
            guard count == size, count > 0 else {
                throw fault(
                    .shapeMismatch, tensor,
                    "it has \(count) scales or zero points for dimension \(quantization.axis) of \(tensor.shape)")
            }
        }
        if let known = found[tensor.name], known != quantization {
            throw fault(.mismatch, tensor, "two operations read its values with different scales")
        }
        found[tensor.name] = quantization
    }

    private func fault(_ code: EmbqError.Code, _ tensor: ONNXTensor, _ problem: String) -> EmbqError {
        EmbqError(
            code, file: values.path, place: EmbqError.place(tensor: tensor.name), problem,
            advice: "Use the checkpoint that the model was exported from, or its export in fp32.")
    }

    static func describe(_ node: ONNXNode) -> String {
        node.name.isEmpty ? node.operation : "\(node.operation) '\(EmbqError.printable(node.name))'"
    }
}

extension ONNXGraph {
    /// What the result of an integer operation is multiplied by, and the real numbers that this gives.
    func scaled(_ node: ONNXNode) -> (factor: String, output: String)? {
        guard let result = node.outputs.first else { return nil }
        for alias in aliases(of: result) {
            for multiply in consumers(of: alias) where multiply.operation == "Mul" {
                guard let output = multiply.outputs.first,
                    let factor = multiply.inputs.first(where: { !$0.hasSameBytes(as: alias) })
                else { continue }
                return (factor, output)
            }
        }
        return nil
    }
}

extension ONNXTensor {
    /// Whether its values are integers.
    var isInteger: Bool {
        switch dtype {
        case .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64: true
        default: false
        }
    }
}
