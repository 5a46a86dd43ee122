import EmbqCore

/// One vector of a sentence's token vectors; several ways give several, one after another.
package struct PoolingModule: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        // In the order in which the Boolean keys are joined.
        case cls
        case max
        case mean
        case meanSqrtLength = "mean_sqrt_len_tokens"
        case weightedMean = "weightedmean"
        case last = "lasttoken"

        /// The Boolean key of older releases.
        var key: String {
            switch self {
            case .cls: "pooling_mode_cls_token"
            case .max: "pooling_mode_max_tokens"
            case .mean: "pooling_mode_mean_tokens"
            case .meanSqrtLength: "pooling_mode_mean_sqrt_len_tokens"
            case .weightedMean: "pooling_mode_weightedmean_tokens"
            case .last: "pooling_mode_lasttoken"
            }
        }
    }

    package var modes: [Mode]
    /// False if the tokens of a prompt, [CLS] among them, are left out.
    package var includesPrompt: Bool

    package init(modes: [Mode], includesPrompt: Bool) {
        self.modes = modes
        self.includesPrompt = includesPrompt
    }
}

extension PoolingModule {
    /// - Throws: `.unsupported` for an unknown key or pooling, `.malformed` for a value of another type.
    init(_ document: FolderDocument, _ settlements: inout [Settlement]) throws(EmbqError) {
        try document.requireKnown(.poolingModule)
        let (modes, source) = try Self.modes(document)
        let includes = try document.bool("include_prompt") ?? true
        settlements.append(
            Settlement(
                "pooling", modes.map(\.rawValue).joined(separator: " + "), source: "\(document.name), \(source)"))
        if !includes {
            settlements.append(
                Settlement("pooling leaves out the prompt", "true", source: "\(document.name), include_prompt"))
        }
        self.init(modes: modes, includesPrompt: includes)
    }

    private static func modes(_ document: FolderDocument) throws(EmbqError) -> ([Mode], String) {
        if let value = document["pooling_mode"] {
            let words = value.array ?? [value]
            var modes: [Mode] = []
            for word in words {
                guard let mode = word.string.flatMap(Mode.init(rawValue:)) else {
                    throw document.unsupported(
                        "pooling_mode", "the pooling is not known",
                        advice: "Supported: \(Mode.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                modes.append(mode)
            }
            guard !modes.isEmpty else { throw document.wrong("pooling_mode", value, "a pooling") }
            return (modes, "pooling_mode")
        }
        var modes: [Mode] = []
        for mode in Mode.allCases where try document.bool(mode.key) ?? false { modes.append(mode) }
        if modes.isEmpty { return ([.mean], "which names no pooling") }
        return (modes, modes.map(\.key).joined(separator: ", "))
    }
}
