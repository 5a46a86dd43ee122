import EmbqCheckpoints
import EmbqCore

/// A table with a row for each token, and nothing that tells positions apart: model2vec's StaticModel, its
/// StaticModelPipeline with a head, sentence-transformers' StaticEmbedding, and WordLlama.
///
/// Source: https://github.com/MinishLab/model2vec, model2vec/model.py, and
/// https://github.com/UKPLab/sentence-transformers, StaticEmbedding. A table of model2vec may be shared by tokens
/// (`mapping` `[V]`) and have a weight for each token (`weights` `[V]`).
enum StaticEmbedding: ModelFamily {
    static let modelType = "model2vec"
    static let name = "StaticEmbedding"
    static var heads: [Head] { [.sentenceEmbedding, .pipelineClassifier] }
    static var sizes: [ConfigSize] { [] }
    static var keys: KnownKeys { ConfigKeys.model2vec }
    static var isToldByTensors: Bool { true }
    static var takesNothing: Bool { true }
    static var classes: [ReleasedClass] {
        [ReleasedClass("StaticModel", .sentenceEmbedding), ReleasedClass("StaticModelPipeline", .pipelineClassifier)]
    }

    static func head(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> Head {
        .sentenceEmbedding
    }

    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens {
        SpecialTokens(pad: -1, separator: -1, mask: -1)
    }

    static func limit(_ checkpoint: Checkpoint, positions: Int, key: String) throws(EmbqError) -> LengthLimit {
        checkpoint.sentence?.limit ?? LengthLimit(tokens: positions, source: "the device's limit; the library has none")
    }

    static func build(_ b: inout GraphBuilder) throws(EmbqError) -> Value {
        let (rows, width) = (b.config.vocabularySize, b.config.hiddenSize)
        let name = b.has("embeddings") ? "embeddings" : "embedding.weight"
        var table = try b.read(name, b.shape(name) ?? [rows, width], "vocab_size, hidden_size", integers: true)
        if b.has("mapping") {
            let places = try b.read("mapping", [rows], "vocab_size", integers: true)
            var mapped: [Float] = []
            mapped.reserveCapacity(rows * width)
            for (token, place) in places.enumerated() {
                guard let row = Int(exactly: place), row >= 0, row < table.count / width else {
                    throw EmbqError(
                        .malformed, file: b.path, place: EmbqError.place(tensor: "mapping"),
                        "element \(token) is \(place), the table has the rows 0 to \(table.count / width - 1)",
                        advice: "Use the file as model2vec saved it.")
                }
                mapped += table[row * width..<(row + 1) * width]
            }
            table = mapped
        }
        if b.has("weights") {
            let weights = try b.read("weights", [rows], "vocab_size")
            for (token, weight) in weights.enumerated() {
                for i in token * width..<(token + 1) * width { table[i] *= weight }
            }
        }
        let x = b.embed(Embedding(token: table))
        b.layers = [x]
        return x
    }

    static func recognise(_ t: TensorShapes) -> Recognition? {
        let name = t.has("embeddings") ? "embeddings" : "embedding.weight"
        guard t.has(name), t.hasOnly([name, "mapping", "weights"]) else { return nil }
        var found = Recognition(StaticEmbedding.self, "a table of rows for tokens and nothing else")
        found.set("vocab_size", t.has("mapping") ? t["mapping", 0, of: 1] : t[name, 0, of: 2])
        found.set("hidden_size", t[name, 1, of: 2])
        found.set(lengthKey, DeviceLimits.length)
        return found
    }
}
