"""Writes an EmbBERT of a few thousand random parameters: small enough to run hundreds of thousands of times.

Its channels are twice as many as its columns and its kernel is longer than most of its sentences: what the published
sizes do not exercise. It has learned nothing; the tests that use it compare runs with each other.

    python3 Fixtures/embbert-tiny/make.py
"""

import json
import math
import pathlib
import random
import struct

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, REDUCED, EXPANSION, KERNEL, LAYERS, LENGTH = 32, 48, 2, 5, 2, 24
LABELS = ["rain", "sun", "snow"]

special = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"]
letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,!?'-")
merges = [["r", "a"], ["ra", "i"], ["rai", "n"], ["s", "u"], ["su", "n"], ["s", "n"], ["o", "w"], ["sn", "ow"], ["i", "n"]]
vocabulary = special + letters + [a + b for a, b in merges]
tokenizer = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, t in enumerate(special)
    ],
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": True,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
    },
    "decoder": None,
    "model": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "[UNK]",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: i for i, token in enumerate(vocabulary)},
        "merges": merges,
    },
}
config = {
    "architectures": ["SequenceClassifier"],
    "forward_expansion": EXPANSION,
    "hidden_size": WIDTH,
    "id2label": {str(i): label for i, label in enumerate(LABELS)},
    "kernel_size": KERNEL,
    "max_length": LENGTH,
    "model_type": "EmbBERT",
    "num_hidden_layers": LAYERS,
    "pad_token_id": 0,
    "reduced_embedding": REDUCED,
    "vocab_size": len(vocabulary),
}

inner = WIDTH * EXPANSION
shapes = {
    "model.embedder.token.weight": [len(vocabulary), REDUCED],
    "model.embedder.position.weight": [LENGTH, REDUCED],
    "model.embedder.tok_expander.weight": [WIDTH, REDUCED],
    "model.embedder.pos_expander.weight": [WIDTH, REDUCED],
    "model.embedder.sentence.weight": [3, WIDTH],
    "classifier.weight": [len(LABELS), WIDTH],
    "classifier.bias": [len(LABELS)],
}
for layer in range(LAYERS):
    at = f"model.attentions.{layer}."
    shapes[f"model.norms.{layer}.weight"] = [WIDTH]
    for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2", "query.bias", "att_output.bias", "contract.bias"):
        shapes[at + name] = [WIDTH]
    shapes |= {at + "query.weight": [WIDTH, WIDTH], at + "att_output.weight": [WIDTH, WIDTH]}
    shapes |= {at + "conv1d.weight": [inner, 1, KERNEL], at + "conv1d.bias": [inner]}
    shapes |= {at + "contract.weight": [WIDTH, inner]}

random.seed(20250117)
header, body = {"__metadata__": {"format": "pt"}}, b""
for name in sorted(shapes):
    shape = shapes[name]
    count = math.prod(shape)
    if "norms" in name:
        values = [random.uniform(0.5, 1.5) for _ in range(count)]
    else:
        spread = 0.2 if "lambda" in name else 1 if "embedder" in name else 2 / math.sqrt(shape[-1])
        values = [random.uniform(-spread, spread) for _ in range(count)]
    data = struct.pack(f"<{count}f", *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
(HERE / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
(HERE / "config.json").write_text(json.dumps(config, indent=2) + "\n")
(HERE / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1) + "\n")
rows = ["label\ttext"]
for _ in range(48):
    words = [random.choice(["rain", "sun", "snow", "in", "oslo", "at", "7", "a", "windy", "day!", "why?", "isn't"])
             for _ in range(random.randint(1, 6))]
    rows.append(random.choice(LABELS) + "\t" + " ".join(words))
(HERE / "data.tsv").write_text("\n".join(rows) + "\n")
