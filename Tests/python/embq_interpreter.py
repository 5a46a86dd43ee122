"""The integer forward pass of Schemas/embq-format.md on Python's own integers: slow and obvious.

Python's integers never overflow, so every width that the page promises is asserted instead.
"""
from operator import mul

from embq_reader import ALL, AT_MASK, BACKWARDS, I8, I16, I32, NONE, ONCE, ROW, WHOLE

STATE = 2**30 - 1
LIMITS = {I8: 127, I16: 32767, I32: ROW}


def clip(v, low, high):
    return low if v < low else high if v > high else v


def fits(v, bits):
    assert -(2 ** (bits - 1)) <= v < 2 ** (bits - 1), f"{v} does not fit {bits} bits"
    return v


def spared(L):
    """Bits that POOL's squares and the mean's factor go without in a sentence of L ids."""
    return 0 if L <= 4096 else 2


def dot(a, b):
    return sum(map(mul, a, b))


def requantize(v, multiplier, shift):
    assert 1 <= shift <= 62
    return fits(v * multiplier + (1 << shift - 1), 64) >> shift


def leading_zeros(v, bits):
    return bits - v.bit_length()


def reciprocal(v):
    assert 2**31 <= v < 2**32
    return min(2**63 // v, 2**32 - 1)


def square_root(v):
    low, high = 0, 2**32
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle * middle <= v else (low, middle)
    return low


def divide(multiplier, shift, v):
    assert 1 <= v < 2**32 and 1 <= shift <= 31
    z = leading_zeros(v, 32)
    return (reciprocal(v << z) * multiplier) >> 32, 31 + shift - z


def divide_by_root(multiplier, shift, v):
    assert 1 <= v < 2**64 and 1 <= shift <= 31
    z = leading_zeros(v, 64) // 2
    return (reciprocal(square_root(v << 2 * z)) * multiplier) >> 32, 31 + shift - z


def exp2(x):
    assert 0 <= x <= 0xFFFFF
    whole, f = x >> 16, x & 0xFFFF
    r = 453
    for constant in (3498, 15699, 45422, 65536):
        r = constant - ((r * f) >> 16)
        assert 0 <= r < 2**32
    return min(((r >> whole) + 1) >> 1, 32767)


def exp2_fine(x):
    assert x >= 0
    whole, f = x >> 24, x & 0xFFFFFF
    if whole > 30:
        return 0
    r = 118043
    for constant in (1371676, 10288824, 59584400, 257939319, 744261020, 1073741824):
        r = constant - ((r * f) >> 24)
        assert 0 <= r < 2**32
    return r >> whole


def rescale(row, multiplier, shift, limit):
    return [clip(requantize(v, multiplier, shift), -limit, limit) for v in row]


class Interpreter:
    """`rows`: how many positions are worked on at a time, which no logit may show."""

    def __init__(self, model, rows=1):
        self.model, self.rows = model, rows
        self.columns = {}

    def run(self, ids, types=()):
        """The logits of ids, in steps of 2⁻¹⁶; of a tagger their checksum, and `tags` of each. `types`: the token type of each; none: 0."""
        m = self.model
        ids = list(ids)
        while ids and ids[-1] == m.pad:
            ids.pop()
        runs_empty = all(s.span for s in m.stores) and all(p.positions in (ALL, ONCE) for p in m.passes)
        if not (0 if runs_empty else 1) <= len(ids) <= m.max_length or max(ids, default=0) >= m.vocabulary:
            raise ValueError("ids")
        self.ids, self.logits, self.types = ids, [0] * m.outputs, list(types) or [0] * len(ids)
        self.tags = []
        self.separator = self.first(m.separator)
        # Rows by position; states and sums are lists of numbers. A window is a store like another here: CONVOLVE reads
        # no row but those of its own pass.
        self.memory = [[0] * s.width if s.span == 1 else {} for s in m.stores]
        for p in m.passes:
            positions = range(1)
            if p.positions in WHOLE:
                positions = range(len(ids))
            elif p.positions == AT_MASK:
                at = self.first(m.mask)
                positions = range(at, min(at + 1, len(ids)))
            firsts = range(positions.start, positions.stop, self.rows)
            for first in reversed(firsts) if p.positions == BACKWARDS else firsts:
                block = range(first, min(first + self.rows, positions.stop))
                self.registers = {}
                for o in p.operations:
                    for at in block:
                        getattr(self, o.name.lower())(o, at)
        return self.logits

    def first(self, id):
        return self.ids.index(id) if id in self.ids else len(self.ids)

    # --- Registers: a row for each position of the block

    def read(self, o, field, p):
        return self.registers[o[field], p]

    def write(self, o, field, p, row):
        register = self.model.registers[o[field]]
        limit = LIMITS[register.type]
        assert len(row) == register.width and -limit <= min(row) and max(row) <= limit, f"{o.name}: {field}"
        self.registers[o[field], p] = row

    def limit(self, o, field="out"):
        return LIMITS[self.model.registers[o[field]].type]

    # --- The operations

    def embed(self, o, p):
        self.sum_of_tables(o, p, o.token.values[self.ids[p]])

    def packed_embed(self, o, p):
        self.embed(o, p)

    def sum_of_tables(self, o, p, token):
        m, id = self.model, self.ids[p]
        segment = None if o["segment"] == NONE else self.segment(o, p)
        width = self.model.registers[o["out"]].width
        bias, shift, row = [0] * width if segment is None else o.segment.values[segment], o["shift"], []
        place = None if o["position"] == NONE else o.position.values[p]
        for d in range(width):
            if o["reduced"]:
                a, am = dot(token, o.token_expander.values[d]), o.token_multiplier.values[d]
                b, bm = dot(place, o.position_expander.values[d]), o.position_multiplier.values[d]
            else:
                a, am = token[d], o.token_multiplier.values[id]
                b, bm = (0, 0) if place is None else (place[d], o.position_multiplier.values[p])
            total = fits(a * am + b * bm + (1 << shift - 1), 64)
            row.append(clip((total >> shift) + bias[d], -ROW, ROW))
        self.write(o, "out", p, row)

    def segment(self, o, p):
        if o["rule"] == 3:
            return self.types[p]
        if o["rule"] == 2:
            return 1 if p > self.separator else 0
        return 0 if self.ids[p] == self.model.pad else 2 if p >= self.separator else 1

    def table_norm(self, o, p):
        self.norm_of_tables(o, p, o.token.values[self.ids[p]])

    def packed_table_norm(self, o, p):
        self.table_norm(o, p)

    def norm_of_tables(self, o, p, token):
        x, segment = self.read(o, "in", p), self.segment(o, p)
        numbers = list(token) + list(o.position.values[p])
        count = len(o.column_multiplier.values) - len(numbers)
        numbers += [1 if s == segment else 0 for s in range(count)]
        acc = [clip(requantize(v, m, o["column_shift"]), -ROW, ROW)
               for v, m in zip(numbers, o.column_multiplier.values)]
        factor = divide_by_root(o["multiplier"], o["shift"], fits(dot(x, x) + o.epsilon, 64))
        self.write(o, "out", p, rescale(acc, *factor, self.limit(o)))

    def look_up(self, o, p):
        counted = sum(id != self.model.pad for id in self.ids[: p + 1]) if self.ids[p] != self.model.pad else 0
        row = {1: p, 3: self.ids[p - 1] if p else None, 4: (self.ids + [None])[p + 1], 5: self.types[p], 6: counted}.get(
            o["rule"], self.ids[p])
        if row is None:
            values = [0] * self.model.registers[o["out"]].width
        else:
            values = [requantize(v, o.multiplier.values[row], o["shift"]) for v in o.table.values[row]]
        self.write(o, "out", p, [clip(v, -ROW, ROW) for v in values])

    def norm(self, o, p):
        x = self.read(o, "in", p)
        if o["centred"] != NONE:
            mean = requantize(sum(x), o["mean_multiplier"], o["mean_shift"])
            x = [clip(v - mean, -ROW, ROW) for v in x]
        factor = divide_by_root(o["multiplier"], o["shift"], fits(dot(x, x) + o.epsilon, 64))
        self.write(o, "out", p, rescale(x, *factor, self.limit(o)))

    def linear(self, o, p):
        x = self.read(o, "in", p)
        self.write(o, "out", p, [fits(dot(row, x), 32) for row in o.weight.values])

    def packed_linear(self, o, p):
        self.linear(o, p)

    def biased(self, o, p):
        """requantize(in + bias), as REQUANTIZE, ACTIVATE and CURVE begin."""
        columns = zip(self.read(o, "in", p), o.bias.values, o.multiplier.values)
        return [requantize(fits(v + bias, 32), multiplier, o["shift"] & 255) for v, bias, multiplier in columns]

    def requantize(self, o, p):
        self.write(o, "out", p, [clip(v, -127, 127) for v in self.biased(o, p)])

    def activate(self, o, p):
        last = 2 ** o["bits"] - 1
        self.write(o, "out", p, [o.table.values[clip(v + o["zero"], 0, last)] for v in self.biased(o, p)])

    def combine(self, o, p):
        a, shift, row = self.read(o, "a", p), o["shift"] & 255, []
        b = self.read(o, "b", p) if o["b"] != NONE else None
        for i, bias in enumerate(o.bias.values):
            total = a[i] * o.a_multiplier.values[i] + (1 << shift - 1)
            if b:
                total += b[i] * o.b_multiplier.values[i]
            row.append(clip((fits(total, 64) >> shift) + bias, -ROW, ROW))
        self.write(o, "out", p, row)

    def rescale(self, o, p):
        self.write(o, "out", p, rescale(self.read(o, "in", p), o["multiplier"], o["shift"], self.limit(o)))

    def load(self, o, p):
        self.registers[o["row"], p] = self.memory[o["store"]][p]

    def store(self, o, p):
        self.memory[o["store"]][p] = self.read(o, "row", p)

    def pack(self, o, p):
        bits, row = o["bits"], []
        for x in self.read(o, "row", p):
            if bits <= 3:
                code = clip((x * o["multiplier"] >> o["shift"]) + 2 ** (bits - 1), 0, 2**bits - 1)
                row.append(2 * code - 2**bits + 1)
            else:
                row.append(clip(requantize(x, o["multiplier"], o["shift"]), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
        self.memory[o["store"]][p] = row

    def unpack(self, o, p):
        self.write(o, "row", p, self.memory[o["store"]][p])

    def packed_attend(self, o, p):
        self.attend(o, p)

    def packed_convolve(self, o, p):
        self.convolve(o, p)

    def attend(self, o, p):
        def score(query, key):
            return fits(dot(query, key), 26)

        def context(sums, factor):
            return rescale([fits(v, 32) for v in sums], *factor, 127)

        self.mix(o, p, score, context)

    def wide_attend(self, o, p):
        def score(query, key):
            return fits(fits(dot(query, key), 42) >> o["score_shift"], 31)

        def context(sums, factor):
            return rescale([fits((fits(v, 40) + 128) >> 8, 33) for v in sums], *factor, 32767)

        self.mix(o, p, score, context)

    def mix(self, o, p, score, context):
        query = self.read(o, "query", p)
        counts = [not o["ignores_pad"] or id != self.model.pad for id in self.ids]
        if not counts[p]:
            self.write(o, "out", p, [0] * len(query))
            return
        positions = range(len(self.ids))
        width, row = len(query) // o["heads"], []
        for start in range(0, len(query), width):
            head = slice(start, start + width)
            keys = [self.memory[o["keys"]][j][head] for j in positions]
            values = [self.memory[o["values"]][j][head] for j in positions]
            weights = self.soften(o, [score(query[head], key) for key in keys], counts)
            factor = divide(o["context_multiplier"], o["context_shift"], sum(weights))
            row += context([dot(weights, column) for column in zip(*values)], factor)
        self.write(o, "out", p, row)

    def soften(self, o, scores, counts):
        top, weights = max(s for s, counted in zip(scores, counts) if counted), []
        for s, counted in zip(scores, counts):
            e = requantize(top - s, o["softmax_multiplier"], o["softmax_shift"]) if counted else 2**20
            weights.append(0 if e > 0xFFFFF else exp2(e))
        total, excess = sum(weights), 0
        while total >> excess > 2**24 - len(scores):
            excess += 1
        if excess:
            weights = [(w + (1 << excess - 1)) >> excess for w in weights]
        assert 1 <= sum(weights) <= 2**24
        return weights

    def convolve(self, o, p):
        rows, k = self.memory[o["rows"]], o["kernel"]
        if id(o) not in self.columns:
            self.columns[id(o)] = list(zip(*o.weight.values))
        taps = self.columns[id(o)]
        first = max(0, p - k + 1)  # older taps would lie before the sentence
        columns = list(zip(*(rows[j] for j in range(first, p + 1))))
        expansion = len(taps) // len(columns)
        older = k - (p + 1 - first)
        row = [fits(dot(tap[older:], columns[e // expansion]), 32) for e, tap in enumerate(taps)]
        self.write(o, "out", p, row)

    def wide_linear(self, o, p):
        x, row = self.read(o, "in", p), []
        limit = 2**31 - 1 if o["out"] == NONE else ROW
        for weight, bias, multiplier in zip(o.weight.values, o.bias.values, o.multiplier.values):
            row.append(clip(requantize(fits(dot(x, weight), 64), multiplier, o["shift"]) + bias, -limit, limit))
        if o["out"] == NONE:
            self.logits[o["first"] : o["first"] + len(row)] = row
        else:
            self.write(o, "out", p, row)

    def curve(self, o, p):
        fraction, table, row = o["fraction"], o.table.values, []
        for v in self.biased(o, p):
            z = clip(v + o["zero"], 0, 2 ** (o["bits"] + fraction) - 1)
            low, part = z >> fraction, z & (1 << fraction) - 1
            row.append(table[low] + (((table[low + 1] - table[low]) * part + (1 << fraction - 1)) >> fraction))
        self.write(o, "out", p, row)

    def gate(self, o, p):
        product = [a * b for a, b in zip(self.read(o, "a", p), self.read(o, "b", p))]
        self.write(o, "out", p, rescale(product, o["multiplier"], o["shift"], self.limit(o)))

    def scan(self, o, p):
        x, step = self.read(o, "in", p), self.read(o, "step", p)
        write = [clip(v, -32767, 32767) for v in self.read(o, "write", p)]
        read = [clip(v, -32767, 32767) for v in self.read(o, "read", p)]
        h, N, row = self.memory[o["state"]], len(write), []
        for e in range(len(x)):
            t = max(step[e], 0)
            drive, y = clip(requantize(t * x[e], 1, o["input_shift"]), -ROW, ROW), 0
            for n in range(N):
                decay = exp2_fine(requantize(t, o.rate.values[e][n], o["rate_shift"]))
                kept = requantize(h[e * N + n], decay, 30)
                added = requantize(drive * write[n], o["write_multiplier"], o["write_shift"])
                h[e * N + n] = clip(kept + added, -STATE, STATE)
                y += h[e * N + n] * read[n]
            y = fits(y + 2**11, 64) >> 12
            out = requantize(y, o["read_multiplier"], o["read_shift"])
            out += requantize(x[e], o.skip.values[e], o["skip_shift"])
            row.append(clip(out, -ROW, ROW))
        self.write(o, "out", p, row)

    def pool(self, o, p):
        sums, s = self.memory[o["sums"]], spared(len(self.ids))
        if o["kind"] & 255 > 2:
            return self.pool_row(o["kind"] & 255, o["kind"] >> 8, p, self.read(o, "row", p), sums)
        for i, v in enumerate(self.read(o, "row", p)):
            if o["kind"] == 1:
                sums[i] = fits(sums[i] + v, 64)
            else:
                sums[i] += v * v >> s
                assert sums[i] < 2**64

    def pool_row(self, kind, skipped, p, x, sums):
        """Kinds from 3 on: without the first `skipped` positions."""
        L = len(self.ids)
        first = L - 1 if kind == 8 else skipped if skipped < L else 0
        if kind in (7, 8):
            if p == first:
                sums[:-1] = x
        elif kind == 3:
            if p >= first:
                sums[:-1] = x if p == first else map(max, sums, x)
        elif p >= skipped:
            weight = p + 1 if kind == 5 else 1
            sums[:] = [fits(v + weight * w, 64) for v, w in zip(sums, [*x, 1])]

    def divided(self, kind, sums):
        total, s = sums[-1] or 1, 0
        while total >> s > 4096:
            s += 1
        if kind == 4:
            multiplier, shift = divide_by_root(2**22, 22, total)
            return rescale(sums[:-1], multiplier, shift + 7, ROW)
        multiplier, shift = divide(2**22, 22, total)
        return rescale([v >> s for v in sums[:-1]], multiplier, shift - s, ROW)

    def pooled(self, o, p):
        sums, L = self.memory[o["sums"]], len(self.ids) or 1
        s = spared(L)
        if o["kind"] > 2:
            row = self.divided(o["kind"], sums) if o["kind"] in (4, 5, 6) else sums[:-1]
            self.write(o, "row", p, row)
            return
        if o["kind"] == 1:
            row = rescale(sums, *divide(2 ** (24 - s), 24 - s, L), ROW)
        else:
            row = rescale([square_root(v) for v in sums], *divide_by_root(2**30, 30 - s // 2, L), ROW)
        self.write(o, "row", p, row)

    def unit(self, o, p):
        x = self.read(o, "in", p)
        self.logits[:] = rescale(x, *divide_by_root(2**30, 14, dot(x, x) | 1), 65536)

    def unit_row(self, o, p):
        x = self.read(o, "in", p)
        self.write(o, "out", p, rescale(x, *divide_by_root(2**30, 10, dot(x, x) | 1), 2**20))

    def join(self, o, p):
        row = rescale(self.read(o, "a", p), o["a_multiplier"], o["a_shift"], ROW)
        self.write(o, "out", p, row + rescale(self.read(o, "b", p), o["b_multiplier"], o["b_shift"], ROW))

    def output(self, o, p):
        x = self.read(o, "in", p)[: o["outputs"]]
        row = rescale(x, o["multiplier"], o["shift"], 2**31 - 1)
        self.logits[o["first"] : o["first"] + len(row)] = row

    def tag(self, o, p):
        row = self.read(o, "in", p)
        self.tags.append(row.index(max(row)))
        sums = [(a * 31 + x) % 2**32 for a, x in zip(self.logits, row)]
        self.logits[:] = [v - 2**32 if v >= 2**31 else v for v in sums]
