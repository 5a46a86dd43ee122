"""Reads sections with a pipeline with nothing but Schemas/tokenizer-section.md, and gets the recorded ids.

The two recorded sections have byte-level BPE with tokens of normalized text, and Unigram with a character map.
"""
import json
import os
import struct
import unittest

from tokenizer_trie import block_count, read_tries, spell, top_count

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures", "tokenizer")
NONE = 0xFFFF


class Ranges:
    """A range table: the values of a code point's range, and the range."""

    def __init__(self, take):
        (count,) = take(1)
        self.planes, self.starts = take(18), take(count)

    def __call__(self, code):
        first, last = self.planes[code >> 16], self.planes[(code >> 16) + 1]
        return max(i for i in range(first, last) if self.starts[i] <= code & 0xFFFF)


def text_at(words, at):
    data = b"".join(struct.pack("<H", word) for word in words[at : at + 129])
    return data[1 : 1 + data[0]].decode(), at + data[0] // 2 + 1


class Map:
    def __init__(self, take):
        lists, texts = take(2)
        self.ranges = Ranges(take)
        count = len(self.ranges.starts)
        self.values = take(count)
        kinds = b"".join(struct.pack("<H", word) for word in take((count + 1) // 2))
        self.kinds, self.list, self.texts = kinds[:count], take(lists), take(texts)

    def __call__(self, code):
        """What a code point becomes; None: the map does not have it."""
        i = self.ranges(code)
        kind, value, place = self.kinds[i], self.values[i], (code & 0xFFFF) - self.ranges.starts[i]
        if kind == 0:
            return None
        if kind == 1:
            return ""
        if kind in (3, 4, 5):
            return chr(code & ~0xFFFF | (code + value) & 0xFFFF) if kind == 3 or code % 2 == kind - 4 else chr(code)
        if kind == 6:
            return text_at(self.texts, value)[0]
        if kind == 7:
            return chr(self.list[value + place])
        assert kind == 8
        return text_at(self.texts, self.list[value + place])[0]


class CharacterMap:
    EXTENDS = (4, 5, 8)

    def __init__(self, take):
        take(2)
        self.map, self.graphemes = Map(take), Ranges(take)
        self.classes = take(len(self.graphemes.starts))
        (count,) = take(1)
        self.places, self.keys, self.take = take(count), {}, take

    def read_keys(self, words):
        for place in self.places:
            key, at = text_at(words, place)
            self.keys[key] = text_at(words, at)[0]

    def __call__(self, text):
        clusters = []
        for character in text:
            kind = self.classes[self.graphemes(ord(character))]
            before = self.classes[self.graphemes(ord(clusters[-1][-1]))] if clusters else None
            joins = before is not None and (
                (before, kind) == (1, 2)
                or (before not in (1, 2, 3) and kind not in (1, 2, 3)
                    and (kind in self.EXTENDS or before == 7 or (before == 9 and kind in (9, 10, 12, 13))
                         or (before in (10, 12) and kind in (10, 11)) or (before in (11, 13) and kind == 11))))
            if joins:
                clusters[-1] += character
            else:
                clusters.append(character)
        return "".join(map(self.cluster, clusters))

    def cluster(self, cluster):
        if len(cluster.encode()) <= 5:
            first = self.map(ord(cluster[0]))
            if first is not None:
                return first
            for length in range(2, len(cluster) + 1):
                if cluster[:length] in self.keys:
                    return self.keys[cluster[:length]]
        return "".join(c if self.map(ord(c)) is None else self.map(ord(c)) for c in cluster)


class Splitter:
    def __init__(self, words, classes):
        self.flags, self.classes, at = words[1], classes, 3
        self.alternatives = []
        for _ in range(words[2]):
            count, at = words[at], at + 1
            self.alternatives.append([words[at + 6 * i : at + 6 * i + 6] for i in range(count)])
            at += 6 * count
        assert at == len(words)

    def fits(self, item, character):
        kind, code = item[0] & 3, ord(character)
        return code in item[3:6] if kind == 2 else bool(self.classes(code) & item[3]) == (kind == 0)

    def items(self, items, text, at):
        """The end of a match of items, or None."""
        if not items:
            return at
        item, rest = items[0], items[1:]
        if item[0] & 4:
            ahead = at < len(text) and self.fits(item, text[at])
            return None if ahead else self.items(rest, text, at)
        end = at
        while end < len(text) and end - at < (item[2] if item[2] != NONE else len(text)) and self.fits(item, text[end]):
            end += 1
        least = end if item[0] & 8 and end - at >= item[1] else at + item[1]
        for stop in range(end, least - 1, -1):
            found = self.items(rest, text, stop)
            if found is not None:
                return found
        return None

    def match(self, text, at):
        return next((end for a in self.alternatives if (end := self.items(a, text, at)) is not None), at)

    def cut(self, text, is_first):
        prefix = self.flags >> 4 & 3
        if text and (prefix == 1 or prefix == 2 and is_first) and not (
                text[0] == " " or self.flags & 64 and text[0] == "\u2581"):
            text = " " + text
        if not self.alternatives:
            return [text]
        units, at = [], 0
        while at < len(text):
            end = self.match(text, at)
            is_match = end > at
            while end < len(text) and not is_match and (end == at or self.match(text, end) == end):
                end += 1
            units.append((text[at:end], is_match != bool(self.flags & 8)))
            at = end
        pieces = []
        for i, (unit, is_match) in enumerate(units):
            how = self.flags & 7
            before = units[i - 1][1] if i else None
            joins = {0: False, 1: False, 2: is_match == before, 3: is_match and before is False,
                     4: before is True and not is_match}[how]
            if how == 0 and is_match:
                continue
            pieces[-1:] = [pieces[-1] + unit] if joins else pieces[-1:] + [unit]
        return pieces


class Section:
    def __init__(self, data):
        fields = struct.unpack_from("<HHII10HII", data)
        _, self.kind, size, _, self.vocabulary, flags, ranges, items = fields[:8]
        model, (prefix, suffix, special, special_bytes, at_36) = fields[8:11], fields[11:]
        assert size == len(data) and flags & 8
        at = {1: 40, 3: 56}[self.kind]

        def take(count, type="H"):
            nonlocal at
            values = struct.unpack_from(f"<{count}{type}", data, at)
            at += struct.calcsize(f"<{count}{type}")
            return values

        if self.kind == 3:
            blocks, pieces, self.unknown = block_count(at_36), model[1], model[2]
            more, _, self.unknown_cost = struct.unpack_from("<HHd", data, 40)
            children = take(blocks, "I")
            costs = take(pieces, "d" if flags & 1 else "f")
        self.planes, self.starts, self.values = take(18), take(ranges), take(ranges)
        take(2 * items)
        if self.kind == 1:
            lefts, starts = take(model[0]), take(model[0] + 1)
            rights, ranks = take(model[1]), take(model[1])
            results = take(model[1]) if flags & 2 else range(model[2], model[2] + model[1])
            self.merges = {}
            for i, left in enumerate(lefts):
                for j in range(starts[i], starts[i + 1]):
                    self.merges[left, rights[j]] = ranks[j], results[ranks[j]]
        else:
            tops, earlier, ids = take(top_count(blocks) + 1), take(blocks), take(pieces)
        self.prefix, self.suffix = take(prefix), take(suffix)
        special_ids, lengths = take(special), take(special)
        self.special_flags, self.folded, self.words = [0] * special, [], False
        if flags & 4:
            options, *pair = take(4)
            _, count, symbols, _ = take(4)
            self.words = options & 2
            take(2 * sum(pair) + prefix + suffix)
            self.special_flags = take(special)
            folded_ids, folded_flags, folded_lengths = take(count), take(count), take(count)
            for id, flag, length in zip(folded_ids, folded_flags, folded_lengths):
                self.folded.append((bytes(take(length)).decode(), id, flag))
        self.read_pipeline(take)
        self.kinds = take(ranges, "B")
        if self.kind == 3:
            trie, nothing = read_tries(at_36, children, tops, earlier, pieces, take(32 * blocks, "B"))
            symbols = take(256, "B")
            corrections = take(pieces, "B") if flags & 2 else [128] * pieces
            assert nothing == {} and sorted(symbols) == list(range(256))
            self.read_pieces({spell(symbol, more): byte for byte, symbol in enumerate(symbols)}, trie, ids, costs, corrections)
        self.special = []
        for id, length, flag in zip(special_ids, lengths, self.special_flags):
            self.special.append((data[at : at + length].decode(), id, flag))
            at += length
        assert len(data) - at <= 3

    def read_pipeline(self, take):
        low, high, self.options, _, steps, splitters, class_words, self.spaces, self.unknown_byte, _ = take(10)
        left = (high << 16 | low) - 10
        if self.options & 4:
            self.byte_ids, left = take(256), left - 256
        ascii_classes = take(128)
        ranges = Ranges(take)
        values = take(len(ranges.starts))
        self.classes = lambda code: ascii_classes[code] if code < 128 else values[ranges(code)]
        left -= class_words
        self.steps = []
        for _ in range(steps):
            kind, low, high = take(3)
            words, at = take((high << 16 | low) - 3), 0

            def part(count):
                nonlocal at
                at += count
                return words[at - count : at]

            assert kind == 7
            step = CharacterMap(part)
            step.read_keys(words[at:])
            self.steps.append(step)
            left -= high << 16 | low
        self.splitters = []
        for _ in range(splitters):
            (count,) = take(1)
            self.splitters.append(Splitter((count,) + take(count - 1), self.classes))
            left -= count
        assert left == 0

    def read_pieces(self, bytes_of, trie, ids, costs, corrections):
        """Turns each piece's units back into bytes."""
        self.pieces = {}
        for units, number in trie.items():
            (bits,) = struct.unpack("<Q", struct.pack("<d", costs[number]))
            cost = struct.unpack("<d", struct.pack("<Q", bits + corrections[number] - 128))[0] if bits else 0.0
            spelled, begin = [], 0
            for end in range(1, len(units) + 1):
                if units[begin:end] in bytes_of:
                    spelled.append(bytes_of[units[begin:end]])
                    begin = end
            assert begin == len(units)
            self.pieces[bytes(spelled)] = ids[number], cost

    def is_word(self, character):
        code = ord(character)
        first, last = self.planes[code >> 16], self.planes[(code >> 16) + 1]
        return self.kinds[max(i for i in range(first, last) if self.starts[i] <= code & 0xFFFF)] >> 7

    def tokens(self, text, tokens, rest):
        """Cuts a text at tokens; `rest` makes ids of what is between them."""
        ids, at, search = [], 0, 0
        while search < len(text):
            found = next(((t, id, flag) for t, id, flag in tokens if text.startswith(t, search)), None)
            if found is None:
                search += 1
                continue
            token, id, flag = found
            begin, search = search, search + len(token)
            around = text[begin - 1 : begin] + text[search : search + 1]
            if flag & 1 and any(map(self.is_word, around)):
                continue
            last = begin
            while flag & 2 and last > at and self.classes(ord(text[last - 1])) & self.spaces:
                last -= 1
            if last > at:
                ids += rest(text[at:last], at == 0)
            ids.append(id)
            at = search
            while flag & 4 and at < len(text) and self.classes(ord(text[at])) & self.spaces:
                at += 1
        return ids + (rest(text[at:], at == 0) if at < len(text) else [])

    def encode(self, text):
        return [*self.prefix, *self.tokens(text, self.special, self.normalized), *self.suffix]

    def normalized(self, text, is_first):
        for step in self.steps:
            text = step(text)
        return self.tokens(text, self.folded, lambda part, first: self.cut(part, first and is_first)) if text else []

    def cut(self, text, is_first):
        pieces = [(text, is_first)]
        for splitter in self.splitters:
            pieces = [(p, first and i == 0) for t, first in pieces for i, p in enumerate(splitter.cut(t, first))]
        return [id for piece, _ in pieces for id in self.word(piece)]

    def word(self, word):
        data = word.replace(" ", "\u2581" if self.options & 8 else " ").encode()
        return self.merge(data) if self.kind == 1 else self.cheapest(data)

    def merge(self, data):
        ids = [self.byte_ids[byte] for byte in data if self.byte_ids[byte] != NONE]
        while True:
            found = min((self.merges[p][0], i) for i, p in enumerate(zip(ids, ids[1:])) if p in self.merges) if any(
                p in self.merges for p in zip(ids, ids[1:])) else None
            if found is None:
                return ids
            at = found[1]
            ids[at : at + 2] = [self.merges[ids[at], ids[at + 1]][1]]

    def cheapest(self, data):
        best = {0: (0.0, None, None)}
        at = 0
        while at < len(data):
            size = 1 if data[at] < 0xC0 else 2 if data[at] < 0xE0 else 3 if data[at] < 0xF0 else 4
            ways = [(at + n, *self.pieces[data[at : at + n]]) for n in range(1, len(data) - at + 1)
                    if data[at : at + n] in self.pieces]
            if not any(end == at + size for end, _, _ in ways):
                ways.append((at + size, self.unknown, self.unknown_cost))
            for end, id, cost in ways:
                if end not in best or best[at][0] + cost < best[end][0]:
                    best[end] = best[at][0] + cost, at, id
            at += size
        ids, at = [], len(data)
        while at > 0:
            _, at, id = best[at]
            if not (id == self.unknown and ids and ids[-1] == id):
                ids.append(id)
        return ids[::-1]


class PipelineSections(unittest.TestCase):
    def test_recorded_ids(self):
        with open(os.path.join(FIXTURES, "pipelines.json"), encoding="utf8") as file:
            goldens = json.load(file)
        cases = {case["name"]: case["ids"] for case in goldens["cases"]}
        for file, name in (("bytes", "RoBERTa with added tokens"), ("pieces", "XLM-RoBERTa with a character map")):
            with open(os.path.join(FIXTURES, f"{file}.section"), "rb") as section:
                tokenizer = Section(section.read())
            for text, ids in zip(goldens["texts"], cases[name]):
                with self.subTest(file=file, text=text[:40]):
                    self.assertEqual(tokenizer.encode(text), ids)


if __name__ == "__main__":
    unittest.main()
