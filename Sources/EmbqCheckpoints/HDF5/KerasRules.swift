import EmbqCore

/// Which tensor a Keras variable is. Schemas/keras-mapping.md says it in words.
enum KerasRules {
    /// How values lie in Keras and in the released tensor.
    enum Form {
        /// The same in both: an embedding, a bias, a vector.
        case same
        /// Keras `[in, out]`, released `[out, in]`.
        case dense
        /// Keras `[k, channels, multiplier]`, released `[channels · multiplier, 1, k]`.
        case depthwise
    }

    /// A kind of layer. `#` stands for a number, which all of its rules share.
    struct Layer {
        /// The name that the layer is to have.
        let name: String
        /// What Keras calls it after its class where no name is known; `_0` is left out there.
        let automatic: String
        let rules: [Rule]
    }

    struct Rule {
        /// The layer inside, or empty.
        let inner: String
        /// Names of the variable; the first is shown.
        let names: [String]
        /// Its place in the order of creation, which is its name in Keras 3.
        let position: Int
        let tensor: String
        let form: Form

        init(_ inner: String, _ names: String..., at position: Int, _ tensor: String, _ form: Form = .same) {
            self.inner = inner
            self.names = names
            self.position = position
            self.tensor = tensor
            self.form = form
        }
    }

    private static func linear(_ inner: String, _ tensor: String, _ form: Form = .dense) -> [Rule] {
        [
            Rule(inner, "kernel", "depthwise_kernel", at: 0, tensor + ".weight", form),
            Rule(inner, "bias", at: 1, tensor + ".bias"),
        ]
    }

    /// EmbBERT with a classifier.
    static let layers: [Layer] = [
        Layer(
            name: "embedder", automatic: "nano_embedder",
            rules: [
                Rule("token", "embeddings", at: 0, "model.embedder.token.weight"),
                Rule("tok_expander", "kernel", at: 0, "model.embedder.tok_expander.weight", .dense),
                Rule("position", "embeddings", at: 0, "model.embedder.position.weight"),
                Rule("pos_expander", "kernel", at: 0, "model.embedder.pos_expander.weight", .dense),
                Rule("sentence", "embeddings", at: 0, "model.embedder.sentence.weight"),
            ]),
        Layer(
            name: "norm_#", automatic: "rms_normalization_#",
            rules: [Rule("", "scale", "gamma", at: 0, "model.norms.#.weight")]),
        Layer(
            name: "attention_#", automatic: "differential_attention_#",
            rules: [
                Rule("", "lambda_q1", at: 0, "model.attentions.#.lambda_q1"),
                Rule("", "lambda_k1", at: 1, "model.attentions.#.lambda_k1"),
                Rule("", "lambda_q2", at: 2, "model.attentions.#.lambda_q2"),
                Rule("", "lambda_k2", at: 3, "model.attentions.#.lambda_k2"),
            ] + linear("query", "model.attentions.#.query") + linear("att_output", "model.attentions.#.att_output")
                + linear("conv1d", "model.attentions.#.conv1d", .depthwise)
                + linear("contract", "model.attentions.#.contract")),
        Layer(name: "classifier", automatic: "dense", rules: linear("", "classifier")),
    ]

    /// Every tensor of the model, each out of exactly one variable.
    ///
    /// - Throws: `.unsupported` with what was found and what is expected, when a variable fits no rule, two fit the
    ///   same, or a layer lacks one; `.shapeMismatch` for a kernel of another rank.
    static func tensors(_ variables: [KerasVariable]) throws(EmbqError) -> [HDF5Source.Entry] {
        var taken: [String: KerasVariable] = [:]
        var entries: [HDF5Source.Entry] = []
        var strangers: [KerasVariable] = []
        var count = 0
        for variable in variables {
            guard let (rule, number) = rule(for: variable) else {
                strangers.append(variable)
                continue
            }
            let tensor = rule.tensor.filled(number)
            if let other = taken.updateValue(variable, forKey: tensor) { throw ambiguous(tensor, other, variable) }
            if let number { count = max(count, number + 1) }
            entries.append(try entry(tensor, variable, rule.form))
        }
        var missing: [String] = []
        for (layer, rule) in layers.flatMap({ layer in layer.rules.map { (layer, $0) } }) {
            let numbers: [Int?] = layer.name.contains("#") ? (0..<count).map { $0 } : [nil]
            for number in numbers where taken[rule.tensor.filled(number)] == nil {
                missing.append(
                    ([layer.name.filled(number), rule.inner].filter { !$0.isEmpty } + [rule.names[0]])
                        .joined(separator: "/"))
            }
        }
        guard strangers.isEmpty, missing.isEmpty else { throw mismatch(strangers, missing) }
        return entries
    }

    /// The rule that a variable fits, by the layer's own name or else by what the file calls it.
    private static func rule(for variable: KerasVariable) -> (rule: Rule, number: Int?)? {
        var candidate: (layer: Layer, number: Int?)?
        if let name = variable.givenName { candidate = layer { number(in: name, like: $0.name, first: nil) } }
        candidate = candidate ?? layer { number(in: variable.fileName, like: $0.automatic, first: 0) }
        guard let (layer, number) = candidate else { return nil }
        let inner = variable.inner.joined(separator: "/")
        guard
            let rule = layer.rules.first(where: { rule in
                rule.inner.hasSameBytes(as: inner)
                    && (rule.names.contains { $0.hasSameBytes(as: variable.name) }
                        || variable.name == String(rule.position))
            })
        else { return nil }
        return (rule, number)
    }

    private static func layer(_ match: (Layer) -> Int??) -> (Layer, Int?)? {
        for layer in layers { if let number = match(layer) { return (layer, number) } }
        return nil
    }

    /// nil: the name is another; else its number, which is nil for a pattern without one.
    ///
    /// - Parameter first: the number of a name that leaves it out, as Keras does for the first layer of a class.
    private static func number(in name: String, like pattern: String, first: Int?) -> Int?? {
        guard pattern.hasSuffix("#") else { return name.hasSameBytes(as: pattern) ? .some(nil) : nil }
        let lead = String(pattern.dropLast())
        if let first, name.hasSameBytes(as: String(lead.dropLast())) { return .some(first) }
        guard name.hasPrefix(lead), let number = Int(name.dropFirst(lead.count)), (0..<1024).contains(number),
            name.hasSameBytes(as: lead + String(number))
        else { return nil }
        return .some(number)
    }

    private static func entry(_ tensor: String, _ variable: KerasVariable, _ form: Form) throws(EmbqError)
        -> HDF5Source.Entry
    {
        let shape = variable.shape
        let rank: Int? =
            switch form {
            case .same: nil
            case .dense: 2
            case .depthwise: 3
            }
        guard rank == nil || rank == shape.count else {
            throw EmbqError(
                .shapeMismatch, place: "'\(EmbqError.printable(variable.place))'",
                "its shape is \(shape), a kernel with \(rank ?? 0) dimensions is expected for \(tensor)",
                advice: "Build the Keras model with layers of the kinds that Schemas/keras-mapping.md lists.")
        }
        let released: [Int] =
            switch form {
            case .same: shape
            case .dense: [shape[1], shape[0]]
            // Only an empty kernel has sizes without a product; -1 is refused below.
            case .depthwise: [shape[1].times(shape[2]) ?? -1, 1, shape[0]]
            }
        guard let info = TensorInfo(name: tensor, dtype: variable.dtype, shape: released) else {
            throw EmbqError(
                .limitExceeded, place: "'\(EmbqError.printable(variable.place))'", "its shape \(shape) is impossible",
                advice: advice)
        }
        return HDF5Source.Entry(
            info: info, dataset: variable.dataset, rows: form == .same ? nil : shape[0],
            note: "Keras variable \(show(variable))\(form == .same ? "" : ", transposed")")
    }

    private static let advice =
        "Name the layers as Schemas/keras-mapping.md lists them and save the weights again, or save them as safetensors."

    private static func ambiguous(_ tensor: String, _ a: KerasVariable, _ b: KerasVariable) -> EmbqError {
        EmbqError(
            .duplicate, place: EmbqError.place(tensor: tensor),
            "two Keras variables could be it: \([a, b].map(show).joined(separator: " and "))", advice: advice)
    }

    private static func mismatch(_ strangers: [KerasVariable], _ missing: [String]) -> EmbqError {
        var parts: [String] = []
        if !strangers.isEmpty { parts.append("found and not known: \(list(strangers.map(show)))") }
        if !missing.isEmpty { parts.append("expected and not found: \(list(missing))") }
        return EmbqError(
            .unsupported, "its Keras layers are not those of EmbBERT; \(parts.joined(separator: "; "))", advice: advice)
    }

    private static func show(_ variable: KerasVariable) -> String {
        let name = variable.givenName.map { " of layer '\(EmbqError.printable($0))'" } ?? ""
        return "'\(EmbqError.printable(variable.place))'\(name) \(variable.shape)"
    }

    private static func list(_ items: [String]) -> String {
        items.prefix(6).joined(separator: ", ") + (items.count > 6 ? " and \(items.count - 6) more" : "")
    }
}

extension String {
    /// The pattern with its number put in.
    fileprivate func filled(_ number: Int?) -> String {
        guard let number else { return self }
        return split(separator: "#", omittingEmptySubsequences: false).joined(separator: String(number))
    }
}
