"""Section o: flash and RAM of each family's smallest public size, with random weights."""
import importlib.util
import json
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save_file

from .program import ROOT, texts

TOKENS = 128
SEED = 20261128
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# Of the 30,522 tokens of the vocabulary that most of these models share, 5,828 continue a word.
CONTINUED = 5828 / 30522


class Size(NamedTuple):
    """A public model: its shape in words, its class, and what its configuration has beside the class's defaults."""
    name: str
    shape: str
    kind: str
    config: dict
    vocabulary: int


SIZES = [
    Size("DistilBERT", "6 × 768", "DistilBert", {}, 30522),
    Size("ELECTRA-small", "12 × 256, embedding 128", "Electra",
         {"hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024, "embedding_size": 128}, 30522),
    Size("ALBERT-base", "12 × 768, one layer's weights, embedding 128", "Albert",
         {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "num_hidden_layers": 12}, 30000),
    Size("MobileBERT", "24 × 512, bottleneck 128", "MobileBert", {}, 30522),
    Size("RoBERTa, tiny", "4 × 512", "Roberta",
         {"hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 2048,
          "max_position_embeddings": 514, "type_vocab_size": 1}, 50265),
]
POTION = Size("potion-base-2M", "29,528 rows of 64", "", {}, 29528)


def smallest(report, program, folder, bert):
    """Section o. `bert` is a folder whose tokenizer.json has BERT's 30,522 tokens, or None."""
    data = ROOT / "Fixtures" / "snips-own" / "calibration.tsv"
    words = [word for text in texts(data) for word in text.lower().split() if word.isalpha()]
    report.section("o", f"The smallest public size of each family, int8, bytes at {TOKENS} tokens",
        "Seeded random weights, made by transformers: classifiers with two labels, and a sentence encoder of static "
        "embeddings. tokenizer: the tables of the model's own vocabulary, BERT's 30,522 tokens (potion: without the "
        "994 unused ones), where MINILM has it; else of a generated WordPiece vocabulary of the model's size, also for "
        "the byte-level BPE of RoBERTa and the Unigram of ALBERT: its random words share fewer beginnings, so its "
        f"tables are larger than real ones. flash: weights, tables and tokenizer, without code. RAM: the arena for "
        f"{TOKENS} tokens.")
    rows, real = [], _real(bert)
    for size in [*SIZES, POTION]:
        if size.kind and importlib.util.find_spec("transformers") is None:
            report.omit(size.name, "transformers is not installed: .venv/bin/pip install torch transformers")
            continue
        checkpoint, artifact = folder / f"smallest-{size.kind}", folder / f"smallest-{size.kind}.embq"
        parameters = _write(size, checkpoint) if size.kind else _write_static(size, checkpoint)
        tokens = real.get(size.vocabulary)
        _write_tokenizer(checkpoint, tokens or _vocabulary(size.vocabulary, words))
        program.run("quantize", checkpoint, "--data", data, "--samples", 16, "--methods", "none", "-o", artifact)
        footprint = program.json("inspect", artifact)["footprint"]
        flash = footprint["weights"] + footprint["tables"] + footprint["tokenizer"]
        rows.append([size.name, size.shape, parameters, footprint["weights"], footprint["tables"],
                     footprint["tokenizer"], "real" if tokens else "generated", flash,
                     footprint["arena"][str(TOKENS)]])
    report.table("smallest", ["model", "shape", "parameters", "weights", "tables", "tokenizer", "vocabulary", "flash",
                              "RAM"], rows)


def _real(folder):
    """By size, the vocabularies that are at hand: BERT's, and what is left of it without its unused tokens."""
    if folder is None:
        return {}
    ids = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    tokens = sorted(ids, key=ids.get)
    return {len(found): found for found in (tokens, [t for t in tokens if not t.startswith("[unused")])}


def _write(size, folder):
    """A classifier of transformers; gives its parameters."""
    import torch
    import transformers

    torch.manual_seed(SEED)
    config = getattr(transformers, size.kind + "Config")(vocab_size=size.vocabulary, num_labels=2, **size.config)
    model = getattr(transformers, size.kind + "ForSequenceClassification")(config)
    model.save_pretrained(folder)
    return sum(p.numel() for p in model.parameters())


def _write_static(size, folder):
    """A folder of model2vec; gives its parameters."""
    folder.mkdir()
    table = np.random.default_rng(SEED).normal(0, 1, (size.vocabulary, 64)).astype(np.float32)
    save_file({"embeddings": table}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}))
    return table.size


def _vocabulary(count, words):
    """Tokens: the special ones, the letters alone and as parts of words, the words given, and words made of letters."""
    random = np.random.default_rng(SEED)
    letters = "etaoinshrdlcumwfgypbvkjxqz"
    shares = 1 / np.arange(2, len(letters) + 2)
    tokens = dict.fromkeys([*SPECIAL, *letters, *("##" + letter for letter in letters), *words])
    while len(tokens) < count:
        part = random.random() < CONTINUED
        length = 2 + random.poisson(1.5 if part else 4.4)
        word = "".join(random.choice(list(letters), length, p=shares / shares.sum()))
        tokens.setdefault("##" + word if part else word)
    return list(tokens)[:count]


def _write_tokenizer(folder, tokens):
    vocabulary = {token: number for number, token in enumerate(tokens)}
    pieces = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    template = {"type": "TemplateProcessing", "single": pieces, "pair": pieces + [
        {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
        "special_tokens": {token: {"id": token, "ids": [vocabulary[token]], "tokens": [token]}
                           for token in ("[CLS]", "[SEP]")}}
    document = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False, "special": True} for token in SPECIAL],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": template, "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary}}
    (folder / "tokenizer.json").write_text(json.dumps(document))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
