import EmbqCore
import EmbqModels

// Products with int8 weights: linear layers, convolutions.

extension Linear {
    /// The layer that makes some of the outputs.
    func rows(_ range: Range<Int>) -> Linear {
        Linear(
            outputs: range.count, inputs: inputs,
            weight: Array(weight[range.lowerBound * inputs..<range.upperBound * inputs]), bias: Array(bias[range]))
    }

    /// The weights with what balancing took off each input column; none took anything where `channels` is empty.
    fileprivate func weight(times channels: [Double]) -> [Float] {
        channels.isEmpty ? weight : weight.indices.map { Float(Double(weight[$0]) * channels[$0 % inputs]) }
    }
}

extension Lowering {
    mutating func linear(_ linear: Linear, of x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        if hasLongTails(x) || isScanned(x), try !natural(x).form.isNarrow {
            let source = try uniform(x)
            return try wideLinear(linear, of: x, source.described(FactorForm(source.form)), value)
        }
        if isPrecise(value) || isProduct(x) || isActivation(x) {
            let source = try natural(x)
            if case .broad(.uniform(let form)) = source.form {
                return try wideLinear(linear, of: x, source.described(FactorForm(form)), value)
            }
        }
        if widths.short.points.contains(graph[x].name) || isAttendedInTables(x), try !natural(x).form.isNarrow {
            let source = try uniform(x)
            return try wideLinear(linear, of: x, source.described(FactorForm(source.form)), value)
        }
        let name = graph[value].name
        if canBeShort(x), !shortChoices.contains(graph[x].name) { shortChoices.append(graph[x].name) }
        let input = try affine(x)
        let weight = linear.weight(times: input.form.channels)
        let source = self.source(linear, of: x, input.form.channels)
        let weightName = linear.sharedName ?? name
        let bits = width(weightName + ".weight", outputs: linear.outputs, inputs: linear.inputs)
        let matrix = weights.matrix(
            weightName, weight, outputs: linear.outputs, inputs: linear.inputs,
            floor: floors(linear.bias.map(Double.init), inputScale: input.form.scale), of: source, bits: bits)
        let out = program.register(.int32, linear.outputs)
        try emit(
            matrix.packed == nil ? .linear : .packedLinear,
            [.takes(input.register), .gives(out)] + place(matrix, weightName + ".weight"), for: name)
        let scales = matrix.scales.map { $0 * input.form.scale }
        let correction = weights.correction(weight, matrix, of: source)
        let biases = (0..<linear.outputs).map {
            Double(linear.bias[$0]) + correction[$0] - scales[$0] * Double(input.form.zeroPoint * matrix.sum(row: $0))
        }
        let limits = (0..<linear.outputs).map { Double(127 * matrix.magnitude(row: $0)) }
        return Row(
            form: .sums(Columns(scales: scales, biases: biases, limits: limits)), register: out,
            pass: program.current)
    }

    /// What a layer's matrix is rounded for: the point that it reads, and those of the layers that share its weights.
    private func source(_ linear: Linear, of x: Value, _ channels: [Double]) -> WeightQuantizer.Input {
        WeightQuantizer.Input(
            point: graph[x].name, factors: channels, all: linear.sharedName.flatMap { sharedInputs[$0] } ?? [])
    }

    /// Whether a value is rows of tables, or what is attended in them.
    private func isAttendedInTables(_ value: Value) -> Bool {
        if case .attend(let attention) = graph[value].operation { return isWideTableNorm(attention.keys) }
        return isWideTableNorm(value)
    }

    /// Whether a value can have more than 8 bits.
    private func canBeShort(_ value: Value) -> Bool {
        switch graph[value].operation {
        case .slice(_, let x): canBeShort(x)
        default: graph[value].width <= DeviceLimits.width
        }
    }

    /// Rows of more than 8 bits times int8 weights, as a 32-bit row.
    private mutating func wideLinear(_ linear: Linear, of x: Value, _ source: Row<FactorForm>, _ value: Value)
        throws(EmbqError) -> Row<Form>
    {
        let name = graph[value].name
        if isFine(linear.sharedName ?? name, bytes: linear.weight.count) {
            return try fineLinear(linear, of: x, source, value)
        }
        let (matrix, bias) = try wideMatrix(linear, of: x, source, value)
        let reals = matrix.scales.map { $0 * source.form.row.scale }
        // The scan reads 16 bits.
        let fitsScan = isReadByScan(value)
        let bounds = (0..<linear.outputs).map {
            reals[$0] * source.form.limit * Double(matrix.magnitude(row: $0)) + abs(bias[$0])
        }
        let scale = fitsScan ? try sixteenBits(name) : Self.rowScale(bounds.max() ?? 0)
        let out = program.register(.int32, linear.outputs)
        let biases = try steps(bias.map { $0 / scale }, name)
        try emit(
            .wideLinear,
            [.takes(source.register), .gives(out)]
                + (try wideWords(
                    matrix, name, reals.map { $0 / scale }, biases, first: 0, weightName: linear.sharedName ?? name)),
            for: name)
        return Row(
            form: .wide(WideForm(scale: scale, fitsScan: fitsScan)), register: out, pass: program.current)
    }

    /// Weights of 16 bits: a matrix of 8 bits, and one of what it has rounded away.
    private mutating func fineLinear(_ linear: Linear, of x: Value, _ source: Row<FactorForm>, _ value: Value)
        throws(EmbqError) -> Row<Form>
    {
        let (name, form) = (graph[value].name, source.form.row)
        guard program[source.register].element != .int32 || linear.inputs <= 1024 else { throw tooLarge(name) }
        let weight = linear.weight(times: form.channels)
        let coarse = QuantizedMatrix(weight, outputs: linear.outputs, inputs: linear.inputs)
        var rows: [Row<WideForm>] = []
        for (part, matrix) in [("", coarse), (".rest", coarse.rest(of: weight))] {
            let biases = (0..<linear.outputs).map { row in
                (part.isEmpty ? Double(linear.bias[row]) : 0)
                    - form.scale * matrix.scales[row] * Double(form.zeroPoint * matrix.sum(row: row))
            }
            let reals = matrix.scales.map { $0 * form.scale }
            let bound = (0..<linear.outputs).reduce(0) {
                max($0, reals[$1] * source.form.limit * Double(matrix.magnitude(row: $1)) + abs(biases[$1]))
            }
            let scale = Self.rowScale(bound)
            let out = program.register(.int32, linear.outputs)
            let words = try wideWords(
                matrix, name + part, reals.map { $0 / scale }, steps(biases.map { $0 / scale }, name), first: 0,
                weightName: (linear.sharedName ?? name) + part)
            try emit(.wideLinear, [.takes(source.register), .gives(out)] + words, for: name)
            rows.append(Row(form: WideForm(scale: scale), register: out, pass: program.current))
        }
        let fitsScan = isReadByScan(value)
        var row = try sum(rows[0], rows[1], name + ".fine", scale: fitsScan ? sixteenBits(name) : nil)
        row.form.fitsScan = fitsScan
        return row.described(.wide(row.form))
    }

    /// A layer's matrix of 8 bits for rows that may have more, and its corrected biases, which take over the zero point.
    mutating func wideMatrix(_ linear: Linear, of x: Value, _ row: Row<FactorForm>, _ value: Value) throws(EmbqError)
        -> (QuantizedMatrix, biases: [Double])
    {
        let name = graph[value].name
        guard program[row.register].element != .int32 || linear.inputs <= 1024 else { throw tooLarge(name) }
        let (form, source) = (row.form.row, self.source(linear, of: x, row.form.row.channels))
        let weight = linear.weight(times: form.channels)
        let matrix = weights.matrix(
            linear.sharedName ?? name, weight, outputs: linear.outputs, inputs: linear.inputs,
            floor: [Double](repeating: 0, count: linear.outputs), of: source, bits: 8,
            searchesSteps: graph.outputs.contains(value) && linear.outputs <= Self.searchedOutputs)
        let correction = weights.correction(weight, matrix, of: source)
        let biases = (0..<linear.outputs).map {
            Double(linear.bias[$0]) + correction[$0]
                - form.scale * matrix.scales[$0] * Double(form.zeroPoint * matrix.sum(row: $0))
        }
        return (matrix, biases)
    }

    /// A head of more outputs, as that of masked words, has too many rows for a search.
    private static let searchedOutputs = 256

    /// Bits of a matrix's weights.
    mutating func width(_ name: String, outputs: Int, inputs: Int) -> Int {
        mayChoose(WidthChoice(name: name, outputs: outputs, inputs: inputs, isTable: false))
        return widths.bits[name] ?? 8
    }

    /// Notes that a tensor's weights may have fewer bits.
    mutating func mayChoose(_ choice: WidthChoice) {
        if !choices.contains(where: { $0.name == choice.name }) { choices.append(choice) }
    }

    /// Puts a matrix into the artifact: its place, and with fewer than 8 bits how many they are.
    mutating func place(_ matrix: QuantizedMatrix, _ name: String) -> [DeviceProgram.Field] {
        let shape = [matrix.outputs, matrix.inputs]
        guard let packed = matrix.packed else { return [.word(parameters.add(name, matrix.values, shape: shape))] }
        return [.word(parameters.add(name, packed, shape: shape)), .word(UInt32(packed.bits))]
    }

    /// The fields of a WIDE_LINEAR behind its registers.
    mutating func wideWords(
        _ matrix: QuantizedMatrix, _ name: String, _ reals: [Double], _ biases: [Int32], first: Int,
        weightName: String? = nil
    ) throws(EmbqError) -> [DeviceProgram.Field] {
        let (multipliers, shift) = try factors(reals, bits: 18, shifts: 1...62, name)
        return [
            .word(UInt32(matrix.outputs)), .word(UInt32(first)),
            .word(
                parameters.add(
                    (weightName ?? name) + ".weight", matrix.values, shape: [matrix.outputs, matrix.inputs])),
            .word(parameters.add(name + ".bias", biases, shape: [biases.count])),
            .word(tables.add(name + ".multiplier", multipliers, shape: [multipliers.count])), .word(shift),
        ]
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

    /// Whether a value is a scan's input, which has 16 bits for it anyway.
    private func isScanned(_ value: Value) -> Bool {
        graph.readers(of: value).contains { reader in
            if case .scan(let scan) = graph[reader].operation { scan.input == value } else { false }
        }
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

    mutating func convolve(_ convolution: Convolution, _ x: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Row<
        Form
    > {
        let rows = try window(x, kernel: convolution.kernel)
        let (channels, kernel) = (convolution.channels, convolution.kernel)
        let bits = tapBits(convolution, rows.store, node.name)
        let matrix = weights.taps(
            node.name, convolution, floor: floors(convolution.bias.map(Double.init), inputScale: rows.form.scale),
            bits: bits)
        let taps = (0..<kernel * channels).map { matrix.values[$0 % channels * kernel + $0 / channels] }
        let out = program.register(.int32, channels)
        let (name, shape) = (node.name + ".weight", [kernel, channels])
        let place =
            bits < 8
            ? parameters.add(name, PackedWeights(taps, inputs: channels, bits: bits), shape: shape)
            : parameters.add(name, taps, shape: shape)
        var fields: [DeviceProgram.Field] = [.store(rows.store), .gives(out), .word(UInt32(kernel)), .word(place)]
        let isPacked = rows.bits < 8 || bits < 8
        if isPacked {
            let half = DeviceLimits.windowRows / 2
            fields += [
                .word(UInt32(rows.bits)), .scratch(.init(element: .int32, width: channels)),
                rows.bits < 8 ? .scratch(.init(element: .int8, width: half * graph[x].width)) : .none,
                .word(UInt32(bits)), bits < 8 ? .scratch(.init(element: .int8, width: (half + 1) * channels)) : .none,
            ]
        }
        try emit(isPacked ? .packedConvolve : .convolve, fields, for: node.name)
        let correction = weights.correction(node.name, convolution, matrix, bits: bits)
        let columns = Columns(
            scales: matrix.scales.map { $0 * rows.form.scale },
            biases: zip(convolution.bias, correction).map { Double($0) + $1 },
            limits: (0..<channels).map { Double(127 * matrix.magnitude(row: $0)) })
        return Row(form: .sums(columns), register: out, pass: program.current)
    }

    /// Bits of a convolution's weights. Few need all rows in memory, and a register for unpacked taps.
    private mutating func tapBits(_ convolution: Convolution, _ rows: DeviceProgram.Store, _ name: String) -> Int {
        let room = (DeviceLimits.windowRows / 2 + 1) * convolution.channels
        guard convolution.kernel > 1, program.stores[rows.index].span == 0, room <= DeviceLimits.inner else { return 8 }
        return width(name + ".weight", outputs: convolution.kernel, inputs: convolution.channels)
    }

    /// The rows that a convolution reads: those of an earlier pass, or a window that this pass fills as it goes.
    private mutating func window(_ x: Value, kernel: Int) throws(EmbqError) -> Kept<SymmetricForm> {
        for rows in kept[x] ?? [] where rows.groups == 1 && rows.pass < program.current {
            if let form = rows.form.symmetric { return rows.described(form) }
        }
        let row = try symmetric(x)
        let shape = program[row.register]
        let store = program.store(.int8, shape.width, span: kernel - 1 + 2)
        try emit(.store, [.takes(row.register), .store(store)], for: graph[x].name)
        return Kept(form: row.form, store: store, groups: 1, pass: row.pass)
    }
}
