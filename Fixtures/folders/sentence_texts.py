"""Folders of sentence-transformers: lengths, prompts, type ids; what happens before and after the modules."""

from parts import LONG, TEXTS, Link, added, post_processor, template, tokenizer_config, tokenizer_json
from sentence import booleans, encoder


def texts(add):
    cased = {
        "tokenizer.json": Link("tokenizer-cased.json"),
        "tokenizer_config.json": tokenizer_config(do_lower_case=False),
    }
    name = "sentence_bert_config.json"
    add(
        "lower",
        encoder(**cased, **{name: {"max_seq_length": 40, "do_lower_case": True}}),
        "do_lower_case of sentence_bert_config.json lowers before a cased tokenizer; accents stay",
    )
    add(
        "lower-already",
        encoder(**{name: {"do_lower_case": True}}),
        "do_lower_case over a tokenizer that lowers: nothing changes",
    )
    add(
        "cased",
        encoder(**cased, **{name: {"max_seq_length": 40, "do_lower_case": False}}),
        "a cased tokenizer stays cased",
    )
    add(
        "other-name",
        encoder(**{"sentence_roberta_config.json": {"max_seq_length": 5}}),
        "one of the old names of sentence_bert_config.json",
        LONG,
    )
    add(
        "other-name-stale",
        encoder(**{name: {"max_seq_length": 9}, "sentence_roberta_config.json": {"max_seq_length": 5}}),
        "sentence_bert_config.json is read first",
        LONG,
    )
    add("seq", encoder(**{name: {"max_seq_length": 7, "do_lower_case": False}}), "max_seq_length 7")
    add(
        "seq-null",
        encoder(**{name: {"max_seq_length": None}, "tokenizer_config.json": tokenizer_config(model_max_length=9)}),
        "max_seq_length null: model_max_length",
        LONG,
    )
    add(
        "seq-over-tokenizer",
        encoder(**{name: {"max_seq_length": 12}, "tokenizer_config.json": tokenizer_config(model_max_length=6)}),
        "max_seq_length wins over a smaller model_max_length",
        LONG,
    )
    add(
        "seq-args",
        encoder(**{name: {"max_seq_length": 12, "tokenizer_args": {"model_max_length": 6}}}),
        "tokenizer_args win over max_seq_length",
        LONG,
    )
    add(
        "seq-positions",
        encoder(**{"tokenizer_config.json": tokenizer_config(model_max_length=512)}),
        "without max_seq_length: the smaller of model_max_length and max_position_embeddings",
        LONG,
    )
    add(
        "seq-beyond",
        encoder(**{name: {"max_seq_length": 64}}),
        "max_seq_length beyond the position table; texts that fit",
    )
    add(
        "seq-call",
        encoder(**{name: {"processing_kwargs": {"text": {"max_length": 6}}}}),
        "processing_kwargs cut the text",
        LONG,
    )
    cut = {
        "truncation": {"direction": "Left", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": 20},
            "direction": "Right",
            "pad_to_multiple_of": 8,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
    }
    add(
        "seq-side",
        encoder(**{"tokenizer.json": tokenizer_json(**cut), name: {"max_seq_length": 9}}),
        "tokenizer.json's truncation: its length is replaced, its side stays; its padding does not count",
        LONG,
    )
    add(
        "config-args",
        encoder(**{name: {"config_args": {"layer_norm_eps": 0.05}}}),
        "config_args override config.json",
        accept_refusal=True,
    )
    pooler = {
        "modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}},
        "module_output_name": "sentence_embedding",
    }
    add(
        "pooler",
        encoder(("Transformer", "Normalize"), **{name: pooler, "1_Pooling/config.json": None}),
        "the transformer's own pooler gives the sentence",
        accept_refusal=True,
    )
    hidden = {
        "modality_config": {"text": {"method": "forward", "method_output_name": ["hidden_states", -2]}},
        "module_output_name": "token_embeddings",
    }
    add("hidden", encoder(**{name: hidden}), "tokens of the layer before the last", accept_refusal=True)


def prompts(add):
    name, named = "config_sentence_transformers.json", {"query": "query: ", "document": "the document: "}
    add(
        "prompt",
        encoder(**{name: {"prompts": named, "default_prompt_name": "query"}}),
        "the default prompt precedes the text",
    )
    add(
        "prompt-listed",
        encoder(**{name: {"prompts": named, "default_prompt_name": None}}),
        "prompts that are listed but not the default change nothing",
    )
    add("prompt-name", encoder(**{name: {"prompts": named}}), "a prompt chosen by name", prompt_name="document")
    add(
        "prompt-over-default",
        encoder(**{name: {"prompts": named, "default_prompt_name": "query"}}),
        "a chosen prompt replaces the default",
        prompt_name="document",
    )
    add(
        "prompt-cut",
        encoder(
            **{
                name: {"prompts": named, "default_prompt_name": "document"},
                "sentence_bert_config.json": {"max_seq_length": 8},
            }
        ),
        "the prompt counts towards max_seq_length",
        LONG,
    )
    add(
        "prompt-builtin",
        encoder(**{name: {"default_prompt_name": "document"}}),
        "the prompts query and document always exist, empty",
    )
    for mode in ("mean", "cls", "weighted"):
        add(
            f"prompt-out-{mode}",
            encoder(
                **{
                    name: {"prompts": named, "default_prompt_name": "query"},
                    "1_Pooling/config.json": booleans(mode, include_prompt=False),
                }
            ),
            f"include_prompt false: {mode} without the prompt's tokens; [CLS] counts as one of them",
        )
    add(
        "prompt-out-unused",
        encoder(**{name: {"prompts": named}, "1_Pooling/config.json": booleans("mean", include_prompt=False)}),
        "include_prompt false without a prompt changes nothing",
    )
    for function in ("dot", "euclidean", "manhattan"):
        add(
            f"similarity-{function}",
            encoder(**{name: {"similarity_fn_name": function, "__version__": {"sentence_transformers": "3.0.0"}}}),
            f"similarity {function}; the vectors stay the same",
            similarity=True,
        )
    add(
        "truncate-dim",
        encoder(("Transformer", "Pooling", "Normalize"), **{name: {"truncate_dim": 6}}),
        "truncate_dim keeps the first numbers, after Normalize and without another one",
    )
    add(
        "kind-other",
        encoder(
            ("Transformer", "Pooling", "Normalize"),
            **{
                "1_Pooling/config.json": booleans("cls"),
                name: {"model_type": "SparseEncoder", "prompts": {"q": "tea "}, "default_prompt_name": "q"},
            },
        ),
        "saved as another kind of model: the library drops the modules and prompts and takes the plain mean",
        accept_refusal=True,
    )


def tokens(add):
    fast = {"tokenizer_config.json": tokenizer_config(tokenizer_class="PreTrainedTokenizerFast")}
    plain = post_processor(template(("[CLS]", 0), ("A", 1), ("[SEP]", 1)))
    add(
        "types-template",
        encoder(
            **{
                "tokenizer.json": tokenizer_json(post_processor=plain),
                "tokenizer_config.json": tokenizer_config(
                    tokenizer_class="PreTrainedTokenizerFast",
                    model_input_names=["input_ids", "token_type_ids", "attention_mask"],
                ),
            }
        ),
        "the template's type ids reach the model where model_input_names lists them",
    )
    add(
        "types-unread",
        encoder(**{"tokenizer.json": tokenizer_json(post_processor=plain)} | fast),
        "PreTrainedTokenizerFast gives no type ids by default: all are 0",
    )
    add(
        "types-class",
        encoder(**{"tokenizer.json": tokenizer_json(post_processor=plain)}),
        "BertTokenizer replaces the template of tokenizer.json: type 0",
    )
    add(
        "left-padding",
        encoder(
            **{
                "tokenizer_config.json": tokenizer_config(padding_side="left"),
                "1_Pooling/config.json": booleans("last"),
            }
        ),
        "left padding shifts the positions only in a batch; alone nothing changes",
        TEXTS[:1],
    )
    add(
        "tokens-added",
        encoder(
            **{
                "tokenizer_config.json": tokenizer_config(
                    additional_special_tokens=["<usr>"],
                    added_tokens_decoder={"5": {k: v for k, v in added("<usr>").items() if k != "id"}},
                )
            }
        ),
        "a special token inside a text",
        ["tea <usr> milk", "x<usr>y"],
    )


def folders(add):
    for part in (texts, prompts, tokens):
        part(lambda name, files, why, inputs=TEXTS, **more: add("st-" + name, "embedding", files, inputs, why, **more))
