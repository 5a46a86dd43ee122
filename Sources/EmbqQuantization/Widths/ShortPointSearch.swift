package import EmbqCore

/// Finds what must have 16 bits for logits with little noise, and no more of it.
///
/// 16 bits cost time, and in weights memory. So most models keep 8 bits everywhere. Where the logits are noisy, as small
/// differences of large numbers are, points get 16, and where that is not enough weights too; then one after the other
/// goes back to 8 while the logits stay good enough.
package enum ShortPointSearch {
    /// dB of the logits from which on nothing needs 16 bits.
    package static let enoughSQNR = 27.0
    /// dB that are aimed for where something does: what is measured here varies by a few with the sentences.
    package static let goodSQNR = 29.0
    /// dB that are aimed for where weights need 16 bits too: there a little noise decides on answers, and what a few
    /// sentences show is no measure of others.
    package static let safeSQNR = 45.0
    /// dB that 16 bits everywhere must gain to be worth their time.
    private static let leastGain = 0.5
    /// Trials of points, and of weights, at most: those that cost least stay.
    private static let trials = 64

    /// What could have 16 bits, the costliest first.
    package struct Candidates: Sendable {
        package var points: [String]
        package var weights: [String]

        package init(points: [String], weights: [String]) {
            self.points = points
            self.weights = weights
        }
    }

    /// - Parameters:
    ///   - plain: the SQNR with 8 bits everywhere.
    ///   - candidates: of the artifact that was measured last.
    ///   - measure: the logits' SQNR in dB with a choice.
    package static func choose(
        plain: Double, candidates: () -> Candidates, measure: (ShortChoice) throws(EmbqError) -> Double
    ) throws(EmbqError) -> ShortChoice {
        let points = candidates().points
        guard plain < enoughSQNR, !points.isEmpty else { return ShortChoice() }
        var choice = ShortChoice(points: Set(points))
        var best = try measure(choice)
        // With points of 16 bits there are layers that could have such weights.
        let weights = candidates().weights
        if best < enoughSQNR, !weights.isEmpty {
            let fine = ShortChoice(points: choice.points, weights: Set(weights))
            let found = try measure(fine)
            if found > max(best, plain) + leastGain { (choice, best) = (fine, found) }
        }
        guard best > plain + leastGain else { return ShortChoice() }
        let goal = min(choice.weights.isEmpty ? goodSQNR : safeSQNR, best - leastGain)
        for weight in weights.prefix(trials) where choice.weights.contains(weight) {
            var fewer = choice
            fewer.weights.remove(weight)
            if try measure(fewer) >= goal { choice = fewer }
        }
        // A layer with weights of 16 bits reads 16.
        for point in points.prefix(trials) where choice.weights.isEmpty {
            var fewer = choice
            fewer.points.remove(point)
            if try measure(fewer) >= goal { choice = fewer }
        }
        return choice
    }
}
