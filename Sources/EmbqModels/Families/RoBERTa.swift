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
        let first = try firstPosition(keys)
        return try keys.integer(lengthKey, in: first + 1...first + DeviceLimits.length) - first
    }

    /// The position of the first token.
    private static func firstPosition(_ keys: CheckpointConfig) throws(EmbqError) -> Int {
        try keys.integer(names.pad.key, in: 0...DeviceLimits.length, default: names.pad.usual) + 1
    }

    static func embedder(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        try TransformersEmbedder(
            Self.self, width: b.config.hiddenSize, widthKey: widthKey, firstPosition: firstPosition(b.keys)
        ).build(&b, prefix)
    }

    static func layers(_ b: inout GraphBuilder, _ prefix: String, _ embedded: Value) throws(EmbqError) -> Value {
        try bertLayers(&b, prefix, embedded)
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
