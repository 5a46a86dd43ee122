public import EmbqCore
import EmbqModels
import EmbqPipeline

/// A model that gives a text a number, such as the likeness of two sentences.
///
/// ```swift
/// let model = try Regressor("sts-b.embq")
/// let likeness = try model.predict("A man is singing. [SEP] Somebody sings.")
/// ```
public struct Regressor: Sendable {
    private let model: LoadedModel

    /// Opens a model: an `.embq` artifact runs in integers, by the device's code; a checkpoint's folder runs in fp32.
    ///
    /// - Throws: `EmbqError` with what is wrong with the files, or if the model is not a regression with one output.
    public init(_ path: String) throws(EmbqError) {
        model = try LoadedModel(path, for: .regression)
        let outputs = model.model.labels.count
        guard outputs == 1 else {
            throw EmbqError(
                .invalidRequest, file: path, "the model gives \(outputs) numbers, not one",
                advice: "Run it with `embq run`.")
        }
    }

    /// The number for one text.
    ///
    /// - Throws: `EmbqError` if the text has no token.
    public func predict(_ text: String) throws(EmbqError) -> Double {
        let values = try predict([text], threads: 1)
        guard let value = values.first else { preconditionFailure("one text has one answer") }
        return value
    }

    /// The numbers for several texts, in their order.
    ///
    /// - Parameters:
    ///   - texts: one or more, or none.
    ///   - threads: how many work on the texts; the answers do not depend on it.
    /// - Throws: `EmbqError` if a text has no token.
    public func predict(_ texts: [String], threads: Int) throws(EmbqError) -> [Double] {
        try model.logits(texts, threads: threads).map { Double($0[0]) }
    }
}
