/// What the scores of a classifier follow from: for each class, how often it was expected, predicted, and both.
///
/// The scores equal scikit-learn's, which averages over the classes that occur, expected or predicted, and calls
/// what cannot be computed 0.
package struct ClassTotals: Sendable, Equatable {
    /// How often each class was expected and predicted, by class.
    package internal(set) var correct: [Int]
    /// How often each class was expected.
    package internal(set) var expected: [Int]
    /// How often each class was predicted.
    package internal(set) var predicted: [Int]

    init(classes: Int) {
        correct = [Int](repeating: 0, count: classes)
        expected = correct
        predicted = correct
    }

    /// Counts rows of one expected and one predicted class.
    mutating func add(expected e: Int, predicted p: Int, rows: Int) {
        expected[e] += rows
        predicted[p] += rows
        if e == p { correct[e] += rows }
    }

    /// The number of rows counted.
    package var total: Int { expected.reduce(0, +) }

    /// The share of rows predicted right, 0 to 1.
    package var accuracy: Double { ratio(correct.reduce(0, +), total) }

    /// Matthews' correlation coefficient for any number of classes, -1 to 1; 0 when one side is constant.
    ///
    /// Source: J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient",
    /// Computational Biology and Chemistry 28, 2004, equation 8.
    package var mcc: Double {
        let n = total
        func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let covariance = Double(correct.reduce(0, +) * n - dot(expected, predicted))
        let spread = Double(n * n - dot(predicted, predicted)) * Double(n * n - dot(expected, expected))
        return spread == 0 ? 0 : covariance / spread.squareRoot()
    }

    /// The F1 of each class: the harmonic mean of its precision and recall, 0 when it never occurs.
    package var f1PerClass: [Double] {
        expected.indices.map { ratio(2 * correct[$0], expected[$0] + predicted[$0]) }
    }

    /// The mean F1 of the classes that occur.
    package var f1Macro: Double {
        let occurring = zip(f1PerClass, zip(expected, predicted)).filter { $1.0 + $1.1 > 0 }
        return occurring.isEmpty ? 0 : occurring.reduce(0) { $0 + $1.0 } / Double(occurring.count)
    }

    /// The mean F1 of the classes, weighted by how often each was expected.
    package var f1Weighted: Double {
        let rows = total
        guard rows > 0 else { return 0 }
        return zip(f1PerClass, expected).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(rows)
    }

    /// The F1 of class 1, the positive one of two; 0 when there is no class 1.
    package var f1Binary: Double { expected.count > 1 ? ratio(2 * correct[1], expected[1] + predicted[1]) : 0 }

    /// The value of one metric; nil when it does not apply to classes.
    func value(of metric: Metric) -> Double? {
        switch metric {
        case .accuracy: accuracy
        case .mcc: mcc
        case .f1: expected.count == 2 ? f1Binary : f1Weighted
        case .spearman, .spanF1: nil
        }
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
