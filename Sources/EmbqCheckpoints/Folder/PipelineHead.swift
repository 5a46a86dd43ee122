import EmbqCore

/// What a StaticModelPipeline of model2vec makes of the sentence's vector: linear layers with a ReLU between them.
///
/// Source: https://github.com/MinishLab/model2vec, model2vec/inference/model.py and mlp.py: `head.safetensors` has
/// `head.<i>.weight` `[outputs, inputs]` and `head.<i>.bias`, and `head_config` in config.json says what they mean.
package struct PipelineHead: Sendable {
    package enum Activation: String, Sendable, CaseIterable {
        case softmax, sigmoid, identity
    }

    /// What makes scores of the last layer's numbers.
    package var activation: Activation
    /// A name for each output; nil where the file has none.
    package var classes: [String]?
    package var layers: [DenseModule]
    /// Numbers that come out.
    package var outputs: Int
    /// Where the layers are.
    package var path: String

    static let fileName = "head.safetensors"
    /// What versions before 0.10 saved: a pickle in a zip archive.
    static let legacyName = "pipeline.skops"
    /// Layers of a head; its authors use one to three.
    static let maximumLayers = 64
}

extension PipelineHead {
    /// - Parameters:
    ///   - config: the folder's config.json.
    ///   - width: numbers of the vector that goes in; nil where no table tells.
    /// - Returns: nil for a folder without a head.
    /// - Throws: `.unsupported` for a head in a pickle; what the key or the tensors lack.
    init?(_ config: CheckpointConfig, width: Int?) throws(EmbqError) {
        let folder = Folder.parent(of: config.path)
        path = Folder.join(folder, Self.fileName)
        guard Folder.hasFile(path) else {
            try Self.refuseLegacy(Folder.join(folder, Self.legacyName))
            return nil
        }
        let stated = try config.object("head_config")
        activation = try Self.activation(stated)
        let count = try stated.integer("n_layers", in: 0...Self.maximumLayers, default: 0)
        let source = try CheckpointFormat.open(path)
        layers = []
        var inputs = width
        for index in 0..<count {
            let layer = try Self.layer(index, source, inputs: inputs, isLast: index == count - 1)
            inputs = layer.outputs
            layers.append(layer)
        }
        try Self.requireNoMore(source, layers: count)
        outputs = inputs ?? 0
        classes = try Self.classes(stated, outputs: outputs)
        guard activation != .softmax || outputs != 1 else {
            throw stated.unsupported(
                "activation", stated["activation"] ?? .null, "the head has one output, whose softmax is always 1",
                advice: "Write identity for a number, or sigmoid for a share.")
        }
    }

    /// True if the answer is a vector: several numbers without a meaning of their own.
    package var isProjector: Bool { activation == .identity && outputs != 1 }

    /// What it does, for people.
    var settlement: Settlement {
        let widths = ([layers.first?.inputs].compactMap { $0 } + layers.map(\.outputs)).map(String.init)
        let chain = widths.isEmpty ? "no layer" : widths.joined(separator: " to ")
        let between = layers.count > 1 ? ", ReLU between" : ""
        return Settlement(
            Self.fileName, "\(chain)\(between), \(activation.rawValue)", source: "config.json, head_config")
    }

    private static func refuseLegacy(_ path: String) throws(EmbqError) {
        guard Folder.hasFile(path) else { return }
        throw EmbqError(
            .unsupported, file: path, "the head of the pipeline is a pickle, and embq runs no pickles",
            advice: "Save it anew with model2vec 0.10 or later: "
                + "convert_legacy_pipeline(FOLDER).save_pretrained(NEW) writes \(fileName). "
                + "Or remove the file to use the embeddings alone.")
    }

    private static func activation(_ stated: CheckpointConfig) throws(EmbqError) -> Activation {
        guard stated["activation"] != nil else { return .identity }
        let word = try stated.string("activation")
        if let activation = Activation(rawValue: word) { return activation }
        let names = Activation.allCases.map(\.rawValue).joined(separator: ", ")
        throw stated.unsupported(
            "activation", .string(word), "model2vec has no such activation", advice: "Supported: \(names).")
    }

    private static func layer(_ index: Int, _ source: any TensorSource, inputs: Int?, isLast: Bool) throws(EmbqError)
        -> DenseModule
    {
        let name = "head.\(index)"
        let info = try source.requireInfo(name + ".weight")
        guard info.shape.count == 2, let outputs = info.shape.first, let columns = info.shape.last, outputs > 0,
            columns > 0, inputs == nil || columns == inputs
        else {
            throw mismatch(source, info, "[outputs, \(inputs.map(String.init) ?? "inputs")]")
        }
        let bias = try source.requireInfo(name + ".bias")
        guard bias.shape == [outputs] else { throw mismatch(source, bias, "[\(outputs)]") }
        return DenseModule(
            name: name, inputs: columns, outputs: outputs, weight: try source.finiteFloats(info.name).values,
            bias: try source.finiteFloats(bias.name).values, activation: isLast ? .identity : .relu,
            residual: .none, onTokens: false)
    }

    private static func mismatch(_ source: any TensorSource, _ info: TensorInfo, _ expected: String) -> EmbqError {
        EmbqError(
            .shapeMismatch, file: source.path, place: EmbqError.place(tensor: info.name),
            "expected the shape \(expected), found \(info.shape)", advice: advice)
    }

    private static func requireNoMore(_ source: any TensorSource, layers: Int) throws(EmbqError) {
        let known = Set((0..<layers).flatMap { ["head.\($0).weight", "head.\($0).bias"] })
        guard let extra = source.tensors.first(where: { !known.contains($0.name) }) else { return }
        throw EmbqError(
            .unsupported, file: source.path, place: EmbqError.place(tensor: extra.name),
            "the head has no such tensor: n_layers in head_config is \(layers)", advice: advice)
    }

    /// The names of the outputs: strings, or numbers and truth values as they are written.
    private static func classes(_ stated: CheckpointConfig, outputs: Int) throws(EmbqError) -> [String]? {
        let key = "classes"
        guard let value = stated[key] else { return nil }
        guard let items = value.array else {
            throw stated.unsupported(key, value, "an array is expected", advice: advice)
        }
        var names: [String] = []
        for item in items {
            guard let name = item.string ?? (item.double != nil || item.bool != nil ? item.summary : nil) else {
                throw stated.unsupported(key, item, "it is not the name of a class", advice: advice)
            }
            names.append(name)
        }
        guard names.count == outputs else {
            throw EmbqError(
                .shapeMismatch, file: stated.path, place: "'\(key)'",
                "there are \(names.count) classes, the head has \(outputs) outputs", advice: advice)
        }
        return try stated.lines(names, of: key)
    }

    static let advice = "Use the folder as model2vec saved it."
}
