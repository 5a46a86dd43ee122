"""What the operations of a program do, by Schemas/embq-format.md: ProgramWork.swift has the same definitions.

    macs.py model.embq TOKENS       prints the multiply-accumulates of a sentence
"""
import pathlib
import struct
import sys

NONE = 0xFFFFFFFF
(EMBED, NORM, LINEAR, COMBINE, ATTEND, CONVOLVE, WIDE_LINEAR, SCAN, POOL, POOLED, PACKED_EMBED, PACKED_LINEAR, JOIN,
 WIDE_ATTEND, TABLE_NORM, PACKED_TABLE_NORM, PACK, UNPACK, PACKED_ATTEND, PACKED_CONVOLVE) = (
    1, 2, 3, 6, 10, 11, 12, 15, 16, 17, 19, 20, 22, 25, 27, 28, 29, 30, 31, 32)
ATTENTIONS = (ATTEND, WIDE_ATTEND, PACKED_ATTEND)
BACKWARDS = 5
EVERY_POSITION = (1, BACKWARDS)


class Program:
    """Section MODL, by Schemas/embq-format.md."""

    def __init__(self, path):
        blob = path.read_bytes()
        for i in range(struct.unpack_from("<I", blob, 12)[0]):
            tag, offset, size, _ = struct.unpack_from("<4sIII", blob, 32 + 16 * i)
            if tag == b"MODL":
                self.words = struct.unpack_from(f"<{size // 4}I", blob, offset)
        self.longest = self.words[2]
        self.types = [self.words[10 + 2 * i] for i in range(self.words[7])]
        self.widths = [self.words[11 + 2 * i] for i in range(self.words[7])]

    def is_backwards(self, at):
        """True if the operation's pass visits the positions from the last one on."""
        registers, stores, passes = self.words[7:10]
        heads = 10 + 2 * registers + 4 * stores
        end = heads + 2 * passes
        for place in range(heads, heads + 2 * passes, 2):
            end += self.words[place + 1]
            if at < end:
                return self.words[place] == BACKWARDS
        raise ValueError(at)

    def operation(self, at):
        return self.words[at] & 0xFFFF, self.words[at + 1:at + (self.words[at] >> 16)]

    def variant(self, kind, words):
        """What makes one operation of a kind faster than another."""
        if kind in (EMBED, PACKED_EMBED):
            return int(words[2] != 0)
        if kind == NORM:
            return int(words[2] != NONE)
        if kind == COMBINE:
            return int(words[1] != NONE)
        if kind == WIDE_LINEAR:
            return self.types[words[0]]
        if kind in (POOL, POOLED):
            return words[2] & 255
        if kind == PACKED_CONVOLVE:
            return 10 * words[4] + words[7]  # bits of rows, and of taps
        place = {PACKED_LINEAR: 3, PACKED_ATTEND: 12, PACK: 2, UNPACK: 2}.get(kind)
        return 0 if place is None else words[place]

    def elements(self, kind, words):
        """Numbers that a position gives."""
        if kind == WIDE_LINEAR:
            return words[2]
        if kind == SCAN:
            return self.widths[words[0]] * self.widths[words[2]]
        if kind in (LINEAR, PACKED_LINEAR, CONVOLVE, PACKED_CONVOLVE, TABLE_NORM, PACKED_TABLE_NORM):
            return self.widths[words[1]]
        return self.widths[words[2 if kind == JOIN else 0]]

    def products(self, kind, words, tokens, position):
        """Multiply-accumulates of a position."""
        if kind in (EMBED, PACKED_EMBED):
            return 2 * self.widths[words[0]] * words[2]
        if kind in (LINEAR, PACKED_LINEAR):
            return self.widths[words[0]] * self.widths[words[1]]
        if kind == WIDE_LINEAR:
            return self.widths[words[0]] * words[2]
        if kind in ATTENTIONS:
            return 2 * tokens * self.widths[words[0]]
        if kind in (CONVOLVE, PACKED_CONVOLVE):
            return min(position + 1, words[2]) * self.widths[words[1]]
        return 0

    def features(self, at, tokens, positions):
        kind, words = self.operation(at)
        pairs = tokens * words[6] * len(positions) if kind in ATTENTIONS else 0
        return (1, self.elements(kind, words) * len(positions),
                sum(self.products(kind, words, tokens, position) for position in positions), pairs)

    def macs(self, tokens):
        """Multiply-accumulates of a sentence."""
        registers, stores, passes = self.words[7:10]
        heads = 10 + 2 * registers + 4 * stores
        at, total = heads + 2 * passes, 0
        for place in range(heads, heads + 2 * passes, 2):
            end = at + self.words[place + 1]
            while at < end:
                kind, words = self.operation(at)
                for position in range(tokens if self.words[place] in EVERY_POSITION else 1):
                    total += self.products(kind, words, tokens, position)
                at += self.words[at] >> 16
        return total


if __name__ == "__main__":
    path = next(argument for argument in sys.argv[1:-1] if argument.endswith(".embq"))
    print(Program(pathlib.Path(path)).macs(int(sys.argv[-1])))
