import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqQuantization

/// Looks at what passes through an artifact's quantized points on other sentences than those of its calibration.
struct RangeProbe {
    /// Sentences that fill the histograms well.
    static let standardSentences = 512

    /// As section META tells them.
    let points: [ActivationQuantizer]
    private let methods: QuantizationMethods

    /// - Throws: `.missing` for an artifact that does not tell its points, `.malformed` for points that make no sense.
    init(_ artifact: ArtifactReader) throws(EmbqError) {
        methods = artifact.methods
        points = try artifact.listed(
            "points", lacking: "its quantized points", wrong: "a point's name, scale, zero point and integers",
            ActivationQuantizer.init)
    }

    /// Histograms of the points' values in fp32 on some of the sentences, spread evenly, by name; and how many they were.
    /// A point that the model does not have gets none.
    ///
    /// - Throws: `.nonFinite` when an activation is NaN or infinite.
    func histograms(_ sentences: [Sentence], of model: QuantizableModel, threads: Int) throws(EmbqError)
        -> (byPoint: [String: ActivationHistogram], sentences: Int)
    {
        let listed = Set(points.map(\.name))
        var calibrator = Calibrator(points: model.points(methods).filter(listed.contains))
        let rows = CalibrationSamples.spread(min(sentences.count, Self.standardSentences), over: sentences.count)
        try calibrator.add(rows.map { sentences[$0] }, by: model.form(methods), threads: threads)
        return (calibrator.histograms, rows.count)
    }
}

extension ActivationQuantizer {
    /// A member of `points` in section META; nil when something is missing or out of range.
    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let scale = json["scale"]?.double, scale > 0, scale.isFinite,
            let zeroPoint = json["zero_point"]?.int, let integers = json["integers"]?.array?.compactMap(\.int),
            integers.count == 2, integers[0] < integers[1],
            ([zeroPoint] + integers).allSatisfy({ abs($0) < 1 << 20 })
        else { return nil }
        self.init(name: name, scale: scale, zeroPoint: zeroPoint, integers: integers[0]...integers[1])
    }
}
