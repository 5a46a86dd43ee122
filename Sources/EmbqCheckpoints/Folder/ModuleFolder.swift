import EmbqCore

/// The files of one module's folder.
enum ModuleFolder {
    static func missing(_ folder: String, _ name: String, _ file: String) -> EmbqError {
        EmbqError(
            .missing, file: Folder.join(folder, Folder.join(name, file)),
            "the file is missing: the module needs it", advice: FolderDocument.advice)
    }

    /// True if a module reads and writes the tokens' vectors, false if the sentence's.
    static func worksOnTokens(_ document: FolderDocument) throws(EmbqError) -> Bool {
        let input = try document.string("module_input_name") ?? "sentence_embedding"
        let output = try document.string("module_output_name") ?? input
        guard input == "sentence_embedding" || input == "token_embeddings" else {
            throw document.unsupported(
                "module_input_name", "the module reads something else than tokens or a sentence")
        }
        guard output == input else {
            throw document.unsupported("module_output_name", "the module writes something else than it reads")
        }
        return input == "token_embeddings"
    }

    /// The tensors of a module: model.safetensors, else pytorch_model.bin.
    static func weights(_ folder: String, _ name: String, _ document: FolderDocument?) throws(EmbqError)
        -> ModuleWeights
    {
        for file in ["model.safetensors", "pytorch_model.bin"] {
            let path = Folder.join(folder, Folder.join(name, file))
            if Folder.hasFile(path) {
                return ModuleWeights(source: try CheckpointFormat.open(path), document: document)
            }
        }
        throw EmbqError(
            .missing, file: Folder.join(folder, name), "there is neither model.safetensors nor pytorch_model.bin",
            advice: FolderDocument.advice)
    }
}

/// The tensors of one module, each of which must be read.
struct ModuleWeights {
    let source: any TensorSource
    let document: FolderDocument?
    private var used: Set<String> = []

    init(source: any TensorSource, document: FolderDocument?) {
        self.source = source
        self.document = document
    }

    /// - Parameter shape: each dimension with the key that gives it.
    mutating func read(_ tensor: String, _ shape: [(key: String, size: Int)]) throws(EmbqError) -> [Float] {
        let info = try source.requireInfo(tensor)
        let expected = shape.map(\.size)
        guard info.shape == expected else {
            let wrong = zip(info.shape, shape).first { $0 != $1.size }?.1.key ?? shape[0].key
            if let document, info.shape.count == shape.count {
                throw EmbqError(
                    .shapeMismatch, file: document.path, place: FolderDocument.place(wrong),
                    "\((document.json[wrong] ?? .null).summary): the shape of \(EmbqError.place(tensor: tensor)) in \(Folder.name(of: source.path)) is \(info.shape), expected \(expected)",
                    advice: FolderDocument.advice)
            }
            throw EmbqError(
                .shapeMismatch, file: source.path, place: EmbqError.place(tensor: tensor),
                "expected the shape \(expected), found \(info.shape)", advice: FolderDocument.advice)
        }
        used.insert(tensor)
        return try source.finiteFloats(tensor).values
    }

    /// - Throws: `.unsupported` for a tensor that was not read.
    func finish() throws(EmbqError) {
        guard let extra = source.tensors.first(where: { !used.contains($0.name) }) else { return }
        throw EmbqError(
            .unsupported, file: source.path, place: EmbqError.place(tensor: extra.name),
            "the module has no such tensor", advice: FolderDocument.advice)
    }
}

/// LayerNorm of the sentence's vector, eps 1e-5.
package struct LayerNormModule: Sendable {
    package var name: String
    /// `[width]`.
    package var gamma: [Float]
    package var beta: [Float]

    init(_ folder: String, _ name: String, _ pipeline: inout SentencePipeline) throws(EmbqError) {
        guard let document = try FolderDocument(folder, Folder.join(name, "config.json")) else {
            throw ModuleFolder.missing(folder, name, "config.json")
        }
        try document.requireKnown(.layerNormModule)
        let width = try document.requireCount("dimension")
        var weights = try ModuleFolder.weights(folder, name, document)
        self.name = name
        gamma = try weights.read("norm.weight", [("dimension", width)])
        beta = try weights.read("norm.bias", [("dimension", width)])
        try weights.finish()
        pipeline.inputs += [document.path] + weights.source.inputs
        pipeline.settlements.append(Settlement(name, "LayerNorm of \(width)", source: document.name))
    }
}

/// The weighted mean of each token's vectors behind the embedder and the layers.
package struct WeightedLayersModule: Sendable {
    package var name: String
    /// The first that counts: 0 is the embedder.
    package var start: Int
    /// Of `start` and those after it; their sum is 1.
    package var weights: [Float]

    init(_ folder: String, _ name: String, _ pipeline: inout SentencePipeline) throws(EmbqError) {
        guard let document = try FolderDocument(folder, Folder.join(name, "config.json")) else {
            throw ModuleFolder.missing(folder, name, "config.json")
        }
        try document.requireKnown(.weightedLayersModule)
        let layers = try document.count("num_hidden_layers") ?? 12
        start = document["layer_start"]?.int ?? 4
        guard (0...layers).contains(start) else {
            throw document.wrong("layer_start", document["layer_start"] ?? .number("4"), "0 to \(layers)")
        }
        var tensors = try ModuleFolder.weights(folder, name, document)
        let factors = try tensors.read("layer_weights", [("num_hidden_layers", layers + 1 - start)])
        try tensors.finish()
        let sum = factors.reduce(0, +)
        self.name = name
        weights = factors.map { $0 / sum }
        guard weights.allSatisfy(\.isFinite) else {
            throw EmbqError(
                .nonFinite, file: tensors.source.path, place: EmbqError.place(tensor: "layer_weights"),
                "the weights add up to \(sum)", advice: FolderDocument.advice)
        }
        pipeline.inputs += [document.path] + tensors.source.inputs
        pipeline.settlements.append(
            Settlement(name, "weighted mean of the layers from \(start) on", source: document.name))
    }
}
