public import Checkpoints
public import TensorCore

/// The architectures that embq knows, by the `model_type` of their config.json.
public enum Family: String, Sendable, CaseIterable {
    case embBERT = "EmbBERT"

    static let supported = allCases.map(\.rawValue).joined(separator: ", ")
}

/// What turns the body's activations into logits, by the name in `architectures`.
public enum Head: String, Sendable, CaseIterable {
    /// A linear layer on position 0.
    case sequenceClassifier = "SequenceClassifier"

    static let supported = allCases.map(\.rawValue).joined(separator: ", ")
}

/// What the logits mean.
public enum Task: String, Sendable {
    /// One of several labels: the largest logit wins.
    case classification
    /// A single number.
    case regression
}

/// A model's dimensions, as its config.json tells them.
public struct ModelConfig: Sendable, Equatable {
    public var family: Family
    public var head: Head
    /// V: token ids are below it.
    public var vocabularySize: Int
    /// Longest sentence in tokens; longer ones are cut.
    public var maximumLength: Int
    /// D: width of a token's activations.
    public var hiddenSize: Int
    /// r: width of the token and position tables.
    public var reducedEmbedding: Int
    /// E: channels of the convolution, D times the forward expansion.
    public var innerSize: Int
    /// k: taps of the convolution.
    public var kernelSize: Int
    public var layers: Int
    /// A name for each output.
    public var labels: [String]

    public var outputs: Int { labels.count }
    public var task: Task { labels.count == 1 ? .regression : .classification }

    /// [PAD], whose positions no token attends to.
    public static let padToken = 0
    /// [SEP]: from the first one on, tokens belong to the second segment.
    public static let separatorToken = 4

    /// Reads the dimensions from a checkpoint's config.json.
    ///
    /// - Throws: `.missing` without a config.json or with a key left out; `.unsupported` for a family, head or
    ///   expansion that embq does not run; `.limitExceeded` for a number that makes no sense.
    public init(_ checkpoint: Checkpoint) throws(EmbqError) {
        let config = try checkpoint.requireConfig()
        family = try Self.family(config)
        head = try Self.head(config)
        vocabularySize = try config.integer("vocab_size", in: 1...65_535)
        maximumLength = try config.integer("max_length", in: 1...16_384)
        hiddenSize = try config.integer("hidden_size", in: 1...1024)
        reducedEmbedding = try config.integer("reduced_embedding", in: 1...1024)
        kernelSize = try config.integer("kernel_size", in: 1...1024)
        layers = try config.integer("num_hidden_layers", in: 1...64)
        innerSize = try Self.innerSize(config, hidden: hiddenSize)
        labels = try Self.labels(checkpoint, config)
    }

    private static func family(_ config: CheckpointConfig) throws(EmbqError) -> Family {
        let name = try config.string("model_type")
        if let family = Family(rawValue: name) { return family }
        throw EmbqError(
            .unsupported, file: config.path, place: "model_type", "the family \"\(name)\" is not supported",
            advice: "Supported families: \(Family.supported).")
    }

    private static func head(_ config: CheckpointConfig) throws(EmbqError) -> Head {
        guard config["architectures"] != nil else { return .sequenceClassifier }
        let names = try config.strings("architectures")
        guard let name = names.first, names.count == 1 else {
            throw EmbqError(
                .malformed, file: config.path, place: "architectures", "one name is expected, \(names.count) are found",
                advice: "Use the config.json released with these weights.")
        }
        if let head = Head(rawValue: name) { return head }
        throw EmbqError(
            .unsupported, file: config.path, place: "architectures", "the head \"\(name)\" is not supported",
            advice: "Supported heads: \(Head.supported).")
    }

    private static func innerSize(_ config: CheckpointConfig, hidden: Int) throws(EmbqError) -> Int {
        let expansion = try config.number("forward_expansion", in: 0.001...64)
        let inner = Int(Double(hidden) * expansion)
        guard expansion >= 1, inner % hidden == 0, inner <= 4096 else {
            throw EmbqError(
                .unsupported, file: config.path, place: "forward_expansion",
                "\(expansion) is found; EmbBERT's depthwise channels come in whole multiples of hidden_size",
                advice: "Use the config.json released with these weights, or pass --config.")
        }
        return inner
    }

    private static func labels(_ checkpoint: Checkpoint, _ config: CheckpointConfig) throws(EmbqError) -> [String] {
        if let labels = checkpoint.labels, !labels.isEmpty { return labels }
        let count =
            config["num_labels"] == nil
            ? try checkpoint.source.outputsOfClassifier() : try config.integer("num_labels", in: 1...4096)
        return (0..<count).map { "LABEL_\($0)" }
    }
}

extension TensorSource {
    /// Rows of `classifier.weight`, where no configuration tells how many outputs there are.
    fileprivate func outputsOfClassifier() throws(EmbqError) -> Int {
        let info = try requireInfo("classifier.weight")
        guard info.shape.count == 2, let rows = info.shape.first, (1...4096).contains(rows) else {
            throw EmbqError(
                .shapeMismatch, file: path, place: EmbqError.place(tensor: info.name),
                "its shape is \(info.shape); [outputs, hidden_size] is expected", advice: "Check the checkpoint.")
        }
        return rows
    }
}
