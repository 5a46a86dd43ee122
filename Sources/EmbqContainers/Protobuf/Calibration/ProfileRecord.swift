/// A calibration profile as its file stores it; `Schemas/calibration.proto` says what each field means.
package struct ProfileRecord: Sendable, Equatable {
    /// Model family as `embq inspect` names it.
    package var family: String
    /// SHA-256 of the bytes of all tensors, 64 lower-case hexadecimal digits.
    package var modelSHA256: String
    /// Of the rows that were run, 64 lower-case hexadecimal digits.
    package var dataSHA256: String
    /// Sentences that were run, at least 1.
    package var sentences: Int
    /// Tokens of those sentences without padding, at least 1.
    package var tokens: Int
    /// The rule that turns a histogram into a range unless the user asks for another.
    package var observer: String
    /// In the order in which the model computes them.
    package var points: [PointRecord]
    /// Whether the points are those of the model as released, nothing folded.
    package var isAsReleased: Bool
    /// What rounding is measured on, ascending; empty when they were left out.
    package var kept: [SentenceRecord]

    package init(
        family: String, modelSHA256: String, dataSHA256: String, sentences: Int, tokens: Int, observer: String,
        points: [PointRecord], isAsReleased: Bool = false, kept: [SentenceRecord] = []
    ) {
        self.family = family
        self.modelSHA256 = modelSHA256
        self.dataSHA256 = dataSHA256
        self.sentences = sentences
        self.tokens = tokens
        self.observer = observer
        self.points = points
        self.isAsReleased = isAsReleased
        self.kept = kept
    }
}
