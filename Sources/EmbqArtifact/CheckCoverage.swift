import EmbqRuntime

/// What of a model its check vectors read: what they do not read, a replay proves nothing about.
package struct CheckCoverage: Encodable, Sendable, Equatable {
    /// Rows of the token table.
    package var tokens: Int
    /// Rows that there are.
    package var vocabulary: Int
    /// The most rows side by side that none reads.
    package var largestGap: Int
    /// Rows of the table of positions, from the first on.
    package var positions: Int
    /// Tokens of the longest sentence.
    package var maxLength: Int
    /// Logits, all of which are compared.
    package var outputs: Int
    /// Texts with [SEP] inside, as two texts are joined.
    package var pairs: Int

    enum CodingKeys: String, CodingKey {
        case tokens, vocabulary, positions, outputs, pairs
        case largestGap = "largest_gap"
        case maxLength = "max_length"
    }

    package init(_ artifact: ArtifactReader) {
        let ids = Set(artifact.checks.flatMap(\.ids).map(Int.init)).sorted()
        tokens = ids.count
        vocabulary = artifact.headWord(1)
        largestGap = zip([-1] + ids, ids + [vocabulary]).map { $1 - $0 - 1 }.max() ?? 0
        positions = artifact.checks.map(\.ids.count).max() ?? 0
        maxLength = artifact.device.maximumLength
        outputs = artifact.device.outputs
        let separator = artifact.headWord(5)
        pairs = artifact.checks.count { $0.ids.dropLast().contains { Int($0) == separator } }
    }
}
