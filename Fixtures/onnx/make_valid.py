#!/usr/bin/env python3
"""Writes valid/*.onnx, one tiny EmbBERT in the forms that exporters and quantizers give it, safetensors files with the
tensors that are to be found in them, and valid/index.json: which of those belongs to which model. The same files every
time.

    pip install onnx==1.23.2 onnxruntime==1.32.0 safetensors numpy
    python3 make_valid.py

The graphs are built as torch.onnx writes them (names, order of operations, what it folds): torchscript.onnx after its
TorchScript exporter, dynamo.onnx after the newer one. Each is run by onnxruntime and compared with numpy. What is
expected of quantized files is worked out here from scales and zero points, which onnxruntime names after the weights.
"""
import json
import os
import pathlib
import shutil
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from safetensors.numpy import save as save_bytes

here = pathlib.Path(__file__).parent / "valid"
V, LENGTH, D, R, K, C = 24, 8, 8, 4, 3, 3
LAYERS = 2
f32 = np.float32


def weights(seed=20):
    rng = np.random.default_rng(seed)
    t = lambda *shape: rng.normal(0, 0.5, shape).astype(f32)
    w = {
        "model.embedder.token.weight": t(V, R), "model.embedder.tok_expander.weight": t(D, R),
        "model.embedder.position.weight": t(LENGTH, R), "model.embedder.pos_expander.weight": t(D, R),
        "model.embedder.sentence.weight": t(3, D),
    }
    for i in range(LAYERS):
        a = f"model.attentions.{i}."
        w |= {f"model.norms.{i}.weight": 1 + t(D) / 4, a + "query.weight": t(D, D), a + "query.bias": t(D),
              a + "att_output.weight": t(D, D), a + "att_output.bias": t(D), a + "conv1d.weight": t(D, 1, K),
              a + "conv1d.bias": t(D), a + "contract.weight": t(D, D), a + "contract.bias": t(D)}
        for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
            w[a + name] = t(D) / 3
    w |= {"classifier.weight": t(C, D), "classifier.bias": t(C)}
    return w


def reference(w, ids):
    """Logits of one sentence without padding."""
    e = "model.embedder."
    x = w[e + "token.weight"][ids] @ w[e + "tok_expander.weight"].T
    x = x + w[e + "position.weight"][: len(ids)] @ w[e + "pos_expander.weight"].T + w[e + "sentence.weight"][1]
    for i in range(LAYERS):
        a = f"model.attentions.{i}."
        n = x / np.sqrt((x * x).mean(-1, keepdims=True) + f32(2**-23)) * w[f"model.norms.{i}.weight"]
        s = (n @ w[a + "query.weight"].T + w[a + "query.bias"]) @ n.T / np.sqrt(D)
        s = np.exp(s - s.max(-1, keepdims=True))
        s = s / s.sum(-1, keepdims=True) @ n @ w[a + "att_output.weight"].T + w[a + "att_output.bias"]
        padded = np.concatenate([np.zeros((K - 1, D)), n])
        c = np.stack([sum(padded[p + k] * w[a + "conv1d.weight"][:, 0, k] for k in range(K)) for p in range(len(ids))])
        c = c + w[a + "conv1d.bias"]
        c = c / (1 + np.exp(-c)) @ w[a + "contract.weight"].T + w[a + "contract.bias"]
        x = np.exp(w[a + "lambda_q1"] @ w[a + "lambda_k1"]) * s - np.exp(w[a + "lambda_q2"] @ w[a + "lambda_k2"]) * c
    return x[0] @ w["classifier.weight"].T + w["classifier.bias"]


class Graph:
    """Nodes and initializers, with the names of one exporter."""

    def __init__(self, w, style, dtype=f32):
        self.w, self.dynamo, self.dtype = w, style == "dynamo", dtype
        self.folded = style != "unfolded"
        self.nodes, self.initializers, self.count = [], {}, 300

    def add(self, op, inputs, scope, **attributes):
        number = sum(1 for n in self.nodes if n.op_type == op and (self.dynamo or n.name.rsplit("/", 1)[0] == scope))
        ending = f"_{number}" if number else ""
        name = f"node_{op}{ending}" if self.dynamo else f"{scope}/{op}{ending}"
        output = f"{op.lower()}{ending}" if self.dynamo else f"{name}_output_0"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def parameter(self, name):
        self.initializers[name] = self.w[name].astype(self.dtype)
        return name

    def made(self, values, op):
        """A constant whose name the exporter makes up."""
        self.count += 1
        name = f"val_{self.count}" if self.dynamo else f"onnx::{op}_{self.count}"
        self.initializers[name] = values.astype(self.dtype) if values.dtype == f32 else values
        return name

    def constant(self, value, scope):
        value = np.array(value)
        value = value.astype(self.dtype) if value.dtype == np.float64 else value
        if self.dynamo:
            return self.made(value if value.dtype != f32 else value, "Constant")
        output = self.add("Constant", [], scope, value=numpy_helper.from_array(value))
        return output

    def linear(self, x, name, bias):
        scope = "/" + name.replace(".", "/").replace("attentions/", "attentions.")
        if self.folded:
            product = self.add("MatMul", [x, self.made(np.ascontiguousarray(self.w[name + ".weight"].T), "MatMul")], scope)
        else:
            turned = self.add("Transpose", [self.parameter(name + ".weight")], scope, perm=[1, 0])
            product = self.add("MatMul", [x, turned], scope)
        if not bias:
            return product
        order = [product, self.parameter(name + ".bias")]
        return self.add("Add", order if self.dynamo else order[::-1], scope)

    def factor(self, a, number, scope):
        q, k = (self.w[f"{a}lambda_{letter}{number}"] for letter in "qk")
        if self.dynamo:
            return self.made(np.exp(np.sum(q * k, dtype=f32)).astype(f32), "Exp")
        if self.folded:
            product = self.made(q * k, "ReduceSum")
        else:
            product = self.add("Mul", [self.parameter(f"{a}lambda_{letter}{number}") for letter in "qk"], scope)
        return self.add("Exp", [self.add("ReduceSum", [product], scope, keepdims=0)], scope)

    def build(self):
        e, s = "model.embedder.", "/model/embedder"
        token = self.add("Gather", [self.parameter(e + "token.weight"), "input_ids"], s + "/token")
        x = self.linear(token, e + "tok_expander", False)
        shape = self.add("Shape", ["input_ids"], s)
        length = self.add("Gather", [shape, self.constant(1, s)], s, axis=0)
        places = self.add("Range", [self.constant(0, s), length, self.constant(1, s)], s)
        row = self.add("Gather", [self.parameter(e + "position.weight"), places], s + "/position")
        if self.dynamo:
            y = self.add("Gemm", [row, self.parameter(e + "pos_expander.weight")], s, transB=1)
        else:
            y = self.linear(row, e + "pos_expander", False)
        x = self.add("Add", [x, y], s)
        segment = self.add("Cast", [self.add("Not", [self.add("Equal", ["input_ids", self.constant(0, s)], s)], s)], s, to=7)
        x = self.add("Add", [x, self.add("Gather", [self.parameter(e + "sentence.weight"), segment], s + "/sentence")], s)
        for i in range(LAYERS):
            x = self.layer(x, i)
        first = self.add("Gather", [x, self.constant(0, "")], "", axis=1)
        self.add("Gemm", [first, self.parameter("classifier.weight"), self.parameter("classifier.bias")], "/classifier",
                 transB=1)
        self.nodes[-1].output[0] = "logits"
        return self

    def layer(self, x, i):
        a, s = f"model.attentions.{i}.", f"/model/norms.{i}"
        mean = self.add("ReduceMean", [self.add("Mul", [x, x], s)], s, axes=[-1], keepdims=1)
        root = self.add("Sqrt", [self.add("Add", [mean, self.constant(2.0**-23, s)], s)], s)
        n = self.add("Mul", [x, self.add("Div", [self.constant(1.0, s), root], s)], s)
        n = self.add("Mul", [n, self.parameter(f"model.norms.{i}.weight")], s)
        s = f"/model/attentions.{i}"
        query = self.linear(n, a + "query", True)
        turned = self.add("Transpose", [n], s, perm=[0, 2, 1])
        scores = self.add("Div", [self.add("MatMul", [query, turned], s), self.constant(float(np.sqrt(D)), s)], s)
        mixed = self.add("MatMul", [self.add("Softmax", [scores], s, axis=-1), n], s)
        mixed = self.linear(mixed, a + "att_output", True)
        c = self.add("Conv", [turned, self.parameter(a + "conv1d.weight"), self.parameter(a + "conv1d.bias")],
                     s + "/conv1d", group=D, pads=[K - 1, 0], kernel_shape=[K])
        c = self.add("Transpose", [c], s + "/conv1d", perm=[0, 2, 1])
        c = self.add("Mul", [c, self.add("Sigmoid", [c], s)], s)
        c = self.linear(c, a + "contract", True)
        first, second = self.factor(a, 1, s), self.factor(a, 2, s)
        return self.add("Sub", [self.add("Mul", [first, mixed], s), self.add("Mul", [second, c], s)], s)

    def model(self, tensor=numpy_helper.from_array):
        real = helper.np_dtype_to_tensor_dtype(np.dtype(self.dtype))
        graph = helper.make_graph(
            self.nodes, "main_graph", [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
            [helper.make_tensor_value_info("logits", real, ["batch", C])],
            [tensor(np.asarray(values), name) for name, values in self.initializers.items()])
        model = helper.make_model(graph, producer_name="pytorch", opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def typed(values, name):
    """The values in the type's own field instead of raw_data."""
    return helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(values.dtype), values.shape, values.ravel(), raw=False)


index, known = {}, {}


def expect(name, tensors):
    tensors = {k: np.ascontiguousarray(v, dtype=f32 if v.dtype == np.float64 else v.dtype) for k, v in tensors.items()}
    content = save_bytes(tensors)
    file = known.setdefault(content, f"{name}.safetensors")
    (here / file).write_bytes(content)
    index[f"{name}.onnx"] = file


def run(path, w, bound):
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    ids = np.array([2, 7, 11, 5, 23, 9], dtype=np.int64)
    found = session.run(None, {"input_ids": ids[None]})[0][0].astype(np.float64)
    worst = np.abs(found - reference({k: v.astype(np.float64) for k, v in w.items()}, ids)).max()
    assert worst < bound, (path, worst)


def save(name, model, w, bound=1e-4, expected=None, **options):
    path = str(here / f"{name}.onnx")
    onnx.save(model, path, **options)
    if bound:
        run(path, w, bound)
    expect(name, w if expected is None else expected)


class Sentences(CalibrationDataReader):
    def __init__(self):
        rng = np.random.default_rng(3)
        self.rows = iter([{"input_ids": rng.integers(1, V, (1, LENGTH)).astype(np.int64)} for _ in range(16)])

    def get_next(self):
        return next(self.rows, None)


def dequantized(path, w):
    """What the file's integers stand for, found by onnxruntime's names."""
    model = onnx.load(path)
    t = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    sources = {}   # names of transposed weights, by the checkpoint's name
    for name, values in w.items():
        for made, other in Graph(w, "torchscript").build().initializers.items():
            if values.ndim == 2 and other.shape == values.T.shape and np.array_equal(values.T, other):
                sources[name] = made
    # A bias without scale of its own: the data's times the weight's.
    scales = {}
    for node in model.graph.node:
        if node.op_type in ("QLinearConv", "QGemm"):
            scales[node.input[8 if node.op_type == "QLinearConv" else 6]] = t[node.input[1]] * t[node.input[4]]
    found = {}
    for name, values in w.items():
        stem = sources.get(name, name)
        turned = stem != name
        if stem + "_Transposed_quantized" in t:
            stem, turned = stem + "_Transposed", True
        q = t.get(stem + "_quantized")
        if q is None:
            found[name] = values
            continue
        scale = t.get(stem + "_scale", t.get(stem + "_quantized_scale", scales.get(stem + "_quantized")))
        zero = t.get(stem + "_zero_point", np.zeros((), q.dtype))
        if scale.ndim and scale.size > 1 and not turned:
            scale = scale.reshape(-1, *[1] * (q.ndim - 1))
            zero = zero.reshape(-1, *[1] * (q.ndim - 1)) if zero.size > 1 else zero
        real = (q.astype(np.int32) - zero.astype(np.int32)).astype(f32) * scale.astype(f32)
        found[name] = real.T if turned else real
    return found


def quantized(name, make):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "q.onnx")
        make(source, path)
        expected = dequantized(path, w)
        model = onnx.load(path)
        del model.graph.value_info[:]   # half of the file, and nothing reads it
        onnx.save(model, str(here / f"{name}.onnx"))
        for key, values in expected.items():
            step = np.abs(values - w[key]).max()
            assert step < 0.05, (name, key, step)
        expect(name, expected)


shutil.rmtree(here, ignore_errors=True)
here.mkdir()
w = weights()
torchscript = Graph(w, "torchscript").build()
save("torchscript", torchscript.model(), w)
save("dynamo", Graph(w, "dynamo").build().model(), w)
save("unfolded", Graph(w, "unfolded").build().model(), w)

# Equal parameters are written once, the others are Identity of it.
same = dict(w)
same["model.norms.1.weight"] = w["model.norms.0.weight"]
model = Graph(same, "torchscript").build().model()
for tensor in [t for t in model.graph.initializer if t.name == "model.norms.1.weight"]:
    model.graph.initializer.remove(tensor)
model.graph.node.insert(0, helper.make_node("Identity", ["model.norms.0.weight"], ["model.norms.1.weight"], name="Identity_0"))
save("identity", model, same)

# The module's path in metadata instead of names: the tables cannot tell here.
model = Graph(w, "dynamo").build().model()
for node in model.graph.node:
    if node.op_type == "MatMul" and node.input[0] == "gather":
        scopes = ["", "model", "model.embedder", "model.embedder.tok_expander", "linear"]
        node.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=str(scopes))
model.graph.node.insert(1, helper.make_node("Relu", ["gather"], ["changed"]))
next(n for n in model.graph.node if n.op_type == "MatMul").input[0] = "changed"
save("scopes_in_metadata", model, w, None)

# The rest has one layer: it is enough, and quantized files are several times as large.
LAYERS = 1
w = weights()
small = Graph(w, "torchscript").build()

# Values in the fields of their types; other floating-point types.
save("typed_fields", small.model(typed), w)
half = {k: v.astype(np.float16) for k, v in w.items()}
save("float16", Graph(w, "torchscript", np.float16).build().model(), half, None)
save("float16_typed", Graph(w, "torchscript", np.float16).build().model(typed), half, None)
save("float64", Graph(w, "torchscript", np.float64).build().model(), w, None)   # onnxruntime has no such Conv

# Values in a file beside the model.
external = small.model()
save("external", external, w, save_as_external_data=True, location="external.data", size_threshold=64)

# All constants as Constant nodes.
moved = small.model()
for tensor in reversed(moved.graph.initializer):
    moved.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
del moved.graph.initializer[:]
save("constant_nodes", moved, w)

# onnxruntime's quantizers and optimizer.
source = str(here / "source.onnx")
onnx.save(small.model(), source)
quantized("dynamic", lambda a, b: quantize_dynamic(a, b, weight_type=QuantType.QInt8))
quantized("dynamic_by_channel", lambda a, b: quantize_dynamic(a, b, weight_type=QuantType.QInt8, per_channel=True))
quantized("dynamic_unsigned", lambda a, b: quantize_dynamic(a, b, weight_type=QuantType.QUInt8))
static = lambda form, by_channel: lambda a, b: quantize_static(a, b, Sentences(), quant_format=form, per_channel=by_channel)
quantized("qdq", static(QuantFormat.QDQ, False))
quantized("qdq_by_channel", static(QuantFormat.QDQ, True))
quantized("qoperator", static(QuantFormat.QOperator, False))
quantized("qoperator_by_channel", static(QuantFormat.QOperator, True))
for name, original in (("optimized", "source"), ("optimized_dynamic", "dynamic"), ("optimized_qdq", "qdq")):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(here / f"{name}.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(str(here / f"{original}.onnx"), options, providers=["CPUExecutionProvider"])
    model = onnx.load(here / f"{name}.onnx")
    del model.graph.value_info[:]
    onnx.save(model, str(here / f"{name}.onnx"))
    expected = w
    if original != "source":
        expected = dequantized(here / f"{original}.onnx", w)
    if original == "dynamic":
        # The optimizer has multiplied the scales of a table and of its layer: the layer is to get all of it.
        t = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
        for table, layer, made in (("token", "tok_expander", "onnx::MatMul_301"), ("position", "pos_expander", "onnx::MatMul_302")):
            real = lambda stem: t[stem + "_quantized"].astype(f32) - t[stem + "_zero_point"].astype(f32)
            expected[f"model.embedder.{table}.weight"] = real(f"model.embedder.{table}.weight")
            both = t[f"/model/embedder/{layer}/MatMul_quant_scales_mul:0"]
            expected[f"model.embedder.{layer}.weight"] = real(made).T * both
    expect(name, expected)
os.remove(source)
(here / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
