package import EmbqCore

/// How alike two models answer the same rows, right or wrong: it needs no labels.
package struct Agreement: Sendable, Equatable {
    /// The fp32 model's predictions.
    package let reference: Predictions
    /// The int8 model's predictions.
    package let test: Predictions
    /// The largest difference of a logit, for each row.
    package let errors: [Float]
    /// Largest difference of two numbers that count as the same answer, for each output; empty for classes and labels.
    package let tolerances: [Double]
    /// The rows that are answered differently, in their order: another class, other labels, or a number further away
    /// than its output's tolerance.
    package let flippedRows: [Int]
    /// 10·log10(Σ reference² / Σ (reference - test)²) over all logits; +infinity when they are equal.
    package let sqnrDB: Double

    /// Compares predictions.
    ///
    /// - Throws: `.mismatch` when they differ in kind or in rows.
    package init(reference: Predictions, test: Predictions) throws(EmbqError) {
        guard reference.kind == test.kind, reference.rows == test.rows else {
            throw EmbqError(
                .mismatch,
                "the reference has \(reference.rows) rows of \(reference.width) logits, the model \(test.rows) rows of "
                    + "\(test.width)\(reference.width == test.width ? ", or other labels" : "")",
                advice: "Compare a model with the checkpoint it was made from, on the same data.")
        }
        self.reference = reference
        self.test = test
        let errors = (0..<test.rows).map { row in
            zip(reference.logits(ofRow: row), test.logits(ofRow: row)).reduce(Float(0)) {
                max($0, ($1.0 - $1.1).magnitude)
            }
        }
        self.errors = errors
        let tolerances = Self.tolerances(reference)
        self.tolerances = tolerances
        flippedRows = (0..<test.rows).filter { row in
            guard !tolerances.isEmpty else { return !reference.answersAlike(test, row: row) }
            return zip(zip(reference.logits(ofRow: row), test.logits(ofRow: row)), tolerances).contains {
                (Double($0.0) - Double($0.1)).magnitude > $1
            }
        }
        sqnrDB = signalToNoiseDB(reference: reference.logits, test: test.logits)
    }

    /// Part of the standard deviation by which two numbers of a regression may differ.
    package static let toleratedShare = 0.1
    /// Largest difference of two cosines, or two shares, that count as the same answer: both have a fixed scale.
    static let boundedTolerance = 0.02

    /// Tolerance of each output.
    ///
    /// That of a regression follows the unit of the model: a share of the standard deviation of the reference's answers
    /// on these rows. If the reference answers all rows alike, the share is of the magnitude of that answer.
    private static func tolerances(_ reference: Predictions) -> [Double] {
        switch reference.kind {
        case .classes, .multiLabel, .tags: []
        case .cosine, .share: [boundedTolerance]
        case .regression, .numbers: (0..<reference.width).map { toleratedShare * scale(reference, output: $0) }
        }
    }

    /// Standard deviation of one output over the rows; the root of its mean square if only rounding moves it.
    private static func scale(_ reference: Predictions, output: Int) -> Double {
        let values = stride(from: output, to: reference.logits.count, by: reference.width).map {
            Double(reference.logits[$0])
        }
        let count = Double(max(values.count, 1))
        let mean = values.reduce(0, +) / count
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        let magnitude = (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        return deviation > magnitude * 1e-6 ? deviation : magnitude
    }

    /// The share of rows that both models answer alike, 0 to 1.
    package var share: Double {
        test.rows == 0 ? 1 : Double(test.rows - flippedRows.count) / Double(test.rows)
    }

    /// The `count` rows with the largest errors, the worst first, earlier rows first among equals.
    ///
    /// - Parameter flippedFirst: flipped rows before all others.
    package func worstRows(_ count: Int, flippedFirst: Bool = false) -> [Int] {
        let flipped = Set(flippedFirst ? flippedRows : [])
        func place(_ row: Int) -> Float { flipped.contains(row) ? .infinity : errors[row] }
        let order = errors.indices.sorted { a, b in
            (place(b), errors[b], a) < (place(a), errors[a], b)
        }
        return Array(order.prefix(count))
    }
}

/// 10·log10(Σ reference² / Σ (reference - test)²), summed in double precision in the order of the values.
///
/// +infinity when both are equal; -infinity for noise on a reference of zeros.
/// - Precondition: as many values in both.
package func signalToNoiseDB(reference: [Float], test: [Float]) -> Double {
    var ratio = SignalToNoise()
    ratio.add(reference: reference, test: test)
    return ratio.decibels
}

/// Signal and noise added up piece by piece, in double precision.
package struct SignalToNoise: Sendable, Equatable {
    private var signal = 0.0
    private var noise = 0.0

    package init() {}

    /// - Precondition: as many values in both.
    package mutating func add(reference: some Collection<Float>, test: some Collection<Float>) {
        precondition(reference.count == test.count)
        for (r, t) in zip(reference, test) {
            signal += Double(r) * Double(r)
            noise += (Double(r) - Double(t)) * (Double(r) - Double(t))
        }
    }

    package mutating func add(_ other: SignalToNoise) {
        signal += other.signal
        noise += other.noise
    }

    /// As ``signalToNoiseDB(reference:test:)``.
    package var decibels: Double { noise == 0 ? .infinity : 10 * Elementary.log10(signal / noise) }
}
