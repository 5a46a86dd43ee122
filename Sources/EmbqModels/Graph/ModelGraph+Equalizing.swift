// Outliers that no fp32 result depends on: attention multiplies channel c of its queries by channel c of its keys alone,
// and mixes each channel of its values by itself. A factor may go from one into the other, or from the values into what
// reads the context, and changes nothing but ranges.

extension ModelGraph {
    /// The same function with the channels of attentions in balance: where the weights that make channel c of the keys
    /// or of the values stand out, and those that it meets are the smaller for it, a power of two goes from the ones into
    /// the others. Powers of two are exact: the logits keep every bit.
    ///
    /// Int8 rows have one scale for all channels, and int8 weights one for each row: an outlier on one side rounds away
    /// the other channels, and its small counterpart is itself rounded away.
    ///
    /// Source: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", arXiv
    /// 1906.04721, section 4.1: ranges of r₁ and r₂ meet at √(r₁ r₂).
    func equalized() -> ModelGraph {
        var graph = self
        for node in nodes {
            guard case .attend(let attention) = node.operation, attention.keys != attention.values else { continue }
            for channels in [attention.keys, attention.values] { graph.equalize(channels) }
        }
        return graph
    }

    private mutating func equalize(_ value: Value) {
        guard case .linear(let maker, _) = self[value].operation, maker.sharedName == nil,
            canTake(value, shifted: false),
            let counterparts = counterparts(of: value)
        else { return }
        let factors = Self.factors(maker.rowSizes, counterparts)
        guard factors.contains(where: { $0 != 1 }) else { return }
        readersTake(factors, [Float](repeating: 0, count: factors.count), of: value)
        scaleRows(value, by: factors.map { 1 / $0 })
    }

    /// The sizes of what each column of an attention's keys or values is multiplied by; nil when something else than one
    /// attention reads them, or something else than linear layers the context.
    private func counterparts(of value: Value) -> [Double]? {
        let readers = readers(of: value)
        guard readers.count == 1, case .attend(let attention) = self[readers[0]].operation else { return nil }
        if attention.keys == value {
            guard case .linear(let queries, _) = self[attention.queries].operation else { return nil }
            return queries.rowSizes
        }
        var energy = [Double](repeating: 0, count: self[value].width)
        for reader in self.readers(of: readers[0]) {
            guard case .linear(let linear, _) = self[reader].operation else { return nil }
            for (index, weight) in linear.weight.enumerated() {
                energy[index % linear.inputs] += Double(weight) * Double(weight)
            }
        }
        return energy.map { $0.squareRoot() }
    }

    /// Powers of two by which channels are divided and their counterparts multiplied: 1 but for outliers.
    ///
    /// An outlier is a size that is far above the median of its side and whose counterpart leaves room: at the balance of
    /// both, the larger one has lost as much.
    private static func factors(_ sizes: [Double], _ counterparts: [Double]) -> [Float] {
        let middles = (median(sizes), median(counterparts))
        guard middles.0 > 0, middles.1 > 0 else { return sizes.map { _ in 1 } }
        return zip(sizes, counterparts).map { size, counterpart in
            let (a, b) = (size / middles.0, counterpart / middles.1)
            guard max(a, b) >= outlier else { return 1 }
            let root = (max(a, smallest) / max(b, smallest)).squareRoot()
            guard max(root, 1 / root) >= outlier else { return 1 }
            return Float(
                sign: .plus, exponent: Int(root.exponent) + (root.significand > 2.0.squareRoot() ? 1 : 0),
                significand: 1)
        }
    }

    /// How far above the median a size is no longer one of many: ordinary weights stay below.
    private static let outlier = 4.0
    /// What a size counts that is smaller, as next to nothing comes of it.
    private static let smallest = 0x1p-20

    private static func median(_ sizes: [Double]) -> Double { sizes.sorted()[sizes.count / 2] }
}

extension Linear {
    /// How large each output becomes, for inputs of about 1 as norms leave them.
    fileprivate var rowSizes: [Double] {
        (0..<outputs).map { row in
            weight[row * inputs..<(row + 1) * inputs].reduce(Double(bias[row]) * Double(bias[row])) {
                $0 + Double($1) * Double($1)
            }.squareRoot()
        }
    }
}
