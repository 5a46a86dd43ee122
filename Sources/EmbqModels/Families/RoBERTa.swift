import EmbqCheckpoints
import EmbqCore

/// RoBERTa: BERT whose first token has the position behind that of the padding.
///
/// Source: https://github.com/huggingface/transformers, models/roberta/modeling_roberta.py.
enum RoBERTa: RoBERTaShaped {
    static let modelType = "roberta"
    static let name = "RoBERTa"
    static let names = TransformersNames.roBERTa("Roberta")
}

/// RoBERTa of a hundred languages, with a tokenizer of its own.
///
/// Source: https://github.com/huggingface/transformers, models/xlm_roberta/modeling_xlm_roberta.py.
enum XLMRoBERTa: RoBERTaShaped {
    static let modelType = "xlm-roberta"
    static let name = "XLM-RoBERTa"
    static let names = TransformersNames.roBERTa("XLMRoberta")

    /// The tensors of both are called alike: without a config.json they are told to be ``RoBERTa``'s.
    static func recognise(_ t: TensorShapes) -> Recognition? { nil }
}

/// What both have alike.
protocol RoBERTaShaped: TransformersFamily {}

extension RoBERTaShaped {
    static var keys: KnownKeys { ConfigKeys.roBERTa }

    static func positions(_ keys: CheckpointConfig) throws(EmbqError) -> Int {
        let first = try padPosition(keys) + 1
        return try keys.integer(lengthKey, in: first + 1...first + DeviceLimits.length) - first
    }

    /// The position of padding, before that of the first token: its id.
    private static func padPosition(_ keys: CheckpointConfig) throws(EmbqError) -> Int {
        try keys.integer(names.pad.key, in: 0...DeviceLimits.length, default: names.pad.usual)
    }

    /// Positions are counted without the id of config.json, whatever the tokenizer calls it.
    static func specialTokens(_ checkpoint: Checkpoint, _ keys: CheckpointConfig) throws(EmbqError) -> SpecialTokens {
        var special = try usualSpecialTokens(checkpoint, keys)
        special.pad = try padPosition(keys)
        return special
    }

    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        try TransformersEmbedder(
            Self.self, width: b.config.hiddenSize, widthKey: widthKey, padPosition: padPosition(b.keys)
        ).build(&b, prefix)
    }
}

extension TransformersNames {
    fileprivate static func roBERTa(_ classStem: String) -> TransformersNames {
        TransformersNames(
            stem: "roberta", classStem: classStem, otherHeads: ["ForMaskedLM", "ForCausalLM"],
            pad: SpecialWord(word: "<pad>", key: "pad_token_id", usual: 1),
            separator: SpecialWord(word: "</s>", key: "eos_token_id", usual: 2),
            mask: SpecialWord(word: "<mask>", key: "mask_token_id", usual: -1),
            classifier: ["classifier.dense", "classifier.out_proj"])
    }
}
