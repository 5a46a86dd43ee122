"""Folders of transformers: lengths, pairs of texts, and cross-encoders."""

from classifier import REGRESSION, THREE, classifier, configured
from parts import LONG, PAIRS, TEXTS, post_processor, template, tokenizer_config, tokenizer_json


def lengths(add):
    add(
        "len-model-max",
        "logits",
        classifier(**{"tokenizer_config.json": tokenizer_config(model_max_length=9)}),
        "model_max_length cuts",
        LONG,
    )
    add(
        "len-max-len",
        "logits",
        classifier(
            **{
                "tokenizer_config.json": {
                    k: v for k, v in tokenizer_config(max_len=8).items() if k != "model_max_length"
                }
            }
        ),
        "max_len, the old name",
        LONG,
    )
    add(
        "len-both-names",
        "logits",
        classifier(**{"tokenizer_config.json": tokenizer_config(model_max_length=11, max_len=5)}),
        "model_max_length wins over max_len",
        LONG,
    )
    add(
        "len-max-length",
        "logits",
        classifier(
            **{
                "tokenizer_config.json": tokenizer_config(
                    model_max_length=11, max_length=5, truncation_strategy="only_first", stride=2, pad_to_multiple_of=8
                )
            }
        ),
        "max_length, truncation_strategy, stride and pad_to_multiple_of are records of a call: not used",
        LONG,
    )
    cut = {"direction": "Left", "max_length": 5, "strategy": "OnlyFirst", "stride": 1}
    add(
        "len-json-side",
        "logits",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(truncation=cut),
                "tokenizer_config.json": tokenizer_config(model_max_length=9),
            }
        ),
        "truncation of tokenizer.json gives the side, not the length",
        LONG,
    )
    add(
        "len-json-unused",
        "logits",
        classifier(**{"tokenizer.json": tokenizer_json(truncation=cut)}),
        "truncation of tokenizer.json does not cut by itself",
        TEXTS,
    )
    add(
        "len-side",
        "logits",
        classifier(**{"tokenizer_config.json": tokenizer_config(model_max_length=9, truncation_side="left")}),
        "truncation_side left",
        LONG,
    )
    add(
        "len-side-wins",
        "logits",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(truncation=cut),
                "tokenizer_config.json": tokenizer_config(model_max_length=9, truncation_side="right"),
            }
        ),
        "truncation_side wins over tokenizer.json's direction",
        LONG,
    )
    add(
        "len-very-large",
        "logits",
        classifier(**{"tokenizer_config.json": tokenizer_config(model_max_length=1000000000000000019884624838656)}),
        "a huge model_max_length means no limit; texts that fit",
        TEXTS,
    )


def pairs(add):
    twelve = tokenizer_config(model_max_length=12)
    fast = "PreTrainedTokenizerFast"
    add("pairs", "pairs", classifier(), "two texts", PAIRS)
    add(
        "pairs-cut",
        "pairs",
        classifier(**{"tokenizer_config.json": twelve}),
        "longest_first: the longer text loses tokens first",
        PAIRS,
    )
    add(
        "pairs-cut-left",
        "pairs",
        classifier(**{"tokenizer_config.json": twelve | {"truncation_side": "left"}}),
        "longest_first from the left",
        PAIRS,
    )
    add(
        "pairs-fast",
        "pairs",
        classifier(**{"tokenizer_config.json": tokenizer_config(tokenizer_class=fast)}),
        "PreTrainedTokenizerFast gives no type ids: the second text has type 0",
        PAIRS,
    )
    add(
        "pairs-fast-types",
        "pairs",
        classifier(
            **{
                "tokenizer_config.json": tokenizer_config(
                    tokenizer_class=fast, model_input_names=["input_ids", "token_type_ids", "attention_mask"]
                )
            }
        ),
        "model_input_names lists token_type_ids: the template's types",
        PAIRS,
    )
    add(
        "pairs-no-types",
        "pairs",
        classifier(**{"tokenizer_config.json": tokenizer_config(model_input_names=["input_ids", "attention_mask"])}),
        "BertTokenizer told to give no type ids",
        PAIRS,
    )
    zero = post_processor(pair=template(("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 0), ("[SEP]", 0)))
    add(
        "pairs-template",
        "pairs",
        classifier(**{"tokenizer.json": tokenizer_json(post_processor=zero)}),
        "BertTokenizer replaces a template without types by its own",
        PAIRS,
    )
    double = post_processor(pair=template(("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("[SEP]", 1), ("B", 1), ("[SEP]", 0)))
    names = ["input_ids", "token_type_ids", "attention_mask"]
    add(
        "pairs-template-fast",
        "pairs",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(post_processor=double),
                "tokenizer_config.json": tokenizer_config(tokenizer_class=fast, model_input_names=names),
            }
        ),
        "a template of its own: two separators and other types",
        PAIRS,
    )
    add(
        "pairs-template-cut",
        "pairs",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(post_processor=double),
                "tokenizer_config.json": tokenizer_config(
                    tokenizer_class=fast, model_input_names=names, model_max_length=12
                ),
            }
        ),
        "the same, cut: the template's tokens are counted",
        PAIRS,
    )
    old = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    add(
        "pairs-bert-processing",
        "pairs",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(post_processor=old),
                "tokenizer_config.json": tokenizer_config(tokenizer_class=fast, model_input_names=names),
            }
        ),
        "BertProcessing: types 0 and 1",
        PAIRS,
    )
    roberta = old | {"type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": False}
    add(
        "pairs-roberta-processing",
        "pairs",
        classifier(
            **{
                "tokenizer.json": tokenizer_json(post_processor=roberta),
                "tokenizer_config.json": tokenizer_config(tokenizer_class=fast, model_input_names=names),
            }
        ),
        "RobertaProcessing: two separators, type 0 throughout",
        PAIRS,
    )


def cross_encoders(add):
    one = ["LABEL_0"]
    identity, sigmoid = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"

    def ce(name, why, files={}, labels=one, **changes):
        add("ce-" + name, "pair-scores", classifier(labels, **configured(labels, **changes)) | files, why, PAIRS)

    ce("default", "one output without an activation named: a sigmoid", sentence_transformers={"version": "4.1.0"})
    ce(
        "identity",
        "activation Identity in config.json's section sentence_transformers",
        sentence_transformers={"activation_fn": identity, "version": "4.1.0"},
    )
    ce("sigmoid", "activation Sigmoid in the section", sentence_transformers={"activation_fn": sigmoid})
    ce("old-identity", "the key of before version 4", sbert_ce_default_activation_function=identity)
    ce(
        "section-wins",
        "the section wins over the old key",
        sbert_ce_default_activation_function=sigmoid,
        sentence_transformers={"activation_fn": identity},
    )
    ce(
        "three",
        "three outputs without an activation named: the logits",
        labels=THREE,
        sentence_transformers={"version": "4.1.0"},
    )
    ce("three-softmax", "three outputs with a sigmoid", labels=THREE, sentence_transformers={"activation_fn": sigmoid})
    ce(
        "regression",
        "problem_type does not change a cross-encoder: a sigmoid",
        problem_type=REGRESSION,
        sentence_transformers={"version": "4.1.0"},
    )
    module = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}]
    body = {
        "transformer_task": "sequence-classification",
        "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
        "module_output_name": "scores",
    }
    saved = {"modules.json": module, "sentence_bert_config.json": body}
    ce(
        "modules",
        "as version 6 saves it: modules.json, and the activation in config_sentence_transformers.json",
        saved
        | {
            "config_sentence_transformers.json": {
                "model_type": "CrossEncoder",
                "activation_fn": identity,
                "prompts": {},
                "default_prompt_name": None,
            }
        },
    )
    ce(
        "modules-prompt",
        "a default prompt precedes the first text of a pair",
        saved
        | {
            "config_sentence_transformers.json": {
                "model_type": "CrossEncoder",
                "activation_fn": sigmoid,
                "prompts": {"query": "query: "},
                "default_prompt_name": "query",
            }
        },
    )
    ce(
        "modules-section",
        "config_sentence_transformers.json wins over config.json",
        saved | {"config_sentence_transformers.json": {"model_type": "CrossEncoder", "activation_fn": sigmoid}},
        sentence_transformers={"activation_fn": identity},
    )


def folders(add):
    for part in (lengths, pairs, cross_encoders):
        part(lambda name, kind, files, why, inputs=TEXTS, **more: add(name, kind, files, inputs, why, **more))
