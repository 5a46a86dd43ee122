#!/usr/bin/env python3
"""Writes invalid/*, each broken or hostile in one way, and invalid/index.json: per file the error code and a sentence
that its message must hold. Standard library only; the same files every time.

    python3 make_invalid.py
"""
import io
import json
import pathlib
import zipfile

here = pathlib.Path(__file__).parent / "invalid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
index = {}


def put(name, data, code, sentence):
    assert name not in index, name
    (here / name).write_bytes(data)
    index[name] = {"code": code, "message": sentence}


def archive(files, method=0):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return buffer.getvalue()


def raw(name, data, code, sentence):
    """An archive of the good array 'a' and of the given one."""
    put(name + ".npz", archive({"a.npy": good, "w.npy": data}), code, "entry 'w.npy', " + sentence if sentence[:4] == "byte"
        else sentence)


def header(text, data=bytes(8), version=b"\1\0", length=None):
    text = text if isinstance(text, bytes) else text.encode()
    length = len(text) if length is None else length
    return b"\x93NUMPY" + version + length.to_bytes(2 if version[0] == 1 else 4, "little") + text + data


def text(name, words, code, sentence, data=bytes(8)):
    raw(name, header(words, data), code, sentence)


def field(name, code, sentence, data=bytes(8), descr="'<f4'", order="False", shape="(2,)"):
    text(name, f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n", code, sentence, data)


good = header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n")

# The first bytes.
raw("empty", b"", "truncated", "the mark of a numpy array needs 6 bytes, 0 are left")
raw("mark_wrong", b"\x93NUMPX" + good[6:], "malformed", "byte 0: it does not start as a numpy array does")
raw("mark_of_a_pickle", b"\x80\4cposix\nsystem\n.", "malformed", "byte 0: it does not start as a numpy array does")
raw("mark_cut", good[:5], "truncated", "the mark of a numpy array needs 6 bytes")
raw("version_0", good[:6] + b"\0\0" + good[8:], "unsupported", "the array's form has the version 0.0")
raw("version_4", good[:6] + b"\4\0" + good[8:], "unsupported", "the array's form has the version 4.0")
raw("version_1_1", good[:6] + b"\1\1" + good[8:], "unsupported", "the array's form has the version 1.1")
raw("version_cut", good[:7], "truncated", "the version needs 1 bytes")
raw("length_cut", good[:9], "truncated", "the header's length needs 2 bytes, 1 are left")
raw("length_beyond_the_file", header("{}", b"", length=500), "truncated", "the header needs 500 bytes, 2 are left")
raw("length_above_the_limit", header("{}", length=10001), "limitExceeded", "the header would be 10001 bytes long")
raw("length_2_32", header("{}", version=b"\2\0", length=2**32 - 1), "limitExceeded", "the header would be 4294967295 bytes")

# The dict.
text("no_text", "", "malformed", "the header is wrong: a dict is expected")
text("a_list", "['<f4', False, (2,)]\n", "malformed", "the header is wrong: a dict is expected")
text("a_call", "__import__('os').system('true')\n", "malformed", "the header is wrong: a dict is expected")
field("call_as_type", "malformed", "the header is wrong: the type is no string", descr="str('<f4')")
field("call_as_order", "malformed", "True or False is expected", order="exit()")
field("call_as_shape", "malformed", "the header is wrong: a tuple is expected", shape="range(2)")
field("call_in_shape", "malformed", "a dimension is no number", shape="(int('2'),)")
field("lambda", "malformed", "the type is no string", descr="(lambda: 1)()")
text("comprehension", "{k: v for k, v in ()}\n", "malformed", "the header is wrong: a string is expected")
text("dict_open", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "malformed", "a comma or the dict's end is expected")
text("dict_empty", "{}\n", "malformed", "one of descr, fortran_order and shape is missing")
text("descr_missing", "{'fortran_order': False, 'shape': (2,), }\n", "malformed", "one of descr, fortran_order")
text("order_missing", "{'descr': '<f4', 'shape': (2,), }\n", "malformed", "one of descr, fortran_order")
text("shape_missing", "{'descr': '<f4', 'fortran_order': False, }\n", "malformed", "one of descr, fortran_order")
text("descr_twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "malformed",
     "the key 'descr' is unknown or stands twice")
text("key_unknown", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'code': '1'}\n", "malformed",
     "the key 'code' is unknown")
text("key_a_number", "{1: '<f4'}\n", "malformed", "a string is expected")
text("text_after_the_dict", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }; import os\n", "malformed",
     "there is more than a dict")
text("zero_after_the_dict", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\0\n", "malformed",
     "there is more than a dict")
text("colon_missing", "{'descr' '<f4'}\n", "malformed", "a colon is expected")
text("comma_missing", "{'descr': '<f4' 'fortran_order': False}\n", "malformed", "a comma or the dict's end is expected")
text("string_open", "{'descr: ", "malformed", "a string does not end")
text("string_with_escape", "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2,), }\n", "malformed",
     "a string has something else than plain characters")
text("string_not_ascii", "{'d\u00e9scr': '<f4'}\n", "malformed", "a string has something else than plain characters")
text("nested_deep", "{" * 5000, "malformed", "the header is wrong: a string is expected")
field("order_a_number", "malformed", "True or False is expected", order="0")
field("order_a_string", "malformed", "True or False is expected", order="'False'")
field("order_none", "malformed", "True or False is expected", order="None")

# Types.
field("objects", "unsupported", "its values are Python objects: a pickle", descr="'|O'",
      data=b"\x80\4cposix\nsystem\n(X\4\0\0\0truetR.")
field("bfloat16", "unsupported", "numpy cannot name bfloat16", descr="'|V2'", data=bytes(4))
field("bfloat16_little", "unsupported", "numpy cannot name bfloat16", descr="'<V2'", data=bytes(4))
field("records", "unsupported", "its values are records of several fields", descr="[('x', '<f4')]")
field("text_values", "unsupported", "its type '<U4' is none that embq knows", descr="'<U4'")
field("dates", "unsupported", "its type '<M8[ns]' is none that embq knows", descr="'<M8[ns]'")
field("long_doubles", "unsupported", "its type '<f16' is none that embq knows", descr="'<f16'")
field("complex_doubles", "unsupported", "its type '<c16' is none that embq knows", descr="'<c16'")
field("complex_big_endian", "unsupported", "its type '>c8' is none that embq knows", descr="'>c8'")
field("type_empty", "unsupported", "its type '' is none that embq knows", descr="''")
field("type_order_alone", "unsupported", "its type '<' is none that embq knows", descr="'<'")
field("type_without_order", "unsupported", "its type '|f4' is none that embq knows", descr="'|f4'")
field("type_a_number", "malformed", "the type is no string", descr="4")
field("type_a_class", "malformed", "the type is no string", descr="float")

# Shapes and sizes.
field("shape_negative", "malformed", "a dimension is no number from 0", shape="(-2,)")
field("shape_2_63", "malformed", "a dimension is no number from 0", shape="(9223372036854775808,)")
field("shape_2_62", "malformed", "is larger than memory can be", shape="(4611686018427387904,)")
field("shape_product_overflows", "malformed", "is larger than memory can be", shape="(4294967296, 4294967296)")
field("shape_wraps_to_the_size", "malformed", "is larger than memory can be", shape="(4611686018427387905, 2)")
field("shape_overflows_fortran", "malformed", "is larger than memory can be", shape="(4294967296, 4294967296)", order="True")
field("shape_a_number", "malformed", "a tuple is expected", shape="2")
field("shape_a_number_in_parentheses", "malformed", "the shape is a number in parentheses", shape="(2)")
field("shape_a_list", "malformed", "a tuple is expected", shape="[2]")
field("shape_of_floats", "malformed", "the shape is a number in parentheses", shape="(2.0,)")
field("shape_with_zero_before", "malformed", "a dimension is no number", shape="(02,)")
field("shape_with_plus", "malformed", "a dimension is no number", shape="(+2,)")
field("shape_with_underscore", "malformed", "the shape is a number in parentheses", shape="(2_0,)")
field("shape_of_65_dimensions", "limitExceeded", "it has more dimensions than 64", shape="(" + "1," * 65 + ")", data=bytes(4))
field("shape_nested", "malformed", "a dimension is no number", shape="((2,),)")
field("shape_open", "malformed", "a dimension is no number", shape="(2,")
field("shape_of_commas", "malformed", "a dimension is no number", shape="(,)")
field("values_missing", "truncated", "leaves its storage of 0 bytes", data=b"")
field("values_cut", "truncated", "leaves its storage of 7 bytes", data=bytes(7))
field("values_left", "malformed", "9 bytes follow the header, [2] takes 8", data=bytes(9))
field("values_of_nothing", "malformed", "8 bytes follow the header, [0, 4] takes 0", shape="(0, 4)")

# The archive.
put("not_an_array.npz", archive({"a.npy": good, "readme.txt": b"x"}), "unsupported", "entry 'readme.txt': it is not an array")
put("no_name.npz", archive({"a.npy": good, ".npy": good}), "unsupported", "entry '.npy': it is not an array")
put("name_that_leads_out.npz", archive({"../a.npy": good}), "malformed", "its name is not a plain path")
put("single.npy", good, "unsupported", "it is a single numpy array (.npy), which embq does not read")
put("cut.npz", archive({"a.npy": good})[:-10], "truncated", "the zip archive's directory is missing")
put("lzma.npz", archive({"a.npy": good}, zipfile.ZIP_LZMA), "unsupported", "its compression is LZMA (14)")
data = archive({"a.npy": good})
at = data.index(good) + len(good) - 1
put("crc.npz", data[:at] + b"\1" + data[at + 1:], "corrupted", "entry 'a.npy': its bytes have the CRC")
bomb = header("{'descr': '|u1', 'fortran_order': False, 'shape': (17000000,), }\n", bytes(17_000_000))
put("bomb.npz", archive({"a.npy": bomb}, zipfile.ZIP_DEFLATED), "limitExceeded", "would inflate to 170000")

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "files,", sum(f.stat().st_size for f in here.iterdir()), "bytes")
