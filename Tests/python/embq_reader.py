"""Reads an .embq artifact with nothing but Schemas/embq-format.md: slow, obvious, and strict.

    python3 Tests/python/embq_reader.py MODEL.embq
"""
import json
import struct
import sys
import zlib

MAGIC, VERSION = b"EMBQ", 1
ALIGNMENT = 16
HEADER, ENTRY = 32, 16
REQUIRED = ("MODL", "WGHT", "TABL", "TOKN", "LABL")
ELEMENTS = {1: ("i8", 1), 2: ("i32", 4)}
BIAS = (-(2**30), 2**30)
MULTIPLIER = (0, 2**31 - 1)
PARAMETER = (-127, 127)
NEVER_128 = ("activation", "token", "position")  # where embq_open itself refuses −128

# MODL, word by word: a number is (name, lowest, highest), an array (name, section, element, shape, lowest, highest).
# Shapes are of the letters on the page: V, L (max_length), D, E, k, C, r, and T for 2^activation_bits.
MODEL_WORDS = (
    ("family", 1, 1),
    ("head", 1, 1),
    ("task", 1, 2),
    ("vocabulary", 1, 65535),
    ("max_length", 1, 16384),
    ("hidden", 1, 1024),
    ("inner", 1, 4096),
    ("kernel", 1, 1024),
    ("outputs", 1, 4096),
    ("layers", 1, 64),
    ("pad", 0, 2**32 - 1),
    ("separator", 0, 2**32 - 1),
    ("reduced", 1, 1024),
    ("token", "WGHT", "i8", "Vr", *PARAMETER),
    ("position", "WGHT", "i8", "Lr", *PARAMETER),
    ("token_expander", "WGHT", "i8", "Dr", *PARAMETER),
    ("position_expander", "WGHT", "i8", "Dr", *PARAMETER),
    ("segment", "WGHT", "i32", "3D", *BIAS),
    ("token_multiplier", "TABL", "i32", "D", *MULTIPLIER),
    ("position_multiplier", "TABL", "i32", "D", *MULTIPLIER),
    ("embedder_shift", 1, 62),
    ("classifier", "WGHT", "i8", "CD", *PARAMETER),
    ("classifier_bias", "WGHT", "i32", "C", *BIAS),
    ("classifier_multiplier", "TABL", "i32", "C", 0, 2**18 - 1),
    ("classifier_shift", 1, 62),
)
LAYER_WORDS = (
    ("epsilon_low", 0, 2**32 - 1),
    ("epsilon_high", 0, 2**32 - 1),
    ("norm_multiplier", *MULTIPLIER),
    ("norm_shift", 1, 31),
    ("query", "WGHT", "i8", "DD", *PARAMETER),
    ("query_bias", "WGHT", "i32", "D", *BIAS),
    ("query_multiplier", "TABL", "i32", "D", *MULTIPLIER),
    ("query_shift", 31, 62),
    ("softmax_multiplier", *MULTIPLIER),
    ("softmax_shift", 1, 62),
    ("context_multiplier", *MULTIPLIER),
    ("context_shift", 1, 31),
    ("attention", "WGHT", "i8", "DD", *PARAMETER),
    ("attention_multiplier", "TABL", "i32", "D", *MULTIPLIER),
    ("convolution", "WGHT", "i8", "kE", *PARAMETER),
    ("convolution_bias", "WGHT", "i32", "E", *BIAS),
    ("convolution_multiplier", "TABL", "i32", "E", *MULTIPLIER),
    ("convolution_shift", 31, 62),
    ("activation", "TABL", "i8", "T", *PARAMETER),
    ("activation_bits", 1, 12),
    ("activation_zero", 0, 2**12 - 1),
    ("contract", "WGHT", "i8", "DE", *PARAMETER),
    ("contract_multiplier", "TABL", "i32", "D", *MULTIPLIER),
    ("output_bias", "WGHT", "i32", "D", *BIAS),
    ("output_shift", 1, 62),
)

# The arrays' names in TENS, in the order of their section ("Arrays by name").
WEIGHT_NAMES = (
    ("embedder.token", "token"),
    ("embedder.position", "position"),
    ("embedder.token_expander", "token_expander"),
    ("embedder.position_expander", "position_expander"),
    ("embedder.segment", "segment"),
)
LAYER_WEIGHT_NAMES = (
    ("query.weight", "query"),
    ("query.bias", "query_bias"),
    ("attention.weight", "attention"),
    ("convolution.weight", "convolution"),
    ("convolution.bias", "convolution_bias"),
    ("contract.weight", "contract"),
    ("output.bias", "output_bias"),
)
CLASSIFIER_WEIGHT_NAMES = (("classifier.weight", "classifier"), ("classifier.bias", "classifier_bias"))
TABLE_NAMES = (("embedder.token_multiplier", "token_multiplier"), ("embedder.position_multiplier", "position_multiplier"))
LAYER_TABLE_NAMES = (
    ("query.multiplier", "query_multiplier"),
    ("convolution.multiplier", "convolution_multiplier"),
    ("activation.table", "activation"),
    ("attention.multiplier", "attention_multiplier"),
    ("contract.multiplier", "contract_multiplier"),
)
CLASSIFIER_TABLE_NAMES = (("classifier.multiplier", "classifier_multiplier"),)


class Refused(Exception):
    """The file breaks a rule. `code` is the page's word for it; WRITER where a reader need not refuse, and this one does."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def require(condition, code, message):
    if not condition:
        raise Refused(code, message)


def round_up(n, multiple=ALIGNMENT):
    return -(-n // multiple) * multiple


def texts(data, code, what):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(code, f"{what} is not UTF-8") from None


class Section:
    def __init__(self, tag, offset, size, checksum, data):
        self.tag, self.offset, self.size, self.checksum, self.data = tag, offset, size, checksum, data


class Array:
    """A parameter or table: where it lies, its shape, and its values (a list of rows if it has two dimensions)."""

    def __init__(self, section, element, shape, offset, data):
        self.section, self.element, self.shape, self.offset = section, element, shape, offset
        item = {"i8": 1, "i32": 4}[element]
        count = 1
        for n in shape:
            count *= n
        self.size = count * item
        require(offset % (ALIGNMENT if item == 1 else item) == 0, "MODEL", f"an {element} array at {offset}")
        require(offset + self.size <= len(data), "MODEL", f"an array ends beyond {section}")
        self.flat = struct.unpack_from(f"<{count}{'b' if item == 1 else 'i'}", data, offset)
        width = shape[-1]
        self.values = self.flat if len(shape) == 1 else [self.flat[i : i + width] for i in range(0, count, width)]


class Record:
    """25 words of MODL as attributes: numbers as int, arrays as Array."""

    def __init__(self, words, fields, letters, sections):
        for word, (name, *field) in zip(words, fields):
            if isinstance(field[0], int):
                lowest, highest = field
                require(lowest <= word <= highest, "MODEL", f"{name} is {word}, outside {lowest}…{highest}")
                setattr(self, name, word)
        letters = dict(letters)
        for letter, name in dict(
            V="vocabulary", L="max_length", D="hidden", E="inner", k="kernel", C="outputs", r="reduced"
        ).items():
            letters.setdefault(letter, getattr(self, name, None))
        letters["T"] = 2 ** getattr(self, "activation_bits", 0)
        for word, (name, *field) in zip(words, fields):
            if isinstance(field[0], str):
                section, element, shape, lowest, highest = field
                shape = tuple(int(c) if c.isdigit() else letters[c] for c in shape)
                array = Array(section, element, shape, word, sections[section].data)
                code = "WRITER" if (lowest, highest) == PARAMETER and name not in NEVER_128 else "MODEL"
                require(
                    lowest <= min(array.flat) and max(array.flat) <= highest,
                    code,
                    f"{name} has a value outside {lowest}…{highest}",
                )
                setattr(self, name, array)
        self.letters = letters


class Model(Record):
    def __init__(self, sections):
        data = sections["MODL"].data
        require(len(data) >= 100, "MODEL", "MODL is shorter than its record")
        words = struct.unpack_from("<25I", data)
        super().__init__(words, MODEL_WORDS, {}, sections)
        require(self.inner >= self.hidden and self.inner % self.hidden == 0, "MODEL", "inner is no multiple of hidden")
        require(len(data) == 100 + 100 * self.layers, "MODEL", "MODL's size and its number of layers differ")
        self.layer = []
        for i in range(self.layers):
            layer = Record(struct.unpack_from("<25I", data, 100 + 100 * i), LAYER_WORDS, self.letters, sections)
            layer.epsilon = layer.epsilon_low | layer.epsilon_high << 32
            require(1 <= layer.epsilon <= 2**62 - 1, "MODEL", f"layer {i}: epsilon")
            require(layer.activation_zero < 2**layer.activation_bits, "MODEL", f"layer {i}: activation_zero")
            self.layer.append(layer)

    def arena_size(self, length):
        """What `embq_arena_size` answers for sentences of `length` ids ("Arena")."""
        a, d, e = round_up, self.hidden, self.inner
        rows = a(length * d) * (2 if self.layers > 1 else 1)
        return a(2 * length) + rows + a(8 * d) + a(8 * max(d, e)) + 2 * a(2 * d) + a(2 * e) + 4 * length

    def arrays(self):
        """(name, Array) of all arrays in the order of WGHT, then of TABL."""
        for head, per_layer, tail in (
            (WEIGHT_NAMES, LAYER_WEIGHT_NAMES, CLASSIFIER_WEIGHT_NAMES),
            (TABLE_NAMES, LAYER_TABLE_NAMES, CLASSIFIER_TABLE_NAMES),
        ):
            for name, field in head:
                yield name, getattr(self, field)
            for i, layer in enumerate(self.layer):
                for name, field in per_layer:
                    yield f"layers.{i}.{name}", getattr(layer, field)
            for name, field in tail:
                yield name, getattr(self, field)


class Check:
    def __init__(self, text, ids, logits):
        self.text, self.ids, self.logits = text, ids, logits


class Tensor:
    def __init__(self, name, section, element, shape, offset, size):
        self.name, self.section, self.element = name, section, element
        self.shape, self.offset, self.size = shape, offset, size


class Artifact:
    def __init__(self, data):
        self.data = data
        self.sections = read_sections(data)
        self.by_tag = {s.tag: s for s in self.sections}
        for tag in REQUIRED:
            require(tag in self.by_tag, "LAYOUT", f"there is no section {tag}")
        self.model = Model(self.by_tag)
        self.labels = read_labels(self.by_tag["LABL"].data, self.model.outputs)
        self.checks = read_checks(self.by_tag["CHEK"].data, self.model) if "CHEK" in self.by_tag else []
        read_tokenizer_header(self.by_tag["TOKN"].data, self.model)
        self.tensors = read_tensors(self.by_tag["TENS"].data, self.by_tag) if "TENS" in self.by_tag else []
        self.provenance = read_provenance(self.by_tag["META"].data) if "META" in self.by_tag else None

    @classmethod
    def at(cls, path):
        with open(path, "rb") as file:
            return cls(file.read())


def read_sections(data):
    """Header, section table, order, padding and checksums: the checks in the page's order."""
    require(len(data) >= HEADER, "TRUNCATED", "there is no header")
    magic, version, file_size, count, checksum = struct.unpack_from("<4s4I", data)
    require(magic == MAGIC, "MAGIC", "this is no artifact")
    require(version == VERSION, "VERSION", f"version {version}")
    require(file_size <= len(data), "TRUNCATED", f"{len(data)} of {file_size} bytes are there")
    require(file_size == len(data), "LAYOUT", "bytes follow the file")
    require(count <= 32, "LAYOUT", f"{count} sections")
    end = HEADER + ENTRY * count
    require(end <= len(data), "TRUNCATED", "the section table is cut")
    covered = data[:16] + bytes(4) + data[20:end]
    require(zlib.crc32(covered) == checksum, "CHECKSUM", "header and section table")
    require(not any(data[20:HEADER]), "LAYOUT", "reserved words of the header")
    sections = []
    for i in range(count):
        tag, offset, size, crc = struct.unpack_from("<4s3I", data, HEADER + ENTRY * i)
        require(offset == round_up(end), "LAYOUT", f"section {i} does not follow the one before it")
        require(offset + size <= len(data), "LAYOUT", f"section {i} ends beyond the file")
        require(not any(data[end:offset]), "LAYOUT", f"bytes before section {i} are not 0")
        content = data[offset : offset + size]
        require(zlib.crc32(content) == crc, "CHECKSUM", f"section {i}")
        require(all(0x20 <= c < 0x7F for c in tag), "WRITER", f"the tag of section {i} is not ASCII")
        tag = tag.decode("ascii")
        require(tag not in [s.tag for s in sections], "LAYOUT", f"two sections {tag}")
        sections.append(Section(tag, offset, size, crc, content))
        end = offset + size
    require(end == len(data), "LAYOUT", "bytes follow the last section")
    return sections


def read_labels(data, outputs):
    require(len(data) > 4 * outputs, "MODEL", "LABL is shorter than its offsets")
    require(data[-1] == 0, "MODEL", "the last label has no end")
    labels, previous = [], None
    for offset in struct.unpack_from(f"<{outputs}I", data):
        require(4 * outputs <= offset < len(data), "MODEL", "a label outside LABL")
        require(previous is None or offset > previous, "MODEL", "labels are not in order")
        require(previous is None or data[offset - 1] == 0, "MODEL", "a label begins inside another")
        labels.append(texts(data[offset : data.index(0, offset)], "WRITER", "a label"))
        previous = offset
    return labels


def read_checks(data, model):
    require(len(data) >= 4, "LAYOUT", "CHEK has no count")
    (count,) = struct.unpack_from("<I", data)
    require(4 + 20 * count <= len(data), "LAYOUT", "CHEK is shorter than its records")
    checks, used = [], 4 + 20 * count
    for i in range(count):
        text, text_size, ids, id_count, logits = struct.unpack_from("<5I", data, 4 + 20 * i)
        require(text + text_size <= len(data), "LAYOUT", "a sentence outside CHEK")
        require(1 <= id_count <= model.max_length, "LAYOUT", f"a sentence of {id_count} ids")
        require(ids % 2 == 0 and ids + 2 * id_count <= len(data), "LAYOUT", "ids outside CHEK")
        require(logits % 4 == 0 and logits + 4 * model.outputs <= len(data), "LAYOUT", "logits outside CHEK")
        used += text_size + 2 * id_count + 4 * model.outputs
        require(used <= len(data), "LAYOUT", "records of CHEK share their content")
        checks.append(
            Check(
                data[text : text + text_size],
                struct.unpack_from(f"<{id_count}H", data, ids),
                struct.unpack_from(f"<{model.outputs}i", data, logits),
            )
        )
    return checks


def read_tokenizer_header(data, model):
    """The rest of TOKN is the business of tokenizer-section.md."""
    require(len(data) >= 40, "TOKENIZER", "TOKN is too short")
    version, kind, size, _, vocabulary = struct.unpack_from("<HHIIH", data)
    require(version == 1, "VERSION", f"TOKN of version {version}")
    require(kind == 1 and size == len(data), "TOKENIZER", "kind or size of TOKN")
    require(vocabulary <= model.vocabulary, "TOKENIZER", "TOKN makes ids beyond V")


def read_tensors(data, sections):
    at = 0

    def take(format):
        nonlocal at
        size = struct.calcsize("<" + format)
        require(at + size <= len(data), "WRITER", "TENS ends inside an entry")
        at += size
        return struct.unpack_from("<" + format, data, at - size)

    tensors = []
    for _ in range(take("I")[0]):
        tag, element, rank = take("4sHH")
        tag = tag.decode("ascii", "replace")
        require(tag in ("WGHT", "TABL") and element in ELEMENTS, "WRITER", "section or element of a tensor")
        require(4 * rank <= len(data) - at, "WRITER", "TENS ends inside an entry")
        shape = take(f"{rank}I")
        offset, size, name_size = take("IIH")
        name = texts(take(f"{name_size}s")[0], "WRITER", "a tensor's name")
        element, bytes_each = ELEMENTS[element]
        expected = bytes_each
        for n in shape:
            expected *= n
        require(size == expected, "WRITER", f"{name}: shape and size differ")
        require(offset + size <= sections[tag].size, "WRITER", f"{name} ends beyond {tag}")
        require(name not in [t.name for t in tensors], "WRITER", f"two tensors {name}")
        tensors.append(Tensor(name, tag, element, shape, offset, size))
    require(at == len(data), "WRITER", "bytes follow the last entry of TENS")
    return tensors


def read_provenance(data):
    try:
        provenance = json.loads(texts(data, "WRITER", "META"))
    except ValueError:
        raise Refused("WRITER", "META is no JSON") from None
    require(isinstance(provenance, dict), "WRITER", "META is no object")
    return provenance


def main(path):
    artifact = Artifact.at(path)
    for s in artifact.sections:
        print(f"{s.tag}  offset {s.offset:>8}  size {s.size:>8}  crc32 {s.checksum:08x}")
    m = artifact.model
    print(f"V {m.vocabulary}, max_length {m.max_length}, D {m.hidden}, E {m.inner}, k {m.kernel}, {m.layers} layers")
    print("labels:", ", ".join(artifact.labels))
    print(f"{len(artifact.tensors)} tensors, {len(artifact.checks)} check vectors")
    print(json.dumps(artifact.provenance, ensure_ascii=False, indent=2, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
