import EmbqContainers
package import EmbqCore
import EmbqData

extension CalibrationProfile {
    /// The profile of both profiles' sentences: what one calibration on all of them would have measured.
    ///
    /// - Parameter observer: of the result; nil where both name the same one.
    /// - Throws: `.mismatch` for profiles of different models, points or observers, or of which one keeps no sentences;
    ///   `.duplicate` when both are of the same data; `.missing` when the result lacks what its observer reads; `.limitExceeded` for more sentences than a profile holds.
    package func merging(_ other: CalibrationProfile, observer: String? = nil) throws(EmbqError) -> CalibrationProfile {
        try requireSameModel(other)
        guard let observer = observer ?? (self.observer == other.observer ? self.observer : nil) else {
            throw EmbqError(
                .mismatch, "the profiles name different observers: \(self.observer) and \(other.observer)",
                advice: "Say with --observer which one the merged profile shall name.")
        }
        guard dataSHA256 != other.dataSHA256 else {
            throw EmbqError(
                .duplicate,
                "the profiles were made of the same data, SHA-256 \(dataSHA256): its sentences would count twice",
                advice: "Give each profile once, and calibrate on files that hold different sentences.")
        }
        let (sentences, tooMany) = self.sentences.addingReportingOverflow(other.sentences)
        let (tokens, overflow) = self.tokens.addingReportingOverflow(other.tokens)
        guard !tooMany, !overflow, sentences <= CalibrationProfileFile.maximumSentences else {
            throw EmbqError(
                .limitExceeded,
                "together they have more than \(CalibrationProfileFile.maximumSentences) sentences, or more tokens "
                    + "than 63 bits count",
                advice: "Merge fewer profiles.")
        }
        var merged = self
        merged.dataSHA256 = try (DataDigest(hexadecimal: dataSHA256) + DataDigest(hexadecimal: other.dataSHA256))
            .hexadecimal
        if let kept, let others = other.kept { merged.kept = kept.merging(others) }
        merged.sentences = sentences
        merged.tokens = tokens
        merged.observer = observer
        merged.points = []
        for (a, b) in zip(points, other.points) { merged.points.append(try a.merging(b)) }
        if let rule = Observers.named(observer) { try merged.requireReadable(by: rule) }
        return merged
    }

    /// Whether all sentences that one of both keeps are in the other: data that are merged twice, or data that repeat.
    package func seemsToShareData(with other: CalibrationProfile) -> Bool {
        guard let kept, let others = other.kept else { return false }
        return kept.seemIncluded(in: others, keepingAll: others.items.count == other.sentences)
            || others.seemIncluded(in: kept, keepingAll: kept.items.count == sentences)
    }

    private func requireSameModel(_ other: CalibrationProfile) throws(EmbqError) {
        let advice = "Merge profiles of one checkpoint; calibrate it again where they are not."
        guard family == other.family else {
            throw EmbqError(
                .mismatch, "the profiles are of different families: \(family) and \(other.family)", advice: advice)
        }
        guard modelSHA256 == other.modelSHA256 else {
            throw EmbqError(
                .mismatch,
                "the profiles were made with different weights, SHA-256 \(modelSHA256) and "
                    + other.modelSHA256, advice: advice)
        }
        guard isFolded == other.isFolded else {
            throw EmbqError(
                .mismatch, "one profile was measured with norms folded into the weights, the other one without",
                advice: "Calibrate both with the same --methods.")
        }
        guard (kept == nil) == (other.kept == nil) else {
            throw EmbqError(
                .mismatch, "one profile keeps sentences, the other one none",
                advice: "Calibrate both with --no-sentences, or both without.")
        }
        guard points.map(\.name) == other.points.map(\.name) else {
            throw EmbqError(
                .mismatch, "the profiles measured different points, \(points.count) and \(other.points.count)",
                advice: "Different versions of embq made them: calibrate again.")
        }
    }
}

extension CalibrationProfile.Point {
    /// The values of both. Where one lacks its channels or its sentences' extremes, so does the result.
    fileprivate func merging(_ other: Self) throws(EmbqError) -> Self {
        let (a, b) = (channelMaxima, other.channelMaxima)
        guard a.count == b.count || a.isEmpty || b.isEmpty else {
            throw EmbqError(
                .mismatch, place: "point '\(name)'", "it has \(a.count) channels in one profile, \(b.count) in another",
                advice: "One of the files is damaged: calibrate again.")
        }
        guard !histogram.total.addingReportingOverflow(other.histogram.total).overflow else {
            throw EmbqError(
                .limitExceeded, place: "point '\(name)'", "the histograms' counts add up to more than 64 bits hold",
                advice: "Merge fewer profiles.")
        }
        var merged = self
        merged.histogram.merge(other.histogram)
        merged.channelMaxima = a.isEmpty || b.isEmpty ? [] : zip(a, b).map(max)
        return merged
    }
}
