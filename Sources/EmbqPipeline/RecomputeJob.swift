package import EmbqArtifact
package import EmbqCheckpoints
package import EmbqCore
package import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqQuantization
import EmbqRuntime

/// Makes an artifact again from its checkpoint and compares: weights that were changed later are found, whatever the
/// checksums and check vectors say.
package struct RecomputeJob: Sendable {
    package var checkpoint: CheckpointLocation
    /// The data that the artifact was calibrated on; nil: not given.
    package var data: String?
    package var columns: DataColumns
    /// The profile that the artifact was made with, in place of the data; nil: not given.
    package var profile: String?
    package var threads: Int

    package init(
        _ checkpoint: CheckpointLocation, data: String?, columns: DataColumns = DataColumns(), profile: String?,
        threads: Int
    ) {
        self.checkpoint = checkpoint
        self.data = data
        self.columns = columns
        self.profile = profile
        self.threads = threads
    }

    /// What section META says of the calibration.
    private struct Measured {
        var sentences: Int
        var tokens: Int
        var sha256: String
        /// Whether something was measured on sentences that the profile keeps.
        var usesKept: Bool

        init?(_ json: JSONValue?) {
            guard let sentences = json?["sentences"]?.int, let digest = json?["data_sha256"]?.string,
                let tokens = json?["tokens"]?.int
            else { return nil }
            (self.sentences, self.tokens, sha256) = (sentences, tokens, digest)
            usesKept = json?["rounding"] != nil || json?["choices"] != nil
        }
    }

    /// - Parameter path: of the artifact, for errors.
    /// - Throws: `.mismatch` for another checkpoint, other data or another profile than META names; `.invalidRequest`
    ///   without data or a profile that are needed; `.corrupted` with the first part that differs.
    package func run(_ artifact: ArtifactReader, at path: String) throws(EmbqError) {
        let model = try model(for: artifact)
        let calibration = artifact.provenance["calibration"]
        guard let ranges = Measured(calibration), let observer = calibration?["observer"]?.string else {
            throw EmbqError(
                .missing, file: path, place: "section 'META'", "it does not tell what it was calibrated on",
                advice: "Make the artifact again with this version of embq.")
        }
        let made =
            if let profile {
                try checked(CalibrationProfile(path: profile), ranges, profile)
            } else {
                try calibrated(model, ranges, observer, artifact.methods, at: path)
            }
        let limits = artifact.limits
        var again = QuantizeJob(
            model, profile: made, profilePath: profile, observer: observer, methods: artifact.methods,
            goal: WidthGoal(budget: limits.budget, minAgreement: limits.minCalibrationAgreement),
            threads: threads)
        again.part = PartLimits(flash: limits.flash, ram: limits.ram)
        again.limits.maxDropPoints = limits.maxDropPoints
        again.limits.maxDropUpperBound = limits.maxDropUpperBound
        again.limits.minAgreement = limits.minAgreement
        let other = try again.run().artifact
        if let difference = ArtifactDifference(artifact, other) {
            throw EmbqError(
                .corrupted, file: path, place: difference.place,
                "\(difference.found), as \(checkpoint.path) gives it", advice: advice(artifact))
        }
    }

    /// The checkpoint, shortened as the artifact is.
    private func model(for artifact: ArtifactReader) throws(EmbqError) -> ReleasedModel {
        var location = checkpoint
        var model = try ReleasedModel(Checkpoint(location))
        if artifact.device.maximumLength < model.config.maximumLength {
            location.maxTokens = artifact.device.maximumLength
            model = try ReleasedModel(Checkpoint(location))
        }
        let digest = artifact.provenance["model_sha256"]?.string ?? "none"
        guard digest == model.modelSHA256 else {
            throw EmbqError(
                .mismatch, file: checkpoint.path,
                "it has other weights, SHA-256 \(model.modelSHA256); the artifact tells \(EmbqError.printable(digest))",
                advice: "Give the checkpoint that the artifact was made from.")
        }
        return model
    }

    /// The profile of the data, which must be those that META names.
    private func calibrated(
        _ model: ReleasedModel, _ ranges: Measured, _ observer: String, _ methods: QuantizationMethods, at path: String
    ) throws(EmbqError) -> CalibrationProfile {
        guard let data else {
            throw EmbqError(
                .invalidRequest, file: path,
                "it was made with data of SHA-256 \(EmbqError.printable(ranges.sha256)), and cannot be made again without",
                advice: "Give them with --data, or the profile that it was made with with --profile.")
        }
        let rows = try LabelledData(path: data, columns: columns)
        let profile = try CalibrateJob(
            model, data: rows, samples: .rows(try count(ranges, rows, model)), observer: observer, methods: methods,
            keepsSentences: ranges.usesKept, threads: threads
        ).run { _, _, _ in }.profile
        guard profile.dataSHA256 == ranges.sha256 else {
            throw EmbqError(
                .mismatch, file: data,
                "the rows that calibration takes have SHA-256 \(profile.dataSHA256); the artifact was made with "
                    + EmbqError.printable(ranges.sha256),
                advice: "Give the same file, unchanged; for an artifact of a merged profile give that with --profile.")
        }
        try checkTokens(profile, ranges, data)
        return profile
    }

    /// Sentences of the same rows that have other tokens were cut to another length, or have another prompt or tokenizer.
    private func checkTokens(_ profile: CalibrationProfile, _ ranges: Measured, _ path: String) throws(EmbqError) {
        guard profile.tokens != ranges.tokens else { return }
        throw EmbqError(
            .mismatch, file: path,
            "its sentences have \(profile.tokens.grouped) tokens; the artifact was made with \(ranges.tokens.grouped) of the "
                + "same rows",
            advice: "Give the profile that the artifact was made with, or the same --prompt and --tokenizer.")
    }

    private func checked(_ profile: CalibrationProfile, _ ranges: Measured, _ path: String) throws(EmbqError)
        -> CalibrationProfile
    {
        guard profile.dataSHA256 == ranges.sha256, profile.sentences == ranges.sentences else {
            throw EmbqError(
                .mismatch, file: path,
                "it has \(profile.sentences) sentences of data with SHA-256 \(profile.dataSHA256); the artifact was made "
                    + "with \(ranges.sentences) of \(EmbqError.printable(ranges.sha256))",
                advice: "Give the profile that the artifact was made with.")
        }
        try checkTokens(profile, ranges, path)
        guard profile.kept != nil || !ranges.usesKept else {
            throw EmbqError(
                .mismatch, file: path, "it keeps no sentences; the artifact was made with some",
                advice: "Give the profile that the artifact was made with, or the data with --data.")
        }
        var profile = profile
        if !ranges.usesKept { profile.kept = nil }
        return profile
    }

    /// Rows of the data that give so many sentences; an encoder runs each text of a pair by itself.
    private func count(_ measured: Measured, _ data: LabelledData, _ model: ReleasedModel) throws(EmbqError) -> Int {
        func sentences(_ count: Int) -> Int {
            guard model.config.task == .embedding else { return count }
            return CalibrationSamples.spread(count, over: data.rows.count).reduce(0) { $0 + data.rows[$1].parts.count }
        }
        let wanted = measured.sentences
        let least = max(1, (wanted + 1) / 2)
        let most = min(wanted, data.rows.count)
        if least <= most, let count = (least...most).first(where: { sentences($0) == wanted }) { return count }
        throw EmbqError(
            .mismatch, file: data.file,
            "it has \(data.rows.count) rows, which cannot give the \(wanted) sentences that the artifact tells",
            advice:
                "Give the file that the artifact was calibrated on; for an artifact of a merged profile give that with --profile."
        )
    }

    private func advice(_ artifact: ArtifactReader) -> String {
        let (generator, current) = (artifact.provenance["generator"]?.string ?? "nobody", "embq \(embqVersion)")
        return generator == current
            ? "Do not use the artifact: make it again with `embq quantize`."
            : "\(EmbqError.printable(generator)) made it: verify it with that version, this is \(current)."
    }
}
