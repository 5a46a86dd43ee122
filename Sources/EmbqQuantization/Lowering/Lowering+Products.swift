import EmbqCore
import EmbqModels

// Products with int8 weights: linear layers, convolutions, attention.

extension Linear {
    /// The layer that makes some of the outputs.
    func rows(_ range: Range<Int>) -> Linear {
        var part = self
        part.outputs = range.count
        part.weight = Array(weight[range.lowerBound * inputs..<range.upperBound * inputs])
        part.bias = Array(bias[range])
        return part
    }
}

extension Lowering {
    mutating func linear(_ linear: Linear, of x: Value, _ value: Value) throws(EmbqError) -> Held {
        if isPrecise(value) || isProduct(x) || isActivation(x) {
            let source = try natural(x)
            switch source.form {
            case .short, .wide: return try wideLinear(linear, of: x, source, value)
            case .narrow, .sums: break
            }
        }
        let name = graph[value].name
        let input = try narrow(x, symmetric: false)
        guard case .narrow(let quantizer) = input.form else { throw cannot(graph[value]) }
        let weight =
            input.channels.isEmpty
            ? linear.weight
            : linear.weight.indices.map { Float(Double(linear.weight[$0]) * input.channels[$0 % linear.inputs]) }
        let source = WeightQuantizer.Input(point: graph[x].name, factors: input.channels)
        let bits = width(name + ".weight", outputs: linear.outputs, inputs: linear.inputs)
        let matrix = weights.matrix(
            name, weight, outputs: linear.outputs, inputs: linear.inputs,
            floor: floors(linear.bias.map(Double.init), inputScale: quantizer.scale), of: source, bits: bits)
        let out = program.register(.int32, linear.outputs)
        program.add(
            matrix.packed == nil ? .linear : .packedLinear,
            [.takes(input.row), .gives(out)] + place(matrix, name + ".weight"))
        let scales = matrix.scales.map { $0 * quantizer.scale }
        let correction = weights.correction(weight, matrix, of: source)
        let biases = (0..<linear.outputs).map {
            Double(linear.bias[$0]) + correction[$0] - scales[$0] * Double(quantizer.zeroPoint * matrix.sum(row: $0))
        }
        return Held(
            form: .sums(scales: scales, biases: biases), row: out, pass: program.current,
            limits: (0..<linear.outputs).map { Double(127 * matrix.magnitude(row: $0)) })
    }

    /// Rows of more than 8 bits times int8 weights, as a 32-bit row.
    private mutating func wideLinear(_ linear: Linear, of x: Value, _ source: Held, _ value: Value)
        throws(EmbqError) -> Held
    {
        let name = graph[value].name
        let (matrix, bias) = wideMatrix(linear, of: x, name)
        let (inputScale, _, limit) = describeUniform(source)
        let reals = matrix.scales.map { $0 * inputScale }
        let scale: Double
        if isReadByScan(value) {
            // The scan reads 16 bits.
            scale = try sixteenBits(name)
        } else {
            let bounds = (0..<linear.outputs).map {
                reals[$0] * limit * Double(matrix.magnitude(row: $0)) + abs(bias[$0])
            }
            scale = Self.rowScale(bounds.max() ?? 0)
        }
        let out = program.register(.int32, linear.outputs)
        let biases = bias.map { Int32(($0 / scale).rounded()) }
        program.add(
            .wideLinear,
            [.takes(source.row), .gives(out)]
                + (try wideWords(matrix, name, reals.map { $0 / scale }, biases, first: 0)))
        return Held(form: .wide(scale: scale), row: out, pass: program.current)
    }

    /// A layer's matrix of 8 bits for rows that have more, and its corrected biases.
    mutating func wideMatrix(_ linear: Linear, of x: Value, _ name: String) -> (QuantizedMatrix, biases: [Double]) {
        let source = WeightQuantizer.Input(point: graph[x].name)
        let matrix = weights.matrix(
            name, linear.weight, outputs: linear.outputs, inputs: linear.inputs,
            floor: [Double](repeating: 0, count: linear.outputs), of: source, bits: 8)
        let correction = weights.correction(linear.weight, matrix, of: source)
        return (matrix, zip(linear.bias, correction).map { Double($0) + $1 })
    }

    /// Bits of a tensor's weights.
    mutating func width(_ name: String, outputs: Int, inputs: Int, isTable: Bool = false) -> Int {
        if !choices.contains(where: { $0.name == name }) {
            choices.append(WidthChoice(name: name, outputs: outputs, inputs: inputs, isTable: isTable))
        }
        return widths.fourBits.contains(name) ? 4 : 8
    }

    /// Puts a matrix into the artifact: its place, and with 4 bits that of its factors.
    mutating func place(_ matrix: QuantizedMatrix, _ name: String) -> [DeviceProgram.Field] {
        let (rows, columns) = (matrix.outputs, matrix.inputs)
        guard let packed = matrix.packed else {
            return [.word(parameters.add(name, matrix.values, shape: [rows, columns]))]
        }
        let groups = [rows - packed.whole, PackedWeights.groups(columns)]
        return [
            .word(parameters.add(name, packed: packed.bytes, shape: [rows - packed.whole, columns])),
            .word(parameters.add(name + ".factor", factors: packed.factors, shape: groups)),
        ]
    }

    /// The fields of a WIDE_LINEAR behind its registers.
    mutating func wideWords(
        _ matrix: QuantizedMatrix, _ name: String, _ reals: [Double], _ biases: [Int32], first: Int
    ) throws(EmbqError) -> [DeviceProgram.Field] {
        let (multipliers, shift) = try factors(reals, bits: 18, shifts: 1...62, name)
        return [
            .word(UInt32(matrix.outputs)), .word(UInt32(first)),
            .word(parameters.add(name + ".weight", matrix.values, shape: [matrix.outputs, matrix.inputs])),
            .word(parameters.add(name + ".bias", biases, shape: [biases.count])),
            .word(tables.add(name + ".multiplier", multipliers, shape: [multipliers.count])), .word(shift),
        ]
    }

    /// Scale, zero point and largest magnitude of a row with one scale.
    func describeUniform(_ row: Held) -> (scale: Double, zeroPoint: Int, limit: Double) {
        switch row.form {
        case .narrow(let quantizer): (quantizer.scale, quantizer.zeroPoint, 127)
        case .short(let scale): (scale, 0, 32_767)
        case .wide(let scale): (scale, 0, Self.rowLimit)
        case .sums(let scales, _): (scales.max() ?? 0, 0, Self.rowLimit)
        }
    }

    /// Whether only the scan, gates and the logits come of a value: then its rows keep more than 8 bits.
    func isPrecise(_ value: Value) -> Bool {
        if isPooled(value) { return true }
        let readers = graph.readers(of: value)
        guard !readers.isEmpty else { return graph.outputs.contains(value) }
        return readers.allSatisfy { reader in
            switch graph[reader].operation {
            case .scan, .multiply, .unit: true
            case .pool(let pooling, _): pooling != .first && pooling != .mask
            case .linear, .slice, .activate: isPrecise(reader)
            default: false
            }
        }
    }

    /// Activations come as int8, or as the 16 bits that they need.
    private func isActivation(_ value: Value) -> Bool {
        if case .activate = graph[value].operation { true } else { false }
    }

    private func isProduct(_ value: Value) -> Bool {
        if case .multiply = graph[value].operation { true } else { false }
    }

    /// Whether the scan reads a value as 16 bits.
    private func isReadByScan(_ value: Value) -> Bool {
        graph.readers(of: value).contains { reader in
            if case .scan(let scan) = graph[reader].operation {
                scan.write == value || scan.read == value
            } else {
                false
            }
        }
    }

    /// A 16-bit scale for a point, with a quarter more than was seen.
    func sixteenBits(_ name: String) throws(EmbqError) -> Double {
        let range = MinMaxObserver().range(try point(name).histogram, levels: 65_535, symmetric: true)
        return max(range.upperBound * 1.25, 1e-9) / 32_767
    }

    // MARK: Convolution

    mutating func convolve(_ convolution: Convolution, _ x: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        let rows = try window(x, kernel: convolution.kernel)
        guard case .narrow(let quantizer) = rows.form else { throw cannot(node) }
        let (channels, kernel) = (convolution.channels, convolution.kernel)
        let byChannel = (0..<channels * kernel).map { convolution.taps[$0 % kernel * channels + $0 / kernel] }
        let biases = convolution.bias.map(Double.init)
        let matrix = QuantizedMatrix(
            byChannel, outputs: channels, inputs: kernel, floor: floors(biases, inputScale: quantizer.scale))
        let taps = (0..<kernel * channels).map { matrix.values[$0 % channels * kernel + $0 / channels] }
        let out = program.register(.int32, channels)
        program.add(
            .convolve,
            [
                .store(rows.store), .gives(out), .word(UInt32(kernel)),
                .word(parameters.add(node.name + ".weight", taps, shape: [kernel, channels])),
            ])
        return Held(
            form: .sums(scales: matrix.scales.map { $0 * quantizer.scale }, biases: biases), row: out,
            pass: program.current, limits: (0..<channels).map { Double(127 * matrix.magnitude(row: $0)) })
    }

    /// The rows that a convolution reads: those of an earlier pass, or a window that this pass fills as it goes.
    private mutating func window(_ x: Value, kernel: Int) throws(EmbqError) -> Kept {
        if let whole = kept[x]?.first(where: { $0.form.isNarrow && $0.groups == 1 && $0.pass < program.current }) {
            return whole
        }
        let row = try narrow(x, symmetric: true)
        let shape = program[row.row]
        let store = program.store(.int8, shape.width, span: kernel - 1 + 2)
        program.add(.store, [.takes(row.row), .store(store)])
        return Kept(form: row.form, store: store, groups: 1, pass: row.pass)
    }

    // MARK: Attention

    mutating func attend(_ attention: Attention, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        let keys = try spread(attention.keys, groups: attention.heads)
        let values = try spread(attention.values, groups: attention.heads)
        wait(for: [keys, values])
        let query = try narrow(attention.queries, symmetric: true)
        guard case .narrow(let q) = query.form, case .narrow(let k) = keys.form, case .narrow(let v) = values.form
        else { throw cannot(node) }
        let context = ActivationQuantizer.symmetric(try point(node.name), observer)
        note(context)
        let scores = self.scores ?? program.store(.int32, 1)
        self.scores = scores
        let out = program.register(.int8, node.width)
        var fields: [DeviceProgram.Field] = [
            .takes(query.row), .gives(out),
            .scratch(.init(element: .int32, width: node.width / attention.heads)), .store(keys.store),
            .store(values.store), .store(scores), .word(UInt32(attention.heads)),
            .word(attention.ignoresPad ? 1 : 0),
        ]
        // Differences of scores in steps of 2^-16 of a power of two: e^x = 2^(x · log2 e).
        let log2e = 1.4426950408889634
        let softmax = q.scale * k.scale * Double(attention.scale) * log2e * 65_536
        fields += try factor(softmax, shifts: 1...62, node.name + ".softmax")
        fields += try factor(v.scale / context.scale, shifts: 1...31, node.name)
        program.add(.attend, fields)
        return Held(form: .narrow(context), row: out, pass: program.current)
    }
}
