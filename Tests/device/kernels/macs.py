"""Prints the multiply-accumulates of a sentence: those of the program's products, by Schemas/embq-format.md.

    macs.py model.embq TOKENS
"""
import struct
import sys

EMBED, LINEAR, ATTEND, CONVOLVE, WIDE_LINEAR, PACKED_EMBED, PACKED_LINEAR, WIDE_ATTEND = 1, 3, 10, 11, 12, 19, 20, 25
PACKED_ATTEND, PACKED_CONVOLVE = 31, 32
ALL = 1


def program(blob):
    """The words of section MODL."""
    for i in range(struct.unpack_from("<I", blob, 12)[0]):
        tag, offset, size, _ = struct.unpack_from("<4sIII", blob, 32 + 16 * i)
        if tag == b"MODL":
            return struct.unpack_from(f"<{size // 4}I", blob, offset)
    raise SystemExit("no section MODL")


def products(kind, words, widths, stores, tokens, positions):
    """Of one operation, over all the positions of its pass."""
    count = len(positions)
    if kind in (EMBED, PACKED_EMBED):
        return 2 * widths[words[0]] * words[2] * count
    if kind in (LINEAR, PACKED_LINEAR):
        return widths[words[0]] * widths[words[1]] * count
    if kind == WIDE_LINEAR:
        return widths[words[0]] * words[2] * count
    if kind in (ATTEND, WIDE_ATTEND, PACKED_ATTEND):
        return 2 * tokens * widths[words[0]] * count
    if kind in (CONVOLVE, PACKED_CONVOLVE):
        return sum(min(p + 1, words[2]) for p in positions) * widths[words[1]]
    return 0


def main():
    path = next(p for p in sys.argv[1:-1] if p.endswith(".embq"))
    tokens = int(sys.argv[-1])
    with open(path, "rb") as file:
        words = program(file.read())
    registers, stores, passes = words[7:10]
    at = 10
    widths = [words[at + 2 * i + 1] for i in range(registers)]
    at += 2 * registers + 4 * stores
    heads = [words[at + 2 * i : at + 2 * i + 2] for i in range(passes)]
    at += 2 * passes
    total = 0
    for kind_of_pass, size in heads:
        positions = range(tokens if kind_of_pass == ALL else 1)
        end = at + size
        while at < end:
            kind, length = words[at] & 0xFFFF, words[at] >> 16
            total += products(kind, words[at + 1 : at + length], widths, stores, tokens, positions)
            at += length
    print(total)


main()
