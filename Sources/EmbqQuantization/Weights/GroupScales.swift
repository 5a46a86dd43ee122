/// The scales of a row of 4-bit weights: one for the row, and a factor of 0 … 15 for each group of 16.
///
/// Source of scales on two levels: S. Dai et al., "VS-Quant: Per-vector Scaled Quantization for Accurate Low-Precision
/// Neural Network Inference", arXiv 2102.04503, §4.
package struct GroupScales: Sendable, Equatable {
    /// Real value of one step of a group whose factor is 1.
    package var scale: Double
    /// `[groups]`.
    package var factors: [UInt8]
    /// What rounding to the nearest code costs, by importance.
    package var error: Float

    /// Scales for the least error, every weight rounded to the nearest code.
    ///
    /// - Parameters:
    ///   - row: `[inputs]`.
    ///   - importance: how much the square of each column's error counts, `[inputs]`.
    ///   - floor: the smallest scale.
    package init(_ row: ArraySlice<Float>, importance: [Float], floor: Double = 0) {
        let groups = Self.groups(row, importance)
        let largest = groups.reduce(0) { max($0, Self.bestStep($1)) }
        var best: (error: Float, scales: GroupScales)?
        // The largest factor is not always best for the others' grids.
        for top in stride(from: Float(PackedWeights.factors.upperBound), through: 10, by: -1) {
            let scale = max(Double(largest / top), floor, 1e-30)
            let (factors, error) = Self.factors(groups, scale: Float(scale))
            if error < best?.error ?? .infinity {
                best = (error, GroupScales(scale: scale, factors: factors, error: error))
            }
        }
        self = best?.scales ?? GroupScales(scale: max(floor, 1e-30), factors: groups.map { _ in 0 }, error: 0)
    }

    /// Factors for a scale that is given.
    init(_ row: ArraySlice<Float>, importance: [Float], scale: Double) {
        self.scale = scale
        (factors, error) = Self.factors(Self.groups(row, importance), scale: Float(scale))
    }

    /// The scale of a row of 8 bits, which has no groups.
    init(whole scale: Double) { self.init(scale: scale, factors: [], error: 0) }

    private init(scale: Double, factors: [UInt8], error: Float) {
        self.scale = scale
        self.factors = factors
        self.error = error
    }

    /// The step of each of a row's columns.
    func steps(inputs: Int) -> [Float] {
        (0..<inputs).map { Float(scale * Double(factors[$0 / PackedWeights.group])) }
    }

    /// Weights of a group and what their errors count.
    typealias Group = (weights: ArraySlice<Float>, importance: ArraySlice<Float>)

    static func groups(_ row: ArraySlice<Float>, _ importance: [Float]) -> [Group] {
        stride(from: 0, to: row.count, by: PackedWeights.group).map { start in
            let end = min(start + PackedWeights.group, row.count)
            return (row[row.startIndex + start..<row.startIndex + end], importance[start..<end])
        }
    }

    /// The step, free of any grid, that rounds a group best.
    static func bestStep(_ group: Group) -> Float {
        let largest = group.weights.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return 0 }
        var best: (error: Float, step: Float) = (.infinity, largest / 7)
        for reach in stride(from: Float(5.5), through: 9, by: 0.25) {
            let found = error(group, step: largest / reach)
            if found < best.error { best = (found, largest / reach) }
        }
        return best.step
    }

    static func error(_ group: Group, step: Float) -> Float {
        var sum: Float = 0
        let inverse = step > 0 ? 1 / step : 0
        for (weight, importance) in zip(group.weights, group.importance) {
            let error = weight - min(max((weight * inverse).rounded(), -8), 7) * step
            sum += importance * error * error
        }
        return sum
    }

    private static func factors(_ groups: [Group], scale: Float) -> (factors: [UInt8], error: Float) {
        var total: Float = 0
        let factors = groups.map { group in
            let wanted = bestStep(group) / scale
            var best: (error: Float, factor: UInt8) = (.infinity, 0)
            for factor in max(0, Int(wanted) - 1)...max(0, Int(wanted) + 2) {
                let factor = UInt8(min(factor, PackedWeights.factors.upperBound))
                let found = error(group, step: scale * Float(factor))
                if found < best.error { best = (found, factor) }
            }
            total += best.error
            return best.factor
        }
        return (factors, total)
    }
}
