import EmbqCore
import EmbqModels

/// First and second moments of a point's rows in fp32, x, and of the same rows as the quantized model gives them, x̂.
package struct PairedMoments: Sendable {
    package let width: Int
    private var count: Int
    /// Σ x and Σ x̂, `[width]`.
    private var sums: [Double]
    private var seenSums: [Double]
    /// Σ x̂ xᵀ and Σ x̂ x̂ᵀ, `[width, width]`.
    private var cross: [Float]
    private var square: [Float]

    /// - Parameters:
    ///   - rows: fp32 `[n, width]`.
    ///   - seen: the same rows of the quantized model, `[n, width]`.
    package init(_ rows: [Float], seen: [Float], width: Int) {
        precondition(rows.count == seen.count && width > 0 && rows.count % width == 0, "the same rows")
        self.width = width
        count = rows.count / width
        sums = [Double](repeating: 0, count: width)
        seenSums = sums
        var joined: [Float] = []
        joined.reserveCapacity(2 * rows.count)
        for start in stride(from: 0, to: rows.count, by: width) {
            for i in 0..<width {
                sums[i] += Double(rows[start + i])
                seenSums[i] += Double(seen[start + i])
            }
            joined += rows[start..<start + width]
            joined += seen[start..<start + width]
        }
        let (gram, row) = (gramMatrix(joined, width: 2 * width), 2 * width)
        (cross, square) = ([], [])
        for start in stride(from: width * row, to: row * row, by: row) {
            cross += gram[start..<start + width]
            square += gram[start + width..<start + row]
        }
    }

    /// Those of both sets of rows.
    package func merged(with other: PairedMoments) -> PairedMoments {
        var merged = self
        merged.count += other.count
        for i in sums.indices {
            merged.sums[i] += other.sums[i]
            merged.seenSums[i] += other.seenSums[i]
        }
        for i in cross.indices {
            merged.cross[i] += other.cross[i]
            merged.square[i] += other.square[i]
        }
        return merged
    }

    /// Means of x and of x̂ over the factors of their columns, `[width]`.
    func means(dividedBy factors: [Double]) -> (fp32: [Double], seen: [Double]) {
        let scale = 1 / Double(max(count, 1))
        func over(_ sums: [Double]) -> [Double] {
            sums.indices.map { sums[$0] * scale / (factors.isEmpty ? 1 : factors[$0]) }
        }
        return (over(sums), over(seenSums))
    }

    /// The covariance of x̂, and the matrix R with which `W R` times the quantized model's rows is nearest to `W` times
    /// fp32's: `R = E[x x̂ᵀ] (E[x̂ x̂ᵀ] + λ)⁻¹` of centred rows, λ a part of the mean diagonal that grows as rows are few.
    ///
    /// Source: ridge regression, as in J. Li et al., "GPTAQ: Efficient Finetuning-Free Quantization for Asymmetric
    /// Calibration", arXiv 2504.02692, which corrects for the inputs of the quantized layers before.
    ///
    /// - Returns: both `[width, width]`, R by its columns, one behind the other; nil when the moments say nothing.
    func regression(dividedBy factors: [Double]) -> (gram: [Float], columns: [Float])? {
        guard count > 1 else { return nil }
        let (fp32, seen) = means(dividedBy: factors)
        let scale = 1 / Double(count)
        func centred(_ products: [Float], _ right: [Double]) -> [Double] {
            products.indices.map { index in
                let (i, j) = (index / width, index % width)
                let factor = factors.isEmpty ? 1 : factors[i] * factors[j]
                return Double(products[index]) * scale / factor - seen[i] * right[j]
            }
        }
        var (gram, cross) = (centred(square, seen), centred(cross, fp32))
        let mean = (0..<width).reduce(0) { $0 + gram[$1 * width + $1] } / Double(width)
        guard mean > 0, mean.isFinite else { return nil }
        let bare = gram.map { Float($0) }
        let ridge = mean * (0.01 + 2 * Double(width) / Double(count))
        for i in 0..<width {
            gram[i * width + i] += ridge
            cross[i * width + i] += ridge
        }
        // Rows of the solution are columns of R.
        guard let columns = Self.solve(gram, cross, width) else { return nil }
        return (bare, columns.map { Float($0) })
    }

    /// `A⁻¹ B` for a positive definite A, by Cholesky's factorization.
    private static func solve(_ a: [Double], _ b: [Double], _ width: Int) -> [Double]? {
        var (lower, solution) = (a, b)
        for i in 0..<width {
            for j in 0...i {
                var rest = lower[i * width + j]
                for k in 0..<j { rest -= lower[i * width + k] * lower[j * width + k] }
                if i == j {
                    guard rest > 0, rest.isFinite else { return nil }
                    lower[i * width + i] = rest.squareRoot()
                } else {
                    lower[i * width + j] = rest / lower[j * width + j]
                }
            }
        }
        for i in 0..<width {
            for k in 0..<i {
                let factor = lower[i * width + k]
                for c in 0..<width { solution[i * width + c] -= factor * solution[k * width + c] }
            }
            for c in 0..<width { solution[i * width + c] /= lower[i * width + i] }
        }
        for i in (0..<width).reversed() {
            for k in i + 1..<width {
                let factor = lower[k * width + i]
                for c in 0..<width { solution[i * width + c] -= factor * solution[k * width + c] }
            }
            for c in 0..<width { solution[i * width + c] /= lower[i * width + i] }
        }
        return solution
    }
}
