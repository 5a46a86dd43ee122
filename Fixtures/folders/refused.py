"""Folders that must be refused: by file, key and value."""

import torch

from checkpoints import CONFIG, folder
from classifier import CLASSIFIER, SINGLE_LABEL, classifier, configured
from parts import PAIRS, SMALL, TEXTS, WORDS, Link, bert_config, tokenizer_config, tokenizer_json, weights
from sentence import OLD, booleans, dense, encoder, modules


def folders(add):
    def no(name, files, file, key, value, why, kind="embedding", inputs=TEXTS):
        add("no-" + name, kind, files, inputs, why, refusal={"file": file, "key": key, "value": value})

    def module(name, file="config.json", content=None, extra={}, position=1):
        names = ["Transformer", "Pooling"]
        names.insert(position, name)
        at = f"{position}_{name}"
        shift = {} if position > 1 else {"1_Pooling/config.json": None, "2_Pooling/config.json": booleans("mean")}
        no(
            name.lower(),
            encoder(names, **shift, **{f"{at}/{file}": content or {}}, **{f"{at}/{n}": v for n, v in extra.items()}),
            "modules.json",
            "type",
            OLD + name,
            f"a module of class {name}",
        )

    lstm = torch.nn.LSTM(16, 2, bidirectional=True)
    torch.manual_seed(0)
    module(
        "LSTM",
        "lstm_config.json",
        {"word_embedding_dimension": 16, "hidden_dim": 2, "num_layers": 1, "dropout": 0, "bidirectional": True},
        {"model.safetensors": {"encoder." + n: torch.randn(v.shape) * 0.3 for n, v in lstm.state_dict().items()}},
    )
    module(
        "CNN",
        "cnn_config.json",
        {"in_word_embedding_dimension": 16, "out_channels": 8, "kernel_sizes": [1, 3]},
        {
            "model.safetensors": {
                "convs.0.weight": torch.randn(8, 16, 1),
                "convs.0.bias": torch.randn(8),
                "convs.1.weight": torch.randn(8, 16, 3),
                "convs.1.bias": torch.randn(8),
            }
        },
    )
    module(
        "WordWeights",
        content={"vocab": WORDS, "word_weights": {"tea": 3.0, "sea": 0.5}, "unknown_word_weight": 1},
        extra={"model.safetensors": {"emb_layer.weight": torch.ones(len(WORDS), 1)}},
    )
    no(
        "bow",
        {
            "modules.json": modules("BoW", paths=["0_BoW"]),
            "0_BoW/config.json": {
                "vocab": ["tea", "milk", "sea"],
                "word_weights": {"tea": 2.0},
                "unknown_word_weight": 1,
                "cumulative_term_frequency": True,
            },
        },
        "modules.json",
        "type",
        OLD + "BoW",
        "a module of class BoW",
    )
    module("Router", "router_config.json", {"types": {}, "structure": {}, "parameters": {"default_route": None}})
    splade = modules("Transformer", "Pooling")
    splade[1]["type"] = "sentence_transformers.sparse_encoder.models.SpladePooling"
    no(
        "splade",
        encoder(
            **{
                "modules.json": splade,
                "1_Pooling/config.json": {"pooling_strategy": "max", "activation_function": "relu"},
            }
        ),
        "modules.json",
        "type",
        splade[1]["type"],
        "a module of class SpladePooling",
    )
    custom = modules("Transformer", "Pooling")
    custom[1]["type"] = "acme_pooling.AttentionPooling"
    no(
        "custom",
        encoder(**{"modules.json": custom}),
        "modules.json",
        "type",
        "acme_pooling.AttentionPooling",
        "a class of somebody else",
    )
    no(
        "unfinished",
        encoder(("Transformer",), **{"1_Pooling/config.json": None}),
        "modules.json",
        "type",
        None,
        "modules that give no sentence: there is no pooling",
    )
    no(
        "no-pooling-file",
        encoder(**{"1_Pooling/config.json": None}),
        "1_Pooling/config.json",
        None,
        None,
        "the pooling's file is missing",
    )

    no(
        "pooling-word",
        encoder(**{"1_Pooling/config.json": {"embedding_dimension": 16, "pooling_mode": "attention"}}),
        "1_Pooling/config.json",
        "pooling_mode",
        "attention",
        "a pooling that does not exist",
    )
    no(
        "pooling-key",
        encoder(**{"1_Pooling/config.json": booleans("mean", pooling_mode_attention=True)}),
        "1_Pooling/config.json",
        "pooling_mode_attention",
        True,
        "a pooling's key that does not exist",
    )
    no(
        "m2v-pickle",
        {
            "config.json": {"model_type": "model2vec"},
            "tokenizer.json": Link("tokenizer.json"),
            "model.safetensors": {"embeddings": torch.randn(len(WORDS), 8)},
            "pipeline.skops": b"PK",
        },
        "pipeline.skops",
        None,
        None,
        "the head of a pipeline of model2vec before 0.10: a pickle",
    )
    no(
        "dense-missing",
        encoder(
            ("Transformer", "Pooling", "Dense"),
            **{
                "2_Dense/config.json": {
                    "in_features": 16,
                    "out_features": 8,
                    "bias": True,
                    "activation_function": "torch.nn.modules.activation.Tanh",
                }
            },
        ),
        "2_Dense",
        None,
        None,
        "Dense without weights",
    )
    no(
        "dense-shape",
        encoder(("Transformer", "Pooling", "Dense"), **dense(90, in_features=12)),
        "2_Dense/config.json",
        "in_features",
        12,
        "Dense whose weights have another shape",
    )
    no(
        "dense-null",
        encoder(("Transformer", "Pooling", "Dense"), **dense(91, activation=None)),
        "2_Dense/config.json",
        "activation_function",
        None,
        "activation_function null: the library fails",
    )
    no(
        "dense-softmax",
        encoder(("Transformer", "Pooling", "Dense"), **dense(92, activation="torch.nn.modules.activation.Softmax")),
        "2_Dense/config.json",
        "activation_function",
        "torch.nn.modules.activation.Softmax",
        "an activation that embq does not compute",
    )
    no(
        "transformer-key",
        encoder(**{"sentence_bert_config.json": {"max_seq_length": 20, "max_words": 4}}),
        "sentence_bert_config.json",
        "max_words",
        4,
        "a key that the transformer module does not know",
    )
    no(
        "other-tokenizer",
        encoder(**{"sentence_bert_config.json": {"tokenizer_name_or_path": "acme/other"}}),
        "sentence_bert_config.json",
        "tokenizer_name_or_path",
        "acme/other",
        "a tokenizer from somewhere else",
    )
    no(
        "task",
        encoder(**{"sentence_bert_config.json": {"transformer_task": "text-generation"}}),
        "sentence_bert_config.json",
        "transformer_task",
        "text-generation",
        "a task that embq does not compute",
    )
    no(
        "prompt",
        encoder(
            **{"config_sentence_transformers.json": {"prompts": {"query": "query: "}, "default_prompt_name": "passage"}}
        ),
        "config_sentence_transformers.json",
        "default_prompt_name",
        "passage",
        "a default prompt that does not exist",
    )

    no(
        "relative",
        encoder(**{"config.json": bert_config(position_embedding_type="relative_key")}),
        "config.json",
        "position_embedding_type",
        "relative_key",
        "relative positions: version 4 of transformers computes them, version 5 ignores the key",
    )
    no(
        "decoder",
        encoder(**{"config.json": bert_config(is_decoder=True)}),
        "config.json",
        "is_decoder",
        True,
        "a causal mask",
    )
    no(
        "causal",
        classifier(**configured(is_causal=True)),
        "config.json",
        "is_causal",
        True,
        "a causal mask, asked for by another key",
        "logits",
    )
    no(
        "activation",
        classifier(**configured(hidden_act="acme")),
        "config.json",
        "hidden_act",
        "acme",
        "an activation that does not exist",
        "logits",
    )
    no(
        "one-single-label",
        classifier(["yes"], **configured(["yes"], problem_type=SINGLE_LABEL)),
        "config.json",
        "problem_type",
        SINGLE_LABEL,
        "one output with a softmax: the library refuses too",
        "logits",
    )
    no(
        "problem",
        classifier(**configured(problem_type="ranking")),
        "config.json",
        "problem_type",
        "ranking",
        "a problem_type that does not exist",
        "logits",
    )
    no(
        "labels",
        classifier(**configured(["a", "b"])),
        "config.json",
        "id2label",
        2,
        "two labels for three outputs",
        "logits",
    )
    no(
        "model-type",
        classifier(**configured(model_type="bloom")),
        "config.json",
        "model_type",
        "bloom",
        "another model_type",
        "logits",
    )
    no(
        "layers",
        classifier(**configured(num_hidden_layers=3)),
        "config.json",
        "num_hidden_layers",
        3,
        "more layers than the weights have: the library fills them at random",
        "logits",
    )
    no(
        "types-pair",
        classifier(
            **configured(type_vocab_size=1, **SMALL),
            **{
                "model.safetensors": weights(CLASSIFIER, bert_config(num_labels=3, type_vocab_size=1, **SMALL), seed=55)
            },
        ),
        "config.json",
        "type_vocab_size",
        1,
        "a pair needs two types: the library fails",
        "pairs",
        PAIRS,
    )
    no(
        "quantized",
        classifier(**configured(quantization_config={"quant_method": "gptq", "bits": 4})),
        "config.json",
        "quantization_config",
        "gptq",
        "weights that are not what they seem",
        "logits",
    )

    no(
        "class",
        classifier(**{"tokenizer_config.json": tokenizer_config(tokenizer_class="BertJapaneseTokenizer")}),
        "tokenizer_config.json",
        "tokenizer_class",
        "BertJapaneseTokenizer",
        "a tokenizer of another kind",
        "ids",
    )
    # Not refused: the class counts, and makes other ids of the same vocabulary.
    add(
        "no-class-roberta",
        "ids",
        classifier(**{"tokenizer_config.json": tokenizer_config(tokenizer_class="RobertaTokenizer")}),
        TEXTS,
        "the class contradicts tokenizer.json, and counts",
    )
    no(
        "lower-text",
        classifier(**{"tokenizer_config.json": tokenizer_config(do_lower_case="false")}),
        "tokenizer_config.json",
        "do_lower_case",
        "false",
        "not a Boolean: the library fails",
        "ids",
    )
    no(
        "added-hole",
        classifier(**{"tokenizer_config.json": tokenizer_config(additional_special_tokens=["<new>"])}),
        "tokenizer_config.json",
        "additional_special_tokens",
        "<new>",
        "a token that the model's table has no row for",
        "logits",
        ["tea <new> milk"],
    )
    no(
        "versioned-tokenizer",
        classifier(
            **{
                "tokenizer_config.json": tokenizer_config(
                    fast_tokenizer_files=["tokenizer.json", "tokenizer.4.0.json"]
                ),
                "tokenizer.4.0.json": tokenizer_json(lowercase=False),
            }
        ),
        "tokenizer_config.json",
        "fast_tokenizer_files",
        None,
        "another tokenizer.json for newer versions",
        "ids",
    )
    tiny = {"hidden_size": 4, "intermediate_size": 4}
    two = folder(
        model__safetensors={
            f"{prefix}.{name}": value
            for prefix, seed in (("first", 70), ("second", 71))
            for name, value in weights(CLASSIFIER, CONFIG | tiny, seed).items()
        }
    )
    two["config.json"] = CONFIG | tiny
    no("two-models", two, "model.safetensors", None, None, "two models, and nothing says which", "logits")
