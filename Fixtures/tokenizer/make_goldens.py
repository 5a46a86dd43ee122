"""Writes the tokenizers of this folder and goldens.json: what Hugging Face `tokenizers` makes of nasty texts.

    pip install tokenizers==0.23.3
    python3 Fixtures/tokenizer/make_goldens.py

goldens.json holds `texts` and, for each tokenizer, its file, the ids of each text, and one digest for each 4096 code
points: SHA-256 over the ids of "a" + c + "b 1" + c for every scalar c, each list as its length and its ids, 16 bits
little-endian; 16 hexadecimal digits of it. A text is `text`, `bytes` (hexadecimal; ill-formed UTF-8, which the library
gets as bytes.decode("utf-8", "replace")) or `repeat` (a string and how often). Over 300 ids are `count` and `sha256`.
"""
import hashlib
import json
import os
import random
import struct

import tokenizers
from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"#$%&'()*+,-./:;<=>?@[]_`~"
    "\u00e9\u00c9\u00e8\u00fc\u00df\u0131\u0130\u0307\u0301\u0308\u03c3\u03c2\u03a3\u0436\u0416\u4e2d\u6587\uac00\uac01"
    "\u1100\u1161\u11a8\u30ab\u30ac\u3099\u0915\u093f\u094d\u0e01\u0e34\u0627\u064e\U0001f600\u200d\ufe0f\u2014\u2026\ufb01\ufffd"
)
# Marks that outlive strip_accents and have different places in canonical order.
MARKS = "\u302e\u302f\U0001d165\U0001d16d\u1b44\u08d4\U00011446\u0f40\u0f71\u034f"


def merges_of(generator, characters, count, start):
    """Random merges, in an order that no training would give: a token may be merged before its parts are."""
    tokens, pairs = list(start), {}
    while len(pairs) < count:
        left, right = generator.choice(tokens), generator.choice(tokens)
        if len(left + right) <= 6 and (left, right) not in pairs:
            pairs[left, right] = None
            tokens.append(left + right)
    pairs = list(pairs)
    generator.shuffle(pairs)
    return pairs


def added(content, id, special=True):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": special}  # fmt: skip


def tokenizer(seed, characters, merge_letters, *, unk, first=(), extra=(), fuse=False, strings=False, normalizer=None,
              pre_tokenizer="Whitespace", post_processor=None, truncation=None):  # fmt: skip
    generator = random.Random(seed)
    pairs = merges_of(generator, characters, 150, merge_letters)
    tokens = list(dict.fromkeys(list(first) + sorted(characters) + [a + b for a, b in pairs]))
    added_tokens = [added(t, i) for i, t in enumerate(first)]
    added_tokens += [added(t, len(tokens) + i, special=False) for i, t in enumerate(extra)]
    return {
        "version": "1.0",
        "truncation": truncation,
        "padding": None,
        "added_tokens": added_tokens,
        "normalizer": normalizer,
        "pre_tokenizer": {"type": pre_tokenizer},
        "post_processor": post_processor,
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": unk,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": fuse,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {t: i for i, t in enumerate(tokens)},
            "merges": [" ".join(p) for p in pairs] if strings else [list(p) for p in pairs],
        },
    }


def bert(clean_text, handle_chinese_chars, strip_accents, lowercase):
    return {"type": "BertNormalizer", "clean_text": clean_text, "handle_chinese_chars": handle_chinese_chars,
            "strip_accents": strip_accents, "lowercase": lowercase}  # fmt: skip


def tokenizer_files():
    """Every flag of the normalizer both ways, with and without [UNK], and templates of all kinds."""
    names = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"]
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                           "[SEP]": {"id": "[SEP]", "ids": [4, 3], "tokens": ["[SEP]", "[MASK]"]}},
    }  # fmt: skip
    letters = list("abcde1!.") + ["\u00e9", "\u0301", "\u4e2d"]
    return {
        # Text as it stands; unknown characters vanish; the template has an end.
        "plain": tokenizer(1, CHARACTERS + "\0\u0085 \u00a0\u200b", letters + ["\0"], unk=None, first=names,
                           normalizer=bert(False, False, False, False), post_processor=template),
        # Marks that stay are put in order; neighbouring unknown characters are one, and merges know [UNK].
        "marks": tokenizer(2, CHARACTERS + MARKS, letters + list(MARKS[:7]) + ["[UNK]"], unk="[UNK]", first=names, fuse=True,
                           normalizer=bert(False, True, True, False), strings=True),
        # Lower case without touching accents; no template.
        "lower": tokenizer(3, CHARACTERS, letters, unk="[UNK]", first=names, normalizer=bert(True, False, False, True)),
        # BERT's words, template and limit; strip_accents follows lowercase; added tokens that begin alike.
        "bert": tokenizer(4, CHARACTERS, letters + ["[UNK]"], unk="[UNK]", first=names, extra=["<a>", "<a", "<a>!", "\u4e2d\u6587"],
                          normalizer=bert(True, True, None, True), pre_tokenizer="BertPreTokenizer",
                          post_processor={"type": "BertProcessing", "sep": ["[SEP]", 4], "cls": ["[CLS]", 2]},
                          truncation={"direction": "Right", "max_length": 24, "strategy": "LongestFirst", "stride": 0}),
        # No normalizer at all.
        "bare": tokenizer(5, CHARACTERS, letters, unk="a", first=["<s>"]),
    }  # fmt: skip


# More characters than one byte can tell apart.
MANY = "".join(map(chr, [*range(0x3B1, 0x3CA), *range(0x430, 0x450), *range(0x410, 0x430), *range(0x3041, 0x3097),
                         *range(0x5D0, 0x5EB), *range(0xE01, 0xE2F), *range(0x4E00, 0x4E10), 0x1F601, 0x1D400]))  # fmt: skip


def pieces(seed, characters, letters, count, prefix="##"):
    """Pieces that begin words and pieces that continue them, in no order; some characters do one alone."""
    generator = random.Random(seed)
    tokens = dict.fromkeys(["[PAD]", "[unused0]", "[UNK]", "[CLS]"])
    tokens.update(dict.fromkeys(c for c in sorted(characters) if c != "Q" and c != "\u0431"))
    more = [prefix + c for c in sorted(characters) if c not in "zZ\u0432"]
    more += ["#", prefix + "#", prefix, "[MASK]", "[unused1]", "don't", prefix + "!!", "!!", "..", prefix + "\u4e01\u4e02"]
    while len(more) < count:
        piece = "".join(generator.choices(letters, k=generator.randint(2, 6)))
        more.append(piece if generator.random() < 0.5 else prefix + piece)
    generator.shuffle(more)
    tokens.update(dict.fromkeys(more[: len(more) // 2] + ["[SEP]"] + more[len(more) // 2 :]))
    return list(tokens)


def wordpiece(tokens, longest, *, special=(), prefix="##", normalizer=None, pre_tokenizer="BertPreTokenizer",
              post_processor=None, truncation=None):  # fmt: skip
    return {
        "version": "1.0",
        "truncation": truncation,
        "padding": None,
        "added_tokens": [added(t, tokens.index(t)) for t in sorted(special, key=tokens.index)],
        "normalizer": normalizer,
        "pre_tokenizer": {"type": pre_tokenizer},
        "post_processor": post_processor,
        "decoder": {"type": "WordPiece", "prefix": prefix, "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": longest,
            "vocab": {t: i for i, t in enumerate(tokens)},
        },
    }


def wordpiece_files():
    """BERT's way, and what else the file's fields allow."""
    letters = "aaabbbcdeio1rst\u0430\u0431\u0432\u3042"
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    uncased = pieces(6, CHARACTERS + MANY, letters, 1200)
    cased = pieces(7, CHARACTERS + MARKS, "abAB1!.\u00e9" + MARKS[:7], 700, prefix="##!")
    return {
        "uncased": wordpiece(
            uncased, 100, special=names, normalizer=bert(True, True, None, True),
            post_processor={
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
                "pair": [],
                "special_tokens": {t: {"id": t, "ids": [uncased.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
            },
            truncation={"max_length": 40, "strategy": "LongestFirst", "stride": 0}),
        # Runs of punctuation, which may spell the prefix; short words; marks that stay, in their order; few specials.
        "cased": wordpiece(
            cased, 12, special=["[SEP]"], prefix="##!", normalizer=bert(False, False, True, False),
            pre_tokenizer="Whitespace"),
    }  # fmt: skip


def vocabulary():
    """vocab.txt, and tokenizer_config.json: cased, with accents."""
    tokens = pieces(8, CHARACTERS, "abcdeABC1\u00e9", 500)
    tokens = [t for t in tokens if not t.isspace() and t not in ("\0", "\u0085")]
    return tokens + ["caf\u00e9", "\u4e2d\u6587"], {
        "do_lower_case": False, "strip_accents": None, "tokenize_chinese_chars": False, "model_max_length": 512,
        "tokenizer_class": "BertTokenizer", "cls_token": "[CLS]", "mask_token": {"content": "[MASK]"},
    }  # fmt: skip


def texts():
    """About 250 of them."""
    found = ["", " ", "   \t\n\r  ", "a", "Hello, World!", "play the song little robin redbreast", "don't", "it's 5 o'clock"]
    # Letters with marks, precomposed and decomposed, in canonical order and not.
    found += ["caf\u00e9", "cafe\u0301", "CAF\u00c9", "r\u00e9sum\u00e9 na\u00efve", "A\u030angstr\u00f6m \u212bngstrom", "o\u0302\u0323 \u1ed9 \u00f4\u0323",
              "\u1e9b\u0323", "e\u0301\u0301\u0301\u0301", "\u0301abc", " \u0301 ", "q\u0307\u0323", "Vi\u1ec7t Nam", "\u0344", "a\u0327\u0301b", "a\u034f\u0301b"]
    # Marks that stay, across removed ones, in every order.
    for a, b in [("\u302e", "\U0001d165"), ("\U0001d16d", "\u1b44"), ("\u08d4", "\U00011446"), ("\U0001d165", "\u302f")]:
        found += [f"a{a}{b}", f"a{b}{a}b", f"a{a}\u0301{b}", f"a{b}\u0301{a}", f"a{b}\u034f{a}", f"a{a}\u0000{b}c", f"1{b}{b}{a}{a}"]
    found += ["\U0001d160\u302e", "\u302e\U0001d160\u1b44", "\U0001d15e\U0001d15f", "!\u302e\u1b44", "\u1b44\u302e", "a\u302e[SEP]\u1b44", "x\u302e\u4e2d\u1b44"]
    # CJK, kana, Hangul.
    found += ["\u4e2d\u6587", "abc\u4e2d\u6587def", "\u6771\u4eac\u90fd\u306b\u884c\u304f", "\u30ab\u30bf\u30ab\u30ca \u30ac\u30ae\u30b0 \u30ab\u3099", "\uff76\uff9e \uff21\uff22\uff23",
              "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "\uac00\uac01 \uac02", "a\uac00b\uac01c", "\u1100\u1161\u11a8\u11a8", "\uf900\ufa0e\ufa70", "\U00020000\U0002f800\U0002f80f",
              "\u3007\u3021\u2e80", "\U0002a6df\U0002a6e0", "\u4dff\u4e00\u9fff\ua000", "\u3400a\u4dbf1\u4dc0"]
    # Emoji.
    found += ["\U0001f600", "a\U0001f600b", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd!", "\U0001f1e9\U0001f1ea\U0001f1eb", "\u2764\ufe0f", "1\ufe0f\u20e3 #\ufe0f\u20e3",
              "\U0001f3f4\U000e0067\U000e0062\U000e007f"]
    # Controls, and characters that look like nothing.
    found += ["a\0b", "\0", "\0\0 a \0", "a\u0001b\u001fc\u007fd", "a\u0085b\u0080c\u009fd", "\ufeffabc", "a\ufeffb", "a\u200bb\u200cc\u200dd\u200ee\u2060f", "soft\u00adhyphen",
              "a\u2028b\u2029c", "a\u000bb\u000cc", "tab\tnew\nline\r\nend", "\ufffd", "a\ufffdb", "\ufffe\uffff\U0001ffff", "\ue000a\uf8ff\U000f0000", "\u0378 \u0380 \u2fe0",
              "\u2066rtl\u2069 \u202babc\u202c", "\u115f\u1160\u3164\uffa0"]
    # Every space.
    found += ["".join(f"a{s}" for s in "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), "\u00a0", "\u3000\u3000a\u3000", "\u180ea\u180e"]
    # Long words.
    found += [("a", 1000), ("ab", 500), ("abcde", 200), ("a", 20000), ("abc1", 5000), ("\u00e9", 1000), ("!", 1000), ("\u4e2d", 1000), ("\U0001f600", 500), ("\u0436", 20000),
              ("\u0301", 1000), ("a\u0301", 1000), (" ", 5000), ("[SEP]", 200), ("[", 1000), ("\uac01", 500), ("\0", 1000), ("e\u302e\u1b44", 300), ("qxz", 4000)]
    # Special tokens in the text.
    found += ["[SEP]", "[CLS] [PAD]", "A [SEP] B", "a[SEP]b", "abc[SEP]def[SEP]", "[sep]", "[Sep] [SEp]", "[[SEP]]", "[ SEP ]", "[SEP", "SEP]", "[SE[SEP]P]", "[SEP][SEP]", "[SEP]]", "[UNK]", "x [UNK] y",
              "[MASK]ed", "[S\u00c9P]", "[S\u00adEP]", "\uff3bSEP\uff3d", "[PAD][UNK][CLS][MASK][SEP]", "\u0301[SEP]\u0301", "a[SEP]\u0301b", "<a>", "<a<a>", "<a>!<a>?", "x<a>!y", "<<a>>", "<s>a</s>", "a\u4e2d\u6587b\u4e2d",
              "\u4e2d[SEP]\u6587", "<\0a>", "<A>"]
    # Cases: Turkish, German, Greek, Cherokee, letters of two and of none.
    found += ["\u0130stanbul \u0131\u015f\u0131k", "I\u0307", "i\u0307", "STRA\u00dfE \u1e9e", "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3", "\u03a3", "\u03c3\u03c2\u03a3 \u0391\u03a3.", "\u01c4\u01c5\u01c6 \u01f1", "\ufb01\ufb02 \ufb00", "\u13a0\uab70", "\u10d0\u1c90",
              "\u212a \u2126", "\U00010400\U00010428", "\u24b6\u24d0 \u2160\u2170", "\U0001d400\U0001d7ce", "\u1fbc\u1fb3", "\ua64a\u1c88", "\u1e9b"]
    # Other scripts, with their marks.
    found += ["\u0928\u092e\u0938\u094d\u0924\u0947", "\u0915\u093f\u0924\u093e\u092c \u0958", "\u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u0651\u0629", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \ufb2a", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e01\u0e34", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0bca",
              "\u1018\u102c\u101e\u102c", "\u0f56\u0f7c\u0f51\u0f0b\u0f66\u0f90\u0f51", "\u0f71\u0f72 \u0f73", "\u1780\u17d2\u179a", "\u0416\u0436 \u0419\u0439 \u0401\u0451", "\u10a0\u2d00", "\u09cb \u09c7\u09be", "\U0001133e\U00011347 \U0001134b", "\U0001112e\U00011131\U00011127"]
    # Digits and punctuation.
    found += ["1234567890", "3.14159", "1,000,000", "10%", "\u0664\u0662 \uff14\uff12 \u00bd \u00b2", "\u00bd\u2153", "...!!!???", "wow!!!1!", "a.b,c;d:e", "(a)[b]{c}<d>", "--- ___ ~~~", "_a_b_", "a_b", "\u203f\u2040a", "\u2014dash\u2013dash\u2026",
              "\u201cquotes\u201d \u2018it\u2019s\u2019", "C++ C# .NET", "user@example.com", "http://a.b/c?d=e&f=g#h", "$5 \u20ac5 \u00a35", "a^b|c\\d", "\u00ac\u00b1\u00d7\u00f7", "a\u00b7b\u0387c", "\u061f\u060c\u3002\u3001"]
    # Words as long as WordPiece allows and longer, and texts like its prefixes.
    found += [("a", 12), ("a", 13), ("A\u0301", 12), ("b", 100), ("b", 101), ("a1", 50), ("\u0430", 100), ("\u0430\u0301", 101)]
    found += ["\u0431" + "a" * 100 + " b", "a" * 101 + "[SEP]" + "a" * 99, "## ##a a##b ##!a ##!! ##!!! #!", "[unused1] [unused0]", "zz az za \u0432\u0432 Qa aQ",
              "\u03b1\u03b2\u03b3 \u0411\u0430\u0431 \u3042\u3043\u3044 \u05d0\u05d1 \u0e01\u0e02 \u4e00\u4e01\u4e02", "\U0001f601a\U0001f601 \U0001d400\U0001d400"]
    # Random ones.
    generator = random.Random(20240607)
    pool = list(CHARACTERS + MARKS + " \0\u00a0\u200b") + ["[SEP]", "<a>", "\uac01", "\u0344", "\U0001d160", "\u0130"]
    found += ["".join(generator.choices(pool, k=generator.randint(5, 60))) for _ in range(30)]
    found += ["".join(generator.choices("abcde1!. ", k=generator.randint(20, 120))) for _ in range(10)]

    raw = [b"\x80", b"\xbf\xbf", b"a\xffb", b"a\xc3", b"a\xc3b", b"\xc3\x28", b"\xe2\x82", b"a\xe2\x82b", b"\xe2\x28\xa1", b"\xf0\x9f\x98", b"\xf0\x9f\x98a", b"\xf0\x9fa", b"\xf0a",
           b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
           b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe\xff", b"\xff\xfea\0", b"\xc3[SEP]\xa9", b"[S\xc3EP]", b"\xe4\xb8[SEP]", b"a\xcc", b"caf\xe9 au lait", b"\xf0\x9f\xf0\x9f\x98\x80", b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
           b"\xed\x9f\xbf\xee\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xe0\xa0\x80\xdf\xbf\xc2\x80"]  # fmt: skip
    described = []
    for text in found:
        if isinstance(text, tuple):
            described.append(({"repeat": list(text)}, text[0] * text[1]))
        else:
            described.append(({"text": text}, text))
    described += [({"bytes": b.hex()}, b.decode("utf-8", "replace")) for b in raw]
    return described


def packed(ids):
    return struct.pack(f"<{len(ids)}H", *ids)


def result(ids):
    if len(ids) <= 300:
        return ids
    return {"count": len(ids), "sha256": hashlib.sha256(packed(ids)).hexdigest()}


def digests(tokenizer):
    found = []
    for block in range(0, 0x110000, 4096):
        scalars = [chr(c) for c in range(block, block + 4096) if not 0xD800 <= c < 0xE000]
        hash = hashlib.sha256()
        for encoding in tokenizer.encode_batch([f"a{c}b 1{c}" for c in scalars]):
            hash.update(struct.pack("<H", len(encoding.ids)) + packed(encoding.ids))
        found.append(hash.hexdigest()[:16])
    return found


def main():
    assert tokenizers.__version__ == "0.23.3"
    paths = ["embbert-snips/tokenizer.json"]
    for name, content in tokenizer_files().items():
        paths.append(f"tokenizer/{name}.json")
        with open(f"{ROOT}/Fixtures/{paths[-1]}", "w") as out:
            json.dump(content, out, indent=1)
            out.write("\n")
    for name, content in wordpiece_files().items():
        paths.append(f"tokenizer/{name}.json")
        with open(f"{ROOT}/Fixtures/{paths[-1]}", "w") as out:
            json.dump(content, out, separators=(",", ":"))
            out.write("\n")
    os.makedirs(f"{HERE}/vocabulary", exist_ok=True)
    paths.append("tokenizer/vocabulary/vocab.txt")
    tokens, config = vocabulary()
    with open(f"{ROOT}/Fixtures/{paths[-1]}", "w", newline="") as out:
        out.write("".join(t + "\n" for t in tokens))
    with open(f"{HERE}/vocabulary/tokenizer_config.json", "w") as out:
        json.dump(config, out, indent=1)
        out.write("\n")
    nasty = texts()
    lines = []
    for path in paths:
        if path.endswith(".txt"):
            tokenizer = BertWordPieceTokenizer(f"{ROOT}/Fixtures/{path}", handle_chinese_chars=False, strip_accents=None, lowercase=False)
        else:
            tokenizer = Tokenizer.from_file(f"{ROOT}/Fixtures/{path}")
        lines.append({
            "file": path,
            "ids": [result(tokenizer.encode(text).ids) for _, text in nasty],
            "digests": digests(tokenizer),
        })  # fmt: skip
    with open(f"{HERE}/goldens.json", "w") as out:
        out.write('{"texts": [\n' + ",\n".join(json.dumps(d) for d, _ in nasty) + '\n],\n"tokenizers": [\n')
        parts = []
        for line in lines:
            ids = ",\n".join(json.dumps(i, separators=(",", ":")) for i in line["ids"])
            parts.append(f'{{"file": "{line["file"]}", "ids": [\n{ids}\n], "digests": [\n' + ",\n".join(
                ", ".join(f'"{d}"' for d in line["digests"][i : i + 5]) for i in range(0, len(line["digests"]), 5)) + "\n]}")
        out.write(",\n".join(parts) + "\n]}\n")
    print(len(nasty), "texts")


if __name__ == "__main__":
    main()
