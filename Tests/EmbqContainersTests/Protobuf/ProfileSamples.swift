import EmbqContainers
import EmbqCore

/// Profiles that several tests use.
enum ProfileSamples {
    /// The values of Fixtures/calibration/small.embqcal.
    static let small = ProfileRecord(
        family: "embbert", modelSHA256: digest, dataSHA256: String(digest.reversed()), sentences: 512, tokens: 6107,
        observer: "percentile",
        points: [
            PointRecord(
                name: "layer.0.norm", minimum: -3.25, maximum: 4.5,
                histogram: HistogramRecord(exponent: 3, counts: [0, 1, 2, 127, 128, 300, 16384, 5])),
            PointRecord(
                name: "layer.0.query", minimum: -0.125, maximum: 0.0078125,
                histogram: HistogramRecord(exponent: -3, counts: [7, 0, 0, 1])),
        ])

    /// The values of Fixtures/calibration/extremes.embqcal: the ends of what the format allows.
    static let extremes = ProfileRecord(
        family: "größe", modelSHA256: digest, dataSHA256: String(digest.reversed()), sentences: 1, tokens: Int.max,
        observer: "minmax",
        points: [
            PointRecord(
                name: "one.bin", minimum: .leastNonzeroMagnitude, maximum: .leastNonzeroMagnitude,
                histogram: HistogramRecord(exponent: -64, counts: [1])),
            PointRecord(
                name: "lengths", minimum: -.greatestFiniteMagnitude, maximum: .greatestFiniteMagnitude,
                histogram: HistogramRecord(exponent: 64, counts: (0..<9).map { 1 << (7 * $0) })),
            PointRecord(
                name: "the.largest.total", minimum: 0, maximum: 1,
                histogram: HistogramRecord(exponent: 0, counts: [1 << 62, (1 << 62) - 1])),
        ])

    /// The values of Fixtures/calibration/sentences.embqcal: channels, the sums over sentences, and sentences with answers.
    static let sentences = ProfileRecord(
        family: "EmbBERT", modelSHA256: digest, dataSHA256: String(digest.reversed()), sentences: 3, tokens: 20,
        observer: "moving-average",
        points: [
            PointRecord(
                name: "layers.0.norm", minimum: -1.5, maximum: 0.75,
                histogram: HistogramRecord(exponent: 1, counts: [2, 1, 4, 0]), channelMaxima: [1.5, 0.75],
                sentenceMinima: ExactSumRecord(exponent: -24, terms: [-8_388_608, -25_165_824]),
                sentenceMaxima: ExactSumRecord(exponent: 0, terms: [])),
            PointRecord(
                name: "pooled", minimum: -.greatestFiniteMagnitude, maximum: .greatestFiniteMagnitude,
                histogram: HistogramRecord(exponent: 64, counts: [1, 2]),
                sentenceMinima: ExactSumRecord(exponent: 104, terms: [-3 * 0xFF_FFFF]),
                sentenceMaxima: ExactSumRecord(
                    exponent: -149, terms: [1] + Array(repeating: 0, count: 252) + [3 * 0xFF_FFFF])),
        ],
        kept: [
            SentenceRecord(
                textSHA256: SHA256.bytes(of: Array("b".utf8)), ids: [2, 300, 65535], first: 2,
                target: SentenceRecord.Target(numbers: [0.5, -1e300])),
            SentenceRecord(
                textSHA256: SHA256.bytes(of: Array("a".utf8)), ids: [2, 5, 4, 6, 4], first: 1, second: 1,
                types: [0, 0, 0, 1, 1]),
            SentenceRecord(
                textSHA256: SHA256.bytes(of: Array("a".utf8)), ids: [2, 5, 4, 6, 4], first: 1, second: 1,
                types: [0, 0, 0, 1, 1], target: SentenceRecord.Target()),
        ])

    /// The values of Fixtures/calibration/as_released.embqcal.
    static let asReleased = ProfileRecord(
        family: "EmbBERT", modelSHA256: digest, dataSHA256: String(digest.reversed()), sentences: 512, tokens: 6107,
        observer: "entropy",
        points: [
            PointRecord(
                name: "layers.0.norm", minimum: -3.25, maximum: 4.5,
                histogram: HistogramRecord(exponent: 3, counts: [0, 1, 2, 5]))
        ], isAsReleased: true)

    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    /// `small` after a change.
    static func small(_ change: (inout ProfileRecord) -> Void) -> ProfileRecord {
        var profile = small
        change(&profile)
        return profile
    }
}
