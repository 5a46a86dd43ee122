import EmbqCheckpoints
package import EmbqCore

/// What is done with each key of a config.json.
package enum ConfigKeys {
    /// The file that the tables are of.
    package static let file = "config.json"

    /// Keys of `model_type` bert, as version 5 of transformers reads them.
    package static let huggingFaceBERT = KnownKeys(
        file: file, keys: answers.merging(bert, uniquingKeysWith: last).merging(inherited, uniquingKeysWith: first))
    package static let distilBERT = transformers(
        honoured: ["dim", "n_layers", "n_heads", "hidden_dim", "activation"],
        inert: [
            "sinusoidal_pos_embds": "the table of positions is stored", "qa_dropout": "for training",
            "seq_classif_dropout": "for training", "type_vocab_size": "DistilBERT has no token types",
            "layer_norm_eps": "DistilBERT's norms have 1e-12", "hidden_act": "activation names the function",
            "intermediate_size": "hidden_dim is the inner width",
        ])
    package static let electra = transformers(
        honoured: ["embedding_size"],
        inert: Dictionary(
            ["type", "use_proj", "activation", "last_dropout", "first_dropout"].map {
                ("summary_\($0)", "the classifier of sentences has one form")
            }, uniquingKeysWith: { first, _ in first }),
        only: ["position_embedding_type": [.string("absolute")]])
    package static let roBERTa = transformers(
        honoured: ["eos_token_id"], inert: [:], only: ["position_embedding_type": [.string("absolute")]])
    package static let albert = transformers(
        honoured: ["embedding_size", "num_hidden_groups", "inner_group_num", "eos_token_id"],
        inert: [
            "classifier_dropout_prob": "for training", "down_scale_factor": "nothing reads it",
            "gap_size": "nothing reads it", "net_structure_type": "nothing reads it",
            "num_memory_blocks": "nothing reads it",
        ], only: ["position_embedding_type": [.string("absolute")]])
    package static let mobileBERT = transformers(
        honoured: [
            "embedding_size", "trigram_input", "use_bottleneck", "intra_bottleneck_size", "use_bottleneck_attention",
            "key_query_shared_bottleneck", "num_feedforward_networks", "normalization_type", "classifier_activation",
        ],
        inert: ["true_hidden_size": "it follows from use_bottleneck"])

    /// Keys of an encoder that is like ``huggingFaceBERT`` but for these.
    private static func transformers(
        honoured: [String], inert: [String: String], only: [String: [JSONValue]] = [:]
    ) -> KnownKeys {
        let own = Dictionary(honoured.map { ($0, KnownKeys.Treatment.honoured) }, uniquingKeysWith: last)
            .merging(inert.mapValues { .inert($0) }, uniquingKeysWith: last)
            .merging(only.mapValues { .only($0) }, uniquingKeysWith: last)
        return KnownKeys(file: file, keys: huggingFaceBERT.keys.merging(own, uniquingKeysWith: last))
    }

    /// Keys of the eight families of EmbBERT.
    package static let embBERT = KnownKeys(
        file: file, keys: answers.merging(released, uniquingKeysWith: last).merging(inherited, uniquingKeysWith: first))

    /// Keys of model2vec.
    package static let model2vec = KnownKeys(
        file: file,
        keys: [
            "model_type": .honoured, "normalize": .honoured, "max_length": .honoured,
            "head_config": .honoured,
            "architectures": .inert("there is one"),
            "hidden_dim": .inert("the table has its own width"),
            "seq_length": .inert("encode has a limit of its own"),
            "tokenizer_name": .inert("tokenizer.json is the tokenizer"),
            "embedding_dtype": .inert("the table has its own type"),
            "vocabulary_quantization": .inert("mapping says which row a token has"),
        ]
        .merging(
            inert(
                "says how the table was made",
                ["apply_pca", "apply_zipf", "sif_coefficient", "pca_dims", "pooling", "language", "base_model_name"]),
            uniquingKeysWith: first))

    private static func first(_ a: KnownKeys.Treatment, _ b: KnownKeys.Treatment) -> KnownKeys.Treatment { a }
    private static func last(_ a: KnownKeys.Treatment, _ b: KnownKeys.Treatment) -> KnownKeys.Treatment { b }

    /// What decides on the head and on what its logits mean.
    private static let answers: [String: KnownKeys.Treatment] = [
        "model_type": .honoured, "architectures": .honoured, "id2label": .honoured, "num_labels": .honoured,
        "problem_type": .honoured, "quantization_config": .honoured,
        "label2id": .inert("id2label names the outputs"),
        "task_specific_params": .inert("no head reads it"),
    ]

    private static let bert: [String: KnownKeys.Treatment] = [
        "vocab_size": .honoured, "hidden_size": .honoured, "num_hidden_layers": .honoured,
        "num_attention_heads": .honoured, "intermediate_size": .honoured, "max_position_embeddings": .honoured,
        "type_vocab_size": .honoured, "hidden_act": .honoured, "layer_norm_eps": .honoured,
        "pad_token_id": .honoured, "sep_token_id": .honoured, "mask_token_id": .honoured,
        "tokenizer_class": .honoured, "sentence_transformers": .honoured,
        "sbert_ce_default_activation_function": .honoured,
        "position_embedding_type": .only([.string("absolute")]),
        "is_decoder": .only([.bool(false)]), "is_causal": .only([.bool(false)]),
        "add_cross_attention": .only([.bool(false)]), "pruned_heads": .only([.object([])]),
        "is_encoder_decoder": .inert("there is no decoder"),
        "embedding_size": .inert("the embedding is as wide as all else"),
        "head_dim": .inert("hidden_size / num_attention_heads"),
        "chunk_size_feed_forward": .inert("the same numbers in parts"),
        "output_hidden_states": .inert("it adds outputs"),
        "directionality": .inert("nothing reads it"), "uniem3p": .inert("nothing reads it"),
    ]
    .merging(
        [
            "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head",
            "pooler_type",
        ].map { ($0, .inert("nothing reads it")) }, uniquingKeysWith: last)

    private static let released: [String: KnownKeys.Treatment] = [
        "vocab_size": .honoured, "max_length": .honoured, "hidden_size": .honoured, "reduced_embedding": .honoured,
        "forward_expansion": .honoured, "kernel_size": .honoured, "num_attention_heads": .honoured,
        "num_hidden_layers": .honoured, "d_state": .honoured,
        "pad_token_id": .inert("the families' tokenizers all have [PAD] 0"),
    ]

    /// Keys that every configuration of transformers may have and that no answer depends on.
    private static let inherited: [String: KnownKeys.Treatment] =
        inert(
            "generates no text",
            [
                "bad_words_ids", "begin_suppress_tokens", "decoder_start_token_id", "diversity_penalty", "do_sample",
                "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
                "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "max_new_tokens",
                "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
                "output_scores", "prefix", "remove_invalid_values", "repetition_penalty", "return_dict_in_generate",
                "suppress_tokens", "temperature", "top_k", "top_p", "typical_p", "use_cache", "bos_token_id",
                "eos_token_id", "cls_token_id", "unk_token_id", "is_encoder_decoder", "tie_encoder_decoder",
                "cross_attention_hidden_size",
            ]
        )
        .merging(
            inert(
                "for training",
                [
                    "attention_probs_dropout_prob", "classifier_dropout", "gradient_checkpointing",
                    "hidden_dropout_prob", "initializer_range", "attention_dropout", "dropout", "layer_norm_dropout",
                    "use_bfloat16", "loss_type",
                ]), uniquingKeysWith: first
        )
        .merging(
            inert(
                "describes the file",
                [
                    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "finetuning_task",
                    "torchscript", "return_dict", "output_attentions", "output_hidden_states", "tf_legacy_loss",
                    "xla_device", "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
                    "_attn_implementation_internal", "tie_word_embeddings", "tokenizer_class", "function_to_apply",
                ]), uniquingKeysWith: first
        )
        .merging(
            [
                "dtype": .inert("weights are taken as stored and computed with in fp32"),
                "torch_dtype": .inert("weights are taken as stored and computed with in fp32"),
                "auto_map": .inert("code of the release is not run; model_type names the family"),
            ], uniquingKeysWith: first)

    private static func inert(_ reason: String, _ keys: [String]) -> [String: KnownKeys.Treatment] {
        Dictionary(keys.map { ($0, .inert(reason)) }, uniquingKeysWith: first)
    }

    /// Rejects weights of a scheme that they do not show themselves; those of bitsandbytes in 8 bits do, by their SCB.
    static func checkQuantization(_ keys: CheckpointConfig) throws(EmbqError) {
        guard let value = keys["quantization_config"] else { return }
        if value["quant_method"]?.string ?? "bitsandbytes" == "bitsandbytes", value["load_in_4bit"]?.bool != true {
            return
        }
        throw keys.unsupported(
            "quantization_config", value, "the weights are stored in a scheme that embq does not read",
            advice: "Supported: bitsandbytes in 8 bits. Save the model without quantization.")
    }
}
