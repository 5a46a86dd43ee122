import ProtobufFiles

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

    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    /// `small` after a change.
    static func small(_ change: (inout ProfileRecord) -> Void) -> ProfileRecord {
        var profile = small
        change(&profile)
        return profile
    }
}
