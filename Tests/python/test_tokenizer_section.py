"""Reads tokenizer sections with nothing but Schemas/tokenizer-section.md, and gets the recorded ids."""
import hashlib
import json
import os
import struct
import unittest

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures", "tokenizer")
SPACE, ISOLATED = 0, 3
NONE = 0xFFFF


class Section:
    def __init__(self, data):
        fields = struct.unpack_from("<HHII10HII", data)
        version, self.kind, size, self.content_limit, self.vocabulary, flags, ranges, items = fields[:8]
        model, (prefix, suffix, special, special_bytes, at_36) = fields[8:11], fields[11:]
        assert (version, size) == (1, len(data)) and self.kind in (1, 2)
        at = 40

        def take(count, type="H"):
            nonlocal at
            values = struct.unpack_from(f"<{count}{type}", data, at)
            at += struct.calcsize(f"<{count}{type}")
            return values

        if self.kind == 2:
            self.symbol_count, pieces, self.unknown = model
            nodes, blocks = at_36, -(-at_36 // 16)
            self.singles, self.longest = take(2)
            assert flags == 0 and 2 <= nodes <= 0xFFFFFF and self.unknown < self.vocabulary and self.longest <= 1000
            assert self.singles <= 255 and self.singles + (255 - self.singles) * 255 >= self.symbol_count
            children = take(blocks, "I")
        else:
            assert at_36 == 0

        self.planes, self.starts, self.values = take(18), take(ranges), take(ranges)
        self.sequences = take(2 * items)
        if self.kind == 1:
            self.read_merges(take, model, flags)
        else:
            earlier, ends, piece_ids = take(blocks), take(blocks), take(pieces)
            assert all(id < self.vocabulary for id in piece_ids)
        self.prefix, self.suffix = take(prefix), take(suffix)
        special_ids, lengths = take(special), take(special)
        self.kinds = take(ranges, "B")
        if self.kind == 2:
            self.read_tries(take(nodes, "B"), take(nodes, "B"), children, earlier, ends, piece_ids)
        self.special = []
        for id, length in zip(special_ids, lengths):
            self.special.append((data[at : at + length], id))
            at += length
        assert sum(lengths) == special_bytes and -at % 4 == size - at and not any(data[at:])

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

    def read_tries(self, labels, counts, children, earlier, ends, piece_ids):
        """Turns the nodes into the codes that they stand for: begins[code] and continues[code] are ids."""
        paths, child, pieces, tries = [(0, b""), (1, b"")], 2, 0, ({}, {})
        assert labels[:2] == (0, 0) and ends[0] & 3 == 0
        for node, count in enumerate(counts):
            block, bit = divmod(node, 16)
            if bit == 0:
                assert (children[block], earlier[block]) == (child, pieces)
            root, path = paths[node]
            if ends[block] >> bit & 1:
                tries[root][path] = piece_ids[pieces]
                pieces += 1
            found = labels[child : child + count]
            assert len(found) == count and list(found) == sorted(set(found))
            paths += [(root, path + bytes([label])) for label in found]
            child += count
        assert child == len(counts) == len(paths) and pieces == len(piece_ids)
        assert not any(ends[node >> 4] >> (node & 15) & 1 for node in range(len(counts), 16 * len(ends)))
        self.begins, self.continues = tries

    def pieces(self, word):
        """The ids of a word of kind 2."""
        if len(word) > self.longest:
            return [self.unknown]
        codes, ids, at = [], [], 0
        for symbol in word:
            assert symbol < self.symbol_count
            lead, trail = divmod(symbol - self.singles, 255)
            codes.append(bytes([symbol]) if symbol < self.singles else bytes([self.singles + lead, trail]))
        while at < len(codes):
            trie = self.continues if at else self.begins
            for end in range(len(codes), at, -1):
                if b"".join(codes[at:end]) in trie:
                    break
            else:
                return [self.unknown]
            ids.append(trie[b"".join(codes[at:end])])
            at = end
        return ids

    def symbols(self, code, inner=False):
        """(id, class, unknown, order) of each symbol; "starter" keeps marks apart."""
        first, last = self.planes[code >> 16], self.planes[(code >> 16) + 1]
        index = max(i for i in range(first, last) if self.starts[i] <= code & 0xFFFF)
        kind, value = self.kinds[index], self.values[index]
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

    def encode(self, data):
        content, word, word_class, marks = [], [], SPACE, 0

        def end_word():
            nonlocal word, marks, word_class
            if self.kind == 2:
                content.extend(self.pieces([w[0] for w in word]))
                word, marks, word_class = [], 0, SPACE
                return
            kept = [w for i, w in enumerate(word) if not (self.fuse and i and w[2] and word[i - 1][2])]
            content.extend(self.merge([w[0] for w in kept]))
            word, marks, word_class = [], 0, SPACE

        while data:
            for text, id in self.special:
                if data.startswith(text):
                    end_word()
                    content.append(id)
                    data = data[len(text) :]
                    break
            else:
                for length in range(1, 5):  # the shortest prefix that decodes, or the maximal ill-formed part
                    text = data[:length].decode("utf-8", "replace")
                    if text != "\ufffd" or length == len(data):
                        break
                if len(text) > 1:  # an ill-formed part, and what follows it
                    length, text = length - 1, "\ufffd"
                data = data[length:]
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
        return list(self.prefix) + content[: self.content_limit] + list(self.suffix)


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
