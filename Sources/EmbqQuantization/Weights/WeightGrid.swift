/// The integers that a weight of so many bits can be: odd ones up to 3 bits, whole ones above.
///
/// Few levels are best without a zero among them: with 2 bits those of −3, −1, 1, 3 leave less of a row that is spread as
/// a Gaussian is than −2, −1, 0, 1 do. With 4 bits and more there is no difference.
package struct WeightGrid: Sendable, Hashable {
    /// Bits of packed weights.
    package static let packed = 1...6

    package let bits: Int

    package init(bits: Int) { self.bits = bits }

    var isOdd: Bool { bits <= 3 }

    /// The lowest and the highest integer.
    var limits: ClosedRange<Float> {
        let half = Float(1 << (bits - 1))
        if bits == 8 { return -127...127 }
        return isOdd ? 1 - 2 * half...2 * half - 1 : -half...half - 1
    }

    /// The integer nearest to a number.
    package func nearest(_ value: Float) -> Float {
        let integer = isOdd ? 2 * (value / 2).rounded(.down) + 1 : value.rounded()
        return min(max(integer, limits.lowerBound), limits.upperBound)
    }

    /// What the packed matrix holds for an integer, from 0 on.
    func code(of integer: Int8) -> UInt32 {
        UInt32(isOdd ? (Int(integer) + (1 << bits) - 1) / 2 : Int(integer) + (1 << (bits - 1)))
    }

    /// The integer that a packed matrix's code stands for.
    func integer(of code: UInt32) -> Int {
        isOdd ? 2 * Int(code) + 1 - (1 << bits) : Int(code) - (1 << (bits - 1))
    }

    /// The step that rounds a Gaussian of deviation 1 best.
    ///
    /// Source: J. Max, "Quantizing for minimum distortion", IRE Trans. Inform. Theory 6 (1960), table II, halved where
    /// integers are odd.
    var bestStep: Double { [1.596 / 2, 0.996 / 2, 0.586 / 2, 0.335, 0.188, 0.104][bits - 1] }

    /// The square of what rounding a Gaussian of deviation 1 so leaves.
    ///
    /// Source: as for ``bestStep``; the last ones by its formula for many levels.
    static func distortion(bits: Double) -> Double {
        let known = [1, 0.3634, 0.1188, 0.03744, 0.01154, 0.003495, 0.001041, 0.000304, 0.0000876]
        let low = min(max(Int(bits), 0), known.count - 2)
        let share = min(max(bits - Double(low), 0), 1)
        return known[low] * (1 - share) + known[low + 1] * share
    }

    /// The step that rounds a row best, each weight to the nearest integer.
    ///
    /// - Parameter importance: how much the square of each column's error counts, `[inputs]`.
    package func step(for row: ArraySlice<Float>, importance: [Float]) -> Double {
        var (squares, weight): (Float, Float) = (0, 0)
        for (value, importance) in zip(row, importance) {
            squares += importance * value * value
            weight += importance
        }
        guard squares > 0, weight > 0 else { return 1e-30 }
        let deviation = Double((squares / weight).squareRoot())
        var best: (error: Float, step: Double) = (.infinity, 1e-30)
        for index in -8...8 {
            let step = deviation * bestStep * (1 + 0.06 * Double(index))
            let inverse = Float(1 / step)
            var error: Float = 0
            for (value, importance) in zip(row, importance) {
                let left = value - nearest(value * inverse) * Float(step)
                error += importance * left * left
            }
            if error < best.error { best = (error, step) }
        }
        return max(best.step, 1e-30)
    }
}
