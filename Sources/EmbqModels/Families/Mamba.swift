import EmbqCheckpoints
import EmbqCore

/// Mamba-1 behind the direct embedder: RMSNorm (ε 1e-5), selective scan, residual. It is causal and takes no mask.
///
/// Sources: arXiv 2502.10001; A. Gu and T. Dao, arXiv 2312.00752.
enum Mamba: ModelFamily {
    static let modelType = "MAMBA"
    static var sizes: [ConfigSize] { [.layers, .kernel, .inner, .states] }
    static var heads: [Head] { [.rmsClassifier, .sequenceClassifier, .pretrainingClassifier] }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        var x = try b.directEmbedder()
        let (inner, states) = (try b.size(.inner), try b.size(.states))
        for index in 0..<(try b.size(.layers)) { x = try layer(&b, index, x, inner: inner, states: states) }
        return x
    }

    private static func layer(_ b: inout GraphBuilder, _ index: Int, _ x: Value, inner: Int, states: Int)
        throws(EmbqError) -> Value
    {
        let (point, width, e) = ("layers.\(index).", b.config.hiddenSize, "hidden_size · forward_expansion")
        let a = "model.mamba_layers.layers.\(index).mixer."
        let norm = try b.rmsNorm(point + "norm", x, "model.mamba_layers.layers.\(index).norm", epsilon: 1e-5)
        // in_proj makes the stream and its gate, x_proj what the scan's parameters depend on: each a matrix of its own
        // here, so that each has its own range in int8.
        let stream = try b.linears(
            ["stream", "gate"].map { (point + $0, inner) }, norm, a + "in_proj.weight", "2 · \(e), hidden_size")
        let convolution = try b.convolve(point + "convolution", stream[0], a + "conv1d", channels: inner, e)
        let input = b.activate(.silu, point + "activation", convolution)
        let rank = (width + 15) / 16
        let parameters = try b.linears(
            [(point + "rank", rank), (point + "write", states), (point + "read", states)], input,
            a + "x_proj.weight", "⌈hidden_size / 16⌉ + 2 · d_state, \(e)")
        let step = try b.linear(
            point + "step", parameters[0], a + "dt_proj", inner, e, inputKeys: "⌈hidden_size / 16⌉")
        let rate = try b.read(a + "A_log", [inner, states], "\(e), d_state").map { Elementary.exp($0) }
        guard rate.allSatisfy({ $0.isFinite }) else {
            throw EmbqError(
                .nonFinite, file: b.path, place: EmbqError.place(tensor: a + "A_log"),
                "the exponential of a value is not finite", advice: "The weights are damaged.")
        }
        let scanned = b.scan(
            point + "scan",
            Scan(
                input: input, step: b.activate(.softplus, point + "step.softplus", step), write: parameters[1],
                read: parameters[2], states: states, rate: rate, skip: try b.read(a + "D", [inner], e)))
        let gated = b.multiply(point + "gated", scanned, b.activate(.silu, point + "gate.activation", stream[1]))
        let contract = try b.linear(
            point + "contract", gated, a + "out_proj", width, "hidden_size", inputKeys: e, hasBias: false)
        return b.add(point + "output", (1, contract), (1, x))
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        guard t.has("model.mamba_layers.layers.0.mixer.A_log") else { return nil }
        var found = Recognition(Mamba.self, "the A_log of a selective scan is in no other family")
        found.directEmbedder(t)
        found.layers(t, "model.mamba_layers.layers.", "mixer.A_log")
        found.kernel(t, "model.mamba_layers.layers.0.mixer.conv1d.weight")
        found.expansion(t, "model.mamba_layers.layers.0.mixer.conv1d.bias")
        found.set("d_state", t["model.mamba_layers.layers.0.mixer.A_log", 1, of: 2])
        found.head(t)
        return found
    }
}

extension GraphBuilder {
    /// Linear layers without bias, whose rows lie one behind the other in one tensor.
    fileprivate mutating func linears(
        _ parts: [(name: String, outputs: Int)], _ x: Value, _ tensor: String, _ keys: String
    ) throws(EmbqError) -> [Value] {
        let inputs = width(x)
        let weight = try read(tensor, [parts.reduce(0) { $0 + $1.outputs }, inputs], keys)
        var start = 0
        return parts.map { part in
            defer { start += part.outputs * inputs }
            return linear(
                part.name, x, weight: weight[start..<start + part.outputs * inputs],
                bias: [Float](repeating: 0, count: part.outputs)[...])
        }
    }
}
