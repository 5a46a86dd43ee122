/// How often each class was taken for each other, and the scores that follow from it.
package struct ConfusionMatrix: Sendable, Equatable {
    /// The number of classes.
    package let classes: Int
    /// `[expected, predicted]`, row-major.
    package let counts: [Int]
    /// What the scores follow from.
    package let totals: ClassTotals

    /// Counts pairs of class ids.
    ///
    /// - Precondition: as many expected as predicted ids, all in `0..<classes`.
    package init(expected: [Int], predicted: [Int], classes: Int) {
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

    package subscript(expected e: Int, predicted p: Int) -> Int { counts[e * classes + p] }

    /// The number of rows counted.
    package var total: Int { totals.total }
    /// The rows on the diagonal.
    package var correct: Int { totals.correct.reduce(0, +) }
    /// How often each class was expected.
    package var expectedCounts: [Int] { totals.expected }

    /// The scores, as ``ClassTotals`` has them.
    package var accuracy: Double { totals.accuracy }
    package var mcc: Double { totals.mcc }
    package var f1PerClass: [Double] { totals.f1PerClass }
    package var f1Macro: Double { totals.f1Macro }
    package var f1Weighted: Double { totals.f1Weighted }
    package var f1Binary: Double { totals.f1Binary }
}
