import EmbqContainers
import EmbqCore

/// A variable of a Keras layer, as a weights file tells it.
struct KerasVariable {
    /// The layer's own name; nil when the file does not tell it.
    let givenName: String?
    /// What the file calls the layer: in Keras 3 after its class and number, in the legacy form its own name.
    let fileName: String
    /// The layers inside it, by their names in the code.
    let inner: [String]
    /// `kernel`, or in Keras 3 its number by the order of creation.
    let name: String
    /// The dataset's index in the file's contents.
    let dataset: Int
    let dtype: DType
    let shape: [Int]
    /// Where it lies, for messages.
    let place: String
}

/// Finds the variables of Keras layers in an HDF5 file.
///
/// Keras 3 (`.weights.h5`) has them as `layers/<class>[_<number>]/<inner>/vars/<number>`, with the layer's own name as
/// attribute `name` of its `vars`. The legacy form (`.h5`) lists layers in the attribute `layer_names` and each one's
/// variables in `weight_names`.
enum KerasWeights {
    /// The group of a whole model's weights in a legacy file; weights saved alone have them in the root.
    private static let legacyGroup = "model_weights"
    /// Groups at the root that hold the training's state.
    private static let passedOver = ["optimizer", "optimizer_weights"]
    /// Where Keras 3 keeps the list of layers; the second is that of its first versions.
    private static let layerLists = ["layers", "_layer_checkpoint_dependencies"]

    /// All variables, or nil when the file is not of Keras.
    ///
    /// - Throws: `.missing` when a list names what is not there, `.unsupported` for a dataset that is in no list.
    static func variables(in contents: HDF5Contents) throws(EmbqError) -> [KerasVariable]? {
        let attributes = Attributes(contents)
        for root in [[legacyGroup], []] {
            if let layers = attributes.list("layer_names", of: root) {
                return try legacy(contents, attributes, root, layers)
            }
        }
        guard contents.datasets.contains(where: { isNumbered($0.path) }) else { return nil }
        return try numbered(contents, attributes)
    }

    private static func isNumbered(_ path: [String]) -> Bool {
        guard path.count >= 2, path[path.count - 2] == "vars", let number = path.last else { return false }
        return !number.isEmpty && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    // MARK: Keras 3

    private static func numbered(_ contents: HDF5Contents, _ attributes: Attributes) throws(EmbqError)
        -> [KerasVariable]
    {
        var variables: [KerasVariable] = []
        for (index, dataset) in contents.datasets.enumerated() {
            let path = dataset.path
            guard !passedOver.contains(path[0]), !path.contains("seed_generator") else { continue }
            guard isNumbered(path), let number = path.last else { throw stray(path) }
            var layers = Array(path.dropLast(2))
            let lead = layers.first.map { layerLists.contains($0) } == true ? [layers.removeFirst()] : []
            guard !layers.isEmpty else { throw stray(path) }
            let own = attributes.values("name", of: lead + [layers[0], "vars"])
            variables.append(
                KerasVariable(
                    givenName: own.flatMap { $0.count == 1 ? $0[0] : nil }, fileName: layers[0],
                    inner: Array(layers.dropFirst()), name: number, dataset: index, dtype: dataset.dtype,
                    shape: dataset.shape, place: path.joined(separator: "/")))
        }
        return variables
    }

    // MARK: Legacy

    private static func legacy(
        _ contents: HDF5Contents, _ attributes: Attributes, _ root: [String], _ layers: [String]
    ) throws(EmbqError) -> [KerasVariable] {
        var byPath: [[UInt8]: Int] = [:]
        for (index, dataset) in contents.datasets.enumerated() { byPath[key(dataset.path)] = index }
        var variables: [KerasVariable] = []
        var used: Set<Int> = []
        // Weights of the model itself, when there are any, are in a group of a fixed name.
        let own = "top_level_model_weights"
        for layer in layers + (layers.contains(own) ? [] : [own]) {
            guard let names = attributes.list("weight_names", of: root + [layer]) else {
                guard layer != own else { continue }
                throw broken("layer_names names the layer '\(EmbqError.printable(layer))', which has no weight_names")
            }
            for name in names {
                let path = root + [layer] + name.split(separator: "/").map { String($0) }
                guard let index = byPath[key(path)] else {
                    throw broken(
                        "weight_names of the layer '\(EmbqError.printable(layer))' names "
                            + "'\(EmbqError.printable(name))', which is not in the file")
                }
                guard used.insert(index).inserted else {
                    throw EmbqError(
                        .duplicate, "two weight_names lead to \(show(path))",
                        advice: "Save the model again with Keras, or as safetensors.")
                }
                if path.contains(where: { $0.hasPrefix("seed_generator") }) { continue }
                variables.append(variable(layer, name, index, contents.datasets[index]))
            }
        }
        for (index, dataset) in contents.datasets.enumerated()
        where !used.contains(index) && !passedOver.contains(dataset.path[0]) { throw stray(dataset.path) }
        return variables
    }

    /// `layer/inner/kernel:0`, where the layer may be left out or said twice.
    private static func variable(_ layer: String, _ name: String, _ index: Int, _ dataset: HDF5Contents.Dataset)
        -> KerasVariable
    {
        var parts = name.split(separator: "/").map { String($0) }
        while parts.count > 1, parts[0].hasSameBytes(as: layer) { parts.removeFirst() }
        var last = parts.popLast() ?? ""
        if last.hasSuffix(":0") { last.removeLast(2) }
        return KerasVariable(
            givenName: layer, fileName: layer, inner: parts, name: last, dataset: index, dtype: dataset.dtype,
            shape: dataset.shape, place: dataset.path.joined(separator: "/"))
    }

    private static func show(_ path: [String]) -> String { "'\(EmbqError.printable(path.joined(separator: "/")))'" }

    private static func stray(_ path: [String]) -> EmbqError {
        EmbqError(
            .unsupported, place: show(path), "this dataset belongs to no layer of the Keras file",
            advice: "Save the weights alone with Keras, or as safetensors.")
    }

    private static func broken(_ problem: String) -> EmbqError {
        EmbqError(.missing, problem, advice: "The file is damaged: save the model again with Keras, or as safetensors.")
    }

    /// No name in a path has a slash, so paths are equal when these are.
    private static func key(_ path: [String]) -> [UInt8] { Array(path.joined(separator: "/").utf8) }

    /// Attributes by group and name.
    private struct Attributes {
        private var found: [[UInt8]: [String]] = [:]

        init(_ contents: HDF5Contents) {
            for attribute in contents.attributes {
                found[KerasWeights.key(attribute.group + [attribute.name])] = attribute.values
            }
        }

        func values(_ name: String, of group: [String]) -> [String]? { found[KerasWeights.key(group + [name])] }

        /// A list, which Keras spreads over `name0`, `name1`, ... when it is too long for one attribute.
        func list(_ name: String, of group: [String]) -> [String]? {
            if let whole = values(name, of: group) { return whole }
            guard var items = values("\(name)0", of: group) else { return nil }
            var part = 1
            while let more = values("\(name)\(part)", of: group) {
                items += more
                part += 1
            }
            return items
        }
    }
}
