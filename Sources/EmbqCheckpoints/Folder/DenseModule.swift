import EmbqCore

/// `activation(x Wᵀ + b)`, with the input added where there is a residual.
package struct DenseModule: Sendable {
    package enum Activation: String, Sendable, CaseIterable {
        case identity = "Identity"
        case tanh = "Tanh"
        case relu = "ReLU"
        case gelu = "GELU"
        case silu = "SiLU"
        case sigmoid = "Sigmoid"
        case softplus = "Softplus"
    }

    package enum Residual: Sendable {
        case none
        /// The input itself.
        case input
        /// The input times a matrix `[outputs, inputs]`.
        case projected([Float])
    }

    /// The folder's name, such as `2_Dense`.
    package var name: String
    package var inputs: Int
    package var outputs: Int
    /// `[outputs, inputs]`.
    package var weight: [Float]
    /// `[outputs]`; zeros without a bias.
    package var bias: [Float]
    package var activation: Activation
    package var residual: Residual
    /// True if each token's vector goes through it rather than the sentence's.
    package var onTokens: Bool
}

extension DenseModule {
    /// - Parameter name: the module's folder in the release.
    /// - Throws: what its files lack, naming the file with the key or the tensor.
    init(_ folder: String, _ name: String, _ pipeline: inout SentencePipeline) throws(EmbqError) {
        guard let document = try FolderDocument(folder, Folder.join(name, "config.json")) else {
            throw ModuleFolder.missing(folder, name, "config.json")
        }
        pipeline.report(try document.unknown(.denseModule), in: document)
        self.name = name
        inputs = try document.requireCount("in_features")
        outputs = try document.requireCount("out_features")
        activation = try Self.activation(document)
        onTokens = try ModuleFolder.worksOnTokens(document)
        var weights = try ModuleFolder.weights(folder, name, document)
        weight = try weights.read("linear.weight", [("out_features", outputs), ("in_features", inputs)])
        let hasBias = try document.bool("bias") ?? true
        bias =
            hasBias
            ? try weights.read("linear.bias", [("out_features", outputs)]) : [Float](repeating: 0, count: outputs)
        if try document.bool("use_residual") ?? false {
            residual =
                inputs == outputs
                ? .input
                : .projected(
                    try weights.read("residual.weight", [("out_features", outputs), ("in_features", inputs)]))
        } else {
            residual = .none
        }
        try weights.finish()
        pipeline.inputs += [document.path] + weights.source.inputs
        pipeline.settlements.append(
            Settlement(
                name, "Dense \(inputs) to \(outputs), \(activation.rawValue)\(onTokens ? ", of each token" : "")",
                source: document.json["activation_function"] == nil
                    ? "\(document.name), without activation_function: Tanh" : document.name))
    }

    private static func activation(_ document: FolderDocument) throws(EmbqError) -> Activation {
        let key = "activation_function"
        guard let value = document.json[key] else { return .tanh }
        let parts = (value.string ?? "").split(separator: ".").map(String.init)
        guard parts.first == "torch", parts.count >= 3, parts[1] == "nn", let name = parts.last,
            let activation = Activation(rawValue: name)
        else {
            let names = Activation.allCases.map { "torch.nn.\($0.rawValue)" }.joined(separator: ", ")
            throw document.unsupported(key, "the activation is not supported", advice: "Supported: \(names).")
        }
        return activation
    }
}
