import EmbqCore
import EmbqTestSupport
import Foundation

/// EmbBERT as its paper writes it, in Double and one sentence at a time: slow and obvious, to compare with.
struct PlainEmbBERT {
    let shape: TinyEmbBERT
    let tensors: [String: Tensor]

    init(_ shape: TinyEmbBERT) {
        self.shape = shape
        tensors = shape.tensors
    }

    func logits(_ ids: [UInt16]) throws -> [Double] {
        var x = try embed(ids)
        for layer in 0..<shape.layers { x = try run(layer, x, ids) }
        return try linear("classifier", [x[0]])[0]
    }

    private func embed(_ ids: [UInt16]) throws -> [[Double]] {
        let firstSeparator = ids.firstIndex(of: 4) ?? ids.count
        return try ids.indices.map { position in
            let token = try row("model.embedder.token.weight", Int(ids[position]))
            let place = try row("model.embedder.position.weight", position)
            let segment = try row(
                "model.embedder.sentence.weight", ids[position] == 0 ? 0 : position < firstSeparator ? 1 : 2)
            let a = try product("model.embedder.tok_expander.weight", token)
            let b = try product("model.embedder.pos_expander.weight", place)
            return segment.indices.map { a[$0] + b[$0] + segment[$0] }
        }
    }

    private func run(_ layer: Int, _ x: [[Double]], _ ids: [UInt16]) throws -> [[Double]] {
        let name = "model.attentions.\(layer)."
        let gamma = try values("model.norms.\(layer).weight")
        let n = x.map { row in
            let root = (row.reduce(0) { $0 + $1 * $1 } / Double(row.count) + Double(Float.ulpOfOne)).squareRoot()
            return zip(row, gamma).map { $0 / root * $1 }
        }
        let queries = try linear(name + "query", n)
        let context = ids.indices.map { position -> [Double] in
            if ids[position] == 0 { return [Double](repeating: 0, count: shape.hidden) }
            let keys = ids.indices.filter { ids[$0] != 0 }
            let weights = keys.map { exp(dot(queries[position], n[$0]) / Double(shape.hidden).squareRoot()) }
            let sum = weights.reduce(0, +)
            return (0..<shape.hidden).map { d in
                zip(keys, weights).reduce(0) { $0 + $1.1 / sum * n[$1.0][d] }
            }
        }
        let attended = try linear(name + "att_output", context)

        let taps = try values(name + "conv1d.weight")
        let bias = try values(name + "conv1d.bias")
        let convolved = ids.indices.map { position in
            (0..<shape.inner).map { c -> Double in
                var sum = bias[c]
                for tap in 0..<shape.kernel where position - tap >= 0 {
                    // Grouped by input channel: the first `expansion` outputs read channel 0, and so on.
                    sum += taps[c * shape.kernel + shape.kernel - 1 - tap] * n[position - tap][c / shape.expansion]
                }
                return sum / (1 + exp(-sum))
            }
        }
        let contracted = try linear(name + "contract", convolved)
        let gain = exp(dot(try values(name + "lambda_q1"), try values(name + "lambda_k1")))
        let loss = exp(dot(try values(name + "lambda_q2"), try values(name + "lambda_k2")))
        return ids.indices.map { p in (0..<shape.hidden).map { gain * attended[p][$0] - loss * contracted[p][$0] } }
    }

    private func values(_ name: String) throws -> [Double] {
        guard let tensor = tensors[name] else { throw EmbqError(.missing, name, advice: "") }
        return tensor.values.map { Double($0) }
    }

    private func row(_ name: String, _ index: Int) throws -> [Double] {
        let all = try values(name)
        let width = tensors[name]?.shape.last ?? 0
        return Array(all[index * width..<(index + 1) * width])
    }

    private func product(_ name: String, _ x: [Double]) throws -> [Double] {
        let weight = try values(name)
        return stride(from: 0, to: weight.count, by: x.count).map { start in
            dot(Array(weight[start..<start + x.count]), x)
        }
    }

    private func linear(_ name: String, _ x: [[Double]]) throws -> [[Double]] {
        let bias = try values(name + ".bias")
        return try x.map { row in zip(try product(name + ".weight", row), bias).map { $0 + $1 } }
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}
