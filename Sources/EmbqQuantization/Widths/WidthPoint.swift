/// One choice of widths, measured with the device's code on the calibration sentences.
package struct WidthPoint: Codable, Sendable, Equatable {
    /// Weights, tables and arena at 256 tokens.
    package var bytes: Int
    /// Mean bits of a weight of the tensors that have fewer than 8, by name.
    package var bits: [String: Double]
    /// Bits of what the arena holds for all positions; nil for 8.
    package var memory: MemoryChoice?
    /// Share of the sentences that are answered as fp32 does; nil for an encoder.
    package var agreement: Double?
    /// The metric on the sentences; nil where they have no labels.
    package var score: Double?
    /// Of the logits.
    package var sqnrDB: Double
    package var chosen = false

    package init(
        bytes: Int, bits: [String: Double], memory: MemoryChoice? = nil, agreement: Double?, score: Double? = nil,
        sqnrDB: Double
    ) {
        self.bytes = bytes
        self.bits = bits
        self.memory = memory
        self.agreement = agreement
        self.score = score
        self.sqnrDB = sqnrDB
    }

    /// What nothing else beats in bytes and SQNR at once, and the choice that reaches a goal best, marked: where the goal
    /// is agreement, another may be both smaller and less noisy. Largest first.
    ///
    /// - Returns: nil when no point reaches the goal.
    package static func front(_ points: [WidthPoint], _ goal: WidthGoal) -> [WidthPoint]? {
        guard let best = goal.best(of: points) else { return nil }
        var front: [WidthPoint] = []
        var finest = -Double.infinity
        for var point in points.sorted(by: { ($0.bytes, -$0.sqnrDB) < ($1.bytes, -$1.sqnrDB) }) {
            point.chosen = point == best
            guard point.chosen || point.sqnrDB > finest else { continue }
            front.append(point)
            finest = max(finest, point.sqnrDB)
        }
        return front.reversed()
    }

    enum CodingKeys: String, CodingKey {
        case bytes, bits, agreement, score, chosen
        case memory = "arena_bits"
        case sqnrDB = "sqnr_db"
    }
}
