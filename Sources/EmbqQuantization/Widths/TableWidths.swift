import EmbqCore

/// How much the errors of a token table's rows count, and what widths they get for it.
///
/// Vocabularies are ordered by frequency, or by merges: so rows that follow one another are a class of one width. A
/// row's error counts as often as the row is read, or as much as it was measured: a class that counts four times as much
/// has one more bit.
struct TableWidths {
    /// Rows behind the last one of each class.
    private let ends: [Int]
    /// How much a row of each class counts.
    private let densities: [Double]

    /// The least bits of a row.
    static let leastBits = 2

    /// - Parameters:
    ///   - sentences: token ids.
    ///   - noise: what errors of one size in the rows of each octave do to the logits; nil where the sentences tell how often
    ///     rows are read.
    init(rows: Int, sentences: [[UInt16]], noise: [Double]?) {
        let edges = [
            32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12_288, 16_384,
        ]
        let ends = (edges + [24_576, 32_768, 49_152]).filter { $0 < rows } + [rows]
        densities = Self.densities(ends, noise ?? Self.counts(rows: rows, sentences))
        self.ends = ends
    }

    /// Rows that are measured together: their ranks differ by a factor of two.
    static func octaves(rows: Int) -> [Range<Int>] {
        ranges((5..<16).map { 1 << $0 }.filter { 2 * $0 <= rows } + [rows])
    }

    /// How often the rows of each octave are read.
    private static func counts(rows: Int, _ sentences: [[UInt16]]) -> [Double] {
        let octaves = octaves(rows: rows)
        var counts = [Double](repeating: 0, count: octaves.count)
        for id in sentences.joined() where Int(id) < rows {
            counts[octaves.firstIndex { Int(id) < $0.upperBound } ?? octaves.count - 1] += 1
        }
        return counts
    }

    /// How much a row of each class counts. That falls as a power of rank, within an octave and from one to the next: what
    /// few sentences tell of an octave is interpolated in logarithms.
    ///
    /// - Parameter octaves: what the rows of each octave count together.
    private static func densities(_ ends: [Int], _ octaves: [Double]) -> [Double] {
        let rows = ends.last ?? 0
        // What was never read may be read all the same.
        let mean = octaves.reduce(0, +) / Double(max(rows, 1))
        let least = max(0.02 * mean, 1e-30)
        let known = zip(octaves, Self.octaves(rows: rows)).map { sum, range in
            (place: place(range), density: Elementary.log(max(sum / Double(range.count), least)))
        }
        return ranges(ends).map { range in
            let place = place(range)
            guard let above = known.firstIndex(where: { $0.place >= place }) else {
                return Elementary.exp(known.last?.density ?? 0)
            }
            guard above > 0 else { return Elementary.exp(known[0].density) }
            let (low, high) = (known[above - 1], known[above])
            let share = (place - low.place) / (high.place - low.place)
            return Elementary.exp(low.density + share * (high.density - low.density))
        }
    }

    private static func ranges(_ ends: [Int]) -> [Range<Int>] { zip([0] + ends, ends).map { $0..<$1 } }

    /// Where a class lies among the ranks, in logarithms.
    private static func place(_ rows: Range<Int>) -> Double {
        0.5 * Elementary.log(Double(max(rows.lowerBound, 8)) * Double(rows.upperBound))
    }

    /// Widths whose mean is at most `mean`, with the least sum of what rounding leaves.
    func classes(mean: Double) -> [PackedTable.RowClass] {
        var bits = [Int](repeating: Self.leastBits, count: ends.count)
        let sizes = zip(ends, [0] + ends).map { $0 - $1 }
        var left = mean * Double(ends.last ?? 0) - Double(sizes.reduce(0, +) * Self.leastBits)
        while true {
            let best = bits.indices.filter { bits[$0] < 8 && Double(sizes[$0]) <= left }.max {
                (gain($0, bits[$0]), -$0) < (gain($1, bits[$1]), -$1)
            }
            guard let best else { break }
            left -= Double(sizes[best])
            bits[best] += 1
        }
        var classes: [PackedTable.RowClass] = []
        for (end, bits) in zip(ends, bits) {
            if classes.last?.bits == bits { classes.removeLast() }
            classes.append(PackedTable.RowClass(end: end, bits: bits))
        }
        return classes
    }

    /// What one bit more of a class's rows takes off the noise, for each bit.
    private func gain(_ index: Int, _ bits: Int) -> Double {
        densities[index] * (WeightGrid.distortion(bits: Double(bits)) - WeightGrid.distortion(bits: Double(bits + 1)))
    }

    /// What rounding leaves, over the mean of all rows as they are read.
    func noise(_ classes: [PackedTable.RowClass]) -> Double {
        var (sum, weight, first) = (0.0, 0.0, 0)
        for (end, density) in zip(ends, densities) {
            let bits = classes.first { first < $0.end }?.bits ?? 8
            sum += density * Double(end - first) * WeightGrid.distortion(bits: Double(bits))
            weight += density * Double(end - first)
            first = end
        }
        return sum / weight
    }
}

extension WeightWidths {
    /// The fewest bits everywhere.
    package static func least(_ choices: [WidthChoice], memory: MemoryChoice) -> WeightWidths {
        var widths = WeightWidths(memory: memory, hasNarrowVectors: true)
        for choice in choices {
            if choice.isTable {
                widths.tables[choice.name] = [PackedTable.RowClass(end: choice.outputs, bits: TableWidths.leastBits)]
            } else {
                widths.bits[choice.name] = WeightGrid.packed.lowerBound
            }
        }
        return widths
    }
}

extension [PackedTable.RowClass] {
    /// Mean bits of a row's numbers.
    package var meanBits: Double {
        var (sum, first) = (0, 0)
        for rows in self {
            sum += rows.bits * (rows.end - first)
            first = rows.end
        }
        return first == 0 ? 8 : Double(sum) / Double(first)
    }

    /// Bytes of a table's rows.
    func byteCount(columns: Int) -> Int {
        var (sum, first) = (0, 0)
        for rows in self {
            sum += (rows.bits * columns + 7) / 8 * (rows.end - first)
            first = rows.end
        }
        return sum
    }
}
