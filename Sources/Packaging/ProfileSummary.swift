import ProtobufFiles
public import Quantization

/// What `embq inspect` says of a calibration profile.
public struct ProfileSummary: Encodable, Sendable {
    public struct Point: Encodable, Sendable {
        public var name: String
        /// Values counted.
        public var values: UInt64
        public var minimum: Float
        public var maximum: Float
        /// The histogram covers [-2^exponent, 2^exponent).
        public var exponent: Int
        /// Bins of the histogram that are not empty.
        public var bins: Int
        public var channels: Int
        /// By observer, what int8 would cover; an observer is left out that needs what the profile lacks.
        public var ranges: [String: Range]
    }

    /// The ranges that an observer chooses for 255 levels.
    public struct Range: Encodable, Sendable {
        /// The upper end of the range around zero.
        public var symmetric: Double
        /// Both ends of the range that need not hold zero.
        public var affine: [Double]
    }

    public var format = CalibrationProfileFile.format
    public var version: Int
    public var family: String
    public var modelSHA256: String
    public var dataSHA256: String
    /// nil for a profile that was made in one go.
    public var mergedDataSHA256: [String]?
    public var sentences: Int
    public var tokens: Int
    public var observer: String
    /// Whether norms were folded into the weights before.
    public var folded: Bool
    public var points: [Point]

    enum CodingKeys: String, CodingKey {
        case format, version, family, sentences, tokens, observer, folded, points
        case modelSHA256 = "model_sha256"
        case dataSHA256 = "data_sha256"
        case mergedDataSHA256 = "merged_data_sha256"
    }

    public init(_ profile: CalibrationProfile) {
        version = CalibrationProfileFile.version(isAsReleased: !profile.isFolded)
        family = profile.family
        modelSHA256 = profile.modelSHA256
        dataSHA256 = profile.dataSHA256
        mergedDataSHA256 = profile.mergedDataSHA256.isEmpty ? nil : profile.mergedDataSHA256
        sentences = profile.sentences
        tokens = profile.tokens
        observer = profile.observer
        folded = profile.isFolded
        points = profile.points.map { Point($0) }
    }
}

extension ProfileSummary.Point {
    init(_ point: CalibrationProfile.Point) {
        let histogram = point.histogram
        name = point.name
        values = histogram.total
        minimum = histogram.minimum
        maximum = histogram.maximum
        exponent = histogram.exponent
        bins = histogram.counts.count { $0 > 0 }
        channels = point.channelMaxima.count
        ranges = [:]
        for observer in Observers.all where histogram.sentences != nil || !type(of: observer).readsSentences {
            let affine = observer.range(histogram, levels: 255, symmetric: false)
            ranges[type(of: observer).name] = ProfileSummary.Range(
                symmetric: observer.range(histogram, levels: 255, symmetric: true).upperBound,
                affine: [affine.lowerBound, affine.upperBound])
        }
    }
}
