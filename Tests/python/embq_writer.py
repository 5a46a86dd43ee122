"""Writes artifacts with nothing but Schemas/embq-format.md: the container, its sections, and a model's constants from
a checkpoint and the scales of its points ("Writing")."""
import json
import math
import struct
import zlib
from array import array

from embq_reader import (
    ALIGNMENT, ALL, AT_MASK, BACKWARDS, ELEMENTS, ENTRY, FIRST, HEADER, I8, I16, I32, I64, MAGIC, NONE, ONCE,
    OPERATIONS, VERSION, column_bits, parts, round_up, size_of, words,
)  # fmt: skip

# --- The container


def container(parts):
    """The file of [(tag, content)]."""
    end = HEADER + ENTRY * len(parts)
    table, body = b"", b""
    for tag, content in parts:
        offset = round_up(end)
        table += struct.pack("<4s3I", tag.encode(), offset, len(content), zlib.crc32(content))
        body += bytes(offset - end) + content
        end = offset + len(content)
    start, reserved = struct.pack("<4s3I", MAGIC, VERSION, end, len(parts)), bytes(12)
    checksum = zlib.crc32(start + bytes(4) + reserved + table)
    return start + struct.pack("<I", checksum) + reserved + table + body


def labels_section(labels):
    offsets, texts = [], b""
    for label in labels:
        offsets.append(4 * len(labels) + len(texts))
        texts += label.encode() + b"\0"
    return struct.pack(f"<{len(labels)}I", *offsets) + texts


def checks_section(checks):
    """checks: (text, ids, logits)."""
    logits_at = 4 + 20 * len(checks)
    ids_at = logits_at + sum(4 * len(logits) for _, _, logits in checks)
    texts_at = ids_at + sum(2 * len(ids) for _, ids, _ in checks)
    records = all_logits = all_ids = texts = b""
    for text, ids, logits in checks:
        records += struct.pack(
            "<5I", texts_at + len(texts), len(text), ids_at + len(all_ids), len(ids), logits_at + len(all_logits)
        )
        all_logits += struct.pack(f"<{len(logits)}i", *logits)
        all_ids += struct.pack(f"<{len(ids)}H", *ids)
        texts += text
    return struct.pack("<I", len(checks)) + records + all_logits + all_ids + texts


def tensors_section(tensors):
    """tensors: (name, Array or Tensor)."""
    entries = b""
    for name, a in tensors:
        text = name.encode()
        entries += struct.pack("<4sHH", a.section.encode(), {name: n for n, name in ELEMENTS.items()}[a.element], len(a.shape))
        entries += struct.pack(f"<{len(a.shape)}I", *a.shape) + struct.pack("<IIH", a.offset, a.size, len(text)) + text
    return struct.pack("<I", len(tensors)) + entries


def packed_matrix(rows, bits):
    """The bytes of a packed matrix."""
    data = b""
    for row in rows:
        codes = [(w + 2**bits - 1) // 2 if bits <= 3 else w + 2 ** (bits - 1) for w in row]
        for width, below in parts(bits):
            held = 16 // width * 2
            numbers = [0] * words(len(row), width)
            for i, code in enumerate(codes):
                numbers[i // held] |= (code >> below & 2**width - 1) << (width * (i % held // 2) + 16 * (i % 2))
            data += struct.pack(f"<{len(numbers)}I", *numbers)
    return data


# --- Any program


class Program:
    """MODL, WGHT and TABL while they are written; `random` fills the arrays. `packed`: with 1 to 6 bits a weight
    where an operation takes them, and a token table of about so many classes."""

    def __init__(self, random, V, L, outputs, task=1, pad=0, separator=4, mask=3, packed=None):
        self.random, self.V, self.L, self.packed = random, V, L, packed
        self.head = [task, V, L, outputs, pad, separator, mask]
        self.registers, self.stores, self.passes = [], [], []
        self.arrays = {"WGHT": bytearray(), "TABL": bytearray()}

    def register(self, type, width, name=""):
        """One register for each type, width and name."""
        if (type, width, name) not in self.registers:
            self.registers.append((type, width, name))
        return self.registers.index((type, width, name))

    def store(self, type, width, groups=1, span=0):
        self.stores.append((type, width, groups, span))
        return len(self.stores) - 1

    def begin(self, positions=ALL):
        self.passes.append((positions, []))

    def add(self, name, **words):
        kind, fields = next((kind, fields.split()) for kind, (n, fields) in OPERATIONS.items() if n == name)
        assert sorted(words) == sorted(fields), (sorted(words), sorted(fields))
        self.passes[-1][1].extend([kind | len(fields) + 1 << 16, *(words[field] for field in fields)])

    def array(self, section, element, count, low, high=None):
        """Appends random numbers, of either sign where there is no `high`; or those of a list."""
        data = self.arrays[section]
        data += bytes(-len(data) % (ALIGNMENT if element == "i8" else 4))
        offset = len(data)
        if isinstance(low, list):
            values = low
        else:
            low, high = (-low, low) if high is None else (low, high)
            values = [self.random.randint(low, high) for _ in range(count)]
        assert len(values) == count
        data += struct.pack(f"<{count}{dict(i8='b', i16='h', i32='i')[element]}", *values)
        return offset

    def parameters(self, count):
        return self.array("WGHT", "i8", count, 127)

    def packed_parameters(self, rows, columns, bits):
        """A packed matrix; what fills the rows up is random too, for nobody reads it."""
        return self.array("WGHT", "i8", size_of(f"p{bits}", (rows, columns)), -128, 127)

    def packed_table(self, columns):
        """A token table in a few classes, their rows of random bytes, the later ones first."""
        ends = sorted({self.random.randint(1, self.V) for _ in range(self.packed)} | {self.V})
        shifts = [self.random.randint(-3, 3) for _ in range(columns)]
        classes, size = [], 0
        for first, end in reversed(list(zip([0, *ends], ends))):
            width = self.random.randint(1, 8)
            classes = [end, width, size, *classes]
            size += (end - first) * -(-sum(column_bits(width, shifts)) // 8)
        return dict(
            token=self.array("WGHT", "i8", size, -128, 127), count=len(ends),
            classes=self.array("TABL", "i32", len(classes), classes),
            shifts=self.array("TABL", "i8", columns, shifts), levels=self.array("TABL", "i8", 254, 127),
        )  # fmt: skip

    def biases(self, count, size):
        return self.array("WGHT", "i32", count, size)

    def multipliers(self, count, largest, either=False):
        return self.array("TABL", "i32", count, -largest if either else largest // 2, largest)

    def vector(self, section, count, low, high, byte):
        """A vector and its part of the word `shift`: now and then of 16 bits with a factor."""
        if self.random.random() < 0.5:
            return self.array(section, "i32", count, low, high), 0
        up = max(0, max(-low, high).bit_length() - 15)
        return self.array(section, "i16", count, -(-low >> up), high >> up), up + 1 << 8 * byte

    def scaled_sums(self, n, size, multiplier, shift):
        """What REQUANTIZE and ACTIVATE do to sums."""
        bias, bias_form = self.vector("WGHT", n, -int(size), int(size), 2)
        factors, form = self.vector("TABL", n, multiplier // 2, multiplier, 1)
        return dict(bias=bias, multiplier=factors, shift=shift | bias_form | form)

    def sections(self):
        words = [*self.head, len(self.registers), len(self.stores), len(self.passes)]
        for type, width, _ in self.registers:
            words += type, width
        for store in self.stores:
            words += store
        for positions, operations in self.passes:
            words += positions, len(operations)
        for _, operations in self.passes:
            words += operations
        modl = struct.pack(f"<{len(words)}I", *words)
        return [("MODL", modl), ("WGHT", bytes(self.arrays["WGHT"])), ("TABL", bytes(self.arrays["TABL"]))]

    # --- Operations whose factors keep random numbers in range, and clip few of them. Rows of 8 bits are about 40
    # large, those of 16 bits 2^13, those of 32 bits 2^20.

    def embed(self, D, r, rule):
        out, segments = self.register(I32, D, "x"), {1: 3, 2: 2, 3: 2}[rule]
        words = dict(out=out, acc=NONE, reduced=r, token_expander=NONE, position_expander=NONE, rule=rule)
        columns = r or D
        multiplier, shift = factor(2**20 / (73 * 73 * math.sqrt(r) if r else 73), 1, 62)
        if self.packed is None:
            words["token"] = self.parameters(self.V * columns)
        else:
            words |= self.packed_table(columns)
        words["position"] = self.parameters(self.L * columns)
        if r:
            words["acc"] = self.register(I32, D, "y")
            words["token_expander"], words["position_expander"] = self.parameters(D * r), self.parameters(D * r)
            words["token_multiplier"] = self.multipliers(D, multiplier)
            words["position_multiplier"] = self.multipliers(D, multiplier)
        else:
            words["token_multiplier"] = self.array("WGHT", "i32", self.V, 0, multiplier)
            words["position_multiplier"] = self.array("WGHT", "i32", self.L, 0, multiplier)
        name = "EMBED" if self.packed is None else "PACKED_EMBED"
        self.add(name, **words, segment=self.biases(segments * D, 2**20), segments=segments, shift=shift)
        return out

    def norm(self, x, out, D, size, centred=NONE):
        epsilon = self.random.choice([1, 12345678, 2**40])
        mean, mean_shift = factor(1 / D, 1, 62, bits=25) if centred != NONE else (0, 0)
        multiplier, shift = factor(size * math.sqrt(D), 1, 31)
        self.add(
            "NORM", **{"in": x}, out=out, centred=centred, mean_multiplier=mean, mean_shift=mean_shift,
            epsilon_low=epsilon & 0xFFFFFFFF, epsilon_high=epsilon >> 32, multiplier=multiplier, shift=shift,
        )  # fmt: skip

    def linear(self, x, out, K, N):
        if self.packed is None:
            self.add("LINEAR", **{"in": x}, out=out, weight=self.parameters(N * K))
        else:
            bits = self.random.randint(1, 6)
            weight = self.packed_parameters(N, K, bits)
            self.add("PACKED_LINEAR", **{"in": x}, out=out, weight=weight, bits=bits)
            return 2 ** max(bits - 1.7, 0.2 * bits) * 40 * math.sqrt(K)
        return 73 * 40 * math.sqrt(K)

    def requantize(self, x, out, n, size):
        multiplier, shift = factor(40 / size, 31, 62)
        self.add(
            "REQUANTIZE", **{"in": x}, out=out, **self.scaled_sums(n, size, multiplier, shift),
        )  # fmt: skip

    def activate(self, x, out, n, size, at_zero=None):
        """`at_zero`: the table's entry for 0, any where there is none."""
        bits = self.random.choice([1, 5, 9, 12])
        table, zero = [self.random.randint(-127, 127) for _ in range(2**bits)], self.random.randrange(2**bits)
        if at_zero is not None:
            table[zero] = at_zero
        multiplier, shift = factor(2**bits / 4 / size, 31, 62)
        self.add(
            "ACTIVATE", **{"in": x}, out=out, **self.scaled_sums(n, size, multiplier, shift),
            table=self.array("TABL", "i8", 2**bits, table), bits=bits, zero=zero,
        )  # fmt: skip

    def combine(self, a, b, out, n, size):
        multiplier, shift = factor(2**20 / size, 1, 62)
        bias, bias_form = self.vector("WGHT", n, -(2**20), 2**20, 2)
        first, form = self.vector("TABL", n, -multiplier, multiplier, 1)
        second, second_form = (NONE, 0) if b == NONE else self.vector("TABL", n, -multiplier, multiplier, 3)
        self.add(
            "COMBINE", a=a, b=b, out=out, shift=shift | bias_form | form | second_form, bias=bias, a_multiplier=first,
            b_multiplier=second,
        )  # fmt: skip

    def rescale(self, x, out, real):
        multiplier, shift = factor(real, 1, 62)
        self.add("RESCALE", **{"in": x}, out=out, multiplier=multiplier, shift=shift)

    def attend(self, query, out, D, keys, values, scores, heads=1, ignores_pad=1, flat=False):
        softmax, softmax_shift = factor(self.random.choice([0.01, 1, 4]) * 65536 / (40 * 40 * math.sqrt(D)), 1, 62)
        context, context_shift = factor(self.random.choice([0.9, 2, 7]), 1, 31)
        self.add(
            "ATTEND", query=query, out=out, acc=self.register(I32, D // heads, "acc"), keys=keys, values=values,
            scores=scores, heads=heads, ignores_pad=ignores_pad, softmax_multiplier=0 if flat else softmax,
            softmax_shift=softmax_shift, context_multiplier=context, context_shift=context_shift,
        )  # fmt: skip

    def packed_store(self, D, bits, groups=1):
        """A store for packed rows; now and then with more room than they need."""
        size = size_of(f"p{bits}", (1, D // groups)) * groups
        return self.store(*self.random.choice([(I32, max(size // 4, 2 * groups)), (I8, size), (I16, size)]), groups)

    def pack(self, row, store, bits):
        """Of numbers whose deviation is 40 steps."""
        multiplier, shift = factor(2**bits / 160 / (2 if bits <= 3 else 1), 1, 62)
        self.add("PACK", row=row, store=store, bits=bits, multiplier=multiplier, shift=shift)

    def attend_packed(self, query, out, D, keys, values, scores, bits, heads=1, ignores_pad=1):
        step = 160 / 2**bits / (2 if bits <= 3 else 1)
        softmax, softmax_shift = factor(self.random.choice([0.1, 1, 4]) * 65536 * step / (40 * 40 * math.sqrt(D)), 1, 62)
        context, context_shift = factor(self.random.choice([0.9, 2, 7]) * step, 1, 31)
        self.add(
            "PACKED_ATTEND", query=query, out=out, acc=self.register(I32, D // heads, "acc"), keys=keys, values=values,
            scores=scores, heads=heads, ignores_pad=ignores_pad, softmax_multiplier=softmax,
            softmax_shift=softmax_shift, context_multiplier=context, context_shift=context_shift, bits=bits,
        )  # fmt: skip

    def convolve_packed(self, rows, out, k, D, E, bits):
        taps = self.random.choice([8, self.random.randint(1, 6)])
        weight = self.parameters(k * E) if taps == 8 else self.packed_parameters(k, E, taps)
        self.add(
            "PACKED_CONVOLVE", rows=rows, out=out, kernel=k, weight=weight, bits=bits,
            acc=self.register(I32, E, "sums"), window=self.register(I8, 4 * D, "window"), tap_bits=taps,
            taps=NONE if taps == 8 else self.register(I8, 5 * E, "taps"),
        )  # fmt: skip
        return (73 if taps == 8 else 2 ** max(taps - 1.7, 0.2 * taps)) * 2**bits / 4 * math.sqrt(k)

    def convolve(self, rows, out, k, E):
        self.add("CONVOLVE", rows=rows, out=out, kernel=k, weight=self.parameters(k * E))
        return 73 * 40 * math.sqrt(k)

    def wide_linear(self, x, out, K, N, size, made, first=0):
        multiplier, shift = factor(made / (size * 73 * math.sqrt(K)), 1, 62, bits=18)
        self.add(
            "WIDE_LINEAR", **{"in": x}, out=out, outputs=N, first=first, weight=self.parameters(N * K),
            bias=self.biases(N, made), multiplier=self.multipliers(N, multiplier), shift=shift,
        )  # fmt: skip

    def curve(self, x, out, n, size, low, high):
        bits, fraction = self.random.choice([1, 8, 12]), self.random.choice([1, 8, 12])
        multiplier, shift = factor(2 ** (bits + fraction) / 4 / size, 1, 62)
        self.add(
            "CURVE", **{"in": x}, out=out, bias=self.biases(n, int(size)),
            multiplier=self.multipliers(n, multiplier), shift=shift, zero=2 ** (bits + fraction - 1),
            table=self.array("TABL", "i32", 2**bits + 1, low, high), bits=bits, fraction=fraction,
        )  # fmt: skip

    def gate(self, a, b, out, real):
        multiplier, shift = factor(real, 1, 62, bits=20)
        self.add("GATE", a=a, b=b, out=out, multiplier=multiplier, shift=shift)


def factor(real, lowest, highest, bits=31):
    shift = clip(bits - 1 - floor_log2(real), lowest, highest)
    return min(round(real * 2.0**shift), 2**bits - 1), shift


def random_embbert(random, V, L, D, E, k, C, r, layers, pad, separator, flat=False, packed=None):
    """EmbBERT's program of any shape. `flat`: all weights of the softmax are equal."""
    p = Program(random, V, L, C, task=1 if C > 1 else 2, pad=pad, separator=separator, packed=packed)
    x, y, inner = p.register(I32, D, "x"), p.register(I32, D, "y"), p.register(I32, E, "inner")
    row, context, active = p.register(I8, D, "row"), p.register(I8, D, "context"), p.register(I8, E, "active")
    stores, scores = [p.store(I8, D), p.store(I8, D)], p.store(I32, 1)
    p.begin()
    p.embed(D, r, 1)
    for i in range(layers):
        rows = stores[i % 2]
        p.norm(x, row, D, 40)
        p.add("STORE", row=row, store=rows)
        p.begin(ALL if i + 1 < layers else FIRST)
        p.add("LOAD", row=row, store=rows)
        p.requantize(x, row, D, p.linear(row, x, D, D))
        p.attend(row, context, D, rows, rows, scores, flat=flat)
        size = p.linear(context, x, D, D)
        p.activate(inner, active, E, p.convolve(rows, inner, k, E))
        p.linear(active, y, E, D)
        p.combine(x, y, x, D, size)
    p.wide_linear(x, NONE, D, C, 2**20, 3 * 65536)
    return p.sections()


def random_packed_rows(random, V, L, D, E, k, C, r, layers, pad, separator, bits, copies, heads=1):
    """EmbBERT's program, its rows of `bits` bits, in place from the last to the first, beside keys of `copies` bits."""
    p = Program(random, V, L, C, task=1 if C > 1 else 2, pad=pad, separator=separator)
    x, y, inner = p.register(I32, D, "x"), p.register(I32, D, "y"), p.register(I32, E, "inner")
    row, context, active = p.register(I8, D, "row"), p.register(I8, D, "context"), p.register(I8, E, "active")
    rows, copy, scores = p.packed_store(D, bits), p.packed_store(D, copies, heads), p.store(I32, 1)
    p.begin()
    p.embed(D, r, 1)
    for i in range(layers):
        p.norm(x, row, D, 40)
        p.pack(row, rows, bits)
        p.begin()
        p.add("UNPACK", row=row, store=rows, bits=bits)
        p.requantize(x, row, D, p.linear(row, x, D, D))
        p.pack(row, copy, copies)
        p.begin(BACKWARDS if i + 1 < layers else FIRST)
        p.add("UNPACK", row=row, store=rows, bits=bits)
        p.requantize(x, row, D, p.linear(row, x, D, D))
        p.attend_packed(row, context, D, copy, copy, scores, copies, heads)
        size = p.linear(context, x, D, D)
        p.activate(inner, active, E, p.convolve_packed(rows, inner, k, D, E, bits))
        p.linear(active, y, E, D)
        p.combine(x, y, x, D, size)
    p.wide_linear(x, NONE, D, C, 2**20, 3 * 65536)
    return p.sections()


def random_bert(random, V, L, D, E, heads, C, layers, ignores_pad=0, packed=None):
    """An encoder with LayerNorm, heads and residuals; what its first position and its first [MASK] give."""
    p = Program(random, V, L, C + V, task=4, packed=packed)
    x, y, centred = p.register(I32, D, "x"), p.register(I32, D, "y"), p.register(I32, D, "centred")
    row, query, inner, active = (
        p.register(I8, D, "row"), p.register(I8, D, "query"), p.register(I32, E, "inner"), p.register(I8, E, "active"),
    )  # fmt: skip
    short, scores = p.register(I16, D), p.store(I32, 1)
    rows = [p.store(I8, D, heads) for _ in range(4)]
    residual, queries = p.store(I16, D), p.store(I8, D)
    p.begin()
    p.embed(D, 0, 2)
    for i in range(layers):
        keys, values = rows[i % 2 * 2 : i % 2 * 2 + 2]  # no pass writes what it attends to
        # γ and β, which nobody has taken over; what is kept for later has 16 bits.
        p.norm(x, short, D, 2**13, centred)
        p.combine(short, NONE, x, D, 2**13)
        p.rescale(x, short, 2**-7)
        p.rescale(short, row, 40 / 2**13)
        p.add("STORE", row=short, store=residual)
        for store in (keys, values, queries):
            p.requantize(y, query, D, p.linear(row, y, D, D))
            p.add("STORE", row=query, store=store)
        p.begin()
        p.add("LOAD", row=query, store=queries)
        p.attend(query, row, D, keys, values, scores, heads, ignores_pad)
        p.add("LOAD", row=short, store=residual)
        p.linear(row, y, D, D)
        p.combine(short, y, x, D, 2**14)
        p.norm(x, row, D, 40, centred)
        p.activate(inner, active, E, p.linear(row, inner, D, E))
        p.combine(x, y, x, D, p.linear(active, y, E, D))
    p.rescale(x, short, 2**-7)
    p.add("STORE", row=short, store=residual)
    p.begin(FIRST)
    p.add("LOAD", row=short, store=residual)
    p.wide_linear(short, y, D, D, 2**13, 2**20)
    p.curve(y, short, D, 2**20, -32767, 32767)
    p.wide_linear(short, NONE, D, C, 2**13, 3 * 65536)
    p.begin(AT_MASK)
    p.add("LOAD", row=short, store=residual)
    p.rescale(short, row, 40 / 2**13)
    p.wide_linear(row, NONE, D, V, 40, 3 * 65536, first=C)
    return p.sections()


def random_mamba(random, V, L, D, E, N, k, rank, C, layers, kind, unit=False, edit=None):
    """Selective scans, pooled; then a classifier, or with `unit` a row of length 1. `edit` changes the words of the first
    pass."""
    p = Program(random, V, L, D if unit else C, task=3 if unit else 1)
    x, y, inner, gate, step = (p.register(I32, w, n) for w, n in ((D, "x"), (D, "y"), (E, "i"), (E, "g"), (E, "s")))
    row, wide = p.register(I8, D), p.register(I8, E, "wide")
    drive, silu = p.register(I16, E, "drive"), p.register(I16, E, "silu")
    low, write, read = p.register(I32, rank, "low"), p.register(I32, N, "write"), p.register(I32, N, "read")
    p.begin()
    p.embed(D, 0, 1)
    for i in range(layers):
        p.norm(x, row, D, 40)
        p.requantize(inner, wide, E, p.linear(row, inner, D, E))
        window = p.store(I8, E, span=k + 1 + i)
        p.add("STORE", row=wide, store=window)
        p.curve(inner, drive, E, p.convolve(window, inner, k, E), -20000, 20000)
        p.wide_linear(drive, low, E, rank, 2**13, 2**20)
        p.wide_linear(low, inner, rank, E, 2**20, 2**20)
        p.curve(inner, step, E, 2**20, -(2**20), 2**25)
        p.wide_linear(drive, write, E, N, 2**13, 20000)
        p.wide_linear(drive, read, E, N, 2**13, 20000)
        rate, rate_shift = factor(0.5, 1, 62)
        wm, ws = factor(2**24 / (2**25 * 2**13), 1, 62, bits=20)
        rm, rs = factor(2**20 / (2**24 * 2**13 / 2**12), 1, 62, bits=20)
        skip, skip_shift = factor(2**20 / 2**13, 1, 62)
        p.add(
            "SCAN", **{"in": drive}, step=step, write=write, read=read, out=inner,
            state=p.store(I32, E * N, span=1), rate=p.array("WGHT", "i32", E * N, 0, rate), rate_shift=rate_shift,
            input_shift=13, write_multiplier=wm, write_shift=ws, read_multiplier=rm, read_shift=rs,
            skip=p.biases(E, skip), skip_shift=skip_shift,
        )  # fmt: skip
        p.curve(gate, silu, E, p.linear(row, gate, D, E), -20000, 20000)
        if i % 2:
            p.gate(inner, silu, wide, 40 / 2**36)
            p.combine(x, y, x, D, p.linear(wide, y, E, D))
        else:
            p.gate(inner, silu, drive, 2**-22)
            p.wide_linear(drive, y, E, D, 2**13, 2**20)
            p.combine(x, y, x, D, 2**20)
    sums = p.store(I64, D, span=1)
    p.add("POOL", row=x, sums=sums, kind=kind)
    if edit:
        p.passes[0] = (ALL, edit(p.passes[0][1]))
    p.begin(ONCE)
    p.add("POOLED", row=x, sums=sums, kind=kind)
    if unit:
        p.add("UNIT", **{"in": x})
    else:
        p.wide_linear(x, NONE, D, C, 2**20, 3 * 65536)
    return p.sections()


# --- Constants from a checkpoint and its points. Reals are doubles; f32() rounds to fp32 where the page says so.


def clip(v, low, high):
    return min(max(v, low), high)


def nearest(v):
    """Halves away from zero."""
    return int(math.copysign(math.floor(abs(v) + 0.5), v))


def floor_log2(v):
    return math.frexp(v)[1] - 1


def f32(values):
    return array("f", values).tolist()


def f32_one(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def read_safetensors(path):
    """{name: (dtype, shape, raw bytes)}"""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {
        name: (t["dtype"], t["shape"], data[start + t["data_offsets"][0] : start + t["data_offsets"][1]])
        for name, t in header.items()
    }


def quantize(rows, floors=None):
    """Rows of a matrix as int8, and their scales."""
    scales = [max(max(map(abs, row)) / 127, floors[o] if floors else 0, 1e-30) for o, row in enumerate(rows)]
    return [[clip(nearest(w / s), -127, 127) for w in row] for row, s in zip(rows, scales)], scales


def fixed(arrays, low, high, bits=31):
    """Arrays of reals that share a shift: their multipliers, and the shift."""
    largest = max(map(max, arrays))
    shift = high
    if largest > 0:
        shift = bits - 1 - floor_log2(largest)
        if nearest(largest * 2.0**shift) >= 2**bits:
            shift -= 1
        shift = min(shift, high)
    assert shift >= low, "the model is refused"
    return [[nearest(f * 2.0**shift) for f in a] for a in arrays], shift


def row_scale(bound):
    return max(bound, 1e-20) / (2**26 - 1) * 1.000001


def embbert(checkpoint, config, points, bits):
    """MODL, WGHT and TABL of an EmbBERT. `checkpoint` is what read_safetensors gives, `points` {name: (scale,
    zero_point)}, `bits` those of the activation's index."""

    def vector(name):
        return array("f", checkpoint[name][2]).tolist()

    def matrix(name):
        flat, width = vector(name), checkpoint[name][1][-1]
        return [flat[i : i + width] for i in range(0, len(flat), width)]

    def i8(section, rows):
        values = [v for row in rows for v in row]
        return p.array(section, "i8", len(values), values)

    def i32(section, values):
        return p.array(section, "i32", len(values), values)

    D, C = config["hidden_size"], len(vector("classifier.bias"))
    E = int(D * config["forward_expansion"])
    p = Program(None, config["vocab_size"], config["max_length"], C, task=1 if C > 1 else 2)
    x, y, row, context = p.register(I32, D), p.register(I32, D, "y"), p.register(I8, D), p.register(I8, D, "context")
    inner, active = (p.register(I32, E), p.register(I8, E)) if E != D else (y, row)
    stores, scores = [p.store(I8, D)], p.store(I32, 1)
    layers = config["num_hidden_layers"]
    if layers > 1:
        stores.append(p.store(I8, D))

    def embedding(table, expander):
        rows, expander_rows = matrix(f"model.embedder.{table}.weight"), matrix(f"model.embedder.{expander}.weight")
        columns, scales = quantize(list(zip(*rows)))
        rows = list(zip(*columns))
        return rows, *quantize([f32(w * s for w, s in zip(row, scales)) for row in expander_rows])

    token, token_expander, token_scales = embedding("token", "tok_expander")
    position, position_expander, position_scales = embedding("position", "pos_expander")
    segment = matrix("model.embedder.sentence.weight")
    scale = row_scale(
        max(
            token_scales[d] * 127 * magnitude(token_expander[d])
            + position_scales[d] * 127 * magnitude(position_expander[d])
            + max(abs(row[d]) for row in segment)
            for d in range(D)
        )
    )
    factors, shift = fixed([[s / scale for s in token_scales], [s / scale for s in position_scales]], 1, 62)
    p.begin()
    p.add(
        "EMBED", out=x, acc=y, reduced=len(token[0]), token=i8("WGHT", token), position=i8("WGHT", position),
        token_expander=i8("WGHT", token_expander), position_expander=i8("WGHT", position_expander),
        segment=i32("WGHT", [nearest(v / scale) for row in segment for v in row]), segments=3, rule=1,
        token_multiplier=i32("TABL", factors[0]), position_multiplier=i32("TABL", factors[1]), shift=shift,
    )  # fmt: skip

    for i in range(layers):
        s_n, s_q, s_c = (points[f"layers.{i}.{point}"][0] for point in ("norm", "query", "context"))
        s_v, zero_v = points[f"layers.{i}.convolution"]
        s_h, zero_h = points[f"layers.{i}.activation"]
        w = fold(i, D, vector, matrix)
        epsilon = clip(nearest(D * 2.0**-23 / scale**2), 1, 2**61)
        ((norm,),), norm_shift = fixed([[math.sqrt(D) / s_n]], 1, 31)
        p.add(
            "NORM", **{"in": x}, out=row, centred=NONE, mean_multiplier=0, mean_shift=0,
            epsilon_low=epsilon & 0xFFFFFFFF, epsilon_high=epsilon >> 32, multiplier=norm, shift=norm_shift,
        )  # fmt: skip
        rows = stores[i % 2]
        p.add("STORE", row=row, store=rows)
        p.begin(ALL if i + 1 < layers else FIRST)
        p.add("LOAD", row=row, store=rows)

        def linear(name, source, out, input_scale, zero=0):
            """LINEAR: the scales and real biases of its sums, and their largest magnitudes."""
            weight, bias = w[name], w[name + "_bias"]
            values, scales = quantize(weight, [abs(b) / (input_scale * 2.0**29) for b in bias])
            p.add("LINEAR", **{"in": source}, out=out, weight=i8("WGHT", values))
            scales = [s * input_scale for s in scales]
            biases = [b - s * (zero * sum(row)) for b, s, row in zip(bias, scales, values)]
            return scales, biases, [127 * magnitude(row) for row in values]

        def steps(biases, scales):
            return i32("WGHT", [nearest(b / s) for b, s in zip(biases, scales)])

        scales, biases, _ = linear("query", row, x, s_n)
        (multipliers,), shift = fixed([[s / s_q for s in scales]], 31, 62)
        p.add(
            "REQUANTIZE", **{"in": x}, out=row, bias=steps(biases, scales), multiplier=i32("TABL", multipliers),
            shift=shift,
        )  # fmt: skip
        ((softmax,),), softmax_shift = fixed([[s_q * s_n * math.log2(math.e) * 65536]], 1, 62)
        ((mix,),), mix_shift = fixed([[s_n / s_c]], 1, 31)
        p.add(
            "ATTEND", query=row, out=context, acc=x, keys=rows, values=rows, scores=scores, heads=1, ignores_pad=1,
            softmax_multiplier=softmax, softmax_shift=softmax_shift, context_multiplier=mix, context_shift=mix_shift,
        )  # fmt: skip
        attention = linear("attention", context, x, s_c)

        channels, scales = quantize(w["taps"], [abs(b) / (s_n * 2.0**29) for b in w["taps_bias"]])
        scales = [s * s_n for s in scales]
        p.add("CONVOLVE", rows=rows, out=inner, kernel=len(channels[0]), weight=i8("WGHT", list(zip(*channels))))
        (multipliers,), shift = fixed([[s / s_v for s in scales]], 31, 62)
        silu = [v / (1 + math.exp(-v)) for v in ((j - zero_v) * s_v for j in range(2**bits))]
        p.add(
            "ACTIVATE", **{"in": inner}, out=active, bias=steps(w["taps_bias"], scales),
            multiplier=i32("TABL", multipliers), shift=shift,
            table=i8("TABL", [[clip(nearest(v / s_h) + zero_h, -127, 127) for v in silu]]), bits=bits, zero=zero_v,
        )  # fmt: skip
        contract = linear("contract", active, y, s_h, zero_h)

        bias, bound, reals = [0.0] * D, [0.0] * D, []
        for g, (scales, biases, limits) in ((w["g1"], attention), (-w["g2"], contract)):
            reals.append([s * g for s in scales])
            bias = [b + v * g for b, v in zip(bias, biases)]
            bound = [b + limit * abs(s * g) for b, limit, s in zip(bound, limits, scales)]
        scale = row_scale(max(b + abs(v) for b, v in zip(bound, bias)))
        factors, shift = fixed([[abs(r) / scale for r in term] for term in reals], 1, 62)
        signed = [[-m if r < 0 else m for m, r in zip(*pair)] for pair in zip(factors, reals)]
        p.add(
            "COMBINE", a=x, b=y, out=x, a_multiplier=i32("TABL", signed[0]), b_multiplier=i32("TABL", signed[1]),
            shift=shift, bias=i32("WGHT", [nearest(b / scale) for b in bias]),
        )  # fmt: skip

    values, scales = quantize(matrix("classifier.weight"))
    (multipliers,), shift = fixed([[s * scale * 65536 for s in scales]], 1, 62, bits=18)
    p.add(
        "WIDE_LINEAR", **{"in": x}, out=NONE, outputs=C, first=0, weight=i8("WGHT", values),
        bias=i32("WGHT", [nearest(b * 65536) for b in vector("classifier.bias")]),
        multiplier=i32("TABL", multipliers), shift=shift,
    )  # fmt: skip
    return p.sections()


def magnitude(row):
    return sum(map(abs, row))


def fold(i, D, vector, matrix):
    """Layer i in fp32 with its norm's γ and the scores' 1 / √D in the weights."""
    name = f"model.attentions.{i}."
    gamma, root = vector(f"model.norms.{i}.weight"), f32_one(1 / f32_one(math.sqrt(D)))

    def exponential(q, k):
        sum = 0.0
        for a, b in zip(vector(name + q), vector(name + k)):
            sum = f32_one(sum + f32_one(a * b))
        return f32_one(math.exp(sum))

    def columns(tensor):
        return [f32(v * g for v, g in zip(row, gamma)) for row in matrix(name + tensor)]

    taps = matrix(name + "conv1d.weight")
    query = columns("query.weight")
    return dict(
        query=[f32(v * root for v in f32(v * g for v in row)) for row, g in zip(query, gamma)],
        query_bias=f32(b * root for b in f32(b * g for b, g in zip(vector(name + "query.bias"), gamma))),
        attention=columns("att_output.weight"),
        attention_bias=vector(name + "att_output.bias"),
        taps=[f32(v * gamma[e // (len(taps) // D)] for v in row) for e, row in enumerate(taps)],
        taps_bias=vector(name + "conv1d.bias"),
        contract=matrix(name + "contract.weight"),
        contract_bias=vector(name + "contract.bias"),
        g1=exponential("lambda_q1", "lambda_k1"),
        g2=exponential("lambda_q2", "lambda_k2"),
    )
