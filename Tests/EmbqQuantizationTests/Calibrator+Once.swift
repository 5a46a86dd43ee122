import EmbqCore
import EmbqModels
import EmbqQuantization

extension Calibrator {
    /// Calibrates on token ids in one go. The profile keeps no sentences, so that it goes with ``QuantizationMethods/onRanges``.
    ///
    /// - Throws: as ``add(_:by:threads:progress:)``.
    static func calibrate(
        _ model: some FloatModel, points: [String], sentences: [[UInt16]], observer: String, modelSHA256: String,
        dataSHA256: String, threads: Int
    ) throws(EmbqError) -> CalibrationProfile {
        var calibrator = Calibrator(points: points)
        try calibrator.add(sentences.map { Sentence($0) }, by: model, threads: threads)
        return calibrator.profile(
            family: model.config.family, observer: observer, modelSHA256: modelSHA256, dataSHA256: dataSHA256, kept: nil
        )
    }
}

extension QuantizationMethods {
    /// All that a profile without sentences goes with.
    static let onRanges = Self.all.subtracting(.onSentences)
}
