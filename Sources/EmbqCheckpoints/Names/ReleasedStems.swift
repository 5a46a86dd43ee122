/// What the names of the models that embq knows begin with, and what training adds to them, as parts between dots.
enum ReleasedStems {
    typealias Parts = [[UInt8]]

    static func parts(_ name: String) -> Parts {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
    }

    static func text(_ parts: some Sequence<[UInt8]>) -> String {
        String(decoding: Array(parts.joined(separator: [UInt8(ascii: ".")])), as: UTF8.self)
    }

    /// Tensors that every model of a family has, the longer name first where one is the end of another.
    static let anchors: [Parts] =
        (transformers.map { "\($0).embeddings.word_embeddings.weight" } + [
            "embeddings.word_embeddings.weight", "model.embedder.token.weight",
        ]).map { parts($0) }

    /// What the bodies of the transformers library's models stand under.
    private static let transformers = ["bert", "distilbert", "electra", "roberta", "albert", "mobilebert"]

    /// What stands first in names, of bodies and of heads.
    static let stems: [Parts] =
        (transformers + [
            "embeddings", "embeddings_project", "transformer.layer", "pre_classifier", "encoder.layer", "pooler", "cls",
            "classifier",
            "nsp_classifier", "mlm_classifier", "model.embedder", "model.norms", "model.attentions", "model.pre_norms",
            "model.post_norms", "model.feed_forward", "model.bert_layers", "model.mamba_layers", "model.conv1d",
        ]).map { parts($0) }

    /// Parts that PyTorch's wrappers put into names: DataParallel, compile, FSDP, checkpointed activations.
    static let wrappers: Set<[UInt8]> = parts(set: [
        "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ])

    /// Other models whose bodies have the anchors' names: under these, they are no prefix.
    static let otherModels: Set<[UInt8]> = parts(set: [
        "roberta", "xlm_roberta", "electra", "distilbert", "albert", "mpnet", "deberta", "layoutlm", "ernie", "nezha",
        "rembert", "roformer", "roc_bert", "convbert", "mobilebert", "longformer", "luke", "esm", "splinter", "ibert",
        "nystromformer", "mra", "yoso", "xmod", "data2vec_text", "camembert", "visual_bert", "lilt", "tapas",
        "megatron_bert", "mega", "funnel", "squeezebert", "flaubert", "xlnet",
    ])

    /// Words in the names of a model's copies, which stand beside it in training checkpoints.
    private static let copies: Set<[UInt8]> = parts(set: [
        "ema", "swa", "avg", "average", "averaged", "teacher", "momentum", "shadow", "target",
    ])

    /// Words in the names of what only training needs.
    private static let training: Set<[UInt8]> = parts(set: [
        "loss", "losses", "criterion", "criteria", "metric", "metrics", "optimizer", "scheduler", "acc", "accuracy",
    ])

    private static func parts(set names: [String]) -> Set<[UInt8]> { Set(names.map { Array($0.utf8) }) }

    private static func words(_ part: [UInt8]) -> [[UInt8]] {
        part.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }.split(separator: UInt8(ascii: "_")).map { Array($0) }
    }

    /// Whether a part names a copy of the model, such as `ema_model`.
    static func isCopy(_ part: [UInt8]) -> Bool { words(part).contains { copies.contains($0) } }

    /// Whether a tensor is no part of any model: of a loss, a metric, a counter.
    static func isOfTraining(_ name: Parts) -> Bool {
        guard let first = name.first else { return false }
        return name == parts("n_averaged") || isCopy(first) || words(first).contains { training.contains($0) }
    }

    static func isKnown(_ name: ArraySlice<[UInt8]>) -> Bool { stems.contains { name.starts(with: $0) } }
}
