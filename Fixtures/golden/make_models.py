"""Writes the golden values of a model, which the fp32 reference is tested against.

golden.npz comes with a checkpoint: the PyTorch implementation that trained it recorded there the token ids of real
sentences, the logits of each at its own length, and what the embedder and each layer gave for the first two. This
script keeps the first rows and stores them in the format that the tests read anyway:

    input_ids   I32 [rows, longest], [PAD] behind each sentence
    lengths     I32 [rows]
    logits      F32 [rows, outputs]
    rowR_embedder, rowR_layerN   F32 [length of row R, D], for R = 0 and 1

    python3 -m venv .venv && .venv/bin/pip install numpy safetensors
    .venv/bin/python Fixtures/golden/make_models.py EMBBERT-SNIPS/golden.npz Fixtures/golden/embbert-snips.safetensors

To test a whole checkpoint, keep all of its rows and name the folder (several with colons between them):

    .venv/bin/python Fixtures/golden/make_models.py CHECKPOINT/golden.npz FOLDER/golden.safetensors --rows 0
    cp CHECKPOINT/model.safetensors CHECKPOINT/config.json FOLDER
    EMBQ_GOLDEN=FOLDER make test
"""

import argparse
import re

import numpy as np
from safetensors.numpy import save_file


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("npz", help="golden.npz of a checkpoint")
    parser.add_argument("output", help="the safetensors file to write")
    parser.add_argument("--rows", type=int, default=64, help="sentences kept; 0 for all (default: %(default)s)")
    arguments = parser.parse_args()

    with np.load(arguments.npz) as golden:
        rows = arguments.rows or len(golden["lengths"])
        lengths = golden["lengths"][:rows]
        tensors = {
            "input_ids": golden["input_ids"][:rows, : lengths.max()].astype(np.int32),
            "lengths": lengths.astype(np.int32),
            "logits": golden["logits"][:rows].astype(np.float32),
        }
        for name in golden.files:
            if re.fullmatch(r"row[01]_(embedder|layer\d+)", name):
                tensors[name] = golden[name].astype(np.float32)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, arguments.output)


if __name__ == "__main__":
    main()
