#!/usr/bin/env python3
"""Writes valid/*.zip and invalid/*.zip, each of the latter broken or hostile in one way, byte by byte, and an
index.json beside them: contents, or the error code and a sentence of the message. Standard library only; the same
files every time.

    python3 make.py
"""
import io
import json
import pathlib
import struct
import zipfile
import zlib

here = pathlib.Path(__file__).parent
for folder in ("valid", "invalid"):
    (here / folder).mkdir(exist_ok=True)
    for old in (here / folder).iterdir():
        old.unlink()
valid, invalid = {}, {}
FULL, FULL16 = 0xFFFFFFFF, 0xFFFF
TEXT = b"The quick brown fox jumps over the lazy dog. " * 3


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Entry:
    """An entry as it should be; every field of its header and of its directory record can be set apart."""

    def __init__(self, name="a.txt", data=TEXT, method=0, packed=None, header={}, record={}, before=b"", after=b"",
                 extra=b"", header_extra=b"", **both):
        raw = name if isinstance(name, bytes) else name.encode()
        self.packed = packed if packed is not None else deflate(data) if method == 8 else data
        fields = dict(name=raw, flags=0x800, method=method, crc=zlib.crc32(data), packed_size=len(self.packed),
                      size=len(data), disk=0, offset=None)
        fields.update(both)
        self.header = {**fields, "extra": header_extra, **header}
        self.record = {**fields, "extra": extra, **record}
        self.before, self.after = before, after

    def local(self):
        h = self.header
        return struct.pack("<IHHHIIIIHH", 0x04034B50, 20, h["flags"], h["method"], 0, h["crc"], h["packed_size"],
                           h["size"], len(h["name"]), len(h["extra"])) + h["name"] + h["extra"] + self.packed

    def central(self, offset):
        r = self.record
        offset = offset if r["offset"] is None else r["offset"]
        return struct.pack("<IHHHHIIIIHHHHHII", 0x02014B50, 20, 20, r["flags"], r["method"], 0, r["crc"],
                           r["packed_size"], r["size"], len(r["name"]), len(r["extra"]), 0, r["disk"], 0, 0,
                           offset) + r["name"] + r["extra"]


def build(*entries, count=None, size=None, offset=None, disk=0, count_here=None, comment=b"", comment_length=None,
          wide=None, locator=None, tail=b"", gap=b""):
    body, offsets = b"", []
    for entry in entries:
        body += entry.before
        offsets.append(len(body))
        body += entry.local() + entry.after
    directory = b"".join(e.central(o) for e, o in zip(entries, offsets))
    start = len(body)
    body += directory + gap
    count = len(entries) if count is None else count
    size = len(directory) if size is None else size
    offset = start if offset is None else offset
    if wide is not None:
        record = len(body)
        values = dict(signature=0x06064B50, length=44, disk=0, first=0, here=count, count=count, size=size, offset=offset)
        values.update(wide)
        body += struct.pack("<IQHHIIQQQQ", values["signature"], values["length"], 45, 45, values["disk"],
                            values["first"], values["here"], values["count"], values["size"], values["offset"])
        body += struct.pack("<IIQI", 0x07064B50, 0, record if locator is None else locator, 1)
        count, size, offset = FULL16, FULL, FULL
    body += struct.pack("<IHHHHIIH", 0x06054B50, disk, disk, count if count_here is None else count_here, count, size,
                        offset, len(comment) if comment_length is None else comment_length)
    return body + comment + tail


def good(name, data, **contents):
    (here / "valid" / f"{name}.zip").write_bytes(data)
    valid[f"{name}.zip"] = {k.replace("__", "/"): v.hex() for k, v in contents.items()}


def bad(name, data, code, sentence):
    assert f"{name}.zip" not in invalid, name
    (here / "invalid" / f"{name}.zip").write_bytes(data)
    invalid[f"{name}.zip"] = {"code": code, "message": sentence}


def one(file, code, sentence, /, **fields):
    bad(file, build(Entry("first"), Entry(**fields)), code, sentence)


def wide_field(*values): return struct.pack("<HH", 1, 8 * len(values)) + struct.pack(f"<{len(values)}Q", *values)


n = len(TEXT)
good("stored", build(Entry("a"), Entry("b/c", b"")), a=TEXT, b__c=b"")
good("deflated", build(Entry("a", method=8), Entry("b", b"", 8)), a=TEXT, b=b"")
good("empty", build())
good("folders", build(Entry("b/", b""), Entry("b/c")), b__c=TEXT)
good("comment", build(Entry("a"), comment=b"PK\5\6 not the end" + bytes(20)), a=TEXT)
good("wide_end", build(Entry("a"), wide={}), a=TEXT)
good("wide_record", build(Entry("a", record=dict(size=FULL, packed_size=FULL), extra=wide_field(n, n))), a=TEXT)
good("wide_offset", build(Entry("a", record=dict(offset=FULL), extra=wide_field(0))), a=TEXT)
good("wide_header", build(Entry("a", header=dict(size=FULL, packed_size=FULL), header_extra=wide_field(n, n))), a=TEXT)
good("sizes_follow", build(Entry("a", flags=0x808, header=dict(size=0, packed_size=0, crc=0),
                                 after=struct.pack("<IIII", 0x08074B50, zlib.crc32(TEXT), n, n))), a=TEXT)
good("padded", build(Entry("a", header_extra=b"FB\x05\0ZZZZZ", extra=b"\0\0")), a=TEXT)
good("gaps", build(Entry("a", before=b"unused", after=b"unused"), Entry("b")), a=TEXT, b=TEXT)
good("names", build(Entry("é"), Entry("a..b"), Entry("...")), **{"é": TEXT, "a..b": TEXT, "...": TEXT})
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr(zipfile.ZipInfo("deep/er/x.txt"), TEXT, compress_type=8)
    z.writestr(zipfile.ZipInfo("zeros"), bytes(100_000), compress_type=8)
good("python", buffer.getvalue(), **{"deep/er/x.txt": TEXT, "zeros": bytes(100_000)})
valid["python.zip"]["zeros"] = "00" * 100_000
valid["python.zip"].pop("zeros")
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as z:
    with z.open(zipfile.ZipInfo("a"), "w", force_zip64=True) as f:
        f.write(TEXT)
good("python_zip64", buffer.getvalue(), a=TEXT)

# Names.
for name, path in (("parent", "../evil"), ("parent_inside", "a/../../evil"), ("parent_alone", ".."), ("absolute", "/etc/x"),
                   ("backslash", "..\\evil"), ("drive", "C:\\evil"), ("dot", "./a"), ("dot_inside", "a/./b"),
                   ("double_slash", "a//b"), ("empty", ""), ("slash", "/"), ("zero", "a\0b"), ("newline", "a\nb"),
                   ("escape", "a\x1b[31m"), ("delete", "a\x7f")):
    one(f"name_{name}", "malformed", "its name is not a plain path", name=path)
one("name_not_utf8", "malformed", "its name is not UTF-8", name=b"\xff\xfe")
one("name_of_half_a_surrogate", "malformed", "its name is not UTF-8", name=b"\xed\xa0\x80")
one("name_long", "limitExceeded", "its name is 1025 bytes, the limit is 1024", name="x" * 1025)
one("name_twice", "duplicate", "entry 'first': two entries have this name", name="first")
one("name_differs", "malformed", "its header names it 'b'", name="a", header=dict(name=b"b"))
one("name_longer_in_the_header", "malformed", "its header names it 'ab'", name="a", header=dict(name=b"ab"))

# Overlaps: the same bytes inflate many times.
kernel = Entry("kernel", bytes(5000), 8)
bad("overlap_whole", build(Entry("a"), Entry("b", record=dict(offset=0))), "malformed", "entry 'b': its header names it 'a'")
inner = Entry("inner", b"xyz")
quoted = inner.local()
outer = Entry("outer", quoted)
bad("overlap_inside", build(outer, Entry("inner", b"xyz", record=dict(offset=30 + 5))), "malformed",
    "entry 'inner': it begins at byte 35, inside entry 'outer', which ends at")
next_header = Entry("b", TEXT).local()[:31]
bad("overlap_by_extra", build(Entry("a", packed=TEXT[:40], size=40 + 31 + n, packed_size=40 + 31 + n), Entry("b")),
    "malformed", "inside entry 'a'")
bad("overlap_of_two_records", build(Entry("a"), Entry("a", record=dict(offset=0))), "duplicate", "two entries have this name")

# Methods and encryption.
for number, known in ((1, "shrink (1)"), (9, "deflate64 (9)"), (12, "bzip2 (12)"), (14, "LZMA (14)"), (93, "Zstandard (93)"),
                      (95, "xz (95)"), (99, "encryption (AES) (99)"), (4711, "4711")):
    one(f"method_{number}", "unsupported", f"its compression is {known}, which embq does not read", method=number)
for name, bit in (("encrypted", 0), ("patch", 5), ("strongly_encrypted", 6), ("masked", 13)):
    one(f"flag_{name}", "unsupported", "it is encrypted or patched", flags=0x800 | 1 << bit)
one("method_differs", "malformed", "its header and the directory say different things", header=dict(method=8))
one("flags_differ", "malformed", "its header and the directory say different things", header=dict(flags=0x801))

# Sizes and sums.
one("crc_stored", "corrupted", "its bytes have the CRC", crc=1)
one("crc_deflated", "corrupted", "do not inflate to the 135", method=8, crc=1)
one("crc_differs", "malformed", "its header and the directory say different things", header=dict(crc=1))
one("stored_in_two_sizes", "malformed", "it is stored as it is, but 135 bytes are to hold 136", size=n + 1)
one("inflates_to_more", "corrupted", "do not inflate to the 134", method=8, size=n - 1)
one("inflates_to_less", "corrupted", "do not inflate to the 136", method=8, size=n + 1)
one("inflates_to_nothing", "corrupted", "do not inflate to the 135", packed=b"", method=8)
one("deflate_garbage", "corrupted", "do not inflate to the 135", packed=b"\x07" * 40, method=8)
one("deflate_cut", "corrupted", "do not inflate to the 135", packed=deflate(TEXT)[:-6], method=8)
one("size_differs", "malformed", "its header and the directory say different things", header=dict(size=n - 1))
one("size_zero_in_the_header", "malformed", "its header and the directory say different things", header=dict(size=0))
one("size_beyond_the_directory", "truncated", "it needs 100000 bytes from", size=100_000, packed_size=100_000)
one("size_of_all_ones", "malformed", "its Zip64 field is too short", size=FULL, packed_size=FULL)
one("wide_size_negative", "malformed", "its sizes do not fit 63 bits", record=dict(size=FULL, packed_size=FULL),
    extra=wide_field(2**64 - 1, 2**64 - 1))
one("wide_size_at_the_end_of_integers", "malformed", "its header and the directory say different things",
    record=dict(size=FULL, packed_size=FULL), extra=wide_field(2**63 - 1, 2**63 - 1))
one("wide_size_in_both", "truncated", "it needs 9223372036854775807 bytes", size=FULL, packed_size=FULL,
    extra=wide_field(2**63 - 1, 2**63 - 1), header_extra=wide_field(2**63 - 1, 2**63 - 1))
one("total_above_the_limit", "limitExceeded", "up to it the contents take more than 1099511627776 bytes", method=8, size=FULL,
    extra=wide_field(2**40), header_extra=wide_field(2**40))
one("wide_field_twice", "malformed", "it has two Zip64 fields", record=dict(size=FULL),
    extra=wide_field(n) + wide_field(n))
one("wide_field_short", "malformed", "its Zip64 field is too short", record=dict(size=FULL, packed_size=FULL),
    extra=wide_field(n))
one("extra_cut", "truncated", "an extra field needs 9999 bytes", extra=struct.pack("<HH", 7, 9999))
one("bomb", "limitExceeded", "bytes would inflate to 17000000, more than 200 times as many", data=bytes(17_000_000),
    method=8)
one("bomb_that_lies", "corrupted", "do not inflate to the 1000", data=bytes(1_000_000), method=8, size=1000)
one("folder_with_content", "malformed", "it is named like a folder but has 135 bytes", name="b/")

# Places.
one("offset_beyond_the_file", "truncated", "its header would be at byte 99999", record=dict(offset=99_999))
one("offset_of_all_ones", "malformed", "its Zip64 field is too short", record=dict(offset=FULL))
one("offset_wide", "truncated", "its header would be at byte 9223372036854775807", record=dict(offset=FULL),
    extra=wide_field(2**63 - 1))
one("offset_of_no_header", "malformed", "there is no header at byte 7", record=dict(offset=7))
one("disk", "unsupported", "it is on another disk", record=dict(disk=1))
whole = build(Entry("a"), Entry("b"))
bad("nothing", b"", "truncated", "the zip archive's directory is missing")
bad("header_alone", whole[:100], "truncated", "the zip archive's directory is missing")
bad("end_cut", whole[:-1], "truncated", "the zip archive's directory is missing")
bad("bytes_after_the_end", whole + b"\0", "truncated", "the zip archive's directory is missing")
bad("comment_cut", build(Entry("a"), comment_length=5), "truncated", "the zip archive's directory is missing")
bad("end_alone_with_a_count", build(count=1), "truncated", "a directory record needs 4 bytes, 0 are left")
bad("count_small", build(Entry("a"), Entry("b"), count=1), "malformed", "47 bytes follow its last record")
bad("count_large", build(Entry("a"), count=2), "truncated", "a directory record needs 4 bytes")
bad("count_100001", build(Entry("a"), wide=dict(count=100_001, here=100_001)), "limitExceeded",
    "the archive has 100001 entries, the limit is 100000")
bad("count_in_two_ways", build(Entry("a"), count_here=2), "unsupported", "the archive is one of several disks")
bad("disks", build(Entry("a"), disk=1), "unsupported", "the archive is one of several disks")
bad("directory_size", build(Entry("a"), size=46), "malformed", "the directory takes 46 bytes from")
bad("directory_offset", build(Entry("a"), offset=0), "malformed", "the directory takes 47 bytes from 0 on")
bad("directory_beyond", build(Entry("a"), offset=0xFFFFFF00), "malformed", "the directory takes 47 bytes from 4294967040")
bad("directory_overflows", build(Entry("a"), wide=dict(offset=2**63 - 1)), "malformed", "the directory takes 47 bytes from")
bad("directory_followed", build(Entry("a"), gap=b"x"), "malformed", "it must end at")
bad("directory_signature", whole.replace(b"PK\1\2", b"PK\1\3"), "malformed", "byte 0 of it starts no record")
bad("wide_length", build(Entry("a"), wide=dict(length=45)), "malformed", "the Zip64 end record is not where")
bad("wide_signature", build(Entry("a"), wide=dict(signature=0)), "malformed", "the Zip64 end record is not where")
bad("wide_locator", build(Entry("a"), wide={}, locator=2**63), "malformed", "the Zip64 end record would be at byte")
bad("wide_locator_elsewhere", build(Entry("a"), wide={}, locator=3), "malformed", "the Zip64 end record is not where")
bad("wide_disks", build(Entry("a"), wide=dict(disk=1)), "unsupported", "the archive is one of several disks")
bad("wide_count_in_two_ways", build(Entry("a"), wide=dict(here=2)), "unsupported", "the archive is one of several disks")
data = bytearray(build(Entry("a"), wide={}))
data[-12:-10] = b"\7\0"
data[-14:-12] = b"\7\0"
bad("end_records_differ", bytes(data), "malformed", "the two end records say different things")

for folder, index in (("valid", valid), ("invalid", invalid)):
    path = here / folder / "index.json"
    path.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
    print(folder, len(index), "files,", sum(f.stat().st_size for f in (here / folder).iterdir()), "bytes")
