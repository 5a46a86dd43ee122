import EmbqContainers
import EmbqCore

/// Rules of the EmbBERT family, for what its exports keep in no name.
extension ONNXNames {
    /// Which layer without bias reads the rows of which table.
    private static let readers = ["token.weight": "tok_expander.weight", "position.weight": "pos_expander.weight"]

    /// The name of a layer that multiplies the rows of a table.
    func table(of linear: ONNXLinear) -> (String, String?)? {
        guard let table = graph.table(behind: linear.data), let name = table.name,
            table.tensor.shape.last == linear.shape.last
        else { return nil }
        for (end, reader) in Self.readers where name.hasSuffix("." + end) {
            return (String(name.dropLast(end.count)) + reader, "it multiplies the rows of \(name)")
        }
        return nil
    }

    /// The lambdas of a layer's two factors, `e^(q·k)`, where the export has their product or the factor instead.
    ///
    /// Any q and k with the same product are the same function; chosen are q = the product by element, or its sum as the
    /// first element and zeros, and k = ones.
    ///
    /// - Returns: name, values and evidence of each tensor.
    /// - Throws: `.nonFinite` for a factor that is no exponential.
    func lambdas(_ values: ONNXValues, _ quantized: [String: ONNXQuantization]) throws(EmbqError) -> [(
        name: String, values: [Float], evidence: String
    )] {
        var found: [String: (values: [Float], evidence: String)] = [:]
        for node in graph.nodes where node.operation == "Mul" || node.operation == "QLinearMul" {
            let inputs = [node.input(0), node.input(node.operation == "Mul" ? 1 : 3)]
            for (factor, data) in [(inputs[0], inputs[1]), (inputs[1], inputs[0])] {
                guard let (stem, number) = branch(data), let width = outputs[stem.name],
                    let (product, text) = try exponent(factor, width, values, quantized)
                else { continue }
                let names = ["q", "k"].map { "\(stem.module).lambda_\($0)\(number)" }
                guard names.allSatisfy({ claims[$0] == nil }) else { continue }
                if let known = found[names[0]], known.values != product {
                    throw EmbqError(
                        .duplicate, file: path, place: EmbqError.place(tensor: names[0]),
                        "the graph has two candidates for it: \(EmbqError.printable(known.evidence)) and \(EmbqError.printable(text))",
                        advice: "Use the checkpoint that the model was exported from.")
                }
                found[names[0]] = (product, text)
                found[names[1]] = (
                    [Float](repeating: 1, count: width), "ones: \(names[0]) holds the product of both"
                )
            }
        }
        return found.map { ($0.key, $0.value.values, $0.value.evidence) }
    }

    /// The branch of a layer that a value is the result of: 1 is the attention's, 2 the convolution's.
    private func branch(_ value: String?) -> (stem: (name: String, module: String), number: Int)? {
        var current = value
        if let value, results[value] == nil { current = graph.source(of: value) }
        guard let current, let name = results[current] else { return nil }
        for (number, layer) in [(1, ".att_output.weight"), (2, ".contract.weight")] where name.hasSuffix(layer) {
            return ((name, String(name.dropLast(layer.count))), number)
        }
        return nil
    }

    /// The vector whose sum is the logarithm of a factor that every run of the model has the same.
    private func exponent(
        _ value: String?, _ width: Int, _ values: ONNXValues, _ quantized: [String: ONNXQuantization]
    ) throws(EmbqError) -> (values: [Float], evidence: String)? {
        let value = graph.source(of: value)
        func first(_ sum: Float) -> [Float] { [sum] + [Float](repeating: 0, count: max(width, 1) - 1) }
        if let tensor = graph.constant(value)?.tensor, tensor.count == 1, tensor.dtype != nil,
            !tensor.isInteger || quantized[tensor.name] != nil
        {
            let factor = try values.floats(tensor, quantized[tensor.name])[0]
            guard factor > 0, factor.isFinite else {
                throw EmbqError(
                    .nonFinite, file: path, place: EmbqError.place(tensor: tensor.name),
                    "the factor of a branch is \(factor), which is no exponential",
                    advice: "Use the checkpoint that the model was exported from.")
            }
            return (
                first(Elementary.log(factor)),
                "the logarithm of \(tensor.name) and zeros: the exporter folded its exponential"
            )
        }
        guard let exponential = graph.producer(of: value), exponential.operation == "Exp" else { return nil }
        if let tensor = graph.constant(exponential.input(0))?.tensor, tensor.count == 1, tensor.dtype != nil {
            return (first(try values.floats(tensor)[0]), "\(tensor.name) and zeros: the exporter folded its sum")
        }
        guard let sum = graph.producer(of: graph.source(of: exponential.input(0))), sum.operation == "ReduceSum",
            let tensor = graph.constant(sum.input(0))?.tensor, tensor.count == width, tensor.dtype != nil
        else { return nil }
        return (try values.floats(tensor), "\(tensor.name): the exporter folded its product")
    }
}
