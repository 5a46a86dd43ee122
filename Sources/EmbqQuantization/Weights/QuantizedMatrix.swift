/// An integer matrix with one scale per output channel: 8 bits a weight, or 4 bits with a factor for each group of 16.
package struct QuantizedMatrix: Sendable, Equatable {
    package let outputs: Int
    package let inputs: Int
    /// `[outputs, inputs]`, in -127 … 127: what the device multiplies by. With 4 bits a code times its group's factor.
    package let values: [Int8]
    /// Real value of one step of each row, > 0.
    package let scales: [Double]
    /// Present with 4 bits.
    package let packed: PackedWeights?

    init(outputs: Int, inputs: Int, values: [Int8], scales: [Double], packed: PackedWeights? = nil) {
        precondition(values.count == outputs * inputs && scales.count == outputs)
        self.outputs = outputs
        self.inputs = inputs
        self.values = values
        self.scales = scales
        self.packed = packed
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

/// The bytes of 4-bit weights, as `Schemas/embq-format.md` lays them out.
package struct PackedWeights: Sendable, Equatable {
    /// Weights that share a factor.
    static let group = 16
    static let codes: ClosedRange<Float> = -8...7
    static let factors = 0...15

    /// Eight for each group.
    var bytes: [UInt8]
    /// Two factors to a byte.
    var factors: [UInt8]
    /// Rows before them that have 8 bits.
    var whole: Int

    /// Groups of a row.
    static func groups(_ inputs: Int) -> Int { (inputs + group - 1) / group }

    /// - Parameters:
    ///   - codes: `[outputs, inputs]`, in -8 … 7.
    ///   - factors: `[outputs, groups]`, in 0 … 15.
    init(codes: [Int8], factors groupFactors: [UInt8], outputs: Int, inputs: Int, whole: Int) {
        self.whole = whole
        let groups = Self.groups(inputs)
        var bytes = [UInt8](repeating: 0, count: outputs * groups * Self.group / 2)
        for index in codes.indices {
            let (row, column) = (index / inputs, index % inputs)
            let place = (row * groups + column / Self.group) * 8 + column % 8
            bytes[place] |= (UInt8(bitPattern: codes[index]) & 15) << (column % Self.group < 8 ? 0 : 4)
        }
        self.bytes = bytes
        var factors = [UInt8](repeating: 0, count: (groupFactors.count + 1) / 2)
        for (index, factor) in groupFactors.enumerated() { factors[index / 2] |= factor << (index % 2 * 4) }
        self.factors = factors
    }

    /// Bytes of a packed matrix.
    static func byteCount(outputs: Int, inputs: Int) -> Int {
        let count = outputs * groups(inputs)
        return count * group / 2 + (count + 1) / 2
    }
}
