extension ModelGraph {
    /// The same function with every constant folded that a weight can take: a norm's γ and β into all that read it, and
    /// the scale of the attention's scores into the linear layer that makes its queries.
    ///
    /// With n̂ = (n − β) / γ: W n + b = (W γ) n̂ + (b + W β); a depthwise convolution takes γ by channel; a score q·n is
    /// (γ ⊙ q)·n̂ and, for each query, one constant, which the softmax does not see; a mean of n, an attention's too, is
    /// γ ⊙ the mean of n̂, plus β. Behind the folding γ is 1 and β 0. A norm with a reader that cannot take them keeps
    /// both: a root of mean squares, a length, a slice, a product, a scan, an activation, or the logits themselves.
    ///
    /// Last come the factors that attentions' outlier channels can do without, see ``equalized()``.
    package func folded() -> ModelGraph {
        var graph = self
        for index in nodes.indices {
            let value = Value(index: index)
            guard case .norm(var norm, let x) = nodes[index].operation,
                norm.gamma.contains(where: { $0 != 1 }) || norm.beta.contains(where: { $0 != 0 }),
                graph.canTake(value, shifted: norm.beta.contains { $0 != 0 })
            else { continue }
            graph.readersTake(norm.gamma, norm.beta, of: value)
            norm.gamma = [Float](repeating: 1, count: norm.gamma.count)
            norm.beta = [Float](repeating: 0, count: norm.beta.count)
            graph.nodes[index].operation = .norm(norm, of: x)
        }
        for index in nodes.indices { graph.foldScale(of: Value(index: index)) }
        return graph.equalized()
    }

    private mutating func foldScale(of value: Value) {
        guard case .attend(var attention) = self[value].operation, attention.scale != 1, takesRows(value) else {
            return
        }
        scaleRows(attention.queries, by: [Float](repeating: attention.scale, count: self[attention.queries].width))
        attention.scale = 1
        self[value].operation = .attend(attention)
    }

    /// Whether an attention's queries come from a linear layer of its own.
    private func takesRows(_ attend: Value) -> Bool {
        guard case .attend(let a) = self[attend].operation, case .linear(let linear, _) = self[a.queries].operation
        else { return false }
        return linear.sharedName == nil && a.queries != a.keys && a.queries != a.values
            && readers(of: a.queries) == [attend]
            && !outputs.contains(a.queries)
    }

    mutating func scaleRows(_ value: Value, by factors: [Float]) {
        guard case .linear(var linear, let x) = self[value].operation else { return }
        for row in 0..<linear.outputs {
            linear.bias[row] *= factors[row]
            for column in 0..<linear.inputs { linear.weight[row * linear.inputs + column] *= factors[row] }
        }
        self[value].operation = .linear(linear, of: x)
    }

    // MARK: Readers

    /// Whether all that reads a value can take a factor of each column.
    ///
    /// - Parameter shifted: whether there is a constant to add as well.
    func canTake(_ value: Value, shifted: Bool) -> Bool {
        if outputs.contains(value) { return false }
        return readers(of: value).allSatisfy { reader in
            switch self[reader].operation {
            // Weights that other layers read too stay as they are.
            case .linear(let linear, _): linear.sharedName == nil
            case .add: true
            // At a sentence's start some taps read nothing: there the shift is no constant.
            case .convolve: !shifted
            case .remember: canTake(reader, shifted: shifted)
            case .pool(.first, _), .pool(.mean, _), .pool(.last, _), .pool(.weightedMean, _),
                .pool(.behind(_, .first), _):
                canTake(reader, shifted: shifted)
            // A sentence without [MASK] gives zeros.
            // A root over their number, or a mean of none, is no mean.
            case .pool(.mask, _), .pool(.rootMean, _), .pool(.behind(_, .mean), _), .pool(.behind(_, .weightedMean), _):
                !shifted && canTake(reader, shifted: false)
            case .attend(let attention): canTake(value, in: attention, reader, shifted: shifted)
            case .embed, .lookUp, .norm, .tableNorm, .slice, .activate, .scan, .multiply, .pool, .unit, .join: false
            }
        }
    }

    private func canTake(_ value: Value, in attention: Attention, _ reader: Value, shifted: Bool) -> Bool {
        if attention.queries == value { return false }
        if attention.keys == value, !takesRows(reader) { return false }
        if attention.values != value { return true }
        // A [PAD] that is ignored gets zeros instead of a mean.
        return !(shifted && attention.ignoresPad) && canTake(reader, shifted: shifted)
    }

    /// Makes all readers of a value read `(value − shift) / factor` instead, without a change to what they compute.
    mutating func readersTake(_ factor: [Float], _ shift: [Float], of value: Value) {
        for reader in readers(of: value) {
            switch self[reader].operation {
            case .linear(var linear, let x):
                linear.take(factor, shift)
                self[reader].operation = .linear(linear, of: x)
            case .convolve(var convolution, let x):
                let expansion = convolution.channels / factor.count
                for i in convolution.taps.indices {
                    convolution.taps[i] *= factor[i % convolution.channels / expansion]
                }
                self[reader].operation = .convolve(convolution, of: x)
            case .add(var sum):
                sum.take(factor, shift, of: value)
                self[reader].operation = .add(sum)
            case .remember, .pool: readersTake(factor, shift, of: reader)
            case .attend(let attention):
                if attention.keys == value { scaleRows(attention.queries, by: factor) }
                if attention.values == value { readersTake(factor, shift, of: reader) }
            case .embed, .lookUp, .norm, .tableNorm, .slice, .activate, .scan, .multiply, .unit, .join: break
            }
        }
    }
}

extension Linear {
    /// Columns times the factor, and the bias plus what the shift adds.
    fileprivate mutating func take(_ factor: [Float], _ shift: [Float]) {
        for row in 0..<outputs {
            var sum: Double = 0
            for column in 0..<inputs {
                sum += Double(weight[row * inputs + column]) * Double(shift[column])
                weight[row * inputs + column] *= factor[column]
            }
            bias[row] = Float(Double(bias[row]) + sum)
        }
    }
}

extension Sum {
    fileprivate mutating func take(_ factor: [Float], _ shift: [Float], of value: Value) {
        for term in terms.indices where terms[term].value == value {
            for i in bias.indices {
                bias[i] += terms[term].factor[i] * shift[i]
                terms[term].factor[i] *= factor[i]
            }
        }
    }
}
