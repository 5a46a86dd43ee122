#!/usr/bin/env python3
"""Measures that no small file makes huge work: each parser reads inputs that double in size, of the kinds that made other
parsers slow. Standard library only.

    python3 Benchmarks/doubling.py [--embq PROGRAM] [--mib 64] [--only NAME,...] [--each] [--folder FOLDER]

*processor*: seconds of all processors for the largest input, less those for starting the program; *growth*: the largest
ratio for a doubling of the input, the mean of two doublings, where the smallest takes a quarter of a second at least; *peak*:
memory for the largest input in MiB; *per byte*: its growth over the last doubling, in bytes for each byte of input more.
A file that the program refuses counts too: what takes long before it is refused is work all the same.

Limits: growth of 2.2; 300 bytes of memory for a byte of input, 64 MiB apart. Exit status 1: a limit is missed.
"""
import argparse
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MIB = 1 << 20
GROWTH, PER_BYTE, FREE = 2.2, 300, 64 * MIB
# Shorter times are the machine's, not the parser's.
SHORTEST = 0.25
# A little less than a power of two: the largest input stays below limits that are one.
SMALLEST = 63 << 10
# How often sizes are measured again.
AGAIN = 8

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--embq", default=os.path.join(ROOT, ".build/release/embq"))
parser.add_argument("--mib", type=float, default=64, help="the largest input")
parser.add_argument("--only", default="", help="names of inputs, joined by commas; all that begin so")
parser.add_argument("--each", action="store_true", help="print each size too")
parser.add_argument("--folder", help="where the inputs are written (default: a temporary folder)")
options = parser.parse_args()
tiny = os.path.join(ROOT, "Fixtures/embbert-tiny")
folder = tempfile.mkdtemp(dir=options.folder)


def at(name): return os.path.join(folder, name)


def write(name, *parts):
    os.makedirs(os.path.dirname(at(name)), exist_ok=True)
    with open(at(name), "wb") as file:
        for part in parts:
            file.write(part if isinstance(part, bytes) else part.encode())
    return at(name)


def repeat(size, item):
    """Items joined by commas, `item(i)` each, of so many bytes together."""
    parts, used, i = [], 0, 0
    while used < size:
        parts.append(item(i))
        used += len(parts[-1]) + 1
        i += 1
    return ",".join(parts)


def copy(name, *files):
    os.makedirs(at(name), exist_ok=True)
    for file in files:
        shutil.copy(os.path.join(tiny, file), at(name))
    return at(name)


def tokenizer():
    with open(os.path.join(tiny, "tokenizer.json")) as file:
        return json.load(file)


# ---- Each input: name, largest size (None: as asked for), and a function that writes one of a size and gives the command.

INPUTS = []


def input(name, most=None):
    def add(make):
        INPUTS.append((name, most, make))
        return make
    return add


TEMPLATE = json.dumps(tokenizer())


def tokens(name, document): return ["tokenize", write(name, document), "rain"]


@input("json: numbers")
def _(size): return tokens("t.json", '{"a":[' + repeat(min(size, 8 * MIB), lambda i: "1") + "]}")


@input("json: keys")
def _(size): return tokens("t.json", "{" + repeat(size, lambda i: f'"k{i}":0') + "}")


@input("json: empty arrays")
def _(size): return tokens("t.json", "[" + repeat(size, lambda i: "[]") + "]")


@input("json: one string")
def _(size): return tokens("t.json", '{"a":"' + "\\u00e9" * (size // 6) + '"}')


@input("json: deep")
def _(size): return tokens("t.json", "[" + repeat(size, lambda i: "[" * 60 + "]" * 60) + "]")


def edited(**changes):
    document = tokenizer()
    document.update(changes)
    return document


@input("tokenizer.json: template of many tokens")
def _(size):
    names = {f"[S{i}]": {"id": f"[S{i}]", "ids": [i % 5], "tokens": ["x"]} for i in range(size // 120)}
    single = [{"SpecialToken": {"id": name, "type_id": 0}} for name in names]
    single.append({"Sequence": {"id": "A", "type_id": 0}})
    return tokens("t.json", json.dumps(edited(post_processor={
        "type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": names})))


@input("tokenizer.json: a token of many ids, many times")
def _(size):
    single = [{"SpecialToken": {"id": "S", "type_id": 0}}] * (size // 100)
    return tokens("t.json", json.dumps(edited(post_processor={
        "type": "TemplateProcessing", "single": single + [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
        "special_tokens": {"S": {"id": "S", "ids": [2] * (size // 6), "tokens": []}}})))


@input("tokenizer.json: vocabulary", 4 * MIB)
def _(size):
    vocab = {f"word{i}": i for i in range(min(size // 18, 65000))}
    vocab.update({"[UNK]": len(vocab)})
    return tokens("t.json", json.dumps(edited(added_tokens=[], post_processor=None, model={
        "type": "BPE", "unk_token": "[UNK]", "vocab": vocab, "merges": []})))


@input("tokenizer.json: added tokens", 8 * MIB)
def _(size):
    base = tokenizer()
    used = len(base["model"]["vocab"])
    for i in range(min(size // 130, 65000 - used)):
        base["added_tokens"].append({"id": used + i, "content": f"<w{i}>", "single_word": False, "lstrip": False,
                                     "rstrip": False, "normalized": False, "special": True})
    return tokens("t.json", json.dumps(base))


def companion(name, key, document):
    copy(name, "tokenizer.json", "config.json", "model.safetensors")
    write(f"{name}/{key}", json.dumps(document))
    return ["tokenize", at(name), "rain"]


def added(i): return {"content": f"<w{i}>", "special": True}


@input("tokenizer_config.json: added_tokens_decoder")
def _(size):
    return companion("decoder", "tokenizer_config.json",
                     {"added_tokens_decoder": {str(i): added(i) for i in range(size // 45)}})


@input("tokenizer_config.json: extra_special_tokens")
def _(size):
    return companion("extra", "tokenizer_config.json", {"extra_special_tokens": {
        f"k{i}_token": f"<w{i}>" for i in range(size // 28)}})


@input("tokenizer_config.json: list of special tokens")
def _(size):
    return companion("list", "tokenizer_config.json", {"extra_special_tokens": [f"<w{i}>" for i in range(size // 12)]})


@input("special_tokens_map.json: names")
def _(size):
    return companion("map", "special_tokens_map.json", {f"k{i}_token": f"<w{i}>" for i in range(size // 28)})


@input("added_tokens.json: ids")
def _(size):
    return companion("added", "added_tokens.json", {f"<w{i}>": i for i in range(size // 18)})


@input("vocab.txt: lines")
def _(size):
    lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"word{i}" for i in range(min(size // 10, 65000))]
    return ["tokenize", write("vocab.txt", "\n".join(lines), "\n" * max(0, size // 2)), "rain"]


@input("vocab.txt: one line")
def _(size):
    return ["tokenize", write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", "e\u0301" * (size // 3)), "rain"]


def evaluate(name, *parts): return ["evaluate", tiny, "--data", write(name, *parts)]


@input("TSV: header of many columns", 1 * MIB)
def _(size): return evaluate("t.tsv", "\t".join(f"c{i}" for i in range(size // 7)), "\tlabel\n", "\t" * 5, "\n")


@input("TSV: columns and rows")
def _(size):
    columns = 1000
    row = "x" + "\t" * columns + "rain\n"
    return evaluate("t.tsv", "text\t", "\t".join(f"c{i}" for i in range(1, columns)), "\tlabel\n", row * (size // len(row)))


@input("TSV: labels that nobody knows")
def _(size): return evaluate("t.tsv", "label\ttext\n", "".join(f"l{i}\tx\n" for i in range(size // 10)))


@input("TSV: one line", 1 * MIB)
def _(size): return evaluate("t.tsv", "label\ttext\nrain\t", "x\u0301" * (size // 3), "\n")


@input("CSV: quotation marks")
def _(size): return evaluate("t.csv", "label,text\n", "".join(f'l{i},"' + '""' * 20 + '"\n' for i in range(size // 50)))


@input("CSV: a mark that is never closed", 1 * MIB)
def _(size): return evaluate("t.csv", "label,text\n", 'rain,"' + "\n" * size)


@input("JSON Lines: labels that nobody knows")
def _(size): return evaluate("t.jsonl", "".join(f'{{"label":"l{i}","text":"x"}}\n' for i in range(size // 30)))


@input("JSON Lines: keys of one row", 1 * MIB)
def _(size): return evaluate("t.jsonl", '{"label":"rain","text":"x"', "".join(f',"k{i}":0' for i in range(size // 11)), "}\n")


@input("predictions: rows")
def _(size):
    rows = "".join(f"{i}\train\train\t1.0\t0.0\t0.0\n" for i in range(size // 28))
    return ["evaluate", tiny, "--merge", write("p.tsv", "row\texpected\tlabel\tlogit_0\tlogit_1\tlogit_2\n", rows)]


def safetensors(name, header, data=0):
    header = header.encode()
    write(name, struct.pack("<Q", len(header)) + header, bytes(data))
    return ["inspect", at(name)]


@input("safetensors: tensors")
def _(size):
    return safetensors("m.safetensors", "{" + repeat(
        size, lambda i: f'"layer.{i}.weight":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}') + "}")


@input("safetensors: models side by side")
def _(size):
    return safetensors("m.safetensors", "{" + repeat(
        size, lambda i: f'"m{i}.model.embedder.token.weight":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}') + "}")


@input("safetensors: prefixes")
def _(size):
    return safetensors("m.safetensors", '{"model.embedder.token.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},'
                       + repeat(size, lambda i: f'"m{i}.model.embedder.token.weight":'
                                '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}') + "}")


@input("safetensors: a long name")
def _(size):
    return safetensors("m.safetensors", '{"' + "a." * (size // 2) + '":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}')


@input("safetensors: metadata")
def _(size):
    return safetensors("m.safetensors", '{"__metadata__":{' + repeat(size, lambda i: f'"k{i}":"v"') + "}}")


@input("index of shards")
def _(size):
    safetensors("m.safetensors", "{}")
    return ["inspect", write("model.safetensors.index.json", '{"weight_map":{' + repeat(
        size, lambda i: f'"layer.{i}":"m.safetensors"') + "}}")]


def archive(name, entries, stored=True):
    with zipfile.ZipFile(at(name), "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as file:
        for entry, content in entries:
            file.writestr(zipfile.ZipInfo(entry), content, compress_type=file.compression)
    return ["inspect", at(name)]


def npy(shape=(0,)):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def gguf_text(text): return struct.pack("<Q", len(text)) + text.encode()


def gguf(keys=(), tensors=()):
    """A GGUF file of keys and tensors that are encoded already; no values."""
    return ["inspect", write(
        "m.gguf", b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys) + 1), gguf_text("general.architecture"),
        struct.pack("<I", 8), gguf_text("bert"), *keys, *tensors)]


@input("GGUF: a list of words", 63 * MIB)
def _(size):
    words = [gguf_text(f"word{i:06d}") for i in range(size // 18)]
    return gguf([gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(words)) + b"".join(words)])


@input("GGUF: tensors", 32 * MIB)
def _(size):
    count = size // 44
    return gguf(tensors=[gguf_text(f"t{i:07d}") + struct.pack("<IQIQ", 1, 0, 0, 0) for i in range(count)])


@input("npz: arrays", 16 * MIB)
def _(size): return archive("m.npz", [(f"layer.{i}.npy", npy()) for i in range(size // 300)])


@input("npz: deflated", 8 * MIB)
def _(size): return archive("m.npz", [(f"layer.{i}.npy", npy()) for i in range(size // 250)], stored=False)


@input("zip: entries", 16 * MIB)
def _(size): return archive("m.pt", [(f"a/data/{i}", b"") for i in range(size // 110)] + [("a/data.pkl", b"\x80\x02}.")])


def text(value): return b"X" + struct.pack("<I", len(value)) + value.encode()
def name(module, value): return f"c{module}\n{value}\n".encode()


def tensor(key, count=0):
    storage = (b"(" + text("storage") + name("torch", "FloatStorage") + text(key) + text("cpu") + b"J"
               + struct.pack("<i", count) + b"tQ")
    return (name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"K\0(J" + struct.pack("<i", count)
            + b"t(K\1t\x89" + name("collections", "OrderedDict") + b")RtR")


def state(items): return b"\x80\x02}(" + b"".join(items) + b"u."


@input("pickle: tensors of one storage")
def _(size):
    return archive("m.pt", [("a/data.pkl", state(text(f"layer.{i}") + tensor("0") for i in range(size // 190))),
                            ("a/data/0", b"")])


@input("pickle: models side by side")
def _(size):
    return archive("m.pt", [("a/data.pkl", state(text(f"m{i}") + state([text("w") + tensor("0")])[2:-1]
                                                 for i in range(size // 200))), ("a/data/0", b"")])


@input("pickle: numbers", 16 * MIB)
def _(size): return archive("m.pt", [("a/data.pkl", b"\x80\x02](" + b"K\1" * (size // 2) + b"e.")])


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content if isinstance(content, bytes) else content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(operation, inputs, outputs):
    return field(1, b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + field(4, operation))


def initializer(label, shape, kind=1, size=4):
    count = 1
    for n in shape:
        count *= n
    return field(5, b"".join(field(1, n) for n in shape) + field(2, kind) + field(8, label) + field(9, bytes(count * size)))


def onnx(*graph):
    return ["inspect", write("m.onnx", field(1, 8), field(7, b"".join(graph)))]


@input("ONNX: initializers")
def _(size): return onnx(*(initializer(f"layer.{i}.weight", (1,)) for i in range(size // 35)))


@input("ONNX: products with one weight")
def _(size):
    return onnx(initializer("a.weight", (4, 4)), *(node("MatMul", [f"x{i}", "a.weight"], [f"y{i}"])
                                                   for i in range(size // 36)))


@input("ONNX: a chain")
def _(size):
    return onnx(initializer("a.weight", (4, 4)), *(node("Identity", [f"v{i}" if i else "a.weight"], [f"v{i + 1}"])
                                                   for i in range(size // 32)))


@input("ONNX: many names of one weight")
def _(size):
    return onnx(initializer("a.weight", (4, 4)), *(node("Identity", ["a.weight"], [f"b{i}.weight"])
                                                   for i in range(size // 38)))


@input("ONNX: one scale for all operations")
def _(size):
    count = max(1, size // 8)
    return onnx(initializer("s", (count,)), initializer("q_quantized", (1, count), 3, 1),
                *(node("DequantizeLinear", ["q_quantized", "s"], [f"y{i}"]) for i in range(size // 80)))


@input("ONNX: additions to one product")
def _(size):
    return onnx(initializer("a.weight", (4, 4)), initializer("b", (4,)), node("MatMul", ["x", "a.weight"], ["y"]),
                *(node("Add", ["y", "b"], [f"z{i}"]) for i in range(size // 26)))


@input("HDF5: datasets", 16 * MIB)
def _(size):
    safetensors("m.safetensors", "{" + repeat(
        size // 6, lambda i: f'"layer.{i}.weight":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}') + "}")
    subprocess.run([options.embq, "convert", at("m.safetensors"), "-o", at("m.h5")], check=True, capture_output=True)
    return ["inspect", at("m.h5")]


@input("config.json: keys", 1 * MIB)
def _(size):
    copy("config", "tokenizer.json", "config.json", "model.safetensors")
    with open(at("config/config.json")) as file:
        config = json.load(file)
    config.update({f"k{i}": 0 for i in range((size - 500) // 12)})
    write("config/config.json", json.dumps(config))
    return ["inspect", at("config")]


@input("config.json: labels", 1 * MIB)
def _(size):
    copy("labels", "tokenizer.json", "config.json", "model.safetensors")
    with open(at("labels/config.json")) as file:
        config = json.load(file)
    config["id2label"] = {str(i): f"l{i}" for i in range((size - 500) // 20)}
    write("labels/config.json", json.dumps(config))
    return ["inspect", at("labels")]


@input("modules.json: modules", 1 * MIB)
def _(size):
    shutil.copytree(os.path.join(ROOT, "Fixtures/families/hf-encoder"), at("modules"), dirs_exist_ok=True)
    write("modules/modules.json", json.dumps([
        {"idx": i, "name": str(i), "path": f"{i}_Normalize" if i else "",
         "type": "sentence_transformers.models." + ("Normalize" if i else "Transformer")} for i in range(size // 100)]))
    return ["inspect", at("modules")]


@input("suite.json: rows", 4 * MIB)
def _(size):
    return ["evaluate", "--suite", write("suite.json", '{"rows":[' + repeat(
        size, lambda i: '{"task":"t","checkpoint":"none","data":"none","artifact":"none"}') + "]}")]


@input("adapter_config.json: patterns", 4 * MIB)
def _(size):
    copy("adapter", "tokenizer.json", "config.json", "model.safetensors")
    count = size // 40
    write("adapter/adapter_config.json", json.dumps({
        "peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": [f"t{i}" for i in range(count)],
        "rank_pattern": {f"p{i}": 1 for i in range(count)}}))
    safetensors("adapter/adapter_model.safetensors", "{" + repeat(
        count * 90, lambda i: f'"base_model.model.t{i}.lora_{"AB"[i % 2]}.weight":'
        '{"dtype":"F32","shape":[1,0],"data_offsets":[0,0]}') + "}")
    return ["inspect", at("adapter")]


@input("profile: points")
def _(size):
    # Field 1 of a profile is its version; what follows are points without content.
    return ["inspect", write("m.embqcal", field(1, 1), field(10, b"") * (size // 2))]


def artifact():
    path = at("base.embq")
    if not os.path.exists(path):
        subprocess.run([options.embq, "quantize", tiny, "--data", os.path.join(tiny, "data.tsv"), "-o", path],
                       check=True, capture_output=True)
    with open(path, "rb") as file:
        return file.read()


def assembled(sections):
    """An artifact of these sections: header and table with their checksums."""
    head, body = 32 + 16 * len(sections), b""
    table = b""
    for tag, content in sections:
        body += bytes(-(head + len(body)) % 16)
        table += struct.pack("<4sIII", tag, head + len(body), len(content), zlib.crc32(content))
        body += content
    fields = [0x51424D45, struct.unpack_from("<I", artifact(), 4)[0], head + len(body), len(sections), 0, 0, 0, 0]
    fields[4] = zlib.crc32(struct.pack("<8I", *fields) + table)
    return struct.pack("<8I", *fields) + table + body


def parts():
    data = artifact()
    count = struct.unpack_from("<I", data, 12)[0]
    table = [struct.unpack_from("<4sIII", data, 32 + 16 * i) for i in range(count)]
    return [(tag, data[offset:offset + size]) for tag, offset, size, _ in table]


@input(".embq: one table for all operations")
def _(size):
    sections = dict(parts())
    words = list(struct.unpack(f"<{len(sections[b'MODL']) // 4}I", sections[b"MODL"]))
    # The first pass begins with the operation that reads the tables: it stands there many times, each with a long table.
    passes = 10 + 2 * words[7] + 4 * words[8]
    start = passes + 2 * words[9]
    embed = words[start:start + (words[start] >> 16)]
    base = -(-len(sections[b"WGHT"]) // 16) * 16
    words[1] = min(65535, size // 2 // embed[3])
    embed[4] = base
    count = size // 2 // (4 * len(embed))
    words[start:start] = embed * count
    words[passes + 1] += len(embed) * count
    sections[b"MODL"] = struct.pack(f"<{len(words)}I", *words)
    sections[b"WGHT"] = sections[b"WGHT"].ljust(base, b"\0") + bytes(words[1] * embed[3])
    return ["verify", write("m.embq", assembled(list(sections.items())))]


@input(".embq: bytes behind it")
def _(size): return ["verify", write("m.embq", artifact(), bytes(size))]


# ---- Measuring

def run(command):
    """Seconds of processor, peak bytes, and whether the program ended by itself."""
    # A small process starts the program, so that this one's memory is not in the peak.
    code = ("import os,resource,subprocess,sys\n"
            "p=subprocess.run(sys.argv[1:],stdin=subprocess.DEVNULL,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\n"
            "u=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(p.returncode,u.ru_utime+u.ru_stime,u.ru_maxrss*1024)")
    best = None
    for _ in range(3):
        out = subprocess.run([sys.executable, "-S", "-c", code, options.embq] + command, capture_output=True, text=True,
                             check=True).stdout.split()
        found = float(out[1]), int(out[2]), int(out[0])
        best = min(best or found, found)
        if best[0] > 5:
            break
    return best


def size_of(command):
    return sum(os.path.getsize(os.path.join(place, file)) for argument in command if argument.startswith(folder)
               for place, _, files in ([(os.path.dirname(argument), [], [os.path.basename(argument)])]
                                       if os.path.isfile(argument) else os.walk(argument)) for file in files)


def measure(make, most):
    """Of each size: bytes, seconds, peak bytes, exit status. Sizes that seem to grow too fast are measured again: the
    least time of several is the parser's, the rest is other work of the machine."""
    start, ground, _ = run(["--version"])
    times, size = [], SMALLEST
    while size <= most:
        times.append(time_of(make(size), start, ground))
        if times[-1][1] > 60:
            break
        size *= 2
    for _ in range(AGAIN):
        if growth_of(times)[0] <= GROWTH:
            break
        for place in growth_of(times)[1]:
            times[place] = min(times[place], time_of(make(SMALLEST << place), start, ground), key=lambda found: found[1])
    if options.each:
        for size, seconds, peak, status in times:
            print(f"    {size / MIB:8.2f} MiB {seconds:7.2f} s {peak / MIB:6.0f} MiB, status {status}")
    return times


def time_of(command, start, ground):
    seconds, peak, status = run(command)
    return size_of(command), max(seconds - start, 0.001), max(peak - ground, 0), status


def growth_of(times):
    """The largest ratio for one doubling, and the two places where it is. Over two doublings where there are two: one alone
    shows each step of a cache."""
    pairs = [(a, min(a + 2, len(times) - 1)) for a in range(len(times) - 1) if times[a][1] >= SHORTEST]
    ratios = [(2 ** (math.log(times[b][1] / times[a][1]) / math.log(times[b][0] / times[a][0])), (a, b))
              for a, b in pairs if times[b][0] > 1.5 * times[a][0]]
    return max(ratios, default=(0, ()))


def main():
    wanted = [name for name in options.only.split(",") if name]
    missed = 0
    print(f"{'input':52}{'MiB':>8}{'processor':>11}{'growth':>8}{'peak':>8}{'per byte':>10}")
    for label, most, make in INPUTS:
        if wanted and not any(label.startswith(name) for name in wanted):
            continue
        times = measure(make, min(most or options.mib * MIB, options.mib * MIB))
        growth, _ = growth_of(times)
        size, seconds, peak, status = times[-1]
        fault = []
        if growth > GROWTH:
            fault.append("growth")
        if any(peak > FREE + PER_BYTE * size for size, _, peak, _ in times):
            fault.append("memory")
        if any(status not in (0, 1) for *_, status in times):
            fault.append(f"status {[status for *_, status in times]}")
        missed += bool(fault)
        per = (times[-1][2] - times[-2][2]) / (times[-1][0] - times[-2][0]) if len(times) > 1 and size > times[-2][0] else 0
        print(f"{label:52}{size / MIB:8.1f}{seconds:11.2f}{growth:8.2f}{peak / MIB:8.0f}{per:10.1f}"
              + ("   MISSED: " + ", ".join(fault) if fault else ""), flush=True)
    return 1 if missed else 0


try:
    status = main()
finally:
    shutil.rmtree(folder)
sys.exit(status)
