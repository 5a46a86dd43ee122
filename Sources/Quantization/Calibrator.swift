public import Models
public import TensorCore

/// Runs a model over calibration sentences and keeps a histogram of every point that becomes int8.
public enum Calibrator {
    /// Calibrates on token ids.
    ///
    /// - Parameters:
    ///   - model: the model in the form that is quantized, constants folded.
    ///   - points: the names of the points to observe, in order.
    ///   - sentences: token ids, none empty.
    ///   - progress: called with the number of sentences done.
    /// - Throws: `.nonFinite` when an activation is NaN or infinite.
    public static func calibrate(
        _ model: some FloatModel, points: [String], sentences: [[UInt16]], observer: String, modelSHA256: String,
        dataSHA256: String, threads: Int, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(EmbqError) -> CalibrationProfile {
        let runs = TokenBatch.runs(of: sentences)
        // A few batches share one set of histograms, so that memory does not grow with the calibration set.
        let groups = min(runs.count, max(1, threads) * 4)
        let parts = Parallel.map(groups, threads: threads) { group in
            var probe = HistogramProbe(points)
            for index in stride(from: group, to: runs.count, by: groups) {
                _ = model.logits(TokenBatch(sentences[runs[index]]), probe: &probe)
                progress(runs[index].count)
            }
            return probe.histograms
        }
        var merged = [ActivationHistogram](repeating: ActivationHistogram(), count: points.count)
        for part in parts { for index in merged.indices { merged[index].merge(part[index]) } }
        for (name, histogram) in zip(points, merged)
        where !(histogram.minimum.isFinite && histogram.maximum.isFinite) {
            throw EmbqError(
                .nonFinite, place: "point '\(name)'", "an activation there is not a finite number",
                advice: "The weights are damaged or far out of range: check them with `embq inspect`.")
        }
        return CalibrationProfile(
            family: model.config.family, modelSHA256: modelSHA256, dataSHA256: dataSHA256,
            sentences: sentences.count, tokens: sentences.reduce(0) { $0 + $1.count }, observer: observer,
            points: zip(points, merged).map { CalibrationProfile.Point(name: $0, histogram: $1) })
    }
}

/// Counts the values of the points that it is asked for.
private struct HistogramProbe: ActivationProbe {
    private let slots: [String: Int]
    var histograms: [ActivationHistogram]

    init(_ points: [String]) {
        slots = Dictionary(uniqueKeysWithValues: points.enumerated().map { ($1, $0) })
        histograms = [ActivationHistogram](repeating: ActivationHistogram(), count: points.count)
    }

    mutating func observe(_ point: String, _ values: [Float], width: Int) {
        guard let slot = slots[point] else { return }
        histograms[slot].add(values)
    }
}
