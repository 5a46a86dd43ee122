import EmbqCore

/// A LoRA adapter as PEFT saves it: a folder with its configuration and its matrices.
struct LoRAAdapter: Sendable {
    /// The two matrices of a module, by their names in the file.
    struct Pair: Sendable {
        /// `[r, inputs]`; of an embedding `[r, rows]`.
        var a: String?
        /// `[outputs, r]`; of an embedding `[columns, r]`.
        var b: String?
        let isEmbedding: Bool
    }

    let config: LoRAConfig
    let source: any TensorSource
    /// The modules that are saved whole.
    private let saved: NameEndings
    /// By the path of the module in the base.
    private(set) var pairs: [String: Pair] = [:]
    /// Tensors that replace the base's, by their names there.
    private(set) var replacements: [String: String] = [:]

    /// Biases that stand twice in the file, by their names: the one that is taken, and its duplicate.
    private var duplicates: [(taken: String, other: String)] = []

    /// Where PEFT puts the base in its own tree of modules.
    private static let prefix = "base_model.model."
    static let weightsName = "adapter_model"

    /// Endings of the matrices' names.
    private static let endings: [(ending: String, isFirst: Bool, isEmbedding: Bool)] = [
        (".lora_A.weight", true, false), (".lora_B.weight", false, false), (".lora_embedding_A", true, true),
        (".lora_embedding_B", false, true),
    ]

    /// Opens an adapter's folder.
    ///
    /// - Throws: what is missing or wrong, or the name of a way of adapting that embq does not merge.
    init(_ folder: String) throws(EmbqError) {
        config = try LoRAConfig(Folder.join(folder, LoRAConfig.fileName))
        saved = NameEndings(config.savedModules)
        let names = try Folder.files(in: folder).filter(Self.isWeights)
        let formats = CheckpointFormat.inFolderOrder
        let best = formats.lazy.compactMap { format in names.first { format.hasEnding(of: $0) } }.first
        guard let name = best ?? names.first else {
            throw EmbqError(
                .missing, file: folder, "the adapter's folder holds no \(Self.weightsName).safetensors",
                advice: "Give the folder that PEFT saved the adapter into.")
        }
        source = try CheckpointFormat.open(Folder.join(folder, name))
        for info in source.tensors { try add(info.name) }
        try checkDuplicates()
        guard !pairs.isEmpty || !replacements.isEmpty else {
            throw EmbqError(
                .missing, file: source.path, "the adapter has no matrices and no modules",
                advice: "Save the adapter again with PEFT, or leave it out.")
        }
        for module in modules where pairs[module]?.a == nil || pairs[module]?.b == nil {
            throw fault(.missing, module, "the adapter has only one of its two matrices")
        }
        try checkTargets()
    }

    /// The adapted modules, in the order of their bytes.
    var modules: [String] { pairs.keys.sorted { $0.precedesByBytes($1) } }

    var inputs: [String] { [config.path] + source.inputs }

    /// Whether a file is an adapter's matrices, by its name.
    static func isWeights(_ name: String) -> Bool { name.hasPrefix(weightsName + ".") }

    /// Whether tensors are those of an adapter, without a model.
    static func isAdapter(_ source: any TensorSource) -> Bool {
        source.tensors.contains { info in
            info.name.hasPrefix(prefix) && endings.contains { info.name.hasSuffix($0.ending) }
        }
    }

    private mutating func add(_ name: String) throws(EmbqError) {
        guard name.hasPrefix(Self.prefix) else {
            throw fault(.unsupported, name, "its name does not start with '\(Self.prefix)', as PEFT's do")
        }
        let inner = String(name.dropFirst(Self.prefix.count))
        if inner.contains(".lora_magnitude_vector") {
            throw fault(.unsupported, name, "the adapter is DoRA, which embq does not merge")
        }
        for (ending, isFirst, isEmbedding) in Self.endings where inner.hasSuffix(ending) {
            let module = String(inner.dropLast(ending.count))
            var pair = pairs[module] ?? Pair(isEmbedding: isEmbedding)
            guard (isFirst ? pair.a : pair.b) == nil else {
                throw fault(.duplicate, name, "the adapter has this matrix twice")
            }
            guard pair.isEmbedding == isEmbedding else {
                throw fault(.malformed, name, "one of its two matrices is an embedding's, the other one is not")
            }
            if isFirst { pair.a = name } else { pair.b = name }
            pairs[module] = pair
            return
        }
        try addReplacement(name, inner)
    }

    /// A tensor that takes the place of the base's.
    private mutating func addReplacement(_ name: String, _ inner: String) throws(EmbqError) {
        let target = inner.replacing(".modules_to_save", with: "").replacing(".base_layer", with: "")
        let module = target.split(separator: ".").dropLast().joined(separator: ".")
        let isBias = config.hasBiases && target.hasSuffix(".bias")
        // With all biases PEFT saves the one that the head had before training too, and uses it nowhere.
        if isBias, module.hasSuffix(".original_module") { return }
        let isSaved =
            isBias
            || saved.nameWhole(module)
        guard isSaved, !inner.contains(".lora_") else {
            throw fault(
                .unsupported, name,
                "it is neither a matrix of LoRA nor of a module that modules_to_save in \(LoRAConfig.fileName) names")
        }
        guard let other = replacements.updateValue(name, forKey: target) else { return }
        guard isBias, inner.contains(".modules_to_save.") != other.contains(".modules_to_save.") else {
            throw fault(.duplicate, name, "the adapter has '\(EmbqError.printable(target))' twice")
        }
        duplicates.append((name, other))
    }

    /// A saved head's bias stands under two names when all biases were trained: they must be one.
    private func checkDuplicates() throws(EmbqError) {
        for (taken, other) in duplicates {
            let (one, two) = (try source.requireInfo(taken), try source.requireInfo(other))
            let values = (try source.floats(taken).values, try source.floats(other).values)
            guard one.shape == two.shape, values.0 == values.1 else {
                throw fault(
                    .duplicate, taken, "it differs from '\(EmbqError.printable(other))', which is the same bias")
            }
        }
    }

    private func checkTargets() throws(EmbqError) {
        guard let targets = config.targets else { return }
        let (names, paths) = (NameEndings(targets), NameEndings(modules))
        for module in modules where !names.name(module) {
            throw fault(.mismatch, module, "the adapter has matrices for it, and target_modules does not name it")
        }
        for target in targets where !paths.hasPath(ending: target) {
            // PEFT leaves a module that is saved whole as it is, though it is a target too.
            if config.limitsTargets || saved.hasPath(ending: target) || saved.name(target) { continue }
            throw LoRAConfig.fault(
                .mismatch, config.path, "target_modules",
                "the adapter has no matrices for '\(EmbqError.printable(target))'")
        }
    }

    func fault(_ code: EmbqError.Code, _ tensor: String, _ problem: String) -> EmbqError {
        EmbqError(
            code, file: source.path, place: EmbqError.place(tensor: tensor), problem,
            advice: "Merge the adapter with PEFT (merge_and_unload) and save the model, or use another adapter.")
    }
}
