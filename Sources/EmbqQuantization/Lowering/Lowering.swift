import EmbqCore
import EmbqModels

/// Turns a graph into the device's program: integers, scales and memory. The numeric scheme is in
/// Schemas/embq-format.md.
///
/// Values are asked for from the outputs backwards. Where attention needs the rows of all positions, they go to memory
/// and a new pass over the sentence begins; a value of an earlier pass that is needed again is loaded.
struct Lowering {
    let graph: ModelGraph
    /// By node, as ``ModelGraph/degrees()``.
    let degrees: [Int]
    /// By the name of weights that several layers share, the points that these read.
    let sharedInputs: [String: [String]]
    /// By node, whether it is made of a pooling's row.
    let pooled: [Bool]
    let config: ModelConfig
    let profile: CalibrationProfile
    let observer: any RangeObserver
    let widths: WeightWidths
    var weights: WeightQuantizer
    /// The tensors that could.
    var choices: [WidthChoice] = []
    /// The points that linear layers read in 8 bits and could read in 16, and attentions.
    var shortChoices: [String] = []
    /// Layers and tables whose weights have 8 bits and could have 16, with their bytes.
    var fineChoices: [(name: String, bytes: Int)] = []
    var program = DeviceProgram()
    var parameters = TensorPool()
    var tables = TensorPool()
    var points: [ActivationQuantizer] = []
    var held: [Value: [Row<Form>]] = [:]
    var kept: [Value: [Kept<StoredForm>]] = [:]
    /// Keys and values of fewer bits than the rows that they are made of.
    var copies: [Value: [Kept<SymmetricForm>]] = [:]
    /// Every row that was ever held.
    var made: [(value: Value, row: Row<Form>)] = []
    /// By the row's index, the pass that makes it.
    var origins: [Int: Int] = [:]
    /// Memory for the scores of an attention, shared by all.
    var scores: DeviceProgram.Store?

    init(
        _ graph: ModelGraph, _ config: ModelConfig, _ profile: CalibrationProfile, _ observer: any RangeObserver,
        _ weights: WeightQuantizer, _ widths: WeightWidths
    ) {
        self.weights = weights
        self.widths = widths
        self.graph = graph
        degrees = graph.degrees()
        sharedInputs = graph.sharedInputs()
        pooled = graph.pooledNodes()
        self.config = config
        self.profile = profile
        self.observer = observer
    }

    /// Lowers the outputs and gives the model.
    ///
    /// - Parameter sharing: memory is used again as soon as it is free.
    /// - Throws: `.unsupported` or `.limitExceeded` with the name of a node that the device cannot compute.
    mutating func run(sharing: Bool = true) throws(EmbqError) -> QuantizedModel {
        try GraphLimits(graph, config).requireComputable()
        var first = 0
        for output in graph.outputs {
            if first > 0 { program.beginPass() }
            try self.output(output, first: first)
            first += graph[output].width
        }
        let encoded = program.encoded(sharing: sharing)
        if sharing { try requireRoom(encoded) }
        func id(_ token: Int) -> UInt32 { UInt32(exactly: token) ?? 0xFFFF_FFFF }
        let head: [UInt32] = [
            taskCode, UInt32(config.vocabularySize), UInt32(config.maximumLength), UInt32(first),
            id(config.special.pad), id(config.special.separator), id(config.special.mask),
        ]
        return QuantizedModel(
            config: config, record: head + encoded.words, weights: parameters, tables: tables, points: points,
            choices: choices, shortCandidates: shortCandidates, rows: observedRows(encoded.origins))
    }

    private var shortCandidates: ShortPointSearch.Candidates {
        func cost(_ name: String) -> Int {
            guard let value = graph.value(name) else { return 0 }
            return graph.readers(of: value).reduce(0) { sum, reader in
                switch graph[reader].operation {
                case .linear(let linear, _): sum + linear.outputs * linear.inputs
                // Of a sentence as long as a row is wide.
                case .attend: sum + 2 * graph[reader].width * graph[reader].width
                default: sum
                }
            }
        }
        func ordered(_ costs: [(name: String, cost: Int)]) -> [String] {
            costs.enumerated().sorted { ($1.element.cost, $0.offset) < ($0.element.cost, $1.offset) }.map(
                \.element.name)
        }
        return ShortPointSearch.Candidates(
            points: ordered(shortChoices.map { ($0, cost($0)) }),
            weights: ordered(fineChoices.map { ($0.name, $0.bytes) }))
    }

    /// Whether a layer's or a table's weights have 16 bits; it is noted that they could.
    mutating func isFine(_ name: String, bytes: Int) -> Bool {
        if !fineChoices.contains(where: { $0.name == name }) { fineChoices.append((name, bytes)) }
        return widths.short.weights.contains(name)
    }

    /// What the logits are, as MODL numbers it.
    private var taskCode: UInt32 {
        switch config.task {
        case .classification: return 1
        case .regression: return 2
        case .embedding: return 3
        case .pretraining: return 4
        case .multiLabel: return 5
        case .tagging: return 6
        }
    }

    // MARK: Values on demand

    /// A value in a register of the current pass, in whatever form it comes: with more than 8 bits where it has them.
    mutating func natural(_ value: Value) throws(EmbqError) -> Row<Form> {
        if let here = here(value, where: { !$0.isNarrow }) { return here }
        if let loaded = try load(value, from: kept[value]?.first { $0.groups == 1 && !$0.form.isNarrow }) {
            return loaded
        }
        if let here = here(value) { return here }
        if let loaded = try load(value, from: kept[value]?.first { $0.groups == 1 }) { return loaded }
        let made = try make(value)
        hold(value, made)
        return made
    }

    /// Values in registers of one pass, whatever passes they begin on their way there.
    mutating func together<Result>(
        _ name: String, _ fetch: (inout Lowering) throws(EmbqError) -> Result
    ) throws(EmbqError) -> Result {
        // Each attempt finds more rows in memory.
        for _ in 0...graph.nodes.count {
            let pass = program.current
            let result = try fetch(&self)
            if program.current == pass { return result }
        }
        throw unreachable(name)
    }

    /// Appends an operation to the current pass.
    ///
    /// - Throws: `.unsupported` where a row that it reads was made in another pass, or where the pass visits positions
    ///   that it cannot be at.
    mutating func emit(_ kind: DeviceProgram.Kind, _ fields: [DeviceProgram.Field], for name: String)
        throws(EmbqError)
    {
        for field in fields {
            switch field {
            case .takes(let row) where origins[row.index] != program.current: throw unreachable(name)
            case .gives(let row): origins[row.index] = program.current
            default: break
            }
        }
        guard program.canAdd(kind, fields) else { throw unreachable(name) }
        program.add(kind, fields)
    }

    /// Ends the pass if it writes any of these rows: they are whole only behind it.
    mutating func wait<Form>(for rows: [Kept<Form>]) {
        if rows.contains(where: { $0.pass == program.current }) { program.beginPass() }
    }

    mutating func hold(_ value: Value, _ row: Row<Form>) {
        held[value, default: []].append(row)
        made.append((value, row))
    }

    func here(_ value: Value, where matches: (Form) -> Bool = { _ in true }) -> Row<Form>? {
        held[value]?.last { $0.pass == program.current && matches($0.form) }
    }

    /// Puts a row of a pass over all positions into memory at that pass's end.
    mutating func keep(_ value: Value, _ row: Row<StoredForm>, groups: Int) throws(EmbqError) -> Kept<StoredForm> {
        if let form = row.form.symmetric, let bits = packedBits(of: value) {
            let packed = try pack(value, row.described(form), bits: bits, groups: groups)
            kept[value, default: []].append(packed.described(.narrow(.symmetric(packed.form))))
            return packed.described(.narrow(.symmetric(packed.form)))
        }
        let shape = program[row.register]
        let store = program.store(shape.element, shape.width, groups: groups)
        guard program.passes[row.pass].positions == .all else { throw unreachable(graph[value].name) }
        program.add(.store, [.takes(row.register), .store(store)], pass: row.pass)
        let kept = Kept(form: row.form, store: store, groups: groups, pass: row.pass)
        self.kept[value, default: []].append(kept)
        return kept
    }

    mutating func load(_ value: Value, from kept: Kept<StoredForm>?) throws(EmbqError) -> Row<Form>? {
        guard let kept else { return nil }
        if kept.pass == program.current { program.beginPass() }
        if kept.bits < 8 { return try unpack(value, from: kept) }
        let shape = program.stores[kept.store.index].shape
        let register = program.register(shape.element, shape.width)
        try emit(.load, [.gives(register), .store(kept.store)], for: graph[value].name)
        let loaded = Row(form: kept.form.held, register: register, pass: program.current)
        hold(value, loaded)
        return loaded
    }

    // MARK: One node

    private mutating func make(_ value: Value) throws(EmbqError) -> Row<Form> {
        let node = graph[value]
        switch node.operation {
        case .embed(let embedding): return try embed(embedding, node)
        case .lookUp(let lookup): return try lookUp(lookup, node)
        case .norm(let norm, let x): return try normalize(norm, x, value)
        case .tableNorm(let norm, let x): return try normalize(norm, x, value)
        case .linear(let linear, let x): return try self.linear(linear, of: x, value)
        case .slice(let columns, let x):
            guard case .linear(let linear, let input) = graph[x].operation else { throw cannot(node) }
            return try self.linear(linear.rows(columns), of: input, value)
        case .convolve(let convolution, let x): return try convolve(convolution, x, node)
        case .activate(let activation, let x): return try activate(activation, x, value)
        case .attend(let attention): return try attend(attention, value)
        case .add(let sum): return try add(sum, node)
        case .scan(let scan): return try self.scan(scan, node)
        case .multiply(let a, let b): return try multiply(a, b, node)
        case .remember(let x): return try remember(x, value)
        // A pooling's row is there before anything behind it is asked for.
        case .pool: throw unreachable(node.name)
        case .unit(let x): return try unitRow(x, node)
        case .join(let parts): return try join(parts, node)
        }
    }

    /// Keeps 16-bit rows of all positions; what is behind starts from them in a new pass.
    private mutating func remember(_ x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        let row = try short(x, point: graph[value].name)
        let kept = try keep(value, row.described(.short(row.form)), groups: 1)
        program.beginPass()
        guard let loaded = try load(value, from: kept) else { throw unreachable(graph[value].name) }
        return loaded
    }
}
