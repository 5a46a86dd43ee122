import EmbqCore
import EmbqModels

// Functions of one number, by tables, and the gated scan.

extension Lowering {
    /// Bits of the index of a table that gives int8. The table is finer than int8, and finer still where it stays below a
    /// 64th of the weights behind it.
    private func tableBits(_ value: Value) -> Int { (9...12).last { 64 << $0 <= weightsBehind(value) } ?? 9 }

    /// Symmetric results are coarser than affine ones: the index must not add to that.
    private static let symmetricTableBits = 10

    /// The weights of the linear layers that read a value.
    private func weightsBehind(_ value: Value) -> Int {
        rowReaders(of: value).reduce(0) { total, reader in
            if case .linear(let linear, _) = graph[reader].operation { total + linear.weight.count } else { total }
        }
    }

    /// Bits of the index of a table with interpolation, likewise with four bytes an entry.
    private func curveBits(_ value: Value) -> Int {
        (8...Self.mostCurveBits).last { 256 << $0 <= weightsBehind(value) } ?? 8
    }
    private static let mostCurveBits = 12
    /// dB of a table with interpolation that is fine enough.
    private static let curveSNR = 45.0

    mutating func activate(_ activation: Activation, _ x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        guard !isPrecise(value), !widths.short.points.contains(graph[value].name),
            let result = try result(of: activation, value),
            try !needsSixteenBits(value, result.quantizer)
        else { return try curve(activation, x, value) }
        let (name, hidden) = (graph[value].name, result.quantizer)
        let source = try sums(x)
        let scales = source.form.columns.scales
        // The index covers every value seen.
        let bits = result.form.symmetric == nil ? tableBits(value) : max(tableBits(value), Self.symmetricTableBits)
        var index = ActivationQuantizer.affine(
            try point(graph[x].name), MinMaxObserver(), integers: 0...(1 << bits) - 1)
        if activation == .relu {
            index = ActivationQuantizer(
                name: index.name, scale: max(index.range.upperBound, 1e-9) / Double(index.integers.upperBound),
                zeroPoint: 0, integers: index.integers)
        }
        index.scale = max(index.scale, (scales.max() ?? 0) * 1.001)
        note(index)
        note(hidden)
        let table = index.integers.map { Int8(hidden.quantize(activation(index.dequantize($0)))) }
        let (multipliers, shift) = try factors(scales.map { $0 / index.scale }, shifts: 31...62, name)
        let out = program.register(.int8, graph[value].width)
        let input = graph[x].name
        let (multiplier, bias) = (stored(multipliers), stored(try steps(source.form.columns, name)))
        try emit(
            .activate,
            [
                .takes(source.register), .gives(out), .word(parameters.add(input + ".bias", bias)),
                .word(tables.add(input + ".multiplier", multiplier)),
                .word(StoredVector.word(shift, multiplier, bias: bias)),
                .word(tables.add(name + ".table", table, shape: [table.count])), .word(UInt32(bits)),
                .word(UInt32(index.zeroPoint)),
            ], for: name)
        return Row(form: result.form, register: out, pass: program.current)
    }

    /// How an activation's int8 results are quantized, or nil where a reader needs more: affine where only linear layers
    /// read them, symmetric where attention or a convolution does.
    private func result(of activation: Activation, _ value: Value) throws(EmbqError)
        -> (quantizer: ActivationQuantizer, form: Form)?
    {
        let (name, readers) = (graph[value].name, rowReaders(of: value).map { graph[$0].operation })
        let isReadByLinears = readers.allSatisfy { if case .linear = $0 { true } else { false } }
        if isReadByLinears {
            let quantizer = ActivationQuantizer.affine(
                try readPoint(value), observer, integers: -127...127)
            let form = AffineForm(scale: quantizer.scale, zeroPoint: quantizer.zeroPoint)
            return (quantizer, .narrow(.affine(form)))
        }
        let isReadAsBytes = readers.allSatisfy { reader in
            switch reader {
            case .linear, .convolve, .attend: true
            default: false
            }
        }
        // By its table's entry for 0 the runtime tells that the rows are symmetric.
        guard isReadAsBytes, activation(0) == 0 else { return nil }
        let quantizer = ActivationQuantizer.symmetric(try point(name), observer(for: value))
        return (quantizer, .symmetric(scale: quantizer.scale))
    }

    /// What reads a value's rows. A pooling takes rows of 16 bits, but for those behind one tap of a convolution: they
    /// reach no further than the rows that it multiplies, so its readers count instead.
    private func rowReaders(of value: Value) -> [Value] {
        let readers = graph.readers(of: value)
        guard case .activate(_, let x) = graph[value].operation,
            case .convolve(let convolution, _) = graph[x].operation, convolution.kernel == 1
        else { return readers }
        return readers.flatMap { reader in
            if case .pool(.first, _) = graph[reader].operation { graph.readers(of: reader) } else { [reader] }
        }
    }

    /// Whether int8 would drown an activation's values, which linear layers read: most are small, a few are large.
    private func needsSixteenBits(_ value: Value, _ quantizer: ActivationQuantizer) throws(EmbqError) -> Bool {
        let isReadByLinears = rowReaders(of: value).allSatisfy {
            if case .linear = graph[$0].operation { true } else { false }
        }
        guard weights.methods.contains(.wideActivations), isReadByLinears else { return false }
        let seen = try readPoint(value).histogram
        let noise = quantizer.scale * quantizer.scale / 12 + seen.meanSquare(outside: quantizer.range)
        return seen.meanSquare(outside: 0...0) < noise * Self.drowningRatio
    }

    /// 26 dB.
    private static let drowningRatio = 400.0

    /// A table with interpolation: 16 bits, or 32 where the scan takes the value for its step.
    private mutating func curve(_ activation: Activation, _ x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        let name = graph[value].name
        let source = try sums(x)
        let histogram = try point(graph[x].name).histogram
        let seen = MinMaxObserver().range(histogram, levels: 65_536, symmetric: false)
        var shape = Curve(activation, seen, bits: curveBits(value))
        // A coarse table passes by a bend that most values lie at, where a few are far away.
        while shape.bits < Self.mostCurveBits, shape.signalToNoise(histogram) < Self.curveSNR {
            shape = Curve(activation, seen, bits: shape.bits + 1)
        }
        let snr = shape.signalToNoise(histogram)
        guard snr >= Self.leastSNR else { throw tooRough(name, "its inputs reach too far for a table", snr) }
        let (entries, step) = (shape.entries, shape.step)
        let isStep = graph.readers(of: value).contains {
            if case .scan(let scan) = graph[$0].operation { scan.step == value } else { false }
        }
        let largest = entries.reduce(1e-9) { max($0, abs($1)) }
        let scale = largest / (isStep ? Double(1 << 25) : 32_767)
        let table = entries.map { Int32(($0 / scale).rounded()) }
        let (multipliers, shift) = try factors(source.form.columns.scales.map { $0 / step }, shifts: 1...62, name)
        let out = program.register(isStep ? .int32 : .int16, graph[value].width)
        let input = graph[x].name
        let biases = try steps(source.form.columns, name)
        try emit(
            .curve,
            [
                .takes(source.register), .gives(out),
                .word(parameters.add(input + ".curve.bias", biases, shape: [biases.count])),
                .word(tables.add(input + ".curve.multiplier", multipliers, shape: [multipliers.count])), .word(shift),
                .word(UInt32(min(shape.zero, shape.last - 1))),
                .word(tables.add(name + ".table", table, shape: [table.count])),
                .word(UInt32(shape.bits)), .word(UInt32(shape.fraction)),
            ], for: name)
        return Row(
            form: isStep ? .wide(scale: scale) : .short(scale: scale), register: out, pass: program.current)
    }

    // MARK: Scan

    mutating func scan(_ scan: Scan, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let (width, states) = (node.width, scan.states)
        try prepare([scan.input, scan.step, scan.write, scan.read])
        let (input, step, write, read) = try together(node.name) { lowering throws(EmbqError) in
            let input = try lowering.short(scan.input, point: lowering.graph[scan.input].name)
            return (
                input, try lowering.wide(scan.step), try lowering.scanned(scan.write), try lowering.scanned(scan.read)
            )
        }
        let (inputScale, stepScale) = (input.form.scale, step.form.scale)
        let (writeScale, readScale) = (write.form.scale, read.form.scale)
        let log2e = 1.4426950408889634
        let (rates, rateShift) = try factors(
            scan.rate.map { Double($0) * stepScale * log2e * 0x1p24 }, shifts: 1...62, node.name + ".rate")
        // A step of up to 26 bits times an input of 15, in 26 bits.
        let inputShift = 15
        let driveScale = stepScale * inputScale * 0x1p15
        // Room for states four times as large as any seen, and for rows likewise.
        let stateRange = MinMaxObserver().range(
            try point(node.name + ".state").histogram, levels: 65_536, symmetric: true)
        let stateScale = max(stateRange.upperBound * 4, 1e-9) / 0x1p30
        let seen = MinMaxObserver().range(try point(node.name).histogram, levels: 65_536, symmetric: true)
        let scale = max(seen.upperBound * 4, 1e-9) / Self.rowLimit
        let (skip, skipShift) = try signedFactors(
            scan.skip.map { Double($0) * inputScale / scale }, node.name + ".skip")
        let out = program.register(.int32, width)
        var fields: [DeviceProgram.Field] = [
            .takes(input.register), .takes(step.register), .takes(write.register), .takes(read.register),
            .gives(out),
            .store(program.store(.int32, width * states, span: 1)),
            .word(parameters.add(node.name + ".rate", rates, shape: [width, states])), .word(rateShift),
            .word(UInt32(inputShift)),
        ]
        fields += try factor(driveScale * writeScale / stateScale, bits: 20, shifts: 1...62, node.name + ".write")
        fields += try factor(stateScale * readScale * 4096 / scale, bits: 20, shifts: 1...62, node.name + ".read")
        fields += [.word(parameters.add(node.name + ".skip", skip, shape: [width])), .word(skipShift)]
        try emit(.scan, fields, for: node.name)
        return Row(form: .wide(scale: scale), register: out, pass: program.current)
    }

    /// A product of two values, as int16.
    mutating func multiply(_ a: Value, _ b: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        try prepare([a, b])
        let (wide, short) = try together(node.name) { lowering throws(EmbqError) in
            // One of both has 32 bits, the other 16.
            if case .short = try lowering.uniform(a).form {
                return (try lowering.wide(b), try lowering.short(a, point: lowering.graph[a].name))
            }
            return (try lowering.wide(a), try lowering.short(b, point: lowering.graph[b].name))
        }
        // Products of two values have long tails, which int8 would cut.
        let scale = try sixteenBits(node.name)
        let out = program.register(.int16, node.width)
        try emit(
            .gate,
            [.takes(wide.register), .takes(short.register), .gives(out)]
                + (try factor(wide.form.scale * short.form.scale / scale, bits: 20, shifts: 1...62, node.name)),
            for: node.name)
        return Row(form: .short(scale: scale), register: out, pass: program.current)
    }
}

/// A function as a table with interpolation, over a quarter more than the values seen.
private struct Curve {
    let bits: Int
    /// Real value of one step of the index.
    let step: Double
    /// The index that stands for 0; may be one behind the last.
    let zero: Double
    /// One more than 2^bits.
    let entries: [Double]
    private let activation: Activation

    /// Bits of the index and of the fraction between a table's entries.
    private static let indexBits = 16
    var fraction: Int { Self.indexBits - bits }
    var last: Double { Double(1 << Self.indexBits) }

    init(_ activation: Activation, _ seen: ClosedRange<Double>, bits: Int) {
        let margin = max((seen.upperBound - seen.lowerBound) / 4, 1e-6)
        let low = min(seen.lowerBound - margin, 0)
        let high = max(seen.upperBound + margin, 0)
        let (step, fraction) = ((high - low) / Double(1 << Self.indexBits), Self.indexBits - bits)
        // ReLU's bend is at an entry: what should be 0 must not be a little more, which a norm would make large.
        let grain = activation == .relu ? Double(1 << fraction) : 1
        let zero = (-low / (step * grain)).rounded(grain == 1 ? .toNearestOrAwayFromZero : .up) * grain
        entries = (0...1 << bits).map { activation((Double($0 << fraction) - zero) * step) }
        (self.activation, self.bits, self.step, self.zero) = (activation, bits, step, zero)
    }

    /// The function's power over that of the error between the entries, in dB, over the values seen.
    func signalToNoise(_ seen: ActivationHistogram) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for index in seen.counts.indices where seen.counts[index] > 0 {
            let (x, count) = (seen.center(index), Double(seen.counts[index]))
            let place = min(max(x / step + zero, 0), last - 1) / Double(1 << fraction)
            let (entry, part) = (Int(place), place - place.rounded(.down))
            let error = entries[entry] + (entries[entry + 1] - entries[entry]) * part - activation(x)
            signal += activation(x) * activation(x) * count
            noise += error * error * count
        }
        return noise > 0 ? 10 * Elementary.log10(signal / noise) : .infinity
    }
}
