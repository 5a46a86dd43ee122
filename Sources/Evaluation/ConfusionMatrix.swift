/// How often each class was taken for each other, and the scores that follow from it.
public struct ConfusionMatrix: Sendable, Equatable {
    /// The number of classes.
    public let classes: Int
    /// `[expected, predicted]`, row-major.
    public let counts: [Int]
    /// What the scores follow from.
    public let totals: ClassTotals

    /// Counts pairs of class ids.
    ///
    /// - Precondition: as many expected as predicted ids, all in `0..<classes`.
    public init(expected: [Int], predicted: [Int], classes: Int) {
        precondition(expected.count == predicted.count)
        var counts = [Int](repeating: 0, count: classes * classes)
        var totals = ClassTotals(classes: classes)
        for (e, p) in zip(expected, predicted) {
            precondition((0..<classes).contains(e) && (0..<classes).contains(p))
            counts[e * classes + p] += 1
            totals.add(expected: e, predicted: p, rows: 1)
        }
        self.classes = classes
        self.counts = counts
        self.totals = totals
    }

    public subscript(expected e: Int, predicted p: Int) -> Int { counts[e * classes + p] }

    /// The number of rows counted.
    public var total: Int { totals.total }
    /// The rows on the diagonal.
    public var correct: Int { totals.correct.reduce(0, +) }
    /// How often each class was expected.
    public var expectedCounts: [Int] { totals.expected }

    /// The scores, as ``ClassTotals`` has them.
    public var accuracy: Double { totals.accuracy }
    public var mcc: Double { totals.mcc }
    public var f1PerClass: [Double] { totals.f1PerClass }
    public var f1Macro: Double { totals.f1Macro }
    public var f1Weighted: Double { totals.f1Weighted }
    public var f1Binary: Double { totals.f1Binary }
}
