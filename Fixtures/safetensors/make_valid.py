#!/usr/bin/env python3
"""Writes valid/*.safetensors with the official package, and valid/index.json with what a reader must find.

    pip install safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.6.0 && python3 make_valid.py
"""
import json
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save, save_file

here = pathlib.Path(__file__).parent / "valid"
here.mkdir(exist_ok=True)
NAMES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8",
         "bool": "BOOL", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "complex64": "C64"}
index = {}


def write(name, tensors, metadata=None):
    path = here / f"{name}.safetensors"
    save_file(tensors, path, metadata)
    index[path.name] = describe(tensors, metadata)


def describe(tensors, metadata=None):
    return {
        "metadata": metadata or {},
        "tensors": {
            key: {
                "dtype": NAMES[str(value.dtype)],
                "shape": list(value.shape),
                "hex": value.tobytes().hex(),
                # fp32 bit patterns: JSON has no exact floats, infinities or NaNs
                "float_bits": [int(x) for x in value.astype(np.float32).reshape(-1).view(np.uint32)]
                if str(value.dtype) in ("float32", "float16", "bfloat16", "float64") else None,
            } for key, value in tensors.items()
        },
    }


f32 = lambda *x: np.array(x, dtype=np.float32)
special = f32(0.0, -0.0, 1.0, -2.5, 3.1415927, 1e-45, 3.4e38, np.inf, -np.inf)
half = np.array([0, 0x8000, 1, 0x8001, 0x3FF, 0x400, 0x3C00, 0xC100, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00],
                dtype=np.uint16)
write("f32", {"weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4, "special": special}, {"format": "pt"})
write("f16", {"half": half.view(np.float16), "matrix": np.arange(-4, 4, dtype=np.float16).reshape(2, 2, 2)})
write("bf16", {"brain": np.array([0, 0x8000, 1, 0x7F, 0x80, 0x3F80, 0xC0A0, 0x7F7F, 0x7F80, 0xFF80, 0x7FC0],
                                 dtype=np.uint16).view(ml_dtypes.bfloat16)}, {"format": "pt"})
write("scalar", {"scalar": np.array(2.5, dtype=np.float32), "one": f32(7.0)})
write("empty_tensors", {"none": np.zeros((0,), np.float32), "rows": np.zeros((3, 0, 2), np.float16),
                        "some": f32(1.0, 2.0)})
write("no_tensors", {}, {"note": "nothing here"})
write("names", {"模型.权重": f32(1), "с": f32(2), "c": f32(3), "é": f32(4), "e\u0301": f32(5), "🙂": f32(6),
                'quote"back\\slash': f32(7), "tab\tnew\nline": f32(8), "": f32(9), "a/b.c:d": f32(10)},
      {"ключ": "значение \u0001 \"q\"", "format": "pt"})
write("all_types", {
    **{str(np.dtype(t)): np.arange(3).astype(t) for t in
       (np.float32, np.float16, np.float64, np.int64, np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16,
        np.uint8, np.bool_, np.complex64, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2)}})

# Equally valid, in forms that other writers produce: any order, spaces, escapes, unaligned header.
first = f32(1.5, -1.5).tobytes() + np.array([3], np.int8).tobytes()
header = (b'{ "b" : {"data_offsets":[0 , 8],"shape":[2],"dtype":"F32"}\t,\r\n'
          b'"\\u0061\\/":{"shape":[1],"dtype":"I8","data_offsets":[8,9]} }  \n ')
(here / "loose_json.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + first)
index["loose_json.safetensors"] = describe({"b": f32(1.5, -1.5), "a/": np.array([3], np.int8)})
header = b"{}"
(here / "bare.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
index["bare.safetensors"] = describe({})

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
