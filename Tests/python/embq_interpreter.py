"""The integer forward pass of Schemas/embq-format.md on Python's own integers: slow and obvious.

Python's integers never overflow, so every width that the page promises is asserted instead.
"""
from operator import mul

ROW = 2**26 - 1


def clip(v, low, high):
    return low if v < low else high if v > high else v


def fits(v, bits):
    assert -(2 ** (bits - 1)) <= v < 2 ** (bits - 1), f"{v} does not fit {bits} bits"
    return v


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


class Interpreter:
    def __init__(self, model):
        self.model = model
        self.columns = [list(zip(*layer.convolution.values)) for layer in model.layer]

    def run(self, ids):
        """The logits of ids, in steps of 2⁻¹⁶."""
        m = self.model
        ids = list(ids)
        while ids and ids[-1] == m.pad:
            ids.pop()
        if not 1 <= len(ids) <= m.max_length or max(ids) >= m.vocabulary:
            raise ValueError("ids")
        x = self.embed(ids)
        for i in range(m.layers):
            rows = [self.norm(row, m.layer[i]) for row in x]
            positions = range(len(ids)) if i + 1 < m.layers else range(1)
            columns = list(zip(*rows))
            x = [self.position(i, p, ids, rows, columns) for p in positions]
        return self.classify(x[0])

    def embed(self, ids):
        m, x, segment = self.model, [], 1
        for p, id in enumerate(ids):
            if id == m.separator:
                segment = 2
            bias = m.segment.values[0 if id == m.pad else segment]
            half = 1 << m.embedder_shift - 1
            row = []
            for d in range(m.hidden):
                a = dot(m.token.values[id], m.token_expander.values[d])
                b = dot(m.position.values[p], m.position_expander.values[d])
                total = a * m.token_multiplier.values[d] + b * m.position_multiplier.values[d] + half
                row.append(clip((fits(total, 64) >> m.embedder_shift) + bias[d], -ROW, ROW))
            x.append(row)
        return x

    def norm(self, x, layer):
        factor = divide_by_root(layer.norm_multiplier, layer.norm_shift, fits(dot(x, x) + layer.epsilon, 64))
        return [clip(requantize(v, *factor), -127, 127) for v in x]

    def position(self, i, p, ids, rows, columns):
        """x of position p after layer i."""
        layer, d = self.model.layer[i], range(self.model.hidden)
        context = self.attend(layer, p, ids, rows, columns)
        inner = self.convolve(i, p, columns)
        half = 1 << layer.output_shift - 1
        x = []
        for c in d:
            a = fits(dot(layer.attention.values[c], context), 32)
            b = fits(dot(layer.contract.values[c], inner), 32)
            total = a * layer.attention_multiplier.values[c] + b * layer.contract_multiplier.values[c] + half
            x.append(clip((fits(total, 64) >> layer.output_shift) + layer.output_bias.values[c], -ROW, ROW))
        return x

    def attend(self, layer, p, ids, rows, columns):
        m = self.model
        if ids[p] == m.pad:
            return [0] * m.hidden
        query = []
        for d in range(m.hidden):
            total = fits(dot(layer.query.values[d], rows[p]) + layer.query_bias.values[d], 32)
            query.append(clip(requantize(total, layer.query_multiplier.values[d], layer.query_shift), -127, 127))
        scores = [fits(dot(query, row), 32) for row in rows]
        top = max(s for s, id in zip(scores, ids) if id != m.pad)
        weights = []
        for s, id in zip(scores, ids):
            if id == m.pad:
                weights.append(0)
                continue
            e = requantize(top - s, layer.softmax_multiplier, layer.softmax_shift)
            weights.append(0 if e > 0xFFFFF else exp2(e))
        total = sum(weights)
        excess = 0
        while total >> excess > 2**24 - len(ids):
            excess += 1
        if excess:
            weights = [(w + (1 << excess - 1)) >> excess for w in weights]
            total = sum(weights)
        assert 1 <= total <= 2**24
        factor = divide(layer.context_multiplier, layer.context_shift, total)
        return [clip(requantize(fits(dot(weights, c), 32), *factor), -127, 127) for c in columns]

    def convolve(self, i, p, columns):
        m, layer = self.model, self.model.layer[i]
        first = max(0, p - m.kernel + 1)
        taps = p + 1 - first  # the newest ones; older ones would lie before the sentence
        inner = []
        for e in range(m.inner):
            a = dot(self.columns[i][e][m.kernel - taps :], columns[e // (m.inner // m.hidden)][first : p + 1])
            total = fits(a + layer.convolution_bias.values[e], 32)
            index = requantize(total, layer.convolution_multiplier.values[e], layer.convolution_shift)
            index = clip(index + layer.activation_zero, 0, 2**layer.activation_bits - 1)
            inner.append(layer.activation.values[index])
        return inner

    def classify(self, x):
        m, logits = self.model, []
        for o in range(m.outputs):
            total = fits(dot(x, m.classifier.values[o]), 64)
            logit = requantize(total, m.classifier_multiplier.values[o], m.classifier_shift)
            logits.append(clip(logit + m.classifier_bias.values[o], -(2**31 - 1), 2**31 - 1))
        return logits
