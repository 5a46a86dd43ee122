import EmbqCore

// Token tables of 4 bits.

extension WeightQuantizer {
    /// A table, remembered under its name.
    mutating func table(_ name: String, whole: Int, _ make: (WeightQuantizer) -> QuantizedMatrix) -> QuantizedMatrix {
        if let known = remembered(name, bits: 4, wholeRows: whole) { return known }
        let table = make(self)
        remember(name, bits: 4, wholeRows: whole, table)
        return table
    }

    /// A table `[rows, inputs]` with a scale for each row, the first rows with 8 bits.
    func table(_ values: [Float], inputs: Int, whole: Int) -> QuantizedMatrix {
        let importance = [Float](repeating: 1, count: inputs)
        let scales = Parallel.map(values.count / inputs, threads: threads) { row in
            let weights = values[row * inputs..<(row + 1) * inputs]
            return row < whole
                ? GroupScales(whole: QuantizedMatrix.scale(weights, floor: 0))
                : GroupScales(weights, importance: importance)
        }
        return packed(values, scales, inputs: inputs, nil, whole: whole)
    }

    /// A table `[rows, r]` with one scale for all rows, that a matrix E `[D, r]` expands: a row's errors e count
    /// `eᵀ EᵀE e`, which is what they do to the expanded row.
    ///
    /// - Parameter columns: what each column is divided by before; E takes it over.
    func expandedTable(_ values: [Float], rows: Int, columns: [Double], _ expander: [Float], whole: Int)
        -> QuantizedMatrix
    {
        let r = columns.count
        let scaled = values.indices.map { Float(Double(values[$0]) / columns[$0 % r]) }
        var gram = [Float](repeating: 0, count: r * r)
        for d in 0..<expander.count / r {
            for i in 0..<r {
                for j in 0..<r {
                    gram[i * r + j] += Float(
                        Double(expander[d * r + i]) * columns[i] * Double(expander[d * r + j]) * columns[j])
                }
            }
        }
        let importance = (0..<r).map { gram[$0 * r + $0] }
        let scales = tableScales(scaled, rows: rows, importance: importance, whole: whole)
        let feedback = methods.contains(.errorFeedback) ? ErrorFeedback(gram, width: r) : nil
        return packed(scaled, scales, inputs: r, feedback, whole: whole)
    }

    /// Factors for one scale: the one of the least error, among those with which a few rows of large numbers are cut.
    private func tableScales(_ values: [Float], rows: Int, importance: [Float], whole: Int) -> [GroupScales] {
        let r = importance.count
        let steps = Parallel.map(rows, threads: threads) { row in
            GroupScales.groups(values[row * r..<(row + 1) * r], importance).map(GroupScales.bestStep)
        }
        .joined().sorted()
        // Rows of 8 bits are not cut.
        let reach = values[..<(whole * r)].reduce(0) { max($0, abs($1)) }
        var best: (error: Float, scales: [GroupScales])?
        for share in [1, 0.9999, 0.999, 0.995, 0.98, 0.95, 0.9] {
            let top = steps[Int((Double(steps.count - 1) * share).rounded())]
            let scale = max(
                Double(top) / Double(PackedWeights.factors.upperBound), Double(reach) / 127, 1e-30)
            let scales = Parallel.map(rows, threads: threads) { row in
                row < whole
                    ? GroupScales(whole: scale)
                    : GroupScales(values[row * r..<(row + 1) * r], importance: importance, scale: scale)
            }
            let error = scales.reduce(Float(0)) { $0 + $1.error }
            if error < best?.error ?? .infinity { best = (error, scales) }
        }
        return best?.scales ?? []
    }
}
