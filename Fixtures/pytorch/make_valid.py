#!/usr/bin/env python3
"""Writes valid/*, what torch.save writes in its forms, and valid/index.json with what a reader must find.

    pip install torch==2.13.0 numpy==2.4.6 && python3 make_valid.py

The files of the old form differ from run to run: their storages are named after places in memory.
"""
import argparse
import collections
import io
import json
import pathlib
import zipfile

import numpy as np
import torch

here = pathlib.Path(__file__).parent / "valid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
         torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
         torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64", torch.bool: "BOOL",
         torch.complex64: "C64", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2"}
index = {}


def tensor_entry(value):
    flat = value.detach().clone(memory_format=torch.contiguous_format).contiguous()
    entry = {"dtype": NAMES[flat.dtype], "shape": list(flat.shape),
             "hex": flat.reshape(-1).view(torch.uint8).numpy().tobytes().hex() if flat.numel() else ""}
    if flat.dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        bits = flat.reshape(-1).to(torch.float32).numpy().view(np.uint32)
        entry["float_bits"] = [int(x) for x in bits]
    return entry


def record(name, tensors, key=None):
    index[name] = {"key": key, "tensors": {k: tensor_entry(v) for k, v in tensors.items()}}


def save(name, saved, tensors=None, key=None, **options):
    torch.save(saved, here / name, **options)
    record(name, saved if tensors is None else tensors, key)


torch.manual_seed(1)
small = {"weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4, "bias": torch.tensor([0.5, -0.0, 3e38])}
save("plain.pt", small)
for protocol in (2, 3, 4, 5):
    save(f"protocol_{protocol}.pt", small, pickle_protocol=protocol)
    save(f"legacy_protocol_{protocol}.pth", small, pickle_protocol=protocol, _use_new_zipfile_serialization=False)

types = {str(t).removeprefix("torch."): torch.arange(3).to(t) for t in NAMES}
save("all_types.pt", types)
save("legacy_all_types.pth", {k: v for k, v in types.items() if k not in ("float8_e4m3fn", "float8_e5m2", "uint16",
                                                                          "uint32", "uint64")},
     _use_new_zipfile_serialization=False)

base = torch.arange(60, dtype=torch.float32)
cube = base.reshape(3, 4, 5)
views = {
    "whole": cube, "transposed": cube.transpose(0, 2), "rows": cube[1:], "steps": cube[::2, 1::2, ::3],
    "middle": cube[:, 1:3, 2], "expanded": cube[0, 0, :2].reshape(2, 1).expand(2, 7), "scalar": base[59],
    "none": cube[:, :0], "tied": cube.view(12, 5), "diagonal": base[:25].reshape(5, 5).diagonal(),
    "windows": base[:10].unfold(0, 4, 2), "last": base.half()[2:].reshape(2, 29).t(),
    "channels_last": torch.arange(48, dtype=torch.int16).reshape(2, 3, 2, 4).contiguous(
        memory_format=torch.channels_last),
}
save("views.pt", views)
save("legacy_views.pth", views, _use_new_zipfile_serialization=False)

model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2, bias=False))
save("module.pt", model.state_dict())
save("parameters.pt", dict(model.named_parameters()))
attributes = torch.nn.Parameter(torch.ones(3))
attributes.note = "a parameter with an attribute"
save("attributes.pt", {"parameter": attributes, "buffer": torch.nn.Buffer(torch.zeros(2))})
save("names.pt", {"模型.权重": torch.tensor([1.0]), "é": torch.tensor([2.0]), "e\u0301": torch.tensor([3.0]),
                  "a/b c": torch.tensor([4.0]), "": torch.tensor([5.0])})
save("empty_tensor.pt", {"none": torch.zeros(0), "rows": torch.zeros(3, 0, 2)})

for prefix in ("module.", "_orig_mod.", "module._orig_mod."):
    save(f"prefix_{prefix.replace('.', '_')}.pt".replace("__", "_"), {prefix + k: v for k, v in small.items()}, small)
save("prefix_on_some.pt", {"module.weight": small["weight"], "bias": small["bias"]})
save("counted.pt", {**small, "norm.num_batches_tracked": 7}, small)

optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
model(torch.randn(5, 3)).sum().backward()
optimizer.step()
training = {
    "epoch": 3, "loss": 0.25, "big": 1 << 70, "minus": -(1 << 40), "best": np.float64(0.5), "flag": True, "none": None,
    "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
    "args": argparse.Namespace(lr=1e-3, task="snips", dtype=torch.float16, device=torch.device("cpu")),
    "counter": collections.Counter([1, 1, 2]), "default": collections.defaultdict(list, {"a": [1]}),
    "size": torch.Size([2, 3]), "bytes": b"\0\1", "set": {1, 2}, "frozen": frozenset([3]), "complex": 1j,
    "array": bytearray(b"xy"), "rng": torch.get_rng_state()[:8].clone(), "tuple": (1, (2, 3)),
}
save("training.pt", training, model.state_dict())
save("training_protocol_5.pt", training, model.state_dict(), pickle_protocol=5)
save("legacy_training.pth", training, model.state_dict(), _use_new_zipfile_serialization=False)
save("usual_state_dict.pt", {"state_dict": small, "epoch": 1}, small)
save("usual_model.pt", {"model": small, "scaler": {}}, small)
save("usual_order.pt", {"model": {"x": torch.zeros(1)}, "state_dict": small}, small)
other = {"weight": torch.full((2,), 9.0)}
save("key.pt", {"a": small, "ema": {"state.dict": other}}, other, key="ema.state.dict")
save("key_over_usual.pt", {"model": small, "ema": other}, other, key="ema")

# The same archives as other programs write them: deflated, or stored without padding, in another order.
for name, method in (("deflated.pt", zipfile.ZIP_DEFLATED), ("repacked.pt", zipfile.ZIP_STORED)):
    buffer = io.BytesIO()
    torch.save(views, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(here / name, "w", method) as target:
        for info in reversed(source.infolist()):
            target.writestr(zipfile.ZipInfo(info.filename), source.read(info), compress_type=method)
    record(name, views)

# A line a file: a number a line would be several times as long.
lines = [f"{json.dumps(k)}: {json.dumps(v, sort_keys=True)}" for k, v in sorted(index.items())]
(here / "index.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(index), "files,", sum(f.stat().st_size for f in here.iterdir()), "bytes")
