import EmbqCore
import EmbqModels

// Attention, with rows of 8 bits or of 16.

extension Lowering {
    mutating func attend(_ attention: Attention, _ value: Value) throws(EmbqError) -> Row<Form> {
        let node = graph[value]
        if widths.short.points.contains(node.name) || isWideTableNorm(attention.keys) {
            return try wideAttend(attention, node)
        }
        if !shortChoices.contains(node.name) { shortChoices.append(node.name) }
        let (keys, values) = try attended(attention)
        let query = try symmetric(attention.queries)
        let context = ActivationQuantizer.symmetric(try readPoint(value), observer)
        note(context)
        let out = program.register(.int8, node.width)
        let acc = DeviceProgram.Field.scratch(.init(element: .int32, width: node.width / attention.heads))
        let softmax = query.form.scale * keys.form.scale * Double(attention.scale)
        try emit(
            keys.bits < 8 ? .packedAttend : .attend,
            [.takes(query.register), .gives(out), acc]
                + (try attendFields(
                    attention, node, keys.store, values.store, softmax: softmax,
                    context: values.form.scale / context.scale)) + (keys.bits < 8 ? [.word(UInt32(keys.bits))] : []),
            for: node.name)
        return Row(form: .symmetric(scale: context.scale), register: out, pass: program.current)
    }

    /// The same of rows of 16 bits: where scores are so large that 8 bits of a query or a key decide who is attended to.
    private mutating func wideAttend(_ attention: Attention, _ node: ModelGraph.Node) throws(EmbqError) -> Row<Form> {
        let keys = try spreadShort(attention.keys, groups: attention.heads)
        let values = try spreadShort(attention.values, groups: attention.heads)
        try spreadConvolved(besides: attention.keys)
        wait(for: [keys, values])
        let query = try short(attention.queries, point: graph[attention.queries].name)
        let step = try sixteenBits(node.name)
        let out = program.register(.int16, node.width)
        // The largest sum has to fit 30 bits: each of its products has as many.
        var lost = 1
        while 1 << (lost - 1) < node.width / attention.heads { lost += 1 }
        let softmax =
            query.form.scale * keys.form.scale * Double(attention.scale)
            * Double(sign: .plus, exponent: lost, significand: 1)
        try emit(
            .wideAttend,
            [.takes(query.register), .gives(out), .none]
                + (try attendFields(
                    attention, node, keys.store, values.store, softmax: softmax,
                    context: values.form.scale / step * 256)) + [.word(UInt32(lost))], for: node.name)
        return Row(form: .short(scale: step), register: out, pass: program.current)
    }

    /// Whether a value holds numbers of an embedder's tables.
    func isTableNorm(_ value: Value) -> Bool {
        if case .tableNorm = graph[value].operation { true } else { false }
    }

    /// Whether these have 16 bits, and what is attended in them. Their columns differ in what they are multiplied by, so 8
    /// bits lose much, but not as much as other keys of few bits do; and rows of 16 bits take more memory than those.
    func isWideTableNorm(_ value: Value) -> Bool {
        isTableNorm(value) && widths.memory.keys > MemoryChoice.narrowKeys
    }

    /// Keeps the normed rows that stand beside those of tables where a convolution reads them: it would have to make them
    /// again behind the attention.
    mutating func spreadConvolved(besides keys: Value) throws(EmbqError) {
        guard case .tableNorm(_, let x) = graph[keys].operation else { return }
        for value in graph.readers(of: x) {
            guard case .norm = graph[value].operation, graph.readers(of: value).contains(where: isConvolution) else {
                continue
            }
            _ = try spread(value, groups: 1)
        }
    }

    func isConvolution(_ value: Value) -> Bool {
        if case .convolve = graph[value].operation { true } else { false }
    }

    /// The fields that both have, from the stores on.
    ///
    /// - Parameters:
    ///   - softmax: of one step of a score, in natural logarithms.
    ///   - context: a value's scale over the context's.
    private mutating func attendFields(
        _ attention: Attention, _ node: ModelGraph.Node, _ keys: DeviceProgram.Store, _ values: DeviceProgram.Store,
        softmax: Double, context: Double
    ) throws(EmbqError) -> [DeviceProgram.Field] {
        let scores = self.scores ?? program.store(.int32, 1)
        self.scores = scores
        // Differences of scores in steps of 2^-16 of a power of two: e^x = 2^(x · log2 e).
        let log2e = 1.4426950408889634
        return [
            .store(keys), .store(values), .store(scores), .word(UInt32(attention.heads)),
            .word(attention.ignoresPad ? 1 : 0),
        ] + (try factor(softmax * log2e * 65_536, shifts: 1...62, node.name + ".softmax"))
            + (try factor(context, shifts: 1...31, node.name))
    }
}
