"""onnxruntime's post-training quantizers: each variant of a model, measured on the test rows of its task."""
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process

from . import onnx, scores
from .references import Reference
from .rows import calibration_rows, choice

LINEAR = ["MatMul", "Gemm", "Conv"]


class Variant(NamedTuple):
    name: str
    method: str | None               # of calibration; None: dynamic
    operators: list[str] | None      # that are quantized; None: all
    per_channel: bool = True
    reduce_range: bool = False       # 7-bit weights

    @property
    def key(self):
        """Fit for a file's name."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name)


VARIANTS = [
    Variant("dynamic, per tensor", None, None, per_channel=False),
    Variant("dynamic, per channel", None, None),
    *(variant for method in ("MinMax", "Entropy", "Percentile") for variant in (
        Variant(f"{method}, linear layers", method, LINEAR),
        Variant(f"{method}, linear layers and tables", method, [*LINEAR, "Gather"]),
        Variant(f"{method}, all operators", method, None))),
    Variant("MinMax, linear layers, per tensor", "MinMax", LINEAR, per_channel=False),
    Variant("MinMax, linear layers, 7-bit weights", "MinMax", LINEAR, reduce_range=True),
]


class Job(NamedTuple):
    """All variants of one calibration method on one task: they share the calibration."""
    fp32: Reference
    method: str | None
    model: Path      # the same in ONNX
    folder: Path     # for the quantized models
    samples: int


class Reader(CalibrationDataReader):
    """Sentences in groups of one length, the group with the most tokens first.

    onnxruntime's histograms stack the tensors of all sentences that they get at once, and fail on several lengths; with
    a stride of 1 they get a group at a time and merge. The first group's range sets the width of their bins.
    """

    def __init__(self, inputs):
        groups = {}
        for one in inputs:
            groups.setdefault(one["input_ids"].shape[1], []).append(one)
        self.groups = [group for _, group in sorted(groups.items(), key=lambda item: -item[0] * len(item[1]))]
        self.remaining = iter(())

    def __len__(self):
        return len(self.groups)

    def set_range(self, start_index, end_index):
        self.remaining = (one for group in self.groups[start_index:end_index] for one in group)

    def get_next(self):
        return next(self.remaining, None)


def calibration(task, samples):
    """The inputs that embq calibrates on too."""
    inputs = onnx.feeds(task, task.calibration)
    return [inputs[row] for row in calibration_rows(len(inputs), samples)]


def prepare(model, output):
    """onnxruntime's own preparation of a model, which its quantizers ask for."""
    quant_pre_process(str(model), str(output), skip_symbolic_shape=True)


def silence():
    """Ends all that this process prints: onnxruntime reports each step of its calibration."""
    sink = os.open(os.devnull, os.O_WRONLY)
    sys.stdout.flush()
    os.dup2(sink, 1)
    os.dup2(sink, 2)


def run(job):
    """Results of a job's variants: dictionaries, with `failed` where onnxruntime fails."""
    task = job.fp32.task
    tests, ranges, calibrated = onnx.feeds(task, task.test), job.folder / f"{task.name}-{job.method}.json", 0.0
    choosing, expected = _choosing(task, job.samples)
    variants = [variant for variant in VARIANTS if variant.method == job.method]
    if job.method:
        calibrated = _timed(_calibrate, job.model, job.method, calibration(task, job.samples), ranges)
    results = []
    for variant in variants:
        output = job.folder / f"{task.name}-{variant.key}.onnx"
        result = {"name": variant.name, "method": job.method, "path": output}
        results.append(result)
        try:
            result["seconds"] = calibrated + _timed(_quantize, variant, job.model, output, ranges)
            model = onnx.session(output)
            logits, chosen = (_logits(model, job.method, inputs) for inputs in (tests, choosing))
        except Exception as error:  # whatever another library throws is its result
            result["failed"] = f"{type(error).__name__}: {str(error).splitlines()[0][:80]}"
            continue
        result["bytes"] = output.stat().st_size
        result |= job.fp32.compare(logits)
        result["right_rows"] = scores.right_rows(logits, job.fp32.answers)
        result["choice_score"] = scores.score(job.fp32.metric, chosen, expected)
    return results


def _choosing(task, samples):
    """Inputs and right answers of the rows that variants are chosen by."""
    path, rows = choice(task, samples)
    inputs = onnx.feeds(task, path)
    return [inputs[row] for row in rows], scores.wanted(task, path)[rows]


def _logits(model, method, inputs):
    """A dynamic range is that of a whole batch: there one sentence at a time."""
    return onnx.run_batches(model, inputs) if method else onnx.run_all(model, inputs)[0]


def _timed(function, *arguments):
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def _calibrate(model, method, inputs, ranges):
    """Saves the ranges of every operator's tensors. onnxruntime writes a model too, which nobody reads."""
    quantize_static(str(model), str(ranges.with_suffix(".onnx")), Reader(inputs),
                    calibrate_method=CalibrationMethod[method], extra_options={"CalibStridedMinMax": 1},
                    calibration_cache_path=ranges)


def _quantize(variant, model, output, ranges):
    """Writes a quantized model, with the ranges that were saved."""
    if variant.method is None:
        quantize_dynamic(str(model), str(output), per_channel=variant.per_channel, weight_type=QuantType.QInt8)
        return
    quantize_static(str(model), str(output), None, quant_format=QuantFormat.QDQ, activation_type=QuantType.QInt8,
                    weight_type=QuantType.QInt8, per_channel=variant.per_channel, reduce_range=variant.reduce_range,
                    calibrate_method=CalibrationMethod[variant.method], op_types_to_quantize=variant.operators,
                    calibration_cache_path=ranges)
