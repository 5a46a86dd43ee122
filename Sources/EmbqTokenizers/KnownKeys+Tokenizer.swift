package import EmbqCore

extension KnownKeys {
    private static let notUsed = Treatment.inert("the class does not read it")
    private static let call = Treatment.inert("a record of an earlier call")
    private static let padding = Treatment.inert("sentences run at their own length")

    /// tokenizer_config.json.
    package static let tokenizerConfig = KnownKeys(
        file: "tokenizer_config.json",
        keys: [
            "tokenizer_class": .honoured, "do_lower_case": .honoured, "strip_accents": .honoured,
            "tokenize_chinese_chars": .honoured, "unk_token": .honoured, "sep_token": .honoured,
            "pad_token": .honoured, "cls_token": .honoured, "mask_token": .honoured, "bos_token": .honoured,
            "eos_token": .honoured, "added_tokens_decoder": .honoured, "additional_special_tokens": .honoured,
            "extra_special_tokens": .honoured, "split_special_tokens": .honoured, "truncation_side": .honoured,
            "model_max_length": .honoured, "max_len": .honoured, "model_input_names": .honoured,
            "init_inputs": .honoured,
            // Another tokenizer.json for some versions of the library.
            "fast_tokenizer_files": .only([]),
            "do_basic_tokenize": notUsed, "never_split": notUsed, "wordpieces_prefix": notUsed, "lowercase": notUsed,
            "clean_text": notUsed, "add_prefix_space": .honoured, "add_bos_token": notUsed, "add_eos_token": notUsed,
            "keep_accents": .honoured,
            "use_fast": notUsed, "from_slow": notUsed, "backend": notUsed, "processor_class": notUsed,
            "tokenizer_file": notUsed, "vocab_file": notUsed, "name_or_path": notUsed, "is_local": notUsed,
            "special_tokens_map_file": notUsed, "local_files_only": notUsed, "device_map": notUsed,
            "trust_remote_code": notUsed, "auto_map": notUsed, "legacy": .honoured, "files_loaded": notUsed,
            "verbose": notUsed, "errors": notUsed, "vocab_size": notUsed,
            "clean_up_tokenization_spaces": .inert("it is for turning ids into text"),
            "chat_template": .inert("it is for chats"), "response_schema": .inert("it is for chats"),
            "response_template": .inert("it is for chats"), "chat_control_tokens": .inert("it is for chats"),
            "max_length": call, "stride": call, "truncation_strategy": call, "truncation": call,
            "padding": padding, "padding_side": padding, "pad_to_multiple_of": padding, "pad_token_type_id": padding,
        ])

    /// special_tokens_map.json. Its keys replace those of tokenizer_config.json.
    package static let specialTokensMap = KnownKeys(file: "special_tokens_map.json", keys: tokenizerConfig.keys)

    /// tokenizer.json.
    package static let tokenizer = KnownKeys(
        file: "tokenizer.json",
        keys: [
            "version": .honoured, "truncation": .honoured, "padding": padding, "added_tokens": .honoured,
            "normalizer": .honoured, "pre_tokenizer": .honoured, "post_processor": .honoured, "model": .honoured,
            "decoder": .inert("it is for turning ids into text"),
        ])
}
