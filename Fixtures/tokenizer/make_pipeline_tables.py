"""Writes Sources/EmbqTokenizers/UnicodePipelineTables.swift: what the normalizers and patterns of Hugging Face
`tokenizers` do to every code point, apart from BertNormalizer (make_unicode_tables.py).

The library is asked about each scalar. Grapheme clusters cannot be seen from outside; their classes are those of the
`regex` package.

    pip install tokenizers==0.23.3 regex==2026.11.19
    python3 Fixtures/tokenizer/make_pipeline_tables.py Sources/EmbqTokenizers/UnicodePipelineTables.swift
"""
import sys
import unicodedata

import regex
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

from make_unicode_tables import HANGUL, SCALARS, ask, encode_map, encode_ranges, ranges, swift

GRAPHEMES = ["CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T", "LV", "LVT"]
CLASSES = {
    "patternSpaces": (r"\s", r"Characters that `\\s` matches in a pattern."),
    "patternWords": (r"\w", r"Characters that `\\w` matches in a pattern."),
    "decimalDigits": (r"\d", r"Characters that `\\d` and `\\p{Nd}` match."),
    "uppercaseLetters": (r"\p{Lu}", r"Characters that `\\p{Lu}` matches."),
    "lowercaseLetters": (r"\p{Ll}", r"Characters that `\\p{Ll}` matches."),
    "titlecaseLetters": (r"\p{Lt}", r"Characters that `\\p{Lt}` matches."),
    "modifierLetters": (r"\p{Lm}", r"Characters that `\\p{Lm}` matches."),
    "otherLetters": (r"\p{Lo}", r"Characters that `\\p{Lo}` matches."),
    "marks": (r"\p{M}", r"Characters that `\\p{M}` matches."),
    "numbers": (r"\p{N}", r"Characters that `\\p{N}` matches."),
    "punctuations": (r"\p{P}", r"Characters that `\\p{P}` matches."),
    "symbols": (r"\p{S}", r"Characters that `\\p{S}` matches."),
}


def matching(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return {c for c in SCALARS if not split.pre_tokenize_str(chr(c))}


def mark_classes():
    """Combining classes, as ranks: the order in which NFD puts marks."""
    nfd = normalizers.NFD()
    low, high = 0x334, 0x345  # of the lowest class and of the highest

    def swaps(a, b):
        return nfd.normalize_str(f"a{chr(a)}{chr(b)}") == f"a{chr(b)}{chr(a)}" and a != b

    samples = {}
    for c in SCALARS:
        combining = unicodedata.combining(chr(c))
        if combining and (swaps(c, low) or swaps(high, c)):
            samples.setdefault(combining, c)
    order = sorted(samples)
    found = {}
    for c in SCALARS:
        if c < 0x300 or c in HANGUL or not (swaps(c, low) or swaps(high, c)):
            continue
        same = [k for k in order if not swaps(c, samples[k]) and not swaps(samples[k], c)]
        assert len(same) == 1, hex(c)
        found[c] = order.index(same[0]) + 1
    assert max(found.values()) < 256
    return found


def compositions(nfd):
    nfc = normalizers.NFC()
    pairs = {}
    for c in nfd:
        parts = unicodedata.decomposition(chr(c)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            a, b = (int(p, 16) for p in parts)
            if nfc.normalize_str(chr(a) + chr(b)) == chr(c):
                pairs[c] = chr(a) + chr(b)
    return pairs


def main(path):
    assert tokenizers.__version__ == "0.23.3"
    nfd = ask(normalizers.NFD())
    nfkd = ask(normalizers.NFKD())
    for c in HANGUL:
        assert nfd.pop(c) == nfkd.pop(c)
    compatible = {c: text for c, text in nfkd.items() if nfd.get(c) != text}
    assert all(c in nfkd for c in nfd)
    classes = mark_classes()
    composed = compositions(nfd)
    strip = ask(normalizers.StripAccents())
    assert set(strip.values()) == {""}
    nmt = ask(normalizers.Nmt())
    numeric = {c for c in SCALARS if len(pre_tokenizers.Digits(True).pre_tokenize_str(f"a{chr(c)}b")) == 3}
    letters = matching(r"\p{L}")
    sets = {name: matching(pattern) for name, (pattern, _) in CLASSES.items()}
    assert letters == set().union(*(sets[n] for n in sets if n.endswith("Letters")))
    facts = [("accents", "Characters that StripAccents removes.", ranges(strip))]
    facts += [("numeric", "Characters that Digits takes for digits.", ranges(numeric))]
    facts += [(name, CLASSES[name][1].replace("\\\\", "\\"), ranges(codes)) for name, codes in sets.items()]
    for name in GRAPHEMES:
        codes = [c for c in SCALARS if regex.fullmatch(rf"\p{{GCB={name}}}", chr(c))]
        facts.append((f"grapheme{name.replace('_', '')}", f"Characters of the grapheme class {name}.", ranges(codes)))
    pictures = [c for c in SCALARS if regex.fullmatch(r"\p{Extended_Pictographic}", chr(c))]
    facts.append(("pictures", "Characters that are pictures in a grapheme cluster.", ranges(pictures)))
    maps = [
        ("canonical", "NFD of a character; Hangul syllables apart.", nfd),
        ("compatible", "NFKD of a character, where it differs from NFD.", compatible),
        ("composed", "The two characters that NFC composes to one.", composed),
        ("markClasses", "Marks, with the rank of their combining class.", {c: chr(o) for c, o in classes.items()}),
        ("nmt", "What Nmt makes of a character.", nmt),
    ]
    parts = [swift(name, comment, encode_ranges(found)) for name, comment, found in facts]
    parts += [swift(name, comment, encode_map(entries)) for name, comment, entries in maps]
    with open(path, "w") as out:
        out.write("// Generated by: python3 Fixtures/tokenizer/make_pipeline_tables.py "
                  "Sources/EmbqTokenizers/UnicodePipelineTables.swift\n")
        out.write("// from Hugging Face tokenizers 0.23.3. Do not edit.\n\n")
        out.write("/// Facts about code points as numbers in text; ``UnicodeFacts`` reads them.\nenum UnicodePipelineTables {\n")
        out.write("\n".join(parts))
        out.write("}\n")


if __name__ == "__main__":
    main(sys.argv[1])
