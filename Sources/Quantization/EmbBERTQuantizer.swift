import Models
public import TensorCore

/// Turns EmbBERT into integers: the numeric scheme is in Schemas/embq-format.md, "EmbBERT".
public struct EmbBERTQuantizer {
    /// Bits of the convolution's output, the index of the activation table.
    static let activationBits = 9
    /// Largest |x| of the 32-bit rows between layers.
    private static let rowLimit = Double((1 << 26) - 1)
    /// Largest magnitude of a bias in steps of its accumulator; the runtime refuses 2^30.
    private static let biasLimit = Double(1 << 29)

    private let weights: EmbBERTWeights
    private let profile: CalibrationProfile
    private let observer: any RangeObserver
    private var parameters = TensorPool()
    private var tables = TensorPool()
    private var record: [UInt32] = []
    private var points: [ActivationQuantizer] = []

    /// The points whose ranges calibration must know, in order.
    public static func points(layers: Int) -> [String] {
        (0..<layers).flatMap { layer in
            ["norm", "query", "context", "convolution", "activation"].map { "layers.\(layer).\($0)" }
        }
    }

    /// Quantizes a model.
    ///
    /// - Parameters:
    ///   - weights: with constants folded.
    ///   - observer: turns the profile's histograms into ranges.
    /// - Throws: `.missing` for a point that the profile lacks; `.limitExceeded` for numbers that no fixed-point
    ///   factor can hold.
    public static func quantize(
        folded weights: EmbBERTWeights, profile: CalibrationProfile, observer: any RangeObserver
    ) throws(EmbqError) -> QuantizedModel {
        var quantizer = EmbBERTQuantizer(weights: weights, profile: profile, observer: observer)
        return try quantizer.run()
    }

    private init(weights: EmbBERTWeights, profile: CalibrationProfile, observer: any RangeObserver) {
        self.weights = weights
        self.profile = profile
        self.observer = observer
    }

    private mutating func run() throws(EmbqError) -> QuantizedModel {
        let config = weights.config
        record = [
            1, 1, config.task == .classification ? 1 : 2,
            UInt32(config.vocabularySize), UInt32(config.maximumLength), UInt32(config.hiddenSize),
            UInt32(weights.innerSize), UInt32(weights.kernelSize), UInt32(config.outputs), UInt32(weights.layers.count),
            UInt32(config.special.pad), UInt32(config.special.separator),
        ]
        var rowScale = try embedder()
        var layers: [UInt32] = []
        for index in weights.layers.indices {
            let (words, scale) = try layer(index, rowScale: rowScale)
            layers += words
            rowScale = scale
        }
        try classifier(rowScale: rowScale)
        record += layers
        return QuantizedModel(config: config, record: record, weights: parameters, tables: tables, points: points)
    }

    // MARK: Embedder

    /// Appends the embedder's record and gives the scale of its rows.
    private mutating func embedder() throws(EmbqError) -> Double {
        let (width, r) = (weights.config.hiddenSize, weights.reducedEmbedding)
        let token = ExpandedTable(weights.token, rows: weights.config.vocabularySize, weights.tokenExpander, width)
        let position = ExpandedTable(
            weights.position, rows: weights.config.maximumLength, weights.positionExpander, width)
        var bound = 0.0
        for d in 0..<width {
            let segment = (0..<3).map { abs(Double(weights.segment[$0 * width + d])) }.max() ?? 0
            bound = max(bound, token.reach(d) + position.reach(d) + segment)
        }
        let scale = Self.rowScale(bound: bound)
        let reals = token.expander.scales.map { $0 / scale } + position.expander.scales.map { $0 / scale }
        let (multipliers, shift) = try Self.factors(reals, shifts: 1...62, "embedder")
        let segment = weights.segment.map { Int32((Double($0) / scale).rounded()) }

        record += [
            UInt32(r),
            parameters.add("embedder.token", token.table, shape: [weights.config.vocabularySize, r]),
            parameters.add("embedder.position", position.table, shape: [weights.config.maximumLength, r]),
            parameters.add("embedder.token_expander", token.expander.values, shape: [width, r]),
            parameters.add("embedder.position_expander", position.expander.values, shape: [width, r]),
            parameters.add("embedder.segment", segment, shape: [3, width]),
            tables.add("embedder.token_multiplier", Array(multipliers[..<width]), shape: [width]),
            tables.add("embedder.position_multiplier", Array(multipliers[width...]), shape: [width]),
            shift,
        ]
        return scale
    }

    // MARK: Layers

    /// The words of one layer's record, and the scale of the rows it makes.
    ///
    /// - Parameter rowScale: real value of one step of the rows it reads.
    private mutating func layer(_ index: Int, rowScale: Double) throws(EmbqError) -> ([UInt32], Double) {
        let (width, inner) = (weights.config.hiddenSize, weights.innerSize)
        let layer = weights.layers[index]
        let name = "layers.\(index)."
        let norm = try symmetric(name + "norm")
        var words = try normWords(norm, rowScale: rowScale, name)
        words += try queryWords(layer, norm: norm, name)
        let context = try symmetric(name + "context")
        words += try factorWords(norm.scale / context.scale, shifts: 1...31, name + "context")

        let attention = QuantizedMatrix(layer.attention, outputs: width, inputs: width)
        words.append(parameters.add(name + "attention.weight", attention.values, shape: [width, width]))
        let multiplierSlot = words.count  // the offset of attention_multiplier, known after the contraction

        let (convolution, hidden) = try convolutionWords(layer, norm: norm, name)
        let contract = QuantizedMatrix(layer.contract, outputs: width, inputs: inner)
        let weight = parameters.add(name + "contract.weight", contract.values, shape: [width, inner])

        // One bias in steps of x for both branches; the hidden rows' zero point is a constant and joins it.
        let biases = (0..<width).map { d in
            Double(layer.attentionBias[d]) + Double(layer.contractBias[d])
                - hidden.scale * contract.scales[d] * Double(hidden.zeroPoint * contract.sum(row: d))
        }
        var bound = 0.0
        for d in 0..<width {
            let a = context.scale * attention.scales[d] * Double(127 * attention.magnitude(row: d))
            let c = hidden.scale * contract.scales[d] * Double(127 * contract.magnitude(row: d))
            bound = max(bound, a + c + abs(biases[d]))
        }
        let scale = Self.rowScale(bound: bound)
        let reals =
            attention.scales.map { context.scale * $0 / scale } + contract.scales.map { hidden.scale * $0 / scale }
        let (multipliers, shift) = try Self.factors(reals, shifts: 1...62, name + "output")
        let bias = biases.map { Int32(($0 / scale).rounded()) }

        words.insert(
            tables.add(name + "attention.multiplier", Array(multipliers[..<width]), shape: [width]),
            at: multiplierSlot)
        words += convolution
        words += [
            weight,
            tables.add(name + "contract.multiplier", Array(multipliers[width...]), shape: [width]),
            parameters.add(name + "output.bias", bias, shape: [width]),
            shift,
        ]
        return (words, scale)
    }

    private mutating func normWords(_ norm: ActivationQuantizer, rowScale: Double, _ name: String) throws(EmbqError)
        -> [UInt32]
    {
        let width = Double(weights.config.hiddenSize)
        let epsilon = width * Double(1.1920929e-07 as Float) / (rowScale * rowScale)
        let words = UInt64(min(max(epsilon.rounded(), 1), 0x1p61))
        return [UInt32(truncatingIfNeeded: words), UInt32(words >> 32)]
            + (try factorWords(width.squareRoot() / norm.scale, shifts: 1...31, name + "norm"))
    }

    private mutating func queryWords(_ layer: EmbBERTWeights.Layer, norm: ActivationQuantizer, _ name: String)
        throws(EmbqError) -> [UInt32]
    {
        let width = weights.config.hiddenSize
        var query = try symmetric(name + "query")
        let matrix = QuantizedMatrix(
            layer.query, outputs: width, inputs: width, floor: Self.floor(layer.queryBias, inputScale: norm.scale))
        let accumulators = matrix.scales.map { $0 * norm.scale }
        // Finer steps than the accumulator's own would hold nothing more, and the runtime wants factors below 1.
        query.scale = max(query.scale, (accumulators.max() ?? 0) * 1.001)
        points[points.count - 1] = query
        let (multipliers, shift) = try Self.factors(
            accumulators.map { $0 / query.scale }, shifts: 31...62, name + "query")
        var words = [
            parameters.add(name + "query.weight", matrix.values, shape: [width, width]),
            parameters.add(name + "query.bias", Self.bias(layer.queryBias, accumulators), shape: [width]),
            tables.add(name + "query.multiplier", multipliers, shape: [width]),
            shift,
        ]
        // Differences of scores in steps of 2^-16 of a power of two: e^x = 2^(x · log2 e).
        let log2e = 1.4426950408889634
        words += try factorWords(query.scale * norm.scale * log2e * 65536, shifts: 1...62, name + "softmax")
        return words
    }

    /// The convolution's part of the record, and how its activation is quantized.
    private mutating func convolutionWords(_ layer: EmbBERTWeights.Layer, norm: ActivationQuantizer, _ name: String)
        throws(EmbqError) -> ([UInt32], ActivationQuantizer)
    {
        let (inner, kernel) = (weights.innerSize, weights.kernelSize)
        let byChannel = (0..<inner * kernel).map { layer.taps[$0 % kernel * inner + $0 / kernel] }
        let matrix = QuantizedMatrix(
            byChannel, outputs: inner, inputs: kernel, floor: Self.floor(layer.tapsBias, inputScale: norm.scale))
        let taps = (0..<kernel * inner).map { matrix.values[$0 % inner * kernel + $0 / inner] }
        let accumulators = matrix.scales.map { $0 * norm.scale }

        // The table is finer than int8, so that its index may cover every value seen.
        var index = ActivationQuantizer.affine(
            try point(name + "convolution"), MinMaxObserver(), integers: 0...(1 << Self.activationBits) - 1)
        index.scale = max(index.scale, (accumulators.max() ?? 0) * 1.001)
        let hidden = ActivationQuantizer.affine(try point(name + "activation"), observer, integers: -127...127)
        points += [index, hidden]
        let table = index.integers.map { step in
            let x = index.dequantize(step)
            return Int8(hidden.quantize(x / (1 + exponential(-x))))
        }
        let (multipliers, shift) = try Self.factors(
            accumulators.map { $0 / index.scale }, shifts: 31...62, name + "convolution")
        let words: [UInt32] = [
            parameters.add(name + "convolution.weight", taps, shape: [kernel, inner]),
            parameters.add(name + "convolution.bias", Self.bias(layer.tapsBias, accumulators), shape: [inner]),
            tables.add(name + "convolution.multiplier", multipliers, shape: [inner]),
            shift,
            tables.add(name + "activation.table", table, shape: [table.count]),
            UInt32(Self.activationBits),
            UInt32(index.zeroPoint),
        ]
        return (words, hidden)
    }

    // MARK: Head

    private mutating func classifier(rowScale: Double) throws(EmbqError) {
        let (width, outputs) = (weights.config.hiddenSize, weights.config.outputs)
        let matrix = QuantizedMatrix(weights.classifier, outputs: outputs, inputs: width)
        let reals = matrix.scales.map { $0 * rowScale * 65536 }
        guard let (multipliers, shift) = FixedPointFactor.common(reals, bits: 18, shifts: 1...62) else {
            throw Self.tooLarge("classifier")
        }
        var biases: [Int32] = []
        for value in weights.classifierBias {
            let steps = (Double(value) * 65536).rounded()
            guard abs(steps) <= Self.biasLimit else { throw Self.tooLarge("classifier.bias") }
            biases.append(Int32(steps))
        }
        record += [
            parameters.add("classifier.weight", matrix.values, shape: [outputs, width]),
            parameters.add("classifier.bias", biases, shape: [outputs]),
            tables.add("classifier.multiplier", multipliers, shape: [outputs]),
            shift,
        ]
    }

    // MARK: Shared

    private func point(_ name: String) throws(EmbqError) -> CalibrationProfile.Point {
        if let point = profile.point(name) { return point }
        throw EmbqError(
            .missing, place: "point '\(name)'", "the calibration profile has no such point",
            advice: "Calibrate this checkpoint again; the profile belongs to another model.")
    }

    private mutating func symmetric(_ name: String) throws(EmbqError) -> ActivationQuantizer {
        let quantizer = ActivationQuantizer.symmetric(try point(name), observer)
        points.append(quantizer)
        return quantizer
    }

    /// Real value of one step of the 32-bit rows, so that no sum of integers passes the limit.
    private static func rowScale(bound: Double) -> Double { max(bound, 1e-20) / rowLimit * 1.000001 }

    /// The smallest weight scale with which a bias fits its int32 in steps of the accumulator.
    private static func floor(_ bias: [Float], inputScale: Double) -> [Double] {
        bias.map { abs(Double($0)) / (inputScale * biasLimit) }
    }

    private static func bias(_ bias: [Float], _ accumulators: [Double]) -> [Int32] {
        zip(bias, accumulators).map { Int32((Double($0) / $1).rounded()) }
    }

    private static func factors(_ reals: [Double], shifts: ClosedRange<Int>, _ name: String) throws(EmbqError)
        -> (multipliers: [Int32], shift: UInt32)
    {
        guard let common = FixedPointFactor.common(reals, bits: 31, shifts: shifts) else { throw tooLarge(name) }
        return common
    }

    private func factorWords(_ real: Double, shifts: ClosedRange<Int>, _ name: String) throws(EmbqError) -> [UInt32] {
        guard let factor = FixedPointFactor(real, shifts: shifts) else { throw Self.tooLarge(name) }
        return [UInt32(factor.multiplier), factor.shift]
    }

    private static func tooLarge(_ name: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "'\(name)'", "its scales differ too much for fixed-point arithmetic",
            advice: "Check the weights for values far out of range with `embq inspect`.")
    }
}

/// An embedding table and the matrix that expands it, quantized together.
private struct ExpandedTable {
    /// int8 `[rows, r]`.
    let table: [Int8]
    /// int8 `[D, r]`; its scales include the table's.
    let expander: QuantizedMatrix

    /// Each of the r columns of the table gets its own scale, which the expander's column takes over for free.
    init(_ table: [Float], rows: Int, _ expander: [Float], _ width: Int) {
        let r = table.count / rows
        var largest = [Float](repeating: 0, count: r)
        for i in table.indices { largest[i % r] = max(largest[i % r], abs(table[i])) }
        let scales = largest.map { max(Double($0) / 127, 1e-30) }
        self.table = table.indices.map { Int8((Double(table[$0]) / scales[$0 % r]).rounded()) }
        self.expander = QuantizedMatrix(
            expander.indices.map { Float(Double(expander[$0]) * scales[$0 % r]) }, outputs: width, inputs: r)
    }

    /// The largest magnitude that row `d` of the expander can give.
    func reach(_ d: Int) -> Double { expander.scales[d] * Double(127 * expander.magnitude(row: d)) }
}
