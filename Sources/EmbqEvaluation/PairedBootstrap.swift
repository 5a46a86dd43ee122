import EmbqCore
package import EmbqData

/// How far the scores of two models would move on other rows of the same kind: rows are drawn with replacement, the same
/// for both models, and every score is computed again.
///
/// The interval is the percentile interval: the middle 95 % of the resamples, its ends linear between neighbours. Equal
/// inputs give equal intervals, whatever the number of threads.
///
/// Sources: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3; paired over two systems as
/// in P. Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004, section 5.
package struct PairedBootstrap: Sendable, Equatable {
    /// The part of the resamples that lies in an interval.
    package static let confidence = 0.95
    /// Resamples that are drawn.
    package static let standardResamples = 2000

    package let resamples: Int
    package let referenceScore: ClosedRange<Double>
    package let testScore: ClosedRange<Double>
    /// Of what the metric loses, in points of 100.
    package let dropPoints: ClosedRange<Double>
    /// Of the share of rows that both models answer alike.
    package let agreement: ClosedRange<Double>

    /// Draws resamples of the rows of two classifiers or two regressions.
    ///
    /// - Parameter flipped: whether each row is answered differently.
    /// - Precondition: predictions and targets are of one kind and of one number of rows, at least one, and the metric
    ///   applies: ``Comparison`` has checked it.
    package init(
        reference: Predictions, test: Predictions, targets: Targets, metric: Metric, flipped: [Bool],
        resamples: Int = standardResamples, threads: Int = 1
    ) {
        let scorer: any ResampleScorer
        switch targets {
        case .classes(let expected):
            scorer = ClassScorer(expected, reference, test, metric, flipped)
        case .labelSets(let expected): scorer = LabelScorer(expected, reference, test, metric)
        case .tags(let expected, let sentences):
            scorer = TagScorer(expected, sentences, reference, test, metric, flipped)
        case .values(let expected): scorer = RankScorer(expected.map { [$0] }, reference, test, flipped)
        case .vectors(let expected): scorer = RankScorer(expected, reference, test, flipped)
        }
        let chunk = 50
        let parts = Parallel.map((resamples + chunk - 1) / chunk, threads: threads) { part in
            (part * chunk..<min((part + 1) * chunk, resamples)).map { number in
                // The seeds are far apart in the generator's sequence: they are hashed once themselves.
                var seeds = SplitMix64(seed: UInt64(number))
                var random = SplitMix64(seed: seeds.next())
                return scorer.score(&random)
            }
        }
        let drawn = Array(parts.joined())
        self.resamples = resamples
        referenceScore = Self.interval(drawn.map(\.reference))
        testScore = Self.interval(drawn.map(\.test))
        dropPoints = Self.interval(drawn.map { ($0.reference - $0.test) * 100 })
        agreement = Self.interval(drawn.map(\.agreement))
    }

    /// The middle ``confidence`` of values, as `numpy.percentile` has it.
    private static func interval(_ values: [Double]) -> ClosedRange<Double> {
        let sorted = values.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
        let outside = (1 - confidence) / 2
        let low = quantile(outside)
        return low...max(low, quantile(1 - outside))
    }
}

/// Scores of both models on a resample.
struct ResampleScores: Sendable {
    var reference: Double
    var test: Double
    var agreement: Double
}

protocol ResampleScorer: Sendable {
    /// Draws as many rows as there are, with replacement, and scores them.
    func score(_ random: inout SplitMix64) -> ResampleScores
}

/// Rows that are alike to every score, counted: what was expected and what both models said.
private struct ClassScorer: ResampleScorer {
    private struct Kind: Hashable {
        var expected: Int
        var reference: Int
        var test: Int
        var isFlipped: Bool
    }

    private let metric: Metric
    private let classes: Int
    private let kinds: [Kind]
    /// For each row, the index of its kind.
    private let kindOfRow: [UInt32]

    init(_ expected: [Int], _ reference: Predictions, _ test: Predictions, _ metric: Metric, _ flipped: [Bool]) {
        self.metric = metric
        classes = test.width
        var kinds: [Kind] = []
        var indices: [Kind: UInt32] = [:]
        kindOfRow = expected.indices.map { row in
            let kind = Kind(
                expected: expected[row], reference: reference.classIDs[row], test: test.classIDs[row],
                isFlipped: flipped[row])
            if let known = indices[kind] { return known }
            let index = UInt32(kinds.count)
            indices[kind] = index
            kinds.append(kind)
            return index
        }
        self.kinds = kinds
    }

    func score(_ random: inout SplitMix64) -> ResampleScores {
        var drawn = [Int](repeating: 0, count: kinds.count)
        for _ in kindOfRow.indices { drawn[Int(kindOfRow[random.index(below: kindOfRow.count)])] += 1 }
        var (reference, test) = (ClassTotals(classes: classes), ClassTotals(classes: classes))
        var flipped = 0
        for (kind, count) in zip(kinds, drawn) {
            reference.add(expected: kind.expected, predicted: kind.reference, rows: count)
            test.add(expected: kind.expected, predicted: kind.test, rows: count)
            if kind.isFlipped { flipped += count }
        }
        return ResampleScores(
            reference: reference.value(of: metric) ?? 0, test: test.value(of: metric) ?? 0,
            agreement: 1 - Double(flipped) / Double(kindOfRow.count))
    }
}

/// Rows with equal labels, counted: those expected and those of both models.
private struct LabelScorer: ResampleScorer {
    private struct Kind: Hashable {
        var expected: [Int]
        var reference: [Int]
        var test: [Int]
    }

    private let metric: Metric
    private let labels: Int
    private let kinds: [Kind]
    /// For each row, the index of its kind.
    private let kindOfRow: [Int]

    init(_ expected: [[Int]], _ reference: Predictions, _ test: Predictions, _ metric: Metric) {
        self.metric = metric
        labels = test.width
        var kinds: [Kind] = []
        var indices: [Kind: Int] = [:]
        kindOfRow = expected.indices.map { row in
            let kind = Kind(
                expected: expected[row], reference: reference.labelIDs(ofRow: row), test: test.labelIDs(ofRow: row))
            if let known = indices[kind] { return known }
            indices[kind] = kinds.count
            kinds.append(kind)
            return kinds.count - 1
        }
        self.kinds = kinds
    }

    func score(_ random: inout SplitMix64) -> ResampleScores {
        var drawn = [Int](repeating: 0, count: kinds.count)
        for _ in kindOfRow.indices { drawn[kindOfRow[random.index(below: kindOfRow.count)]] += 1 }
        var (reference, test) = (LabelTotals(labels: labels), LabelTotals(labels: labels))
        var flipped = 0
        for (kind, count) in zip(kinds, drawn) {
            reference.add(expected: kind.expected, predicted: kind.reference, rows: count)
            test.add(expected: kind.expected, predicted: kind.test, rows: count)
            if kind.reference != kind.test { flipped += count }
        }
        return ResampleScores(
            reference: reference.value(of: metric) ?? 0, test: test.value(of: metric) ?? 0,
            agreement: 1 - Double(flipped) / Double(kindOfRow.count))
    }
}

/// Spearman's correlation of rows drawn several times: ranks follow from how often each row was drawn, in an order that
/// is sorted once.
private struct RankScorer: ResampleScorer {
    /// One number of a row, over all rows.
    private struct Column {
        var expected: RankedValues
        var reference: RankedValues
        var test: RankedValues
    }

    private let columns: [Column]
    private let flipped: [Bool]

    init(_ expected: [[Double]], _ reference: Predictions, _ test: Predictions, _ flipped: [Bool]) {
        func values(_ predictions: Predictions, _ column: Int) -> RankedValues {
            RankedValues(
                stride(from: column, to: predictions.logits.count, by: predictions.width).map {
                    Double(predictions.logits[$0])
                })
        }
        columns = (0..<test.width).map { column in
            Column(
                expected: RankedValues(expected.map { $0[column] }), reference: values(reference, column),
                test: values(test, column))
        }
        self.flipped = flipped
    }

    func score(_ random: inout SplitMix64) -> ResampleScores {
        var drawn = [Int](repeating: 0, count: flipped.count)
        for _ in flipped.indices { drawn[random.index(below: flipped.count)] += 1 }
        var (reference, test) = (0.0, 0.0)
        for column in columns {
            let wanted = column.expected.centredRanks(drawn)
            reference += Self.correlation(wanted, column.reference.centredRanks(drawn), drawn)
            test += Self.correlation(wanted, column.test.centredRanks(drawn), drawn)
        }
        let changed = zip(flipped, drawn).reduce(0) { $0 + ($1.0 ? $1.1 : 0) }
        return ResampleScores(
            reference: reference / Double(columns.count), test: test / Double(columns.count),
            agreement: 1 - Double(changed) / Double(flipped.count))
    }

    /// Pearson's r of centred ranks; 0 where one side is constant, as the score itself counts it.
    private static func correlation(_ a: [Double], _ b: [Double], _ drawn: [Int]) -> Double {
        var (ab, aa, bb) = (0.0, 0.0, 0.0)
        for row in drawn.indices where drawn[row] > 0 {
            let weight = Double(drawn[row])
            ab += weight * a[row] * b[row]
            aa += weight * a[row] * a[row]
            bb += weight * b[row] * b[row]
        }
        return aa == 0 || bb == 0 ? 0 : min(1, max(-1, ab / (aa * bb).squareRoot()))
    }
}

/// Values in their order, equal ones side by side.
private struct RankedValues: Sendable {
    /// Rows from the smallest value to the largest.
    private let order: [Int]
    /// Where each run of equal values ends in the order.
    private let ends: [Int]

    init(_ values: [Double]) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        self.order = order
        ends = order.indices.filter { $0 + 1 == order.count || values[order[$0]] != values[order[$0 + 1]] }
            .map { $0 + 1 }
    }

    /// The rank of each row less the mean of all, when row i stands `drawn[i]` times; equal values share their mean
    /// rank. All are multiples of a half, and so exact.
    func centredRanks(_ drawn: [Int]) -> [Double] {
        var ranks = [Double](repeating: 0, count: order.count)
        let mean = Double(drawn.count + 1) / 2
        var (start, below) = (0, 0)
        for end in ends {
            let here = order[start..<end].reduce(0) { $0 + drawn[$1] }
            let rank = Double(below) + Double(here + 1) / 2 - mean
            for row in order[start..<end] { ranks[row] = rank }
            (start, below) = (end, below + here)
        }
        return ranks
    }
}
