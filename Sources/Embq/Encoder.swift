public import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqPipeline

/// A model that gives a text a vector, so that texts of like meaning have like vectors.
///
/// ```swift
/// let model = try Encoder("all-MiniLM-L6-v2")
/// let vector = try model.encode("A man is singing.")
/// let likeness = try model.similarity("A man is singing.", "Somebody sings.")   // a cosine, -1 to 1
/// ```
public struct Encoder: Sendable {
    private let model: LoadedModel

    /// Opens a model: an `.embq` artifact runs in integers, by the device's code; a checkpoint's folder runs in fp32.
    ///
    /// - Throws: `EmbqError` with what is wrong with the files, or if the model is not a sentence encoder.
    public init(_ path: String) throws(EmbqError) {
        model = try LoadedModel(path, for: .embedding)
    }

    /// The length of the vectors.
    public var dimension: Int { model.model.labels.count }

    /// The vector of one text, ``dimension`` numbers.
    ///
    /// - Throws: `EmbqError` if the text has no token.
    public func encode(_ text: String) throws(EmbqError) -> [Float] {
        let vectors = try encode([text], threads: 1)
        guard let vector = vectors.first else { preconditionFailure("one text has one vector") }
        return vector
    }

    /// The vectors of several texts, in their order.
    ///
    /// - Parameters:
    ///   - texts: one or more, or none.
    ///   - threads: how many work on the texts; the vectors do not depend on it.
    /// - Throws: `EmbqError` if a text has no token.
    public func encode(_ texts: [String], threads: Int) throws(EmbqError) -> [[Float]] {
        try model.logits(texts, threads: threads)
    }

    /// The cosine of the angle between the vectors of two texts, -1 to 1.
    ///
    /// - Throws: `EmbqError` if a text has no token.
    public func similarity(_ first: String, _ second: String) throws(EmbqError) -> Double {
        let vectors = try encode([first, second], threads: 1)
        return cosine(vectors[0], vectors[1])
    }
}
