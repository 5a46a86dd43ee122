package import EmbqCore

/// What is done with each key of the files of a sentence-transformers folder. The modules' folders have the names that
/// the library gives them.
extension KnownKeys {
    package static let configSentenceTransformers = KnownKeys(
        file: "config_sentence_transformers.json",
        keys: [
            "__version__": .inert("another version only warns"), "model_type": .honoured, "prompts": .honoured,
            "default_prompt_name": .honoured, "similarity_fn_name": .honoured, "truncate_dim": .honoured,
            "requirements": .honoured, "activation_fn": .honoured,
        ])

    package static let transformerModule = KnownKeys(
        file: "sentence_bert_config.json",
        keys: [
            "max_seq_length": .honoured, "do_lower_case": .honoured, "transformer_task": .honoured,
            "modality_config": .honoured, "module_output_name": .honoured, "processing_kwargs": .honoured,
            "model_args": .honoured, "model_kwargs": .honoured, "tokenizer_args": .honoured,
            "processor_kwargs": .honoured, "config_args": .honoured, "config_kwargs": .honoured,
            "tokenizer_name_or_path": .only([]), "unpad_inputs": .inert(onlySpeed), "backend": .inert(onlySpeed),
            "query_length": .inert("it counts only for a task"),
            "document_length": .inert("it counts only for a task"), "query_expansion": .only([]),
        ])

    package static let poolingModule = KnownKeys(
        file: "1_Pooling/config.json",
        keys: Dictionary(
            uniqueKeysWithValues: PoolingModule.Mode.allCases.map { ($0.key, .honoured) } + [
                ("pooling_mode", .honoured), ("include_prompt", .honoured),
                ("embedding_dimension", .inert(ownWidth)), ("word_embedding_dimension", .inert(ownWidth)),
            ]))

    package static let denseModule = KnownKeys(
        file: "2_Dense/config.json",
        keys: [
            "in_features": .honoured, "out_features": .honoured, "bias": .honoured,
            "activation_function": .honoured, "module_input_name": .honoured, "module_output_name": .honoured,
            "use_residual": .honoured,
        ])

    package static let normalizeModule = KnownKeys(
        file: "2_Normalize/config.json", keys: ["module_input_name": .honoured, "module_output_name": .honoured])

    package static let layerNormModule = KnownKeys(file: "2_LayerNorm/config.json", keys: ["dimension": .honoured])

    package static let weightedLayersModule = KnownKeys(
        file: "1_WeightedLayerPooling/config.json",
        keys: [
            "word_embedding_dimension": .inert(ownWidth), "embedding_dimension": .inert(ownWidth),
            "num_hidden_layers": .honoured, "layer_start": .honoured,
        ])

    static let onlySpeed = "it changes only the speed"
    private static let ownWidth = "the vectors have their own width"
}
