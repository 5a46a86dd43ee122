/// Where a released model lies: the path that the user gave, and those of its companions that lie elsewhere.
package struct CheckpointLocation: Sendable, Equatable {
    /// A weights file or a folder.
    package var path: String
    /// The config.json; nil: beside the weights.
    package var config: String?
    /// The tokenizer.json or vocab.txt; nil: beside the weights.
    package var tokenizer: String?
    /// The path of keys to the tensors, in a PyTorch file that holds more than them.
    package var key: String?
    /// The folder of a LoRA adapter to merge; nil takes one that lies in the folder given.
    package var adapter: String?
    /// The name of the prompt that precedes every text; nil: the model's default, empty: none.
    package var prompt: String?
    /// The longest sentence to make the model for, in tokens; nil: the model's own.
    package var maxTokens: Int?

    package init(
        _ path: String, config: String? = nil, tokenizer: String? = nil, key: String? = nil, adapter: String? = nil,
        prompt: String? = nil, maxTokens: Int? = nil
    ) {
        self.path = path
        self.config = config
        self.tokenizer = tokenizer
        self.key = key
        self.adapter = adapter
        self.prompt = prompt
        self.maxTokens = maxTokens
    }

    /// All paths that were given.
    package var paths: [String] { [path, config, tokenizer, adapter].compactMap { $0 } }
}

extension CheckpointLocation: ExpressibleByStringLiteral {
    package init(stringLiteral path: String) { self.init(path) }
}
