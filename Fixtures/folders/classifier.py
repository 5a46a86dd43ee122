"""Folders of transformers: heads, config.json, lengths and pairs, cross-encoders."""

from parts import PAIRS, SMALL, TEXTS, Link, bert_config, tokenizer_config, weights

THREE = ["calm", "glad", "cross"]
CLASSIFIER = "BertForSequenceClassification"
MULTI, SINGLE_LABEL, REGRESSION = "multi_label_classification", "single_label_classification", "regression"


def classifier(labels=THREE, **files):
    """A classifier's usual files."""
    shared = {3: "classifier.safetensors", 1: "one.safetensors"}.get(len(labels))
    model = Link(shared) if shared else weights(CLASSIFIER, bert_config(labels=labels), seed=50 + len(labels))
    return (
        configured(labels)
        | {
            "model.safetensors": model,
            "tokenizer.json": Link("tokenizer.json"),
            "tokenizer_config.json": tokenizer_config(),
        }
        | files
    )


def configured(labels=THREE, **changes):
    return {"config.json": bert_config(CLASSIFIER, labels, **(SMALL if len(labels) == 1 else {}) | changes)}


def heads(add):
    add("cls-multilabel", "scores", classifier(**configured(problem_type=MULTI)), "a sigmoid for each label")
    add("cls-single", "scores", classifier(**configured(problem_type=SINGLE_LABEL)), "a softmax")
    add("cls-unset", "scores", classifier(), "no problem_type and several labels: a softmax")
    add("cls-null", "scores", classifier(**configured(problem_type=None)), "problem_type null: a softmax")
    add(
        "cls-one-multilabel",
        "scores1",
        classifier(["yes"], **configured(["yes"], problem_type=MULTI)),
        "one output, multi-label: a sigmoid",
    )
    add(
        "cls-one-regression",
        "scores1",
        classifier(["value"], **configured(["value"], problem_type=REGRESSION)),
        "one output, regression: the number itself",
    )
    add(
        "cls-one-unset",
        "scores1",
        classifier(["value"], **configured(["value"])),
        "one output, no problem_type: the pipeline takes a sigmoid, training took it for a regression",
        accept_refusal=True,
    )
    add(
        "cls-regression",
        "logits-only",
        classifier(**configured(problem_type=REGRESSION)),
        "regression with three outputs: numbers, no shares",
    )
    two = weights(CLASSIFIER, bert_config(num_labels=2, **SMALL), seed=52)
    add(
        "cls-labels-default",
        "scores",
        classifier(**{"config.json": bert_config(CLASSIFIER, **SMALL), "model.safetensors": two}),
        "two labels need no id2label: LABEL_0 and LABEL_1",
    )
    add(
        "cls-labels-number",
        "scores",
        classifier(**{"config.json": bert_config(CLASSIFIER, num_labels=3)}),
        "num_labels without id2label: LABEL_0, LABEL_1, LABEL_2",
    )
    add(
        "cls-labels-order",
        "scores",
        classifier(
            **configured(id2label={"2": "cross", "0": "calm", "1": "glad"}, label2id={"glad": 0, "cross": 1, "calm": 2})
        ),
        "id2label in another order, and a label2id that contradicts: the numbers of id2label count",
    )
    add(
        "cls-labels-count",
        "scores",
        classifier(**configured(["calm", "glad"], num_labels=3)),
        "num_labels beside an id2label of another length: num_labels counts, the names are LABEL_0, LABEL_1, LABEL_2",
    )
    add(
        "cls-no-architectures",
        "logits",
        classifier(**configured(architectures=...)),
        "architectures missing: the head's tensors settle it",
    )
    add(
        "cls-no-model-type",
        "logits",
        classifier(**configured(model_type=...)),
        "model_type missing, as in BERTs of 2019",
        answer_of="cls-unset-logits",
    )
    add(
        "cls-bare",
        "logits",
        classifier(**configured(model_type=..., architectures=...)),
        "neither model_type nor architectures",
        answer_of="cls-unset-logits",
    )
    add("cls-unset-logits", "logits", classifier(), "the plain classifier that others are compared with")
    add(
        "cls-old-names",
        "logits",
        classifier(
            **configured(**SMALL),
            **{
                "model.safetensors": {
                    n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
                    for n, v in canonical().items()
                }
            },
        ),
        "gamma and beta, the names of 2018",
    )
    add(
        "tags",
        "labels",
        {
            "config.json": bert_config("BertForTokenClassification", ["O", "B-THING", "I-THING"], **SMALL),
            "model.safetensors": weights("BertForTokenClassification", bert_config(num_labels=3, **SMALL), seed=54),
            "tokenizer.json": Link("tokenizer.json"),
            "tokenizer_config.json": tokenizer_config(),
        },
        "a label for each token",
    )


def canonical(seed=60):
    return weights(CLASSIFIER, bert_config(num_labels=3, **SMALL), seed=seed)


def configurations(add):
    for act in ("relu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "silu", "quick_gelu"):
        add(
            f"act-{act.replace('_', '-')}",
            "logits",
            classifier(**configured(hidden_act=act)),
            f"hidden_act {act}",
            accept_refusal=act in ("quick_gelu", "gelu_fast"),
        )
    add("eps", "logits", classifier(**configured(layer_norm_eps=0.1)), "layer_norm_eps 0.1")
    inert = {
        "chunk_size_feed_forward": 0,
        "classifier_dropout": 0.7,
        "hidden_dropout_prob": 0.9,
        "attention_probs_dropout_prob": 0.5,
        "pad_token_id": 9,
        "tie_word_embeddings": False,
        "use_cache": True,
        "gradient_checkpointing": True,
        "position_embedding_type": "absolute",
        "max_length": 5,
        "min_length": 30,
        "temperature": 0.1,
        "torchscript": True,
        "finetuning_task": "x",
        "transformers_version": "4.6.0",
        "_name_or_path": "somewhere/else",
        "bos_token_id": 7,
        "eos_token_id": 8,
        "output_hidden_states": True,
        "output_attentions": False,
        "directionality": "bidi",
        "pooler_fc_size": 768,
        "pooler_num_attention_heads": 12,
        "initializer_range": 9.0,
        "return_dict": True,
        "tokenizer_class": "BertTokenizer",
    }
    add(
        "inert-config",
        "logits",
        classifier(
            **configured(**inert),
            **{
                "generation_config.json": {"max_length": 3, "pad_token_id": 4},
                "training_args.json": {"max_seq_length": 2},
                "preprocessor_config.json": {"size": 3},
            },
        ),
        "keys and files that do not change the answer",
    )
    add(
        "unknown-key",
        "logits",
        classifier(**configured(acme_setting=4)),
        "a key that nobody knows: reported by inspect",
        reported={"file": "config.json", "key": "acme_setting"},
    )
    add(
        "types-one",
        "logits",
        classifier(
            **configured(type_vocab_size=1, **SMALL),
            **{
                "model.safetensors": weights(CLASSIFIER, bert_config(num_labels=3, type_vocab_size=1, **SMALL), seed=55)
            },
        ),
        "type_vocab_size 1",
        quantize=True,
    )
    add(
        "types-three",
        "pairs",
        classifier(
            **configured(type_vocab_size=3, **SMALL),
            **{
                "model.safetensors": weights(CLASSIFIER, bert_config(num_labels=3, type_vocab_size=3, **SMALL), seed=56)
            },
        ),
        "type_vocab_size 3: the first two are used",
        PAIRS,
    )


def encoders(add):
    for name, architecture in {"enc-masked": "BertForMaskedLM", "enc-pretraining": "BertForPreTraining"}.items():
        config = bert_config(architecture, **SMALL)
        add(
            name,
            "embedding",
            {
                "config.json": config,
                "model.safetensors": weights(architecture, config, seed=57),
                "tokenizer.json": Link("tokenizer.json"),
                "tokenizer_config.json": tokenizer_config(),
            },
            f"{architecture} as an encoder: the heads are left out, the mean of the tokens",
        )
    plain = {
        "model.safetensors": Link("encoder.safetensors"),
        "tokenizer.json": Link("tokenizer.json"),
        "tokenizer_config.json": tokenizer_config(),
    }
    add(
        "enc-no-architectures",
        "embedding",
        plain | {"config.json": bert_config(architectures=...)},
        "architectures missing: an encoder by its tensors",
    )
    add(
        "enc-no-model-type",
        "embedding",
        plain | {"config.json": bert_config(model_type=..., architectures=...)},
        "an encoder without model_type",
        answer_of="enc-no-architectures",
    )


def folders(add):
    for part in (heads, configurations, encoders):
        part(lambda name, kind, files, why, inputs=TEXTS, **more: add(name, kind, files, inputs, why, **more))
