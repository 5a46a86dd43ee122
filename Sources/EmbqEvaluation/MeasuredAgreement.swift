package import EmbqData

/// Agreement of a model with its fp32 reference on data without labels.
package struct MeasuredAgreement: Sendable, Equatable {
    package var task: String
    /// Rows that the model was run on, in the order of the predictions.
    package var data: LabelledData
    package var agreement: Agreement
    package var limits: AccuracyLimits

    package init(task: String, data: LabelledData, agreement: Agreement, limits: AccuracyLimits) {
        precondition(data.rows.count == agreement.test.rows)
        self.task = task
        self.data = data
        self.agreement = agreement
        self.limits = limits
    }
}
