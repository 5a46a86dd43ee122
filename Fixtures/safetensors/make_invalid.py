#!/usr/bin/env python3
"""Writes invalid/*.safetensors, each broken in one way, and invalid/index.json: per file the error code and a
sentence that its message must hold. Standard library only; the same files every time.

    python3 make_invalid.py

With --reference (needs the safetensors package) it also prints the files that the reference implementation accepts:
those are the rules that embq adds.
"""
import json
import pathlib
import sys

here = pathlib.Path(__file__).parent / "invalid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
index = {}


def raw(name, data, code, sentence):
    assert name + ".safetensors" not in index
    (here / f"{name}.safetensors").write_bytes(data)
    index[f"{name}.safetensors"] = {"code": code, "message": sentence}


def header(name, text, data, code, sentence):
    text = text if isinstance(text, bytes) else text.encode()
    raw(name, len(text).to_bytes(8, "little") + text + data, code, sentence)


def entries(name, tensors, size, code, sentence):
    header(name, json.dumps(tensors, separators=(",", ":")), bytes(range(256))[:size], code, sentence)


def one(name, code, sentence, size=8, key="w", **changes):
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for k, v in changes.items():
        if v is None:
            del entry[k]
        else:
            entry[k] = v
    entries(name, {key: entry}, size, code, sentence)


def t(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


# The first eight bytes.
raw("length_cut", b"\x10\0\0\0", "truncated", "byte 0: the length of the header needs 8 bytes, 4 are left")
raw("length_alone", b"\x10\0\0\0\0\0\0\0", "truncated", "byte 8: the header needs 16 bytes, 0 are left")
raw("length_beyond_the_file", b"\x40\0\0\0\0\0\0\0{}", "truncated", "the header needs 64 bytes, 2 are left")
raw("length_above_the_limit", (100_000_001).to_bytes(8, "little") + b"{}", "limitExceeded",
    "the header would be 100000001 bytes long, the limit is 100000000")
raw("length_of_all_ones", b"\xff" * 8 + b"{}", "limitExceeded", "the header would be 18446744073709551615 bytes long")
raw("length_negative", b"\x02\0\0\0\0\0\0\x80{}", "limitExceeded", "the header would be 9223372036854775810 bytes long")
raw("length_zero", bytes(8), "malformed", "header: it starts with nothing, '{' is expected")

# JSON.
header("header_of_spaces", "        ", b"", "malformed", "header: it starts with byte 32, '{' is expected")
header("header_after_a_space", " {}", b"", "malformed", "header: it starts with byte 32, '{' is expected")
header("header_after_a_byte_order_mark", b"\xef\xbb\xbf{}", b"", "malformed", "it starts with byte 239, '{' is expected")
header("header_an_array", "[]", b"", "malformed", "header: it starts with byte 91, '{' is expected")
header("header_not_closed", '{"w":', b"", "malformed", "header, byte 5: invalid JSON")
header("header_followed_by_text", "{}x", b"", "malformed", "header, byte 2: invalid JSON: text follows the JSON document")
header("header_followed_by_a_zero", "{}\0", b"", "malformed", "text follows the JSON document")
header("header_twice", "{}{}", b"", "malformed", "text follows the JSON document")
header("header_with_a_trailing_comma", '{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]},}', bytes(4), "malformed",
       "a key in double quotes is expected")
header("header_with_a_comment", "{/**/}", b"", "malformed", "a key in double quotes is expected")
header("header_with_bad_utf8", b'{"\xff":{}}', b"", "malformed", "a string is not UTF-8")
header("header_with_half_a_surrogate", '{"\\ud800":{}}', b"", "malformed", "half a surrogate pair")
header("header_with_a_raw_newline", '{"a\nb":{}}', b"", "malformed", "a control character stands unescaped in a string")
header("header_nested_deep", '{"w":' + "[" * 100 + "]" * 100 + "}", b"", "malformed", "nested deeper than 64")
header("tensor_twice", '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],'
       '"data_offsets":[4,8]}}', bytes(8), "duplicate", 'the key "w" stands twice')
header("tensor_twice_by_escape", '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0077":{"dtype":"F32",'
       '"shape":[1],"data_offsets":[4,8]}}', bytes(8), "duplicate", 'the key "w" stands twice')
header("dtype_twice", '{"w":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', bytes(4), "duplicate",
       'the key "dtype" stands twice')

# __metadata__.
for name, value, found in (("a_string", "pt", 'the string "pt"'), ("null", None, "null"), ("an_array", [], "an array of 0")):
    entries(f"metadata_{name}", {"__metadata__": value}, 0, "malformed",
            f"__metadata__: it is {found}, an object of strings is expected")
entries("metadata_value_a_number", {"__metadata__": {"epoch": 3}}, 0, "malformed",
        "__metadata__: 'epoch' is the number 3, a string is expected")
entries("metadata_value_an_object", {"__metadata__": {"a": {}}}, 0, "malformed", "'a' is an object of 0, a string is expected")
header("metadata_twice", '{"__metadata__":{},"__metadata__":{}}', b"", "duplicate", 'the key "__metadata__" stands twice')

# An entry.
entries("entry_a_number", {"w": 1}, 0, "malformed", "tensor 'w': its entry is the number 1, an object is expected")
entries("entry_null", {"w": None}, 0, "malformed", "tensor 'w': its entry is null, an object is expected")
entries("entry_empty", {"w": {}}, 0, "missing", "tensor 'w': its entry has no dtype")
one("dtype_missing", "missing", "tensor 'w': its entry has no dtype", dtype=None)
one("shape_missing", "missing", "tensor 'w': its entry has no shape", shape=None)
one("offsets_missing", "missing", "tensor 'w': its entry has no data_offsets", data_offsets=None)
one("entry_with_an_unknown_key", "malformed", "tensor 'w': its entry has the unknown key 'strides'", strides=[1])
one("entry_with_a_key_in_capitals", "malformed", "its entry has the unknown key 'Dtype'", Dtype="F32")

# dtype.
one("dtype_unknown", "unsupported", "tensor 'w': its dtype 'Q4_K' is unknown", dtype="Q4_K")
one("dtype_in_small_letters", "unsupported", "tensor 'w': its dtype 'f32' is unknown", dtype="f32")
one("dtype_of_numpy", "unsupported", "tensor 'w': its dtype 'float32' is unknown", dtype="float32")
one("dtype_empty", "unsupported", "tensor 'w': its dtype '' is unknown", dtype="")
one("dtype_a_number", "malformed", "tensor 'w': dtype is the number 4, a string is expected", dtype=4)
one("dtype_with_terminal_codes", "unsupported", "its dtype '\\u{1b}[2J' is unknown", dtype="\x1b[2J")

# shape.
one("shape_a_number", "malformed", "tensor 'w': shape is the number 2, an array of integers is expected", shape=2)
one("shape_an_object", "malformed", "tensor 'w': shape is an object of 0, an array of integers is expected", shape={})
one("shape_negative", "malformed", "shape holds the number -2, an integer from 0 to", shape=[-2])
one("shape_of_two_negatives", "malformed", "shape holds the number -1, an integer from 0 to", shape=[-1, -2])
one("shape_a_fraction", "malformed", "shape holds the number 2.0, an integer from 0 to", shape=[2.0])
one("shape_a_string", "malformed", 'shape holds the string "2", an integer from 0 to', shape=["2"])
one("shape_a_boolean", "malformed", "shape holds a boolean, an integer from 0 to", shape=[True])
one("shape_nested", "malformed", "shape holds an array of 1, an integer from 0 to", shape=[[2]])
header("shape_with_an_exponent", '{"w":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', bytes(8), "malformed",
       "shape holds the number 2e0, an integer from 0 to")
header("shape_minus_zero", '{"w":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}', b"", "malformed",
       "shape holds the number -0, an integer from 0 to")
one("shape_above_64_bits", "malformed", "shape holds the number 18446744073709551618", shape=[2**64 + 2])
one("shape_product_overflows", "malformed", "is no size that a file can have", shape=[2**32, 2**32])
one("shape_product_wraps_to_the_size", "malformed", "is no size that a file can have", shape=[2**62 + 1, 4, 2])
one("shape_bytes_overflow", "malformed", "is no size that a file can have", shape=[2**61])
one("shape_zero_times_overflow", "malformed", "is no size that a file can have", shape=[2**62, 4, 0], data_offsets=[0, 0], size=0)
one("shape_of_65_dimensions", "limitExceeded", "it has 65 dimensions, the limit is 64", shape=[1] * 64 + [2])
one("shape_too_large", "malformed", "F32 [3] takes 12 bytes, data_offsets gives it 8", shape=[3])
one("shape_too_small", "malformed", "F32 [1] takes 4 bytes, data_offsets gives it 8", shape=[1])
one("dtype_too_large", "malformed", "F64 [2] takes 16 bytes, data_offsets gives it 8", dtype="F64")
one("dtype_too_small", "malformed", "BF16 [2] takes 4 bytes, data_offsets gives it 8", dtype="BF16")
one("scalar_of_two_values", "malformed", "F32 [] takes 4 bytes, data_offsets gives it 8", shape=[])
one("packed_half_a_byte", "malformed", "F4 [3] is no size that a file can have", dtype="F4", shape=[3], data_offsets=[0, 1], size=1)

# data_offsets.
one("offsets_a_number", "malformed", "data_offsets is the number 0, an array of integers is expected", data_offsets=0)
one("offsets_one", "malformed", "data_offsets has 1 numbers, 2 are expected", data_offsets=[0])
one("offsets_three", "malformed", "data_offsets has 3 numbers, 2 are expected", data_offsets=[0, 8, 8])
one("offsets_negative", "malformed", "data_offsets holds the number -8, an integer from 0 to", data_offsets=[-8, 0])
one("offsets_a_fraction", "malformed", "data_offsets holds the number 0.5", data_offsets=[0.5, 8])
one("offsets_swapped", "malformed", "it ends at 0, before it begins at 8", data_offsets=[8, 0])
one("offsets_beyond_the_file", "truncated", "it ends at byte 16 of the values, which are 8 bytes", data_offsets=[8, 16])
one("values_cut", "truncated", "it ends at byte 8 of the values, which are 7 bytes", size=7)
one("values_missing", "truncated", "it ends at byte 8 of the values, which are 0 bytes", size=0)
one("offsets_at_the_end_of_integers", "truncated", f"it ends at byte {2**63 - 1} of the values", data_offsets=[2**63 - 9, 2**63 - 1])
one("bytes_after_the_last_tensor", "malformed", "the last 1 bytes of the file belong to no tensor", size=9)
entries("bytes_without_a_tensor", {}, 4, "malformed", "the last 4 bytes of the file belong to no tensor")
one("hole_at_the_start", "malformed", "bytes 0 to 4 of the values, before it, belong to no tensor", size=12, data_offsets=[4, 12])
entries("hole_in_the_middle", {"a": t([1], 0, 4), "b": t([1], 8, 12)}, 12, "malformed",
        "tensor 'b': bytes 4 to 8 of the values, before it, belong to no tensor")
entries("overlap_whole", {"a": t([2], 0, 8), "b": t([2], 0, 8)}, 8, "malformed",
        "tensor 'b': it begins at byte 0 of the values, inside tensor 'a', which ends at 8")
entries("overlap_in_part", {"a": t([2], 0, 8), "b": t([2], 4, 12)}, 12, "malformed",
        "tensor 'b': it begins at byte 4 of the values, inside tensor 'a', which ends at 8")
entries("overlap_inside", {"a": t([4], 0, 16), "b": t([1], 4, 8)}, 16, "malformed",
        "tensor 'b': it begins at byte 4 of the values, inside tensor 'a', which ends at 16")
entries("empty_tensor_inside_another", {"a": t([2], 0, 8), "b": t([0], 4, 4)}, 8, "malformed",
        "tensor 'b': it begins at byte 4 of the values, inside tensor 'a', which ends at 8")
entries("empty_tensor_beyond_the_file", {"a": t([2], 0, 8), "b": t([0], 12, 12)}, 8, "truncated",
        "tensor 'b': it ends at byte 12 of the values, which are 8 bytes")
one("name_with_terminal_codes", "unsupported", "tensor '\\u{1b}]0;x\\u{7}': its dtype 'X' is unknown", key="\x1b]0;x\x07", dtype="X")
one("name_very_long", "unsupported", "tensor '" + "n" * 120 + "…': its dtype 'X' is unknown", key="n" * 500, dtype="X")

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "files")

if "--reference" in sys.argv:
    import safetensors
    for name in sorted(index):
        try:
            safetensors.deserialize((here / name).read_bytes())
            print("accepted by the reference:", name)
        except Exception:
            pass
