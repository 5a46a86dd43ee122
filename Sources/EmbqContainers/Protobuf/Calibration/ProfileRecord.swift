/// A calibration profile as its file stores it; `Schemas/calibration.proto` says what each field means.
package struct ProfileRecord: Sendable, Equatable {
    /// Model family as `embq inspect` names it.
    package var family: String
    /// SHA-256 of the bytes of all tensors, 64 lower-case hexadecimal digits.
    package var modelSHA256: String
    /// SHA-256 of the calibration data, 64 lower-case hexadecimal digits; of a merged profile, of the list of its data.
    package var dataSHA256: String
    /// Sentences that were run, at least 1.
    package var sentences: Int
    /// Tokens of those sentences without padding, at least 1.
    package var tokens: Int
    /// The rule that turns a histogram into a range unless the user asks for another.
    package var observer: String
    /// In the order in which the model computes them.
    package var points: [PointRecord]
    /// SHA-256 of the data of each profile that was merged into this one, ascending; empty when there are none.
    package var mergedDataSHA256: [String]
    /// Whether the points are those of the model as released, nothing folded.
    package var isAsReleased: Bool

    package init(
        family: String, modelSHA256: String, dataSHA256: String, sentences: Int, tokens: Int, observer: String,
        points: [PointRecord], mergedDataSHA256: [String] = [], isAsReleased: Bool = false
    ) {
        self.family = family
        self.modelSHA256 = modelSHA256
        self.dataSHA256 = dataSHA256
        self.sentences = sentences
        self.tokens = tokens
        self.observer = observer
        self.points = points
        self.mergedDataSHA256 = mergedDataSHA256
        self.isAsReleased = isAsReleased
    }
}
