"""Folders whose tokenizer files contradict each other."""

from classifier import classifier
from parts import TOKEN_TEXTS, WORDS, added, decoder, post_processor, template, tokenizer_config, tokenizer_json

FAST = "PreTrainedTokenizerFast"
MAP = {"cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
VOCABULARY = "".join(word + "\n" for word in WORDS)


def without(config, *keys):
    return {key: value for key, value in config.items() if key not in keys}


def folders(add):
    def tok(name, why, json=None, config=None, inputs=TOKEN_TEXTS, **files):
        base = classifier(
            **({"tokenizer.json": json} if json is not None else {}),
            **{"tokenizer_config.json": tokenizer_config() if config is None else config},
        )
        add(
            "tok-" + name,
            "ids",
            {k: v for k, v in (base | {n.replace("__", "."): f for n, f in files.items()}).items() if v is not ...},
            inputs,
            why,
        )

    def nojson(name, why, config=None, **files):
        tok(name, why, config=config, **({"tokenizer__json": ...} | files))

    cased = tokenizer_json(lowercase=False)
    tok(
        "lower-false",
        "tokenizer_config.json keeps capitals, tokenizer.json lowers: the former",
        config=tokenizer_config(do_lower_case=False),
    )
    tok("lower-true", "tokenizer_config.json lowers, tokenizer.json keeps capitals: the former", json=cased)
    tok(
        "lower-unsaid",
        "a cased tokenizer.json and no do_lower_case: BertTokenizer lowers by default",
        json=cased,
        config=without(tokenizer_config(), "do_lower_case"),
    )
    tok(
        "lower-no-config",
        "a cased tokenizer.json and no tokenizer_config.json: the class of model_type bert lowers by default",
        json=cased,
        tokenizer_config__json=...,
    )
    tok(
        "lower-fast",
        "PreTrainedTokenizerFast reads no do_lower_case: tokenizer.json counts",
        json=cased,
        config=tokenizer_config(tokenizer_class=FAST),
    )
    tok(
        "lower-unknown-class",
        "an unknown class is PreTrainedTokenizerFast",
        json=cased,
        config=tokenizer_config(tokenizer_class="AcmeTokenizer"),
    )
    tok(
        "class-fast",
        "BertTokenizerFast is BertTokenizer",
        json=cased,
        config=tokenizer_config(tokenizer_class="BertTokenizerFast", do_lower_case=False),
    )
    tok(
        "class-electra",
        "ElectraTokenizer is BertTokenizer",
        json=cased,
        config=tokenizer_config(tokenizer_class="ElectraTokenizer"),
    )
    tok(
        "class-distil",
        "DistilBertTokenizer is BertTokenizer",
        json=cased,
        config=tokenizer_config(tokenizer_class="DistilBertTokenizerFast"),
    )
    for key, value in {"strip_accents": False, "tokenize_chinese_chars": False}.items():
        tok(key.replace("_", "-"), f"{key} false in tokenizer_config.json", config=tokenizer_config(**{key: value}))
    tok(
        "accents-cased",
        "strip_accents true without lowering",
        config=tokenizer_config(do_lower_case=False, strip_accents=True),
    )
    tok(
        "accents-json",
        "strip_accents false in tokenizer.json alone: BertTokenizer does not read it",
        json=tokenizer_json(
            normalizer={
                "type": "BertNormalizer",
                "clean_text": False,
                "handle_chinese_chars": False,
                "strip_accents": False,
                "lowercase": True,
            }
        ),
    )
    tok(
        "accents-json-fast",
        "the same with PreTrainedTokenizerFast: it counts",
        json=tokenizer_json(
            normalizer={
                "type": "BertNormalizer",
                "clean_text": True,
                "handle_chinese_chars": False,
                "strip_accents": False,
                "lowercase": True,
            }
        ),
        config=tokenizer_config(tokenizer_class=FAST),
    )
    tok(
        "normalizer-null",
        "no normalizer in tokenizer.json: BertTokenizer has its own",
        json=tokenizer_json(normalizer=None),
    )
    tok(
        "pre-tokenizer",
        "another pre-tokenizer in tokenizer.json: BertTokenizer has its own",
        json=tokenizer_json(pre_tokenizer={"type": "WhitespaceSplit"}),
    )
    tok(
        "word-length",
        "max_input_chars_per_word of tokenizer.json: BertTokenizer takes 100",
        json=tokenizer_json(model=tokenizer_json()["model"] | {"max_input_chars_per_word": 3}),
    )
    tok(
        "word-length-fast",
        "the same with PreTrainedTokenizerFast: it counts",
        json=tokenizer_json(model=tokenizer_json()["model"] | {"max_input_chars_per_word": 3}),
        config=tokenizer_config(tokenizer_class=FAST),
    )
    tok("unk", "unk_token of tokenizer_config.json wins with BertTokenizer", config=tokenizer_config(unk_token="<s>"))
    tok(
        "unk-fast",
        "unk_token of tokenizer_config.json does not count with PreTrainedTokenizerFast",
        config=tokenizer_config(tokenizer_class=FAST, unk_token="<s>"),
    )

    open_end = post_processor(template(("[CLS]", 0), ("A", 0)))
    tok(
        "template-null",
        "no template in tokenizer.json: BertTokenizer has its own",
        json=tokenizer_json(post_processor=None),
    )
    tok(
        "template-null-fast",
        "no template and PreTrainedTokenizerFast: no special tokens",
        json=tokenizer_json(post_processor=None),
        config=tokenizer_config(tokenizer_class=FAST),
    )
    tok(
        "template-other",
        "a template without [SEP]: BertTokenizer has its own",
        json=tokenizer_json(post_processor=open_end),
    )
    tok(
        "template-other-fast",
        "a template without [SEP] counts with PreTrainedTokenizerFast",
        json=tokenizer_json(post_processor=open_end),
        config=tokenizer_config(tokenizer_class=FAST),
    )
    tok(
        "cls-renamed",
        "cls_token and sep_token of tokenizer_config.json fill BertTokenizer's template",
        config=tokenizer_config(cls_token="<s>", sep_token="</s>"),
    )
    tok(
        "cls-renamed-fast",
        "they do not change PreTrainedTokenizerFast's",
        config=tokenizer_config(tokenizer_class=FAST, cls_token="<s>", sep_token="</s>"),
    )
    tok(
        "cls-object",
        "a special token as an object",
        config=tokenizer_config(
            cls_token={
                "__type": "AddedToken",
                "content": "<s>",
                "lstrip": False,
                "normalized": False,
                "rstrip": False,
                "single_word": False,
            }
        ),
    )

    tok(
        "map",
        "special_tokens_map.json lists additional special tokens",
        special_tokens_map__json=MAP | {"additional_special_tokens": ["<usr>", "[E1]"]},
    )
    tok(
        "map-fast",
        "the same with PreTrainedTokenizerFast",
        config=tokenizer_config(tokenizer_class=FAST),
        special_tokens_map__json=MAP | {"additional_special_tokens": ["<usr>"]},
    )
    tok(
        "map-wins",
        "special_tokens_map.json wins over tokenizer_config.json",
        config=tokenizer_config(unk_token="<s>"),
        special_tokens_map__json=MAP | {"unk_token": "</s>"},
    )
    tok(
        "map-cls",
        "special_tokens_map.json renames the first token",
        special_tokens_map__json=MAP
        | {
            "cls_token": {"content": "<s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
        },
    )
    tok(
        "map-extra-loses",
        "additional_special_tokens of both: those of tokenizer_config.json",
        config=tokenizer_config(additional_special_tokens=["<usr>"]),
        special_tokens_map__json=MAP | {"additional_special_tokens": ["[E1]"]},
    )
    tok(
        "map-stale",
        "with added_tokens_decoder, special_tokens_map.json is not read",
        config=tokenizer_config(added_tokens_decoder=decoder()),
        special_tokens_map__json=MAP | {"cls_token": "<s>", "additional_special_tokens": ["<usr>"]},
    )
    tok(
        "extra-list",
        "extra_special_tokens, the name of version 5",
        config=tokenizer_config(extra_special_tokens=["<usr>"]),
    )
    tok(
        "extra-dict",
        "extra_special_tokens by name",
        config=tokenizer_config(extra_special_tokens={"user_token": "<usr>"}),
    )
    tok("extra-key", "a key of its own that ends in _token", config=tokenizer_config(user_token="<usr>"))
    tok(
        "extra-both",
        "extra_special_tokens and additional_special_tokens: the former",
        config=tokenizer_config(extra_special_tokens=["[E1]"], additional_special_tokens=["<usr>"]),
    )
    tok(
        "mask-other",
        "another mask_token: it is a token in a text, and [MASK] of tokenizer.json too",
        config=tokenizer_config(mask_token="<usr>"),
    )
    tok("mask-no-added", "[MASK] is not in added_tokens: BertTokenizer adds it", json=tokenizer_json(added_tokens=[]))
    tok(
        "mask-no-added-fast",
        "[MASK] is not in added_tokens: with PreTrainedTokenizerFast only tokens that tokenizer_config.json names",
        json=tokenizer_json(added_tokens=[]),
        config={"tokenizer_class": FAST, "cls_token": "[CLS]"},
    )
    tok(
        "split-special",
        "split_special_tokens: special tokens in a text are plain text",
        config=tokenizer_config(split_special_tokens=True),
    )

    tok(
        "added",
        "added_tokens.json beside tokenizer.json",
        added_tokens__json={"<usr>": WORDS.index("<usr>"), "new-tok": WORDS.index("new-tok")},
    )
    tok(
        "added-fast",
        "the same with PreTrainedTokenizerFast",
        config=tokenizer_config(tokenizer_class=FAST),
        added_tokens__json={"<usr>": WORDS.index("<usr>"), "new-tok": WORDS.index("new-tok")},
    )
    tok(
        "added-stale",
        "with added_tokens_decoder, added_tokens.json is not read",
        config=tokenizer_config(added_tokens_decoder=decoder()),
        added_tokens__json={"<usr>": WORDS.index("<usr>")},
    )
    tok(
        "added-special",
        "a token of added_tokens.json that is also listed as special is matched before lowering",
        config=tokenizer_config(additional_special_tokens=["<usr>"]),
        added_tokens__json={"<usr>": WORDS.index("<usr>")},
    )
    tok(
        "decoder",
        "added_tokens_decoder makes <usr> special",
        config=tokenizer_config(added_tokens_decoder=decoder(added("<usr>"))),
    )
    tok(
        "decoder-plain",
        "a plain token is matched after lowering",
        config=tokenizer_config(added_tokens_decoder=decoder(added("new-tok", special=False))),
    )
    tok(
        "decoder-flags",
        "single_word: not inside a word; not normalized: only as it is written",
        config=tokenizer_config(
            added_tokens_decoder=decoder(
                added("<usr>", lstrip=True, rstrip=True, single_word=True),
                added("new-tok", special=False, normalized=False),
            )
        ),
    )
    tok(
        "decoder-drops",
        "a token of tokenizer.json that added_tokens_decoder leaves out is none with BertTokenizer",
        json=tokenizer_json(added_tokens=[added(w) for w in WORDS[:5]] + [added("<usr>")]),
        config=tokenizer_config(added_tokens_decoder=decoder()),
    )
    tok(
        "decoder-keeps-fast",
        "with PreTrainedTokenizerFast it is kept",
        json=tokenizer_json(added_tokens=[added(w) for w in WORDS[:5]] + [added("<usr>")]),
        config=tokenizer_config(tokenizer_class=FAST, added_tokens_decoder=decoder()),
    )
    tok(
        "json-added",
        "added tokens of tokenizer.json",
        json=tokenizer_json(
            added_tokens=[added(w) for w in WORDS[:5]] + [added("<usr>"), added("new-tok", special=False)]
        ),
    )

    nojson("vocab", "vocab.txt alone", vocab__txt=VOCABULARY)
    nojson(
        "vocab-no-config", "vocab.txt without tokenizer_config.json", tokenizer_config__json=..., vocab__txt=VOCABULARY
    )
    nojson(
        "vocab-cased",
        "vocab.txt and do_lower_case false",
        config=tokenizer_config(do_lower_case=False),
        vocab__txt=VOCABULARY,
    )
    nojson(
        "vocab-map",
        "vocab.txt, special_tokens_map.json and added_tokens.json, as of 2019",
        vocab__txt=VOCABULARY,
        special_tokens_map__json=MAP | {"additional_special_tokens": ["[E1]"]},
        added_tokens__json={"<usr>": WORDS.index("<usr>")},
    )
    nojson(
        "vocab-odd",
        "vocab.txt with line ends of Windows, and without the last one",
        vocab__txt=VOCABULARY.replace("\n", "\r\n").removesuffix("\r\n"),
    )
    tok(
        "vocab-stale",
        "a vocab.txt that contradicts tokenizer.json is not read",
        vocab__txt="".join(word + "\n" for word in reversed(WORDS)),
    )
    tok(
        "stale-others",
        "files of other tokenizers are not read",
        merges__txt="t e\n",
        vocab__json={"tea": 0},
        **{"spiece__model": "not read", "sentencepiece__bpe__model": "not read"},
    )
    records = {
        "clean_up_tokenization_spaces": True,
        "do_basic_tokenize": False,
        "never_split": ["tea"],
        "wordpieces_prefix": "@@",
        "tokenizer_file": "/nowhere.json",
        "name_or_path": "x/y",
        "special_tokens_map_file": "/nowhere.json",
        "use_fast": False,
        "pad_to_multiple_of": 8,
        "pad_token_type_id": 1,
        "padding": "max_length",
        "add_prefix_space": True,
        "add_bos_token": True,
        "bos_token": "<s>",
        "chat_template": "{{ x }}",
        "lowercase": False,
        "clean_text": False,
        "from_slow": True,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
    }
    tok("inert", "keys of tokenizer_config.json that do not change the ids", config=tokenizer_config(**records))
    tok(
        "inert-cut",
        "padding and truncation of tokenizer.json do not act by themselves",
        json=tokenizer_json(
            truncation={"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
            padding={
                "strategy": {"Fixed": 30},
                "direction": "Left",
                "pad_to_multiple_of": None,
                "pad_id": 0,
                "pad_type_id": 0,
                "pad_token": "[PAD]",
            },
        ),
    )
    tok(
        "class-in-config",
        "tokenizer_config.json without a class: config.json's tokenizer_class",
        json=cased,
        config=without(tokenizer_config(), "tokenizer_class"),
        config__json=classifier()["config.json"] | {"tokenizer_class": FAST},
    )
    bpe = tokenizer_json()["model"]
    tok(
        "model-type",
        "a BPE model in tokenizer.json: BertTokenizer takes its vocabulary as WordPiece",
        json=tokenizer_json(
            model={
                "type": "BPE",
                "vocab": bpe["vocab"],
                "merges": ["t e"] if "te" in WORDS else [],
                "unk_token": "[UNK]",
            }
        ),
    )
