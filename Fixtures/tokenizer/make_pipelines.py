"""Writes pipelines.json: small tokenizers of every kind that the pipeline of the tables runs, and the ids that Hugging Face
`tokenizers` gives.

    pip install tokenizers==0.23.3 sentencepiece==0.2.2 transformers==5.24.0
    python3 Fixtures/tokenizer/make_pipelines.py Fixtures/tokenizer/pipelines.json

An item has `name`, `tokenizer` (a tokenizer.json), `ids` (of each text of `texts`) and `scalars`: the SHA-256 of the ids
of many single scalars, alone and between letters, as text: a line for each, ids joined by spaces. `classes` has what
transformers makes of such a file and a tokenizer_config.json: the ids of the first texts.
"""
import base64
import hashlib
import json
import pathlib
import sys
import tempfile

import sentencepiece
import tokenizers
import transformers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as N, pre_tokenizers as P, processors, trainers

WORDS = """
play some jazz by miles davis and add the song to my playlist. will it rain in Zürich tomorrow at 10:30? book a table for
4 people, please! it's naïve: don't you think so? we're here, they've gone, I'll see 1234567 of them. "quoted" (text) a-b
the theatre there these this that thin thing things thinking play played player playing table tables
""".split("\n")
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXTS = [
    "", " ", "play some JAZZ by Miles Davis", "will it rain in Zürich tomorrow at 10:30?", "  two  spaces  ",
    "it's naïve — don't  you think so?  ", "東京 タワー 😀 ok", "e\u0301\u0323 a\u0323\u0301 \u1100\u1161\u11a8 각 ﬁ ½ İ ß",
    "`` quoted '' text", "a\tb\n\nc \r\n  d", "x<mask> y <mk>  z<rk>  w  <NK>  v", "THE the, breathe <s>hi</s>",
    "▁a ▁▁b a▁", "12345 ²³ Ⅷ ٣", "WE'LL 'ſ 'tis!!! ---", "a\u2028b\u00a0c\u3000d\u200be\ufefff", "\u0000\u0001\U0010ffff",
    "ab " * 180, "thinking" * 70, "x" * 530,
]
ADDED = [
    AddedToken("<mk>", lstrip=True, normalized=False), AddedToken("<rk>", rstrip=True, normalized=False),
    AddedToken("the", single_word=True, normalized=False), AddedToken("<NK>", normalized=True, lstrip=True, rstrip=True),
]


def trained(kind, normalizer, splitter, **options):
    is_bytes = "ByteLevel" in repr(splitter)
    special = SPECIAL + options.get("bytes", [])
    if kind == "BPE":
        t = Tokenizer(models.BPE(unk_token=None if is_bytes else "<unk>"))
        trainer = trainers.BpeTrainer(
            vocab_size=340 + len(special), special_tokens=special, show_progress=False, min_frequency=1,
            initial_alphabet=P.ByteLevel.alphabet() if is_bytes else [])
    elif kind == "WordPiece":
        t = Tokenizer(models.WordPiece(unk_token="<unk>"))
        trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    else:
        t = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(
            vocab_size=110 + len(special), special_tokens=special, unk_token="<unk>", show_progress=False)
    if normalizer is not None:
        t.normalizer = normalizer
    if splitter is not None:
        t.pre_tokenizer = splitter
    t.train_from_iterator(WORDS, trainer)
    if "post" in options:
        t.post_processor = options["post"]
    t.add_tokens(options.get("added", []))
    document = json.loads(t.to_str())
    document["model"].update(options.get("model", {}))
    return document


def charsmap():
    """A character map of sentencepiece with a few rules, and the scores of its 32 bits."""
    rules = {
        "ﬁ": "fi", "½": "1/2", "e\u0301": "é", "E\u0301": "É", "Ａ": "A", "\u3000": " ", "\r": " ", "\t": " ", "™": "TM",
        "\u200b": "", "\u1100\u1161": "가", "u\u0308\u0301": "ǘ",
    }
    with tempfile.TemporaryDirectory() as folder:
        text, table = pathlib.Path(folder, "text"), pathlib.Path(folder, "rules.tsv")
        text.write_text("\n".join(WORDS), encoding="utf8")
        table.write_text("".join(
            f"{' '.join(f'{ord(c):04X}' for c in a)}\t{' '.join(f'{ord(c):04X}' for c in b)}\n" for a, b in rules.items()))
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=f"{folder}/m", vocab_size=100, normalization_rule_tsv=str(table),
            hard_vocab_limit=False, minloglevel=2)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(pathlib.Path(folder, "m.model").read_bytes())
    document = json.loads(Tokenizer(models.Unigram([("<unk>", 0.0)], 0)).to_str())
    document["model"]["vocab"] = [[p.piece, p.score] for p in model.pieces]
    map64 = base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()
    document["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": map64}
    words = {"type": "WhitespaceSplit"}
    marks = {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}
    document["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [words, marks]}
    return document


def classes(cases):
    """What the library's classes make of the files."""
    names = {"cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>", "pad_token": "<pad>"}
    configs = [
        ("GPT-2", {"tokenizer_class": "RobertaTokenizer"}),
        ("GPT-2", {"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": True, "add_bos_token": True}),
        ("RoBERTa with added tokens", {"tokenizer_class": "GPT2Tokenizer"}),
        ("ALBERT with added tokens", {"tokenizer_class": "AlbertTokenizer", **names}),
        ("ALBERT with added tokens", {
            "tokenizer_class": "AlbertTokenizer", "keep_accents": True, "do_lower_case": False, "add_prefix_space": False,
            **names}),
        ("XLM-RoBERTa with a character map", {"tokenizer_class": "XLMRobertaTokenizer", "mask_token": "<s>", "pad_token": "<s>"}),
        ("Llama", {"tokenizer_class": "LlamaTokenizer"}),
        ("Llama", {"tokenizer_class": "LlamaTokenizerFast", "legacy": True}),
        ("GPT-2", {"tokenizer_class": "LlamaTokenizer"}),
    ]
    items = []
    for name, config in configs:
        with tempfile.TemporaryDirectory() as folder:
            for file, content in (("tokenizer.json", cases[name]), ("tokenizer_config.json", config)):
                pathlib.Path(folder, file).write_text(json.dumps(content))
            t = transformers.AutoTokenizer.from_pretrained(folder)
            items.append({"tokenizer": name, "config": config, "ids": [t(text)["input_ids"] for text in TEXTS[:16]]})
    return items


def main(path):
    assert tokenizers.__version__ == "0.23.3"
    bytes_only = P.ByteLevel(add_prefix_space=False, use_regex=False)
    roberta = processors.Sequence([
        processors.ByteLevel(trim_offsets=False), processors.RobertaProcessing(("</s>", 3), ("<s>", 2))])
    albert = N.Sequence([
        N.Replace("``", '"'), N.Replace("''", '"'), N.NFKD(), N.StripAccents(), N.Lowercase(),
        N.Replace(Regex(" {2,}"), " ")])
    llama = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    fallback = {"bytes": BYTES, "model": {"byte_fallback": True, "fuse_unk": True}}
    cases = {
        "GPT-2": trained("BPE", None, P.ByteLevel(add_prefix_space=False)),
        "RoBERTa with added tokens": trained("BPE", None, P.ByteLevel(add_prefix_space=True), post=roberta, added=ADDED),
        "cl100k without merges of tokens": trained(
            "BPE", N.NFC(), P.Sequence([P.Split(Regex(CL100K), "isolated"), bytes_only]), model={"ignore_merges": True}),
        "ALBERT with added tokens": trained("Unigram", albert, P.Metaspace(), added=ADDED),
        "XLM-RoBERTa with a character map": charsmap(),
        "Unigram with bytes": trained(
            "Unigram", N.Sequence([N.Nmt(), N.NFKC()]), P.Metaspace(prepend_scheme="first"), bytes=BYTES,
            model={"byte_fallback": True}),
        "Llama": trained("BPE", llama, None, **fallback),
        "Gemma": trained("BPE", N.Replace(" ", "▁"), P.Split(" ", "merged_with_previous"), **fallback),
        "NFD, Lowercase, StripAccents; WhitespaceSplit, Punctuation": trained(
            "WordPiece", N.Sequence([N.NFD(), N.Lowercase(), N.StripAccents()]),
            P.Sequence([P.WhitespaceSplit(), P.Punctuation("isolated")])),
        "BertNormalizer; BertPreTokenizer, Digits": trained(
            "WordPiece", N.BertNormalizer(), P.Sequence([P.BertPreTokenizer(), P.Digits(True)]), added=ADDED),
        "Strip; Punctuation with the previous, Split inverted": trained(
            "BPE", N.Sequence([N.Strip(), N.Replace(Regex(r"\s+"), " ")]),
            P.Sequence([P.Punctuation("merged_with_previous"), P.Split(Regex(r"\p{L}+"), "contiguous", invert=True)])),
        "Metaspace, Digits": trained(
            "BPE", N.NFKC(), P.Sequence([P.Metaspace(split=False), P.Digits(False)])),
    }
    if pathlib.Path(path).exists():
        # The trainers settle ties in another way in each run: tokenizers that are there are kept.
        cases |= {item["name"]: item["tokenizer"] for item in json.loads(pathlib.Path(path).read_text())["cases"]}
    scalars = [c for c in range(0x110000) if (c < 0x3000 or c % 61 == 0) and not 0xD800 <= c < 0xE000]
    items = []
    for name, document in cases.items():
        t = Tokenizer.from_str(json.dumps(document))
        texts = [text for c in scalars for text in (chr(c), f"a{chr(c)}b")]
        lines = "".join(" ".join(map(str, e.ids)) + "\n" for e in t.encode_batch(texts))
        items.append({
            "name": name, "tokenizer": document, "ids": [e.ids for e in t.encode_batch(TEXTS)],
            "scalars": hashlib.sha256(lines.encode()).hexdigest()})
    with open(path, "w", encoding="utf8") as out:
        json.dump({"texts": TEXTS, "cases": items, "classes": classes(cases)}, out, ensure_ascii=False, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
