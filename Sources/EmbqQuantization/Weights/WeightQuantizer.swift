import EmbqCore

/// Turns weights into integers, and remembers what it made: another choice of widths takes what it needs from there.
package struct WeightQuantizer: Sendable {
    package let methods: QuantizationMethods
    /// Moments of what the layers read, by point; empty when there was no data.
    let moments: [String: InputMoments]
    /// What is known of the same rows in the quantized model, by point: matrices of few bits are rounded for these.
    private var seen: [String: PairedMoments] = [:]
    let threads: Int
    /// The points that were measured: those that linear layers read.
    package var readPoints: Set<String> { Set(moments.keys) }
    private var made: [Key: QuantizedMatrix] = [:]
    var tables: [TableKey: QuantizedTable] = [:]
    /// What errors in the rows of embedders' token tables do to the logits, by embedder.
    package var tableMetrics: [String: TableMetric] = [:]
    /// Moments of what convolutions read, by convolution; empty where all weights have 8 bits.
    package var windows: [String: WindowMoments] = [:]

    private struct Key: Hashable {
        var name: String
        var bits: Int
        /// What balancing took off the columns of its input.
        var factors: [Double]
        /// Rounded for what the quantized model gives.
        var isFitted: Bool
    }

    struct TableKey: Hashable {
        var name: String
        var classes: [PackedTable.RowClass]
    }

    /// - Parameter moments: without them there is neither bias correction nor error feedback.
    package init(
        methods: QuantizationMethods = .all, moments: [String: InputMoments] = [:], threads: Int = 1
    ) {
        self.methods = methods
        self.moments = moments
        self.threads = threads
    }

    /// What a matrix multiplies: a point, with the factors that balancing took off its columns, `[inputs]` or empty.
    package struct Input {
        var point: String
        var factors: [Double]
        /// The points that all layers of shared weights read; empty for weights of one layer.
        var all: [String]

        package init(point: String, factors: [Double] = [], all: [String] = []) {
            self.point = point
            self.factors = factors
            self.all = all
        }
    }

    /// A layer's matrix.
    ///
    /// - Parameters:
    ///   - weights: fp32 `[outputs, inputs]`.
    ///   - floor: smallest scale of each row, `[outputs]`.
    ///   - searchesSteps: true if the scale of each row of 8 bits is the best of several. It pays for a head, whose few
    ///     rows are the logits.
    package mutating func matrix(
        _ name: String, _ weights: [Float], outputs: Int, inputs: Int, floor: [Double], of input: Input, bits: Int,
        searchesSteps: Bool = false
    ) -> QuantizedMatrix {
        let key = Key(
            name: name, bits: bits, factors: input.factors, isFitted: bits < 8 && seen[input.point] != nil)
        if let known = made[key] { return known }
        let fitted = bits < 8 ? fitted(weights, outputs: outputs, inputs: inputs, to: input) : nil
        let gram = fitted?.gram ?? moments(of: input)?.gram(dividedBy: input.factors)
        let weights = fitted?.weights ?? weights
        let feedback =
            methods.contains(.errorFeedback) ? gram.flatMap { ErrorFeedback($0, width: inputs) } : nil
        let matrix: QuantizedMatrix
        if bits == 8, feedback == nil {
            matrix = QuantizedMatrix(weights, outputs: outputs, inputs: inputs, floor: floor)
        } else {
            let grid = WeightGrid(bits: bits)
            let importance = (0..<inputs).map { column in gram.map { $0[column * inputs + column] } ?? 1 }
            let rows = Parallel.map(outputs, threads: threads) { (row: Int) -> (integers: [Int8], step: Double) in
                let weights = weights[row * inputs..<(row + 1) * inputs]
                guard let feedback else {
                    let step = max(grid.step(for: weights, importance: importance), floor[row])
                    return (weights.map { Int8(grid.nearest($0 / Float(step))) }, step)
                }
                if bits < 8 { return feedback.round(weights, grid: grid, floor: floor[row]) }
                let scale = QuantizedMatrix.scale(weights, floor: floor[row])
                let tried = (searchesSteps ? Self.stepFactors : [1]).map { $0 * scale }
                return feedback.round(weights, anyOf: tried.filter { $0 >= floor[row] }, grid: grid)
            }
            matrix = QuantizedMatrix(rows, inputs: inputs, bits: bits)
        }
        made[key] = matrix
        return matrix
    }

    /// Takes what is known of the rows that layers read in the quantized model; what reads them is rounded anew.
    package mutating func round(for seen: [String: PairedMoments]) {
        self.seen = seen
        made = made.filter { !$0.key.isFitted }
    }

    /// Weights that give from the quantized model's rows what others give from fp32's, and the moments of these rows.
    private func fitted(_ weights: [Float], outputs: Int, inputs: Int, to input: Input) -> (
        weights: [Float], gram: [Float]
    )? {
        guard input.all.isEmpty, methods.contains(.errorFeedback), let moments = seen[input.point],
            let (gram, columns) = moments.regression(dividedBy: input.factors)
        else { return nil }
        let rows = Parallel.map(outputs, threads: threads) { row in
            (0..<inputs).map { dot(weights, row * inputs, columns, $0 * inputs, count: inputs) }
        }
        return (Array(rows.joined()), gram)
    }

    /// What a matrix reads, in all the layers that it serves.
    private func moments(of input: Input) -> InputMoments? {
        guard let first = input.all.first else { return moments[input.point] }
        return input.all.dropFirst().reduce(moments[first]) { sum, point in
            guard let sum, let other = moments[point] else { return nil }
            return sum.merged(with: other)
        }
    }

    /// From the step with which the largest weight becomes 127, both ways: coarser, and finer with weights that are clipped.
    private static let stepFactors: [Double] =
        [1] + (1...12).flatMap { (i: Int) -> [Double] in [1 - 0.015 * Double(i), 1 + 0.015 * Double(i)] }

    /// What a layer's biases must gain for its mean outputs to stay what they were: `(W − Ŵ) E[x]`, `[outputs]`.
    ///
    /// Source: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction",
    /// arXiv 1906.04721, §4.2, with means that were measured.
    ///
    /// - Parameters:
    ///   - weights: fp32 `[outputs, inputs]`, for columns divided by the input's factors.
    package func correction(_ weights: [Float], _ matrix: QuantizedMatrix, of input: Input) -> [Double] {
        guard methods.contains(.biasCorrection), let means = moments[input.point]?.means else {
            return [Double](repeating: 0, count: matrix.outputs)
        }
        let read = input.factors.isEmpty ? means : zip(means, input.factors).map { $0 / $1 }
        if matrix.packed != nil, input.all.isEmpty,
            let (fp32, seen) = seen[input.point]?.means(dividedBy: input.factors)
        {
            return (0..<matrix.outputs).map { row in
                (0..<matrix.inputs).reduce(0) { sum, column in
                    let at = row * matrix.inputs + column
                    return sum + Double(weights[at]) * fp32[column]
                        - matrix.scales[row] * Double(matrix.values[at]) * seen[column]
                }
            }
        }
        return (0..<matrix.outputs).map { row in
            (0..<matrix.inputs).reduce(0) { sum, column in
                let at = row * matrix.inputs + column
                return sum + (Double(weights[at]) - matrix.scales[row] * Double(matrix.values[at])) * read[column]
            }
        }
    }
}

/// A tensor whose weights may have fewer than 8 bits.
package struct WidthChoice: Sendable, Equatable {
    /// As in the artifact's directory.
    package var name: String
    package var outputs: Int
    package var inputs: Int
    /// A token table: its rows have widths of their own.
    package var isTable: Bool

    /// Bytes of a matrix with so many bits a weight.
    package func byteCount(bits: Int) -> Int {
        bits == 8
            ? outputs * inputs : PackedWeights.byteCount(outputs: outputs, inputs: inputs, bits: bits)
    }
}
