package import EmbqCore

/// The tables of a suite of evaluations; `Schemas/evaluate-suite.schema.json` describes their JSON.
package struct SuiteSummary: Sendable, Equatable, Codable {
    /// A task of a table. A task of the benchmark that the suite does not have is there with a name and a metric alone.
    package struct Row: Sendable, Equatable, Codable {
        package var task: String
        package var metric: Metric
        package var isMissing: Bool
        package var rows: Int?
        package var referenceScore: Double?
        package var score: Double?
        package var dropPoints: Double?
        package var dropIntervalPoints: [Double]?
        package var dropIsSignificant: Bool?
        package var agreement: Double?
        package var sqnrDB: Double?
        /// Weights, tables and arena of the artifact, in bytes.
        package var total256: Int?
        /// Whether the row keeps the limits; nil when none was set.
        package var passed: Bool?

        enum CodingKeys: String, CodingKey {
            case task, metric, rows, score, agreement, passed
            case isMissing = "missing"
            case referenceScore = "reference_score"
            case dropPoints = "drop_points"
            case dropIntervalPoints = "drop_interval_points"
            case dropIsSignificant = "drop_is_significant"
            case sqnrDB = "sqnr_db"
            case total256 = "total_256"
        }

        init(missing task: String) {
            self.task = task
            metric = Metric.standard(forTask: task)
            isMissing = true
        }

        /// - Precondition: the evaluation had a reference and labels.
        init(_ task: String, _ result: SuiteResult) {
            let summary = result.summary
            self.task = task
            metric = summary.metric ?? Metric.standard(forTask: task)
            isMissing = false
            rows = summary.rows
            referenceScore = summary.referenceScore
            score = summary.score
            dropPoints = summary.dropPoints
            dropIntervalPoints = summary.dropIntervalPoints
            dropIsSignificant = summary.dropIsSignificant
            agreement = summary.agreement
            sqnrDB = summary.sqnrDB
            total256 = result.totalBytes
            passed = summary.passed
        }
    }

    /// The mean over the tasks that are there.
    package struct Mean: Sendable, Equatable, Codable {
        /// Tasks that are in the mean, of so many.
        package var tasks: Int
        package var of: Int
        /// Whether all are: only then it is the benchmark's score.
        package var complete: Bool
        package var referenceScore: Double
        package var score: Double
        package var dropPoints: Double

        enum CodingKeys: String, CodingKey {
            case tasks, of, complete, score
            case referenceScore = "reference_score"
            case dropPoints = "drop_points"
        }

        /// nil when no task is there.
        init?(_ rows: [Row]) {
            let pairs = rows.compactMap { row in
                row.referenceScore.flatMap { reference in row.score.map { (reference, $0) } }
            }
            guard !pairs.isEmpty else { return nil }
            tasks = pairs.count
            of = rows.count
            complete = tasks == of
            referenceScore = pairs.reduce(0) { $0 + $1.0 } / Double(pairs.count)
            score = pairs.reduce(0) { $0 + $1.1 } / Double(pairs.count)
            dropPoints = (referenceScore - score) * 100
        }
    }

    package struct Table: Sendable, Equatable, Codable {
        /// `GLUE`, `TinyNLP`, or `Other tasks`, of which there is no mean.
        package var name: String
        package var rows: [Row]
        package var mean: Mean?
    }

    /// Those that have a task.
    package var tables: [Table]
    /// The limits that each row must keep.
    package var maxDropPoints: Double?
    package var maxDropUpperBoundPoints: Double?
    package var minAgreement: Double?
    /// Whether all rows do; nil when no limit was set.
    package var passed: Bool?

    enum CodingKeys: String, CodingKey {
        case tables, passed
        case maxDropPoints = "max_drop_points"
        case maxDropUpperBoundPoints = "max_drop_upper_bound_points"
        case minAgreement = "min_agreement"
    }

    /// Puts results into the tables of their benchmarks.
    ///
    /// - Parameter limits: those that the results were measured against.
    /// - Throws: `.duplicate` for two results of one benchmark's task.
    package init(_ results: [SuiteResult], limits: AccuracyLimits = AccuracyLimits()) throws(EmbqError) {
        maxDropPoints = limits.maxDropPoints
        maxDropUpperBoundPoints = limits.maxDropUpperBound
        minAgreement = limits.minAgreement
        passed = limits.isEmpty ? nil : results.allSatisfy { $0.summary.passed ?? false }
        var known: [String: SuiteResult] = [:]
        var others: [Row] = []
        for result in results {
            guard let (_, task) = Benchmark.task(named: result.summary.task) else {
                others.append(Row(result.summary.task, result))
                continue
            }
            guard known.updateValue(result, forKey: task) == nil else {
                throw EmbqError(
                    .duplicate, "the task '\(task)' stands twice", advice: "A task of a benchmark has one row.")
            }
        }
        tables = Benchmark.allCases.compactMap { benchmark in
            guard benchmark.tasks.contains(where: { known[$0] != nil }) else { return nil }
            let rows = benchmark.tasks.map { task in known[task].map { Row(task, $0) } ?? Row(missing: task) }
            return Table(name: benchmark.rawValue, rows: rows, mean: Mean(rows))
        }
        if !others.isEmpty { tables.append(Table(name: "Other tasks", rows: others, mean: nil)) }
    }

    /// One JSON object with sorted keys, indented, and a line feed at the end.
    package func json() throws(EmbqError) -> String { try CanonicalJSON.document(self) }
}

/// One evaluation of a suite: an artifact beside its checkpoint.
package struct SuiteResult: Sendable, Equatable {
    package var summary: EvaluationSummary
    /// Weights, tables and arena of the artifact, in bytes.
    package var totalBytes: Int

    package init(summary: EvaluationSummary, totalBytes: Int) {
        self.summary = summary
        self.totalBytes = totalBytes
    }
}
