import EmbqCore

// The fp32 kernels. Each output is summed in one fixed order, whatever the number of rows: results do not depend on
// how sentences are batched or spread over threads. Pointers stay inside the arrays that their callers size.

enum FloatKernels {
    /// Each row normalized, x fp32 `[rows, width]`.
    static func norm(_ x: inout [Float], _ norm: Norm) {
        let (width, gamma, beta) = (norm.gamma.count, norm.gamma, norm.beta)
        for start in stride(from: 0, to: x.count, by: width) {
            let row = start..<start + width
            switch norm.kind {
            case .rms:
                var square: Float = 0
                for i in row { square += x[i] * x[i] }
                let factor = 1 / (square / Float(width) + norm.epsilon).squareRoot()
                for i in 0..<width { x[start + i] = x[start + i] * factor * gamma[i] }
            case .layer:
                var sum: Float = 0
                for i in row { sum += x[i] }
                let mean = sum / Float(width)
                var square: Float = 0
                for i in row { square += (x[i] - mean) * (x[i] - mean) }
                let factor = 1 / (square / Float(width) + norm.epsilon).squareRoot()
                for i in 0..<width { x[start + i] = (x[start + i] - mean) * factor * gamma[i] + beta[i] }
            }
        }
    }

    /// `softmax(queries · keysᵀ · scale) · values` for each head, inside one sentence.
    ///
    /// - Parameters:
    ///   - queries, keys, values: fp32 `[tokens of the batch, width]`.
    ///   - rows: the rows of the sentence that are keys and that get a result.
    ///   - context: fp32 `[tokens of the batch, width]`, whose `rows` are filled.
    static func attend(
        queries: [Float], keys: [Float], values: [Float], rows: [Int], width: Int, heads: Int, scale: Float,
        into context: inout [Float]
    ) {
        let (count, part) = (rows.count, width / heads)
        guard count > 0 else { return }
        for column in stride(from: 0, to: width, by: part) {
            let starts = rows.map { $0 * width + column }
            let query = starts.flatMap { queries[$0..<$0 + part] }
            let key = PackedLinear(outputs: count, inputs: part) { keys[starts[$0] + $1] }
            let value = PackedLinear(outputs: part, inputs: count) { values[starts[$1] + $0] }
            var weights = key(query, rows: count)
            for i in weights.indices { weights[i] *= scale }
            for row in 0..<count { softmax(&weights, row * count..<(row + 1) * count) }
            let mixed = value(weights, rows: count)
            for (row, start) in starts.enumerated() {
                for i in 0..<part { context[start + i] = mixed[row * part + i] }
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

    /// `y += a ⊙ b`.
    private static func addProducts(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        var i = 0
        while i + 8 <= count {
            let sum = unsafe SIMD8(loading: y + i) + SIMD8(loading: a + i) * SIMD8(loading: b + i)
            unsafe UnsafeMutableRawPointer(y + i).storeBytes(of: sum, as: SIMD8<Float>.self)
            i += 8
        }
        while i < count {
            unsafe y[i] += a[i] * b[i]
            i += 1
        }
    }

    private static func softmax(_ values: inout [Float], _ range: Range<Int>) {
        var top = -Float.infinity
        for i in range { top = max(top, values[i]) }
        for i in range { values[i] -= top }
        Elementary.exponentiate(&values, range)
        var sum: Float = 0
        for i in range { sum += values[i] }
        for i in range { values[i] /= sum }
    }

    /// Causal depthwise convolution inside one sentence: output c of position p reads input `c / (channels / width)` of
    /// the positions p-k+1 … p (torch's cross-correlation, padded on the left).
    ///
    /// - Parameters:
    ///   - output: fp32 `[tokens of the batch, channels]`, whose `sentence` part is filled.
    static func convolve(
        _ rows: [Float], _ convolution: Convolution, sentence: Range<Int>, width: Int, into output: inout [Float]
    ) {
        let (channels, kernel, bias) = (convolution.channels, convolution.kernel, convolution.bias)
        let expansion = channels / width
        unsafe withPointers(rows, convolution.taps, &output) { rows, taps, output in
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

    /// Each number's activation.
    static func activate(_ x: inout [Float], _ activation: Activation) {
        switch activation {
        case .silu: divide(&x, rate: -1)
        case .relu: for i in x.indices { x[i] = max(0, x[i]) }
        case .gelu: for i in x.indices { x[i] = 0.5 * x[i] * (1 + Elementary.erf(x[i] * Float(0.5).squareRoot())) }
        case .tanh: for i in x.indices { x[i] = Elementary.tanh(x[i]) }
        case .sigmoid: for i in x.indices { x[i] = 1 / (1 + Elementary.exp(-x[i])) }
        case .tanhGELU:
            for i in x.indices {
                let inner = Float(2 / Double.pi).squareRoot() * (x[i] + 0.044715 * x[i] * x[i] * x[i])
                x[i] = 0.5 * x[i] * (1 + Elementary.tanh(inner))
            }
        case .quickGELU: divide(&x, rate: -1.702)
        case .mish:
            for i in x.indices { x[i] *= Elementary.tanh(x[i] > 20 ? x[i] : Elementary.log1p(Elementary.exp(x[i]))) }
        case .relu6: for i in x.indices { x[i] = min(max(0, x[i]), 6) }
        case .squaredReLU: for i in x.indices { x[i] = max(0, x[i]) * max(0, x[i]) }
        case .leakyReLU: for i in x.indices { x[i] = max(x[i], 0.01 * x[i]) }
        case .hardSwish: for i in x.indices { x[i] *= min(max(x[i] + 3, 0), 6) / 6 }
        // As torch: linear above 20, where the difference is below a rounding.
        case .softplus: for i in x.indices where x[i] <= 20 { x[i] = Elementary.log1p(Elementary.exp(x[i])) }
        }
    }

    /// `x / (1 + e^(rate · x))`.
    private static func divide(_ x: inout [Float], rate: Float) {
        var exponentials = x
        for i in x.indices { exponentials[i] *= rate }
        Elementary.exponentiate(&exponentials, x.indices)
        for i in x.indices { x[i] /= 1 + exponentials[i] }
    }

    /// `x ← factor ⊙ x + bias` of each row, and `+ otherFactor ⊙ other` where there is one.
    static func sum(_ x: inout [Float], _ sum: Sum, other: [Float]?) {
        let (first, bias) = (sum.terms[0].factor, sum.bias)
        let width = bias.count
        for start in stride(from: 0, to: x.count, by: width) {
            if let other {
                let second = sum.terms[1].factor
                for i in 0..<width {
                    x[start + i] = (first[i] * x[start + i] + second[i] * other[start + i]) + bias[i]
                }
            } else {
                for i in 0..<width { x[start + i] = first[i] * x[start + i] + bias[i] }
            }
        }
    }

    /// One row of a sentence's rows.
    ///
    /// - Parameter mask: the row of the first [MASK].
    static func pool(_ x: [Float], _ pooling: Pooling, sentence: Range<Int>, mask: Int?, width: Int) -> [Float] {
        func row(_ index: Int) -> [Float] { Array(x[index * width..<(index + 1) * width]) }
        let zeros = [Float](repeating: 0, count: width)
        if sentence.isEmpty { return zeros }
        switch pooling {
        case .first: return row(sentence.lowerBound)
        case .last: return row(sentence.upperBound - 1)
        case .mask: return mask.map(row) ?? zeros
        case .max:
            return sentence.dropFirst().reduce(into: row(sentence.lowerBound)) { largest, index in
                for i in 0..<width { largest[i] = max(largest[i], x[index * width + i]) }
            }
        case .mean, .rms, .rootMean, .weightedMean:
            return sum(x, pooling, rows: sentence, before: 0, width: width)
        case .behind(let skipped, let pooling):
            // Of nothing, the library takes the first row, or a sum of 0.
            let rows = sentence.dropFirst(skipped)
            if rows.isEmpty { return pooling == .first || pooling == .max ? row(sentence.lowerBound) : zeros }
            switch pooling {
            case .mean, .rms, .rootMean, .weightedMean:
                return sum(x, pooling, rows: rows, before: skipped, width: width)
            default: return pool(x, pooling, sentence: rows, mask: mask, width: width)
            }
        }
    }

    /// The poolings that are sums over a constant.
    ///
    /// - Parameter before: positions of the sentence before `rows`.
    private static func sum(_ x: [Float], _ pooling: Pooling, rows: Range<Int>, before: Int, width: Int) -> [Float] {
        var sums = [Float](repeating: 0, count: width)
        var weights: Float = 0
        for (place, index) in rows.enumerated() {
            let weight = pooling == .weightedMean ? Float(before + place + 1) : 1
            weights += weight
            for i in 0..<width {
                let value = x[index * width + i]
                sums[i] += pooling == .rms ? value * value : weight * value
            }
        }
        switch pooling {
        case .rms: return sums.map { ($0 / weights).squareRoot() }
        case .rootMean: return sums.map { $0 / weights.squareRoot() }
        default: return sums.map { $0 / weights }
        }
    }

    /// Each row over its Euclidean length, which is taken as 1e-12 at least, as torch does.
    static func unit(_ x: inout [Float], width: Int) {
        for start in stride(from: 0, to: x.count, by: width) {
            var square: Float = 0
            for i in start..<start + width { square += x[i] * x[i] }
            let length = max(square.squareRoot(), 1e-12)
            for i in start..<start + width { x[i] /= length }
        }
    }
}
