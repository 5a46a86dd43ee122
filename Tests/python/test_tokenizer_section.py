"""Reads tokenizer sections with nothing but Schemas/tokenizer-section.md, and gets the recorded ids."""
import hashlib
import json
import os
import struct
import unittest

from tokenizer_trie import block_count, read_tries, spell, top_count

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures", "tokenizer")
SPACE, ISOLATED = 0, 3
NONE = 0xFFFF


class Section:
    def __init__(self, data):
        fields = struct.unpack_from("<HHII10HII", data)
        version, self.kind, size, self.content_limit, self.vocabulary, flags, ranges, items = fields[:8]
        model, (prefix, suffix, special, special_bytes, at_36) = fields[8:11], fields[11:]
        assert (version, size) == (2, len(data)) and self.kind in (1, 2)
        at = 40

        def take(count, type="H"):
            nonlocal at
            values = struct.unpack_from(f"<{count}{type}", data, at)
            at += struct.calcsize(f"<{count}{type}")
            return values

        if self.kind == 2:
            self.symbol_count, pieces, self.unknown = model
            blocks = block_count(at_36)
            self.more, self.longest = take(2)
            assert flags & ~4 == 0 and self.unknown < self.vocabulary and self.longest <= 1000
            children = take(blocks, "I")
        else:
            assert at_36 == 0

        self.planes, self.starts, self.values = take(18), take(ranges), take(ranges)
        self.sequences = take(2 * items)
        if self.kind == 1:
            self.read_merges(take, model, flags)
        else:
            tops, earlier, self.piece_ids = take(top_count(blocks) + 1), take(blocks), take(pieces)
            assert all(id < self.vocabulary for id in self.piece_ids)
        self.prefix, self.suffix = take(prefix), take(suffix)
        special_ids, lengths = take(special), take(special)
        self.read_extension(take, prefix + suffix, special, flags & 4)
        self.kinds = take(ranges, "B")
        if self.kind == 2:
            self.begins, self.continues = read_tries(at_36, children, tops, earlier, pieces, take(32 * blocks, "B"))
        self.special = []
        for id, length, flag in zip(special_ids, lengths, self.special_flags):
            self.special.append((data[at : at + length], id, flag))
            at += length
        assert sum(lengths) == special_bytes and -at % 4 == size - at and not any(data[at:])

    def read_extension(self, take, single, special, is_there):
        self.options, self.pair, self.types, self.special_flags, self.folded = 0, None, [0] * single, [0] * special, []
        self.text_types, self.characters, self.left_out = 0, None, None
        if not is_there:
            return
        self.options, before, between, after, self.text_types, count, symbols, zero = take(8)
        pair = before + between + after
        assert self.options < 32 and self.text_types < 8 and zero == 0 and (self.options & 4 or pair == 0)
        ids = take(pair)
        if self.options & 4:
            self.pair = ids[:before], ids[before : before + between], ids[before + between :]
        self.types, self.special_flags = take(single + pair), take(special)
        assert set(self.types) <= {0, 1} and set(self.special_flags) <= ({0, 1} if self.options & 2 else {0})
        ids, flags, lengths, symbols = take(count), take(count), take(count), take(symbols)
        assert sum(lengths) == len(symbols) and list(lengths) == sorted(lengths, reverse=True)
        at = 0
        for id, flag, length in zip(ids, flags, lengths):
            self.folded.append((symbols[at : at + length], id, flag))
            at += length
        if self.options & 8:
            (self.left_out,) = take(1)
        if self.options & 16:
            low, high = take(2)
            self.characters = low | high << 16

    def read_merges(self, take, model, flags):
        lefts, merges, first_result = model
        left_ids, left_starts, rights, ranks = take(lefts), take(lefts + 1), take(merges), take(merges)
        results = take(merges) if flags & 2 else range(first_result, first_result + merges)
        self.fuse = bool(flags & 1)
        self.merges = {
            (left, rights[m]): (ranks[m], results[ranks[m]])
            for i, left in enumerate(left_ids)
            for m in range(left_starts[i], left_starts[i + 1])
        }

    def pieces(self, word):
        """The ids of a word of kind 2."""
        if len(word) > self.longest:
            return [self.unknown]
        assert all(symbol < self.symbol_count for symbol in word)
        codes, ids, at = [spell(symbol, self.more) for symbol in word], [], 0
        while at < len(codes):
            trie = self.continues if at else self.begins
            for end in range(len(codes), at, -1):
                if sum(codes[at:end], ()) in trie:
                    break
            else:
                return [self.unknown]
            ids.append(self.piece_ids[trie[sum(codes[at:end], ())]])
            at = end
        return ids

    def symbols(self, code, inner=False):
        """(id, class, unknown, order) of each symbol; "starter" keeps marks apart."""
        index = self.range_of(code)
        kind, value = self.kinds[index], self.values[index]
        if self.options & 2:
            kind &= 127 if kind & 7 == 0 else 63
        if kind & 7 == 0:
            return ["starter"] if kind & 64 else []
        if kind & 7 == 4:
            s = code - 0xAC00
            jamo = [0x1100 + s // 588, 0x1161 + s // 28 % 21] + ([0x11A7 + s % 28] if s % 28 else [])
            return [] if inner else [x for j in jamo for x in self.symbols(j, inner=True)]
        if kind & 7 == 3:
            found = []
            while True:
                id, attributes = self.sequences[2 * value : 2 * value + 2]
                found.append((id, attributes >> 3 & 3, attributes >> 5 & 1, attributes >> 8))
                if attributes & 128:
                    return found
                value += 1
        id = value + (code & 0xFFFF) - self.starts[index] if kind & 7 == 2 else value
        return [(id, kind >> 3 & 3, kind >> 5 & 1, 0)]

    def merge(self, word):
        while True:
            pairs = [(self.merges[p], i) for i, p in enumerate(zip(word, word[1:])) if p in self.merges]
            if not pairs:
                return word
            (_, result), i = min(pairs, key=lambda pair: (pair[0][0], pair[1]))
            word[i : i + 2] = [result]

    def range_of(self, code):
        first, last = self.planes[code >> 16], self.planes[(code >> 16) + 1]
        return max(i for i in range(first, last) if self.starts[i] <= code & 0xFFFF)

    def is_word(self, text):
        return text != "" and self.kinds[self.range_of(ord(text))] & 128 != 0

    @staticmethod
    def character(data):
        """The first code point of some bytes, and how many are its own."""
        for length in range(1, 5):  # the shortest prefix that decodes, or the maximal ill-formed part
            text = data[:length].decode("utf-8", "replace")
            if text != "\ufffd" or length >= len(data):
                break
        return (text, length) if len(text) <= 1 else ("\ufffd", length - 1)  # an ill-formed part, and what follows it

    def find_special(self, whole, at):
        """The id of a token and its end; no id if it is part of a word."""
        for text, id, flag in self.special:
            if whole.startswith(text, at):
                end = at + len(text)
                before = whole[:at].decode("utf-8", "replace")[-1:]
                after = self.character(whole[end:])[0] if end < len(whole) else ""
                return (None if flag and (self.is_word(before) or self.is_word(after)) else id), end
        return None, at

    def folded_word(self, text):
        """None for a code point that becomes nothing."""
        kind = self.kinds[self.range_of(ord(text))]
        return None if kind & 7 == 0 else kind & 64 != 0

    def begins_special(self, whole, at, free):
        """Whether a special token begins, and where the next one may."""
        if at < free:
            return False, free
        id, end = self.find_special(whole, at)
        return id is not None, max(free, end)

    def is_inside_word(self, whole, piece, at, end, free):
        before = [self.folded_word(c) for c in whole[piece:at].decode("utf-8", "replace")]
        if ([w for w in before if w is not None] or [False])[-1]:
            return True
        while end < len(whole):
            begins, free = self.begins_special(whole, end, free)
            if begins:
                break
            text, length = self.character(whole[end:])
            if self.folded_word(text) is not None:
                return self.folded_word(text)
            end += length
        return False

    def find_folded(self, whole, piece, at, free):
        """The id of a token and its end; no id if it is part of a word."""
        for wanted, id, flag in self.folded:
            found, end, raw = [], at, free
            while len(found) < len(wanted) and end < len(whole):
                begins, raw = self.begins_special(whole, end, raw) if found else (False, raw)
                if begins:
                    break
                text, length = self.character(whole[end:])
                if self.kinds[self.range_of(ord(text))] & 7 == 4:
                    break
                more = [x[0] for x in self.symbols(ord(text)) if x != "starter"]
                if not more and not found:
                    break
                found += more
                end += length
            if tuple(found) == tuple(wanted):
                return (None if flag and self.is_inside_word(whole, piece, at, end, raw) else id), end
        return None, at

    def encode(self, data, limit=None):
        """`limit`: of all ids."""
        content = self.content(data)
        room = self.content_limit if limit is None else min(self.content_limit, limit - len(self.prefix) - len(self.suffix))
        return list(self.prefix) + self.cut(content, room) + list(self.suffix)

    def cut(self, content, room):
        return content[max(0, len(content) - room) :] if self.options & 1 else content[:room]

    def encode_pair(self, first, second, limit):
        """Ids and token types."""
        texts = self.content(first), self.content(second)
        if self.content_limit != 0xFFFFFFFF:
            limit = min(limit, self.content_limit + len(self.prefix) + len(self.suffix))
        room = limit - sum(map(len, self.pair))
        counts = [len(t) for t in texts]
        if sum(counts) > room:
            a = min(counts)
            b = a if a > room else max(a, room - a)
            if a + b > room:
                a, b = room // 2, room // 2 + room % 2
            counts = [b, a] if counts[0] > counts[1] else [a, b]
        ids, types, at = [], [], len(self.prefix) + len(self.suffix)
        for place, part in enumerate(self.pair):
            ids += part
            types += self.types[at : at + len(part)]
            at += len(part)
            if place < 2:
                kept = self.cut(texts[place], counts[place])
                ids += kept
                types += [self.text_types >> (1 + place) & 1] * len(kept)
        return ids, types

    def beginning(self, data):
        """The code points of a text that are read."""
        if self.characters is None:
            return data
        at = 0
        for _ in range(self.characters):
            if at < len(data):
                at += self.character(data[at:])[1]
        return data[:at]

    def content(self, data):
        content, word, word_class, marks = [], [], SPACE, 0
        whole, piece, free, folded_free = self.beginning(data), 0, 0, 0

        def end_word():
            nonlocal word, marks, word_class
            if self.kind == 2:
                content.extend(self.pieces([w[0] for w in word]))
                word, marks, word_class = [], 0, SPACE
                return
            kept = [w for i, w in enumerate(word) if not (self.fuse and i and w[2] and word[i - 1][2])]
            content.extend(self.merge([w[0] for w in kept]))
            word, marks, word_class = [], 0, SPACE

        at = 0
        while at < len(whole):
            id = None
            if at >= free:
                id, free = self.find_special(whole, at)
                end = free
                piece = piece if id is None else end
            if id is None and at >= folded_free:
                id, folded_free = self.find_folded(whole, piece, at, free)
                end = folded_free
            if id is not None:
                end_word()
                content.append(id)
                at = end
            else:
                text, length = self.character(whole[at:])
                at += length
                for symbol in self.symbols(ord(text)):
                    if symbol == "starter":
                        marks = len(word)
                        continue
                    id, symbol_class, unknown, order = symbol
                    if symbol_class != word_class or symbol_class == ISOLATED:
                        end_word()
                    word_class = symbol_class
                    if symbol_class == SPACE:
                        continue
                    if id == NONE:
                        marks = marks if order else len(word)
                        continue
                    place = len(word)
                    while order and place > marks and word[place - 1][3] > order:
                        place -= 1
                    word.insert(place, symbol)
                    if not order:
                        marks = len(word)
        end_word()
        if self.left_out is None:
            return content
        return [id for id in content[: self.content_limit] if id != self.left_out]


class TokenizerSection(unittest.TestCase):
    def test_a_reader_written_from_the_page_gets_the_recorded_ids(self):
        self.compare("marks")

    def test_the_same_for_wordpiece(self):
        self.compare("cased")

    def compare(self, name):
        with open(os.path.join(FIXTURES, f"{name}.section"), "rb") as file:
            section = Section(file.read())
        with open(os.path.join(FIXTURES, "goldens.json"), encoding="utf-8") as file:
            goldens = json.load(file)
        expected = next(t["ids"] for t in goldens["tokenizers"] if t["file"] == f"tokenizer/{name}.json")
        for text, ids in zip(goldens["texts"], expected):
            if "bytes" in text:
                data = bytes.fromhex(text["bytes"])
            elif "repeat" in text:
                if text["repeat"][1] > 1000:
                    continue  # this reader is slow
                data = (text["repeat"][0] * text["repeat"][1]).encode()
            else:
                data = text["text"].encode()
            found = section.encode(data)
            if isinstance(ids, dict):
                found = {"count": len(found), "sha256": hashlib.sha256(struct.pack(f"<{len(found)}H", *found)).hexdigest()}
            with self.subTest(text=text):
                self.assertEqual(found, ids)


if __name__ == "__main__":
    unittest.main()
