package import EmbqCore
package import EmbqData

/// A model's predictions beside those of its fp32 reference, on the same labelled rows.
package struct Comparison: Sendable, Equatable {
    package let metric: Metric
    /// How alike both answer.
    package let answers: Agreement
    package let targets: Targets
    package let referenceScores: Scores
    package let testScores: Scores
    /// The metric's value for each model.
    package let referenceScore: Double
    package let testScore: Double
    /// How far chance in the choice of the rows moves the scores and the drop.
    package let bootstrap: PairedBootstrap
    /// The 95 % interval of the drop, in points of 100: of accuracy ``PairedDifference``; of another score of classes that
    /// of resampled rows, widened to hold accuracy's, since resamples of rows that are answered alike all agree; of a
    /// correlation that of resampled rows. Accuracy's is widened to hold 0 where McNemar's exact test calls the
    /// difference chance: an interval and a test side by side must not say different things.
    package let dropInterval: ClosedRange<Double>
    /// Whether the rows that only one of two classifiers has right are split by chance; nil for a regression.
    package let mcnemar: McNemarTest?

    /// Compares predictions.
    ///
    /// - Throws: `.mismatch` when they differ in kind or in rows, `.invalidRequest` when the metric does not apply.
    package init(
        reference: Predictions, test: Predictions, targets: Targets, metric: Metric, threads: Int = 1
    ) throws(EmbqError) {
        let answers = try Agreement(reference: reference, test: test)
        self.metric = metric
        self.answers = answers
        self.targets = targets
        referenceScores = try Scores(reference, targets: targets)
        testScores = try Scores(test, targets: targets)
        referenceScore = try referenceScores.value(of: metric)
        testScore = try testScores.value(of: metric)
        var flipped = [Bool](repeating: false, count: test.rows)
        for row in answers.flippedRows { flipped[row] = true }
        bootstrap = PairedBootstrap(
            reference: reference, test: test, targets: targets, metric: metric, flipped: flipped, threads: threads)
        if let referenceRight = targets.rowsRight(reference), let testRight = targets.rowsRight(test) {
            let test = McNemarTest(referenceRight: referenceRight, testRight: testRight)
            mcnemar = test
            let found = PairedDifference.interval(
                lost: test.onlyReferenceRight, won: test.onlyTestRight, rows: targets.count)
            let scored = found.lowerBound * 100...found.upperBound * 100
            let accuracy = test.isSignificant ? scored : scored.union(0...0)
            dropInterval = metric == .accuracy ? accuracy : bootstrap.dropPoints.union(accuracy)
        } else {
            mcnemar = nil
            dropInterval = bootstrap.dropPoints
        }
    }

    /// The fp32 model's predictions.
    package var reference: Predictions { answers.reference }
    /// The int8 model's predictions.
    package var test: Predictions { answers.test }
    /// As of ``Agreement``.
    package var errors: [Float] { answers.errors }
    package var flippedRows: [Int] { answers.flippedRows }
    package var sqnrDB: Double { answers.sqnrDB }

    /// The share of rows that both models answer alike, 0 to 1.
    package var agreement: Double { answers.share }

    /// What the metric loses, in points of 100; negative when it gains.
    package var dropPoints: Double { (referenceScore - testScore) * 100 }

    /// Whether the drop is more than chance: whether its interval leaves out 0, which for the accuracy of classifiers is
    /// what McNemar's test says.
    package var isSignificant: Bool { !dropInterval.contains(0) }

    /// The `count` rows with the largest errors, the worst first, earlier rows first among equals.
    package func worstRows(_ count: Int) -> [Int] { answers.worstRows(count) }

    /// The right answer of a row as text.
    package func expectedLabel(ofRow row: Int) -> String {
        switch (targets, test.kind) {
        case (.classes(let ids), .classes(let labels)), (.tags(let ids, _), .tags(let labels)): labels[ids[row]]
        case (.labelSets(let sets), .multiLabel(let labels)):
            sets[row].map { labels[$0] }.joined(separator: ",")
        case (.classes(let ids), _), (.tags(let ids, _), _): "\(ids[row])"
        case (.labelSets(let sets), _): sets[row].map { "\($0)" }.joined(separator: ",")
        case (.values(let values), _): "\(values[row])"
        case (.vectors(let vectors), _): vectors[row].map { "\($0)" }.joined(separator: ",")
        }
    }
}

extension Targets {
    /// True for each row whose class, or whose labels all, are predicted; nil for numbers.
    package func rowsRight(_ predictions: Predictions) -> [Bool]? {
        switch self {
        case .classes(let expected), .tags(let expected, _): zip(expected, predictions.classIDs).map { $0 == $1 }
        case .labelSets(let expected): expected.indices.map { expected[$0] == predictions.labelIDs(ofRow: $0) }
        case .values, .vectors: nil
        }
    }
}

extension ClosedRange {
    /// The narrowest range that holds both.
    fileprivate func union(_ other: Self) -> Self {
        Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
