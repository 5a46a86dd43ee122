"""Writes Sources/EmbqTokenizers/UnicodeTables.swift: what Hugging Face `tokenizers` does to every code point.

The library is asked about each of the 1,112,064 scalars, so the tables agree with it whatever versions of Unicode its
parts were built with (they differ: its categories are older than its letters). The facts are then put together again
and compared with BertNormalizer for all of its flags; a difference stops the script.

    pip install tokenizers==0.23.3
    python3 Fixtures/tokenizer/make_unicode_tables.py Sources/EmbqTokenizers/UnicodeTables.swift
"""
import itertools
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def bert(clean_text, handle_chinese_chars, strip_accents, lowercase):
    return normalizers.BertNormalizer(clean_text, handle_chinese_chars, strip_accents, lowercase)


def ask(normalizer):
    """Code point -> result, where it is not the character itself."""
    answers = ((c, normalizer.normalize_str(chr(c))) for c in SCALARS)
    return {c: text for c, text in answers if text != chr(c)}


def ranges(codes):
    """Sorted [first, last + 1] of neighbouring code points; surrogates count as part of what surrounds them."""
    found = []
    for c in sorted(codes):
        if found and (found[-1][1] == c or (found[-1][1] == 0xD800 and c == 0xE000)):
            found[-1][1] = c + 1
        else:
            found.append([c, c + 1])
    return found


def classes(pre_tokenizer):
    """Code points that are words, that are spaces, and that stand alone; all others are runs of punctuation."""
    spaces, words, alone = set(), set(), set()
    for c in SCALARS:
        between_letters = len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "b"))
        twice = len(pre_tokenizer.pre_tokenize_str(chr(c) * 2))
        if twice == 0:
            assert between_letters == 2
            spaces.add(c)
        elif between_letters == 1:
            assert twice == 1
            words.add(c)
        else:
            assert between_letters == 3
            if twice == 2:
                alone.add(c)
    return spaces, words, alone


def mark_orders(removed, decomposed):
    """Marks that outlive the removal of accents yet take part in canonical ordering: code point -> rank of its class."""
    nfd = normalizers.NFD()

    def after(a, b):
        """Whether a is sorted behind b."""
        return a != b and nfd.normalize_str("a" + chr(a) + chr(b)) == "a" + chr(b) + chr(a)

    def stays(c):
        return nfd.normalize_str(chr(c)) == chr(c)

    samples = {}
    for c in SCALARS:
        combining = unicodedata.combining(chr(c))
        if combining and stays(c):
            samples.setdefault(combining, []).append(c)
    low, high = samples[min(samples)][0], samples[max(samples)][0]
    assert after(high, low)
    moving = [c for c in SCALARS if stays(c) and (after(c, low) or after(high, c))]
    survivors = [c for c in moving if c not in removed]
    below = {c: sum(after(c, other) for other in survivors) for c in survivors}
    levels = sorted(set(below.values()))
    orders = {c: levels.index(below[c]) + 1 for c in survivors}
    for a, b in itertools.product(survivors, survivors):
        assert after(a, b) == (orders[a] > orders[b])
    # A removed mark of class 0, or one that brings such a mark, still keeps the marks on its two sides apart.
    starters = {c for c in removed if any(ord(x) not in moving for x in nfd.normalize_str(chr(c)))}
    first, last = [next(c for c in survivors if orders[c] == o) for o in (1, max(orders.values()))]
    for c in SCALARS:
        text = nfd.normalize_str("a" + chr(last) + chr(c) + chr(first))
        kept_apart = text.index(chr(last)) < text.index(chr(first))
        assert kept_apart == (c not in moving and (c not in removed or c in starters)), hex(c)
    for c, text in decomposed.items():
        # What a decomposition brings is never moved across a mark inside it that is removed.
        assert "".join(x for x in nfd.normalize_str(chr(c)) if ord(x) not in removed) == text, hex(c)
        # Its end may attract marks only if it is one itself: then the parts' orders say so.
    return orders, starters


def variable(numbers):
    """Numbers as text: 5 bits a character, lowest first; 32 is added while more follow."""
    text = []
    for n in numbers:
        assert n >= 0
        while n >= 32:
            text.append(ALPHABET[32 + n % 32])
            n //= 32
        text.append(ALPHABET[n])
    return "".join(text)


def encode_ranges(found):
    numbers, at = [], 0
    for first, end in found:
        numbers += [first - at, end - first]
        at = end
    return variable(numbers)


def zigzag(n):
    return 2 * n if n >= 0 else -2 * n - 1


def encode_map(entries):
    """Each entry: distance from the one before, length of the result, the result's distances from the code point."""
    numbers, at = [], 0
    for c, text in sorted(entries.items()):
        numbers += [c - at, len(text)] + [zigzag(ord(x) - c) for x in text]
        at = c
    return variable(numbers)


def swift(name, comment, text):
    lines = [text[i : i + 108] + "\\" for i in range(0, len(text), 108)]
    lines[-1] = lines[-1][:-1]
    body = "\n".join("        " + line for line in lines)
    return f'    /// {comment}\n    static let {name} = """\n{body}\n        """\n'


def main(path):
    assert tokenizers.__version__ == "0.23.3"
    clean = ask(bert(True, False, False, False))
    chinese = ask(bert(False, True, False, False))
    strip = ask(bert(False, False, True, False))
    lower = ask(bert(False, False, False, True))
    assert all(text in ("", " ") for text in clean.values())
    assert all(text == f" {chr(c)} " for c, text in chinese.items())
    for c in HANGUL:
        index = c - 0xAC00
        jamo = chr(0x1100 + index // 588) + chr(0x1161 + index // 28 % 21)
        assert strip.pop(c) == (jamo + chr(0x11A7 + index % 28) if index % 28 else jamo)
    for c in itertools.chain(range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3)):
        assert not any(c in changed for changed in (clean, chinese, strip, lower))
    removed = {c for c, text in strip.items() if text == ""}
    decomposed = {c: text for c, text in strip.items() if text}
    orders, starters = mark_orders(removed, decomposed)
    spaces, words, alone = classes(pre_tokenizers.Whitespace())
    assert not alone
    bert_spaces, bert_words, bert_alone = classes(pre_tokenizers.BertPreTokenizer())
    assert bert_spaces == spaces and bert_words == set(SCALARS) - spaces - bert_alone

    for flags in itertools.product([True, False], [True, False], [True, False, None], [True, False]):
        clean_text, handle_chinese_chars, strip_accents, lowercase = flags
        whole = bert(*flags)
        for c in SCALARS:
            text = clean.get(c, chr(c)) if clean_text else chr(c)
            around = " " if handle_chinese_chars and c in chinese else ""
            if lowercase if strip_accents is None else strip_accents:
                if c in HANGUL:
                    text = unicodedata.normalize("NFD", text)
                else:
                    text = "".join(strip.get(ord(x), x) for x in text)
            if lowercase:
                text = "".join(lower.get(ord(x), x) for x in text)
            assert whole.normalize_str(chr(c)) == around + text + around, (hex(c), flags)

    facts = [
        ("cleanRemoved", "Characters that `clean_text` removes.", ranges(c for c, t in clean.items() if t == "")),
        ("cleanSpaces", "Characters that `clean_text` makes a space.", ranges([0x20] + [c for c in clean if clean[c]])),
        ("chinese", "Characters that `handle_chinese_chars` puts spaces around.", ranges(chinese)),
        ("removedMarks", "Characters that `strip_accents` removes.", ranges(removed)),
        ("removedStarters", "Those of them that keep marks from changing places.", ranges(starters)),
        ("spaces", "Characters that separate words.", ranges(spaces)),
        ("words", "Characters that the pre-tokenizer Whitespace takes for `\\\\w`.".replace("\\\\", "\\"), ranges(words)),
        ("punctuation", "Characters that BertPreTokenizer makes words of their own.", ranges(bert_alone)),
    ]
    maps = [
        ("decompositions", "What `strip_accents` leaves of a character; Hangul syllables apart.", decomposed),
        ("lowercase", "What `lowercase` makes of a character.", lower),
        ("markOrders", "Marks that stay, with their place in canonical order.", {c: chr(o) for c, o in orders.items()}),
    ]
    parts = [swift(name, comment, encode_ranges(found)) for name, comment, found in facts]
    parts += [swift(name, comment, encode_map(entries)) for name, comment, entries in maps]
    with open(path, "w") as out:
        out.write("// Generated by: python3 Fixtures/tokenizer/make_unicode_tables.py Sources/EmbqTokenizers/UnicodeTables.swift\n")
        out.write("// from Hugging Face tokenizers 0.23.3. Do not edit.\n\n")
        out.write("/// Facts about code points as numbers in text; ``UnicodeFacts`` reads them.\nenum UnicodeTables {\n")
        out.write("\n".join(parts))
        out.write("}\n")


if __name__ == "__main__":
    main(sys.argv[1])
