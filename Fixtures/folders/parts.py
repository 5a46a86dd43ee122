"""The parts that folders share: a vocabulary, configurations, random weights, and a writer of folders."""

import json
import os
import pathlib
import shutil

import numpy as np
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
SHARED = HERE / "shared"  # files that several folders have; a folder links to them

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    SPECIAL
    + """<usr> [E1] <s> </s> tea Tea milk MILK garden the in is a at open noon café cafe Café kyōto kyoto
    walk dog then cook red soup soups with beans and bread tonight please rain it will green pears for two 東 京 東京 タ
    warm cold slow paint wall blue boat sea query : document . , ? ! - ' ##s ##ing ##er ##ed un ##open ##ly new-tok""".split()
)
WORDS += list("bcdeghijkmnopqrtuvwxyz") + ["##" + c for c in "abcdeghiklmnoprtuwy"]
assert len(WORDS) == len(set(WORDS))

TEXTS = [
    "Tea with MILK in the Café at Kyōto",
    "東京 rain, cold sea!",
    "walk the dog, then cook red soups with beans and bread tonight, please",
    "tea",
]
LONG = [
    " ".join("walk the dog then cook red soups with beans and bread tonight please in the garden".split() * 3),
    "blue boats at sea",
]
PAIRS = [
    ["walk the dog then cook red soup with beans and bread", "tea"],
    ["tea", "is it cold in the garden at noon tonight please"],
    ["a red boat at sea", "rain will paint the wall blue"],
    ["walk the dog in the garden", "cook red soup with beans please"],
]
TOKEN_TEXTS = [
    "Tea and the Café",
    "Kyōto 東京 タ",
    "a [MASK] b [mask] tea",
    "Hello <usr> new-tok New-tok x<usr>y",
    "unopened [E1], soups-walking ? tea",
    "[CLS] tea [SEP] milk",
]


def template(*items):
    """A template: ("[CLS]", 0) is a special token with its type id, ("A", 0) a text."""
    return [
        {"Sequence": {"id": name, "type_id": kind}} if name in "AB" else {"SpecialToken": {"id": name, "type_id": kind}}
        for name, kind in items
    ]


SINGLE = template(("[CLS]", 0), ("A", 0), ("[SEP]", 0))
PAIR = template(("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 1), ("[SEP]", 1))


def post_processor(single=SINGLE, pair=PAIR, names=("[CLS]", "[SEP]")):
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": pair,
        "special_tokens": {n: {"id": n, "ids": [WORDS.index(n)], "tokens": [n]} for n in names},
    }


def added(name, number=None, special=True, **flags):
    return {
        "id": WORDS.index(name) if number is None else number,
        "content": name,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": not special,
        "special": special,
    } | flags


def tokenizer_json(lowercase=True, words=WORDS, **changes):
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(name) for name in SPECIAL],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": post_processor(),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: number for number, word in enumerate(words)},
        },
    } | changes


def tokenizer_config(**changes):
    """BertTokenizer knows the names of its special tokens; other classes are told them."""
    names = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 40} | changes
    return config if config["tokenizer_class"] == "BertTokenizer" else names | config


def decoder(*tokens):
    """added_tokens_decoder of tokenizer_config.json."""
    return {
        str(token["id"]): {k: v for k, v in token.items() if k != "id"}
        for token in [added(name) for name in SPECIAL] + list(tokens)
    }


def bert_config(architecture="BertModel", labels=None, **changes):
    config = {
        "architectures": [architecture],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": 16,
        "initializer_range": 0.02,
        "intermediate_size": 24,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 40,
        "model_type": "bert",
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "pad_token_id": 0,
        "type_vocab_size": 2,
        "vocab_size": len(WORDS),
    }
    if labels:
        config |= {
            "id2label": {str(i): name for i, name in enumerate(labels)},
            "label2id": {name: i for i, name in enumerate(labels)},
        }
    config |= changes
    return {key: value for key, value in config.items() if value is not ...}  # ... leaves a key out


SMALL = {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 1}  # for weights that only one folder has


def randomize(module, seed):
    """Weights large enough that every part of a model changes its answer."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in module.named_parameters():
            noise = torch.randn(value.shape, generator=random)
            if "LayerNorm.weight" in name or "norm.weight" in name:
                value.copy_(1 + 0.2 * noise)
            elif "layer_weights" in name:
                value.copy_(1 + noise.abs())
            elif value.dim() < 2:
                value.copy_(0.2 * noise)
            else:
                value.copy_(noise * (0.8 if "embeddings" in name else 1.2 / value.shape[-1] ** 0.5))
    return module


def weights(architecture, config, seed=1):
    """The state dict of a class of transformers, without tied copies."""
    import transformers

    config = transformers.BertConfig(**{k: v for k, v in config.items() if k not in ("architectures", "model_type")})
    model = randomize(getattr(transformers, architecture)(config), seed)
    kept, seen = {}, set()
    for name, value in model.state_dict().items():
        if value.data_ptr() not in seen:
            kept[name] = value.clone()
        seen.add(value.data_ptr())
    return kept


class Link(str):
    """A file of shared/ that a folder links to."""


class Copy(str):
    """A file of another folder, linked to."""


class Pickle(dict):
    """An object that torch.save writes."""


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, (Link, Copy)):
        target = SHARED / content if isinstance(content, Link) else HERE / content
        path.symlink_to(os.path.relpath(target, path.parent))
    elif isinstance(content, Pickle):
        torch.save(dict(content), path)
    elif (
        isinstance(content, dict)
        and content
        and all(isinstance(v, (torch.Tensor, np.ndarray)) for v in content.values())
    ):
        if path.suffix == ".npz":
            np.savez(path, **{k: np.asarray(v) for k, v in content.items()})
        elif path.suffix == ".h5":
            import h5py

            with h5py.File(path, "w", libver="latest") as file:
                for name, value in content.items():
                    file.create_dataset(name.replace(".", "/"), data=np.asarray(value))
        elif path.suffix == ".safetensors":
            save_file({k: v.contiguous() for k, v in content.items()}, path, metadata={"format": "pt"})
        else:
            torch.save(dict(content), path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_bytes(content.encode())
    else:
        path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf8")


def write_folder(name, files):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        if content is not None:
            write(folder / path, content)
    return folder


def link_duplicates():
    """Replaces each file that another one equals by a link to it."""
    first = {}
    for path in sorted(HERE.glob("*/**/*"), key=lambda path: (path.parts[len(HERE.parts)] != "shared", path)):
        if path.is_file() and not path.is_symlink() and path.stat().st_size > 100 and path.suffix != ".pyc":
            original = first.setdefault(path.read_bytes(), path)
            if original != path:
                path.unlink()
                path.symlink_to(os.path.relpath(original, path.parent))
