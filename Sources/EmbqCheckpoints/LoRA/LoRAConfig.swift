import EmbqCore

/// What an adapter_config.json of PEFT says about merging.
struct LoRAConfig: Sendable {
    static let fileName = "adapter_config.json"
    private static let advice =
        "Merge the adapter with PEFT (merge_and_unload) and save the model, or use another adapter."
    private static let limit = FileLimit("an adapter's configuration", bytes: 4 << 20, advice: advice)

    let path: String
    /// r and lora_alpha, for modules that no pattern names.
    private let rank: Int
    private let alpha: Double
    private let rankPattern: Pattern
    private let alphaPattern: Pattern
    /// Whether the factor is alpha / √r instead of alpha / r.
    private let isRankStabilized: Bool
    /// Whether the base's weights are kept `[inputs, outputs]`.
    let isFanInFanOut: Bool
    /// Endings of the paths of adapted modules; nil when a pattern names them, or all are meant.
    let targets: [String]?
    /// Endings of the paths of modules that are saved whole.
    let savedModules: [String]
    /// Whether other keys exclude some of the modules that ``targets`` names.
    let limitsTargets: Bool
    /// Keys that embq does not know.
    let unknownKeys: [String]
    /// Whether biases were trained, too.
    let hasBiases: Bool
    /// The base as the adapter's author called it.
    let baseName: String?

    private static let rankPatternKey = "rank_pattern"
    private static let ranks = 1...65_536
    private static let aRank = "an integer from 1 to 65536"

    /// Ways of adapting that are not W + factor · B·A of a module: the key, and what a model that uses one is called.
    static let refused = [
        ("use_dora", "DoRA"), ("use_qalora", "QALoRA"), ("use_bdlora", "BD-LoRA"), ("lora_bias", "LoRA with biases"),
        ("layer_replication", "LoRA with replicated layers"), ("trainable_token_indices", "LoRA with trained tokens"),
        ("target_parameters", "LoRA of bare parameters"), ("alora_invocation_tokens", "activated LoRA"),
        ("arrow_config", "Arrow"), ("kasa_config", "KaSA"), ("velora_config", "VeLoRA"),
        ("monteclora_config", "MonteCLoRA"),
    ]
    /// Initialisations that leave the base's weights as they are.
    private static let plainInitialisations = ["gaussian", "eva", "orthogonal"]

    init(_ path: String) throws(EmbqError) {
        let json = try Self.limit.object(path)
        self.path = path
        try Self.requirePlainLoRA(json, path)
        unknownKeys = try Self.known.unknown(in: json, path: path)
        guard let rank = json["r"]?.int, Self.ranks.contains(rank) else {
            throw Self.wrong(json, "r", Self.aRank, path)
        }
        guard let alpha = json["lora_alpha"]?.double else { throw Self.wrong(json, "lora_alpha", "a number", path) }
        self.rank = rank
        self.alpha = alpha
        rankPattern = try Self.pattern(json, Self.rankPatternKey, path)
        alphaPattern = try Self.pattern(json, "alpha_pattern", path)
        isRankStabilized = try Self.flag(json, "use_rslora", path)
        isFanInFanOut = try Self.flag(json, "fan_in_fan_out", path)
        targets = json["target_modules"]?.string == nil ? try Self.strings(json, "target_modules", path) : nil
        savedModules = try Self.strings(json, "modules_to_save", path) ?? []
        limitsTargets = ["exclude_modules", "layers_to_transform"].contains { json[$0].map { !$0.isNull } ?? false }
        hasBiases = try Self.biases(json, path)
        baseName = json["base_model_name_or_path"]?.string
    }

    /// The rank of a module's matrices.
    func rank(of module: String) -> Int {
        rankPattern.value(of: module).flatMap { Int(exactly: $0) } ?? rank
    }

    /// What B·A is multiplied by.
    func factor(of module: String) -> Double {
        let rank = Double(rank(of: module))
        return (alphaPattern.value(of: module) ?? alpha) / (isRankStabilized ? rank.squareRoot() : rank)
    }

    /// Numbers by module: the first key that names it counts.
    private struct Pattern {
        /// A key is the end of a module's path, or all of it after `^`.
        let items: [(key: String, value: Double)]
        private let endings: NameEndings
        /// Places in ``items`` by whole path, and those of ``endings``.
        private var whole: [ExactString: Int] = [:]
        private var places: [Int] = []

        init(_ items: [(key: String, value: Double)] = []) {
            self.items = items
            for (place, item) in items.enumerated() {
                guard item.key.hasPrefix("^") else {
                    places.append(place)
                    continue
                }
                let path = ExactString(String(item.key.dropFirst()))
                if whole[path] == nil { whole[path] = place }
            }
            endings = NameEndings(places.map { items[$0].key })
        }

        func value(of module: String) -> Double? {
            let ending = endings.first(naming: module).map { places[$0] }
            return [ending, whole[ExactString(module)]].compactMap { $0 }.min().map { items[$0].value }
        }
    }

    private static func requirePlainLoRA(_ json: JSONValue, _ path: String) throws(EmbqError) {
        guard let type = json["peft_type"]?.string else { throw wrong(json, "peft_type", "a string", path) }
        guard type == "LORA" else {
            throw fault(.unsupported, path, "peft_type", "the adapter is \(EmbqError.printable(type)), embq reads LORA")
        }
        for (key, name) in refused {
            guard let value = json[key], !value.isNull, value.bool != false, value.array?.isEmpty != true else {
                continue
            }
            throw fault(
                .unsupported, path, key, "the adapter is \(name), which embq does not merge: \(value.summary)")
        }
        if let name = json["init_lora_weights"]?.string, !plainInitialisations.contains(name) {
            throw fault(
                .unsupported, path, "init_lora_weights",
                "'\(EmbqError.printable(name))' changes the base's weights, which embq does not do")
        }
    }

    private static func pattern(_ json: JSONValue, _ key: String, _ path: String) throws(EmbqError) -> Pattern {
        guard let value = json[key], !value.isNull else { return Pattern() }
        guard let members = value.object else { throw wrong(json, key, "an object of numbers", path) }
        var patterns: [(key: String, value: Double)] = []
        for (name, value) in members {
            let isRank = key == rankPatternKey
            guard let number = value.double, !isRank || Int(exactly: number).map(ranks.contains) == true else {
                throw fault(
                    .malformed, path, key,
                    "'\(EmbqError.printable(name))' is \(value.kind), \(isRank ? aRank : "a number") is expected")
            }
            var plain = ""
            var isEscaped = false
            for scalar in name.unicodeScalars {
                if scalar == "\\", !isEscaped {
                    isEscaped = true
                    continue
                }
                isEscaped = false
                plain.unicodeScalars.append(scalar)
            }
            if plain.hasSuffix("$") { plain.removeLast() }
            let rest = plain.hasPrefix("^") ? plain.dropFirst() : plain[...]
            guard
                rest.utf8.allSatisfy({ byte in
                    byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                })
            else {
                throw fault(
                    .unsupported, path, key,
                    "'\(EmbqError.printable(name))' is a regular expression, embq reads paths and their ends")
            }
            patterns.append((plain, number))
        }
        return Pattern(patterns)
    }

    private static func biases(_ json: JSONValue, _ path: String) throws(EmbqError) -> Bool {
        guard let value = json["bias"], !value.isNull else { return false }
        guard let kind = value.string else { throw wrong(json, "bias", "a string", path) }
        guard ["none", "all", "lora_only"].contains(kind) else {
            throw fault(
                .unsupported, path, "bias", "'\(EmbqError.printable(kind))' is none of none, all and lora_only")
        }
        return kind != "none"
    }

    private static func flag(_ json: JSONValue, _ key: String, _ path: String) throws(EmbqError) -> Bool {
        guard let value = json[key], !value.isNull else { return false }
        guard let flag = value.bool else { throw wrong(json, key, "true or false", path) }
        return flag
    }

    private static func strings(_ json: JSONValue, _ key: String, _ path: String) throws(EmbqError) -> [String]? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let items = value.array else { throw wrong(json, key, "an array of strings", path) }
        var strings: [String] = []
        for item in items {
            guard let string = item.string else { throw wrong(json, key, "an array of strings", path) }
            strings.append(string)
        }
        return strings
    }

    private static func wrong(_ json: JSONValue, _ key: String, _ expected: String, _ path: String) -> EmbqError {
        guard let value = json[key], !value.isNull else { return fault(.missing, path, key, "the key is missing") }
        return fault(.malformed, path, key, "it is \(value.kind), \(expected) is expected")
    }

    static func fault(_ code: EmbqError.Code, _ path: String, _ key: String?, _ problem: String) -> EmbqError {
        EmbqError(
            code, file: path, place: key.map { "'\($0)'" }, problem,
            advice: advice)
    }
}
