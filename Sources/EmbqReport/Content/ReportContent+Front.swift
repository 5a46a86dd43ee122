package import EmbqEvaluation

extension ReportContent {
    /// What could have been chosen: bytes against what is left of the model.
    package struct Front: Sendable, Equatable {
        /// One way to quantize the model.
        package struct Point: Sendable, Equatable {
            /// What it does: `4-bit token table, 8-bit linears`.
            package var label: String
            /// Weights, tables and arena, as a footprint's total counts them.
            package var bytes: Int
            /// The share of rows that are answered as fp32 does, 0 to 1; nil for what gives no answers.
            package var agreement: Double?
            /// Of the logits, in dB; infinite when nothing is lost.
            package var sqnrDB: Double
            /// ``Front/metric``; nil where it was not measured.
            package var score: Double?
            /// Whether this is the one that was made.
            package var chosen: Bool

            package init(
                label: String, bytes: Int, agreement: Double?, sqnrDB: Double, score: Double? = nil,
                chosen: Bool = false
            ) {
                self.label = label
                self.bytes = bytes
                self.agreement = agreement
                self.sqnrDB = sqnrDB
                self.score = score
                self.chosen = chosen
            }
        }

        package var points: [Point]
        /// What the scores are; nil where there are none.
        package var metric: Metric?
        /// What the points were measured on: `294 calibration sentences`.
        package var measuredOn: String

        package init(points: [Point], metric: Metric? = nil, measuredOn: String = "") {
            self.points = points
            self.metric = metric
            self.measuredOn = measuredOn
        }
    }
}
