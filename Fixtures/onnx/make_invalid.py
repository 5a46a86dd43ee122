#!/usr/bin/env python3
"""Writes invalid/*.onnx, each wrong in one way, and invalid/index.json: per file the error code and a sentence that its
message must hold. Standard library only; the same files every time.

    python3 make_invalid.py
"""
import json
import os
import pathlib
import shutil
import struct

here = pathlib.Path(__file__).parent / "invalid"
shutil.rmtree(here, ignore_errors=True)
(here / "data").mkdir(parents=True)
(here / "data" / "four.bin").write_bytes(bytes(4))
os.symlink("../../README.md", here / "data" / "link.bin")
os.symlink("../..", here / "data" / "folder")
index = {}


# The wire format: a message is bytes, its fields one after the other.
def varint(n):
    n &= 2**64 - 1
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def key(field, wire):
    return varint(field << 3 | wire)


def number(field, n):
    return key(field, 0) + varint(n)


def data(field, content):
    content = content.encode() if isinstance(content, str) else content
    return key(field, 2) + varint(len(content)) + content


# Messages of ONNX.
F32, U8, I8, I32, I64, STRING, F16, F64, BF16 = 1, 2, 3, 6, 7, 8, 10, 11, 16


def entry(k, v):
    return data(1, k) + data(2, v)


def tensor(name="a.weight", dims=(2,), type=F32, raw=None, **fields):
    m = b"".join(number(1, d) for d in dims)
    m += number(2, type) if type is not None else b""
    m += data(8, name) if name is not None else b""
    m += data(9, raw) if raw is not None else b""
    for field, content in fields.items():
        m += data(int(field[1:]), content)
    return m


def external(name="a.weight", dims=(1,), **entries):
    m = tensor(name, dims)
    for k, v in entries.items():
        m += data(13, entry(k, v))
    return m + number(14, 1)


def node(op, inputs, outputs, name="", attributes=()):
    m = b"".join(data(1, i) for i in inputs) + b"".join(data(2, o) for o in outputs)
    m += data(3, name) if name else b""
    m += data(4, op) if op else b""
    return m + b"".join(data(5, a) for a in attributes)


def graph(*initializers, nodes=(), rest=b""):
    return b"".join(data(1, n) for n in nodes) + b"".join(data(5, t) for t in initializers) + rest


def model(*initializers, nodes=(), rest=b"", after=b""):
    return number(1, 8) + data(7, graph(*initializers, nodes=nodes, rest=rest)) + data(8, number(2, 17)) + after


def bad(name, content, code, sentence):
    assert f"{name}.onnx" not in index and len(content) < 30_000, name
    (here / f"{name}.onnx").write_bytes(content)
    index[f"{name}.onnx"] = {"code": code, "message": sentence}


floats = lambda *v: struct.pack(f"<{len(v)}f", *v)
two = floats(1, 2)
good = model(tensor(raw=two))

# The wire.
bad("cut_in_a_tensor", good[:-8], "truncated", "the data ends inside this field")
bad("length_of_31_bits", number(1, 8) + key(7, 2) + varint(2**31 - 1) + b"x", "truncated", "byte 2: the data ends inside this field")
bad("length_of_63_bits", number(1, 8) + key(7, 2) + varint(2**63 - 1) + b"x", "truncated", "byte 2: the data ends inside this field")
bad("length_of_64_bits", number(1, 8) + key(7, 2) + varint(2**64 - 1) + b"x", "truncated", "byte 2: the data ends inside this field")
bad("length_beyond_its_message", model(data(9, two)[:1] + varint(100) + two), "truncated", "the data ends inside this field")
bad("varint_of_eleven_bytes", number(1, 8) + key(7, 0) + b"\xff" * 10 + b"\1", "malformed", "a variable-length integer has more than 64 bits")
bad("field_zero", number(1, 8) + data(7, b"\0\0"), "malformed", "a field number is 0 or above")
bad("group", number(1, 8) + data(7, key(3, 3) + key(3, 4)), "malformed", "a wire type that protobuf messages do not use")
bad("graph_a_number", number(1, 8) + number(7, 1) + number(5, 1), "malformed", "a field holds another kind of value than its schema says")
bad("graph_twice", model(tensor(raw=two)) + data(7, b""), "duplicate", "a field that may stand once stands twice")
bad("raw_data_twice", model(tensor(raw=two) + data(9, two)), "duplicate", "a field that may stand once stands twice")
bad("float_data_not_packed", model(tensor() + b"".join(key(4, 5) + floats(v) for v in (1, 2))), "malformed",
    "a field holds another kind of value than its schema says")
bad("name_not_utf8", model(tensor(name=b"a.\xff\xfe", raw=two)), "malformed", "a text is not UTF-8, or holds a NUL")
bad("name_with_a_nul", model(tensor(name=b"a.weight\0b", raw=two)), "malformed", "a text is not UTF-8, or holds a NUL")
bad("name_half_a_surrogate", model(tensor(name=b"a.\xed\xa0\x80", raw=two)), "malformed", "a text is not UTF-8, or holds a NUL")
deep = b""
for _ in range(500):
    deep = data(1, data(5, data(6, deep)))   # a graph in an attribute of a node in a graph
bad("graphs_nested_deep", number(1, 8) + data(7, deep), "limitExceeded", "messages are nested too deep")
bad("nodes_without_end", number(1, 8) + data(7, data(1, key(5, 2) + b"\0") * 5000), "missing", "node 0: it has no op_type")

# The model.
bad("no_graph", number(1, 8) + data(8, number(2, 17)), "missing", "the model has no graph")
bad("sparse", model(rest=data(15, b"")), "unsupported", "the graph has sparse initializers")
bad("initializer_twice", model(tensor(raw=two), tensor(raw=two)), "duplicate", "tensor 'a.weight': two initializers have this name")
bad("initializer_without_name", model(tensor(name=None, raw=two)), "missing", "initializer 0: it has no name")
bad("node_without_operation", model(nodes=[node("", ["x"], ["y"])]), "missing", "node 0: it has no op_type")
bad("output_twice", model(nodes=[node("Relu", ["x"], ["y"], "/a/Relu"), node("Relu", ["x"], ["y"], "/b/Relu")]), "duplicate",
    "node '/b/Relu': its output 'y' is made by another node too")
bad("output_an_initializer", model(tensor(raw=two), nodes=[node("Relu", ["x"], ["a.weight"])]), "duplicate",
    "its output 'a.weight' is made by another node too, or is an initializer")
bad("names_that_look_the_same", model(tensor("a.\u00e9", raw=two), tensor("a.e\u0301", raw=two)), "duplicate", "two initializers have this name")
bad("packed_weights", model(nodes=[node("MatMulNBits", ["x", "b"], ["y"], "/a/MatMul_Q4")]), "unsupported",
    "node '/a/MatMul_Q4': it is MatMulNBits, whose packed weights embq does not read")
bad("attribute_twice", model(nodes=[node("Relu", ["x"], ["y"], "r", [data(1, "k") + number(3, 1)] * 2)]), "duplicate",
    "node 'r': the attribute 'k' stands twice")
bad("control_flow", model(nodes=[node("If", ["x"], ["y"], "/If", [data(1, "then_branch") + data(6, b"")])]), "unsupported",
    "node '/If': it is If, which has a graph of its own")
bad("terminal_codes", model(tensor(name="a.\x1b[2Jweight")), "missing", "tensor 'a.\\u{1b}[2Jweight'")

# A tensor.
bad("type_missing", model(tensor(type=None, raw=two)), "missing", "it has no data_type")
bad("type_zero", model(tensor(type=0, raw=two)), "unsupported", "its data_type 0 is unknown")
bad("type_unknown", model(tensor(type=99, raw=two)), "unsupported", "its data_type 99 is unknown")
bad("type_negative", model(tensor(type=-1, raw=two)), "unsupported", "its data_type -1 is unknown")
bad("type_of_strings", model(tensor(type=STRING) + data(6, "a") + data(6, "b")), "unsupported", "its values are STRING, which embq does not read")
bad("type_of_four_bits", model(tensor(type=22, raw=b"\1")), "unsupported", "its values are INT4, which embq does not read")
bad("dimension_negative", model(tensor(dims=[-2], raw=two)), "malformed", "its dimension -2 is negative")
bad("dimension_2_to_the_63", model(tensor(dims=[2**63], raw=two)), "malformed", "its dimension -9223372036854775808 is negative")
bad("dimension_2_to_the_62", model(tensor(dims=[2**62], raw=two)), "malformed", "FLOAT [4611686018427387904] is no size that a file can have")
bad("dimensions_overflow", model(tensor(dims=[2**40, 2**40], raw=two)), "malformed", "is no size that a file can have")
bad("dimensions_wrap_to_the_size", model(tensor(dims=[2**33 + 1, 2**33 + 1], raw=two)), "malformed", "is no size that a file can have")
bad("dimensions_65", model(tensor(dims=[1] * 65, raw=floats(1))), "limitExceeded", "it has 65 dimensions, the limit is 64")
bad("raw_too_short", model(tensor(raw=two[:-1])), "malformed", "its 2 values take 8 bytes, raw_data has 7")
bad("raw_too_long", model(tensor(raw=two + b"\0")), "malformed", "its 2 values take 8 bytes, raw_data has 9")
bad("raw_empty", model(tensor(raw=b"")), "malformed", "its 2 values take 8 bytes, raw_data has 0")
bad("values_missing", model(tensor()), "missing", "it has 2 values by its shape and none in the file")
bad("values_twice", model(tensor(raw=two, f4=two)), "malformed", "its values stand twice, in raw_data and float_data")
bad("values_in_another_field", model(tensor(f7=varint(1) * 2)), "malformed", "its values are FLOAT and stand in int64_data, float_data or raw_data is expected")
bad("floats_too_few", model(tensor(f4=floats(1))), "malformed", "its 2 values take 8 bytes, float_data has 4")
bad("floats_half_a_value", model(tensor(f4=two[:-2])), "malformed", "its 2 values take 8 bytes, float_data has 6")
bad("varints_too_few", model(tensor(type=I8, f5=varint(1))), "malformed", "its 2 values cannot take the 1 bytes of int32_data")
bad("varints_too_many", model(tensor(type=F16, f5=varint(1) * 9)), "malformed", "it has more values than the 2 of its shape")
bad("varint_cut", model(tensor(type=F16, f5=b"\1\xff")), "malformed", "value 1 of its 2 is cut short")
bad("varint_out_of_range", model(tensor(type=F16, f5=varint(1) + varint(65536))), "malformed", "value 1 is 65536, which is no FLOAT16")
bad("varint_negative_half", model(tensor(type=BF16, f5=varint(-1) + varint(1))), "malformed", "value 0 is -1, which is no BFLOAT16")
bad("segment", model(tensor(raw=two, f3=number(1, 0))), "unsupported", "it is stored in segments")

# Values in another file.
bad("external_without_location", model(external(offset="0")), "missing", "its values are said to be in another file, which is not named")
bad("external_and_raw", model(external(location="data/four.bin") + data(9, floats(1))), "malformed",
    "its values are said to be in another file, and stand in raw_data")
bad("external_above", model(external(location="../README.md")), "unsupported", "tensor 'a.weight': '../README.md' is no path inside the model's folder")
bad("external_above_inside", model(external(location="data/../../README.md")), "unsupported", "is no path inside the model's folder")
bad("external_absolute", model(external(location="/etc/hostname")), "unsupported", "'/etc/hostname' is no path inside the model's folder")
bad("external_with_backslashes", model(external(location="..\\README.md")), "unsupported", "is no path inside the model's folder")
bad("external_a_link_out", model(external(location="data/link.bin")), "unsupported", "'data/link.bin' leads out of the model's folder")
bad("external_through_a_link_out", model(external(location="data/folder/README.md")), "unsupported", "leads out of the model's folder")
bad("external_a_folder", model(external(location="data")), "unreadable", "it is not a regular file")
bad("external_not_there", model(external(location="data/none.bin")), "unreadable", "it cannot be opened (No such file or directory)")
bad("external_too_short", model(external(dims=[2], location="data/four.bin")), "truncated", "it needs 8 bytes at byte 0 of 'data/four.bin', which has 4")
bad("external_offset_beyond", model(external(location="data/four.bin", offset="4")), "truncated", "it needs 4 bytes at byte 4 of")
bad("external_offset_overflows", model(external(location="data/four.bin", offset=str(2**63 - 1))), "truncated", "at byte 9223372036854775807 of")
bad("external_offset_of_65_bits", model(external(location="data/four.bin", offset=str(2**64))), "malformed", "the offset of its external data is '18446744073709551616'")
bad("external_offset_negative", model(external(location="data/four.bin", offset="-4")), "malformed", "the offset of its external data is '-4'")
bad("external_offset_no_number", model(external(location="data/four.bin", offset="+0")), "malformed", "the offset of its external data is '+0'")
bad("external_length_wrong", model(external(location="data/four.bin", length="2")), "malformed", "its 1 values take 4 bytes, its external data has 2")
bad("external_key_twice", model(external(location="data/four.bin") + data(13, entry("location", "x"))), "duplicate",
    "the key 'location' of external_data stands twice")
bad("external_place_unknown", model(tensor(raw=two) + number(14, 2)), "unsupported", "its data_location 2 is unknown")

# Names that the graph does not tell.
square = lambda name: tensor(name, [2, 2], raw=floats(1, 2, 3, 4))
bias = lambda name: tensor(name, raw=two)
product = lambda weight, out, name="": node("MatMul", ["x", weight], [out], name)
bad("two_weights_for_one_bias", model(square("w1"), square("w2"), bias("a.bias"), nodes=[
    product("w1", "p"), node("Add", ["p", "a.bias"], ["r"]), product("w2", "q"), node("Add", ["q", "a.bias"], ["s"])]),
    "duplicate", "tensor 'a.weight': the graph has two candidates for it: 'w1'")
bad("two_biases_for_one_weight", model(square("w1"), bias("a.bias"), bias("b.bias"), nodes=[
    product("w1", "p"), node("Add", ["p", "a.bias"], ["r"]), node("Add", ["p", "b.bias"], ["s"])]),
    "mismatch", "the graph adds two biases to its product: a.bias and b.bias")
bad("bias_and_scope_disagree", model(square("w1"), bias("a.bias"), nodes=[
    product("w1", "p", "/b/MatMul"), node("Add", ["p", "a.bias"], ["r"])]), "mismatch", "the graph has two candidates for its name: a.weight")
bad("two_products_in_one_scope", model(square("w1"), square("w2"), nodes=[
    product("w1", "p", "/a/MatMul"), product("w2", "q", "/a/MatMul_1")]), "duplicate", "tensor 'a.weight': the graph has two candidates for it")
branch = [product("w1", "p"), node("Add", ["p", "a.att_output.bias"], ["r"])]
bad("factor_negative", model(square("w1"), bias("a.att_output.bias"), tensor("f", [], raw=floats(-1)), nodes=[
    *branch, node("Mul", ["f", "r"], ["s"])]), "nonFinite", "the factor of a branch is -1.0, which is no exponential")
bad("two_factors", model(square("w1"), bias("a.att_output.bias"), tensor("f", [], raw=floats(1)), tensor("g", [], raw=floats(2)), nodes=[
    *branch, node("Mul", ["f", "r"], ["s"]), node("Mul", ["g", "r"], ["t"])]), "duplicate", "tensor 'a.lambda_q1': the graph has two candidates for it")

# Quantized weights.
q = tensor("a.weight_quantized", [2], I8, b"\1\2")
dequantize = node("DequantizeLinear", ["a.weight_quantized", "s", "z"], ["w"])
scale = lambda *v: tensor("s", [len(v)] if len(v) > 1 else [], raw=floats(*v))
zero = tensor("z", [], I8, b"\0")
bad("scale_zero", model(q, scale(0), zero, nodes=[dequantize]), "nonFinite", "a scale of its values is not a number above 0")
bad("scale_nan", model(q, scale(float("nan")), zero, nodes=[dequantize]), "nonFinite", "a scale of its values is not a number above 0")
bad("scales_too_many", model(q, scale(1, 2, 3), zero, nodes=[dequantize]), "shapeMismatch", "it has 3 scales or zero points for dimension 1 of [2]")
bad("scale_computed", model(q, zero, nodes=[node("Relu", ["x"], ["s"]), dequantize]), "unsupported", "its scale, an input of DequantizeLinear, is computed")
bad("scale_none", model(q, tensor("s", [0], raw=b""), zero, nodes=[dequantize]), "shapeMismatch", "it has 0 scales or zero points")
bad("axis_beyond", model(q, scale(1, 2), zero, nodes=[dequantize + data(5, data(1, "axis") + number(3, 2**62))]), "shapeMismatch",
    "it has 2 scales or zero points for dimension 4611686018427387904")
bad("zero_point_a_float", model(q, scale(1), tensor("z", [], raw=floats(0)), nodes=[dequantize]), "unsupported", "its zero point, an input of DequantizeLinear, is no constant")
bad("two_scales", model(q, scale(1), tensor("t", [], raw=floats(2)), zero, nodes=[
    dequantize, node("DequantizeLinear", ["a.weight_quantized", "t", "z"], ["v"])]), "mismatch", "two operations read its values with different scales")
bad("blocks", model(q, scale(1), zero, nodes=[dequantize + data(5, data(1, "block_size") + number(3, 2))]), "unsupported", "its scales belong to blocks")
bad("scale_nowhere", model(tensor("a.weight_quantized", [1, 1], I8, b"\1"), nodes=[
    node("MatMulInteger", ["x", "a.weight_quantized"], ["y"], "m")]), "unsupported", "nothing multiplies the result of MatMulInteger 'm' by its scale")

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "files")
