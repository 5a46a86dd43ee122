#!/usr/bin/env python3
"""Writes valid/NAME, tiny safetensors checkpoints in several files, whole.safetensors with the same tensors in one, and
invalid/NAME, each wrong in one way (invalid/index.json: the error code and a sentence of the message). The same files
every time.

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
for name in ("valid", "invalid"):
    shutil.rmtree(here / name, ignore_errors=True)
rng = np.random.default_rng(4)
t = lambda *shape: rng.normal(0, 1, shape).astype(np.float32)
first = {"a.weight": t(2, 3), "b.weight": t(4), "c.weight": t(0, 2)}
second = {"a.bias": t(2), "b.bias": t(1, 1, 1).astype(np.float16)}
save_file(first | second, here / "whole.safetensors", metadata={"format": "pt"})
ONE, TWO, INDEX = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"
SIZE = sum(v.nbytes for v in (first | second).values())
MAP = {k: ONE for k in first} | {k: TWO for k in second}
index = {}


def write(folder, document, shards):
    folder = here / folder
    folder.mkdir(parents=True)
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    (folder / INDEX).write_bytes(text.encode(errors="surrogateescape"))
    for name, tensors in shards.items():
        save_file(tensors, folder / name, metadata={"format": "pt", "shard": name})
        sort_metadata(folder / name)


def sort_metadata(file):
    """The package writes these keys in an order of its own every time."""
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    file.write_bytes(data[:8] + text.ljust(size) + data[8 + size:])


def document(changes=(), total=SIZE, **more):
    weights = {k: v for k, v in (MAP | dict(changes)).items() if v is not None}
    return {"metadata": {"total_size": total}, "weight_map": weights} | more


def invalid(name, text, code, sentence, shards=None):
    write(f"invalid/{name}", text, {ONE: first, TWO: second} if shards is None else shards)
    index[name] = {"code": code, "message": sentence}


both = {ONE: first, TWO: second}
write("valid/plain", document(), both)
write("valid/size_with_a_fraction", document(total=float(SIZE)), both)
write("valid/without_metadata", {"weight_map": MAP}, both)
write("valid/other_names", {"weight_map": {k: "first.bin" if v == ONE else "second" for k, v in MAP.items()}},
      {"first.bin": first, "second": second})

invalid("an_array", '["weight_map"]', "unsupported", "its content is of no weights format")
invalid("not_closed", '{"weight_map": {', "malformed", "byte 16")
invalid("map_an_array", {"weight_map": []}, "malformed", "'weight_map': it is an array of 0, an object is expected")
invalid("map_empty", {"weight_map": {}}, "missing", "'weight_map': it names no tensor")
invalid("map_deeper", {"model": {"weight_map": {}}}, "missing", "it has no weight_map")
invalid("tensor_twice_in_the_map", '{"weight_map": {"a.weight": "%s", "a.weight": "%s"}}' % (ONE, TWO), "duplicate", "the key \"a.weight\" stands twice")
invalid("file_a_number", document({"a.weight": 1}), "malformed", "tensor 'a.weight': its file is the number 1, a file name is expected")
invalid("file_without_name", document({"a.weight": ""}), "unsupported", "its file '' is no plain file name")
invalid("file_above", document({"a.weight": "../../whole.safetensors"}), "unsupported", "its file '../../whole.safetensors' is no plain file name")
invalid("file_the_folder", document({"a.weight": ".."}), "unsupported", "its file '..' is no plain file name")
invalid("file_absolute", document({"a.weight": "/etc/hostname"}), "unsupported", "its file '/etc/hostname' is no plain file name")
invalid("file_with_terminal_codes", document({"a.weight": "\x1b[2J"}), "unsupported", "its file '\\u{1b}[2J' is no plain file name")
invalid("file_not_there", document(), "unreadable", f"{TWO}: it cannot be opened", {ONE: first})
invalid("file_the_index", document({"a.weight": INDEX}), "limitExceeded", f"{INDEX}: byte 0: the header would be")
invalid("tensor_not_in_its_file", document({"d.weight": ONE}), "missing", f"tensor 'd.weight': it is not in '{ONE}', where the index has it")
invalid("tensor_in_another_file", document({"a.weight": TWO}), "missing", f"tensor 'a.weight': it is not in '{TWO}'")
invalid("tensor_not_in_the_map", document({"a.bias": None}), "mismatch", f"{TWO}: tensor 'a.bias': the index does not know it")
invalid("tensor_in_two_files", document(), "duplicate", f"{TWO}: tensor 'a.weight': it is in this file, and the index has it in another one",
        {ONE: first, TWO: second | {"a.weight": first["a.weight"]}})
invalid("size_too_small", document(total=SIZE - 1), "mismatch", f"'total_size': it is {SIZE - 1}; the tensors take {SIZE} bytes")
invalid("size_a_string", document(total=str(SIZE)), "malformed", "'total_size': it is the string")
invalid("size_of_100_bits", document(total=2**100), "malformed", "'total_size': it is the number 1267650600228229401496703205376")
write("invalid/file_cut", document(), both)
os.truncate(here / "invalid" / "file_cut" / TWO, 60)
index["file_cut"] = {"code": "truncated", "message": f"{TWO}: byte 8"}

def broken(name, text, code, sentence, change):
    """With the second file changed after it was written."""
    invalid(name, text, code, sentence)
    change(here / "invalid" / name / TWO)


plain = json.dumps(document())
# The document.
invalid("document_not_utf8", plain.replace("b.bias", "b.b\udcff"), "malformed", "UTF-8")
invalid("document_followed_by_another", plain + plain, "malformed", f"byte {len(plain)}")
invalid("document_cut", plain[:-1], "malformed", f"byte {len(plain) - 1}")
invalid("document_with_a_nan", plain.replace(str(SIZE), "NaN"), "malformed", "byte")
invalid("document_nested_too_deep", plain[:-1] + ', "x": ' + "[" * 500 + "]" * 500 + "}", "malformed", "nested deeper than 64")
invalid("map_twice", plain[:-1] + ', "weight_map": {}}', "duplicate", "the key \"weight_map\" stands twice")
invalid("map_a_string", {"weight_map": ONE}, "malformed", f"'weight_map': it is the string \"{ONE}\", an object is expected")
invalid("map_null", {"weight_map": None}, "malformed", "'weight_map': it is null, an object is expected")
# The files' names.
invalid("file_null", plain.replace(f'"{ONE}"', "null", 1), "malformed", "tensor 'a.weight': its file is null, a file name is expected")
invalid("file_two_names", document({"a.weight": [ONE, TWO]}), "malformed", "tensor 'a.weight': its file is an array of 2, a file name is expected")
invalid("file_in_a_folder", document({"a.weight": "shards/" + ONE}), "unsupported", f"its file 'shards/{ONE}' is no plain file name")
invalid("file_with_a_backslash", document({"a.weight": "shards\\" + ONE}), "unsupported", "is no plain file name")
invalid("file_with_a_zero", document({"a.weight": ONE + "\0.bin"}), "unsupported", f"its file '{ONE}\\u{{0}}.bin' is no plain file name")
invalid("file_name_too_long", document({"a.weight": "n" * 300}), "unreadable", "it cannot be opened (File name too long)")
invalid("tensor_with_terminal_codes", document({"\x1b[2J": ONE}), "missing", "tensor '\\u{1b}[2J': it is not in")
# The size.
invalid("size_negative", document(total=-1), "malformed", "'total_size': it is the number -1, a number of bytes is expected")
invalid("size_half_a_byte", document(total=SIZE + 0.5), "malformed", f"'total_size': it is the number {SIZE + 0.5}, a number of bytes is expected")
invalid("size_null", document(total=None), "malformed", "'total_size': it is null, a number of bytes is expected")
invalid("size_true", document(total=True), "malformed", "'total_size': it is a boolean, a number of bytes is expected")
invalid("metadata_a_string", {"metadata": "none", "weight_map": MAP}, "malformed", "'metadata': it is the string \"none\", an object is expected")
# The files.
broken("file_empty", document(), "truncated", f"{TWO}: byte 0", lambda path: path.write_bytes(b""))
broken("file_a_pickle", document(), "limitExceeded", f"{TWO}: byte 0: the header would be", lambda path: path.write_bytes(b"\x80\x02}q\x00(X\x08\x00\x00\x00"))
broken("file_a_folder", document(), "unreadable", f"{TWO}: it is not a regular file", lambda path: (path.unlink(), path.mkdir(), (path / "a").write_text("")))
broken("file_too_long", document(), "malformed", f"{TWO}: byte", lambda path: path.write_bytes(path.read_bytes() + b"\0"))
(here / "invalid" / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "invalid")
