// The fp32 kernels. Each output is summed in one fixed order, whatever the number of rows: results do not depend on
// how sentences are batched or spread over threads. Pointers stay inside the arrays that their callers size.

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A linear layer's weights, laid out for the kernel: panels of eight outputs, `[outputs / 8][inputs][8]`.
struct PackedLinear: Sendable {
    static let lanes = 8
    let outputs: Int
    let inputs: Int
    private let panels: [SIMD8<Float>]
    private let bias: [SIMD8<Float>]

    /// - Parameters:
    ///   - weight: fp32 `[outputs, inputs]`.
    ///   - bias: fp32 `[outputs]`, or empty for none.
    init(_ weight: [Float], outputs: Int, inputs: Int, bias: [Float] = []) {
        self.outputs = outputs
        self.inputs = inputs
        let count = (outputs + Self.lanes - 1) / Self.lanes
        var panels = [SIMD8<Float>](repeating: .zero, count: count * inputs)
        var packedBias = [SIMD8<Float>](repeating: .zero, count: count)
        for o in 0..<outputs {
            for i in 0..<inputs { panels[o / Self.lanes * inputs + i][o % Self.lanes] = weight[o * inputs + i] }
            if !bias.isEmpty { packedBias[o / Self.lanes][o % Self.lanes] = bias[o] }
        }
        self.panels = panels
        self.bias = packedBias
    }

    /// `y = x Wᵀ + b`, x fp32 `[rows, inputs]`, y fp32 `[rows, outputs]`.
    func callAsFunction(_ x: [Float], rows: Int) -> [Float] {
        precondition(x.count >= rows * inputs)
        return unsafe [Float](unsafeUninitializedCapacity: rows * outputs) { y, count in
            count = rows * outputs
            unsafe x.withUnsafeBufferPointer { x in
                unsafe panels.withUnsafeBufferPointer { panels in
                    var row = 0
                    while row + 4 <= rows {
                        unsafe tile(x, panels, row, y)
                        row += 4
                    }
                    while row < rows {
                        unsafe single(x, panels, row, y)
                        row += 1
                    }
                }
            }
        }
    }

    /// Four rows at a time, so that each weight is loaded once for them.
    private func tile(
        _ x: UnsafeBufferPointer<Float>, _ panels: UnsafeBufferPointer<SIMD8<Float>>, _ row: Int,
        _ y: UnsafeMutableBufferPointer<Float>
    ) {
        for panel in bias.indices {
            var sums = (bias[panel], bias[panel], bias[panel], bias[panel])
            for i in 0..<inputs {
                let w = unsafe panels[panel * inputs + i]
                unsafe sums.0 += w * x[row * inputs + i]
                unsafe sums.1 += w * x[(row + 1) * inputs + i]
                unsafe sums.2 += w * x[(row + 2) * inputs + i]
                unsafe sums.3 += w * x[(row + 3) * inputs + i]
            }
            for lane in 0..<min(Self.lanes, outputs - panel * Self.lanes) {
                let o = panel * Self.lanes + lane
                unsafe y[row * outputs + o] = sums.0[lane]
                unsafe y[(row + 1) * outputs + o] = sums.1[lane]
                unsafe y[(row + 2) * outputs + o] = sums.2[lane]
                unsafe y[(row + 3) * outputs + o] = sums.3[lane]
            }
        }
    }

    private func single(
        _ x: UnsafeBufferPointer<Float>, _ panels: UnsafeBufferPointer<SIMD8<Float>>, _ row: Int,
        _ y: UnsafeMutableBufferPointer<Float>
    ) {
        for panel in bias.indices {
            var sum = bias[panel]
            for i in 0..<inputs { unsafe sum += panels[panel * inputs + i] * x[row * inputs + i] }
            for lane in 0..<min(Self.lanes, outputs - panel * Self.lanes) {
                unsafe y[row * outputs + panel * Self.lanes + lane] = sum[lane]
            }
        }
    }
}

enum FloatKernels {
    /// float32's machine epsilon: what torch.nn.RMSNorm takes when it is given no eps.
    static let machineEpsilon: Float = 1.1920929e-07

    /// RMSNorm of each row: `x / √(mean(x²) + ε) · γ`, x fp32 `[rows, width]`.
    static func rmsNorm(_ x: [Float], gamma: [Float], epsilon: Float) -> [Float] {
        let width = gamma.count
        var y = x
        for start in stride(from: 0, to: x.count, by: width) {
            var square: Float = 0
            for i in start..<start + width { square += x[i] * x[i] }
            let factor = 1 / (square / Float(width) + epsilon).squareRoot()
            for i in 0..<width { y[start + i] = x[start + i] * factor * gamma[i] }
        }
        return y
    }

    /// `softmax(queries · rowsᵀ · scale) · rows` inside one sentence; keys of [PAD] are left out and a [PAD] gets zeros.
    ///
    /// - Parameters:
    ///   - queries, rows: fp32 `[tokens of the batch, width]`.
    ///   - sentence: the rows of one sentence.
    ///   - context: fp32 `[tokens of the batch, width]`, whose `sentence` part is filled.
    static func attend(
        queries: [Float], rows: [Float], ids: [UInt16], sentence: Range<Int>, width: Int, scale: Float,
        into context: inout [Float]
    ) {
        let keys = sentence.filter { ids[$0] != UInt16(ModelConfig.padToken) }
        var weights = [Float](repeating: 0, count: keys.count)
        unsafe withPointers(queries, rows, &context) { queries, rows, context in
            for position in sentence where ids[position] != UInt16(ModelConfig.padToken) {
                for (slot, key) in keys.enumerated() {
                    weights[slot] = unsafe scale * dot(queries + position * width, rows + key * width, width)
                }
                softmax(&weights)
                for (slot, key) in keys.enumerated() {
                    unsafe add(weights[slot], rows + key * width, to: context + position * width, width)
                }
            }
        }
    }

    /// Two inputs and an output as pointers; each of the kernels below stays inside what its caller has sized.
    private static func withPointers(
        _ a: [Float], _ b: [Float], _ output: inout [Float],
        _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) {
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    guard let a = a.baseAddress, let b = b.baseAddress,
                        let output = output.baseAddress
                    else { return }
                    unsafe body(a, b, output)
                }
            }
        }
    }

    @inline(__always)
    private static func eight(_ p: UnsafePointer<Float>) -> SIMD8<Float> {
        unsafe UnsafeRawPointer(p).loadUnaligned(as: SIMD8<Float>.self)
    }

    private static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var sums = SIMD8<Float>.zero
        var i = 0
        while i + 8 <= count {
            unsafe sums += eight(a + i) * eight(b + i)
            i += 8
        }
        var sum = sums.sum()
        while i < count {
            unsafe sum += a[i] * b[i]
            i += 1
        }
        return sum
    }

    /// `y += factor · x`.
    private static func add(
        _ factor: Float, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i + 8 <= count {
            let sum = unsafe eight(y + i) + factor * eight(x + i)
            unsafe UnsafeMutableRawPointer(y + i).storeBytes(of: sum, as: SIMD8<Float>.self)
            i += 8
        }
        while i < count {
            unsafe y[i] += factor * x[i]
            i += 1
        }
    }

    /// `y += a ⊙ b`.
    private static func addProducts(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i + 8 <= count {
            let sum = unsafe eight(y + i) + eight(a + i) * eight(b + i)
            unsafe UnsafeMutableRawPointer(y + i).storeBytes(of: sum, as: SIMD8<Float>.self)
            i += 8
        }
        while i < count {
            unsafe y[i] += a[i] * b[i]
            i += 1
        }
    }

    private static func softmax(_ values: inout [Float]) {
        var top = -Float.infinity
        for value in values { top = max(top, value) }
        var sum: Float = 0
        for i in values.indices {
            values[i] = expf(values[i] - top)
            sum += values[i]
        }
        for i in values.indices { values[i] /= sum }
    }

    /// Causal depthwise convolution inside one sentence: output c of position p reads input `c / (channels / width)` of
    /// the positions p-k+1 … p (torch's cross-correlation, padded on the left).
    ///
    /// - Parameters:
    ///   - taps: fp32 `[kernel, channels]`.
    ///   - output: fp32 `[tokens of the batch, channels]`, whose `sentence` part is filled.
    static func convolve(
        _ rows: [Float], taps: [Float], bias: [Float], sentence: Range<Int>, width: Int, into output: inout [Float]
    ) {
        let channels = bias.count
        let kernel = taps.count / channels
        let expansion = channels / width
        unsafe withPointers(rows, taps, &output) { rows, taps, output in
            for position in sentence {
                let out = unsafe output + position * channels
                for c in 0..<channels { unsafe out[c] = bias[c] }
                for source in max(sentence.lowerBound, position - kernel + 1)...position {
                    let tap = unsafe taps + (kernel - 1 - (position - source)) * channels
                    let row = unsafe rows + source * width
                    if expansion == 1 {
                        unsafe addProducts(tap, row, to: out, channels)
                    } else {
                        for c in 0..<channels { unsafe out[c] += tap[c] * row[c / expansion] }
                    }
                }
            }
        }
    }

    /// SiLU: `x · σ(x)`, of one number.
    static func silu(_ x: Float) -> Float { x / (1 + expf(-x)) }
}
