#!/usr/bin/env python3
"""Writes model.safetensors, a tiny model as transformers saves it after bitsandbytes has made it int8, real.safetensors
with the numbers that it stands for, and invalid/*.safetensors, each wrong in one way (invalid/index.json: the error code
and a sentence of the message). The same files every time.

    pip install safetensors numpy
    python3 make.py
"""
import json
import os
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

one = np.ones(3, f32)
u8 = lambda *values: np.array(values, np.uint8)
expected = "; with scales beside it, I8 of two dimensions is expected"
rows = "one number for each of the 3 rows"
a_number = "one number of U8 is expected"

# The weight.
bad("weight_of_three_dimensions", {"a.query.weight": np.zeros((3, 5, 1), np.int8)}, "malformed", "it is I8 [3, 5, 1]" + expected)
bad("weight_a_number", {"a.query.weight": np.array(7, np.int8)}, "malformed", "it is I8 []" + expected)
bad("weight_of_unsigned_bytes", {"a.query.weight": np.zeros((3, 5), np.uint8)}, "malformed", "it is U8 [3, 5]" + expected)
bad("weight_of_truth_values", {"a.query.weight": np.zeros((3, 5), bool)}, "malformed", "it is BOOL [3, 5]" + expected)
bad("weight_turned", {"a.query.weight": np.zeros((5, 3), np.int8)}, "shapeMismatch", "it is F32 [3]; one number for each of the 5 rows")
bad("weight_without_rows", {"a.query.weight": np.zeros((0, 5), np.int8)}, "shapeMismatch", "it is F32 [3]; one number for each of the 0 rows")
bad("bias_of_int8", {"a.query.bias": np.zeros(3, np.int8)}, "missing", "tensor 'a.query.bias': its values are int8, and there are no scales for them")
# The scales.
bad("scales_a_number", {"a.query.SCB": z()}, "shapeMismatch", "it is F32 []; " + rows)
bad("scales_in_a_column", {"a.query.SCB": z(3, 1)}, "shapeMismatch", "it is F32 [3, 1]; " + rows)
bad("scales_in_a_row", {"a.query.SCB": z(1, 3)}, "shapeMismatch", "it is F32 [1, 3]; " + rows)
bad("scales_none", {"a.query.SCB": z(0)}, "shapeMismatch", "it is F32 [0]; " + rows)
bad("scales_of_truth_values", {"a.query.SCB": np.ones(3, bool)}, "shapeMismatch", "it is BOOL [3]; " + rows)
bad("scales_of_int8", {"a.query.SCB": np.ones(3, np.int8)}, "shapeMismatch", "it is I8 [3]; " + rows)
bad("scale_infinite", {"a.query.SCB": np.array([1, 1, np.inf], f32)}, "nonFinite", "tensor 'a.query.SCB': the value at [2] is inf")
bad("scale_that_overflows", {"a.query.SCB": np.array([1, 3e38, 1], f32)}, "malformed", "it has the value 3e+38, which is too large for int8 times it")
bad("scale_the_smallest_negative", {"a.query.SCB": np.array([-1e-45, 1, 1], f32)}, "malformed", "it has the value -1e-45, a largest absolute value is expected")
bad("scales_misspelled", {"a.query.SCB": None, "a.query.weight_format": None, "a.query.scb": one}, "missing", "tensor 'a.query.weight': its values are int8")
bad("scales_of_nothing", {".SCB": one}, "missing", "tensor '.SCB': there is no weight that these scales belong to")
bad("scales_of_a_bias", {"a.query.bias.SCB": one}, "missing", "tensor 'a.query.bias.SCB': there is no weight")
bad("scales_with_terminal_codes", {"\x1b[2J.SCB": one}, "missing", "tensor '\\u{1b}[2J.SCB': there is no weight")
# The order of the values.
bad("format_col32", {"a.query.weight_format": np.array(1, np.uint8)}, "unsupported", "its values lie in the order 'col32'")
bad("format_col_ampere", {"a.query.weight_format": np.array(3, np.uint8)}, "unsupported", "its values lie in the order 'col_ampere'")
bad("format_of_two_numbers", {"a.query.weight_format": u8(0, 0)}, "malformed", "it is U8 [2], " + a_number)
bad("format_signed", {"a.query.weight_format": np.array(0, np.int8)}, "malformed", "it is I8 [], " + a_number)
bad("format_of_64_bits", {"a.query.weight_format": np.array(0, np.int64)}, "malformed", "it is I64 [], " + a_number)
bad("format_a_truth_value", {"a.query.weight_format": np.array(False)}, "malformed", "it is BOOL [], " + a_number)
bad("format_of_nothing", {".weight_format": np.array(0, np.uint8)}, "missing", "tensor '.weight_format': there are no scales '.SCB'")
bad("format_with_terminal_codes", {"\x1b[2J.weight_format": np.array(0, np.uint8)}, "missing", "there are no scales '\\u{1b}[2J.SCB'")
# Other releases.
bad("four_bits_without_their_state", {"a.query.weight": np.zeros((8, 1), np.uint8), "a.query.SCB": None, "a.query.weight_format": None,
    "a.query.weight.absmax": one, "a.query.weight.quant_map": z(16)}, "unsupported", "tensor 'a.query.weight.absmax': it belongs to a 4-bit release of bitsandbytes")
bad("cut", {}, "truncated", "byte")
os.truncate(here / "invalid" / "cut.safetensors", (here / "invalid" / "cut.safetensors").stat().st_size - 1)
(here / "invalid" / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "invalid")
