/// An integer matrix with one scale per output channel.
package struct QuantizedMatrix: Sendable, Equatable {
    package let outputs: Int
    package let inputs: Int
    /// `[outputs, inputs]`, in -127 … 127: what the device multiplies by.
    package let values: [Int8]
    /// Real value of one step of each row, > 0.
    package let scales: [Double]
    /// Present with fewer than 8 bits a weight.
    package let packed: PackedWeights?

    init(outputs: Int, inputs: Int, values: [Int8], scales: [Double], packed: PackedWeights? = nil) {
        precondition(values.count == outputs * inputs && scales.count == outputs)
        self.outputs = outputs
        self.inputs = inputs
        self.values = values
        self.scales = scales
        self.packed = packed
    }

    /// A matrix of fewer bits.
    ///
    /// - Parameter rows: of each output, integers of the grid and what one step stands for.
    init(_ rows: [(integers: [Int8], step: Double)], inputs: Int, bits: Int) {
        let values = rows.flatMap(\.integers)
        self.init(
            outputs: rows.count, inputs: inputs, values: values, scales: rows.map(\.step),
            packed: bits == 8 ? nil : PackedWeights(values, inputs: inputs, bits: bits))
    }

    /// Quantizes a weight matrix to int8, each weight to the nearest step of its output row.
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
    package init(_ weights: [Float], outputs: Int, inputs: Int, floor: [Double] = []) {
        precondition(weights.count == outputs * inputs)
        var values = [Int8](repeating: 0, count: weights.count)
        var scales: [Double] = []
        for row in 0..<outputs {
            let scale = Self.scale(weights[row * inputs..<(row + 1) * inputs], floor: floor.isEmpty ? 0 : floor[row])
            for i in row * inputs..<(row + 1) * inputs {
                values[i] = Int8(max(-127, min(127, (Double(weights[i]) / scale).rounded())))
            }
            scales.append(scale)
        }
        self.init(outputs: outputs, inputs: inputs, values: values, scales: scales)
    }

    /// What this matrix has rounded away of weights, as a matrix of 8 bits: the sum of both has 15.
    ///
    /// - Parameter weights: fp32 `[outputs, inputs]`.
    func rest(of weights: [Float]) -> QuantizedMatrix {
        let rest = weights.indices.map { Float(Double(weights[$0]) - scales[$0 / inputs] * Double(values[$0])) }
        return QuantizedMatrix(rest, outputs: outputs, inputs: inputs)
    }

    /// The scale with which a row's largest weight becomes 127.
    static func scale(_ row: ArraySlice<Float>, floor: Double) -> Double {
        max(Double(row.reduce(0) { max($0, abs($1)) }) / 127, floor, 1e-30)
    }

    /// The sum of a row's integers.
    func sum(row: Int) -> Int { values[row * inputs..<(row + 1) * inputs].reduce(0) { $0 + Int($1) } }

    /// The sum of a row's magnitudes.
    func magnitude(row: Int) -> Int { values[row * inputs..<(row + 1) * inputs].reduce(0) { $0 + Int($1.magnitude) } }
}
