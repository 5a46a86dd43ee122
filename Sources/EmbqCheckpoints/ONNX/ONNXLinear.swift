import EmbqContainers
import EmbqCore

/// A layer with weights: a product of matrices or a convolution, in any of the forms that exporters and quantizers
/// write.
struct ONNXLinear {
    let node: ONNXNode
    let weight: ONNXGraph.Operand
    /// Whether the weight's rows must become columns to be as frameworks keep it, `[outputs, inputs]`.
    let isTransposed: Bool
    /// The value that is multiplied.
    let data: String?
    /// The bias's value, when the operation has it.
    let bias: String?
    /// The values that are the result, before any bias that is added later.
    let results: [String]
    let isConvolution: Bool

    /// Positions of an operation's inputs.
    private struct Form {
        var data = 0
        var weight = 1
        var bias: Int?
        var isConvolution = false
        var hasTransposition = false
        var isInteger = false
    }

    private static let forms: [String: Form] = [
        "MatMul": Form(), "FusedMatMul": Form(hasTransposition: true), "Gemm": Form(bias: 2, hasTransposition: true),
        "QLinearMatMul": Form(weight: 3), "QGemm": Form(weight: 3, bias: 6, hasTransposition: true),
        "MatMulInteger": Form(isInteger: true), "DynamicQuantizeMatMul": Form(bias: 4),
        "MatMulIntegerToFloat": Form(bias: 6), "Conv": Form(bias: 2, isConvolution: true),
        "QLinearConv": Form(weight: 3, bias: 8, isConvolution: true),
        "ConvInteger": Form(isConvolution: true, isInteger: true),
    ]

    /// nil for another operation, or when no constant is multiplied.
    init?(_ node: ONNXNode, _ graph: ONNXGraph) {
        guard let form = Self.forms[node.operation], let weight = graph.constant(node.input(form.weight)),
            graph.constant(node.input(form.data)) == nil, let output = node.outputs.first
        else { return nil }
        let rank = weight.tensor.shape.count
        guard form.isConvolution ? rank >= 3 : rank == 2 else { return nil }
        self.node = node
        self.weight = weight
        isConvolution = form.isConvolution
        let multipliesByRows = form.hasTransposition && node.integer("transB", default: 0) != 0
        isTransposed = !form.isConvolution && (multipliesByRows == weight.isTransposed)
        data = node.input(form.data)
        bias = form.bias.flatMap { node.input($0) }
        if form.isInteger, let scaled = graph.scaled(node) {
            results = graph.aliases(of: scaled.output)
        } else {
            results = graph.aliases(of: output)
        }
    }

    /// Sizes as frameworks keep the weight: outputs first.
    var shape: [Int] { isTransposed ? weight.tensor.shape.reversed() : weight.tensor.shape }
    var outputs: Int { shape[0] }
}
