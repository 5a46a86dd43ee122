import EmbqData
import EmbqModels

/// Right answers that a calibration profile keeps, as this model gives them.
extension ModelConfig {
    /// Whether it is an answer that the model can give; of a model whose answers are not looked at, none is.
    func canAnswer(_ target: Target) -> Bool {
        switch task {
        case .classification:
            target.labels.count == 1 && target.numbers.isEmpty && target.labels.allSatisfy { $0 < outputs }
        case .multiLabel: target.numbers.isEmpty && target.labels.allSatisfy { $0 < outputs }
        case .regression: target.labels.isEmpty && target.numbers.count == outputs
        case .embedding, .pretraining, .tagging: false
        }
    }

    /// Answers that ``canAnswer(_:)`` holds for, as scores take them; nil for a model whose answers are not looked at.
    func targets(_ answers: [Target]) -> Targets? {
        switch task {
        case .classification: .classes(answers.flatMap(\.labels))
        case .multiLabel: .labelSets(answers.map(\.labels))
        case .regression where outputs == 1: .values(answers.flatMap(\.numbers))
        case .regression: .vectors(answers.map(\.numbers))
        case .embedding, .pretraining, .tagging: nil
        }
    }
}
