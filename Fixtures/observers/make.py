"""Writes golden ranges: histograms of fixed shapes, and what independent implementations make of them.

Nothing here shares code with the Swift observers. Entropy is S. Migacz's algorithm ("8-bit Inference with TensorRT",
GTC 2017) as NVIDIA's pytorch-quantization writes it, with SciPy's `entropy` for the divergence; the moving average is
`MinMaxCalibrater` of onnxruntime, run on a model that hands its input through, one batch a sentence.

    python3 -m venv .venv && .venv/bin/pip install numpy scipy onnx onnxruntime
    .venv/bin/python Fixtures/observers/make.py
"""

import json
import pathlib
import tempfile

import numpy as np
from scipy.stats import entropy

HERE = pathlib.Path(__file__).resolve().parent
BINS = 4096


def divergence(bins, levels, inner):
    """KL(P || Q) where P and Q cover the bins `inner` of a histogram."""
    low, high = inner
    inside = bins[low:high].astype(np.float64)
    reference = inside.copy()
    reference[0] += bins[:low].sum()
    reference[-1] += bins[high:].sum()
    space = np.linspace(0, len(inside), num=levels + 1)
    digitized = np.digitize(np.arange(len(inside)), space) - 1
    candidate = np.zeros(len(inside))
    for level in range(levels):
        here = (digitized == level) & (inside > 0)
        if here.any():
            candidate[here] = inside[here].sum() / here.sum()
    with np.errstate(divide="ignore"):
        return entropy(reference, candidate)


def last_least(candidates, value):
    values = np.array([value(candidate) for candidate in candidates])
    return candidates[len(values) - 1 - np.argmin(values[::-1])]


def symmetric(counts, levels):
    """The reach in bins."""
    magnitudes = counts[BINS // 2 :] + counts[: BINS // 2][::-1]
    magnitudes[0] = magnitudes[1]
    used = np.flatnonzero(magnitudes)[-1] + 1
    half = (levels + 1) // 2
    return last_least(list(range(half, used + 1)), lambda reach: divergence(magnitudes, half, (0, reach)))


def affine(counts, levels):
    """Both ends in bins: the upper, then the lower, twice; every `stride`th end from the widest."""
    counts = counts.copy()
    counts[BINS // 2] = counts[BINS // 2 + 1]
    used = np.flatnonzero(counts)
    first, last = used[0], used[-1] + 1
    low, high = first, last
    stride = (last - first - levels) // 512 + 1
    for _ in range(2):
        highs = list(range(last, low + levels - 1, -stride))[::-1]
        high = last_least(highs, lambda end: divergence(counts, levels, (low, end)))
        lows = list(range(first, high - levels + 1, stride))[::-1]
        low = last_least(lows, lambda start: divergence(counts, levels, (start, high)))
    return low, high


def histogram(values):
    """As `ActivationHistogram`: 4096 bins over the narrowest power of two that holds all values."""
    reach = np.abs(values).max()
    exponent = int(np.floor(np.log2(reach))) + 1
    counts = np.bincount(
        np.floor(values.astype(np.float64) * (BINS / 2) / 2.0**exponent).astype(int) + BINS // 2, minlength=BINS
    )
    return exponent, counts


def shapes():
    random = np.random.default_rng(7)
    bell = random.normal(0, 1, 40_000)
    tail = random.standard_t(3, 40_000) * 0.6
    silu = random.normal(0.4, 1.3, 40_000)
    silu = silu / (1 + np.exp(-silu))
    outliers = np.concatenate([random.normal(0, 0.5, 30_000), [60.0, -75.0, 90.0]])
    return {
        "bell": bell,
        "heavy tail": tail,
        "silu": silu,
        "laplace, moved": random.laplace(1.5, 0.4, 30_000),
        "few outliers": outliers,
        "rectified": np.maximum(random.normal(0, 1, 20_000), 0),
    }


def entropies():
    cases = []
    for name, values in shapes().items():
        values = values.astype(np.float32)
        exponent, counts = histogram(values)
        low, high = affine(counts, 255)
        width = 2.0 ** (exponent + 1) / BINS
        used = np.flatnonzero(counts)
        full = max(abs(float(values.min())), abs(float(values.max())))
        ends = [(end - BINS // 2) * width for end in (low, high)]
        cases.append(
            {
                "name": name,
                "exponent": exponent,
                "minimum": float(values.min()),
                "maximum": float(values.max()),
                # bin, count, bin, count, ...
                "counts": [int(x) for bin in used for x in (bin, counts[bin])],
                "symmetric": min(full, symmetric(counts, 255) * width),
                "affine": [max(ends[0], float(values.min())), min(ends[1], float(values.max()))],
            }
        )
    return cases


def onnxruntime_average(sentences):
    import onnx
    from onnxruntime.quantization.calibrate import CalibrationDataReader, MinMaxCalibrater

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = iter(sentences)

        def get_next(self):
            sentence = next(self.rest, None)
            return None if sentence is None else {"x": np.array(sentence, dtype=np.float32)}

    shape = ["n"]
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["x", "one"], ["y"], name="hand_through")],
        "hand through",
        [value("x", onnx.TensorProto.FLOAT, shape)],
        [value("y", onnx.TensorProto.FLOAT, shape)],
        [onnx.numpy_helper.from_array(np.array([1], dtype=np.float32), "one")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    model.ir_version = 8
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        onnx.save(model, path / "model.onnx")
        calibrater = MinMaxCalibrater(
            path / "model.onnx", augmented_model_path=str(path / "augmented.onnx"), moving_average=True
        )
        calibrater.augment_graph()
        calibrater.create_inference_session()
        calibrater.collect_data(Reader())
        low, high = calibrater.compute_data().data["y"].range_value
    return [float(np.ravel(low)[0]), float(np.ravel(high)[0])]


def averages():
    random = np.random.default_rng(8)
    cases = []
    for name, scale in [("bell", 1.0), ("small", 1e-3), ("large", 4e4)]:
        lengths = random.integers(1, 30, 40)
        sentences = [
            [float(np.float32(value)) for value in random.normal(0.2, 1, length) * scale] for length in lengths
        ]
        cases.append({"name": name, "sentences": sentences, "range": onnxruntime_average(sentences)})
    return cases


def main():
    golden = {"entropy": entropies(), "moving_average": averages()}
    (HERE / "golden.json").write_text(json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
