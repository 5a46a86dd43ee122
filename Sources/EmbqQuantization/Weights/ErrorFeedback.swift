/// Rounding of a weight row in which each column makes good what rounding did to the sums so far.
///
/// The error of a layer's output is `eᵀ H e` with e the row's rounding errors and H the mean of x xᵀ. With H = L̃ᵀ L̃,
/// L̃ lower triangular, it is a sum of squares `(L̃ᵢᵢ eᵢ + Σ_{j<i} L̃ᵢⱼ eⱼ)²`, which are made small one after the other;
/// then single columns move by steps while that helps.
///
/// Sources: E. Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
/// arXiv 2210.17323, in the form of J. Chen et al., "The Geometry of LLM Quantization: GPTQ as Babai's Nearest Plane
/// Algorithm", arXiv 2507.18553; the moves are coordinate descent as in "QuantEase", arXiv 2309.01885.
package struct ErrorFeedback: Sendable {
    package let width: Int
    /// H with a hundredth of its mean diagonal added to the diagonal, `[width, width]`.
    private let gram: [Float]
    /// `L̃ᵢⱼ / L̃ᵢᵢ`, `[width, width]`, read below the diagonal.
    private let feedback: [Float]

    /// The part of the mean diagonal that is added to the diagonal, as in GPTQ §3.3.
    private static let damping: Float = 0.01
    /// Rounds of moves at most.
    package static let passes = 4

    /// - Parameter gram: the mean of x xᵀ, `[width, width]`.
    /// - Returns: nil when the moments say nothing: all are zero, or they cannot be factored.
    package init?(_ gram: [Float], width: Int) {
        let mean = (0..<width).reduce(Float(0)) { $0 + gram[$1 * width + $1] } / Float(width)
        guard mean > 0, mean.isFinite else { return nil }
        var damped = gram
        for i in 0..<width { damped[i * width + i] += mean * Self.damping }
        guard let factor = Self.factored(damped, width) else { return nil }
        self.width = width
        self.gram = damped
        feedback = factor
    }

    /// The rows of L̃ over their diagonals: a Cholesky factorization from the last column to the first.
    private static func factored(_ gram: [Float], _ width: Int) -> [Float]? {
        var lower = [Float](repeating: 0, count: width * width)
        for i in 0..<width {
            for j in 0...i {
                let (row, column) = (width - 1 - i, width - 1 - j)
                let rest = gram[row * width + column] - dot(lower, i * width, lower, j * width, count: j)
                if i == j {
                    guard rest > 0, rest.isFinite else { return nil }
                    lower[i * width + i] = rest.squareRoot()
                } else {
                    lower[i * width + j] = rest / lower[j * width + j]
                }
            }
        }
        var feedback = [Float](repeating: 0, count: width * width)
        for i in 0..<width {
            let reversed = width - 1 - i
            for j in 0..<i {
                feedback[i * width + j] =
                    lower[(width - 1 - j) * width + reversed] / lower[reversed * width + reversed]
            }
        }
        return feedback
    }

    /// Rounds a row to integers.
    ///
    /// - Parameters:
    ///   - row: `[width]`.
    ///   - steps: the real value of one step of each column; 0 where only 0 can be stored.
    ///   - passes: rounds of moves at most; without any, what comes of it is GPTQ.
    ///   - nearest: of a column and a number in its steps, the integer nearest to it that can be stored.
    package func round(
        _ row: ArraySlice<Float>, steps: [Float], passes: Int = ErrorFeedback.passes, nearest: (Int, Float) -> Float
    ) -> [Int8] {
        var integers = [Float](repeating: 0, count: width)
        var errors = [Float](repeating: 0, count: width)
        for (i, weight) in row.enumerated() {
            let target = weight + dot(feedback, i * width, errors, 0, count: i)
            if steps[i] > 0 { integers[i] = nearest(i, target / steps[i]) }
            errors[i] = weight - integers[i] * steps[i]
        }
        improve(&integers, errors, steps: steps, passes: passes, nearest: nearest)
        return integers.map { Int8($0) }
    }

    /// Rounds a row with the step, of several, that leaves the least error.
    ///
    /// - Parameter steps: the real values of one step; of equally good ones the first counts.
    package func round(_ row: ArraySlice<Float>, anyOf steps: [Double], grid: WeightGrid) -> (
        integers: [Int8], step: Double
    ) {
        var best: (integers: [Int8], step: Double, error: Float) = ([], 0, .infinity)
        for step in steps {
            let integers = round(row, steps: [Float](repeating: Float(step), count: width)) { grid.nearest($1) }
            let error = error(of: integers, row, step: step)
            if best.integers.isEmpty || error < best.error { best = (integers, step, error) }
        }
        return (best.integers, best.step)
    }

    /// Rounds a row to a few levels: with the step that leaves the least error of several around the one that is best
    /// for single weights, which then becomes the one that is best for the integers found, as long as that helps.
    ///
    /// - Parameter floor: the smallest step.
    package func round(_ row: ArraySlice<Float>, grid: WeightGrid, floor: Double) -> (integers: [Int8], step: Double) {
        let importance = (0..<width).map { gram[$0 * width + $0] }
        let base = max(grid.step(for: row, importance: importance), floor)
        let factors = width <= Self.searchedWidth ? [1, 0.9, 1.1, 0.8, 1.2] : [1.0]
        var (integers, step) = round(row, anyOf: factors.map { max(base * $0, floor) }, grid: grid)
        var error = error(of: integers, row, step: step)
        for _ in 0..<Self.refits {
            let better = max(bestStep(of: integers, row) ?? step, floor)
            let found = round(row, anyOf: [better], grid: grid)
            let left = self.error(of: found.integers, row, step: better)
            guard left < error else { break }
            (integers, step, error) = (found.integers, better, left)
        }
        return (integers, step)
    }

    /// Rows up to so long are rounded with several steps.
    private static let searchedWidth = 512
    private static let refits = 3

    /// `eᵀ H e`.
    private func error(of integers: [Int8], _ row: ArraySlice<Float>, step: Double) -> Float {
        let errors = zip(row, integers).map { $0 - Float($1) * Float(step) }
        return (0..<width).reduce(Float(0)) { sum, i in
            sum + errors[i] * dot(gram, i * width, errors, 0, count: width)
        }
    }

    /// The step with which integers leave the least error: `qᵀ H w / qᵀ H q`.
    private func bestStep(of integers: [Int8], _ row: ArraySlice<Float>) -> Double? {
        let (integers, weights) = (integers.map { Float($0) }, Array(row))
        var (cross, square): (Float, Float) = (0, 0)
        for i in 0..<width where integers[i] != 0 {
            cross += integers[i] * dot(gram, i * width, weights, 0, count: width)
            square += integers[i] * dot(gram, i * width, integers, 0, count: width)
        }
        return square > 0 && cross > 0 ? Double(cross) / Double(square) : nil
    }

    /// Moves single columns to the integer that is best for the error of all.
    private func improve(
        _ integers: inout [Float], _ errors: [Float], steps: [Float], passes: Int, nearest: (Int, Float) -> Float
    ) {
        if passes == 0 { return }
        var slopes = (0..<width).map { dot(gram, $0 * width, errors, 0, count: width) }
        for _ in 0..<passes {
            var moved = false
            for i in 0..<width where steps[i] > 0 {
                let wanted = integers[i] + slopes[i] / (gram[i * width + i] * steps[i])
                let integer = nearest(i, wanted)
                guard integer != integers[i] else { continue }
                let change = (integer - integers[i]) * steps[i]
                integers[i] = integer
                add(-change, gram, i * width, to: &slopes, count: width)
                moved = true
            }
            if !moved { return }
        }
    }
}
