import EmbqCore

// Token tables whose rows have widths of their own.

/// Integers of a packed token table, with what lays them out.
package struct QuantizedTable: Sendable, Equatable {
    let matrix: QuantizedMatrix
    let packing: PackedTable
    /// What 1 in a column stands for, `[columns]`, beside the row's scale.
    let columns: [Double]
}

extension WeightQuantizer {
    /// A table, remembered under its name.
    mutating func table(
        _ name: String, _ classes: [PackedTable.RowClass], _ make: (WeightQuantizer) -> QuantizedTable
    ) -> QuantizedTable {
        let key = TableKey(name: name, classes: classes)
        if let known = tables[key] { return known }
        let table = make(self)
        tables[key] = table
        return table
    }

    /// A table `[rows, inputs]` with a scale for each row.
    func table(_ values: [Float], inputs: Int, _ classes: [PackedTable.RowClass]) -> QuantizedTable {
        let shifts = [Int](repeating: 0, count: inputs)
        let bits = Self.bits(classes)
        let rows = Parallel.map(bits.count, threads: threads) { row in
            Self.row(values[row * inputs..<(row + 1) * inputs], bits: bits[row])
        }
        let matrix = QuantizedMatrix(
            outputs: rows.count, inputs: inputs, values: rows.flatMap(\.integers), scales: rows.map(\.step))
        return QuantizedTable(
            matrix: matrix, packing: PackedTable(matrix.values, classes: classes, shifts: shifts),
            columns: [Double](repeating: 1, count: inputs))
    }

    /// Bits of each row.
    private static func bits(_ classes: [PackedTable.RowClass]) -> [Int] {
        var bits: [Int] = []
        for rows in classes { bits += [Int](repeating: rows.bits, count: rows.end - bits.count) }
        return bits
    }

    /// A row with the scale, of several, that leaves the least error.
    private static func row(_ values: ArraySlice<Float>, bits: Int) -> (integers: [Int8], step: Double) {
        let squares = values.reduce(Float(0)) { $0 + $1 * $1 }
        let deviation = Double((squares / Float(values.count)).squareRoot())
        let scales =
            bits == 8
            ? [QuantizedMatrix.scale(values, floor: 0)]
            : (-4...4).map { max(deviation * (1 + 0.08 * Double($0)) / PackedTable.deviation, 1e-30) }
        var best: (error: Float, integers: [Int8], step: Double) = (.infinity, [], 1e-30)
        for step in scales {
            let real = Float(step)
            let integers = values.map { PackedTable.nearest($0 / real, bits: bits) }
            let error = zip(values, integers).reduce(Float(0)) { sum, pair in
                let left = pair.0 - pair.1 * real
                return sum + left * left
            }
            if error < best.error { best = (error, integers.map { Int8($0) }, step) }
        }
        return (best.integers, best.step)
    }

    /// A table `[rows, r]` with one scale for each column, that a matrix E `[D, r]` expands: a row's errors e count
    /// `eᵀ M e`, which is what they do to the logits, or `eᵀ EᵀE e`, what they do to the expanded row, where there is no
    /// metric M `[r, r]`. Columns that count more have more bits.
    func expandedTable(
        _ values: [Float], _ expander: [Float], r: Int, metric: [Float]?, _ classes: [PackedTable.RowClass]
    ) -> QuantizedTable {
        let rows = values.count / r
        let deviations = ExpandedTable.columnDeviations(values, rows: rows)
        let steps = deviations.map { $0 / PackedTable.deviation }
        let gram = metric ?? Self.gram(expander, r: r)
        let shifts = Self.shifts((0..<r).map { deviations[$0] * Double(gram[$0 * r + $0]).squareRoot() })
        let feedback = methods.contains(.errorFeedback) ? ErrorFeedback(gram, width: r) : nil
        let (bits, reals) = (Self.bits(classes), steps.map { Float($0) })
        let integers = Parallel.map(rows, threads: threads) { row in
            let widths = PackedTable.widths(of: bits[row], shifts)
            let values = values[row * r..<(row + 1) * r]
            if let feedback {
                return feedback.round(values, steps: reals) { PackedTable.nearest($1, bits: widths[$0]) }
            }
            return zip(values, 0..<r).map { Int8(PackedTable.nearest($0 / reals[$1], bits: widths[$1])) }
        }
        let matrix = QuantizedMatrix(
            outputs: rows, inputs: r, values: Array(integers.joined()), scales: [Double](repeating: 1, count: rows))
        return QuantizedTable(
            matrix: matrix, packing: PackedTable(matrix.values, classes: classes, shifts: shifts), columns: steps)
    }

    /// `EᵀE` `[r, r]`.
    private static func gram(_ expander: [Float], r: Int) -> [Float] {
        var gram = [Float](repeating: 0, count: r * r)
        for d in 0..<expander.count / r {
            for i in 0..<r {
                for j in 0..<r { gram[i * r + j] += expander[d * r + i] * expander[d * r + j] }
            }
        }
        return gram
    }

    /// Bits of columns above the mean, whole numbers whose sum is 0: a column that counts twice as much has one more.
    static func shifts(_ importance: [Double]) -> [Int] {
        let logarithms = importance.map { Elementary.log(max($0, 1e-30)) / Elementary.log(2) }
        let mean = logarithms.reduce(0, +) / Double(logarithms.count)
        let wanted = logarithms.map { min(max($0 - mean, -PackedTable.mostShift), PackedTable.mostShift) }
        var shifts = wanted.map { Int($0.rounded()) }
        while true {
            let sum = shifts.reduce(0, +)
            guard sum != 0 else { return shifts }
            let sign = sum > 0 ? 1.0 : -1.0
            let excess = shifts.indices.map { sign * (Double(shifts[$0]) - wanted[$0]) }
            let most = shifts.indices.max { (excess[$0], -$0) < (excess[$1], -$1) } ?? 0
            shifts[most] -= sum > 0 ? 1 : -1
        }
    }
}
