package import EmbqContainers
package import EmbqCore

/// What calibration measured: a histogram for each point that is quantized.
package struct CalibrationProfile: Sendable, Equatable {
    /// One quantized point, in the order in which the model reaches it.
    package struct Point: Sendable, Equatable {
        /// Such as `layers.0.norm`.
        package var name: String
        package var histogram: ActivationHistogram
        /// Largest magnitude in each channel; empty in profiles of older versions.
        package var channelMaxima: [Float] = []
    }

    package var family: String
    /// SHA-256 of the weights that were run.
    package var modelSHA256: String
    /// Of the rows that were run, see ``DataDigest``: 64 lower-case hexadecimal digits.
    package internal(set) var dataSHA256: String
    package var sentences: Int
    package var tokens: Int
    /// The observer that turns the histograms into ranges, unless another one is asked for.
    package var observer: String
    package var points: [Point]
    /// Whether norms were folded into the weights behind them before the points were measured, as methods with folding
    /// quantize the model.
    package private(set) var isFolded: Bool
    /// Sentences for what is measured once ranges are known; nil where they were left out.
    package var kept: CalibrationSentences?

    package func point(_ name: String) -> Point? { points.first { $0.name == name } }

    /// - Throws: `.missing` when a point of the model was not measured.
    package func require(_ names: [String]) throws(EmbqError) {
        let known = Set(points.map(\.name))
        guard let lacking = names.first(where: { !known.contains($0) }) else { return }
        throw EmbqError(
            .missing, place: "point '\(lacking)'",
            "the profile does not have it; the model needs \(names.count) points",
            advice: "Calibrate this checkpoint again with `embq calibrate`.")
    }

    /// - Throws: `.missing` when the observer needs what profiles of older versions lack.
    func requireReadable(by observer: any RangeObserver) throws(EmbqError) {
        guard type(of: observer).readsSentences, let point = points.first(where: { $0.histogram.sentences == nil })
        else { return }
        throw EmbqError(
            .missing, place: "point '\(point.name)'",
            "the profile lacks the extremes of each sentence, which the observer \"\(type(of: observer).name)\" reads",
            advice: "An older version made it: calibrate again, or take another observer.")
    }

    /// The record that is stored in an `.embqcal` file.
    package var record: ProfileRecord {
        ProfileRecord(
            family: family, modelSHA256: modelSHA256, dataSHA256: dataSHA256, sentences: sentences, tokens: tokens,
            observer: observer,
            points: points.map { point in
                PointRecord(
                    name: point.name, minimum: point.histogram.minimum, maximum: point.histogram.maximum,
                    histogram: HistogramRecord(
                        exponent: point.histogram.exponent, counts: point.histogram.counts),
                    channelMaxima: point.channelMaxima,
                    sentenceMinima: point.histogram.sentences.map { ExactSumRecord($0.minima) },
                    sentenceMaxima: point.histogram.sentences.map { ExactSumRecord($0.maxima) })
            }, isAsReleased: !isFolded, kept: kept?.items.map(\.record) ?? [])
    }

    /// Takes a profile from its stored record.
    ///
    /// - Throws: `.unsupported` for an observer that does not exist or histograms of another size.
    package init(_ record: ProfileRecord) throws(EmbqError) {
        guard Observers.named(record.observer) != nil else { throw Observers.unknown(record.observer) }
        var points: [Point] = []
        for point in record.points {
            guard point.histogram.counts.count == ActivationHistogram.bins else {
                throw EmbqError(
                    .unsupported, place: "point '\(point.name)'",
                    "its histogram has \(point.histogram.counts.count) bins, \(ActivationHistogram.bins) are expected",
                    advice: "Calibrate again with this version of embq.")
            }
            points.append(
                Point(
                    name: point.name,
                    histogram: ActivationHistogram(
                        exponent: point.histogram.exponent, counts: point.histogram.counts, minimum: point.minimum,
                        maximum: point.maximum, sentences: SentenceExtremes(point, sentences: record.sentences)),
                    channelMaxima: point.channelMaxima))
        }
        self.init(
            family: record.family, modelSHA256: record.modelSHA256, dataSHA256: record.dataSHA256,
            sentences: record.sentences, tokens: record.tokens, observer: record.observer, points: points,
            isFolded: !record.isAsReleased,
            kept: record.kept.isEmpty ? nil : CalibrationSentences(record.kept.map { CalibrationSentences.Item($0) }))
    }

    init(
        family: String, modelSHA256: String, dataSHA256: String, sentences: Int, tokens: Int, observer: String,
        points: [Point], isFolded: Bool = true, kept: CalibrationSentences? = nil
    ) {
        self.family = family
        self.modelSHA256 = modelSHA256
        self.dataSHA256 = dataSHA256
        self.sentences = sentences
        self.tokens = tokens
        self.observer = observer
        self.points = points
        self.isFolded = isFolded
        self.kept = kept
    }
}

extension ExactSumRecord {
    fileprivate init(_ sum: ExactSum) {
        let terms = sum.terms
        self.init(exponent: terms.exponent, terms: terms.values)
    }
}

extension SentenceExtremes {
    /// A point's sums over all sentences; nil where they were not measured.
    fileprivate init?(_ point: PointRecord, sentences: Int) {
        guard let minima = point.sentenceMinima, let maxima = point.sentenceMaxima else { return nil }
        self.init(
            count: sentences, minima: ExactSum(exponent: minima.exponent, terms: minima.terms),
            maxima: ExactSum(exponent: maxima.exponent, terms: maxima.terms))
    }
}
