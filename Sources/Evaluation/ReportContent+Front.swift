extension ReportContent {
    /// What could have been chosen: bytes against what is left of the model.
    public struct Front: Sendable, Equatable {
        /// One way to quantize the model.
        public struct Point: Sendable, Equatable {
            /// What it does: `4-bit token table, 8-bit linears`.
            public var label: String
            /// Weights, tables and arena, as ``MemoryMap/total`` counts them.
            public var bytes: Int
            /// The share of rows that are answered as fp32 does, 0 to 1; nil for what gives no answers.
            public var agreement: Double?
            /// Of the logits, in dB; infinite when nothing is lost.
            public var sqnrDB: Double
            /// ``Front/metric``; nil where it was not measured.
            public var score: Double?
            /// Whether this is the one that was made.
            public var chosen: Bool

            public init(
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

        public var points: [Point]
        /// The most bytes that were allowed; nil when there was no limit.
        public var budget: Int?
        /// What the scores are; nil where there are none.
        public var metric: Metric?
        /// What the points were measured on: `294 calibration sentences`.
        public var measuredOn: String

        public init(points: [Point], budget: Int? = nil, metric: Metric? = nil, measuredOn: String = "") {
            self.points = points
            self.budget = budget
            self.metric = metric
            self.measuredOn = measuredOn
        }
    }
}
