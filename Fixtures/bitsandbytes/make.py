#!/usr/bin/env python3
"""Writes model.safetensors, a tiny model as transformers saves it after bitsandbytes has made it int8, real.safetensors
with the numbers that it stands for, and invalid/*.safetensors, each wrong in one way (invalid/index.json: the error code
and a sentence of the message). The same files every time.

    pip install safetensors numpy
    python3 make.py
"""
import json
import pathlib
import shutil

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
shutil.rmtree(here / "invalid", ignore_errors=True)
(here / "invalid").mkdir()
rng = np.random.default_rng(6)
f32 = np.float32


def layer(name, outputs, inputs):
    return {f"{name}.weight": rng.integers(-127, 128, (outputs, inputs)).astype(np.int8),
            f"{name}.SCB": rng.uniform(0.1, 2, outputs).astype(f32), f"{name}.weight_format": np.array(0, np.uint8)}


good = {**layer("a.query", 3, 5), **layer("classifier", 2, 3), "a.query.bias": rng.normal(0, 1, 3).astype(f32),
        "norm.weight": rng.normal(0, 1, 4).astype(np.float16)}
good["a.query.SCB"][1] = 0   # a row of zeros
good["a.query.weight"][1] = 0
save_file(good, here / "model.safetensors", metadata={"format": "pt"})
real = {k: v for k, v in good.items() if v.dtype not in (np.int8, np.uint8) and not k.endswith("SCB")}
for k in ("a.query", "classifier"):
    real[k + ".weight"] = good[k + ".weight"].astype(f32) * good[k + ".SCB"][:, None] / f32(127)
save_file(real, here / "real.safetensors")
index = {}


def bad(name, changes, code, sentence):
    tensors = {k: v for k, v in ({**good, **changes}).items() if v is not None}
    save_file(tensors, here / "invalid" / f"{name}.safetensors")
    index[f"{name}.safetensors"] = {"code": code, "message": sentence}


z = lambda *shape: np.zeros(shape, f32)
bad("scales_without_weight", {"a.query.weight": None}, "missing", "tensor 'a.query.SCB': there is no weight that these scales belong to")
bad("weight_without_scales", {"a.query.SCB": None, "a.query.weight_format": None}, "missing", "tensor 'a.query.weight': its values are int8, and there are no scales for them")
bad("format_without_scales", {"norm.weight_format": np.array(0, np.uint8)}, "missing", "there are no scales 'norm.SCB' for this weight")
bad("weight_of_floats", {"a.query.weight": z(3, 5)}, "malformed", "it is F32 [3, 5]; with scales beside it, I8 of two dimensions is expected")
bad("weight_of_one_dimension", {"a.query.weight": np.zeros(3, np.int8)}, "malformed", "it is I8 [3]; with scales beside it")
bad("scales_too_few", {"a.query.SCB": z(2)}, "shapeMismatch", "it is F32 [2]; one number for each of the 3 rows")
bad("scales_by_column", {"a.query.SCB": z(5)}, "shapeMismatch", "it is F32 [5]; one number for each of the 3 rows")
bad("scales_of_integers", {"a.query.SCB": np.ones(3, np.int32)}, "shapeMismatch", "it is I32 [3]; one number for each of the 3 rows")
bad("scale_nan", {"a.query.SCB": np.array([1, np.nan, 1], f32)}, "nonFinite", "tensor 'a.query.SCB': the value at [1] is NaN")
bad("scale_negative", {"a.query.SCB": np.array([1, 1, -2], f32)}, "malformed", "it has the value -2.0, a largest absolute value is expected")
bad("format_col_turing", {"a.query.weight_format": np.array(2, np.uint8)}, "unsupported", "its values lie in the order 'col_turing', embq reads 'row' alone")
bad("format_unknown", {"a.query.weight_format": np.array(77, np.uint8)}, "unsupported", "its values lie in the order number 77")
bad("format_of_floats", {"a.query.weight_format": z()}, "malformed", "it is F32 [], one number of U8 is expected")
bad("format_of_none", {"a.query.weight_format": np.zeros(0, np.uint8)}, "malformed", "it is U8 [0], one number of U8 is expected")
bad("four_bits", {"a.query.weight.quant_state.bitsandbytes__nf4": np.zeros(9, np.uint8)}, "unsupported", "it belongs to a 4-bit release of bitsandbytes")
(here / "invalid" / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "invalid")
