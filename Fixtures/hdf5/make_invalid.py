#!/usr/bin/env python3
"""Writes invalid/*.h5, each with one thing that embq refuses, and invalid/index.json: per file the error's code and a
part of its message. Some are made with h5py alone, the others have bytes changed afterwards.

    pip install h5py==3.16.0 numpy && python3 make_invalid.py
"""
import json
import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent / "invalid"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
index = {}
w = np.arange(6, dtype="<f4").reshape(2, 3)


NEW = {"libver": ("v110", "v110")}


def make(name, code, message, body, change=None, **options):
    path = here / f"{name}.h5"
    # The newer form is smaller; the older has the structures that are changed.
    options = {"meta_block_size": 64, **({} if change else NEW), **options}
    with h5py.File(path, "w", **options) as file:
        body(file)
    if change:
        data = bytearray(path.read_bytes())
        data = change(data) or data
        path.write_bytes(data)
    assert path.name not in index
    index[path.name] = {"code": code, "message": message}


def at(data, mark, start=0):
    """Where `mark` stands for the first time."""
    offset = bytes(data).find(mark, start)
    assert offset >= 0, mark
    return offset


def put(mark, shift, new):
    """A change: the bytes at `shift` from the first `mark` become `new`."""
    def change(data):
        offset = at(data, mark) + shift
        data[offset:offset + len(new)] = new
    return change


def plain(file):
    file["w"] = w


def properties():
    """Without a time: the same file every time."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    return plist


# Links.
def many_links(file):
    data = file.create_dataset("w0", data=np.zeros(1 << 20, "<f4"), chunks=(1 << 18,), compression="gzip")
    for number in range(1, 40):
        file[f"w{number}"] = data


make("dataset_behind_many_links", "limitExceeded", "16 times what the file stores", many_links)
make("soft_link_in_a_circle", "malformed", "'g/back': links lead to this group twice",
     lambda f: f.create_group("g").__setitem__("back", h5py.SoftLink("/g")))
make("soft_link_to_itself", "malformed", "'a': it is a link that leads nowhere",
     lambda f: f.__setitem__("a", h5py.SoftLink("/a")))
make("soft_links_to_each_other", "malformed", "'a': it is a link that leads nowhere",
     lambda f: (f.__setitem__("a", h5py.SoftLink("/b")), f.__setitem__("b", h5py.SoftLink("/a"))))
make("soft_link_to_nothing", "malformed", "'a': it is a link that leads nowhere",
     lambda f: f.__setitem__("a", h5py.SoftLink("/gone")))
make("hard_link_in_a_circle", "malformed", "'g/h/back': links lead to this group twice",
     lambda f: f.create_group("g/h").__setitem__("back", f["g"]))
make("hard_link_to_the_root", "malformed", "'g/root': links lead to this group twice",
     lambda f: f.create_group("g").__setitem__("root", f["/"]))
make("group_by_two_ways", "malformed", "'b/g': links lead to this group twice",
     lambda f: f.create_group("b").__setitem__("g", f.create_group("a/g")))
make("link_to_another_file", "unsupported", "'a': it is a link to another file",
     lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/passwd", "/w")))
make("link_to_another_file_of_the_folder", "unsupported", "'a': it is a link to another file",
     lambda f: f.__setitem__("a", h5py.ExternalLink("opaque.h5", "/w")))
make("soft_link_through_another_file", "malformed", "'a': it is a link that leads nowhere",
     lambda f: (f.create_group("z").__setitem__("out", h5py.ExternalLink("opaque.h5", "/")),
                f.__setitem__("a", h5py.SoftLink("/z/out/w"))))
make("link_of_an_unknown_kind", "unsupported", "'a': it is a link of an unknown kind",
     lambda f: f.__setitem__("a", h5py.ExternalLink("x", "/w")),
     put(b"\x01\x08\x40\x01a", 2, b"\xc8"))

# Values that lie elsewhere.
make("values_in_another_file", "unsupported", "'w': its values lie in another file",
     lambda f: f.create_dataset("w", shape=(4,), dtype="<f4", external=[("/etc/passwd", 0, 16)]))


def virtual(file):
    layout = h5py.VirtualLayout(shape=(2, 3), dtype="<f4")
    layout[...] = h5py.VirtualSource("opaque.h5", "w", shape=(2, 3))
    file.create_virtual_dataset("w", layout)


make("virtual", "unsupported", "'w': it is virtual: put together from other datasets", virtual, libver=("v110", "v110"))


# Types.
def typed(name, kind, message, data=None, shape=(2,)):
    def body(file):
        if isinstance(kind, h5py.h5t.TypeID):
            space = h5py.h5s.create_simple(shape)
            h5py.h5d.create(file.id, b"w", kind, space, properties())
        else:
            file.create_dataset("w", shape=shape, dtype=kind, data=data)
    make(name, "unsupported", "'w': its values are " + message, body)


def integer(base, precision, offset=0):
    kind = base.copy()
    kind.set_precision(precision)
    kind.set_offset(offset)
    return kind


def floating(base, fields, bias):
    kind = base.copy()
    kind.set_fields(*fields)
    kind.set_ebias(bias)
    return kind


typed("text_of_fixed_length", "S4", "text, numbers are expected")
typed("text_of_variable_length", h5py.string_dtype(), "text, numbers are expected")
typed("lists", h5py.vlen_dtype(np.float32), "lists of variable length")
typed("compound", np.dtype([("a", "<f4"), ("b", "<i4")]), "compounds")
typed("complex_numbers", "<c8", "compounds (complex numbers, say)")
typed("enumeration", h5py.enum_dtype({"RED": 0, "GREEN": 1}, "i1"), "an enumeration")
typed("truth_values_with_other_names", h5py.enum_dtype({"NO": 0, "YES": 1}, "i1"), "an enumeration")
typed("truth_values_swapped", h5py.enum_dtype({"FALSE": 1, "TRUE": 0}, "i1"), "an enumeration")
typed("opaque", np.dtype("V4"), "opaque bytes")
typed("bit_field", h5py.h5t.STD_B8LE.copy(), "bit fields")
typed("references", h5py.ref_dtype, "references to other objects")
typed("references_to_regions", h5py.regionref_dtype, "references to other objects")
typed("arrays", h5py.h5t.array_create(h5py.h5t.IEEE_F32LE, (3,)), "arrays")
typed("integers_of_12_bits", integer(h5py.h5t.STD_I16LE, 12), "integers of an unusual size")
typed("integers_not_at_the_start", integer(h5py.h5t.STD_I32LE, 16, 8), "integers of an unusual size")
typed("long_double", h5py.h5t.NATIVE_LDOUBLE.copy(), "floating-point numbers of an unusual layout")
typed("float_with_another_bias", floating(h5py.h5t.IEEE_F32LE, (31, 23, 8, 0, 23), 100),
      "floating-point numbers of an unusual layout")
typed("float_with_fields_swapped", floating(h5py.h5t.IEEE_F32LE, (0, 1, 8, 9, 23), 127),
      "floating-point numbers of an unusual layout")


def named(file):
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.commit(file.id, b"zz")
    h5py.h5d.create(file.id, b"w", kind, h5py.h5s.create_simple((2,)), properties())


make("type_with_a_name", "unsupported", "'w': its type is a named one", named)
make("type_alone", "unsupported", "'t': it is neither a group nor a dataset, but a named type",
     lambda f: f.__setitem__("t", np.dtype("<f4")))
make("truth_value_of_two", "malformed", "'w': a truth value is neither 0 nor 1",
     lambda f: f.__setitem__("w", np.array([True, False, True, True])),
     lambda data: data.__setitem__(at(data, bytes([1, 0, 1, 1])) + 3, 2))


# Filters.
def filtered(number, flags=h5py.h5z.FLAG_OPTIONAL):
    def body(file):
        plist = properties()
        plist.set_chunk((2, 3))
        plist.set_filter(number, flags, (1, 2))
        h5py.h5d.create(file.id, b"w", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((2, 3)), plist)
    return body


make("filter_lzf", "unsupported", "'w': its values are packed with filter 32000 (LZF), which needs a library",
     lambda f: f.create_dataset("w", data=np.zeros((64, 64), "<f4"), chunks=(64, 64), compression="lzf"))
make("filter_blosc", "unsupported", "packed with filter 32001 (Blosc)", filtered(32001))
make("filter_zstandard", "unsupported", "packed with filter 32015 (Zstandard)", filtered(32015))
make("filter_unknown", "unsupported", "packed with filter 60000, which needs a library", filtered(60000))
make("filter_number_zero", "malformed", "'w': its filters cannot be read", filtered(32001),
     put(b"\x01\x7d", 0, b"\0\0"))


# Sizes. A dataspace: its version 1, rank 1, a maximum; then the size 4.
SPACE_OF_4 = b"\x01\x01\x01\0\0\0\0\0" + b"\x04\0\0\0\0\0\0\0"


def sized(shape, chunk=None, dtype=h5py.h5t.IEEE_F32LE, maximum=None):
    def body(file):
        plist = properties()
        if chunk:
            plist.set_chunk(chunk)
        h5py.h5d.create(file.id, b"w", dtype, h5py.h5s.create_simple(shape, maximum), plist)
    return body


make("no_shape", "unsupported", "'w': it is empty: it has no shape", lambda f: f.__setitem__("w", h5py.Empty("<f4")))
make("shape_of_2_to_the_60", "limitExceeded", "F32 [1152921504606846976] is more than the 4294967296 bytes",
     sized((2**60,), (1024,)))
make("shape_of_2_to_the_62", "limitExceeded", "F32 [4611686018427387904] is more than the 4294967296 bytes",
     sized((4,), (4,)), put(SPACE_OF_4, 8, (b"\0" * 7 + b"\x40") * 2))
make("shape_of_2_to_the_63", "malformed", "'w': it cannot be opened",
     sized((4,), (4,)), put(SPACE_OF_4, 8, (b"\0" * 7 + b"\x80") * 2))
make("shape_product_overflows", "limitExceeded", "F32 [1099511627776, 1099511627776] is more than the 4294967296 bytes",
     sized((2**40, 2**40), (1, 1)))
make("shape_product_wraps_to_zero", "limitExceeded", "is more than the 4294967296 bytes",
     sized((2**32, 2**32), (1, 1)))
make("shape_above_the_limit", "limitExceeded", "F32 [1073741825] is more than the 4294967296 bytes",
     sized((2**30 + 1,), (1024,)))
make("shape_more_than_the_file_can_hold", "limitExceeded", "is 4194304 bytes, more than a file of",
     sized((1024, 1024), (64, 64)))
make("chunk_far_larger_than_the_shape", "limitExceeded", "a row of its chunks [268435456] is more than the 268435456",
     sized((4,), (2**28,), maximum=(h5py.h5s.UNLIMITED,)))
make("values_never_written", "corrupted", "'w': not all of its values were ever written",
     lambda f: f.create_dataset("w", shape=(4,), dtype="<f4"))
make("chunk_never_written", "corrupted", "'w': not all of its values were ever written",
     lambda f: f.create_dataset("w", shape=(4,), chunks=(2,), dtype="<f4").__setitem__(slice(0, 2), [1, 2]))
make("nested_too_deep", "limitExceeded", "its groups are nested deeper than 32",
     lambda f: f.create_group("/".join(["g"] * 40)), libver=("v110", "v110"))


# Names.
def linked(*names):
    """Datasets under names that h5py does not let through."""
    def body(file):
        for name in names:
            h5py.h5d.create(file.id, name, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((1,)), properties()).write(
                h5py.h5s.ALL, h5py.h5s.ALL, np.ones(1, "<f4"))
    return body


make("name_of_two_dots", "unsupported", "'..': its name cannot be a tensor's name", linked(b".."))
make("name_of_a_dot", "unsupported", "'.': its name cannot be a tensor's name", linked(b"x"),
     lambda data: data.__setitem__(at(data, b"x\0\0\0\0\0\0\0", at(data, b"HEAP")), ord(".")))
make("name_not_utf8", "malformed", "the group has a name that is not UTF-8", linked(b"\xff\xfe"))
make("name_very_long", "unsupported", "its name cannot be a tensor's name", linked(b"n" * 1025))
make("name_with_a_slash", "unsupported", "'a/b': its name cannot be a tensor's name", linked(b"aqb"),
     put(b"aqb", 1, b"/"))
make("name_cut_by_a_zero", "duplicate", "tensor 'ab': two datasets have this name", linked(b"ab", b"abcd"),
     put(b"abcd", 2, b"\0\0"))
make("name_twice_after_joining", "duplicate", "tensor 'a.b': two datasets have this name: 'a/b' and 'a.b'",
     lambda f: (f.__setitem__("a/b", w), f.__setitem__("a.b", w)))
make("name_with_terminal_codes", "unsupported", "'\\u{1b}[2J': its values are text",
     lambda f: f.create_dataset("\x1b[2J", shape=(1,), dtype="S3"))

# Damage to the structures.
make("signature_alone", "malformed", "the HDF5 file cannot be opened", plain, lambda data: data[:8])
make("superblock_cut", "malformed", "the HDF5 file cannot be opened", plain, lambda data: data[:40])
make("file_cut_in_half", "malformed", "the HDF5 file cannot be opened", plain, lambda data: data[:len(data) // 2])
make("file_cut_at_the_end", "malformed", "truncated file", plain, lambda data: data[:-1])
make("superblock_of_version_99", "unsupported", "the HDF5 file cannot be opened: its structures are of a version",
     plain, lambda data: data.__setitem__(8, 99))
make("superblock_with_offsets_of_3_bytes", "malformed", "the HDF5 file cannot be opened", plain,
     lambda data: data.__setitem__(13, 3))
make("superblock_with_a_base_beyond_the_file", "malformed", "the HDF5 file cannot be opened", plain,
     lambda data: data.__setitem__(slice(24, 32), b"\xf0\xff\xff\xff\xff\xff\xff\x7f"))
make("superblock_with_a_wrong_checksum", "malformed", "the HDF5 file cannot be opened", plain,
     lambda data: data.__setitem__(45, data[45] ^ 1), **NEW)
make("root_beyond_the_file", "malformed", "the HDF5 file cannot be opened", plain,
     lambda data: data.__setitem__(slice(64, 72), b"\0\0\0\0\0\0\0\x10"))
make("tree_without_signature", "malformed", "the group cannot be", plain, put(b"TREE", 0, b"EERT"))
make("tree_with_too_many_entries", "malformed", "the group cannot be", plain, put(b"TREE", 6, b"\xff\xff"))
make("tree_in_a_circle", "malformed", "the group cannot be", plain,
     lambda data: put(b"TREE", 32, at(data, b"TREE").to_bytes(8, "little"))(data))
make("tree_of_level_200", "malformed", "the group cannot be", plain, put(b"TREE", 5, b"\xc8"))
make("heap_without_signature", "malformed", "the group cannot be", plain, put(b"HEAP", 0, b"PAEH"))
make("heap_beyond_the_file", "malformed", "the group cannot be", plain, put(b"HEAP", 24, b"\0\0\0\0\0\0\0\x10"))
make("heap_of_2_to_the_60_bytes", "malformed", "the group cannot be", plain, put(b"HEAP", 8, b"\0\0\0\0\0\0\0\x10"))
make("symbols_without_signature", "malformed", "the group cannot be", plain, put(b"SNOD", 0, b"DONS"))
make("symbols_too_many", "malformed", "the group cannot be", plain, put(b"SNOD", 6, b"\xff\xff"))
make("symbol_with_a_name_beyond_the_heap", "malformed", "the group cannot be", plain,
     put(b"SNOD", 8, b"\xff\xff\xff\0"))
make("symbol_with_its_header_beyond_the_file", "malformed", "'w': it cannot be opened", plain,
     put(b"SNOD", 16, b"\0\0\0\0\0\0\0\x10"))
make("header_with_a_wrong_checksum", "malformed", "its root group cannot be opened", plain,
     lambda data: put(b"OHDR", 20, bytes([data[at(data, b"OHDR") + 20] ^ 1]))(data), **NEW)
make("type_of_an_unknown_class", "malformed", "'w': it cannot be opened", plain,
     put(b"\x11\x20\x1f\0\x04\0\0\0", 0, b"\x1f"))
make("type_of_2_to_the_31_bytes", "unsupported", "'w': ", plain, put(b"\x11\x20\x1f\0\x04\0\0\0", 4, b"\0\0\0\x80"))

# Damage to the values.
chunked = dict(data=np.arange(512, dtype="<i2").reshape(16, 32), chunks=(16, 16))
make("values_beyond_the_file", "malformed", "'w': its values cannot be read", plain,
     lambda data: put(at(data, w.tobytes()).to_bytes(8, "little"), 0, b"\0\0\0\0\0\0\0\x10")(data))
make("gzip_damaged", "malformed", "'w': its values cannot be read",
     lambda f: f.create_dataset("w", **chunked, compression="gzip"), put(b"\x78\x5e", 4, b"\xff\xff\xff\xff"))
make("fletcher32_does_not_hold", "malformed", "'w': its values cannot be read",
     lambda f: f.create_dataset("w", **chunked, fletcher32=True), put(bytes([10, 0, 11, 0, 12, 0]), 0, b"\x0b"))
make("chunk_larger_than_it_is", "malformed", "'w': its values cannot be read",
     lambda f: f.create_dataset("w", **chunked, compression="gzip"),
     lambda data: put(b"TREE\x01", 24, b"\xff\xff\xff\x7f")(data))
make("chunk_beyond_the_file", "malformed", "'w': its values cannot be read",
     lambda f: f.create_dataset("w", **chunked),
     lambda data: put(b"TREE\x01", 24 + 8 + 24, b"\0\0\0\0\0\0\0\x10")(data))

# Attributes that Keras files have.
make("attribute_of_2_to_the_40_values", "malformed", "its attributes cannot be listed",
     lambda f: (plain(f), f.attrs.create("layer_names", np.array([b"a"] * 77))), put(b"\x4d\0\0\0", 0, b"\0\0\0\0\0\1"))
make("attribute_in_a_heap_beyond_the_file", "malformed", "the attribute 'layer_names': it cannot be read",
     lambda f: (plain(f), f.attrs.create("layer_names", ["a"])),
     put(b"GCOL", 0, b"LOCG"))

(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "files,", sum(p.stat().st_size for p in here.iterdir()), "bytes")
