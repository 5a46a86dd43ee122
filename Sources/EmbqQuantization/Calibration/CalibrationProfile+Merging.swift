import EmbqContainers
package import EmbqCore

extension CalibrationProfile {
    /// The profile of both profiles' sentences: what one calibration on all of them would have measured, with both
    /// digests of the data in place of one.
    ///
    /// - Parameter observer: of the result; nil where both name the same one.
    /// - Throws: `.mismatch` for profiles of different models, points or observers; `.duplicate` when data of one is in
    ///   the other too; `.missing` when the result lacks what its observer reads; `.limitExceeded` for more sentences than a profile holds.
    package func merging(_ other: CalibrationProfile, observer: String? = nil) throws(EmbqError) -> CalibrationProfile {
        try requireSameModel(other)
        guard let observer = observer ?? (self.observer == other.observer ? self.observer : nil) else {
            throw EmbqError(
                .mismatch, "the profiles name different observers: \(self.observer) and \(other.observer)",
                advice: "Say with --observer which one the merged profile shall name.")
        }
        let data = self.data + other.data
        if let twice = self.data.first(where: other.data.contains) {
            throw EmbqError(
                .duplicate,
                "the profiles were made of the same data, SHA-256 \(twice): its sentences would count twice",
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
        merged.mergedDataSHA256 = data.sorted()
        merged.dataSHA256 = Self.digest(ofMerged: merged.mergedDataSHA256)
        merged.sentences = sentences
        merged.tokens = tokens
        merged.observer = observer
        merged.points = []
        for (a, b) in zip(points, other.points) { merged.points.append(try a.merging(b)) }
        if let rule = Observers.named(observer) { try merged.requireReadable(by: rule) }
        return merged
    }

    /// SHA-256 of the data of each profile that was made in one go.
    private var data: [String] { mergedDataSHA256.isEmpty ? [dataSHA256] : mergedDataSHA256 }

    /// SHA-256 of a list of digests, each ended by a line feed.
    static func digest(ofMerged digests: [String]) -> String {
        SHA256.hexadecimal(of: Array(digests.map { $0 + "\n" }.joined().utf8))
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
