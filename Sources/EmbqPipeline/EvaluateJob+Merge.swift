package import EmbqCore
import EmbqData
package import EmbqEvaluation
import EmbqModels

extension EvaluateJob {
    /// Scores what earlier runs of a model predicted; nothing is run, and no time is measured.
    ///
    /// - Parameters:
    ///   - files: tables of predictions, which share out the rows of a data set.
    ///   - task: nil: the name of the folder that holds the first of them.
    ///   - metric: nil: the task's own.
    /// - Throws: what is wrong with the files; `.mismatch` for predictions of another model, `.missing` for rows without
    ///   labels, `.unknownLabel`.
    package static func merge(_ files: [String], of model: OpenedModel, task: String?, metric: Metric?)
        throws(EmbqError)
        -> Result
    {
        let ofWords = model.task == .tagging
        var tables: [(file: String, table: PredictionTable)] = []
        for file in files { tables.append((file, try PredictionTable(path: file))) }
        let table = try PredictionTable.merged(tables, ofWords: ofWords)
        let data = table.data(file: files[0], ofWords: ofWords)
        guard ofWords ? data.isTagged : data.isLabelled else {
            throw EmbqError(
                .missing, file: files[0], "the column expected is empty in every row",
                advice: "Predict rows that have labels.")
        }
        let job = EvaluateJob(model, data: data, task: task, metric: metric, threads: 1)
        let kind = try job.kind(model.task, labels: job.named(model.labels), at: data.file)
        try job.checkMetric(kind)
        return try job.alone(table.predictions(kind, file: data.file), job.targets(kind), 0)
    }
}
