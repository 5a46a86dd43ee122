/// How often each class was taken for each other, and the scores that follow from it.
///
/// The scores equal scikit-learn's, which averages over the classes that occur, expected or predicted, and calls
/// what cannot be computed 0.
public struct ConfusionMatrix: Sendable, Equatable {
    /// The number of classes.
    public let classes: Int
    /// `[expected, predicted]`, row-major.
    public let counts: [Int]

    /// Counts pairs of class ids.
    ///
    /// - Precondition: as many expected as predicted ids, all in `0..<classes`.
    public init(expected: [Int], predicted: [Int], classes: Int) {
        precondition(expected.count == predicted.count)
        var counts = [Int](repeating: 0, count: classes * classes)
        for (e, p) in zip(expected, predicted) {
            precondition((0..<classes).contains(e) && (0..<classes).contains(p))
            counts[e * classes + p] += 1
        }
        self.classes = classes
        self.counts = counts
    }

    public subscript(expected e: Int, predicted p: Int) -> Int { counts[e * classes + p] }

    /// The number of rows counted.
    public var total: Int { counts.reduce(0, +) }
    /// The rows on the diagonal.
    public var correct: Int { (0..<classes).reduce(0) { $0 + self[expected: $1, predicted: $1] } }
    /// How often each class was expected.
    public var expectedCounts: [Int] {
        (0..<classes).map { e in (0..<classes).reduce(0) { $0 + self[expected: e, predicted: $1] } }
    }
    /// How often each class was predicted.
    public var predictedCounts: [Int] {
        (0..<classes).map { p in (0..<classes).reduce(0) { $0 + self[expected: $1, predicted: p] } }
    }

    /// The share of rows predicted right, 0 to 1.
    public var accuracy: Double { ratio(correct, total) }

    /// Matthews' correlation coefficient for any number of classes (Gorodkin's R_K), -1 to 1; 0 when one side is
    /// constant.
    public var mcc: Double {
        let (expected, predicted, n) = (expectedCounts, predictedCounts, total)
        func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let covariance = Double(correct * n - dot(expected, predicted))
        let spread = Double(n * n - dot(predicted, predicted)) * Double(n * n - dot(expected, expected))
        return spread == 0 ? 0 : covariance / spread.squareRoot()
    }

    /// The F1 of each class: the harmonic mean of its precision and recall, 0 when it never occurs.
    public var f1PerClass: [Double] {
        let (expected, predicted) = (expectedCounts, predictedCounts)
        return (0..<classes).map { ratio(2 * self[expected: $0, predicted: $0], expected[$0] + predicted[$0]) }
    }

    /// The mean F1 of the classes that occur.
    public var f1Macro: Double {
        let occurring = zip(f1PerClass, zip(expectedCounts, predictedCounts)).filter { $1.0 + $1.1 > 0 }
        return occurring.isEmpty ? 0 : occurring.reduce(0) { $0 + $1.0 } / Double(occurring.count)
    }

    /// The mean F1 of the classes, weighted by how often each was expected.
    public var f1Weighted: Double {
        guard total > 0 else { return 0 }
        return zip(f1PerClass, expectedCounts).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
    }

    /// The F1 of class 1, the positive one of two; 0 when there is no class 1.
    public var f1Binary: Double { classes > 1 ? f1PerClass[1] : 0 }

    private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
