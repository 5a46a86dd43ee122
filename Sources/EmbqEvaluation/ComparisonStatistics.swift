import EmbqCore

/// Certainty of the scores of a comparison. Every part is optional.
package struct ComparisonStatistics: Sendable, Equatable {
    /// Chance that an interval contains the true value, 0 to 1.
    package var confidence: Double
    /// Method that found the intervals: `paired bootstrap of the rows, 10,000 resamples`.
    package var method: String
    /// Intervals of the metric's value.
    package var referenceScore: ClosedRange<Double>?
    package var testScore: ClosedRange<Double>?
    /// Interval of the drop, in percentage points.
    package var dropPoints: ClosedRange<Double>?
    /// Interval of the agreement, 0 to 1.
    package var agreement: ClosedRange<Double>?
    package var mcnemar: McNemarTest?

    package init(
        confidence: Double = 0.95, method: String = "", referenceScore: ClosedRange<Double>? = nil,
        testScore: ClosedRange<Double>? = nil, dropPoints: ClosedRange<Double>? = nil,
        agreement: ClosedRange<Double>? = nil, mcnemar: McNemarTest? = nil
    ) {
        self.confidence = confidence
        self.method = method
        self.referenceScore = referenceScore
        self.testScore = testScore
        self.dropPoints = dropPoints
        self.agreement = agreement
        self.mcnemar = mcnemar
    }

    package init(_ comparison: Comparison) {
        let bootstrap = comparison.bootstrap
        self.init(
            confidence: PairedBootstrap.confidence,
            method: "paired bootstrap of the \(comparison.testScores.drawn), \(bootstrap.resamples.grouped) resamples"
                + (comparison.mcnemar == nil
                    ? "" : "; the drop's is no narrower than accuracy's by score (Tango) and by McNemar's exact test"),
            referenceScore: bootstrap.referenceScore, testScore: bootstrap.testScore,
            dropPoints: comparison.dropInterval, agreement: bootstrap.agreement, mcnemar: comparison.mcnemar)
    }
}
