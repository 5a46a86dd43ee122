import EmbqCore
import EmbqModels

/// Turns a graph into the device's program: integers, scales and memory. The numeric scheme is in
/// Schemas/embq-format.md.
///
/// Values are asked for from the outputs backwards. Where attention needs the rows of all positions, they go to memory
/// and a new pass over the sentence begins; a value of an earlier pass that is needed again is loaded.
struct Lowering {
    /// How a value lies in a register.
    enum Form {
        /// int8: `(q − zero) · scale`.
        case narrow(ActivationQuantizer)
        /// int16, zero at zero.
        case short(scale: Double)
        /// 32 bits, one scale for all columns.
        case wide(scale: Double)
        /// Sums of products: a scale for each column, and a real bias still to be added.
        case sums(scales: [Double], biases: [Double])
    }

    /// A value in a register of a pass.
    struct Held {
        var form: Form
        var row: DeviceProgram.Register
        var pass: Int
        /// For sums: the largest magnitude of each column.
        var limits: [Double] = []
        /// For int8: factors of the columns' scales, which the readers' weights take over; empty for 1.
        var channels: [Double] = []
    }

    /// A value in memory, a row for each token.
    struct Kept {
        var form: Form
        var store: DeviceProgram.Store
        var groups: Int
        /// The pass that writes it.
        var pass: Int
        /// As of the row in a register.
        var channels: [Double] = []
    }

    let graph: ModelGraph
    let config: ModelConfig
    let profile: CalibrationProfile
    let observer: any RangeObserver
    let widths: WeightWidths
    var weights: WeightQuantizer
    /// The tensors that could.
    var choices: [WidthChoice] = []
    var program = DeviceProgram()
    var parameters = TensorPool()
    var tables = TensorPool()
    var points: [ActivationQuantizer] = []
    var held: [Value: [Held]] = [:]
    var kept: [Value: [Kept]] = [:]
    /// Every row that was ever held.
    var made: [(value: Value, row: Held)] = []
    /// Memory for the scores of an attention, shared by all.
    var scores: DeviceProgram.Store?

    init(
        _ graph: ModelGraph, _ config: ModelConfig, _ profile: CalibrationProfile, _ observer: any RangeObserver,
        _ weights: WeightQuantizer, _ widths: WeightWidths
    ) {
        self.weights = weights
        self.widths = widths
        self.graph = graph
        self.config = config
        self.profile = profile
        self.observer = observer
    }

    /// Lowers the outputs and gives the model.
    ///
    /// - Parameter sharing: memory is used again as soon as it is free.
    mutating func run(sharing: Bool = true) throws(EmbqError) -> QuantizedModel {
        var first = 0
        for output in graph.outputs {
            if first > 0 { program.beginPass() }
            try self.output(output, first: first)
            first += graph[output].width
        }
        let encoded = program.encoded(sharing: sharing)
        func id(_ token: Int) -> UInt32 { UInt32(exactly: token) ?? 0xFFFF_FFFF }
        let head: [UInt32] = [
            taskCode, UInt32(config.vocabularySize), UInt32(config.maximumLength), UInt32(first),
            id(config.special.pad), id(config.special.separator), id(config.special.mask),
        ]
        return QuantizedModel(
            config: config, record: head + encoded.words, weights: parameters, tables: tables, points: points,
            choices: choices, rows: observedRows(encoded.origins))
    }

    /// What the logits are, as MODL numbers it.
    private var taskCode: UInt32 {
        switch config.task {
        case .classification: return 1
        case .regression: return 2
        case .embedding: return 3
        case .pretraining: return 4
        case .multiLabel: return 5
        }
    }

    // MARK: Values on demand

    /// A value in a register of the current pass, in whatever form it comes.
    mutating func natural(_ value: Value) throws(EmbqError) -> Held {
        if let here = here(value, where: { !$0.isNarrow }) { return here }
        if let loaded = load(value, from: kept[value]?.first { $0.groups == 1 && !$0.form.isNarrow }) { return loaded }
        if let here = here(value) { return here }
        if let loaded = load(value, from: kept[value]?.first { $0.groups == 1 }) { return loaded }
        let held = try make(value)
        hold(value, held)
        return held
    }

    /// A value as int8 in a register of the current pass.
    ///
    /// - Parameter symmetric: zero must be at zero.
    mutating func narrow(_ value: Value, symmetric: Bool) throws(EmbqError) -> Held {
        if let here = here(value, where: \.isNarrow) { return here }
        let narrowRows = kept[value]?.first { $0.form.isNarrow && $0.groups == 1 }
        if let loaded = load(value, from: narrowRows) { return loaded }
        // int8 rows of an earlier pass, unless 16-bit rows are kept anyhow.
        if kept[value] == nil, let earlier = held[value]?.last(where: \.form.isNarrow) {
            return load(value, from: keep(value, earlier, groups: 1)) ?? earlier
        }
        let source = try natural(value)
        if case .narrow = source.form { return source }
        let narrowed = try narrowed(value, source)
        hold(value, narrowed)
        return narrowed
    }

    /// A value with one scale for all columns: 32 or 16 bits.
    mutating func uniform(_ value: Value) throws(EmbqError) -> Held {
        let source = try natural(value)
        guard case .sums = source.form else { return source }
        let wide = try combined(
            [(source, Array(repeating: 1, count: graph[value].width))], bias: [], graph[value].name + ".wide")
        hold(value, wide)
        return wide
    }

    /// int8 rows of all positions in memory, in `groups` groups.
    mutating func spread(_ value: Value, groups: Int) throws(EmbqError) -> Kept {
        if let kept = kept[value]?.first(where: { $0.groups == groups && $0.form.isNarrow }) { return kept }
        if let earlier = held[value]?.last(where: \.form.isNarrow),
            kept[value] == nil || earlier.pass == program.current
        {
            return keep(value, earlier, groups: groups)
        }
        return keep(value, try narrow(value, symmetric: true), groups: groups)
    }

    /// Ends the pass if it writes any of these rows: they are whole only behind it.
    mutating func wait(for rows: [Kept]) {
        if rows.contains(where: { $0.pass == program.current }) { program.beginPass() }
    }

    mutating func hold(_ value: Value, _ row: Held) {
        held[value, default: []].append(row)
        made.append((value, row))
    }

    private func here(_ value: Value, where matches: (Form) -> Bool = { _ in true }) -> Held? {
        held[value]?.last { $0.pass == program.current && matches($0.form) }
    }

    /// Puts a row of a pass into memory at that pass's end.
    mutating func keep(_ value: Value, _ row: Held, groups: Int) -> Kept {
        let shape = program[row.row]
        let store = program.store(shape.element, shape.width, groups: groups)
        program.add(.store, [.takes(row.row), .store(store)], pass: row.pass)
        let kept = Kept(form: row.form, store: store, groups: groups, pass: row.pass, channels: row.channels)
        self.kept[value, default: []].append(kept)
        return kept
    }

    private mutating func load(_ value: Value, from kept: Kept?) -> Held? {
        guard let kept else { return nil }
        if kept.pass == program.current { program.beginPass() }
        let shape = program.stores[kept.store.index].shape
        let row = program.register(shape.element, shape.width)
        program.add(.load, [.gives(row), .store(kept.store)])
        let loaded = Held(form: kept.form, row: row, pass: program.current, channels: kept.channels)
        hold(value, loaded)
        return loaded
    }

    // MARK: One node

    private mutating func make(_ value: Value) throws(EmbqError) -> Held {
        let node = graph[value]
        switch node.operation {
        case .embed(let embedding): return try embed(embedding, node)
        case .norm(let norm, let x): return try normalize(norm, x, value)
        case .linear(let linear, let x): return try self.linear(linear, of: x, value)
        case .slice(let columns, let x):
            guard case .linear(let linear, let input) = graph[x].operation else { throw cannot(node) }
            return try self.linear(linear.rows(columns), of: input, value)
        case .convolve(let convolution, let x): return try convolve(convolution, x, node)
        case .activate(let activation, let x): return try activate(activation, x, value)
        case .attend(let attention): return try attend(attention, node)
        case .add(let sum): return try add(sum, node)
        case .scan(let scan): return try self.scan(scan, node)
        case .multiply(let a, let b): return try multiply(a, b, node)
        case .remember(let x): return try remember(x, value)
        case .pool(let kind, let x): return try pool(kind, x, node)
        case .unit(let x): return try unitRow(x, node)
        case .join(let parts): return try join(parts, node)
        }
    }

    /// Keeps 16-bit rows of all positions; what is behind starts from them in a new pass.
    private mutating func remember(_ x: Value, _ value: Value) throws(EmbqError) -> Held {
        let row = try short(x, point: graph[value].name)
        let kept = keep(value, row, groups: 1)
        program.beginPass()
        guard let loaded = load(value, from: kept) else { throw cannot(graph[value]) }
        return loaded
    }

    /// A value as int16 in the current pass.
    mutating func short(_ value: Value, point: String) throws(EmbqError) -> Held {
        let source = try uniform(value)
        guard case .wide(let scale) = source.form else { return source }
        // Half as much again as was seen: what passes the ends is clipped.
        let range = MinMaxObserver().range(try self.point(point).histogram, levels: 65_535, symmetric: true)
        let step = max(range.upperBound * 1.5 / 32_767, scale)
        let row = program.register(.int16, program[source.row].width)
        program.add(
            .rescale,
            [.takes(source.row), .gives(row)] + (try factor(scale / step, shifts: 1...62, graph[value].name)))
        return Held(form: .short(scale: step), row: row, pass: program.current)
    }

    private mutating func narrowed(_ value: Value, _ source: Held) throws(EmbqError) -> Held {
        let name = graph[value].name
        var quantizer = ActivationQuantizer.symmetric(try point(name), self.observer(for: value))
        let row = program.register(.int8, program[source.row].width)
        switch source.form {
        case .narrow: return source
        case .short(let scale), .wide(let scale):
            if let balanced = try balanced(value, source, plain: quantizer.scale) { return balanced }
            program.add(
                .rescale,
                [.takes(source.row), .gives(row)] + (try factor(scale / quantizer.scale, shifts: 1...62, name)))
        case .sums(let scales, let biases):
            // Finer steps than the accumulator's own would hold nothing more, and the runtime wants factors below 1.
            quantizer.scale = max(quantizer.scale, (scales.max() ?? 0) * 1.001)
            let (multipliers, shift) = try factors(scales.map { $0 / quantizer.scale }, shifts: 31...62, name)
            program.add(
                .requantize,
                [
                    .takes(source.row), .gives(row),
                    .word(parameters.add(name + ".bias", steps(biases, scales), shape: [biases.count])),
                    .word(tables.add(name + ".multiplier", multipliers, shape: [multipliers.count])), .word(shift),
                ])
        }
        note(quantizer)
        return Held(form: .narrow(quantizer), row: row, pass: program.current)
    }

    /// What a convolution reads unnormed has rare large values that its taps spread over many positions: all are kept.
    private func observer(for value: Value) -> any RangeObserver {
        let isConvolved = graph.readers(of: value).contains { reader in
            if case .convolve = graph[reader].operation { true } else { false }
        }
        return isConvolved ? MinMaxObserver() : observer
    }

    func cannot(_ node: ModelGraph.Node) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(node.name)'", "the device has no operation for what stands there",
            advice: "This is a fault of the family's description; please report it.")
    }
}

extension Lowering.Form {
    var isNarrow: Bool { if case .narrow = self { true } else { false } }
}
