import EmbqCore
import EmbqModels

// From the body's rows to logits.

extension Lowering {
    /// Lowers one of the graph's outputs.
    ///
    /// - Parameter first: index of its first logit.
    mutating func output(_ value: Value, first: Int) throws(EmbqError) {
        let node = graph[value]
        switch node.operation {
        case .linear(let linear, let x): try logits(linear, of: x, node, first: first)
        case .unit(let x) where graph.outputs.count == 1:
            let row = try uniform(x)
            guard case .wide = row.form else { return try put(value, outputs: node.width, first: first) }
            program.add(.unit, [.takes(row.row)])
        case .slice(let columns, let x) where columns.lowerBound == 0:
            try put(x, outputs: columns.count, first: first)
        default: try put(value, outputs: node.width, first: first)
        }
    }

    private mutating func logits(_ linear: Linear, of x: Value, _ node: ModelGraph.Node, first: Int)
        throws(EmbqError)
    {
        let source = try uniform(x)
        let (scale, zeroPoint, _) = describeUniform(source)
        let (matrix, bias) = wideMatrix(linear, of: x, node.name)
        var biases: [Int32] = []
        for row in 0..<linear.outputs {
            let shifted =
                bias[row] - scale * matrix.scales[row] * Double(zeroPoint * matrix.sum(row: row))
            let steps = (shifted * 65_536).rounded()
            guard abs(steps) <= Self.biasLimit else { throw tooLarge(node.name + ".bias") }
            biases.append(Int32(steps))
        }
        program.add(
            .wideLinear,
            [.takes(source.row), .none]
                + (try wideWords(matrix, node.name, matrix.scales.map { $0 * scale * 65_536 }, biases, first: first)))
    }

    /// One row of a sentence's rows.
    mutating func pool(_ kind: Pooling, _ x: Value, _ node: ModelGraph.Node) throws(EmbqError) -> Held {
        switch kind {
        case .first, .mask:
            let held = try natural(x)
            let wanted: DeviceProgram.Positions = kind == .first ? .first : .atMask
            if !program.writes(pass: held.pass) {
                // What this pass made is for this position alone: another head computes it anew.
                defer { forget(pass: held.pass) }
                program.visit(wanted)
                return held
            }
            let row = try short(x, point: graph[x].name)
            let kept = keep(x, row, groups: 1)
            program.beginPass()
            program.visit(wanted)
            let loaded = program.register(program[row.row].element, node.width)
            program.add(.load, [.gives(loaded), .store(kept.store)])
            return Held(form: kept.form, row: loaded, pass: program.current)
        case .rms, .mean:
            let row = try wide(x)
            guard case .wide(let scale) = row.form else { throw cannot(node) }
            let sums = program.store(.int64, node.width, span: 1)
            let code = DeviceProgram.Field.word(kind == .mean ? 1 : 2)
            program.add(.pool, [.takes(row.row), .store(sums), code])
            program.beginPass()
            program.visit(.once)
            let out = program.register(.int32, node.width)
            program.add(.pooled, [.gives(out), .store(sums), code])
            return Held(form: .wide(scale: scale), row: out, pass: program.current)
        case .max, .last, .rootMean, .weightedMean, .behind:
            guard let value = graph.value(node.name) else { throw cannot(node) }
            return try pooled([value], node.name)[0]
        }
    }

    /// Rows of a pass that another head must not read.
    private mutating func forget(pass: Int) {
        for key in held.keys { held[key]?.removeAll { $0.pass == pass } }
    }
}
