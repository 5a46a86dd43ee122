import EmbqCore

/// The range that loses least information: of all ranges of whole bins the one whose values, clipped to it and then
/// rounded to the levels, are distributed most like the values that were seen.
///
/// P is the histogram inside the range, with all that lies outside added to the bins at its ends. For Q the bins of one
/// level share that level's values evenly, empty bins staying empty; a bin belongs to the level that holds its lower
/// edge. The least divergence KL(P‖Q) wins, the widest range among equals. Symmetric ranges count magnitudes, on
/// half of the levels. Of an affine range first the upper end is chosen, then the lower one, twice.
///
/// The bin of zero counts as much as the one above it: a peak there, as ReLU leaves it, costs nothing, for zero has an
/// integer of its own.
///
/// Source: S. Migacz, "8-bit Inference with TensorRT", GTC 2017, which is symmetric; the bin of zero, and bins that no
/// whole number of levels divides, as in `calib.histogram` of NVIDIA's pytorch-quantization.
package struct EntropyObserver: RangeObserver {
    package static let name = "entropy"
    /// Upper or lower ends tried at most for an affine range in one pass, evenly spread.
    private static let candidates = 512

    package func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double> {
        let full = MinMaxObserver().range(histogram, levels: levels, symmetric: symmetric)
        let width = histogram.binWidth
        let middle = ActivationHistogram.bins / 2
        if symmetric {
            var magnitudes = (0..<middle).map { histogram.counts[middle + $0] + histogram.counts[middle - 1 - $0] }
            magnitudes[0] = magnitudes[1]
            let bins = Divergence(magnitudes)
            let ends = Self.ends(from: (levels + 1) / 2, through: bins.used.upperBound, stride: 1)
            let best = Self.best(ends) { bins.divergence(0..<$0, levels: (levels + 1) / 2) }
            let reach = min(full.upperBound, best.map { Double($0) * width } ?? full.upperBound)
            return -reach...reach
        }
        var counts = histogram.counts
        counts[middle] = counts[middle + 1]
        let bins = Divergence(counts)
        var range = bins.used
        guard range.count > levels else { return full }
        let stride = (range.count - levels) / Self.candidates + 1
        for _ in 0..<2 {
            let highs = Self.ends(from: range.lowerBound + levels, through: bins.used.upperBound, stride: stride)
            let low = range.lowerBound
            range = low..<(Self.best(highs) { bins.divergence(low..<$0, levels: levels) } ?? range.upperBound)
            let lows = Self.ends(from: range.upperBound - levels, through: bins.used.lowerBound, stride: -stride)
            let high = range.upperBound
            range = (Self.best(lows) { bins.divergence($0..<high, levels: levels) } ?? low)..<high
        }
        let low = max(full.lowerBound, Double(range.lowerBound - middle) * width)
        return low...max(low, min(full.upperBound, Double(range.upperBound - middle) * width))
    }

    /// Ends from the narrowest range to the widest, which is always among them; none when there is no room.
    private static func ends(from first: Int, through last: Int, stride step: Int) -> [Int] {
        // Counted from the widest, so that it is met exactly.
        stride(from: last, through: first, by: -step).reversed()
    }

    /// The end of least divergence, the last among equals.
    private static func best(_ ends: [Int], _ divergence: (Int) -> Double) -> Int? {
        var best: (end: Int, divergence: Double)?
        for end in ends {
            let value = divergence(end)
            if value <= best?.divergence ?? .infinity { best = (end, value) }
        }
        return best?.end
    }
}

/// Divergences of ranges of one histogram, each in as many steps as there are levels.
private struct Divergence {
    private let counts: [Double]
    /// Of the bins before each: the sum of their counts c, the number of those not empty, and the sum of c·ln c.
    private var mass: [Double] = [0]
    private var filled: [Double] = [0]
    private var entropy: [Double] = [0]
    /// The bins from the first to the last that is not empty.
    let used: Range<Int>

    init(_ histogram: [UInt64]) {
        counts = histogram.map { Double($0) }
        let first = counts.firstIndex { $0 > 0 } ?? 0
        used = first..<(counts.lastIndex { $0 > 0 } ?? first) + 1
        for count in counts {
            mass.append((mass.last ?? 0) + count)
            filled.append((filled.last ?? 0) + (count > 0 ? 1 : 0))
            entropy.append((entropy.last ?? 0) + Self.term(count))
        }
    }

    private static func term(_ x: Double) -> Double { x > 0 ? x * Elementary.log(x) : 0 }

    /// KL(P‖Q) of a range in nats; infinite where Q has nothing at an end at which P has what was clipped.
    ///
    /// With N values in all, S of them inside, and a level's m values in n bins, so that each holds q = m/n:
    /// N·KL = Σ p·ln p − Σ p·ln q + N·ln(S/N), where Σ p·ln q is m·ln(m/n) summed over the levels and the ends' share.
    ///
    /// - Precondition: the range has at least as many bins as there are levels.
    func divergence(_ range: Range<Int>, levels: Int) -> Double {
        let total = mass[counts.count]
        let inside = mass[range.upperBound] - mass[range.lowerBound]
        var sum = entropy[range.upperBound] - entropy[range.lowerBound]
        var share = 0.0
        var (first, last) = (0.0, 0.0)
        var start = range.lowerBound
        for level in 1...levels {
            // The first bin of the next level: the least k with k·levels ≥ level·bins.
            let end = range.lowerBound + (level * range.count + levels - 1) / levels
            let values = mass[end] - mass[start]
            if values > 0 {
                let logarithm = Elementary.log(values / (filled[end] - filled[start]))
                share += values * logarithm
                if level == 1 { first = logarithm }
                if level == levels { last = logarithm }
            }
            start = end
        }
        for (bin, clipped, logarithm) in [
            (range.lowerBound, mass[range.lowerBound], first),
            (range.upperBound - 1, total - mass[range.upperBound], last),
        ] where clipped > 0 {
            guard counts[bin] > 0 else { return .infinity }
            sum += Self.term(counts[bin] + clipped) - Self.term(counts[bin])
            share += clipped * logarithm
        }
        return (sum - share) / total + Elementary.log(inside / total)
    }
}
