"""onnxruntime on the same model: its fp32 speed, and what its own quantization makes of it."""
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer

from .program import labels, texts

LINEAR = ["MatMul", "Gemm", "Conv"]


def find_model(checkpoints):
    """The ONNX export of the SNIPS checkpoint, or None."""
    path = Path(checkpoints) / "formats" / "onnx" / "model.onnx"
    return path if path.exists() else None


def session(path):
    """One thread, every graph optimization: onnxruntime's default. The model is a path or its bytes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = path if isinstance(path, bytes) else str(path)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feeds(task, path, limit=256):
    """The texts of a TSV as the model's inputs, one sentence each at its own length."""
    tokenizer = Tokenizer.from_file(str(task.checkpoint / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    inputs = []
    for encoding in tokenizer.encode_batch(texts(path)):
        ids = np.array([encoding.ids[:limit]], dtype=np.int64)
        inputs.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return inputs


def run_all(model, inputs):
    """Logits [rows, outputs] and the seconds that the calls took."""
    began = time.perf_counter()
    logits = [model.run(None, one)[0] for one in inputs]
    return np.concatenate(logits), time.perf_counter() - began


def call_seconds():
    """What a call from Python costs that computes nothing: the identity of one number, median of 2000."""
    value = helper.make_tensor_value_info("x", TensorProto.INT64, [1, 1])
    result = helper.make_tensor_value_info("y", TensorProto.INT64, [1, 1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "empty", [value], [result])
    model = session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
                    .SerializeToString())
    one = {"x": np.ones((1, 1), dtype=np.int64)}
    return statistics.median(run_all(model, [one])[1] for _ in range(2000))


class Reader(CalibrationDataReader):
    def __init__(self, inputs):
        self.inputs = iter(inputs)

    def get_next(self):
        return next(self.inputs, None)


def same_length(inputs, count):
    """Sentences of the most frequent length: onnxruntime's histograms stack all runs and fail on several lengths."""
    sizes = [one["input_ids"].shape[1] for one in inputs]
    usual = max(sorted(set(sizes)), key=sizes.count)
    return [one for one, size in zip(inputs, sizes) if size == usual][:count]


def quantizations(report, task, path, folder, samples):
    """The second half of section c."""
    report.line()
    report.note(
        f"The same for onnxruntime {onnxruntime.__version__}'s own quantization of {task.name} (its ONNX export), QInt8, "
        "per channel; static: QDQ. MinMax is calibrated on the same sentences as ours, Percentile on as many of one "
        "length, since it fails on several. Agreement and SQNR are against onnxruntime's fp32. None runs on a "
        "microcontroller.")
    report.line()
    tests, calibration = feeds(task, task.test), feeds(task, task.calibration)
    names = (task.checkpoint / "config.json").read_text()
    wanted = np.array(_label_ids(names, labels(task.test)))
    reference, _ = run_all(session(path), tests)
    prepared = folder / "prepared.onnx"
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    first, one_length = calibration[:samples], same_length(calibration, samples)

    def static(method, operators, rows):
        return lambda output: quantize_static(
            str(prepared), str(output), Reader(rows), quant_format=QuantFormat.QDQ, activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8, per_channel=True, calibrate_method=method, op_types_to_quantize=operators)

    minmax, percentile = CalibrationMethod.MinMax, CalibrationMethod.Percentile
    variants = [
        ("dynamic", lambda output: quantize_dynamic(str(prepared), str(output), per_channel=True,
                                                    weight_type=QuantType.QInt8)),
        ("static MinMax, linear layers", static(minmax, LINEAR, first)),
        ("static MinMax, linear layers and tables", static(minmax, [*LINEAR, "Gather"], first)),
        ("static MinMax, all operators", static(minmax, None, first)),
        ("static Percentile, linear layers", static(percentile, LINEAR, one_length)),
        ("static Percentile, all operators", static(percentile, None, one_length)),
    ]
    rows = [["fp32", int((reference.argmax(1) == wanted).sum()), "", "", "", path.stat().st_size, ""]]
    for name, make in variants:
        output = folder / "quantized.onnx"
        began = time.perf_counter()
        try:
            _quietly(make, output)
            seconds = time.perf_counter() - began
            logits, _ = run_all(session(output), tests)
        except Exception as error:  # whatever another library throws is its result
            report.omit(f"onnxruntime {name}", f"{type(error).__name__}: {str(error).splitlines()[0][:80]}")
            continue
        flipped = int((logits.argmax(1) != reference.argmax(1)).sum())
        noise = float(((logits - reference) ** 2).sum())
        sqnr = 10 * np.log10(float((reference ** 2).sum()) / noise) if noise > 0 else None
        agreement = f"{100 * (1 - flipped / len(tests)):.2f} %"
        right = int((logits.argmax(1) == wanted).sum())
        rows.append([name, right, agreement, flipped, "equal" if sqnr is None else f"{sqnr:.1f} dB",
                     output.stat().st_size, f"{seconds:.1f} s"])
    header = ["onnxruntime", f"right of {len(tests)}", "agreement", "flipped", "SQNR", "file", "time"]
    report.table("onnxruntime", header, rows)


def _label_ids(config, names):
    ids = {name: int(number) for number, name in json.loads(config)["id2label"].items()}
    return [ids[name] for name in names]


def _quietly(make, output):
    """Runs without what onnxruntime prints while it calibrates."""
    saved = os.dup(1), os.dup(2)
    with open(os.devnull, "wb") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            make(output)
        finally:
            for number, copy in zip((1, 2), saved):
                os.dup2(copy, number)
                os.close(copy)
