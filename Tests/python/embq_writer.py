"""Writes artifacts with nothing but Schemas/embq-format.md: the container, its sections, and a model's constants from
a checkpoint and the scales of its points ("Writing")."""
import json
import math
import struct
import zlib
from array import array

from embq_reader import ALIGNMENT, ENTRY, HEADER, LAYER_WORDS, MAGIC, MODEL_WORDS, VERSION, round_up

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


def tensors_section(arrays):
    """arrays: (name, Array) as Model.arrays() gives them."""
    entries, count = b"", 0
    for name, a in arrays:
        text, count = name.encode(), count + 1
        entries += struct.pack("<4sHH", a.section.encode(), {"i8": 1, "i32": 2}[a.element], len(a.shape))
        entries += struct.pack(f"<{len(a.shape)}I", *a.shape) + struct.pack("<IIH", a.offset, a.size, len(text)) + text
    return struct.pack("<I", count) + entries


# --- Any model


def random_model(random, V, L, D, E, k, C, r, layers, pad, separator, flat=False):
    """MODL, WGHT and TABL of any shape; numbers are random, and of a size at which little is clipped.
    `flat`: all weights of the softmax are equal."""
    letters = dict(V=V, L=L, D=D, E=E, k=k, C=C, r=r)
    arrays = {"WGHT": bytearray(), "TABL": bytearray()}

    def factor(real, lowest, highest, bits=31):
        shift = clip(bits - 1 - floor_log2(real), lowest, highest)
        return min(round(real * 2.0**shift), 2**bits - 1), shift

    def record(fields, chosen):
        words = []
        for name, *field in fields:
            if isinstance(field[0], int):
                words.append(chosen[name] if name in chosen else random.randint(*field))
                continue
            section, element, shape, *limits = field
            low, high = chosen.get(name, limits)
            count = math.prod(int(c) if c.isdigit() else letters[c] for c in shape)
            data = arrays[section]
            data += bytes(-len(data) % (ALIGNMENT if element == "i8" else 4))
            words.append(len(data))
            values = [random.randint(low, high) for _ in range(count)]
            data += struct.pack(f"<{count}{'b' if element == 'i8' else 'i'}", *values)
        return struct.pack("<25I", *words)

    def spread(multiplier):
        return multiplier // 2, multiplier

    step = 73 * 40 * math.sqrt(D)  # a product of D random int8 with a row
    embedder, embedder_shift = factor(2**20 / (73 * 73 * math.sqrt(r)), 1, 62)
    classifier, classifier_shift = factor(3 * 65536 / (2**20 * 73 * math.sqrt(D)), 1, 62, bits=18)
    modl = record(
        MODEL_WORDS,
        dict(
            family=1,
            head=1,
            task=1 if C > 1 else 2,
            vocabulary=V,
            max_length=L,
            hidden=D,
            inner=E,
            kernel=k,
            outputs=C,
            layers=layers,
            pad=pad,
            separator=separator,
            reduced=r,
            segment=(-(2**20), 2**20),
            token_multiplier=spread(embedder),
            position_multiplier=spread(embedder),
            embedder_shift=embedder_shift,
            classifier_multiplier=spread(classifier),
            classifier_bias=(-(2**17), 2**17),
            classifier_shift=classifier_shift,
        ),
    )
    for _ in range(layers):
        bits = random.choice([1, 5, 9, 12])
        letters["T"] = 2**bits
        epsilon = random.choice([1, 12345678, 2**40])
        norm, norm_shift = factor(40 * math.sqrt(D), 1, 31)
        query, query_shift = factor(40 / step, 31, 62)
        softmax, softmax_shift = factor(random.choice([0.01, 1, 4]) * 65536 / (40 * 40 * math.sqrt(D)), 1, 62)
        context, context_shift = factor(random.choice([0.9, 2, 7]), 1, 31)
        taps, taps_shift = factor(2**bits / 4 / (73 * 40 * math.sqrt(k)), 31, 62)
        output, output_shift = factor(2**20 / step, 1, 62)
        modl += record(
            LAYER_WORDS,
            dict(
                epsilon_low=epsilon & 0xFFFFFFFF,
                epsilon_high=epsilon >> 32,
                norm_multiplier=norm,
                norm_shift=norm_shift,
                query_bias=(-5000, 5000),
                query_multiplier=spread(query),
                query_shift=query_shift,
                softmax_multiplier=0 if flat else softmax,
                softmax_shift=softmax_shift,
                context_multiplier=context,
                context_shift=context_shift,
                convolution_bias=(-5000, 5000),
                convolution_multiplier=spread(taps),
                convolution_shift=taps_shift,
                activation_bits=bits,
                activation_zero=random.randrange(2**bits),
                attention_multiplier=spread(output),
                contract_multiplier=spread(output),
                output_bias=(-(2**20), 2**20),
                output_shift=output_shift,
            ),
        )
    return [("MODL", modl), ("WGHT", bytes(arrays["WGHT"])), ("TABL", bytes(arrays["TABL"]))]


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


def constants(checkpoint, config, points):
    """({field: value} of the model, [the same for each layer]), named as embq_reader names them; matrices are lists of
    rows. `checkpoint` is what read_safetensors gives, `points` {name: (scale, zero_point)}."""

    def vector(name):
        return array("f", checkpoint[name][2]).tolist()

    def matrix(name):
        flat, width = vector(name), checkpoint[name][1][-1]
        return [flat[i : i + width] for i in range(0, len(flat), width)]

    def embedding(table, expander):
        rows, expander_rows = matrix(f"model.embedder.{table}.weight"), matrix(f"model.embedder.{expander}.weight")
        columns, scales = quantize(list(zip(*rows)))
        rows = list(zip(*columns))
        return rows, *quantize([f32(w * s for w, s in zip(row, scales)) for row in expander_rows])

    m = {}
    m["token"], m["token_expander"], token_scales = embedding("token", "tok_expander")
    m["position"], m["position_expander"], position_scales = embedding("position", "pos_expander")
    segment = matrix("model.embedder.sentence.weight")
    d = len(segment[0])
    scale = row_scale(
        max(
            token_scales[c] * 127 * sum(map(abs, m["token_expander"][c]))
            + position_scales[c] * 127 * sum(map(abs, m["position_expander"][c]))
            + max(abs(row[c]) for row in segment)
            for c in range(d)
        )
    )
    factors, m["embedder_shift"] = fixed([[s / scale for s in token_scales], [s / scale for s in position_scales]], 1, 62)
    m["token_multiplier"], m["position_multiplier"] = factors
    m["segment"] = [[nearest(v / scale) for v in row] for row in segment]

    layers = []
    for i in range(config["num_hidden_layers"]):
        layer, scale = layer_constants(i, d, scale, vector, matrix, points)
        layers.append(layer)

    m["classifier"], scales = quantize(matrix("classifier.weight"))
    (m["classifier_multiplier"],), m["classifier_shift"] = fixed([[s * scale * 65536 for s in scales]], 1, 62, bits=18)
    m["classifier_bias"] = [nearest(b * 65536) for b in vector("classifier.bias")]
    return m, layers


def layer_constants(i, d, scale, vector, matrix, points):
    """Of layer i, which reads rows of this scale; and the scale of the rows that it makes."""
    s_n, s_q, s_c = (points[f"layers.{i}.{p}"][0] for p in ("norm", "query", "context"))
    s_v, zero_v = points[f"layers.{i}.convolution"]
    s_h, zero_h = points[f"layers.{i}.activation"]
    name = f"model.attentions.{i}."
    gamma = vector(f"model.norms.{i}.weight")

    def exponential(q, k):
        sum = 0.0
        for a, b in zip(vector(name + q), vector(name + k)):
            sum = f32_one(sum + f32_one(a * b))
        return f32_one(math.exp(sum))

    g1, g2 = exponential("lambda_q1", "lambda_k1"), exponential("lambda_q2", "lambda_k2")
    root = f32_one(1 / math.sqrt(d))
    row_gamma = f32(g * root for g in gamma)
    query = [
        f32(w * g for w, g in zip(row, f32(r * g for g in gamma))) for row, r in zip(matrix(name + "query.weight"), row_gamma)
    ]
    query_bias = f32(b * r for b, r in zip(vector(name + "query.bias"), row_gamma))
    column_gamma = f32(g1 * g for g in gamma)
    attention = [f32(w * g for w, g in zip(row, column_gamma)) for row in matrix(name + "att_output.weight")]
    attention_bias = f32(g1 * b for b in vector(name + "att_output.bias"))
    channels = matrix(name + "conv1d.weight")
    taps = [f32(w * gamma[e // (len(channels) // d)] for w in row) for e, row in enumerate(channels)]
    taps_bias = vector(name + "conv1d.bias")
    contract = [f32(-g2 * w for w in row) for row in matrix(name + "contract.weight")]
    contract_bias = f32(-g2 * b for b in vector(name + "contract.bias"))

    layer = dict(activation_bits=9, activation_zero=zero_v)
    layer["epsilon"] = clip(nearest(d * 2.0**-23 / scale**2), 1, 2**61)
    ((layer["norm_multiplier"],),), layer["norm_shift"] = fixed([[math.sqrt(d) / s_n]], 1, 31)

    layer["query"], scales = quantize(query, [abs(b) / (s_n * 2.0**29) for b in query_bias])
    layer["query_bias"] = [nearest(b / (s * s_n)) for b, s in zip(query_bias, scales)]
    (layer["query_multiplier"],), layer["query_shift"] = fixed([[s * s_n / s_q for s in scales]], 31, 62)

    ((layer["softmax_multiplier"],),), layer["softmax_shift"] = fixed([[s_q * s_n * math.log2(math.e) * 65536]], 1, 62)
    ((layer["context_multiplier"],),), layer["context_shift"] = fixed([[s_n / s_c]], 1, 31)

    rows, scales = quantize(taps, [abs(b) / (s_n * 2.0**29) for b in taps_bias])
    layer["convolution"] = list(zip(*rows))
    layer["convolution_bias"] = [nearest(b / (s * s_n)) for b, s in zip(taps_bias, scales)]
    (layer["convolution_multiplier"],), layer["convolution_shift"] = fixed([[s * s_n / s_v for s in scales]], 31, 62)
    silu = [v / (1 + math.exp(-v)) for v in ((j - zero_v) * s_v for j in range(512))]
    layer["activation"] = [clip(nearest(v / s_h) + zero_h, -127, 127) for v in silu]

    layer["attention"], attention_scales = quantize(attention)
    layer["contract"], contract_scales = quantize(contract)
    bias = [
        attention_bias[c] + contract_bias[c] - s_h * contract_scales[c] * zero_h * sum(layer["contract"][c]) for c in range(d)
    ]
    made = row_scale(
        max(
            s_c * attention_scales[c] * 127 * sum(map(abs, layer["attention"][c]))
            + s_h * contract_scales[c] * 127 * sum(map(abs, layer["contract"][c]))
            + abs(bias[c])
            for c in range(d)
        )
    )
    factors, layer["output_shift"] = fixed(
        [[s_c * s / made for s in attention_scales], [s_h * s / made for s in contract_scales]], 1, 62
    )
    layer["attention_multiplier"], layer["contract_multiplier"] = factors
    layer["output_bias"] = [nearest(b / made) for b in bias]
    return layer, made
