package import EmbqCheckpoints
package import EmbqCore

/// The names and shapes of a checkpoint's tensors.
package struct TensorShapes: Sendable {
    private let shapes: [String: [Int]]

    init(_ source: any TensorSource) {
        shapes = Dictionary(source.tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    }

    package func has(_ name: String) -> Bool { shapes[name] != nil }

    /// One dimension of a tensor, if it has as many as expected.
    package subscript(name: String, dimension: Int, of rank: Int) -> Int? {
        guard let shape = shapes[name], shape.count == rank else { return nil }
        return shape[dimension]
    }

    /// Whether the body's tensors all stand under a prefix.
    package func onlyBody(_ prefix: String) -> Bool {
        shapes.keys.allSatisfy { !$0.hasPrefix("model.") || $0.hasPrefix(prefix) }
    }

    /// Whether every tensor has one of these names.
    package func hasOnly(_ names: Set<String>) -> Bool { names.isSuperset(of: shapes.keys) }

    /// How many of `<prefix>0.<name>`, `<prefix>1.<name>`, … there are.
    package func count(_ prefix: String, _ name: String) -> Int {
        var count = 0
        while has("\(prefix)\(count).\(name)") { count += 1 }
        return count
    }
}

/// A configuration that tensors' names and shapes tell, and what they leave open.
package struct Recognition: Sendable {
    package enum Certainty: String, Sendable {
        /// Every key that the model needs follows from names and shapes.
        case certain
        /// Some keys are those of every known release.
        case likely
        /// A key has to be given.
        case incomplete
    }

    /// A key of config.json that shapes cannot tell.
    package struct Open: Sendable, Equatable {
        package var key: String
        /// What is taken for it; nil where it has to be given.
        package var assumed: String?
        package var reason: String
    }

    package let family: any ModelFamily.Type
    package private(set) var reasons: [String]
    package private(set) var open: [Open] = []
    private var members: [(key: String, value: JSONValue)] = []

    package var certainty: Certainty {
        if open.contains(where: { $0.assumed == nil }) { return .incomplete }
        return open.isEmpty ? .certain : .likely
    }

    /// config.json as far as it is known.
    package var json: JSONValue { .object(JSONObject(members)) }

    init(_ family: any ModelFamily.Type, _ reason: String) {
        self.family = family
        reasons = [reason]
        members = [("model_type", .string(family.modelType))]
    }

    /// - Throws: `.missing` with the first key that has to be given.
    func requireComplete(_ checkpoint: Checkpoint) throws(EmbqError) {
        guard let key = open.first(where: { $0.assumed == nil }) else { return }
        throw EmbqError(
            .missing, file: checkpoint.path,
            "there is no config.json, and the tensors of this \(family.name) do not tell \(key.key): \(key.reason)",
            advice: "Give a config.json with \(key.key) and the other keys with --config.")
    }
}

// What families find out.
extension Recognition {
    /// - Parameter value: nil when the tensor is not there or of another rank.
    mutating func set(_ key: String, _ value: Int?) {
        if let value {
            members.append((key, .number("\(value)")))
        } else {
            require(key, "no tensor of the expected rank tells it")
        }
    }

    mutating func set(_ head: Head) { members.append(("architectures", .array([.string(family.className(head))]))) }

    /// A key that every release has alike.
    mutating func assume(_ key: String, _ value: String) {
        open.append(Open(key: key, assumed: value, reason: "names and shapes cannot tell it"))
    }

    mutating func require(_ key: String, _ reason: String) {
        open.append(Open(key: key, assumed: nil, reason: reason))
    }

    mutating func expandedEmbedder(_ t: TensorShapes) {
        embedder(t)
        set("hidden_size", t["model.embedder.tok_expander.weight", 0, of: 2])
        set("reduced_embedding", t["model.embedder.token.weight", 1, of: 2])
    }

    mutating func directEmbedder(_ t: TensorShapes) {
        embedder(t)
        set("hidden_size", t["model.embedder.token.weight", 1, of: 2])
    }

    private mutating func embedder(_ t: TensorShapes) {
        set("vocab_size", t["model.embedder.token.weight", 0, of: 2])
        set("max_length", t["model.embedder.position.weight", 0, of: 2])
        assume("pad_token_id", "[PAD] 0, [MASK] 3 and [SEP] 4, as every release has")
    }

    mutating func layers(
        _ t: TensorShapes, _ prefix: String, _ name: String, key: String = "num_hidden_layers"
    ) {
        set(key, t.count(prefix, name))
    }

    mutating func kernel(_ t: TensorShapes, _ tensor: String) { set("kernel_size", t[tensor, 2, of: 3]) }

    /// The factor that makes a tensor's length of D, rounded down.
    mutating func expansion(_ t: TensorShapes, _ tensor: String) {
        let width = members.first { $0.key == "hidden_size" }?.value.int
        guard let inner = t[tensor, 0, of: 1], let width, width > 0 else {
            return require("forward_expansion", "no tensor of the expected rank tells it")
        }
        var factor = Double(inner) / Double(width)
        if Int(Double(width) * factor) < inner { factor = factor.nextUp }
        members.append(("forward_expansion", .number("\(factor)")))
    }

    /// Heads split columns: no shape shows how many there are.
    mutating func releasedHeads(_ count: Int) {
        let width = members.first { $0.key == "hidden_size" }?.value.int ?? 0
        guard width % count == 0 else {
            return require("num_attention_heads", "the releases' \(count) do not divide hidden_size \(width)")
        }
        members.append(("num_attention_heads", .number("\(count)")))
        assume("num_attention_heads", "\(count), as every released \(family.name) has")
    }

    /// The head, and what its labels are called.
    mutating func head(_ t: TensorShapes) {
        if t.has("nsp_classifier.weight") || t.has("mlm_classifier.weight") {
            reasons.append("a next-sentence and a masked-word classifier make a PretrainingClassifier")
            return set(.pretrainingClassifier)
        }
        guard t.has("classifier.weight") else {
            return require("architectures", "there is no classifier that the family is released with")
        }
        let head = family.heads[0]
        set(head)
        assume("architectures", "\(family.className(head)), as every released \(family.name) has")
        assume("id2label", "LABEL_0 and so on")
    }
}

extension ModelFamilies {
    /// The configuration that a checkpoint's tensors tell.
    ///
    /// - Parameter family: the one that they must be of.
    /// - Throws: `.unsupported` when they are not.
    static func recognise(_ checkpoint: Checkpoint, as family: any ModelFamily.Type) throws(EmbqError) -> Recognition {
        if let found = family.recognise(TensorShapes(checkpoint.source)) { return found }
        throw EmbqError(
            .unsupported, file: checkpoint.path,
            "config.json says \"\(family.modelType)\", and the tensors are not those of such a model",
            advice: "Use the config.json released with these weights, or pass --config.")
    }

    /// The family and configuration that a checkpoint's tensors tell.
    ///
    /// - Throws: `.unsupported` when no family has such tensors.
    package static func recognise(_ checkpoint: Checkpoint) throws(EmbqError) -> Recognition {
        let shapes = TensorShapes(checkpoint.source)
        for family in all { if let found = family.recognise(shapes) { return found } }
        throw EmbqError(
            .unsupported, file: checkpoint.path,
            "there is no config.json, and the tensors are those of no supported family",
            advice:
                "Put the model's config.json beside the weights, or pass --config. Supported families: \(supported).")
    }
}
