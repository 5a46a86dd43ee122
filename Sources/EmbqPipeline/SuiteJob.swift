import EmbqArtifact
import EmbqCheckpoints
package import EmbqCore
import EmbqData
package import EmbqEvaluation
import EmbqQuantization

/// Evaluates every row of a suite in fp32 and in int8, several at a time.
package struct SuiteJob: Sendable {
    package var suite: SuiteFile
    /// Each row must keep them.
    package var limits: AccuracyLimits
    /// Shared by all rows: as many rows run at a time as there are threads, at most.
    package var threads: Int

    /// What came of it.
    package struct Result: Sendable {
        package var summary: SuiteSummary
        /// A sentence for each limit of a row that does not hold, with the row's task.
        package var violations: [String]
    }

    package init(_ suite: SuiteFile, limits: AccuracyLimits = AccuracyLimits(), threads: Int) {
        self.suite = suite
        self.limits = limits
        self.threads = threads
    }

    /// - Throws: what is wrong with the first row that fails, naming the row; `.missing` before anything is run when a
    ///   file is not there, `.duplicate` for two rows of one benchmark's task.
    package func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        try checkTasks()
        for (index, row) in suite.rows.enumerated() { try checkFiles(row, index) }
        let counter = ProgressCounter("suite", total: suite.rows.count, progress)
        let rowsAtATime = min(max(1, threads), suite.rows.count)
        let results = try Parallel.map(suite.rows.count, threads: rowsAtATime) { index throws(EmbqError) in
            let row = suite.rows[index]
            do throws(EmbqError) {
                let result = try evaluate(row, threads: max(1, threads / rowsAtATime))
                counter.add(1)
                return result
            } catch {
                throw error.inside(Self.place(row, index))
            }
        }
        return Result(
            summary: try SuiteSummary(results.map(\.0), limits: limits),
            violations: zip(suite.rows, results).flatMap { row, result in
                result.1.map { "\(row.task): \($0)" }
            })
    }

    private static func place(_ row: SuiteFile.Row, _ index: Int) -> String {
        "rows[\(index)] '\(EmbqError.printable(row.task))'"
    }

    private func checkTasks() throws(EmbqError) {
        var seen: [String: Int] = [:]
        for (index, row) in suite.rows.enumerated() {
            guard let task = Benchmark.task(named: row.task)?.task else { continue }
            if let first = seen.updateValue(index, forKey: task) {
                throw EmbqError(
                    .duplicate, file: suite.path, place: "rows[\(index)]",
                    "the task '\(task)' stands in rows[\(first)] too", advice: "A task of a benchmark has one row.")
            }
        }
    }

    /// A suite runs for long: what is not there is told before.
    private func checkFiles(_ row: SuiteFile.Row, _ index: Int) throws(EmbqError) {
        var files = row.checkpoint.paths + [row.data]
        switch row.model {
        case .artifact(let path): files.append(path)
        case .quantized(let choice):
            files.append(choice.calibration)
        }
        for file in files where !Folder.exists(file) && !Folder.hasFile(file) {
            throw EmbqError(
                .missing, file: suite.path, place: Self.place(row, index), "there is no '\(EmbqError.printable(file))'",
                advice: "Paths in a suite are relative to the suite's folder.")
        }
    }

    private func evaluate(_ row: SuiteFile.Row, threads: Int) throws(EmbqError) -> (SuiteResult, [String]) {
        let reference = try ReleasedModel(Checkpoint(row.checkpoint))
        let data = try LabelledData(path: row.data)
        guard data.isLabelled || data.isTagged else {
            throw EmbqError(
                .missing, file: row.data, place: "line 1", "there is no 'label' column",
                advice: "A suite compares scores: add a column named label.")
        }
        let artifact = try artifact(row, reference, threads: threads)
        let result = try EvaluateJob(
            .artifact(artifact), reference: reference, data: data, task: row.task, metric: row.metric, limits: limits,
            threads: threads
        ).run { _, _, _ in }
        return (SuiteResult(summary: result.summary, totalBytes: Footprint(artifact).total), result.violations)
    }

    private func artifact(_ row: SuiteFile.Row, _ reference: ReleasedModel, threads: Int) throws(EmbqError)
        -> ArtifactReader
    {
        switch row.model {
        case .artifact(let path): return try OpenedModel.requireArtifact(at: path)
        case .quantized(let choice):
            let calibration = try CalibrateJob(
                reference, data: LabelledData(path: choice.calibration), samples: choice.samples,
                observer: choice.observer ?? Observers.standard, methods: choice.methods, threads: threads
            ).run { _, _, _ in }
            return try QuantizeJob(
                reference, profile: calibration.profile, methods: choice.methods,
                goal: WidthGoal(budget: choice.budget), threads: threads
            ).run().artifact
        }
    }
}
