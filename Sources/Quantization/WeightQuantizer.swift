/// An int8 matrix with one scale per output channel.
public struct QuantizedMatrix: Sendable, Equatable {
    public let outputs: Int
    public let inputs: Int
    /// `[outputs, inputs]`, in -127 … 127.
    public let values: [Int8]
    /// Real value of one step of each row, > 0.
    public let scales: [Double]

    /// Quantizes a weight matrix to int8, one scale per output row.
    ///
    /// `q = round(w / scale)`, halves away from zero, clipped to -127 … 127; the scale is the row's largest magnitude
    /// over 127, or more where `floor` asks for it.
    ///
    /// - Parameters:
    ///   - weights: fp32 `[outputs, inputs]`, row-major, finite.
    ///   - floor: smallest scale of each row: a bias stored in steps of the row's accumulator must fit. Empty for none.
    ///
    /// Source: R. Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", arXiv 1806.08342,
    /// §3.1 (per-channel, symmetric).
    public init(_ weights: [Float], outputs: Int, inputs: Int, floor: [Double] = []) {
        precondition(weights.count == outputs * inputs)
        self.outputs = outputs
        self.inputs = inputs
        var values = [Int8](repeating: 0, count: weights.count)
        var scales: [Double] = []
        for row in 0..<outputs {
            var largest: Float = 0
            for i in row * inputs..<(row + 1) * inputs { largest = max(largest, abs(weights[i])) }
            let scale = max(Double(largest) / 127, floor.isEmpty ? 0 : floor[row], 1e-30)
            for i in row * inputs..<(row + 1) * inputs {
                values[i] = Int8(max(-127, min(127, (Double(weights[i]) / scale).rounded())))
            }
            scales.append(scale)
        }
        self.values = values
        self.scales = scales
    }

    /// The sum of a row's integers.
    func sum(row: Int) -> Int { values[row * inputs..<(row + 1) * inputs].reduce(0) { $0 + Int($1) } }

    /// The sum of a row's magnitudes.
    func magnitude(row: Int) -> Int { values[row * inputs..<(row + 1) * inputs].reduce(0) { $0 + Int($1.magnitude) } }
}
