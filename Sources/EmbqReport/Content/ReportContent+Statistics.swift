import EmbqCore
package import EmbqEvaluation

extension ReportContent {
    /// How sure the scores of a test set are. Every part is optional: what is nil is not shown.
    package struct Statistics: Sendable, Equatable {
        /// The chance with which an interval holds the true value, 0 to 1.
        package var confidence: Double
        /// How the intervals were found: `paired bootstrap of the rows, 10,000 resamples`.
        package var method: String
        /// Intervals of the metric's value, as ``Accuracy/score`` has it.
        package var referenceScore: ClosedRange<Double>?
        package var testScore: ClosedRange<Double>?
        /// Of what the metric loses, in points of 100.
        package var dropPoints: ClosedRange<Double>?
        /// Of the share of rows that both models answer alike, 0 to 1.
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
    }
}

extension ReportContent.Statistics {
    /// What a comparison says of its own scores.
    package init(_ comparison: Comparison) {
        let bootstrap = comparison.bootstrap
        self.init(
            confidence: PairedBootstrap.confidence,
            method: "paired bootstrap of the rows, \(bootstrap.resamples.grouped) resamples"
                + (comparison.mcnemar == nil
                    ? "" : "; the drop's is no narrower than the score interval of accuracy (Tango)"),
            referenceScore: bootstrap.referenceScore, testScore: bootstrap.testScore,
            dropPoints: comparison.dropInterval, agreement: bootstrap.agreement, mcnemar: comparison.mcnemar)
    }
}
