"""Writes spans.json: the bytes that each token of Hugging Face `tokenizers` comes from, for the texts of goldens.json.

    pip install tokenizers==0.23.3
    python3 Fixtures/tokenizer/make_spans.py [FILE INDEX]

For each tokenizer it has 16 hexadecimal digits of SHA-256 for each text that is UTF-8: over the id, the first byte and
the byte behind the last one of each token of the text itself, each with 32 bits, little-endian. Texts of more than 4,000
bytes are left out, and `is_told` says which others have none. `blocks` are the same of "a" + c + "b 1" + c for every scalar c of the first two planes, one digest for
each 8192 code points. With a file and an index the tokens of one text are printed instead.
"""
import hashlib
import json
import os
import struct
import sys
import unicodedata

from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
MORE = [
    "Ünïcödé naïve CAFÉ", "cafe\u0301 e\u0301", "a\u0300\u0316b", "中文abc文", "  two  spaces ", "x\u200by", "\u0301a",
    "İstanbul", "ﬁne ½ ㎏", "가각 \u1100\u1161", "a\u00adb", "don't (stop)!!", "[CLS] a [SEP]b[MASK]", "a" * 130 + " b",
    "é" * 101, "日本 日本", "a\u302eb \u0f40\u0f71", "A\u0307\u0301\u0308z", "zz[UNK]zz", "",
]  # fmt: skip


def load(name):
    if name.endswith(".txt"):
        return BertWordPieceTokenizer(
            os.path.join(ROOT, name), handle_chinese_chars=False, strip_accents=None, lowercase=False
        )
    return Tokenizer.from_file(os.path.join(ROOT, name))


def drops(tokenizer):
    """Characters that a tokenizer knows, if it drops others: the library's offsets behind those are not where it read."""
    model = json.loads(tokenizer.to_str())["model"]
    if model["type"] != "BPE" or model["unk_token"] is not None:
        return None
    return {t for t in model["vocab"] if len(t) == 1}


def is_told(text, known):
    """False where the library's offsets are those of other characters: where NFD orders marks anew, or one is dropped."""
    ordered = unicodedata.normalize("NFD", text) == "".join(unicodedata.normalize("NFD", c) for c in text)
    return ordered and (known is None or all(c in known or c.isspace() for c in text))


def spans(encoding, text):
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode()))
    rows = zip(encoding.ids, encoding.offsets, encoding.special_tokens_mask)
    return [(i, ends[a], ends[b]) for i, (a, b), special in rows if not special]


def digest(lists):
    hash = hashlib.sha256()
    for rows in lists:
        hash.update(b"".join(struct.pack("<III", *row) for row in rows))
    return hash.hexdigest()[:16]


def main():
    with open(os.path.join(HERE, "goldens.json"), encoding="utf8") as file:
        goldens = json.load(file)
    texts = [t["text"] for t in goldens["texts"] if "text" in t and len(t["text"].encode()) <= 4000] + MORE
    if len(sys.argv) > 2:
        text = texts[int(sys.argv[2])]
        print(repr(text), spans(load(sys.argv[1]).encode(text), text))
        return
    tokenizers = []
    for entry in goldens["tokenizers"]:
        tokenizer = load(entry["file"])
        known = drops(tokenizer)
        digests = [digest([spans(tokenizer.encode(t), t)]) if is_told(t, known) else "" for t in texts]
        blocks = []
        for start in range(0, 0x20000 if known is None else 0, 8192):
            scalars = [chr(c) for c in range(start, start + 8192) if not 0xD800 <= c < 0xE000]
            characters = ["a" + c + "b 1" + c for c in scalars]
            encodings = tokenizer.encode_batch(characters)
            blocks.append(digest(spans(e, t) for e, t in zip(encodings, characters)))
        tokenizers.append({"file": entry["file"], "spans": digests, "blocks": blocks})
    with open(os.path.join(HERE, "spans.json"), "w", encoding="utf8") as file:
        json.dump({"texts": MORE, "tokenizers": tokenizers}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
