"""Small artifacts that hold every operation, and inputs to begin with, for artifact.c.

    python3 Tests/Fuzz/artifact_seeds.py ARTIFACTS SEEDS TINY.embq [OTHER.embq ...]

Prints all artifacts' paths, TINY's first, separated by colons.
"""
import os
import pathlib
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import embq_writer  # noqa: E402
from embq_reader import Artifact  # noqa: E402


def main(folder, seeds, tiny, *others):
    base = Artifact.at(tiny)
    tokens, V = base.by_tag["TOKN"].data, base.model.vocabulary
    paths, rng = [tiny, *others], random.Random(1)
    mamba = embq_writer.random_mamba
    for name, parts in (
        ("encoder", embq_writer.random_bert(rng, V=V, L=48, D=16, E=24, heads=2, C=2, layers=2)),
        ("scans", mamba(rng, V=V, L=48, D=16, E=16, N=4, k=4, rank=2, C=3, layers=2, kind=2)),
        ("unit", mamba(rng, V=V, L=2000, D=5, E=7, N=2, k=3, rank=1, C=0, layers=1, kind=1, unit=True)),
        # Weights of the softmax whose sum must be scaled down.
        ("long", embq_writer.random_embbert(rng, V, 600, 8, 16, 9, 2, 4, 2, pad=0, separator=4, flat=True)),
        # Weights of 4 bits in rows that fill their groups and in others, behind expanders and without.
        ("packed", embq_writer.random_embbert(rng, V, 48, 19, 38, 5, 3, 17, 2, pad=0, separator=4, packed=5)),
        ("packed-encoder", embq_writer.random_bert(rng, V, 48, 16, 33, heads=2, C=2, layers=2, packed=2)),
    ):
        (outputs,) = struct.unpack_from("<I", parts[0][1], 12)
        parts += [("TOKN", tokens), ("LABL", embq_writer.labels_section([f"label {i}" for i in range(outputs)]))]
        paths.append(os.path.join(folder, name + ".embq"))
        pathlib.Path(paths[-1]).write_bytes(embq_writer.container(parts))

    def change(what, at, value):
        return struct.pack("<I", what | at << 8) + struct.pack("<I", value)

    texts = [b"will it rain in oslo at 7?", "漢字 ﬁ ǖ 각 İ é ½".encode(), b"rain rain [SEP] sun [MASK]", b"rain 7 " * 80]
    for number in range(len(paths)):
        for i, text in enumerate(texts):
            pathlib.Path(seeds, f"unchanged-{number}-{i}").write_bytes(bytes([number << 4]) + text)
        # Operations twice, away, in another place; a word changed by one.
        for operation in range(0, 48, 3):
            for i, step in enumerate((change(166, operation, operation), change(167, operation, 0))):
                seed = pathlib.Path(seeds, f"operation-{number}-{operation}-{i}")
                seed.write_bytes(bytes([number << 4 | 1]) + step + texts[2])
        pathlib.Path(seeds, f"word-{number}").write_bytes(bytes([number << 4 | 1]) + change(162, 2, 255) + texts[3])
    # TOKN: neighbouring unknown characters as one.
    pathlib.Path(seeds, "unknown").write_bytes(bytes([1]) + change(14, 7, 1) + texts[1])
    print(":".join(paths))


if __name__ == "__main__":
    main(*sys.argv[1:])
