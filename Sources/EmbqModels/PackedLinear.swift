private import CEmbqFloatKernels

/// A linear layer's weights, laid out for the kernel: panels of sixteen outputs, `[outputs / 16][inputs][16]`.
///
/// The kernel takes the widest vectors that the processor has; each gives the same bits.
struct PackedLinear: Sendable {
    private static let lanes = Int(EMBQ_FLOAT_LANES)
    private static let level = embq_float_level()
    let outputs: Int
    let inputs: Int
    private let panels: [Float]
    /// `[outputs / 16][16]`.
    private let bias: [Float]

    /// - Parameters:
    ///   - weight: fp32 `[outputs, inputs]`.
    ///   - bias: fp32 `[outputs]`, or empty for none.
    init(_ weight: [Float], outputs: Int, inputs: Int, bias: [Float] = []) {
        self.init(outputs: outputs, inputs: inputs, bias: bias) { weight[$0 * inputs + $1] }
    }

    /// - Parameter weight: of an output and an input.
    @inline(__always)
    init(outputs: Int, inputs: Int, bias: [Float] = [], _ weight: (Int, Int) -> Float) {
        precondition(outputs > 0 && inputs > 0, "a layer has outputs and inputs")
        self.outputs = outputs
        self.inputs = inputs
        let padded = (outputs + Self.lanes - 1) / Self.lanes * Self.lanes
        var panels = [Float](repeating: 0, count: padded * inputs)
        for panel in stride(from: 0, to: outputs, by: Self.lanes) {
            for i in 0..<inputs {
                let start = panel * inputs + i * Self.lanes
                for lane in 0..<min(Self.lanes, outputs - panel) { panels[start + lane] = weight(panel + lane, i) }
            }
        }
        self.panels = panels
        self.bias = bias + [Float](repeating: 0, count: padded - bias.count)
    }

    /// `y = x Wᵀ + b`, x fp32 `[rows, inputs]`, y fp32 `[rows, outputs]`.
    func callAsFunction(_ x: [Float], rows: Int) -> [Float] {
        precondition(x.count >= rows * inputs)
        return unsafe [Float](unsafeUninitializedCapacity: rows * outputs) { y, count in
            count = rows * outputs
            unsafe x.withUnsafeBufferPointer { x in
                unsafe panels.withUnsafeBufferPointer { panels in
                    unsafe bias.withUnsafeBufferPointer { bias in
                        // Without rows there is nothing to point at, and nothing to do.
                        guard let x = x.baseAddress, let y = y.baseAddress, let panels = panels.baseAddress,
                            let bias = bias.baseAddress
                        else { return }
                        unsafe embq_float_linear(Self.level, x, rows, inputs, panels, bias, outputs, y)
                    }
                }
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
