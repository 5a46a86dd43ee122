package import EmbqData

/// Scores of a model on labelled data, with its fp32 reference if there is one.
package struct MeasuredAccuracy: Sendable, Equatable {
    package var task: String
    /// Rows that the model was run on, in the order of the predictions.
    package var data: LabelledData
    package var predictions: Predictions
    package var scores: Scores
    package var metric: Metric
    /// Value of ``metric``.
    package var score: Double
    package var comparison: Comparison?
    /// Certainty of the scores; nil without a comparison.
    package var statistics: ComparisonStatistics?
    package var limits: AccuracyLimits

    /// An int8 model compared with its reference.
    package init(task: String, data: LabelledData, comparison: Comparison, limits: AccuracyLimits) {
        precondition(data.rows.count == comparison.test.rows)
        self.task = task
        self.data = data
        predictions = comparison.test
        scores = comparison.testScores
        metric = comparison.metric
        score = comparison.testScore
        self.comparison = comparison
        statistics = ComparisonStatistics(comparison)
        self.limits = limits
    }

    /// A model without a reference.
    ///
    /// - Parameter score: value of the metric.
    package init(
        task: String, data: LabelledData, predictions: Predictions, scores: Scores, metric: Metric, score: Double
    ) {
        precondition(data.rows.count == predictions.rows)
        self.task = task
        self.data = data
        self.predictions = predictions
        self.scores = scores
        self.metric = metric
        self.score = score
        comparison = nil
        statistics = nil
        limits = AccuracyLimits()
    }
}
