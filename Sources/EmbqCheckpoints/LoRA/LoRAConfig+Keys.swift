package import EmbqCore

extension LoRAConfig {
    /// What is done with each key of PEFT 0.21.
    ///
    /// Source: `LoraConfig` of github.com/huggingface/peft.
    static let known: KnownKeys = {
        var keys: [String: KnownKeys.Treatment] = [:]
        for key in [
            "peft_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "fan_in_fan_out",
            "target_modules", "modules_to_save", "bias", "init_lora_weights", "base_model_name_or_path",
        ] {
            keys[key] = .honoured
        }
        for key in ["exclude_modules", "layers_to_transform", "layers_pattern"] {
            keys[key] = .inert("what is stored settles what is merged")
        }
        for key in [
            "lora_dropout", "loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_config",
            "megatron_core", "runtime_config",
        ] {
            keys[key] = .inert("it is a setting of training")
        }
        for key in [
            "task_type", "auto_mapping", "peft_version", "revision", "inference_mode", "ensure_weight_tying",
        ] {
            keys[key] = .inert("it says how the adapter was made or is loaded")
        }
        keys["qalora_group_size"] = .inert("it belongs to use_qalora, which is refused")
        for (key, _) in refused { keys[key] = .only([.bool(false), .array([])]) }
        return KnownKeys(file: fileName, keys: keys)
    }()
}

extension LoRAAdapter {
    /// What `inspect` says of the adapter as a whole.
    var remarks: [CheckpointNote] {
        guard !config.unknownKeys.isEmpty else { return [] }
        let list = config.unknownKeys.prefix(10).map { EmbqError.printable($0) }.joined(separator: ", ")
        return [
            CheckpointNote(
                .unknownKeys, [LoRAConfig.fileName] + config.unknownKeys,
                "\(LoRAConfig.fileName) has keys that embq does not know: \(list)")
        ]
    }
}

extension KnownKeys {
    /// adapter_config.json.
    package static var adapter: KnownKeys { LoRAConfig.known }
}
