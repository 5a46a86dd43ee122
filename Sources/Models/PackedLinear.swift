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

/// Σ x xᵀ over rows, x fp32 `[n, width]`: fp32 `[width, width]`.
package func gramMatrix(_ x: [Float], width: Int) -> [Float] {
    let rows = x.count / width
    guard rows > 0 else { return [Float](repeating: 0, count: width * width) }
    let columns = (0..<width * rows).map { x[$0 % rows * width + $0 / rows] }
    return PackedLinear(columns, outputs: width, inputs: rows)(columns, rows: width)
}
