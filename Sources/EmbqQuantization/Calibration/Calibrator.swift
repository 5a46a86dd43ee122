package import EmbqCore
package import EmbqModels

/// Runs a model over calibration sentences and keeps a histogram of every point that is quantized.
///
/// All that is kept is the same in whatever order and pieces the sentences come.
package struct Calibrator: Sendable {
    private let points: [String]
    private var counted: [ActivationHistogram]
    /// By point, the largest magnitude of each channel.
    private var maxima: [[Float]]
    /// Run so far.
    package private(set) var sentences = 0
    package private(set) var tokens = 0

    /// - Parameter points: the names of the points to observe, in order.
    package init(points: [String]) {
        self.points = points
        counted = [ActivationHistogram](repeating: ActivationHistogram(), count: points.count)
        maxima = [[Float]](repeating: [], count: points.count)
    }

    /// Runs a model over more sentences.
    ///
    /// - Parameters:
    ///   - model: the model in the form that is quantized.
    ///   - sentences: none empty.
    ///   - progress: called with the number of sentences done.
    /// - Throws: `.nonFinite` when an activation is NaN or infinite.
    package mutating func add(
        _ sentences: [Sentence], by model: some FloatModel, threads: Int,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(EmbqError) {
        let runs = TokenBatch.runs(of: sentences)
        // A few batches share one set of histograms, so that memory does not grow with the calibration set.
        let groups = min(runs.count, max(1, threads) * 4)
        let names = points
        let parts = Parallel.map(groups, threads: threads) { group in
            var probe = HistogramProbe(names)
            for index in stride(from: group, to: runs.count, by: groups) {
                let batch = TokenBatch(sentences[runs[index]])
                probe.sentences = batch.sentences
                _ = model.logits(batch, probe: &probe)
                progress(runs[index].count)
            }
            return (probe.histograms, probe.maxima)
        }
        for (added, channels) in parts {
            for index in points.indices {
                counted[index].merge(added[index])
                maxima[index] = maxima[index].isEmpty ? channels[index] : zip(maxima[index], channels[index]).map(max)
            }
        }
        self.sentences += sentences.count
        tokens += sentences.reduce(0) { $0 + $1.count }
        for (name, histogram) in zip(points, counted)
        where !(histogram.minimum.isFinite && histogram.maximum.isFinite) {
            throw EmbqError(
                .nonFinite, place: "point '\(name)'", "an activation there is not a finite number",
                advice: "The weights are damaged or far out of range: check them with `embq inspect`.")
        }
    }

    /// What was measured so far, by point.
    package var histograms: [String: ActivationHistogram] {
        Dictionary(zip(points, counted), uniquingKeysWith: { first, _ in first })
    }

    /// What was measured so far.
    ///
    /// - Precondition: sentences were run.
    ///
    /// - Parameters:
    ///   - dataSHA256: of the rows that were run.
    ///   - kept: sentences for what is measured once ranges are known; nil to leave them out.
    ///   - isFolded: whether constants were folded in the model that ran.
    package func profile(
        family: String, observer: String, modelSHA256: String, dataSHA256: String, kept: CalibrationSentences?,
        isFolded: Bool = true
    ) -> CalibrationProfile {
        CalibrationProfile(
            family: family, modelSHA256: modelSHA256, dataSHA256: dataSHA256, sentences: sentences, tokens: tokens,
            observer: observer,
            points: points.indices.map {
                CalibrationProfile.Point(name: points[$0], histogram: counted[$0], channelMaxima: maxima[$0])
            }, isFolded: isFolded, kept: kept)
    }
}

/// Counts the values of the points that it is asked for.
private struct HistogramProbe: ActivationProbe {
    private let slots: [String: Int]
    /// Where the sentences lie in the batch that is run next.
    var sentences: [Range<Int>] = []
    var histograms: [ActivationHistogram]
    /// By point, the largest magnitude of each channel.
    var maxima: [[Float]]

    init(_ points: [String]) {
        slots = Dictionary(uniqueKeysWithValues: points.enumerated().map { ($1, $0) })
        histograms = [ActivationHistogram](repeating: ActivationHistogram(), count: points.count)
        maxima = [[Float]](repeating: [], count: points.count)
    }

    mutating func observe(_ point: String, _ values: [Float], width: Int) {
        guard let slot = slots[point] else { return }
        // Behind a pooling a sentence has one row.
        let isPooled = values.count == sentences.count * width
        histograms[slot].add(
            values,
            sentences: sentences.indices.lazy.map { [sentences] index in
                let rows = isPooled ? index..<index + 1 : sentences[index]
                return rows.lowerBound * width..<rows.upperBound * width
            })
        if maxima[slot].isEmpty { maxima[slot] = [Float](repeating: 0, count: width) }
        raise(&maxima[slot], toMagnitudesOf: values)
    }
}
