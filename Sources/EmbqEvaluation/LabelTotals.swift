/// What the scores of a model with several labels a row follow from: for each label, how often it was expected,
/// predicted, and both; and how many rows have all labels right.
///
/// The scores equal scikit-learn's of an indicator matrix, which calls what cannot be computed 0.
package struct LabelTotals: Sendable, Equatable {
    /// How often each label was expected and predicted, by label.
    package private(set) var correct: [Int]
    /// How often each label was expected.
    package private(set) var expected: [Int]
    /// How often each label was predicted.
    package private(set) var predicted: [Int]
    package private(set) var rows = 0
    /// Rows whose predicted labels are those expected, all and no other.
    package private(set) var exactRows = 0

    package init(labels: Int) {
        correct = [Int](repeating: 0, count: labels)
        expected = correct
        predicted = correct
    }

    /// Counts rows with equal labels.
    ///
    /// - Precondition: ids of labels, each once, in order.
    package mutating func add(expected e: [Int], predicted p: [Int], rows count: Int) {
        rows += count
        if e == p { exactRows += count }
        for id in e { expected[id] += count }
        for id in p { predicted[id] += count }
        for id in e where p.contains(id) { correct[id] += count }
    }

    /// The share of rows whose labels are all right, 0 to 1.
    package var subsetAccuracy: Double { ratio(exactRows, rows) }
    /// F1 over all labels of all rows.
    package var f1Micro: Double {
        ratio(2 * correct.reduce(0, +), expected.reduce(0, +) + predicted.reduce(0, +))
    }
    /// The mean F1 of the labels.
    package var f1Macro: Double {
        f1PerLabel.isEmpty ? 0 : f1PerLabel.reduce(0, +) / Double(f1PerLabel.count)
    }
    /// The mean F1 of the labels, weighted by how often each was expected.
    package var f1Weighted: Double {
        let total = expected.reduce(0, +)
        guard total > 0 else { return 0 }
        return zip(f1PerLabel, expected).reduce(0) { $0 + $1.0 * Double($1.1) } / Double(total)
    }
    /// The F1 of each label.
    package var f1PerLabel: [Double] {
        expected.indices.map { ratio(2 * correct[$0], expected[$0] + predicted[$0]) }
    }

    /// The value of one metric, F1 over all labels; nil when it does not apply.
    func value(of metric: Metric) -> Double? {
        switch metric {
        case .accuracy: subsetAccuracy
        case .f1: f1Micro
        case .mcc, .spearman, .spanF1: nil
        }
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
