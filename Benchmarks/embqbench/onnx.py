"""onnxruntime: its sessions, their inputs and what a call costs."""
import statistics
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from .program import texts


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


def run_batches(model, inputs, size=32):
    """Logits [rows, outputs] of sentences of one length together. Fixed ranges give the same bits as one by one."""
    groups = {}
    for row, one in enumerate(inputs):
        groups.setdefault(one["input_ids"].shape[1], []).append(row)
    batches = [rows[at:at + size] for rows in groups.values() for at in range(0, len(rows), size)]
    logits = [None] * len(inputs)
    for rows in batches:
        together = {name: np.concatenate([inputs[row][name] for row in rows]) for name in inputs[rows[0]]}
        for row, values in zip(rows, model.run(None, together)[0]):
            logits[row] = values
    return np.stack(logits)


def call_seconds():
    """What a call from Python costs that computes nothing: the identity of one number, median of 2000."""
    value = helper.make_tensor_value_info("x", TensorProto.INT64, [1, 1])
    result = helper.make_tensor_value_info("y", TensorProto.INT64, [1, 1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "empty", [value], [result])
    model = session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
                    .SerializeToString())
    one = {"x": np.ones((1, 1), dtype=np.int64)}
    return statistics.median(run_all(model, [one])[1] for _ in range(2000))
