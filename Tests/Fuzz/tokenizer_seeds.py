"""Seeds for tokenizer: the recorded section with a text, a section of the smallest kind, and the golden texts.

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
    header = struct.pack("<HHII12HI", 1, 1, size, 0xFFFFFFFF, 2, 0, len(starts), 0, 1, 1, 1, 0, 0, 0, 0, 0, 0)
    return (header + body).ljust(size, b"\0")


def write(name, options, section, text):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(bytes([options]) + (struct.pack("<I", len(section)) + section if section else b"") + text)


recorded = open("Fixtures/tokenizer/marks.section", "rb").read()
sample = "a\u00e9e\u0301 \uac01\u302e\u1b44 [SEP]b!! \u4e2d".encode()
for options in (0, 2, 4, 6):
    write(f"section{options}", options, recorded, sample)
    write(f"smallest{options}", options, smallest(), b"aaaaa b aa")
for number, entry in enumerate(json.load(open("Fixtures/tokenizer/goldens.json"))["texts"]):
    text = bytes.fromhex(entry["bytes"]) if "bytes" in entry else entry.get("text", "").encode()
    write(f"text{number}", 1 + number % 4 * 2, None, text)
