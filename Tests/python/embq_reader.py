"""Reads an .embq artifact with nothing but Schemas/embq-format.md: slow, obvious, and strict.

    python3 Tests/python/embq_reader.py MODEL.embq
"""
import copy
import json
import struct
import sys
import zlib

MAGIC, VERSION = b"EMBQ", 3
ALIGNMENT = 16
HEADER, ENTRY = 32, 16
REQUIRED = ("MODL", "WGHT", "TABL", "TOKN", "LABL")
ELEMENTS = {1: "i8", 2: "i32", 3: "rows", 4: "i16", **{16 + bits: f"p{bits}" for bits in range(1, 7)}}
NONE = 2**32 - 1

# Limits
MAX_WIDTH, MAX_INNER, MAX_KERNEL, MAX_STATES = 1024, 4096, 1024, 512
MAX_LENGTH, MAX_OUTPUTS = 16384, 65537
MAX_REGISTERS, MAX_STORES, MAX_PASSES = 64, 512, 256
MAX_ARENA = 0x70000000
MAX_SHARING = 4
MAX_CLASSES = 64
ROWS = 2  # positions that the C runtime works on at a time: registers and windows have room for them
ROW = 2**26 - 1

# Ranges of arrays
BIAS = (-(2**30), 2**30)
MULTIPLIER = (0, 2**31 - 1)
SIGNED = (-(2**31 - 1), 2**31 - 1)
PARAMETER = (-127, 127)
ANY = (-128, 127)

I8, I16, I32, I64 = 1, 2, 3, 4
BYTES = {I8: 1, I16: 2, I32: 4, I64: 8}
ALL, FIRST, AT_MASK, ONCE, BACKWARDS = 1, 2, 3, 4, 5
WHOLE = ALL, BACKWARDS  # passes that visit every position

MODEL_WORDS = (
    ("task", 1, 6),
    ("vocabulary", 1, 65535),
    ("max_length", 1, MAX_LENGTH),
    ("outputs", 1, MAX_OUTPUTS),
    ("pad", 0, NONE),
    ("separator", 0, NONE),
    ("mask", 0, NONE),
    ("registers", 1, MAX_REGISTERS),
    ("stores", 0, MAX_STORES),
    ("passes", 1, MAX_PASSES),
)

# Each operation's words behind its first, by the page's names.
OPERATIONS = {
    1: ("EMBED", "out acc reduced token position token_expander position_expander segment segments rule "
        "token_multiplier position_multiplier shift"),
    2: ("NORM", "in out centred mean_multiplier mean_shift epsilon_low epsilon_high multiplier shift"),
    3: ("LINEAR", "in out weight"),
    4: ("REQUANTIZE", "in out bias multiplier shift"),
    5: ("ACTIVATE", "in out bias multiplier shift table bits zero"),
    6: ("COMBINE", "a b out a_multiplier b_multiplier shift bias"),
    7: ("RESCALE", "in out multiplier shift"),
    8: ("LOAD", "row store"),
    9: ("STORE", "row store"),
    10: ("ATTEND", "query out acc keys values scores heads ignores_pad softmax_multiplier softmax_shift "
         "context_multiplier context_shift"),
    11: ("CONVOLVE", "rows out kernel weight"),
    12: ("WIDE_LINEAR", "in out outputs first weight bias multiplier shift"),
    13: ("CURVE", "in out bias multiplier shift zero table bits fraction"),
    14: ("GATE", "a b out multiplier shift"),
    15: ("SCAN", "in step write read out state rate rate_shift input_shift write_multiplier write_shift "
         "read_multiplier read_shift skip skip_shift"),
    16: ("POOL", "row sums kind"),
    17: ("POOLED", "row sums kind"),
    18: ("UNIT", "in"),
    20: ("PACKED_LINEAR", "in out weight bits"),
    21: ("UNIT_ROW", "in out"),
    22: ("JOIN", "a b out a_multiplier a_shift b_multiplier b_shift"),
    23: ("OUTPUT", "in outputs first multiplier shift"),
    24: ("LOOK_UP", "out table multiplier rule shift"),
    26: ("TAG", "in"),
    27: ("TABLE_NORM", "in out acc reduced token position rule column_multiplier column_shift epsilon_low epsilon_high "
         "multiplier shift"),
}
OPERATIONS[19] = ("PACKED_EMBED", OPERATIONS[1][1] + " classes count shifts levels")
OPERATIONS[28] = ("PACKED_TABLE_NORM", OPERATIONS[27][1] + " classes count shifts levels")
OPERATIONS[29] = ("PACK", "row store bits multiplier shift")
OPERATIONS[30] = ("UNPACK", "row store bits")
OPERATIONS[31] = ("PACKED_ATTEND", OPERATIONS[10][1] + " bits")
OPERATIONS[32] = ("PACKED_CONVOLVE", OPERATIONS[11][1] + " bits acc window tap_bits taps")
OPERATIONS[25] = ("WIDE_ATTEND", OPERATIONS[10][1] + " score_shift")


class Refused(Exception):
    """The file breaks a rule. `code` is the page's word for it; WRITER where a reader need not refuse, and this one
    does."""

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


def product(shape):
    count = 1
    for n in shape:
        count *= n
    return count


def parts(bits):
    """A packed row's parts: bits of a code, and how many of the whole code lie below them."""
    return [(4, 2), (2, 0)] if bits == 6 else [(bits, 0)]


def words(columns, bits):
    """Words of a part of a packed row."""
    return -(-columns // (16 // bits * 2))


def size_of(element, shape):
    """Bytes of an array, None for a shape that it cannot have."""
    if element[0] == "p":
        if len(shape) != 2 or shape[1] > MAX_INNER:
            return None
        return 4 * shape[0] * sum(words(shape[1], bits) for bits, _ in parts(int(element[1:])))
    if element == "rows" and len(shape) != 1:
        return None
    return product(shape) * {"i16": 2, "i32": 4}.get(element, 1)


def packed_row(numbers, columns, bits):
    """The weights of a packed row, from its words."""
    codes, at = [0] * columns, 0
    for width, below in parts(bits):
        held = 16 // width * 2
        for i in range(columns):
            place = width * (i % held // 2) + 16 * (i % 2)
            codes[i] |= (numbers[at + i // held] >> place & 2**width - 1) << below
        at += words(columns, width)
    return [2 * code - 2**bits + 1 if bits <= 3 else code - 2 ** (bits - 1) for code in codes]


def column_bits(width, shifts):
    """Bits of each column in a class of a packed table."""
    return [8 if width == 8 else min(max(width + shift, 1), 8) for shift in shifts]


class PackedRows:
    """The rows of a packed table, each taken apart when it is asked for."""

    def __init__(self, places, o):
        self.places, self.o = places, o

    def __getitem__(self, row):
        start, stride, width = self.places[row]
        number = int.from_bytes(bytes(self.o.token.flat[start : start + stride]), "little")
        values = []
        for bits in column_bits(width, self.o.shifts.values):
            code, number = number & 2**bits - 1, number >> bits
            values.append(min(code, 254) - 127 if bits == 8 else self.o.levels.values[2**bits - 2 + code])
        return values


class Section:
    def __init__(self, tag, offset, size, checksum, data):
        self.tag, self.offset, self.size, self.checksum, self.data = tag, offset, size, checksum, data


class Array:
    """A parameter or table: where it lies, its shape, and its values (a list of rows if it has two dimensions)."""

    def __init__(self, section, element, shape, offset, data):
        self.section, self.element, self.shape, self.offset = section, element, shape, offset
        self.size = size_of(element, shape)
        require(offset % (4 if element in ("i16", "i32") else ALIGNMENT) == 0, "MODEL", f"an {element} array at {offset}")
        require(offset + self.size <= len(data), "MODEL", f"an array ends beyond {section}")
        width, count = shape[-1], product(shape)
        if element[0] == "p":
            numbers = struct.unpack_from(f"<{self.size // 4}I", data, offset)
            stride = len(numbers) // shape[0] if shape[0] else 0
            self.values = [packed_row(numbers[i * stride : (i + 1) * stride], width, int(element[1:]))
                           for i in range(shape[0])]
            self.flat = [value for row in self.values for value in row]
        else:
            letter = {"i8": "b", "i16": "h", "i32": "i", "rows": "B"}[element]
            self.flat = struct.unpack_from(f"<{count}{letter}", data, offset)
            self.values = self.flat if len(shape) == 1 else [self.flat[i : i + width] for i in range(0, count, width)]
        self.low, self.high = min(self.flat, default=0), max(self.flat, default=0)

    def times(self, factor):
        """The same array, its numbers times a factor."""
        scaled = copy.copy(self)
        scaled.flat = scaled.values = [value * factor for value in self.flat]
        scaled.low, scaled.high = self.low * factor, self.high * factor
        return scaled


class Register:
    def __init__(self, type, width):
        self.type, self.width = type, width


class Store:
    def __init__(self, type, width, groups, span):
        self.type, self.width, self.groups, self.span = type, width, groups, span
        self.full = False  # an earlier pass has written every row
        self.held = None  # type and width of its rows, which may be smaller than its own
        self.loaded = False  # this pass reads the row of its position, or earlier ones from the last position on
        self.written = False  # this pass writes it
        self.spread = False  # this pass reads rows of other positions
        self.skewed = False  # its int8 rows have their zero elsewhere than at 0
        self.pooled = None  # the kind of POOL that the sums are of


class Operation:
    """`name`, the words as `operation["in"]`, and the arrays that they name as attributes."""

    def __init__(self, kind, name, words):
        self.kind, self.name, self.words = kind, name, words

    def __getitem__(self, field):
        return self.words[field]


class Pass:
    def __init__(self, positions):
        self.positions, self.operations = positions, []


class Model:
    def __init__(self, sections):
        self.sections, self.cache = sections, {}
        # Bytes of arrays that may still be looked at, each time that an operation names them.
        self.left = {tag: MAX_SHARING * len(sections[tag].data) for tag in ("WGHT", "TABL")}
        data = sections["MODL"].data
        require(len(data) >= 40 and len(data) % 4 == 0, "MODEL", "MODL is shorter than its head, or no words")
        words = struct.unpack(f"<{len(data) // 4}I", data)
        for word, (name, lowest, highest) in zip(words, MODEL_WORDS):
            require(lowest <= word <= highest, "MODEL", f"{name} is {word}, outside {lowest}…{highest}")
            setattr(self, name, word)
        at, counts = 10, (self.registers, self.stores, self.passes)
        require(10 + 2 * counts[0] + 4 * counts[1] + 2 * counts[2] <= len(words), "MODEL", "MODL ends inside its lists")
        self.registers = [Register(*words[at + 2 * i : at + 2 * i + 2]) for i in range(counts[0])]
        at += 2 * counts[0]
        self.stores = [Store(*words[at + 4 * i : at + 4 * i + 4]) for i in range(counts[1])]
        at += 4 * counts[1]
        heads = [words[at + 2 * i : at + 2 * i + 2] for i in range(counts[2])]
        at += 2 * counts[2]
        require(at + sum(size for _, size in heads) == len(words), "MODEL", "MODL's size and its passes differ")
        self.check_memory()
        self.has_tag, self.reshaped = False, set()
        self.passes = []
        for positions, size in heads:
            self.passes.append(self.read_pass(positions, words[at : at + size]))
            at += size

    def check_memory(self):
        for r in self.registers:
            require(r.type in (I8, I16, I32) and 1 <= r.width <= MAX_INNER, "MODEL", "a register")
        total = 0
        for s in self.stores:
            widest = MAX_INNER * MAX_STATES if s.type == I32 and s.span == 1 else MAX_INNER
            require(s.type in (I8, I16, I32, I64) and 1 <= s.width <= widest, "MODEL", "type or width of a store")
            require(1 <= s.groups <= s.width and s.width % s.groups == 0, "MODEL", "groups of a store")
            require(s.span <= MAX_KERNEL - 1 + ROWS, "MODEL", "span of a store")
            require(s.type != I64 or s.span == 1, "MODEL", "sums with a span other than 1")
            require(s.span == 0 or s.groups == 1, "MODEL", "a span and groups")
            total += (s.span or self.max_length) * s.width * 8 + 16
        require(total < MAX_ARENA, "MODEL", "the stores are too large")

    def read_pass(self, positions, words):
        require(positions in (ALL, FIRST, AT_MASK, ONCE, BACKWARDS), "MODEL", "positions of a pass")
        result, at, self.positions, self.defined = Pass(positions), 0, positions, set()
        self.skewed = set()
        while at < len(words):
            kind, size = words[at] & 0xFFFF, words[at] >> 16
            require(kind in OPERATIONS, "MODEL", f"an operation of kind {kind}")
            name, fields = OPERATIONS[kind]
            fields = fields.split()
            require(size == len(fields) + 1 and at + size <= len(words), "MODEL", f"the size of {name}")
            operation = Operation(kind, name, dict(zip(fields, words[at + 1 : at + size])))
            getattr(self, "check_" + name.lower())(operation)
            result.operations.append(operation)
            at += size
        for s in self.stores:
            require(not (s.written and s.spread), "MODEL", "a pass writes a store and reads other positions of it")
            s.full = s.full or s.written and positions in WHOLE
            s.written = s.spread = s.loaded = False
        return result

    # --- What operations name

    def array(self, o, field, section, element, shape, limits):
        """Sets the operation's attribute `field` to an array of `section`."""
        key = section, o[field], element, shape
        if key not in self.cache:
            self.cache[key] = Array(section, element, shape, o[field], self.sections[section].data)
        array = self.cache[key]
        if element in ("i8", "i16", "i32") and limits != ANY:
            self.left[section] -= size_of(element, shape)
            require(self.left[section] >= 0, "MODEL", f"arrays of {section} are named too often")
        inside = limits[0] <= array.low and array.high <= limits[1]
        require(inside, "MODEL", f"{o.name}: {field} has a value outside {limits[0]}…{limits[1]}")
        setattr(o, field, array)

    def vector(self, o, field, section, count, limits, byte):
        """A vector of 32 bits, or of 16 with a factor, as a byte of the operation's `shift` tells."""
        form = o["shift"] >> 8 * byte & 255
        require(form <= 17, "MODEL", f"{o.name}: the form of {field}")
        if form == 0:
            return self.array(o, field, section, "i32", (count,), limits)
        self.array(o, field, section, "i16", (count,), (-(2**15), 2**15 - 1))
        numbers = getattr(o, field).times(2 ** (form - 1))
        require(limits[0] <= numbers.low and numbers.high <= limits[1], "MODEL", f"{o.name}: {field} is too large")
        setattr(o, field, numbers)

    def shift(self, o, lowest, highest, has_second=False):
        require(lowest <= o["shift"] & 255 <= highest, "MODEL", f"{o.name}: shift, outside {lowest}…{highest}")
        require(has_second or o["shift"] >> 24 == 0, "MODEL", f"{o.name}: the form of a vector that is not there")

    def number(self, o, field, lowest, highest):
        require(lowest <= o[field] <= highest, "MODEL", f"{o.name}: {field} is {o[field]}, outside {lowest}…{highest}")

    def register(self, o, field):
        require(o[field] < len(self.registers), "MODEL", f"{o.name}: {field} is no register")
        return self.registers[o[field]]

    def takes(self, o, field, *types):
        """The width of a register that this pass has written."""
        r = self.register(o, field)
        require(o[field] in self.defined, "MODEL", f"{o.name}: nothing is in {field}")
        require(r.type in types, "MODEL", f"{o.name}: the type of {field}")
        return r.width

    def gives(self, o, field, types, width):
        r = self.register(o, field)
        require(r.type in types and r.width == width, "MODEL", f"{o.name}: type or width of {field}")
        self.defined.add(o[field])
        self.skewed.discard(o[field])

    def symmetric(self, o, field):
        require(o[field] not in self.skewed, "MODEL", f"{o.name}: the zero of {field} is not at 0")

    def scratch(self, o, field, width, type=I32):
        r = self.register(o, field)
        require(r.type == type and r.width == width, "MODEL", f"{o.name}: type or width of {field}")
        self.defined.discard(o[field])

    def store(self, o, field, type):
        require(o[field] < len(self.stores), "MODEL", f"{o.name}: {field} is no store")
        s = self.stores[o[field]]
        require(s.type == type, "MODEL", f"{o.name}: the type of {field}")
        return s

    def visits(self, o, *positions):
        require(self.positions in positions, "MODEL", f"{o.name} in a pass over such positions")

    # --- The operations

    def check_embed(self, o):
        D, columns = self.check_tables(o)
        self.array(o, "token", "WGHT", "i8", (self.vocabulary, columns), PARAMETER)
        self.gives(o, "out", [I32], D)

    def check_packed_embed(self, o):
        D, columns = self.check_tables(o)
        require(columns <= 4 * D, "MODEL", "PACKED_EMBED: a row has no room in acc")
        self.packed_table(o, columns)
        self.gives(o, "out", [I32], D)

    def packed_table(self, o, columns):
        """The token table of an operation, packed: o.token becomes its rows."""
        self.number(o, "count", 1, MAX_CLASSES)
        self.array(o, "classes", "TABL", "i32", (o["count"], 3), MULTIPLIER)
        self.array(o, "shifts", "TABL", "i8", (columns,), PARAMETER)
        self.array(o, "levels", "TABL", "i8", (254,), PARAMETER)
        first, size, rows = 0, 0, []
        for end, width, start in o.classes.values:
            require(first < end <= self.vocabulary and 1 <= width <= 8, "MODEL", f"{o.name}: a class")
            stride = -(-sum(column_bits(width, o.shifts.values)) // 8)
            rows += [(start + i * stride, stride, width) for i in range(end - first)]
            first, size = end, max(size, start + (end - first) * stride)
        require(first == self.vocabulary, "MODEL", f"{o.name}: the classes are not all rows")
        self.array(o, "token", "WGHT", "rows", (size,), (0, 255))
        o.token.values = PackedRows(rows, o)

    def check_tables(self, o):
        """All of EMBED but the token table; gives D and the tables' columns."""
        D = self.register(o, "out").width
        columns = o["reduced"] or D
        require(D <= MAX_WIDTH and columns <= MAX_WIDTH, "MODEL", f"{o.name}: widths")
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        self.number(o, "shift", 1, 62)
        direct = o["reduced"] == 0
        if direct and o["segment"] == NONE:
            require(o["segments"] == 0 and o["rule"] == 0, "MODEL", f"{o.name}: no segments")
        else:
            self.number(o, "rule", 1, 3)
            require(o["segments"] == {1: 3, 2: 2, 3: 2}[o["rule"]], "MODEL", f"{o.name}: segments")
            self.array(o, "segment", "WGHT", "i32", (o["segments"], D), BIAS)
        V, L = self.vocabulary, self.max_length
        no_positions = direct and o["position"] == NONE
        if no_positions:
            require(o["position_multiplier"] == NONE, "MODEL", f"{o.name}: no positions")
        else:
            self.array(o, "position", "WGHT", "i8", (L, columns), PARAMETER)
        if direct:
            self.array(o, "token_multiplier", "WGHT", "i32", (V,), MULTIPLIER)
            if not no_positions:
                self.array(o, "position_multiplier", "WGHT", "i32", (L,), MULTIPLIER)
        else:
            require(o["acc"] != o["out"], "MODEL", f"{o.name}: acc is out")
            self.scratch(o, "acc", D)
            self.array(o, "token_expander", "WGHT", "i8", (D, columns), ANY)
            self.array(o, "position_expander", "WGHT", "i8", (D, columns), ANY)
            self.array(o, "token_multiplier", "TABL", "i32", (D,), MULTIPLIER)
            self.array(o, "position_multiplier", "TABL", "i32", (D,), MULTIPLIER)
        return D, columns

    def check_norm(self, o):
        D = self.takes(o, "in", I32)
        require(D <= MAX_WIDTH, "MODEL", "NORM: width")
        if o["centred"] != NONE:
            require(o["centred"] != o["in"], "MODEL", "NORM: centred is in")
            self.number(o, "mean_multiplier", 0, 2**25)
            self.number(o, "mean_shift", 1, 62)
            self.scratch(o, "centred", D)
        self.root(o)
        self.gives(o, "out", [I8, I16], D)

    def root(self, o):
        """What a row is multiplied by over its length."""
        o.epsilon = o["epsilon_low"] | o["epsilon_high"] << 32
        require(1 <= o.epsilon < 2**62, "MODEL", f"{o.name}: epsilon")
        self.number(o, "multiplier", *MULTIPLIER)
        self.number(o, "shift", 1, 31)

    def check_linear(self, o):
        K = self.takes(o, "in", I8)
        N = self.register(o, "out").width
        self.array(o, "weight", "WGHT", "i8", (N, K), ANY)
        self.gives(o, "out", [I32], N)

    def check_packed_linear(self, o):
        K, N = self.takes(o, "in", I8), self.register(o, "out").width
        self.number(o, "bits", 1, 6)
        self.array(o, "weight", "WGHT", f"p{o['bits']}", (N, K), (-32, 31))
        self.gives(o, "out", [I32], N)

    def check_requantize(self, o):
        n = self.takes(o, "in", I32)
        self.shift(o, 31, 62)
        self.vector(o, "bias", "WGHT", n, BIAS, 2)
        self.vector(o, "multiplier", "TABL", n, MULTIPLIER, 1)
        self.gives(o, "out", [I8], n)

    def check_activate(self, o):
        n = self.takes(o, "in", I32)
        self.shift(o, 31, 62)
        self.vector(o, "bias", "WGHT", n, BIAS, 2)
        self.vector(o, "multiplier", "TABL", n, MULTIPLIER, 1)
        self.number(o, "bits", 1, 12)
        self.number(o, "zero", 0, 2 ** o["bits"] - 1)
        self.array(o, "table", "TABL", "i8", (2 ** o["bits"],), PARAMETER)
        self.gives(o, "out", [I8], n)
        if o.table.values[o["zero"]]:
            self.skewed.add(o["out"])

    def check_table_norm(self, o):
        self.array(o, "token", "WGHT", "i8", (self.vocabulary, self.check_columns(o)), PARAMETER)

    def check_packed_table_norm(self, o):
        self.packed_table(o, self.check_columns(o))

    def check_columns(self, o):
        """All of TABLE_NORM but the token table; gives its columns."""
        D, columns = self.takes(o, "in", I32), o["reduced"]
        require(D <= MAX_WIDTH and 1 <= columns <= MAX_WIDTH, "MODEL", f"{o.name}: widths")
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        self.number(o, "rule", 1, 3)
        n = 2 * columns + {1: 3, 2: 2, 3: 2}[o["rule"]]
        self.array(o, "position", "WGHT", "i8", (self.max_length, columns), PARAMETER)
        self.array(o, "column_multiplier", "TABL", "i32", (n,), MULTIPLIER)
        self.number(o, "column_shift", 1, 62)
        self.root(o)
        require(o["acc"] != o["in"], "MODEL", f"{o.name}: acc is in")
        self.scratch(o, "acc", n)
        self.gives(o, "out", [I8, I16], n)
        return columns

    def check_combine(self, o):
        n = self.takes(o, "a", I16, I32)
        self.shift(o, 1, 62, has_second=o["b"] != NONE)
        self.vector(o, "a_multiplier", "TABL", n, SIGNED, 1)
        self.vector(o, "bias", "WGHT", n, BIAS, 2)
        if o["b"] != NONE:
            require(self.takes(o, "b", I16, I32) == n and o["out"] != o["b"], "MODEL", "COMBINE: b")
            self.vector(o, "b_multiplier", "TABL", n, SIGNED, 3)
        self.gives(o, "out", [I32], n)

    def check_rescale(self, o):
        n = self.takes(o, "in", I16, I32)
        self.number(o, "multiplier", *MULTIPLIER)
        self.number(o, "shift", 1, 62)
        require(self.register(o, "out").type < self.register(o, "in").type, "MODEL", "RESCALE: the type of out")
        self.gives(o, "out", [I8, I16], n)

    def holds(self, o, field, type, width, groups):
        """A store that an earlier pass has filled with rows of this type and width."""
        require(o[field] < len(self.stores), "MODEL", f"{o.name}: {field} is no store")
        s = self.stores[o[field]]
        require(s.span == 0 and s.groups == groups and s.full, "MODEL", f"{o.name}: {field}")
        require(s.held == (type, width), "MODEL", f"{o.name}: type or width of {field}")
        return s

    def check_load(self, o):
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        r = self.register(o, "row")
        s = self.holds(o, "store", r.type, r.width, 1)
        require(r.type in (I8, I16) and not s.written, "MODEL", "LOAD: the store")
        self.gives(o, "row", [I8, I16], r.width)
        s.loaded = True
        if s.skewed:
            self.skewed.add(o["row"])

    def check_store(self, o):
        self.takes(o, "row", I8, I16)
        require(o["store"] < len(self.stores), "MODEL", "STORE: no store")
        r, s = self.register(o, "row"), self.stores[o["store"]]
        require(r.width % s.groups == 0, "MODEL", "STORE: groups")
        self.writes(o, (r.type, r.width), r.width * BYTES[r.type])
        s.skewed = o["row"] in self.skewed

    def writes(self, o, held, size):
        """The store gets rows of another or of the same kind, of so many bytes."""
        s = self.stores[o["store"]]
        require(s.type != I64 and (s.type, s.width) != (I32, 1), "MODEL", f"{o.name}: the type of the store")
        if s.span == 0:
            self.visits(o, *WHOLE)
            require(size <= s.width * BYTES[s.type], "MODEL", f"{o.name}: a row that is too large")
            require(not s.loaded or s.held == held, "MODEL", f"{o.name}: of another shape than is read")
        else:
            self.visits(o, ALL, FIRST)
            require(s.span >= ROWS and held == (s.type, s.width), "MODEL", f"{o.name}: the window")
        if held != (s.type, s.width):
            self.reshaped.add(o["store"])
            require(len(self.reshaped) <= 16, "MODEL", f"{o.name}: too many stores with other rows than their own")
        require(not s.written, "MODEL", f"{o.name}: a second time")
        s.written, s.skewed, s.held = True, False, held

    def check_pack(self, o):
        width = self.takes(o, "row", I8, I16)
        self.symmetric(o, "row")
        self.number(o, "bits", 1, 6)
        self.number(o, "multiplier", *MULTIPLIER)
        self.number(o, "shift", 1, 62)
        require(o["store"] < len(self.stores), "MODEL", "PACK: no store")
        s = self.stores[o["store"]]
        require(s.span == 0 and width % s.groups == 0 and width <= MAX_WIDTH, "MODEL", "PACK: groups, span or width")
        self.writes(o, ("packed", o["bits"], width), s.groups * size_of(f"p{o['bits']}", (1, width // s.groups)))

    def holds_packed(self, o, field, width, groups):
        """A store that an earlier pass has filled with packed rows of this width."""
        require(o[field] < len(self.stores), "MODEL", f"{o.name}: {field} is no store")
        s = self.stores[o[field]]
        require(s.span == 0 and s.groups == groups and s.full, "MODEL", f"{o.name}: {field}")
        require(s.held == ("packed", o["bits"], width), "MODEL", f"{o.name}: bits or width of {field}")
        return s

    def check_unpack(self, o):
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        self.number(o, "bits", 1, 6)
        width = self.register(o, "row").width
        s = self.holds_packed(o, "store", width, 1)
        require(width <= MAX_WIDTH and not s.written, "MODEL", "UNPACK: the store")
        self.gives(o, "row", [I8], width)
        s.loaded = True

    def check_attend(self, o):
        D = self.check_rows(o, I8)
        self.scratch(o, "acc", D // o["heads"])
        self.gives(o, "out", [I8], D)

    def check_packed_attend(self, o):
        self.number(o, "bits", 1, 6)
        D = self.check_rows(o, I8, packed=True)
        self.scratch(o, "acc", D // o["heads"])
        self.gives(o, "out", [I8], D)

    def check_wide_attend(self, o):
        D = self.check_rows(o, I16)
        require(o["acc"] == NONE, "MODEL", "WIDE_ATTEND: acc")
        self.number(o, "score_shift", 0, 31)
        require((D // o["heads"] << 30) >> o["score_shift"] <= 2**29, "MODEL", "WIDE_ATTEND: score_shift")
        self.gives(o, "out", [I16], D)

    def check_rows(self, o, type, packed=False):
        """What ATTEND and its kin have alike; gives D."""
        D = self.takes(o, "query", type)
        self.symmetric(o, "query")
        require(D <= MAX_WIDTH and o["heads"] >= 1 and o["out"] != o["query"], "MODEL", f"{o.name}: width, heads or out")
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        for field in ("keys", "values"):
            s = self.holds_packed(o, field, D, o["heads"]) if packed else self.holds(o, field, type, D, o["heads"])
            require(not s.skewed, "MODEL", f"{o.name}: the zero of {field} is not at 0")
            s.spread = True
        scores = self.store(o, "scores", I32)
        require((scores.width, scores.span) == (1, 0), "MODEL", f"{o.name}: scores")
        self.number(o, "ignores_pad", 0, 1)
        self.number(o, "softmax_multiplier", *MULTIPLIER)
        self.number(o, "softmax_shift", 1, 62)
        self.number(o, "context_multiplier", *MULTIPLIER)
        self.number(o, "context_shift", 1, 31)
        return D

    def check_look_up(self, o):
        D = self.register(o, "out").width
        require(D <= MAX_WIDTH, "MODEL", "LOOK_UP: width")
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        self.number(o, "rule", 1, 6)
        self.number(o, "shift", 1, 62)
        rows = {1: self.max_length, 5: 2, 6: self.max_length + 1}.get(o["rule"], self.vocabulary)
        self.array(o, "table", "WGHT", "i8", (rows, D), PARAMETER)
        self.array(o, "multiplier", "WGHT", "i32", (rows,), MULTIPLIER)
        self.gives(o, "out", [I32], D)

    def check_packed_convolve(self, o):
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        self.number(o, "kernel", 1, MAX_KERNEL)
        E = self.register(o, "out").width
        for bits in "bits", "tap_bits":
            require(o[bits] == 8 or 1 <= o[bits] <= 6, "MODEL", f"PACKED_CONVOLVE: {bits}")
        if o["bits"] == 8:
            require(o["window"] == NONE, "MODEL", "PACKED_CONVOLVE: a window of rows that are not packed")
            width = self.store(o, "rows", I8).width
            s = self.holds(o, "rows", I8, width, 1)
            require(not s.skewed, "MODEL", "PACKED_CONVOLVE: the zero of rows is not at 0")
        else:
            width = self.register(o, "window").width // 4
            require(1 <= width <= MAX_WIDTH, "MODEL", "PACKED_CONVOLVE: width")
            s = self.holds_packed(o, "rows", width, 1)
            self.scratch(o, "window", 4 * width, I8)
        require(E % width == 0, "MODEL", "PACKED_CONVOLVE: width")
        require(not s.written, "MODEL", "PACKED_CONVOLVE: the store is written")
        if self.positions == BACKWARDS:
            s.loaded = True
        else:
            s.spread = True
        if o["tap_bits"] == 8:
            require(o["taps"] == NONE, "MODEL", "PACKED_CONVOLVE: room for taps that are not packed")
            self.array(o, "weight", "WGHT", "i8", (o["kernel"], E), ANY)
        else:
            require(o["taps"] != o["window"], "MODEL", "PACKED_CONVOLVE: taps is window")
            self.scratch(o, "taps", 5 * E, I8)
            self.array(o, "weight", "WGHT", f"p{o['tap_bits']}", (o["kernel"], E), (-32, 31))
        require(o["acc"] != o["out"], "MODEL", "PACKED_CONVOLVE: acc is out")
        self.scratch(o, "acc", E)
        self.gives(o, "out", [I32], E)

    def check_convolve(self, o):
        self.visits(o, *WHOLE, FIRST, AT_MASK)
        s = self.store(o, "rows", I8)
        E = self.register(o, "out").width
        self.number(o, "kernel", 1, MAX_KERNEL)
        require(s.groups == 1 and E % s.width == 0, "MODEL", "CONVOLVE: groups or width")
        require(not s.skewed, "MODEL", "CONVOLVE: the zero of rows is not at 0")
        if s.span == 0:
            self.holds(o, "rows", I8, s.width, 1)
            require(not s.written, "MODEL", "CONVOLVE: rows that the pass has overwritten")
            if self.positions == BACKWARDS:
                s.loaded = True
            else:
                s.spread = True
        else:
            require(s.span >= o["kernel"] - 1 + ROWS and s.written, "MODEL", "CONVOLVE: the window")
        self.array(o, "weight", "WGHT", "i8", (o["kernel"], E), ANY)
        self.gives(o, "out", [I32], E)

    def check_wide_linear(self, o):
        K = self.takes(o, "in", I8, I16, I32)
        require(self.register(o, "in").type != I32 or K <= MAX_WIDTH, "MODEL", "WIDE_LINEAR: width")
        N = o["outputs"]
        self.array(o, "weight", "WGHT", "i8", (N, K), ANY)
        self.array(o, "bias", "WGHT", "i32", (N,), BIAS)
        self.array(o, "multiplier", "TABL", "i32", (N,), (0, 2**18 - 1))
        self.number(o, "shift", 1, 62)
        if o["out"] == NONE:
            self.visits(o, FIRST, AT_MASK, ONCE)
            require(N >= 1 and o["first"] + N <= self.outputs, "MODEL", "WIDE_LINEAR: logits beyond the outputs")
        else:
            require(o["out"] != o["in"], "MODEL", "WIDE_LINEAR: out is in")
            self.gives(o, "out", [I32], N)

    def check_curve(self, o):
        n = self.takes(o, "in", I32)
        self.number(o, "bits", 1, 12)
        self.number(o, "fraction", 1, 12)
        self.number(o, "zero", 0, 2 ** (o["bits"] + o["fraction"]) - 1)
        require(o["out"] != o["in"], "MODEL", "CURVE: out is in")
        self.array(o, "bias", "WGHT", "i32", (n,), BIAS)
        self.array(o, "multiplier", "TABL", "i32", (n,), MULTIPLIER)
        self.number(o, "shift", 1, 62)
        limit = 32767 if self.register(o, "out").type == I16 else ROW
        self.array(o, "table", "TABL", "i32", (2 ** o["bits"] + 1,), (-limit, limit))
        self.gives(o, "out", [I16, I32], n)

    def check_gate(self, o):
        n = self.takes(o, "a", I32)
        require(self.takes(o, "b", I16) == n, "MODEL", "GATE: widths")
        self.number(o, "multiplier", 0, 2**20 - 1)
        self.number(o, "shift", 1, 62)
        self.gives(o, "out", [I8, I16], n)

    def check_scan(self, o):
        E, N = self.takes(o, "in", I16), self.takes(o, "write", I32)
        require(N <= MAX_STATES, "MODEL", "SCAN: states")
        require(self.takes(o, "step", I32) == E and self.takes(o, "read", I32) == N, "MODEL", "SCAN: widths")
        s = self.store(o, "state", I32)
        require((s.width, s.span, s.groups) == (E * N, 1, 1) and not s.written, "MODEL", "SCAN: state")
        self.visits(o, ALL, FIRST)
        require(o["out"] not in (o["step"], o["write"], o["read"]), "MODEL", "SCAN: out")
        s.written = True
        self.array(o, "rate", "WGHT", "i32", (E, N), MULTIPLIER)
        self.number(o, "input_shift", 1, 40)
        for field in ("rate", "write", "read", "skip"):
            self.number(o, field + "_shift", 1, 62)
        for field in ("write", "read"):
            self.number(o, field + "_multiplier", 0, 2**20 - 1)
        self.array(o, "skip", "WGHT", "i32", (E,), SIGNED)
        self.gives(o, "out", [I32], E)

    def check_pool(self, o):
        D = self.takes(o, "row", I32)
        kind, skipped = o["kind"] & 255, o["kind"] >> 8
        require(1 <= kind <= 8, "MODEL", "POOL: kind")
        require(skipped < MAX_LENGTH if kind > 2 else skipped == 0, "MODEL", "POOL: positions left out")
        self.visits(o, ALL)
        s = self.store(o, "sums", I64)
        require(s.width == D + (kind > 2) and s.span == 1 and s.groups == 1, "MODEL", "POOL")
        require(not s.full and not s.written, "MODEL", "POOL: a second time")
        s.written, s.pooled = True, kind

    def check_pooled(self, o):
        D = self.register(o, "row").width
        self.number(o, "kind", 1, 8)
        self.visits(o, ONCE)
        s = self.store(o, "sums", I64)
        require(s.full and s.pooled == o["kind"], "MODEL", "POOLED: nothing of that kind was pooled")
        require(s.width == D + (o["kind"] > 2) and s.span == 1 and s.groups == 1, "MODEL", "POOLED: the store")
        self.gives(o, "row", [I32], D)

    def check_unit(self, o):
        D = self.takes(o, "in", I32)
        require(D <= MAX_WIDTH and D == self.outputs, "MODEL", "UNIT: width")
        self.visits(o, FIRST, AT_MASK, ONCE)

    def check_unit_row(self, o):
        D = self.takes(o, "in", I32)
        require(D <= MAX_WIDTH, "MODEL", "UNIT_ROW: width")
        self.gives(o, "out", [I32], D)

    def check_join(self, o):
        D = self.takes(o, "a", I32) + self.takes(o, "b", I32)
        require(o["out"] not in (o["a"], o["b"]), "MODEL", "JOIN: over its input")
        for field in ("a", "b"):
            self.number(o, field + "_multiplier", 0, 2**31 - 1)
            self.number(o, field + "_shift", 1, 62)
        self.gives(o, "out", [I32], D)

    def check_output(self, o):
        D = self.takes(o, "in", I8, I16, I32)
        self.number(o, "outputs", 1, D)
        self.number(o, "multiplier", 0, 2**31 - 1)
        self.number(o, "shift", 1, 62)
        self.visits(o, FIRST, AT_MASK, ONCE)
        require(o["first"] + o["outputs"] <= self.outputs, "MODEL", "OUTPUT: logits")

    def check_tag(self, o):
        require(self.takes(o, "in", I32) == self.outputs, "MODEL", "TAG: width")
        require(self.task == 6, "MODEL", "TAG: of another task")
        require(not self.has_tag, "MODEL", "TAG: a second time")
        self.has_tag = True
        self.visits(o, ALL)

    # --- All of it

    def arena_size(self, length):
        """What `embq_arena_size` answers for sentences of `length` ids ("Arena")."""
        at = round_up((16 if self.task == 6 else 2) * length) + 4 * (len(self.registers) + len(self.stores))
        for r in self.registers:
            at = round_up(at) + ROWS * r.width * BYTES[r.type]
        for s in self.stores:
            at = round_up(at) + (s.span or length) * s.width * BYTES[s.type]
        return at

    def arrays(self):
        """Each array that operations name, once: by section and offset."""
        found = {}
        for p in self.passes:
            for o in p.operations:
                for a in vars(o).values():
                    if isinstance(a, Array):
                        found[a.section != "WGHT", a.offset, a.size, a.element, a.shape] = a
        return [found[key] for key in sorted(found)]

    def listing(self):
        """The program as text."""
        names = {I8: "i8", I16: "i16", I32: "i32", I64: "i64"}
        for i, r in enumerate(self.registers):
            yield f"r{i} {names[r.type]} [{r.width}]"
        for i, s in enumerate(self.stores):
            yield f"s{i} {names[s.type]} [{s.span or 'tokens'}, {s.width}] groups {s.groups}"
        registers = "in out acc centred a b query step write read row".split()
        stores = "store keys values scores rows state sums".split()
        for p in self.passes:
            yield {ALL: "all", FIRST: "first", AT_MASK: "at mask", ONCE: "once", BACKWARDS: "backwards"}[p.positions]
            for o in p.operations:
                words = []
                for field, word in o.words.items():
                    if isinstance(getattr(o, field, None), Array):
                        text = "x".join(map(str, getattr(o, field).shape))
                    elif word == NONE:
                        text = "none"
                    elif field in registers:
                        text = f"r{word}"
                    else:
                        text = f"s{word}" if field in stores else str(word)
                    words.append(f"{field}={text}")
                yield f"    {o.name} " + " ".join(words)


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
    require(version == 2, "VERSION", f"TOKN of version {version}")
    require(kind in (1, 2) and size == len(data), "TOKENIZER", "kind or size of TOKN")
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
        element = ELEMENTS[element]
        require(size == size_of(element, shape), "WRITER", f"{name}: shape and size differ")
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
    print(f"task {m.task}, V {m.vocabulary}, max_length {m.max_length}, {m.outputs} outputs")
    print("\n".join(m.listing()))
    print("labels:", ", ".join(artifact.labels))
    print(f"{len(artifact.tensors)} tensors, {len(artifact.checks)} check vectors")
    print(json.dumps(artifact.provenance, ensure_ascii=False, indent=2, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
