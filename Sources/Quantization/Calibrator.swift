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
            return (probe.histograms, probe.maxima)
        }
        var merged = [ActivationHistogram](repeating: ActivationHistogram(), count: points.count)
        var maxima = [[Float]](repeating: [], count: points.count)
        for (histograms, channels) in parts {
            for index in merged.indices {
                merged[index].merge(histograms[index])
                maxima[index] = maxima[index].isEmpty ? channels[index] : zip(maxima[index], channels[index]).map(max)
            }
        }
        for (name, histogram) in zip(points, merged)
        where !(histogram.minimum.isFinite && histogram.maximum.isFinite) {
            throw EmbqError(
                .nonFinite, place: "point '\(name)'", "an activation there is not a finite number",
                advice: "The weights are damaged or far out of range: check them with `embq inspect`.")
        }
        return CalibrationProfile(
            family: model.config.family, modelSHA256: modelSHA256, dataSHA256: dataSHA256,
            sentences: sentences.count, tokens: sentences.reduce(0) { $0 + $1.count }, observer: observer,
            points: points.indices.map {
                CalibrationProfile.Point(name: points[$0], histogram: merged[$0], channelMaxima: maxima[$0])
            })
    }
}

/// Counts the values of the points that it is asked for.
private struct HistogramProbe: ActivationProbe {
    private let slots: [String: Int]
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
        histograms[slot].add(values)
        if maxima[slot].isEmpty { maxima[slot] = [Float](repeating: 0, count: width) }
        for start in stride(from: 0, to: values.count, by: width) {
            for channel in 0..<width {
                maxima[slot][channel] = max(maxima[slot][channel], abs(values[start + channel]))
            }
        }
    }
}
