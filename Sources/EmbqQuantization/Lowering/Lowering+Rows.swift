import EmbqCore
import EmbqModels

// Embeddings, norms and sums: the 32-bit rows.

extension Lowering {
    // MARK: Embedding

    mutating func embed(_ embedding: Embedding, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let width = node.width
        let segments = embedding.segment.count / width
        let out = program.register(.int32, width)
        var fields: [DeviceProgram.Field] = [.gives(out)]
        let tables = try embeddingTables(embedding, node)
        let scale = tables.scale
        fields += tables.fields
        if segments == 0 {
            fields += [.none, .word(0), .word(0)]
        } else {
            let segment = embedding.segment.map { Int32((Double($0) / scale).rounded()) }
            fields += [
                .word(parameters.add(node.name + ".segment", segment, shape: [segments, width])),
                .word(UInt32(segments)), .word(embedding.segments == .fromSeparator ? 1 : 3),
            ]
        }
        fields += tables.multipliers
        fields += tables.packing
        try emit(tables.packing.isEmpty ? .embed : .packedEmbed, fields, for: node.name)
        let row = Row(form: WideForm(scale: scale), register: out, pass: program.current)
        let refined = try refined(row, embedding, node)
        return refined.described(.wide(refined.form))
    }

    private struct EmbeddingTables {
        var fields: [DeviceProgram.Field]
        var multipliers: [DeviceProgram.Field]
        /// Of a packed token table: the words that describe it.
        var packing: [DeviceProgram.Field]
        /// Of the row.
        var scale: Double
    }

    private mutating func embeddingTables(_ embedding: Embedding, _ node: ModelGraph.Node) throws(EmbqError)
        -> EmbeddingTables
    {
        let largest = (0..<node.width).map { d in
            stride(from: d, to: embedding.segment.count, by: node.width).reduce(0) {
                max($0, abs(Double(embedding.segment[$1])))
            }
        }
        if let token = embedding.tokenExpander, let position = embedding.positionExpander {
            return try expandedTables(embedding, token, position, segment: largest, node)
        }
        return try directTables(embedding, segment: largest, node)
    }

    private mutating func expandedTables(
        _ embedding: Embedding, _ tokenExpander: [Float], _ positionExpander: [Float], segment: [Double],
        _ node: ModelGraph.Node
    ) throws(EmbqError) -> EmbeddingTables {
        let (width, name) = (node.width, node.name)
        let (token, position) = expandedTables(embedding, tokenExpander, positionExpander, node)
        let bound = (0..<width).map { token.reach($0) + position.reach($0) + segment[$0] }.max() ?? 0
        let scale = Self.rowScale(bound)
        let reals = (token.expander.scales + position.expander.scales).map { $0 / scale }
        let (multipliers, shift) = try factors(reals, shifts: 1...62, name)
        let tokens = placeTokens(token.table, token.packing, name + ".token")
        let fields: [DeviceProgram.Field] = [
            .scratch(.init(element: .int32, width: width)), .word(UInt32(token.table.inputs)), tokens[0],
            placePositions(position.table, name),
            .word(
                parameters.add(
                    name + ".token_expander", token.expander.values, shape: [width, token.table.inputs])),
            .word(
                parameters.add(
                    name + ".position_expander", position.expander.values, shape: [width, token.table.inputs])),
        ]
        let factors: [DeviceProgram.Field] = [
            .word(tables.add(name + ".token_multiplier", Array(multipliers[..<width]), shape: [width])),
            .word(tables.add(name + ".position_multiplier", Array(multipliers[width...]), shape: [width])),
            .word(shift),
        ]
        return EmbeddingTables(
            fields: fields, multipliers: factors, packing: Array(tokens[1...]), scale: scale)
    }

    /// The two tables of an expanded embedder.
    private mutating func expandedTables(
        _ embedding: Embedding, _ tokenExpander: [Float], _ positionExpander: [Float], _ node: ModelGraph.Node
    ) -> (token: ExpandedTable, position: ExpandedTable) {
        let (width, name, rows) = (node.width, node.name, config.vocabularySize)
        let r = tokenExpander.count / width
        let position = ExpandedTable(embedding.position, rows: config.maximumLength, positionExpander, width)
        // A packed row is unpacked into a row of 32 bits.
        guard r <= 4 * width, let classes = tableClasses(name + ".token", rows: rows, columns: r) else {
            return (ExpandedTable(embedding.token, rows: rows, tokenExpander, width), position)
        }
        let packed = weights.table(name + ".token", classes) { weights in
            weights.expandedTable(
                embedding.token, tokenExpander, r: r, metric: weights.tableMetrics[name]?.columns, classes)
        }
        let token = ExpandedTable(
            packed.matrix, columns: packed.columns, tokenExpander, width, packing: packed.packing)
        return (token, position)
    }

    /// The widths of a token table's rows; nil for 8 bits.
    private mutating func tableClasses(_ name: String, rows: Int, columns: Int) -> [PackedTable.RowClass]? {
        mayChoose(WidthChoice(name: name, outputs: rows, inputs: columns, isTable: true))
        return widths.tables[name]
    }

    private mutating func placePositions(_ table: QuantizedMatrix, _ name: String) -> DeviceProgram.Field {
        .word(parameters.add(name + ".position", table.values, shape: [table.outputs, table.inputs]))
    }

    /// Puts a token table into the artifact: its place, and when it is packed what PACKED_EMBED asks for besides.
    private mutating func placeTokens(_ table: QuantizedMatrix, _ packing: PackedTable?, _ name: String)
        -> [DeviceProgram.Field]
    {
        guard let packing else {
            return [.word(parameters.add(name, table.values, shape: [table.outputs, table.inputs]))]
        }
        let classes = zip(packing.classes, packing.starts).flatMap { rows, start in
            [Int32(rows.end), Int32(rows.bits), Int32(start)]
        }
        let levels = PackedTable.allLevels
        return [
            .word(parameters.add(name, rows: packing.bytes)),
            .word(tables.add(name + ".classes", classes, shape: [packing.classes.count, 3])),
            .word(UInt32(packing.classes.count)),
            .word(tables.add(name + ".shifts", packing.shifts.map { Int8($0) }, shape: [table.inputs])),
            .word(tables.add("levels", levels, shape: [levels.count])),
        ]
    }

    /// Tables of full width have a scale for each row: rare words have small rows.
    private mutating func directTables(_ embedding: Embedding, segment: [Double], _ node: ModelGraph.Node)
        throws(EmbqError) -> EmbeddingTables
    {
        let (width, name) = (node.width, node.name)
        let packed = tableClasses(name + ".token", rows: config.vocabularySize, columns: width).map { classes in
            weights.table(name + ".token", classes) { weights in
                weights.table(embedding.token, inputs: width, classes)
            }
        }
        let token =
            packed?.matrix ?? QuantizedMatrix(embedding.token, outputs: config.vocabularySize, inputs: width)
        let count = embedding.position.isEmpty ? 0 : config.maximumLength
        let position = QuantizedMatrix(embedding.position, outputs: count, inputs: width)
        var largest = segment
        for (table, rows) in [(token, config.vocabularySize), (position, count)] {
            var column = [Double](repeating: 0, count: width)
            for row in 0..<rows {
                for d in 0..<width {
                    column[d] = max(column[d], table.scales[row] * Double(table.values[row * width + d].magnitude))
                }
            }
            for d in 0..<width { largest[d] += column[d] }
        }
        let scale = Self.rowScale(largest.max() ?? 0)
        let (multipliers, shift) = try factors(
            (token.scales + position.scales).map { $0 / scale }, shifts: 1...62, name)
        let tokens = placeTokens(token, packed?.packing, name + ".token")
        let fields: [DeviceProgram.Field] = [
            .none, .word(0), tokens[0],
            count == 0 ? .none : .word(parameters.add(name + ".position", position.values, shape: [count, width])),
            .none, .none,
        ]
        let rows = config.vocabularySize
        let factors: [DeviceProgram.Field] = [
            .word(parameters.add(name + ".token_multiplier", Array(multipliers[..<rows]), shape: [rows])),
            count == 0
                ? .none
                : .word(parameters.add(name + ".position_multiplier", Array(multipliers[rows...]), shape: [count])),
            .word(shift),
        ]
        return EmbeddingTables(
            fields: fields, multipliers: factors, packing: Array(tokens[1...]), scale: scale)
    }

    // MARK: Norm

    mutating func normalize(_ norm: Norm, _ x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        let node = graph[value]
        let width = Double(node.width)
        let source = norm.kind == .layer ? try centred(x) : try wide(x)
        let scale = source.form.scale
        let bare = norm.gamma.allSatisfy { $0 == 1 } && norm.beta.allSatisfy { $0 == 0 }
        let isNarrow = bare && !isReadWide(value)
        // Nothing that a norm gives is larger than √D.
        let quantizer = isNarrow ? ActivationQuantizer.symmetric(try point(node.name), observer) : nil
        let step = quantizer?.scale ?? width.squareRoot() / 32_767
        let out = program.register(isNarrow ? .int8 : .int16, node.width)
        var fields: [DeviceProgram.Field] = [.takes(source.register), .gives(out)]
        switch norm.kind {
        case .rms: fields += [.none, .word(0), .word(0)]
        case .layer:
            fields.append(.scratch(.init(element: .int32, width: node.width)))
            fields += try factor(1 / width, bits: 25, shifts: 1...62, node.name)
        }
        fields += epsilon(norm.epsilon, width: node.width, scale: scale)
        fields += try factor(width.squareRoot() / step, shifts: 1...31, node.name)
        try emit(.norm, fields, for: node.name)
        if let quantizer {
            note(quantizer)
            return Row(form: .symmetric(scale: step), register: out, pass: program.current)
        }
        let short = Row(form: ShortForm(scale: step), register: out, pass: program.current)
        if bare { return short.described(.short(scale: step)) }
        let term = term(short.described(.uniform(.short(short.form))))
        let row = try combined([(term, norm.gamma)], bias: norm.beta, node.name)
        return row.described(.wide(row.form))
    }

    /// RMSNorm of an embedder's rows in the numbers of its tables.
    mutating func normalize(_ norm: TableNorm, _ x: Value, _ value: Value) throws(EmbqError) -> Row<Form> {
        let (node, embedder) = (graph[value], graph[x])
        guard let tokenExpander = norm.embedding.tokenExpander, let positionExpander = norm.embedding.positionExpander
        else { throw cannot(node) }
        let source = try wide(x)
        let (token, position) = expandedTables(norm.embedding, tokenExpander, positionExpander, embedder)
        let steps =
            token.columns + position.columns
            + [Double](repeating: 1, count: node.width - token.columns.count - position.columns.count)
        // Numbers of a table are int8, a segment's is 1.
        let reals = zip(steps, norm.columns).map { $0 / Double($1) }
        let tableColumns = token.columns.count + position.columns.count
        let scale = Self.rowScale(reals.indices.reduce(0) { max($0, reals[$1] * ($1 < tableColumns ? 128 : 1)) })
        let (multipliers, shift) = try factors(reals.map { $0 / scale }, shifts: 1...62, node.name)
        let isNarrow = !isReadWide(value)
        let quantizer = isNarrow ? ActivationQuantizer.symmetric(try point(node.name), observer) : nil
        let step: Double
        if let quantizer { step = quantizer.scale } else { step = try sixteenBits(node.name) }
        let out = program.register(isNarrow ? .int8 : .int16, node.width)
        let tokens = placeTokens(token.table, token.packing, embedder.name + ".token")
        var fields: [DeviceProgram.Field] = [
            .takes(source.register), .gives(out), .scratch(.init(element: .int32, width: node.width)),
            .word(UInt32(token.columns.count)), tokens[0], placePositions(position.table, embedder.name),
            .word(norm.embedding.segments == .fromSeparator ? 1 : 3),
            .word(tables.add(node.name + ".multiplier", multipliers, shape: [node.width])), .word(shift),
        ]
        fields += epsilon(norm.epsilon, width: embedder.width, scale: source.form.scale)
        let root = Double(embedder.width).squareRoot()
        fields += try factor(scale * root / (source.form.scale * step), shifts: 1...31, node.name)
        fields += tokens[1...]
        try emit(tokens.count == 1 ? .tableNorm : .packedTableNorm, fields, for: node.name)
        if let quantizer { note(quantizer) }
        return Row(form: isNarrow ? .symmetric(scale: step) : .short(scale: step), register: out, pass: program.current)
    }

    /// What is added to a row's sum of squares.
    private func epsilon(_ epsilon: Float, width: Int, scale: Double) -> [DeviceProgram.Field] {
        let steps = UInt64(min(max((Double(width) * Double(epsilon) / (scale * scale)).rounded(), 1), 0x1p61))
        return [.word(UInt32(truncatingIfNeeded: steps)), .word(UInt32(steps >> 32))]
    }

    /// A value as 32 bits with room for its distance from the row's mean. 16-bit rows use all of their range where a
    /// function has bounds, as tanh does; the worst case that other rows have room for is far away.
    private mutating func centred(_ x: Value) throws(EmbqError) -> Row<WideForm> {
        let source = try uniform(x)
        switch source.form {
        case .wide(let form): return source.described(form)
        case .short(let form):
            let factor = [Float](repeating: 1, count: graph[x].width)
            let term = term(source.described(.uniform(source.form)))
            return try combined(
                [(term, factor)], bias: [], graph[x].name + ".centred",
                scale: 2 * Self.rowScale(source.form.limit * form.scale))
        }
    }

    /// Whether anybody needs more of a value than int8.
    private func isReadWide(_ value: Value) -> Bool {
        widths.short.points.contains(graph[value].name)
            || graph.readers(of: value).contains { reader in
                switch graph[reader].operation {
                case .attend: widths.short.points.contains(graph[reader].name) || isWideTableNorm(value)
                // The logits of a tagger.
                case .linear: graph.outputs.contains(reader)
                case .convolve, .slice: false
                default: true
                }
            }
    }

    // MARK: Sum

    mutating func add(_ sum: Sum, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        // What waits for attention comes first: it begins a pass, which the others must be in too.
        try prepare(sum.terms.map(\.value))
        let terms = try together(node.name) { lowering throws(EmbqError) in
            var terms: [(row: Row<TermForm>, factor: [Float])] = []
            for term in sum.terms {
                let row = try lowering.broad(term.value)
                terms.append((lowering.term(row), term.factor))
            }
            return terms
        }
        let row = try combined(terms, bias: sum.bias, node.name)
        return row.described(.wide(row.form))
    }

    /// Makes values that one operation reads, those that wait for attention first.
    mutating func prepare(_ values: [Value]) throws(EmbqError) {
        for value in values.sorted(by: { attentions(in: $0) > attentions(in: $1) }) { _ = try natural(value) }
    }

    /// The longest chain of attentions that a value waits for.
    private func attentions(in value: Value) -> Int {
        var depths: [Int] = []
        for index in 0...value.index {
            let operation = graph.nodes[index].operation
            let below = operation.inputs.map { depths[$0.index] }.max() ?? 0
            if case .attend = operation { depths.append(below + 1) } else { depths.append(below) }
        }
        return depths[value.index]
    }
}
