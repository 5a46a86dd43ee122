#!/usr/bin/env python3
"""Writes valid/*.h5 with h5py and valid/index.json: per file the tensors that embq must find, with type, shape and
little-endian bytes, and the metadata.

    pip install h5py==3.16.0 numpy && python3 make_valid.py
"""
import json
import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent / "valid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
index = {}
NAMES = {"f2": "F16", "f4": "F32", "f8": "F64", "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64",
         "u1": "U8", "u2": "U16", "u4": "U32", "u8": "U64", "b1": "BOOL"}


def tensor(array, dtype=None):
    array = np.asarray(array)
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"dtype": dtype or NAMES[array.dtype.str[1:]], "shape": list(array.shape), "hex": little.tobytes().hex()}


def write(name, body, tensors, metadata=None, **options):
    path = here / f"{name}.h5"
    with h5py.File(path, "w", meta_block_size=64, **options) as file:
        body(file)
    index[path.name] = {"tensors": tensors, "metadata": metadata or {}}


def ramp(shape, dtype="<f4"):
    return (np.arange(int(np.prod(shape))).reshape(shape) * 0.25 - 3).astype(dtype)


# Every type, in both byte orders, with the values at its ends.
types = {}
for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    limits = np.finfo(code) if code[0] == "f" else np.iinfo(code)
    values = [0, 1, limits.min, limits.max] + ([np.inf, -0.0, limits.tiny] if code[0] == "f" else [])
    for order in "<>" if code[1] != "1" else "<":
        types[f"{NAMES[code]}{'_big' if order == '>' else ''}"] = np.array(values, order + code)
types["BOOL"] = np.array([True, False, True])


def all_types(file):
    for name, values in types.items():
        file[f"types/{name}"] = values


write("all_types", all_types, {f"types.{name}": tensor(values) for name, values in types.items()})


# A NaN keeps its bits through a change of byte order.
nan = np.array([0x7F800001, 0xFFC12345], "<u4").view("<f4")
write("nan", lambda f: (f.create_dataset("little", data=nan), f.create_dataset("big", data=nan.view("<u4")
      .byteswap().view(">f4"))), {"little": tensor(nan), "big": tensor(nan)})


# bfloat16, as newer libraries write it.
def bfloat16(file):
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_precision(16)
    kind.set_size(2)
    kind.set_ebias(127)
    kind.lock()
    space = h5py.h5s.create_simple((3,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    dataset = h5py.h5d.create(file.id, b"w", kind, space, plist)
    dataset.write(space, space, np.array([0x3F80, 0xC000, 0x7F80], "<u2"), kind)


write("bfloat16", bfloat16, {"w": {"dtype": "BF16", "shape": [3], "hex": "803f00c0807f"}})


# Every storage: in the header, in one run, in chunks (with a rest at the edges), through the filters.
a, b, c = ramp((7, 5)), ramp((40, 3)), ramp((4, 3, 2), ">f4")


def storage(file):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    plist.set_obj_track_times(False)
    space = h5py.h5s.create_simple(a.shape)
    h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist).write(space, space, a)
    file.create_dataset("contiguous", data=a)
    file.create_dataset("chunked", data=a, chunks=(3, 2))
    file.create_dataset("gzip", data=b, chunks=(16, 2), compression="gzip")
    file.create_dataset("shuffle", data=b, chunks=(16, 3), compression="gzip", compression_opts=9, shuffle=True)
    file.create_dataset("fletcher", data=c, chunks=(2, 3, 1), fletcher32=True)
    file.create_dataset("growing", data=c, maxshape=(None, 3, None), chunks=(3, 3, 2), shuffle=True, fletcher32=True)
    file.create_dataset("scaleoffset", data=np.arange(20, dtype="<i4"), chunks=(8,), scaleoffset=0)


stored = {"compact": tensor(a), "contiguous": tensor(a), "chunked": tensor(a), "gzip": tensor(b), "shuffle": tensor(b),
          "fletcher": tensor(c), "growing": tensor(c), "scaleoffset": tensor(np.arange(20, dtype="<i4"))}
write("storage", storage, stored)
# The structures of HDF5 1.10: newer headers, other indices of chunks.
write("storage_v110", storage, stored, libver=("v110", "v110"))


# One number, none at all, and an empty dimension.
def shapes(file):
    file["one"] = np.float32(1.5)
    file["none"] = np.zeros((0, 3), "<f4")
    file.create_dataset("none_chunked", shape=(0, 3), maxshape=(None, 3), dtype="<f2")
    file["deep/in/groups"] = ramp((1, 1, 2, 1))
    file.create_group("an/empty/group")


write("shapes", shapes, {"one": tensor(np.float32(1.5)), "none": tensor(np.zeros((0, 3), "<f4")),
                         "none_chunked": tensor(np.zeros((0, 3), "<f2")), "deep.in.groups": tensor(ramp((1, 1, 2, 1)))},
      libver=("v110", "v110"))


# Names: dots in them, other scripts, two names for one dataset by a hard and by a soft link.
def names(file):
    file["model.embedder.token.weight"] = ramp((2, 2))
    file["模型/é"] = ramp((1,))
    file["模型/e\u0301"] = ramp((2,))
    file["tied/hard"] = file["模型/é"]
    file["tied/soft"] = h5py.SoftLink("/模型/é")
    file["with space/and 'quotes'"] = ramp((1,))


write("names", names, {"model.embedder.token.weight": tensor(ramp((2, 2))), "模型.é": tensor(ramp((1,))),
                       "模型.e\u0301": tensor(ramp((2,))), "tied.hard": tensor(ramp((1,))),
                       "tied.soft": tensor(ramp((1,))), "with space.and 'quotes'": tensor(ramp((1,)))}, libver=("v108", "v108"))


# Texts of the root are metadata; what is no short text is passed over.
def attributes(file):
    file.attrs["format"] = "pt"
    file.attrs["fixed"] = np.bytes_(b"abc")
    file.attrs["empty"] = ""
    file.attrs["number"] = 3
    file.attrs["list"] = ["a", "b"]
    file.attrs["long"] = "x" * 5000
    file.attrs["bytes"] = np.bytes_(b"\xff\xfe")
    file["w"] = ramp((2,))
    file["w"].attrs["name"] = "not a group's"


write("metadata", attributes, {"w": tensor(ramp((2,)))}, {"format": "pt", "fixed": "abc", "empty": ""})

# Bytes of another format before the signature.
write("user_block", lambda f: f.create_dataset("w", data=ramp((3,))), {"w": tensor(ramp((3,)))}, userblock_size=512)

# More links than the header of a new group has room for.
many = {f"weights/{i}": np.array([i], "<i2") for i in range(20)}
for version in ("earliest", "v110"):
    write(f"many_{version}", lambda f: [f.create_dataset(k, data=v) for k, v in many.items()],
          {k.replace("/", "."): tensor(v) for k, v in many.items()}, libver=(version, "v110"))

write("nothing", lambda f: None, {})
write("nested_32", lambda f: f.create_dataset("/".join(["g"] * 32 + ["w"]), data=ramp((1,))),
      {".".join(["g"] * 32 + ["w"]): tensor(ramp((1,)))}, libver=("v110", "v110"))

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
print(len(index), "files,", sum(p.stat().st_size for p in here.iterdir()), "bytes")
