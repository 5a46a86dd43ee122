import EmbqCore
import EmbqModels

// Functions of one number, by tables, and the gated scan.

extension Lowering {
    /// Bits of the index of a table that gives int8. The table is finer than int8, and finer still where it stays below a
    /// 64th of the weights behind it.
    private func tableBits(_ value: Value) -> Int { (9...12).last { 64 << $0 <= weightsBehind(value) } ?? 9 }

    /// The weights of the linear layers that read a value.
    private func weightsBehind(_ value: Value) -> Int {
        graph.readers(of: value).reduce(0) { total, reader in
            if case .linear(let linear, _) = graph[reader].operation { total + linear.weight.count } else { total }
        }
    }

    /// Bits of the index of a table with interpolation, likewise with four bytes an entry.
    private func curveBits(_ value: Value) -> Int { (8...12).last { 256 << $0 <= weightsBehind(value) } ?? 8 }
    /// Bits of the index and of the fraction between a table's entries.
    private static let curveIndexBits = 16

    mutating func activate(_ activation: Activation, _ x: Value, _ value: Value) throws(EmbqError) -> Held {
        if isPrecise(value) { return try curve(activation, x, value) }
        let name = graph[value].name
        let hidden = ActivationQuantizer.affine(try point(name), observer, integers: -127...127)
        if try needsSixteenBits(value, hidden) { return try curve(activation, x, value) }
        let (source, scales, biases) = try sums(x)
        // The index covers every value seen.
        let bits = tableBits(value)
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
        program.add(
            .activate,
            [
                .takes(source.row), .gives(out),
                .word(parameters.add(input + ".bias", steps(biases, scales), shape: [biases.count])),
                .word(tables.add(input + ".multiplier", multipliers, shape: [multipliers.count])), .word(shift),
                .word(tables.add(name + ".table", table, shape: [table.count])), .word(UInt32(bits)),
                .word(UInt32(index.zeroPoint)),
            ])
        return Held(form: .narrow(hidden), row: out, pass: program.current)
    }

    /// Whether int8 would drown an activation's values, which linear layers read: most are small, a few are large.
    private func needsSixteenBits(_ value: Value, _ quantizer: ActivationQuantizer) throws(EmbqError) -> Bool {
        let isReadByLinears = graph.readers(of: value).allSatisfy {
            if case .linear = graph[$0].operation { true } else { false }
        }
        guard weights.methods.contains(.wideActivations), isReadByLinears else { return false }
        let seen = try point(graph[value].name).histogram
        let noise = quantizer.scale * quantizer.scale / 12 + seen.meanSquare(outside: quantizer.range)
        return seen.meanSquare(outside: 0...0) < noise * Self.drowningRatio
    }

    /// 26 dB.
    private static let drowningRatio = 400.0

    /// A value as a 32-bit row with its scale and bias by column.
    private mutating func sums(_ x: Value) throws(EmbqError) -> (Held, scales: [Double], biases: [Double]) {
        let source = try natural(x)
        let width = graph[x].width
        switch source.form {
        case .sums(let scales, let biases): return (source, scales, biases)
        case .wide(let scale):
            return (source, Array(repeating: scale, count: width), Array(repeating: 0, count: width))
        case .narrow, .short: throw cannot(graph[x])
        }
    }

    /// A table with interpolation: 16 bits, or 32 where the scan takes the value for its step.
    private mutating func curve(_ activation: Activation, _ x: Value, _ value: Value) throws(EmbqError) -> Held {
        let name = graph[value].name
        let (source, scales, biases) = try sums(x)
        let seen = MinMaxObserver().range(try point(graph[x].name).histogram, levels: 65_536, symmetric: false)
        let margin = max((seen.upperBound - seen.lowerBound) / 4, 1e-6)
        let (bits, fraction) = (curveBits(value), Self.curveIndexBits - curveBits(value))
        let last = Double(1 << Self.curveIndexBits)
        let low = min(seen.lowerBound - margin, 0)
        let high = max(seen.upperBound + margin, 0)
        let step = (high - low) / last
        let zero = (-low / step).rounded()
        let entries = (0...1 << bits).map {
            activation((Double($0 << fraction) - zero) * step)
        }
        let isStep = graph.readers(of: value).contains {
            if case .scan(let scan) = graph[$0].operation { scan.step == value } else { false }
        }
        let largest = entries.reduce(1e-9) { max($0, abs($1)) }
        let scale = largest / (isStep ? Double(1 << 25) : 32_767)
        let table = entries.map { Int32(($0 / scale).rounded()) }
        let (multipliers, shift) = try factors(scales.map { $0 / step }, shifts: 1...62, name)
        let out = program.register(isStep ? .int32 : .int16, graph[value].width)
        let input = graph[x].name
        program.add(
            .curve,
            [
                .takes(source.row), .gives(out),
                .word(parameters.add(input + ".curve.bias", steps(biases, scales), shape: [biases.count])),
                .word(tables.add(input + ".curve.multiplier", multipliers, shape: [multipliers.count])), .word(shift),
                .word(UInt32(min(zero, last - 1))), .word(tables.add(name + ".table", table, shape: [table.count])),
                .word(UInt32(bits)), .word(UInt32(fraction)),
            ])
        return Held(form: isStep ? .wide(scale: scale) : .short(scale: scale), row: out, pass: program.current)
    }

    // MARK: Scan

    mutating func scan(_ scan: Scan, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        let (width, states) = (node.width, scan.states)
        let input = try natural(scan.input)
        let step = try natural(scan.step)
        let write = try natural(scan.write)
        let read = try natural(scan.read)
        guard case .short(let inputScale) = input.form, case .wide(let stepScale) = step.form,
            case .wide(let writeScale) = write.form, case .wide(let readScale) = read.form
        else { throw cannot(node) }
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
            .takes(input.row), .takes(step.row), .takes(write.row), .takes(read.row), .gives(out),
            .store(program.store(.int32, width * states, span: 1)),
            .word(parameters.add(node.name + ".rate", rates, shape: [width, states])), .word(rateShift),
            .word(UInt32(inputShift)),
        ]
        fields += try factor(driveScale * writeScale / stateScale, bits: 20, shifts: 1...62, node.name + ".write")
        fields += try factor(stateScale * readScale * 4096 / scale, bits: 20, shifts: 1...62, node.name + ".read")
        fields += [.word(parameters.add(node.name + ".skip", skip, shape: [width])), .word(skipShift)]
        program.add(.scan, fields)
        return Held(form: .wide(scale: scale), row: out, pass: program.current)
    }

    /// A product of two values, as int16.
    mutating func multiply(_ a: Value, _ b: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        var (first, second) = (try uniform(a), try uniform(b))
        if case .short = first.form { swap(&first, &second) }
        guard case .wide(let wideScale) = first.form, case .short(let shortScale) = second.form else {
            throw cannot(node)
        }
        // Products of two values have long tails, which int8 would cut.
        let scale = try sixteenBits(node.name)
        let out = program.register(.int16, node.width)
        program.add(
            .gate,
            [.takes(first.row), .takes(second.row), .gives(out)]
                + (try factor(wideScale * shortScale / scale, bits: 20, shifts: 1...62, node.name)))
        return Held(form: .short(scale: scale), row: out, pass: program.current)
    }
}
