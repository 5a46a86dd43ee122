#!/usr/bin/env python3
"""Writes valid/*.npz with numpy, and some forms that other programs write; valid/index.json has what must be found.

    pip install numpy==2.4.6 && python3 make_valid.py
"""
import io
import json
import pathlib
import zipfile

import numpy as np

here = pathlib.Path(__file__).parent / "valid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
NAMES = {"float32": "F32", "float16": "F16", "float64": "F64", "int64": "I64", "int32": "I32", "int16": "I16",
         "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
         "complex64": "C64"}
index = {}


def record(name, tensors):
    index[name] = {"tensors": {}}
    for key, value in tensors.items():
        value = np.asarray(value)
        plain = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"))
        entry = {"dtype": NAMES[value.dtype.name], "shape": list(value.shape), "hex": plain.tobytes().hex()}
        if value.dtype.kind == "f":
            entry["float_bits"] = [int(x) for x in plain.astype("<f4").reshape(-1).view("<u4")]
        index[name]["tensors"][key] = entry


def zipped(name, files, method=zipfile.ZIP_STORED, zip64=False):
    """The same file every time: no date."""
    with zipfile.ZipFile(here / name, "w", method) as z:
        for key, data in files.items():
            info = zipfile.ZipInfo(key + ".npy")
            info.compress_type = method
            with z.open(info, "w", force_zip64=zip64) as f:
                f.write(data)


def npy(value, version=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(value), version)
    return buffer.getvalue()


def save(name, tensors, version=None, **options):
    zipped(name, {k: npy(v, version) for k, v in tensors.items()}, **options)
    record(name, tensors)


small = {"weight": np.arange(6, dtype="f4").reshape(2, 3) / 4, "bias": np.array([0.5, -0.0, 3e38, np.inf], "f4")}
cube = np.arange(60, dtype="f4").reshape(3, 4, 5)
np.savez(here / "savez.npz", **small)
record("savez.npz", small)
np.savez_compressed(here / "savez_compressed.npz", **small)
record("savez_compressed.npz", small)
save("plain.npz", small)
save("zip64.npz", small, zip64=True)
save("deflated.npz", {**small, "zeros": np.zeros((20, 20), "f4")}, method=zipfile.ZIP_DEFLATED)
save("version_2.npz", small, (2, 0))
save("version_3.npz", small, (3, 0))
save("types.npz", {t: np.arange(3).astype(t) for t in NAMES})
save("big_endian.npz", {t: np.arange(1, 7).reshape(2, 3).astype(np.dtype(t).newbyteorder(">"))
                        for t in NAMES if t not in ("bool", "complex64")})
save("fortran.npz", {"matrix": np.asfortranarray(cube[0]), "cube": np.asfortranarray(cube),
                     "vector": np.asfortranarray(cube[0, 0]), "swapped": np.asfortranarray(cube.astype(">f8")),
                     "halves": np.asfortranarray(cube.astype("f2"))})
save("fortran_deflated.npz", {"cube": np.asfortranarray(cube), "swapped": cube.astype(">f4")},
     method=zipfile.ZIP_DEFLATED)
save("shapes.npz", {"scalar": np.float32(2.5), "none": np.zeros((0, 3), "f4"), "rows": np.zeros((3, 0, 2), ">f4"),
                    "ones": np.ones((1,) * 64, "f2")})
save("names.npz", {"model/a.b": np.float32(1), "é": np.float32(2), "模型": np.float32(3), "a": np.float32(4),
                   "a-b": np.float32(5), "a.npy": np.float32(6)})


def written(text, data):
    """A header in the words of another writer."""
    text = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + data


words = {
    "order": written("{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}", bytes(8)),
    "quotes": written('{"descr": "<f4", "fortran_order": False, "shape": (2,)}', bytes(8)),
    "tight": written("{'descr':'<f4','fortran_order':False,'shape':(1,2)}", bytes(8)),
    "python_2": written("{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }", bytes(8)),
    "native": written("{'descr': '=f4', 'fortran_order': False, 'shape': (2,), }", bytes(8)),
    "bare": written("{'descr': 'f4', 'fortran_order': False, 'shape': (2,), }", bytes(8)),
    "byte": written("{'descr': '>i1', 'fortran_order': False, 'shape': (2,), }", bytes(2)),
}
zipped("words.npz", words)
record("words.npz", {**{k: np.zeros(2, "f4") for k in words}, "tight": np.zeros((1, 2), "f4"), "byte": np.zeros(2, "i1")})

# A line a file: a number a line would be several times as long.
lines = [f"{json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(index.items())]
(here / "index.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(index), "files,", sum(f.stat().st_size for f in here.iterdir()), "bytes")
