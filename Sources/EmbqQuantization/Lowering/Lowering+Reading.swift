import EmbqCore
import EmbqModels

// A value in the form that its reader asks for.

extension Lowering {
    // MARK: 8 bits

    /// A value as int8 whose zero is at zero, in a register of the current pass.
    mutating func symmetric(_ value: Value) throws(EmbqError) -> Row<SymmetricForm> {
        if let found = try narrow(value, where: { $0.symmetric != nil }), let form = found.form.symmetric {
            return found.described(form)
        }
        let source = try natural(value)
        if let form = source.form.symmetric { return source.described(form) }
        return try narrowed(value, broad(value, source))
    }

    /// A value as int8 in a register of the current pass, for a layer that takes over the zero point and the channels.
    mutating func affine(_ value: Value) throws(EmbqError) -> Row<AffineForm> {
        if let found = try narrow(value, where: \.isNarrow), case .narrow(let form) = found.form {
            return found.described(form.affine)
        }
        let source = try natural(value)
        switch source.form {
        case .narrow(let form): return source.described(form.affine)
        case .broad(let form):
            if case .uniform(let uniform) = form, let balanced = try balanced(value, source.described(uniform)) {
                hold(value, balanced.described(.narrow(.affine(balanced.form))))
                return balanced
            }
            let narrowed = try narrowed(value, source.described(form))
            return narrowed.described(AffineForm(scale: narrowed.form.scale))
        }
    }

    /// int8 rows that there are, here or in memory.
    private mutating func narrow(_ value: Value, where fits: (Form) -> Bool) throws(EmbqError) -> Row<Form>? {
        if let here = here(value, where: fits) { return here }
        let rows = kept[value]?.first { $0.groups == 1 && fits($0.form.held) }
        if let loaded = try load(value, from: rows) { return loaded }
        // int8 rows of an earlier pass, unless 16-bit rows are kept anyhow.
        guard kept[value] == nil, let earlier = storable(value, where: fits) else { return nil }
        return try load(value, from: keep(value, earlier, groups: 1))
    }

    /// A row of any pass over all positions that memory can hold.
    private func storable(_ value: Value, where fits: (Form) -> Bool) -> Row<StoredForm>? {
        let row = held[value]?.last { fits($0.form) && program.passes[$0.pass].positions == .all }
        return row.flatMap { row in row.form.stored.map { row.described($0) } }
    }

    /// int8 rows of all positions in memory, in `groups` groups.
    mutating func spread(_ value: Value, groups: Int) throws(EmbqError) -> Kept<SymmetricForm> {
        for rows in kept[value] ?? [] where rows.groups == groups {
            if let form = rows.form.symmetric { return rows.described(form) }
        }
        let row: Row<StoredForm>
        if let earlier = storable(value, where: { $0.symmetric != nil }),
            kept[value] == nil || earlier.pass == program.current
        {
            row = earlier
        } else {
            let made = try symmetric(value)
            row = made.described(.narrow(.symmetric(made.form)))
        }
        // Packed rows have a scale of their own.
        let rows = try keep(value, row, groups: groups)
        guard let form = rows.form.symmetric else { throw unreachable(graph[value].name) }
        return rows.described(form)
    }

    /// int16 rows of all positions in memory, in `groups` groups.
    mutating func spreadShort(_ value: Value, groups: Int) throws(EmbqError) -> Kept<ShortForm> {
        for rows in kept[value] ?? [] where rows.groups == groups {
            if case .short(let form) = rows.form { return rows.described(form) }
        }
        let row = try short(value, point: graph[value].name)
        return try keep(value, row.described(.short(row.form)), groups: groups).described(row.form)
    }

    private mutating func narrowed(_ value: Value, _ source: Row<BroadForm>) throws(EmbqError) -> Row<SymmetricForm> {
        let name = graph[value].name
        var quantizer = ActivationQuantizer.symmetric(try point(name), self.observer(for: value))
        let register = program.register(.int8, program[source.register].width)
        switch source.form {
        case .uniform(let form):
            try emit(
                .rescale,
                [.takes(source.register), .gives(register)]
                    + (try factor(form.scale / quantizer.scale, shifts: 1...62, name)), for: name)
        case .sums(let form):
            let columns = form.columns
            // Finer steps than the accumulator's own would hold nothing more, and the runtime wants factors below 1.
            quantizer.scale = max(quantizer.scale, (columns.scales.max() ?? 0) * 1.001)
            let (multipliers, shift) = try factors(columns.scales.map { $0 / quantizer.scale }, shifts: 31...62, name)
            let (multiplier, bias) = (stored(multipliers), stored(try steps(columns, name)))
            try emit(
                .requantize,
                [
                    .takes(source.register), .gives(register), .word(parameters.add(name + ".bias", bias)),
                    .word(tables.add(name + ".multiplier", multiplier)),
                    .word(StoredVector.word(shift, multiplier, bias: bias)),
                ], for: name)
        }
        note(quantizer)
        let form = SymmetricForm(scale: quantizer.scale)
        let row = Row(form: form, register: register, pass: program.current)
        hold(value, row.described(.narrow(.symmetric(form))))
        return row
    }

    /// What a convolution reads unnormed has rare large values that its taps spread over many positions: all are kept.
    func observer(for value: Value) -> any RangeObserver {
        let isConvolved = graph.readers(of: value).contains(where: isConvolution)
        return isConvolved ? MinMaxObserver() : observer
    }

    // MARK: More than 8 bits

    /// A value with more than 8 bits in a register of the current pass; from int8 where there is nothing else.
    mutating func broad(_ value: Value) throws(EmbqError) -> Row<BroadForm> { try broad(value, natural(value)) }

    private mutating func broad(_ value: Value, _ source: Row<Form>) throws(EmbqError) -> Row<BroadForm> {
        switch source.form {
        case .broad(let form): return source.described(form)
        case .narrow(let form):
            let sums = try widened(value, source.described(form))
            hold(value, sums.described(.broad(.sums(sums.form))))
            return sums.described(.sums(sums.form))
        }
    }

    /// int8 as sums of products with 1: a convolution of one tap. The zero point becomes a bias.
    private mutating func widened(_ value: Value, _ source: Row<NarrowForm>) throws(EmbqError) -> Row<SumsForm> {
        let (name, width) = (graph[value].name, program[source.register].width)
        let window = program.store(.int8, width, span: 2)
        try emit(.store, [.takes(source.register), .store(window)], for: name)
        let register = program.register(.int32, width)
        let ones = [Int8](repeating: 1, count: width)
        try emit(
            .convolve,
            [
                .store(window), .gives(register), .word(1),
                .word(parameters.add(name + ".wide.weight", ones, shape: [1, width])),
            ], for: name)
        let row = source.form.affine
        let scales = (0..<width).map { row.channels.isEmpty ? row.scale : row.scale * row.channels[$0] }
        let columns = Columns(
            scales: scales, biases: scales.map { -$0 * Double(row.zeroPoint) },
            limits: [Double](repeating: 127, count: width))
        return Row(form: SumsForm(columns: columns), register: register, pass: program.current)
    }

    /// A value with one scale for all columns: 32 or 16 bits.
    mutating func uniform(_ value: Value) throws(EmbqError) -> Row<UniformForm> {
        let source = try broad(value)
        switch source.form {
        case .uniform(let form): return source.described(form)
        case .sums:
            let wide = try widened(source, value)
            hold(value, wide.described(.wide(wide.form)))
            return wide.described(.wide(wide.form))
        }
    }

    /// A value as 32 bits with one scale.
    mutating func wide(_ value: Value) throws(EmbqError) -> Row<WideForm> {
        let source = try uniform(value)
        switch source.form {
        case .wide(let form): return source.described(form)
        case .short: return try widened(source.described(.uniform(source.form)), value)
        }
    }

    private mutating func widened(_ source: Row<BroadForm>, _ value: Value) throws(EmbqError) -> Row<WideForm> {
        let factor = [Float](repeating: 1, count: graph[value].width)
        return try combined([(term(source), factor)], bias: [], graph[value].name + ".wide")
    }

    /// A value as int16 in the current pass.
    mutating func short(_ value: Value, point: String) throws(EmbqError) -> Row<ShortForm> {
        let source = try uniform(value)
        switch source.form {
        case .short(let form): return source.described(form)
        case .wide(let form):
            // Half as much again as was seen: what passes the ends is clipped.
            let range = MinMaxObserver().range(try self.point(point).histogram, levels: 65_535, symmetric: true)
            let step = max(range.upperBound * 1.5 / 32_767, form.scale)
            let register = program.register(.int16, program[source.register].width)
            let name = graph[value].name
            try emit(
                .rescale,
                [.takes(source.register), .gives(register)] + (try factor(form.scale / step, shifts: 1...62, name)),
                for: name)
            return Row(form: ShortForm(scale: step), register: register, pass: program.current)
        }
    }

    /// A value as a 32-bit row that SCAN reads as 16 bits.
    mutating func scanned(_ value: Value) throws(EmbqError) -> Row<WideForm> {
        let source = try broad(value)
        if case .uniform(.wide(let form)) = source.form, form.fitsScan { return source.described(form) }
        let name = graph[value].name
        let factor = [Float](repeating: 1, count: graph[value].width)
        var row = try combined([(term(source), factor)], bias: [], name + ".scanned", scale: try sixteenBits(name))
        row.form.fitsScan = true
        return row
    }

    /// A value as a 32-bit row with its scale and bias by column: what a table reads.
    mutating func sums(_ value: Value) throws(EmbqError) -> Row<SumsForm> {
        let source = try broad(value)
        switch source.form {
        case .sums(let form): return source.described(form)
        case .uniform(.wide): return source.described(SumsForm(columns: term(source).form.columns))
        case .uniform(.short):
            let wide = try widened(source, value)
            let columns = Columns(scale: wide.form.scale, limit: Self.rowLimit, width: graph[value].width)
            return wide.described(SumsForm(columns: columns))
        }
    }

    /// A value as WIDE_LINEAR reads it: of any type, but with one scale and no biases.
    mutating func multiplicand(_ value: Value) throws(EmbqError) -> Row<FactorForm> {
        let source = try natural(value)
        if case .narrow(let form) = source.form {
            return source.described(FactorForm(row: form.affine, limit: 127))
        }
        let row = try uniform(value)
        return row.described(FactorForm(row.form))
    }

    /// A row as a term of a sum.
    func term(_ row: Row<BroadForm>) -> Row<TermForm> {
        let width = program[row.register].width
        let columns =
            switch row.form {
            case .sums(let form): form.columns
            case .uniform(let form): Columns(scale: form.scale, limit: form.limit, width: width)
            }
        return row.described(TermForm(columns: columns))
    }
}

extension Lowering.UniformForm {
    var scale: Double {
        switch self {
        case .short(let form): form.scale
        case .wide(let form): form.scale
        }
    }

    /// Largest magnitude of the integers.
    var limit: Double {
        switch self {
        case .short: 32_767
        case .wide: Lowering.rowLimit
        }
    }
}

extension Lowering.FactorForm {
    init(_ form: Lowering.UniformForm) {
        self.init(row: Lowering.AffineForm(scale: form.scale), limit: form.limit)
    }
}
