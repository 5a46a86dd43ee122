#!/usr/bin/env python3
"""Writes invalid/*, each broken or hostile in one way, and invalid/index.json: per file the error code and a sentence
that its message must hold. Standard library only; the same files every time.

    python3 make_invalid.py
"""
import io
import json
import pathlib
import struct
import zipfile

here = pathlib.Path(__file__).parent / "invalid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
index = {}
P2, P4 = b"\x80\x02", b"\x80\x04"


def put(name, data, code, sentence, key=None):
    assert name not in index, name
    (here / name).write_bytes(data)
    index[name] = {"code": code, "message": sentence, **({"key": key} if key else {})}


# Instructions of the pickle machine.
def s(text): return b"X" + struct.pack("<I", len(text.encode())) + text.encode()
def i(n): return b"J" + struct.pack("<i", n) if -2**31 <= n < 2**31 else b"\x8a\x08" + struct.pack("<q", n)
def g(module, name): return f"c{module}\n{name}\n".encode()
def t(*items): return b"(" + b"".join(items) + b"t"
def l(*items): return b"](" + b"".join(items) + b"e"
def d(*pairs): return b"}(" + b"".join(k + v for k, v in pairs) + b"u"
def call(function, *arguments): return function + t(*arguments) + b"R"


def storage(key="0", count=4, kind="FloatStorage", last=b""):
    return t(s("storage"), g("torch", kind), s(key), s("cpu"), i(count), last) + b"Q"


ordered = call(g("collections", "OrderedDict"))


def tensor(size=(2, 2), stride=(2, 1), offset=0, store=None, tail=b"\x89" + ordered, name="_rebuild_tensor_v2"):
    return call(g("torch._utils", name), store or storage(), i(offset), t(*map(i, size)), t(*map(i, stride)), tail)


def archive(pickle, storages={"0": bytes(16)}, folder="archive/", change=None, method=0, **more):
    buffer = io.BytesIO()
    files = {folder + "data.pkl": pickle, **{f"{folder}data/{k}": v for k, v in storages.items()}}
    files.update({folder + k: v for k, v in more.items()})
    with zipfile.ZipFile(buffer, "w") as z:
        for name, data in files.items():
            if data is not None:
                z.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    data = buffer.getvalue()
    return change(data) if change else data


def pickle(name, body, code, sentence, proto=P2, key=None, **options):
    """A file whose state_dict holds the good tensor 'a' and under 'w' the value that `body` builds."""
    whole = proto + d((s("a"), tensor()), (s("w"), body)) + b"."
    put(name + ".pt", archive(whole, **options), code, sentence, key)


def whole(name, body, code, sentence, key=None, **options):
    put(name + ".pt", archive(body, **options), code, sentence, key)


# Code, in the ways of known attacks. None of it ever runs; some would print if it did.
echo = s("echo this must never be seen")
pickle("os_system", call(g("posix", "system"), echo), "unsupported", "'w': it wants posix.system")
whole("os_system_alone", P2 + call(g("os", "system"), echo) + b".", "unsupported", "it wants os.system")
pickle("builtins_eval", call(g("builtins", "eval"), s("1")), "unsupported", "'w': it wants builtins.eval")
pickle("builtins_exec_python_2", call(g("__builtin__", "exec"), s("1")), "unsupported", "it wants __builtin__.exec")
pickle("builtins_getattr", call(g("builtins", "getattr"), g("torch", "FloatStorage"), s("x")), "unsupported",
       "it wants builtins.getattr")
pickle("stack_global_system", b"\x8c\x05posix\x8c\x06system\x93" + t(echo) + b"R", "unsupported",
       "'w': it wants posix.system", P4)
pickle("stack_global_popen", b"\x8c\x0asubprocess\x8c\x05Popen\x93" + t(echo) + b"R", "unsupported",
       "it wants subprocess.Popen", P4)
pickle("stack_global_memo", b"\x8c\x02os\x94\x8c\x06system\x94" + b"00h\x00h\x01\x93" + t(echo) + b"R", "unsupported",
       "it wants os.system", P4)
pickle("stack_global_of_numbers", b"K\x01K\x02\x93", "malformed", "a name is made of values that are no strings", P4)
pickle("torch_load", call(g("torch", "load"), s("x.pt")), "unsupported", "it wants torch.load")
pickle("torch_load_from_bytes", call(g("torch.storage", "_load_from_bytes"), b"U\x01x"), "unsupported",
       "it wants torch.storage._load_from_bytes")
pickle("torch_hub", call(g("torch.hub", "load"), s("x")), "unsupported", "it wants torch.hub.load")
pickle("jit_unpickler", call(g("torch.jit._pickle", "restore_type_tag"), s("x")), "unsupported",
       "it wants torch.jit._pickle.restore_type_tag")
pickle("importlib", call(g("importlib", "import_module"), s("os")), "unsupported", "it wants importlib.import_module")
pickle("runpy", call(g("runpy", "_run_code"), s("1")), "unsupported", "it wants runpy._run_code")
pickle("operator", call(g("operator", "attrgetter"), s("system")), "unsupported", "it wants operator.attrgetter")
pickle("numpy_reconstruct", call(g("numpy.core.multiarray", "_reconstruct"), i(0)), "unsupported",
       "it wants numpy.core.multiarray._reconstruct")
pickle("numpy_runstring", call(g("numpy.testing._private.utils", "runstring"), s("1")), "unsupported",
       "it wants numpy.testing._private.utils.runstring")
pickle("dotted_name", b"\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93", "unsupported",
       "it wants collections.OrderedDict.__init__", P4)
pickle("name_with_terminal_codes", g("os\x1b[31m", "x"), "unsupported", "it wants os\\u{1b}[31m.x")
pickle("name_not_utf8", b"c\xff\xfe\nx\n", "malformed", "a name is not UTF-8")
whole("name_to_the_end", P2 + b"cposix", "truncated", "a name needs 1 bytes, 0 are left")
pickle("memoized_global", g("posix", "system") + b"q\x050h\x05" + t(echo) + b"R", "unsupported", "it wants posix.system")

# Whole models, and what embq does not read.
whole("whole_model", P2 + call(g("__main__", "EmbBERT")) + b".", "unsupported", "it wants __main__.EmbBERT")
pickle("module", g("torch.nn.modules.linear", "Linear") + b")\x81", "unsupported",
       "it wants torch.nn.modules.linear.Linear")
pickle("quantized_tensor", call(g("torch._utils", "_rebuild_qtensor"), storage()), "unsupported",
       "it wants torch._utils._rebuild_qtensor")
pickle("quantized_storage", storage(kind="QInt8Storage"), "unsupported", "it wants torch.QInt8Storage")
pickle("sparse_tensor", call(g("torch._utils", "_rebuild_sparse_tensor"), i(0)), "unsupported",
       "it wants torch._utils._rebuild_sparse_tensor")
pickle("conjugate", tensor(tail=b"\x89" + ordered + d((s("conj"), b"\x88"))), "unsupported",
       "'w': a tensor is a negative or conjugate view")
whole("deep_path", P2 + d((s("model"), d((s("w"), tensor()))), (s("optimizer"), d(
    (s("state"), d((i(0), tensor()))), (s("groups"), l(d((s("lr"), b"G" + bytes(8))), d((s("b"), i(1)), (s("f"),
     call(g("functools", "partial"), i(1))))))))) + b".", "unsupported",
      "'optimizer.groups[1].f': it wants functools.partial")
whole("deep_path_unmarked", P2 + b"}" + s("epoch") + i(1) + b"s" + s("args") + b"}" + s("path") + g("pathlib", "Path")
      + b"ss.", "unsupported", "it wants pathlib.Path")
pickle("from_type_of_its_own", call(g("torch._tensor", "_rebuild_from_type_v2"), g("torch", "Size"),
                                    g("torch", "Tensor"), t(), d()), "unsupported", "it makes a tensor of a type of its own")

# Instructions.
for byte, name in ((b"i", "INST"), (b"o", "OBJ"), (b"\x82", "EXT1"), (b"\x84", "EXT4"), (b"\x92", "NEWOBJ_EX"),
                   (b"P", "PERSID"), (b"I", "INT"), (b"g", "GET"), (b"\x97", "NEXT_BUFFER")):
    pickle(f"instruction_{name.lower()}", byte + b"1\n", "unsupported", f"it has the instruction {name}")
pickle("instruction_unknown", b"\xff", "unsupported", "it has the unknown instruction 0xff")
whole("protocol_0", b"(dp0\n.", "unsupported", "the pickle is of protocol 0 or 1")
whole("protocol_1", b"}q\0.", "unsupported", "the pickle is of protocol 0 or 1")
whole("protocol_6", b"\x80\x06}.", "unsupported", "the pickle is of protocol 6")
whole("protocol_twice", P2 + P2 + b"}.", "malformed", "it says its protocol a second time")
whole("no_pickle", b"", "truncated", "a pickle needs 1 bytes, 0 are left")
whole("no_end", P2 + b"}", "truncated", "the pickle's next instruction needs 1 bytes")
whole("two_values", P2 + b"}}.", "malformed", "it ends with 2 values and 0 open marks")
whole("open_mark", P2 + b"}(.", "malformed", "it ends with 1 values and 1 open marks")
whole("no_value", P2 + b".", "malformed", "it ends with 0 values")
whole("bytes_after_the_end", P2 + b"}..", "malformed", "1 bytes follow the pickle's end")
whole("pop_nothing", P2 + b"0.", "malformed", "it takes a value from an empty stack")
whole("pop_below_a_mark", P2 + b"}(\x85.", "malformed", "it takes a value from an empty stack")
whole("mark_never_set", P2 + b"}t.", "malformed", "it goes back to a mark that was never set")
whole("memo_never_put", P2 + b"h\x07.", "malformed", "it asks for value 7 of its memo")
whole("memo_never_put_long", P2 + b"j\xff\xff\xff\xff.", "malformed", "it asks for value 4294967295 of its memo")
pickle("call_of_a_string", call(s("system"), echo), "malformed", "it calls a string")
pickle("call_of_a_type", call(g("torch", "FloatStorage"), i(1)), "malformed", "it calls a name that is no function")
pickle("call_without_a_tuple", g("collections", "OrderedDict") + b"K\x01R", "malformed",
       "a call's arguments is an integer, a tuple is expected")
pickle("dict_of_numbers", call(g("collections", "OrderedDict"), l(i(1))), "malformed",
       "a dict is made of an integer, a pair is expected")
pickle("factory_system", call(g("collections", "defaultdict"), g("os", "system")), "unsupported", "it wants os.system")
pickle("factory_a_function", call(g("collections", "defaultdict"), g("torch._utils", "_rebuild_tensor_v2")),
       "malformed", "a defaultdict's factory is a name")
pickle("new_object", g("collections", "OrderedDict") + b")\x81", "unsupported", "it makes an object of a name")
pickle("state_of_a_tensor", tensor() + d() + b"b", "unsupported", "it sets the state of a tensor to a dict")
pickle("state_of_a_list", b"]" + d() + b"b", "unsupported", "it sets the state of a list")
pickle("state_a_pair", ordered + t(b"N", d()) + b"b", "unsupported", "it sets the state of a dict to a tuple")
pickle("key_without_a_value", b"}(" + s("x") + b"u", "malformed", "a dict gets a key without a value")
pickle("append_to_a_dict", b"}K\x01a", "malformed", "it appends to a dict")
pickle("item_of_a_list", b"]K\x01K\x02s", "malformed", "it sets items of a list")
pickle("add_to_a_list", b"](K\x01\x90", "malformed", "it adds items to a list", P4)

# Sizes.
pickle("long4_huge", b"\x8b\xff\xff\xff\x7f", "truncated", "an integer needs 2147483647 bytes")
pickle("long4_negative", b"\x8b\xff\xff\xff\xff", "truncated", "an integer needs -1 bytes")
pickle("string_huge", b"X\xff\xff\xff\xff", "truncated", "a string needs 4294967295 bytes")
pickle("string_2_63", b"\x8d\0\0\0\0\0\0\0\x80", "truncated", "a string needs 9223372036854775807 bytes", P4)
pickle("string_2_40", b"\x8d\0\0\0\0\0\x01\0\0", "truncated", "a string needs 1099511627776 bytes", P4)
pickle("bytes_huge", b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "truncated", "bytes needs 9223372036854775807", P4)
pickle("bytearray_huge", b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f", "truncated", "bytes needs", b"\x80\x05")
pickle("frame_huge", b"\x95\xff\xff\xff\xff\xff\xff\xff\xff", "truncated", "a frame of 18446744073709551615 bytes", P4)
pickle("string_not_utf8", b"X\x02\0\0\0\xff\xfe", "malformed", "a string is not UTF-8")
pickle("string_of_half_a_surrogate", b"X\x03\0\0\0\xed\xa0\x80", "malformed", "a string is not UTF-8")
pickle("nested_deep", b"(" * 2000, "limitExceeded", "the pickle passes the limit of its nesting, 1000")

# Loops through the memo.
whole("loop_of_a_dict", P2 + b"}q\0" + s("model") + b"h\0s.", "missing", "none of the file's mappings")
whole("loop_of_a_list", P2 + b"]q\0h\0a.", "unsupported", "the file holds a list, a state_dict is expected")
whole("loop_of_two", P2 + b"}q\0" + s("a") + b"}q\1" + s("b") + b"h\0ssh\1" + b"0.", "missing",
      "none of the file's mappings")
whole("loop_by_key", P2 + b"}q\0" + s("a") + b"h\0s.", "missing", "there is no 'a.a.a.b' in the file", key="a.a.a.b")
laughs = b"".join(b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) + b"0" for n in range(100))
whole("billion_laughs", P2 + b")q\0" + b"0" + laughs + d((s("x"), b"h\x64")) + b".", "missing",
      "none of the file's mappings")

# Tensors.
pickle("size_negative", tensor((-2, 2)), "malformed", "'w': a tensor of size [-2, 2] has stride [2, 1] and offset 0")
pickle("stride_negative", tensor(stride=(-2, 1)), "malformed", "has stride [-2, 1]")
pickle("offset_negative", tensor(offset=-1), "malformed", "and offset -1")
pickle("rank_mismatch", tensor(stride=(1,)), "malformed", "has stride [1]")
pickle("outside_by_size", tensor((3, 2)), "truncated", "leaves its storage of 16 bytes")
pickle("outside_by_stride", tensor(stride=(3, 1)), "truncated", "leaves its storage of 16 bytes")
pickle("outside_by_offset", tensor(offset=1), "truncated", "offset 1 leaves its storage of 16 bytes")
pickle("outside_by_offset_2_62", tensor(offset=2**62), "truncated", "leaves its storage of 16 bytes")
pickle("outside_by_offset_at_the_end_of_integers", tensor((1,), (1,), 2**63 - 1), "truncated", "leaves its storage")
pickle("stride_overflows", tensor(stride=(2**62, 2**62)), "truncated", "leaves its storage of 16 bytes")
pickle("stride_wraps_to_the_start", tensor((2, 2), (2**63 - 1, 2**63 - 1), 2), "truncated", "leaves its storage")
pickle("size_overflows", tensor((2**32, 2**32)), "malformed", "is larger than memory can be")
pickle("size_bytes_overflow", tensor((2**62,), (0,)), "malformed", "is larger than memory can be")
pickle("expanded_to_2_40", tensor((2**40,), (0,)), "limitExceeded", "times what the file stores")
pickle("rank_65", tensor((1,) * 65, (1,) * 65), "limitExceeded", "a tensor has 65 dimensions, the limit is 64")
pickle("size_a_string", call(g("torch._utils", "_rebuild_tensor_v2"), storage(), i(0), s("x"), t(), b"\x89", ordered),
       "malformed", "a tensor's size is a string")
pickle("size_of_floats", call(g("torch._utils", "_rebuild_tensor_v2"), storage(), i(0), t(b"G" + bytes(8)), t(i(1)),
                              b"\x89", ordered), "malformed", "a tensor's size holds a number")
pickle("size_of_wide_integers", call(g("torch._utils", "_rebuild_tensor_v2"), storage(), i(0),
                                     t(b"\x8a\x09" + bytes(8) + b"\1"), t(i(1)), b"\x89", ordered), "malformed",
       "a tensor's size holds an integer of more than 64 bits")
pickle("storage_a_string", call(g("torch._utils", "_rebuild_tensor_v2"), s("0"), i(0), t(i(1)), t(i(1)), b"\x89",
                                ordered), "malformed", "a tensor is not made of (storage, offset, size, stride, ...)")
pickle("too_few_arguments", call(g("torch._utils", "_rebuild_tensor_v2"), storage(), i(0)), "malformed",
       "a tensor is not made of")
pickle("untyped_without_dtype", tensor(store=storage("1", 16, "UntypedStorage")), "malformed",
       "a tensor of an untyped storage has no dtype")
pickle("parameter_of_a_string", call(g("torch._utils", "_rebuild_parameter"), s("x"), b"\x88", ordered), "malformed",
       "a parameter is made of something else than a tensor")

# Storages.
pickle("persistent_id_a_string", s("0") + b"Q", "malformed", "a persistent id is a string, a tuple is expected")
pickle("persistent_id_short", t(s("storage"), s("0")) + b"Q", "malformed", "a persistent id is not ('storage', ")
pickle("persistent_id_module", t(s("module"), g("torch", "FloatStorage"), s("0"), s("cpu"), i(4)) + b"Q", "malformed",
       "a persistent id is not ('storage', ")
pickle("storage_view", tensor(store=storage(last=t(s("1"), i(0), i(4)))), "unsupported",
       "the storage '0' is a view of another one")
pickle("storage_count_negative", tensor(store=storage("1", -4)), "malformed", "the storage '1' has -4 values")
pickle("storage_count_overflows", tensor(store=storage("1", 2**62)), "malformed", "the storage '1' has")
pickle("storage_in_two_types", tensor(store=storage(kind="IntStorage")), "malformed",
       "the storage '0' is described in two ways")
pickle("storage_missing", tensor(store=storage("1")), "missing", "entry 'archive/data/1': the values of a storage are missing")
pickle("storage_short", tensor(store=storage("1")), "truncated", "entry 'archive/data/1': it is 15 bytes, the pickle says 16",
       storages={"0": bytes(16), "1": bytes(15)})
pickle("storage_long", tensor(store=storage("1")), "malformed", "entry 'archive/data/1': it is 17 bytes, the pickle says 16",
       storages={"0": bytes(16), "1": bytes(17)})
pickle("storage_elsewhere", tensor(store=storage("../version")), "missing", "'archive/data/../version'")

# The state_dict.
good = P2 + d((s("w"), tensor())) + b"."
whole("a_tensor", P2 + tensor() + b".", "unsupported", "the file holds a tensor, a state_dict is expected")
whole("a_list_of_tensors", P2 + l(tensor()) + b".", "unsupported", "the file holds a list, a state_dict is expected")
whole("no_tensors", P2 + b"}.", "missing", "none of the file's mappings is clearly the state_dict")
pickle("entry_a_string", s("x"), "unsupported", "'w': it is a string, a tensor is expected")
pickle("entry_a_dict", d((s("x"), tensor())), "unsupported", "'w': it is a dict, a tensor is expected")
pickle("entry_a_number", i(5), "unsupported", "'w': it is an integer, a tensor is expected")
whole("entry_under_a_number", P2 + d((s("w"), tensor()), (i(1), tensor())) + b".", "unsupported",
      "a key of the state_dict is an integer, a name is expected")
whole("name_twice", P2 + d((s("w"), tensor()), (s("w"), tensor())) + b".", "duplicate", "tensor 'w': the name stands twice")
whole("model_twice", P2 + d(*[(s("model"), d((s("w"), tensor())))] * 2) + b".", "duplicate", "'model': the key stands twice")
whole("candidates", P2 + d((s("ema"), d((s("net"), d((s("w"), tensor()))))), (s("online"), d((s("w"), tensor()))))
      + b".", "missing", "Pass --key with one of: online, ema.net.")
whole("key_that_is_not_there", good, "missing", "there is no 'ema' in the file", key="ema")
whole("key_of_a_tensor", good, "invalidRequest", "'w': it is a tensor, a state_dict is expected", key="w")
whole("key_of_nothing", P2 + d((s("w"), tensor()), (s("x"), b"}")) + b".", "missing", "the state_dict is empty", key="x")

# The archive around the pickle.
whole("big_endian", good, "unsupported", "entry 'archive/byteorder': the values are big-endian", byteorder=b"big")
whole("byte_order_unknown", good, "malformed", "the byte order is 'middle'", byteorder=b"middle")
whole("byte_order_long", good, "malformed", "it is 64 bytes, a word is expected", byteorder=b"little" + bytes(58))
whole("version_99", good, "unsupported", "the form's version is '99'", version=b"99\n")
whole("version_a_word", good, "unsupported", "the form's version is 'new'", version=b"new")
whole("script_constants", good, "unsupported", "it is a TorchScript program", **{"constants.pkl": P2 + b")."})
whole("script_code", good, "unsupported", "it is a TorchScript program", **{"code/__torch__.py": b"x"})
two = io.BytesIO()
with zipfile.ZipFile(two, "w") as z:
    for folder in "ab":
        z.writestr(zipfile.ZipInfo(folder + "/data.pkl"), good)
put("two_folders.pt", two.getvalue(), "malformed", "2 folders of the archive have a data.pkl")
whole("nested_folder", good, "malformed", "no folder of the archive has a data.pkl", folder="a/b/")
whole("crc_of_the_pickle", good, "corrupted", "entry 'archive/data.pkl': its bytes have the CRC",
      change=lambda data: data.replace(b"_rebuild_tensor_v2", b"_rebuild_tensor_v3", 1))
whole("crc_of_a_storage", good, "corrupted", "entry 'archive/data/0': its bytes have the CRC",
      storages={"0": b"0123456789abcdef"}, change=lambda data: data.replace(b"0123", b"0124", 1))
whole("cut", good, "truncated", "the zip archive's directory is missing", change=lambda data: data[:-30])
whole("bzip2", good, "unsupported", "its compression is bzip2 (12)", method=zipfile.ZIP_BZIP2)
whole("name_that_leads_out", good, "malformed", "its name is not a plain path", **{"../../x": b"x"})
bomb = io.BytesIO()
with zipfile.ZipFile(bomb, "w") as z:
    z.writestr(zipfile.ZipInfo("archive/data.pkl"), P2 + d((s("w"), tensor((4250000,), (1,), store=storage(count=4250000)))) + b".")
    z.writestr(zipfile.ZipInfo("archive/data/0"), bytes(17000000), compress_type=8, compresslevel=9)
put("bomb.pt", bomb.getvalue(), "limitExceeded", "would inflate to 17000000, more than 200 times as many")

# The old form.
magic = P2 + b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
def machine(little=b"\x88"): return P2 + d((s("protocol_version"), i(1001)), (s("little_endian"), little)) + b"."
old_tensor = tensor(store=storage(last=b"N"))
old_good = P2 + d((s("w"), old_tensor)) + b"."
keys, values = P2 + l(s("0")) + b".", struct.pack("<q", 4) + bytes(16)


def old(name, code, sentence, version=1001, machine=machine(), body=old_good, keys=keys, values=values, cut=None):
    data = magic + P2 + i(version) + b"." + machine + body + keys + values
    put(f"old_{name}.pth", data[:cut], code, sentence)


old("version", "unsupported", "the form's version is not 1001", version=1002)
old("big_endian", "unsupported", "the values are not said to be little-endian", machine=machine(b"\x89"))
old("machine_unknown", "unsupported", "the values are not said to be little-endian", machine=P2 + b"}.")
old("machine_a_list", "malformed", "the machine is no dict", machine=P2 + b"].")
old("os_system", "unsupported", "it wants posix.system", body=P2 + call(g("posix", "system"), echo) + b".")
old("system_in_the_machine", "unsupported", "it wants posix.system", machine=P2 + call(g("posix", "system"), echo) + b".")
old("system_in_the_keys", "unsupported", "it wants posix.system", keys=P2 + call(g("posix", "system"), echo) + b".")
old("keys_a_number", "malformed", "the storages' keys are an integer, a list is expected", keys=P2 + i(1) + b".")
old("keys_of_numbers", "malformed", "a storage's key is an integer, a string is expected", keys=P2 + l(i(0)) + b".")
old("key_unknown", "malformed", "storage '9': no tensor has it", keys=P2 + l(s("0"), s("9")) + b".", values=values * 2)
old("key_twice", "malformed", "storage '0': no tensor has it, or it stands twice", keys=P2 + l(s("0"), s("0")) + b".",
    values=values * 2)
old("key_missing", "missing", "storage '0': its values are missing", keys=P2 + b"].", values=b"")
old("count_wrong", "malformed", "storage '0': it has 5 values, the pickle says 16 bytes", values=struct.pack("<q", 5) + bytes(20))
old("count_negative", "malformed", "storage '0': it has -1 values", values=struct.pack("<q", -1))
old("count_cut", "truncated", "storage '0': the file ends before it", values=bytes(3))
old("values_cut", "truncated", "storage '0': it needs 16 bytes, 15 are left", cut=-1)
old("values_long", "malformed", "1 bytes follow the last storage", values=values + b"\0")
old("storage_view", "unsupported", "the storage '0' is a view of another one",
    body=P2 + d((s("w"), tensor(store=storage(last=t(s("1"), i(0), i(4)))))) + b".")
put("old_magic_alone.pth", magic, "truncated", "a pickle needs 1 bytes, 0 are left")

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "files,", sum(f.stat().st_size for f in here.iterdir()), "bytes")
