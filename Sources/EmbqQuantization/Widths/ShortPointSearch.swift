package import EmbqCore

/// Finds the points that linear layers must read in 16 bits for logits with little noise, and no more of them.
///
/// 16 bits cost time: their products are summed in 64 bits. So most models keep 8 bits everywhere, and where the logits
/// are noisy, as small differences of large numbers are, points go back to 8 bits one after the other while the
/// logits stay good enough.
package enum ShortPointSearch {
    /// dB of the logits from which on nothing needs 16 bits.
    package static let enoughSQNR = 27.0
    /// dB that are aimed for where something does: what is measured here varies by a few with the sentences.
    package static let goodSQNR = 29.0
    /// dB that 16 bits everywhere must gain to be worth their time.
    private static let leastGain = 0.5
    /// Trials at most: those that cost least stay.
    private static let trials = 64

    /// - Parameters:
    ///   - points: those that can have 16 bits, the costliest first.
    ///   - plain: the SQNR with 8 bits everywhere.
    ///   - measure: the logits' SQNR in dB with these points in 16 bits.
    package static func choose(
        from points: [String], plain: Double, measure: (Set<String>) throws(EmbqError) -> Double
    ) throws(EmbqError) -> Set<String> {
        guard plain < enoughSQNR, !points.isEmpty else { return [] }
        var short = Set(points)
        let best = try measure(short)
        guard best > plain + leastGain else { return [] }
        let goal = min(goodSQNR, best - leastGain)
        for point in points.prefix(trials) {
            let fewer = short.subtracting([point])
            if try measure(fewer) >= goal { short = fewer }
        }
        return short
    }
}
