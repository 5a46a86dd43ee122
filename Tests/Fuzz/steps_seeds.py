"""Seeds for steps.c: steps_seeds.py SEEDS

Runs of every artifact, begun with ids and with texts, that take turns.
"""

import pathlib
import sys


def command(what, run, artifact):
    return bytes([what | run << 3 | (artifact & 7) << 5, artifact >> 3])


def ids(run, artifact, count, size=4, options=0):
    return command(0, run, artifact) + bytes([options, count]) + b"\x05\x00\x04\x00" * (count // 2) + (
        b"\x03\x00" * (count % 2) + bytes([size]))


def text(run, artifact, tokens, words, size=4, options=0):
    return command(1, run, artifact) + bytes([options, tokens, len(words)]) + words + bytes([size])


def steps(run, count):
    return command(2, run, 0) + bytes([count])


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    turns = command(7, 0, 0) * 3
    for artifact in range(16):
        begun = ids(0, artifact, 7) + text(1, artifact, 9, b"rain at 7 [SEP] sun [MASK]") + ids(2, artifact + 1, 12, 2)
        seeds = {
            "turns": begun + turns + command(3, 1, 0) + turns + command(3, 0, 0),
            "again": ids(0, artifact, 7) + steps(0, 20) + ids(0, artifact, 4) + command(3, 0, 0) + steps(0, 2),
            "small": b"".join(ids(0, artifact, n, size) for n in (1, 2, 13) for size in (0, 3)),
            "short": b"".join(text(0, artifact, n, "漢字 rain".encode(), size) for n in (0, 1, 5) for size in (0, 3)),
            "astray": ids(0, artifact, 3, options=6 | 1 << 3) + text(0, artifact, 3, b"rain", options=6 | 8 << 3),
            "nothing": b"".join(command(4, 0, artifact) + bytes([what]) for what in (0, 1, 2, 4, 8, 17, 18, 20, 24)),
            "open": b"".join(command(5, 0, artifact) + bytes(tail) for tail in ([0, 0], [8, 0], [0, 200, 1, 0, 0])),
            "check": command(6, 0, artifact) + bytes([4, 0]) + command(6, 0, artifact) + bytes([0, 0]),
        }
        for name, seed in seeds.items():
            (folder / f"{name}-{artifact}").write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
