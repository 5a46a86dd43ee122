import EmbqCore
import EmbqModels

// From the body's rows to logits.

extension Lowering {
    /// Lowers one of the graph's outputs.
    ///
    /// - Parameter first: index of its first logit.
    mutating func output(_ value: Value, first: Int) throws(EmbqError) {
        try gather(poolings(behind: value))
        let node = graph[value]
        switch node.operation {
        case .linear(let linear, let x) where config.task == .tagging: try tags(linear, of: x, value)
        case .linear(let linear, let x) where !isFine(node.name, bytes: linear.weight.count):
            try logits(linear, of: x, value, first: first)
        case .unit(let x) where graph.outputs.count == 1:
            let row = try wide(x)
            try emit(.unit, [.takes(row.register)], for: node.name)
        case .slice(let columns, let x) where columns.lowerBound == 0:
            try put(x, outputs: columns.count, first: first)
        default: try put(value, outputs: node.width, first: first)
        }
    }

    private mutating func logits(_ linear: Linear, of x: Value, _ value: Value, first: Int) throws(EmbqError) {
        let node = graph[value]
        let source = try multiplicand(x)
        let words = try logitWords(linear, of: x, source, value, limit: Self.biasLimit, first: first)
        try emit(.wideLinear, [.takes(source.register), .none] + words, for: node.name)
    }

    /// Logits of every token: a row of 32 bits, of which the largest number is the token's label.
    private mutating func tags(_ linear: Linear, of x: Value, _ value: Value) throws(EmbqError) {
        let node = graph[value]
        let source = try multiplicand(x)
        let words = try logitWords(linear, of: x, source, value, limit: Double(DeviceLimits.row), first: 0)
        let out = program.register(.int32, node.width)
        try emit(.wideLinear, [.takes(source.register), .gives(out)] + words, for: node.name)
        hold(value, Row(form: .wide(scale: 1 / 65_536), register: out, pass: program.current))
        try emit(.tag, [.takes(out)], for: node.name)
    }

    /// The fields of a WIDE_LINEAR that gives logits. What a sum reaches beyond the device's limit is cut there by the
    /// runtime: those who quantize are told.
    ///
    /// - Parameter limit: the largest bias, in steps of the logits.
    private mutating func logitWords(
        _ linear: Linear, of x: Value, _ source: Row<FactorForm>, _ value: Value, limit: Double, first: Int
    ) throws(EmbqError) -> [DeviceProgram.Field] {
        let name = graph[value].name
        let (matrix, biases) = try wideMatrix(linear, of: x, source, value)
        if let bias = biases.map(abs).max(), bias * 65_536 > limit {
            throw EmbqError(
                .limitExceeded, place: "'\(name).bias'",
                "it has a bias of \(bias.fixed(1)); the device's reach \(Int(limit / 65_536))",
                advice: "Divide the head's weights and biases by a constant, and multiply the device's answers by it.")
        }
        let scale = source.form.row.scale
        return try wideWords(
            matrix, name, matrix.scales.map { $0 * scale * 65_536 }, biases.map { Int32(($0 * 65_536).rounded()) },
            first: first)
    }

    // MARK: Pooling

    /// The poolings that an output is made of, in the graph's order.
    private func poolings(behind output: Value) -> [Value] {
        var needed: Set<Int> = [output.index]
        for index in graph.nodes.indices.reversed() where needed.contains(index) {
            if case .pool = graph.nodes[index].operation { continue }
            needed.formUnion(graph.nodes[index].operation.inputs.map(\.index))
        }
        return needed.sorted().map(Value.init).filter { if case .pool = graph[$0].operation { true } else { false } }
    }

    /// One row of a sentence's rows, for all poolings of an output at once: what is behind them sees no other rows. All
    /// are of the same positions, as ``GraphLimits`` has made sure.
    private mutating func gather(_ poolings: [Value]) throws(EmbqError) {
        guard let first = poolings.first else { return }
        switch kind(of: first) {
        case .mask: try take(poolings, at: .atMask)
        case .first where poolings.allSatisfy({ kind(of: $0) == .first && !graph.isJoined($0) }):
            try take(poolings, at: .first)
        default: try sum(poolings)
        }
    }

    private func kind(of pooling: Value) -> Pooling {
        guard case .pool(let kind, _) = graph[pooling].operation else { preconditionFailure("a pooling") }
        return kind
    }

    /// The value that a pooling reads.
    private func input(of pooling: Value) -> Value { graph[pooling].operation.inputs[0] }

    /// Rows of one position.
    private mutating func take(_ poolings: [Value], at position: DeviceProgram.Positions) throws(EmbqError) {
        let name = graph[poolings[0]].name
        try prepare(poolings.map { input(of: $0) })
        let rows = try together(name) { lowering throws(EmbqError) in
            var rows: [Row<Form>] = []
            for pooling in poolings { rows.append(try lowering.taken(pooling)) }
            return rows
        }
        let pass = program.current
        if !program.writes(pass: pass) {
            program.visit(position)
            // What this pass made is for this position alone: another head computes it anew.
            forget(pass: pass)
            for (pooling, row) in zip(poolings, rows) { hold(pooling, row) }
            return
        }
        var stored: [Kept<StoredForm>] = []
        for (pooling, row) in zip(poolings, rows) {
            let x = input(of: pooling)
            if case .narrow(let form) = row.form {
                stored.append(try keep(x, row.described(.narrow(form)), groups: 1))
            } else {
                let short = try short(x, point: graph[x].name)
                stored.append(try keep(x, short.described(.short(short.form)), groups: 1))
            }
        }
        program.beginPass()
        program.visit(position)
        for (pooling, kept) in zip(poolings, stored) {
            let register = program.register(program.stores[kept.store.index].shape.element, graph[pooling].width)
            try emit(.load, [.gives(register), .store(kept.store)], for: graph[pooling].name)
            hold(pooling, Row(form: kept.form.held, register: register, pass: program.current))
        }
    }

    /// What a pooling takes a row of: int8 only for linear layers, since no row gets more bits behind it.
    private mutating func taken(_ pooling: Value) throws(EmbqError) -> Row<Form> {
        let row = try natural(input(of: pooling))
        let readers = graph.readers(of: pooling)
        let isReadByLinears = readers.allSatisfy {
            if case .linear = graph[$0].operation { true } else { false }
        }
        guard row.form.isNarrow, !isReadByLinears || readers.isEmpty else { return row }
        let broad = try broad(input(of: pooling))
        return broad.described(.broad(broad.form))
    }

    /// Sums over all positions, and what becomes of them in a pass over none.
    private mutating func sum(_ poolings: [Value]) throws(EmbqError) {
        try prepare(poolings.map { input(of: $0) })
        let rows = try together(graph[poolings[0]].name) { lowering throws(EmbqError) in
            var rows: [Row<WideForm>] = []
            for pooling in poolings { rows.append(try lowering.wide(lowering.input(of: pooling))) }
            return rows
        }
        var sums: [DeviceProgram.Store] = []
        for (pooling, row) in zip(poolings, rows) {
            let (node, device) = (graph[pooling], kind(of: pooling).device)
            let store = program.store(.int64, device.hasCount ? node.width + 1 : node.width, span: 1)
            let code = device.kind | UInt32(device.skipped) << 8
            try emit(.pool, [.takes(row.register), .store(store), .word(code)], for: node.name)
            sums.append(store)
        }
        program.beginPass()
        program.visit(.once)
        for (pooling, (store, row)) in zip(poolings, zip(sums, rows)) {
            let (node, device) = (graph[pooling], kind(of: pooling).device)
            let out = program.register(.int32, node.width)
            try emit(.pooled, [.gives(out), .store(store), .word(device.kind)], for: node.name)
            hold(
                pooling,
                Row(form: .wide(scale: row.form.scale * device.divisor), register: out, pass: program.current))
        }
    }

    /// Rows of a pass that another head must not read.
    private mutating func forget(pass: Int) {
        for key in held.keys { held[key]?.removeAll { $0.pass == pass } }
    }
}
