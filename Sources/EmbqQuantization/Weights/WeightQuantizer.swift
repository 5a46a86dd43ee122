import EmbqCore

/// Turns weights into integers, and remembers what it made: another choice of widths takes what it needs from there.
package struct WeightQuantizer: Sendable {
    package let methods: QuantizationMethods
    /// Moments of what the layers read, by point; empty when there was no data.
    let moments: [String: InputMoments]
    let threads: Int
    private var made: [Key: QuantizedMatrix] = [:]

    private struct Key: Hashable {
        var name: String
        var bits: Int
        var wholeRows: Int
        /// What balancing took off the columns of its input.
        var factors: [Double]
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
        if let known = remembered(name, bits: bits, factors: input.factors) { return known }
        let gram = moments(of: input)?.gram(dividedBy: input.factors)
        let feedback =
            methods.contains(.errorFeedback) ? gram.flatMap { ErrorFeedback($0, width: inputs) } : nil
        let matrix: QuantizedMatrix
        if bits == 4 {
            let importance = (0..<inputs).map { column in gram.map { $0[column * inputs + column] } ?? 1 }
            let scales = Parallel.map(outputs, threads: threads) { row in
                GroupScales(weights[row * inputs..<(row + 1) * inputs], importance: importance, floor: floor[row])
            }
            matrix = packed(weights, scales, inputs: inputs, feedback)
        } else if let feedback {
            let scales = (0..<outputs).map {
                QuantizedMatrix.scale(weights[$0 * inputs..<($0 + 1) * inputs], floor: floor[$0])
            }
            let factors = searchesSteps ? Self.stepFactors : [1]
            let rows = Parallel.map(outputs, threads: threads) { (row: Int) -> (integers: [Int8], step: Double) in
                let tried = factors.map { $0 * scales[row] }
                return feedback.round(
                    weights[row * inputs..<(row + 1) * inputs], anyOf: tried.filter { $0 >= floor[row] },
                    codes: -127...127)
            }
            matrix = QuantizedMatrix(
                outputs: outputs, inputs: inputs, values: rows.flatMap(\.integers), scales: rows.map(\.step))
        } else {
            matrix = QuantizedMatrix(weights, outputs: outputs, inputs: inputs, floor: floor)
        }
        remember(name, bits: bits, factors: input.factors, matrix)
        return matrix
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

    func remembered(_ name: String, bits: Int, wholeRows: Int = 0, factors: [Double] = []) -> QuantizedMatrix? {
        made[Key(name: name, bits: bits, wholeRows: wholeRows, factors: factors)]
    }

    mutating func remember(
        _ name: String, bits: Int, wholeRows: Int = 0, factors: [Double] = [], _ matrix: QuantizedMatrix
    ) {
        made[Key(name: name, bits: bits, wholeRows: wholeRows, factors: factors)] = matrix
    }

    /// Rows of 4 bits with scales that are given, each weight to the nearest code or with feedback.
    ///
    /// - Parameter whole: the first rows that have 8 bits.
    func packed(
        _ weights: [Float], _ scales: [GroupScales], inputs: Int, _ feedback: ErrorFeedback?, whole: Int = 0
    ) -> QuantizedMatrix {
        let codes = Parallel.map(scales.count, threads: threads) { row in
            let weights = weights[row * inputs..<(row + 1) * inputs]
            let limits: ClosedRange<Float> = row < whole ? -127...127 : PackedWeights.codes
            let steps =
                row < whole
                ? [Float](repeating: Float(scales[row].scale), count: inputs) : scales[row].steps(inputs: inputs)
            if let feedback { return feedback.round(weights, steps: steps, codes: limits) }
            return zip(weights, steps).map { weight, step in
                step > 0 ? Int8(min(max((weight / step).rounded(), limits.lowerBound), limits.upperBound)) : 0
            }
        }
        let values = codes.indices.flatMap { row in
            row < whole
                ? codes[row]
                : codes[row].indices.map { codes[row][$0] * Int8(scales[row].factors[$0 / PackedWeights.group]) }
        }
        return QuantizedMatrix(
            outputs: scales.count, inputs: inputs, values: values, scales: scales.map(\.scale),
            packed: PackedWeights(
                codes: Array(codes[whole...].joined()), factors: scales[whole...].flatMap(\.factors),
                outputs: scales.count - whole, inputs: inputs, whole: whole))
    }

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
        return (0..<matrix.outputs).map { row in
            (0..<matrix.inputs).reduce(0) { sum, column in
                let at = row * matrix.inputs + column
                return sum + (Double(weights[at]) - matrix.scales[row] * Double(matrix.values[at])) * read[column]
            }
        }
    }
}

/// A tensor whose weights may have 8 or 4 bits.
package struct WidthChoice: Sendable, Equatable {
    /// As in the artifact's directory.
    package var name: String
    package var outputs: Int
    package var inputs: Int
    /// A token table may keep 8 bits in some rows.
    package var isTable: Bool

    /// Bytes that 4 bits save.
    package var saving: Int { outputs * inputs - PackedWeights.byteCount(outputs: outputs, inputs: inputs) }
}
