public import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A model's predictions beside those of its fp32 reference, on the same rows.
public struct Comparison: Sendable, Equatable {
    /// Predicted numbers this close count as the same answer: a tenth of a label point, 2 % of STS-B's scale.
    public static let regressionTolerance: Float = 0.1

    public let metric: Metric
    /// The fp32 model's predictions.
    public let reference: Predictions
    /// The int8 model's predictions.
    public let test: Predictions
    public let targets: Targets
    public let referenceScores: Scores
    public let testScores: Scores
    /// The metric's value for each model.
    public let referenceScore: Double
    public let testScore: Double
    /// The largest difference of a logit, for each row.
    public let errors: [Float]
    /// The rows that are answered differently, in their order: another class, or a number more than
    /// ``regressionTolerance`` away.
    public let flippedRows: [Int]
    /// 10·log10(Σ reference² / Σ (reference - test)²) over all logits; +infinity when they are equal.
    public let sqnrDB: Double

    /// Compares predictions.
    ///
    /// - Throws: `.mismatch` when they differ in kind or in rows, `.invalidRequest` when the metric does not apply.
    public init(reference: Predictions, test: Predictions, targets: Targets, metric: Metric) throws(EmbqError) {
        guard reference.kind == test.kind, reference.rows == test.rows else {
            throw EmbqError(
                .mismatch,
                "the reference has \(reference.rows) rows of \(reference.width) logits, the model \(test.rows) rows of "
                    + "\(test.width)\(reference.width == test.width ? ", or other labels" : "")",
                advice: "Compare a model with the checkpoint it was made from, on the same data.")
        }
        self.metric = metric
        self.reference = reference
        self.test = test
        self.targets = targets
        referenceScores = try Scores(reference, targets: targets)
        testScores = try Scores(test, targets: targets)
        referenceScore = try referenceScores.value(of: metric)
        testScore = try testScores.value(of: metric)
        let errors = (0..<test.rows).map { row in
            zip(reference.logits(ofRow: row), test.logits(ofRow: row)).reduce(Float(0)) {
                max($0, ($1.0 - $1.1).magnitude)
            }
        }
        self.errors = errors
        flippedRows = (0..<test.rows).filter { row in
            switch test.kind {
            case .classes: reference.classIDs[row] != test.classIDs[row]
            case .regression: errors[row] > Self.regressionTolerance
            }
        }
        sqnrDB = signalToNoiseDB(reference: reference.logits, test: test.logits)
    }

    /// The share of rows that both models answer alike, 0 to 1.
    public var agreement: Double {
        test.rows == 0 ? 1 : Double(test.rows - flippedRows.count) / Double(test.rows)
    }

    /// What the metric loses, in points of 100; negative when it gains.
    public var dropPoints: Double { (referenceScore - testScore) * 100 }

    /// The `count` rows with the largest errors, the worst first, earlier rows first among equals.
    public func worstRows(_ count: Int) -> [Int] {
        Array(errors.indices.sorted { (errors[$1], $0) < (errors[$0], $1) }.prefix(count))
    }

    /// The right answer of a row as text.
    public func expectedLabel(ofRow row: Int) -> String {
        switch (targets, test.kind) {
        case (.classes(let ids), .classes(let labels)): labels[ids[row]]
        case (.classes(let ids), .regression): "\(ids[row])"
        case (.values(let values), _): "\(values[row])"
        }
    }
}

/// 10·log10(Σ reference² / Σ (reference - test)²), summed in double precision in the order of the values.
///
/// +infinity when both are equal; -infinity for noise on a reference of zeros.
/// - Precondition: as many values in both.
public func signalToNoiseDB(reference: [Float], test: [Float]) -> Double {
    precondition(reference.count == test.count)
    var (signal, noise) = (0.0, 0.0)
    for (r, t) in zip(reference, test) {
        signal += Double(r) * Double(r)
        noise += (Double(r) - Double(t)) * (Double(r) - Double(t))
    }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
}
