import ArgumentParser
import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqPipeline

// What `evaluate` and `package` check before and after they measure.

extension LabelledData {
    /// Refuses what cannot be measured without labels: wrong usage, not wrong data.
    func requireLabels(for task: TaskOptions, _ limits: LimitOptions) throws {
        guard !isLabelled, !isTagged, task.metric != nil || limits.limits.needsLabels else { return }
        throw ValidationError(
            "\(file) has no 'label' column: --metric, --max-drop and --max-drop-upper-bound need labels.")
    }
}

/// Tells that numbers in the data are taken for places of the model's labels.
func noteLabelPlaces(_ data: LabelledData, _ model: OpenedModel) {
    let (labels, isMultiLabel) = (model.labels, model.task == .multiLabel)
    guard isMultiLabel || model.task == .classification, let first = labels.first,
        data.hasLabelPlaces(labels, severalPerRow: isMultiLabel)
    else { return }
    Console.note(warnings: ["the labels of \(data.file) are taken for places of the model's: 0 is \(first)"])
}

/// Tells whether the limits hold, if there are any, and ends with status 2 where one does not.
func enforce(_ limits: AccuracyLimits, _ violations: [String]) throws {
    guard !violations.isEmpty else {
        if !limits.isEmpty { Console.note("embq: accuracy check passed", as: .passed) }
        return
    }
    for violation in violations { Console.tell("embq: accuracy check failed: \(violation).", as: .failed) }
    throw ExitCode(2)
}
