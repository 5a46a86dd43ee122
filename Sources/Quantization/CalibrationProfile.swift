public import ProtobufFiles
public import TensorCore

/// What calibration measured: a histogram for each point that becomes int8.
public struct CalibrationProfile: Sendable, Equatable {
    /// One quantized point, in the order in which the model reaches it.
    public struct Point: Sendable, Equatable {
        /// Such as `layers.0.norm`.
        public var name: String
        public var histogram: ActivationHistogram
        /// Largest magnitude in each channel; empty in profiles of older versions.
        public var channelMaxima: [Float] = []
    }

    public var family: String
    /// SHA-256 of the weights that were run.
    public var modelSHA256: String
    /// SHA-256 of the calibration data.
    public var dataSHA256: String
    public var sentences: Int
    public var tokens: Int
    /// The observer that turns the histograms into ranges, unless another one is asked for.
    public var observer: String
    public var points: [Point]

    public func point(_ name: String) -> Point? { points.first { $0.name == name } }

    /// The record that is stored in an `.embqcal` file.
    public var record: ProfileRecord {
        ProfileRecord(
            family: family, modelSHA256: modelSHA256, dataSHA256: dataSHA256, sentences: sentences, tokens: tokens,
            observer: observer,
            points: points.map { point in
                PointRecord(
                    name: point.name, minimum: point.histogram.minimum, maximum: point.histogram.maximum,
                    histogram: HistogramRecord(
                        exponent: point.histogram.exponent, counts: point.histogram.counts),
                    channelMaxima: point.channelMaxima)
            })
    }

    /// Takes a profile from its stored record.
    ///
    /// - Throws: `.unsupported` for an observer that does not exist or histograms of another size.
    public init(_ record: ProfileRecord) throws(EmbqError) {
        guard Observers.named(record.observer) != nil else {
            throw EmbqError(
                .unsupported, place: "observer", "the observer \"\(record.observer)\" is not known",
                advice: "Known observers: \(Observers.names.joined(separator: ", ")).")
        }
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
                        maximum: point.maximum),
                    channelMaxima: point.channelMaxima))
        }
        self.init(
            family: record.family, modelSHA256: record.modelSHA256, dataSHA256: record.dataSHA256,
            sentences: record.sentences, tokens: record.tokens, observer: record.observer, points: points)
    }

    init(
        family: String, modelSHA256: String, dataSHA256: String, sentences: Int, tokens: Int, observer: String,
        points: [Point]
    ) {
        self.family = family
        self.modelSHA256 = modelSHA256
        self.dataSHA256 = dataSHA256
        self.sentences = sentences
        self.tokens = tokens
        self.observer = observer
        self.points = points
    }
}
