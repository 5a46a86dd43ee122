import EmbqContainers
package import EmbqQuantization

/// What `embq inspect` says of a calibration profile.
package struct ProfileSummary: Encodable, Sendable {
    package struct Point: Encodable, Sendable {
        package var name: String
        /// Values counted.
        package var values: UInt64
        package var minimum: Float
        package var maximum: Float
        /// The histogram covers [-2^exponent, 2^exponent).
        package var exponent: Int
        /// Bins of the histogram that are not empty.
        package var bins: Int
        package var channels: Int
        /// By observer, what int8 would cover; an observer is left out that needs what the profile lacks.
        package var ranges: [String: Range]
    }

    /// The ranges that an observer chooses for 255 levels.
    package struct Range: Encodable, Sendable {
        /// The upper end of the range around zero.
        package var symmetric: Double
        /// Both ends of the range that need not hold zero.
        package var affine: [Double]
    }

    package var format = CalibrationProfileFile.format
    package var version: Int
    package var family: String
    package var modelSHA256: String
    package var dataSHA256: String
    package var sentences: Int
    /// Sentences that it keeps for rounding; 0: they were left out.
    package var kept: Int
    package var tokens: Int
    package var observer: String
    /// Whether norms were folded into the weights before.
    package var folded: Bool
    package var points: [Point]

    enum CodingKeys: String, CodingKey {
        case format, version, family, sentences, kept, tokens, observer, folded, points
        case modelSHA256 = "model_sha256"
        case dataSHA256 = "data_sha256"
    }

    package init(_ profile: CalibrationProfile) {
        version = CalibrationProfileFile.version
        family = profile.family
        modelSHA256 = profile.modelSHA256
        dataSHA256 = profile.dataSHA256
        sentences = profile.sentences
        kept = profile.kept?.items.count ?? 0
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
