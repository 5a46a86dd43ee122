/// What the widths of the weights must achieve.
package struct WidthGoal: Sendable, Equatable {
    /// The most that weights, tables and arena may take at 256 tokens, in bytes.
    package var budget: Int?
    /// The least share of calibration sentences that must be answered as fp32 does, 0 to 1.
    package var minAgreement: Double?

    package init(budget: Int? = nil, minAgreement: Double? = nil) {
        self.budget = budget
        self.minAgreement = minAgreement
    }

    package var isEmpty: Bool { budget == nil && minAgreement == nil }

    /// What reaches the goal best: with a budget the finest choice that fits, else the smallest one that agrees.
    func best(of points: [WidthPoint]) -> WidthPoint? {
        let fitting = points.filter(holds)
        return budget == nil
            ? fitting.min { ($0.bytes, -$0.sqnrDB) < ($1.bytes, -$1.sqnrDB) }
            : fitting.max { ($0.sqnrDB, -$0.bytes) < ($1.sqnrDB, -$1.bytes) }
    }

    /// What comes nearest to a goal that no point reaches: within the budget what agrees most; where nothing fits it, the
    /// smallest that agrees, or the smallest of all.
    func nearest(of points: [WidthPoint]) -> WidthPoint? {
        func smallest(_ points: [WidthPoint]) -> WidthPoint? {
            points.min { ($0.bytes, -($0.agreement ?? 0)) < ($1.bytes, -($1.agreement ?? 0)) }
        }
        let fitting = points.filter(WidthGoal(budget: budget).holds)
        guard fitting.isEmpty else {
            return fitting.max { ($0.agreement ?? 0, -$0.bytes) < ($1.agreement ?? 0, -$1.bytes) }
        }
        return smallest(points.filter(WidthGoal(minAgreement: minAgreement).holds)) ?? smallest(points)
    }

    package func holds(_ point: WidthPoint) -> Bool {
        (budget.map { point.bytes <= $0 } ?? true)
            && (minAgreement.map { point.agreement ?? 1 >= $0 - 1e-9 } ?? true)
    }
}
