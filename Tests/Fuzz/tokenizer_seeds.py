"""Seeds for tokenizer: the recorded sections with a text, small sections of each kind, and the golden texts.

    python3 Tests/Fuzz/tokenizer_seeds.py FOLDER
"""
import json
import os
import struct
import sys

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def smallest():
    """Two ids, "a" and "aa", and a merge; every other character vanishes."""
    starts, values, kinds, planes = [], [], [], []
    for plane in range(17):
        planes.append(len(starts))
        ranges = [(0, 0, 0), (0x61, 0, 1 | 1 << 3), (0x62, 0, 0)] if plane == 0 else [(0, 0, 0)]
        for start, value, kind in ranges:
            starts.append(start)
            values.append(value)
            kinds.append(kind)
    planes.append(len(starts))
    halves = planes + starts + values + [0] + [0, 1] + [0] + [0]  # lefts, left_starts, rights, ranks
    body = struct.pack(f"<{len(halves)}H", *halves) + bytes(kinds)
    size = -(-(40 + len(body)) // 4) * 4
    header = struct.pack("<HHII12HI", 2, 1, size, 0xFFFFFFFF, 2, 0, len(starts), 0, 1, 1, 1, 0, 0, 0, 0, 0, 0)
    return (header + body).ljust(size, b"\0")


def smallest_wordpiece():
    """Three ids: "a", "##aa" and "##a", all else is unknown; each symbol takes two units."""
    starts, values, kinds, planes = [], [], [], []
    for plane in range(17):
        planes.append(len(starts))
        ranges = [(0, 32, 1 | 1 << 3), (0x20, 0, 1), (0x21, 32, 1 | 1 << 3), (0x61, 30, 2 | 1 << 3), (0x63, 32, 1 | 3 << 3)]
        for start, value, kind in ranges if plane == 0 else [(0, 32, 1 | 1 << 3)]:
            starts.append(start)
            values.append(value)
            kinds.append(kind)
    planes.append(len(starts))
    # Roots 0 and 1; 2 and 4 are the units of "a", 3 and 5 of "##a", 6 and 7 those behind it of "##aa".
    last, has_children, ends = 32, 64, 128
    nodes = [has_children, has_children, last | has_children | 30, last | has_children | 30]
    nodes += [last | ends, last | has_children | ends, last | has_children | 30, last | ends]
    halves = planes + starts + values + [2] + [0] + [0, 2, 1]  # the first children, then the pieces
    body = struct.pack("<I", 2 | 6 << 22) + struct.pack(f"<{len(halves)}H", *halves) + bytes(kinds + nodes + [0] * 24)
    size = -(-(44 + len(body)) // 4) * 4
    header = struct.pack("<HHII12HIHH", 2, 2, size, 0xFFFFFFFF, 3, 0, len(starts), 0, 33, 3, 2, 0, 0, 0, 0, 0, 8, 1, 9)
    return (header + body).ljust(size, b"\0")


def write(name, options, section, text):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(bytes([options]) + (struct.pack("<I", len(section)) + section if section else b"") + text)


recorded = open("Fixtures/tokenizer/marks.section", "rb").read()
wordpiece = open("Fixtures/tokenizer/cased.section", "rb").read()
pipelines = [open(f"Fixtures/tokenizer/{name}.section", "rb").read() for name in ("bytes", "pieces")]
sample = "a\u00e9e\u0301 \uac01\u302e\u1b44 [SEP]b!! \u4e2d".encode()
for options in (0, 2, 4, 6):
    write(f"section{options}", options, recorded, sample)
    write(f"smallest{options}", options, smallest(), b"aaaaa b aa")
    write(f"wordpiece{options}", options, wordpiece, sample)
    write(f"smallest_wordpiece{options}", options, smallest_wordpiece(), b"aaaaa b aa abaa aaaaaaaaaa")
    for number, section in enumerate(pipelines):
        write(f"pipeline{number}-{options}", options, section, b"x<mask> y <mk>  z<rk>  w  <NK> the don't 12 " + sample)
for number, entry in enumerate(json.load(open("Fixtures/tokenizer/goldens.json"))["texts"]):
    text = bytes.fromhex(entry["bytes"]) if "bytes" in entry else entry.get("text", "").encode()
    write(f"text{number}", 1 + number % 4 * 2, None, text)
    write(f"piece{number}", 17 + number % 4 * 2, None, text)
    write(f"bytes{number}", 33 + number % 4 * 2, None, text)
    write(f"unigram{number}", 49 + number % 4 * 2, None, text)
