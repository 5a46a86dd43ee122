#!/usr/bin/env python3
"""Writes a large checkpoint as torch.save or safetensors lays it out, to measure how embq reads it. Standard library
only.

    python3 Benchmarks/make_large.py OUT.pt|OUT.safetensors [--mib 1024] [--tensor-mib 16] [--transposed]

All tensors are square F32 of --tensor-mib; with --transposed every other one is a transposed view. The values are
small numbers that differ, the same in every run.
"""
import argparse
import json
import math
import random
import struct
import zipfile

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("out")
parser.add_argument("--mib", type=int, default=1024, help="size of the file")
parser.add_argument("--tensor-mib", type=float, default=16, help="size of a tensor")
parser.add_argument("--transposed", action="store_true")
options = parser.parse_args()

side = math.isqrt(int(options.tensor_mib * 2**20) // 4)
size = side * side * 4
count = max(1, options.mib * 2**20 // size)


def text(value): return b"X" + struct.pack("<I", len(value)) + value.encode()
def name(module, value): return f"c{module}\n{value}\n".encode()
def integer(value): return b"J" + struct.pack("<i", value)


def tensor(key, flip):
    storage = (b"(" + text("storage") + name("torch", "FloatStorage") + text(str(key)) + text("cpu")
               + integer(side * side) + b"tQ")
    stride = (1, side) if flip else (side, 1)
    return (name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + integer(0) + integer(side) + integer(side)
            + b"\x86" + integer(stride[0]) + integer(stride[1]) + b"\x86\x89" + name("collections", "OrderedDict")
            + b")RtR")


rng = random.Random(1)
piece = b"".join(struct.pack("<f", rng.gauss(0, 0.02)) for _ in range(1 << 16))
piece = piece * (math.ceil(size / len(piece)) + 1)

if options.out.endswith(".safetensors"):
    header = json.dumps({f"layers.{key}.weight": {"dtype": "F32", "shape": [side, side],
                                                  "data_offsets": [key * size, (key + 1) * size]}
                         for key in range(count)}).encode()
    header += b" " * (-len(header) % 8)
    with open(options.out, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for key in range(count):
            start = key * 4 % (1 << 16)
            file.write(piece[start:start + size])
    raise SystemExit

pickle = b"\x80\x02}("
for key in range(count):
    pickle += text(f"layers.{key}.weight") + tensor(key, options.transposed and key % 2 == 1)
pickle += b"u."


def entry(archive, at, title, data):
    info = zipfile.ZipInfo("archive/" + title)
    # Padding as torch.save has it: every storage begins at a multiple of 64.
    head = 30 + len(info.filename) + 20 + 4
    info.extra = b"FB" + struct.pack("<H", -(at + head) % 64) + b"Z" * (-(at + head) % 64)
    with archive.open(info, "w", force_zip64=True) as f:
        f.write(data)


with open(options.out, "wb") as file, zipfile.ZipFile(file, "w") as archive:
    entry(archive, file.tell(), "data.pkl", pickle)
    entry(archive, file.tell(), "byteorder", b"little")
    for key in range(count):
        shift = key * 4 % (1 << 16)
        entry(archive, file.tell(), f"data/{key}", memoryview(piece)[shift:shift + size])
    entry(archive, file.tell(), "version", b"3\n")
print(f"{options.out}: {count} tensors of [{side}, {side}]")
