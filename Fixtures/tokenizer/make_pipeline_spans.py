"""Writes pipeline_spans.json: the bytes that each token of Hugging Face `tokenizers` comes from, for the tokenizers and
texts of pipelines.json.

    pip install tokenizers==0.23.3
    python3 Fixtures/tokenizer/make_pipeline_spans.py [CASE TEXT]

A case names a tokenizer of pipelines.json and the post-processor that it has instead of its own, if any, and has digests
as spans.json does (`make_spans.py`): one for each text of pipelines.json and of `texts`, empty where NFD orders marks anew: there the
library's offsets are those of other characters. With two indices the tokens of one text are printed instead.
"""
import hashlib
import json
import os
import struct
import sys
import unicodedata

from tokenizers import Tokenizer

from make_spans import spans

HERE = os.path.dirname(os.path.abspath(__file__))
MORE = [
    " hello there  x", "  two   spaces", "a  ", " ", "\U0001f600 a é", "x\U0001f600y", "ﬁ\u0301 i\u0301 \ufb03", "e\u0301x é",
    "``", "a````b", "`a` ``` b", "a      b   c", " é½", "▁a ▁▁b a▁", "Ａ１２ ™ \u3000x", "東京東京 \U0001f600\U0001f600 ok",
    "x<mk>  y  <rk>   z <NK> the end", "<s> a </s>b", "각 나\u11a8 \u1100\u1161\u11a8", "İstanbul ŞİŞLİ", "\u00a0x \u00a0 y\u3000 \u3000",
    "naïve 中文字符 3½", "a \n b\t\tc", "play some jazz, please!",
]  # fmt: skip
def roberta(prefix):
    return {
        "type": "RobertaProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2], "trim_offsets": True, "add_prefix_space": prefix,
    }  # fmt: skip


def byte_level(prefix):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": True}


def changes(cases):
    for case in cases:
        yield case["name"], None
    yield "GPT-2", roberta(False)
    yield "GPT-2", roberta(True)
    yield "RoBERTa with added tokens", byte_level(True)
    yield "RoBERTa with added tokens", byte_level(False)
    yield "cl100k without merges of tokens", byte_level(True)


def digest(rows):
    return hashlib.sha256(b"".join(struct.pack("<III", *row) for row in rows)).hexdigest()[:16]


def is_told(text):
    return unicodedata.normalize("NFD", text) == "".join(unicodedata.normalize("NFD", c) for c in text)


def main():
    with open(os.path.join(HERE, "pipelines.json"), encoding="utf8") as file:
        pipelines = json.load(file)
    texts = pipelines["texts"] + MORE
    documents = {case["name"]: case["tokenizer"] for case in pipelines["cases"]}
    cases = []
    for name, processor in changes(pipelines["cases"]):
        document = documents[name] if processor is None else documents[name] | {"post_processor": processor}
        tokenizer = Tokenizer.from_str(json.dumps(document))
        if len(sys.argv) > 2 and int(sys.argv[1]) == len(cases):
            text = texts[int(sys.argv[2])]
            print(repr(text), spans(tokenizer.encode(text), text))
            return
        digests = [digest(spans(tokenizer.encode(t), t)) if is_told(t) else "" for t in texts]
        cases.append({"name": name, "post_processor": processor, "spans": digests})
    with open(os.path.join(HERE, "pipeline_spans.json"), "w", encoding="utf8") as file:
        json.dump({"texts": MORE, "cases": cases}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
