#!/usr/bin/env python3
"""Writes files in the forms that Keras saves, with h5py alone: groups, attributes and their types are those of files
that Keras 3.15 has written of a model with the same layers, and of Keras 2's form as Keras 3.15 still writes it.

`valid/index.json` has the tensors that embq must find in each of the files; `invalid/` is broken in one way each, with
`invalid/index.json` for the error's code and a part of its message.

    pip install h5py==3.16.0 numpy && python3 make.py
"""
import io
import json
import pathlib
import zipfile

import h5py
import numpy as np

root = pathlib.Path(__file__).parent
for folder in ("valid", "invalid"):
    (root / folder).mkdir(exist_ok=True)
    for old in (root / folder).iterdir():
        old.unlink()
files, invalid = [], {}

# A tiny EmbBERT: 6 tokens, 5 positions, 4 wide, 2 reduced, expansion 2, 3 taps, 2 layers, 3 classes. In Keras: layer ->
# variables in the order of creation, named by the layer inside and the variable.
V, P, D, R, E, K, N, C = 6, 5, 4, 2, 8, 3, 2, 3
count = 0


def fresh(*shape):
    global count
    size = int(np.prod(shape))
    count += size
    return (np.arange(count - size, count, dtype="<f4") / 16).reshape(shape)


def attention():
    return {"lambda_q1": fresh(D), "lambda_k1": fresh(D), "lambda_q2": fresh(D), "lambda_k2": fresh(D),
            "query/kernel": fresh(D, D), "query/bias": fresh(D),
            "att_output/kernel": fresh(D, D), "att_output/bias": fresh(D),
            "conv1d/kernel": fresh(K, D, E // D), "conv1d/bias": fresh(E),
            "contract/kernel": fresh(E, D), "contract/bias": fresh(D)}


layers = {"embedder": {"token/embeddings": fresh(V, R), "tok_expander/kernel": fresh(R, D),
                       "position/embeddings": fresh(P, R), "pos_expander/kernel": fresh(R, D),
                       "sentence/embeddings": fresh(3, D)}}
for i in range(N):
    layers[f"norm_{i}"] = {"scale": fresh(D)}
    layers[f"attention_{i}"] = attention()
layers["classifier"] = {"kernel": fresh(D, C), "bias": fresh(C)}


def expected():
    tensors = {}

    def put(name, array):
        tensors[name] = {"dtype": "F32", "shape": list(array.shape), "hex": array.astype("<f4").tobytes().hex()}

    for name, array in layers["embedder"].items():
        inner, kind = name.split("/")
        put(f"model.embedder.{inner}.weight", array.T if kind == "kernel" else array)
    for i in range(N):
        put(f"model.norms.{i}.weight", layers[f"norm_{i}"]["scale"])
        for name, array in layers[f"attention_{i}"].items():
            inner, _, kind = name.rpartition("/")
            if inner == "":
                put(f"model.attentions.{i}.{kind}", array)
            elif kind == "bias":
                put(f"model.attentions.{i}.{inner}.bias", array)
            elif inner == "conv1d":
                # By the meaning: output channel c * multiplier + m is channel c's m-th filter.
                out = np.zeros((E, 1, K), "<f4")
                for c in range(D):
                    for m in range(E // D):
                        out[c * (E // D) + m, 0] = array[:, c, m]
                put(f"model.attentions.{i}.conv1d.weight", out)
            else:
                put(f"model.attentions.{i}.{inner}.weight", array.T)
    put("classifier.weight", layers["classifier"]["kernel"].T)
    put("classifier.bias", layers["classifier"]["bias"])
    return tensors


AUTOMATIC = {"embedder": "nano_embedder", "classifier": "dense", "first": "first_position",
             "norm_0": "rms_normalization", "norm_1": "rms_normalization_1",
             "attention_0": "differential_attention", "attention_1": "differential_attention_1"}


def weights(file, named=True, top="layers", model=None):
    """Keras 3's save_weights. Texts are of variable length there; those of fixed length that most files here have are
    smaller by the 4 kB of a heap."""
    text = str if file.filename and file.filename.endswith("valid/model.weights.h5") else np.bytes_
    for layer, variables in (model or {**layers, "first": {}}).items():
        base = f"{top}/{AUTOMATIC.get(layer, layer)}"
        own = file.require_group(f"{base}/vars")
        if named:
            own.attrs["name"] = text(layer)
        numbers = {}
        for name, array in variables.items():
            inner = name.rpartition("/")[0]
            group = file.require_group("/".join(p for p in (base, inner, "vars") if p))
            if named and inner:
                group.attrs["name"] = text(inner)
            number = numbers.get(inner, 0)
            numbers[inner] = number + 1
            group.create_dataset(str(number), data=array)
    file.require_group("vars")


def legacy(group, model=None, suffix="", texts="fixed"):
    """Keras 2's save_weights, which Keras 3 still has for .h5."""
    model = {**(model or layers)}

    def put(target, name, items):
        if not items:
            target.attrs[name] = np.zeros((0,), "f8")      # as numpy makes of an empty list
        elif texts == "variable":
            target.attrs.create(name, items, dtype=h5py.string_dtype("ascii"))
        elif texts == "fixed":
            target.attrs[name] = np.array([i.encode() for i in items])
        else:
            for part, start in enumerate(range(0, len(items), texts)):
                target.attrs[f"{name}{part}"] = np.array([i.encode() for i in items[start:start + texts]])

    put(group, "layer_names", ["input_ids", *model])
    put(group.create_group("input_ids"), "weight_names", [])
    put(group.create_group("top_level_model_weights"), "weight_names", [])
    group.attrs["keras_version"] = np.bytes_("2.15.0")
    for layer, variables in model.items():
        inside = group.create_group(layer)
        put(inside, "weight_names", [f"{layer}/{name}{suffix}" for name in variables])
        for name, array in variables.items():
            inside.create_dataset(f"{layer}/{name}{suffix}", data=array)


# As Keras writes it; the other files are in a newer form of HDF5, which is smaller.
AS_KERAS = ["model.weights.h5"]


def options(name):
    return {} if name in AS_KERAS else {"libver": ("v110", "v110"), "meta_block_size": 64}


def archive(path, body):
    image = io.BytesIO()
    with h5py.File(image, "w", **options(path.name)) as file:
        body(file)
    with zipfile.ZipFile(path, "w") as out:
        for name, data in (("metadata.json", b'{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}'),
                           ("config.json", b'{"module": "keras", "class_name": "Functional", "config": {}}'),
                           ("model.weights.h5", image.getvalue())):
            if body is not nothing or name != "model.weights.h5":
                out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def nothing(file):
    pass


def good(name, body):
    if name.endswith(".keras"):
        archive(root / "valid" / name, body)
    else:
        with h5py.File(root / "valid" / name, "w", **options(name)) as file:
            body(file)
    files.append(name)


def bad(name, code, message, body):
    if name.endswith(".keras"):
        archive(root / "invalid" / name, body)
    else:
        name += ".h5"
        with h5py.File(root / "invalid" / name, "w", **options(name)) as file:
            body(file)
    invalid[name] = {"code": code, "message": message}


def trained(file):
    """With what a training leaves behind."""
    weights(file)
    file["optimizer/vars/0"] = np.int64(12)
    file["optimizer/vars/1"] = fresh(V, R)
    file.create_dataset("layers/dropout/seed_generator/vars/0", data=np.array([1, 2], "<u4"))


def whole(file):
    file.attrs["model_config"] = json.dumps({"class_name": "Functional"})
    file.attrs["backend"], file.attrs["keras_version"] = "torch", "3.15.1"
    legacy(file.create_group("model_weights"), texts="variable")
    file["optimizer_weights/adam/iteration"] = np.int64(3)


good("model.weights.h5", weights)
good("first_versions.weights.h5", lambda f: weights(f, named=False, top="_layer_checkpoint_dependencies"))
good("trained.weights.h5", trained)
good("legacy_model.h5", whole)
good("legacy_weights.h5", lambda f: legacy(f, suffix=":0", texts=3))
good("model.keras", weights)


def without(*names):
    return {k: {n: a for n, a in v.items() if f"{k}/{n}" not in names} for k, v in layers.items() if k not in names}


# A part is enough where the fault is told before anything is missed.
HEAD = {"classifier": layers["classifier"]}
NORMS = {f"norm_{i}": layers[f"norm_{i}"] for i in range(N)}


def edited(change, form=weights, model=HEAD):
    def body(file):
        form(file, model=model)
        change(file)
    return body


bad("variable_missing", "unsupported", "expected and not found: attention_1/contract/bias",
    lambda f: weights(f, model=without("attention_1/contract/bias")))
bad("layer_too_much", "unsupported", "found and not known: 'layers/gru/vars/0' of layer 'gru' [4, 4]",
    lambda f: weights(f, model={**HEAD, "gru": {"kernel": fresh(4, 4)}}))
bad("variable_too_much", "unsupported", "found and not known: 'layers/rms_normalization/vars/1' of layer 'norm_0' [4]",
    lambda f: weights(f, model={"norm_0": {"scale": fresh(D), "offset": fresh(D)}}))
bad("inner_layer_unknown", "unsupported", "'layers/differential_attention/key/vars/0' of layer 'attention_0' [4, 4]",
    lambda f: weights(f, model={"attention_0": {**attention(), "key/kernel": fresh(D, D)}}))
bad("number_left_out", "unsupported", "expected and not found: norm_1/scale, attention_1/lambda_q1",
    lambda f: weights(f, model={(k[:-1] + "2" if k.endswith("_1") else k): v for k, v in layers.items()}))
bad("same_name_twice", "duplicate", "tensor 'model.norms.0.weight': two Keras variables could be it",
    edited(lambda f: f["layers/rms_normalization_1/vars"].attrs.modify("name", np.bytes_("norm_0")), model=NORMS))
bad("name_and_class_disagree", "duplicate", "tensor 'classifier.weight': two Keras variables could be it",
    edited(lambda f: (f.create_group("layers/dense_7/vars").attrs.create("name", np.bytes_("classifier")),
                      f.create_dataset("layers/dense_7/vars/0", data=fresh(D, C)))))
bad("kernel_a_vector", "shapeMismatch",
    "its shape is [12], a kernel with 2 dimensions is expected for classifier.weight",
    lambda f: weights(f, model={"classifier": {"kernel": fresh(D * C), "bias": fresh(C)}}))
bad("depthwise_kernel_a_matrix", "shapeMismatch", "a kernel with 3 dimensions is expected",
    lambda f: weights(f, model={"attention_0": {**attention(), "conv1d/kernel": fresh(K, E)}}))
bad("dataset_beside_the_layers", "unsupported", "'layers/dense/extra': this dataset belongs to no layer",
    edited(lambda f: f.create_dataset("layers/dense/extra", data=fresh(2))))
bad("variable_of_the_model", "unsupported", "'vars/0': this dataset belongs to no layer",
    edited(lambda f: f.create_dataset("vars/0", data=fresh(2))))
bad("another_model", "unsupported", "found and not known: 'layers/dense_1/vars/0' of layer 'dense_1' [2, 2]",
    lambda f: weights(f, model={"dense": {"kernel": fresh(2, 2)}, "dense_1": {"kernel": fresh(2, 2)}}))
bad("name_a_number", "unsupported", "the attribute 'layers/dense/vars/name': it holds no text",
    edited(lambda f: f["layers/dense/vars"].attrs.create("name", 3)))
bad("name_not_utf8", "malformed", "the attribute 'layers/dense/vars/name': its text is not UTF-8",
    edited(lambda f: f["layers/dense/vars"].attrs.create("name", np.bytes_(b"\xff"))))


def names_of(layer, *names):
    return lambda f: f[layer].attrs.create("weight_names", np.array(names, "S"))


bad("legacy_weight_names_lead_nowhere", "missing",
    "weight_names of the layer 'classifier' names 'classifier/kernal', which is not in the file",
    edited(names_of("classifier", "classifier/kernal", "classifier/bias"), legacy))
bad("legacy_weight_names_lead_to_a_group", "missing", "names 'classifier', which is not in the file",
    edited(names_of("classifier", "classifier"), legacy))
bad("legacy_weight_names_empty", "missing", "names '', which is not in the file",
    edited(names_of("classifier", ""), legacy))
bad("legacy_weight_names_lead_upwards", "missing", "names '../norm_0/norm_0/scale', which is not in the file",
    edited(names_of("classifier", "../norm_0/norm_0/scale"), legacy))
bad("legacy_weight_names_twice", "duplicate", "two weight_names lead to 'classifier/classifier/kernel'",
    edited(names_of("classifier", "classifier/kernel", "classifier/kernel"), legacy))
bad("legacy_weight_names_left_out", "unsupported", "'classifier/classifier/bias': this dataset belongs to no layer",
    edited(names_of("classifier", "classifier/kernel"), legacy))
bad("legacy_weight_names_numbers", "unsupported", "the attribute 'classifier/weight_names': it holds no text",
    edited(lambda f: f["classifier"].attrs.create("weight_names", [1.0, 2.0]), legacy))
bad("legacy_layer_names_lead_nowhere", "missing", "layer_names names the layer 'pooler', which has no weight_names",
    edited(lambda f: f.attrs.create("layer_names", np.array(["pooler"], "S")), legacy))
bad("legacy_layer_twice", "duplicate", "two weight_names lead to 'classifier/classifier/kernel'",
    edited(lambda f: f.attrs.create("layer_names", np.array(["classifier"] * 2, "S")), legacy))
bad("legacy_layer_names_with_terminal_codes", "missing", "the layer '\\u{1b}[2J', which has no weight_names",
    edited(lambda f: f.attrs.create("layer_names", np.array([b"\x1b[2J"])), legacy))
bad("no_weights.keras", "missing", "the archive has no model.weights.h5", nothing)
bad("other_weights.keras", "unsupported", "its Keras layers are not those of EmbBERT",
    lambda f: weights(f, model={"gru": {"kernel": fresh(2, 2)}}))



# The layers' names and numbers.
bad("number_padded", "unsupported", "found and not known: 'layers/norm_00/vars/0' of layer 'norm_00' [4]",
    lambda f: weights(f, model={"norm_00": {"scale": fresh(D)}}))
bad("number_with_a_sign", "unsupported", "of layer 'norm_+1' [4]",
    lambda f: weights(f, model={"norm_+1": {"scale": fresh(D)}}))
bad("number_in_other_digits", "unsupported", "found and not known: 'layers/norm_\u0661/vars/0' [4]",
    lambda f: weights(f, model={"norm_\u0661": {"scale": fresh(D)}}, named=False))
bad("number_of_the_1025th", "unsupported", "of layer 'norm_1024' [4]",
    lambda f: weights(f, model={"norm_1024": {"scale": fresh(D)}}))
bad("number_of_70_bits", "unsupported", "of layer 'norm_1180591620717411303424' [4]",
    lambda f: weights(f, model={f"norm_{2**70}": {"scale": fresh(D)}}))
bad("one_of_a_thousand", "unsupported", "norm_0/scale and 13310 more",
    lambda f: weights(f, model={**HEAD, "norm_1023": {"scale": fresh(D)}}))
bad("name_with_terminal_codes", "unsupported", "of layer '\\u{1b}[2J' [4]",
    lambda f: weights(f, model={"gru": {"kernel": fresh(D)}}) or
    f["layers/gru/vars"].attrs.create("name", np.bytes_("\x1b[2J")))
# The variables' numbers.
bad("variable_number_padded", "unsupported", "found and not known: 'layers/dense/vars/00' of layer 'classifier' [4, 3]",
    edited(lambda f: f["layers/dense/vars"].move("0", "00")))
bad("variable_number_too_large", "unsupported", "found and not known: 'layers/dense/vars/18446744073709551616'",
    edited(lambda f: f["layers/dense/vars"].move("1", str(2**64))))
bad("first_variable_missing", "unsupported", "expected and not found: classifier/kernel",
    edited(lambda f: f["layers/dense/vars"].pop("0") and None, model=layers))
bad("variable_named", "unsupported", "'layers/dense/vars/kernel': this dataset belongs to no layer",
    edited(lambda f: f["layers/dense/vars"].move("0", "kernel")))
bad("variables_of_the_list", "unsupported", "'layers/vars/0': this dataset belongs to no layer",
    edited(lambda f: f.create_dataset("layers/vars/0", data=fresh(2))))
bad("layer_in_a_layer", "unsupported", "'layers/dense/dense/vars/0' of layer 'classifier' [4, 3]",
    edited(lambda f: f.create_dataset("layers/dense/dense/vars/0", data=fresh(D, C))))
bad("layer_in_both_lists", "duplicate", "tensor 'classifier.weight': two Keras variables could be it",
    edited(lambda f: f.create_dataset("_layer_checkpoint_dependencies/dense/vars/0", data=fresh(D, C))))
bad("training_alone", "unsupported", "expected and not found: embedder/token/embeddings",
    lambda f: f.create_dataset("optimizer/vars/0", data=fresh(2)))
# Shapes.
bad("kernel_a_number", "shapeMismatch", "its shape is [], a kernel with 2 dimensions is expected",
    lambda f: weights(f, model={"classifier": {"kernel": np.float32(1), "bias": fresh(C)}}))
bad("kernel_of_a_convolution", "shapeMismatch", "its shape is [1, 4, 3], a kernel with 2 dimensions is expected",
    lambda f: weights(f, model={"classifier": {"kernel": fresh(1, D, C), "bias": fresh(C)}}))
bad("depthwise_kernel_impossible", "limitExceeded", "its shape [0, 4611686018427387904, 4] is impossible",
    edited(lambda f: f["layers/differential_attention"].create_dataset(
        "conv1d/vars/0", shape=(0, 2**62, 4), dtype="<f4", maxshape=(None, None, None), chunks=(1, 4, 4)),
        model={"attention_0": {"lambda_q1": fresh(D)}}))
# The legacy form.
bad("legacy_layer_names_numbers", "unsupported", "the attribute 'layer_names': it holds no text",
    edited(lambda f: f.attrs.create("layer_names", [1.0]), legacy))
bad("legacy_layer_names_empty", "unsupported", "this dataset belongs to no layer",
    edited(lambda f: f.attrs.create("layer_names", np.array([], "S1")), legacy))
bad("legacy_layer_names_with_a_gap", "unsupported", "this dataset belongs to no layer",
    lambda f: legacy(f, model=NORMS, texts=1) or f.attrs.__delitem__("layer_names1"))
bad("legacy_kernel_a_vector", "shapeMismatch", "its shape is [12], a kernel with 2 dimensions is expected",
    lambda f: legacy(f, model={"classifier": {"kernel": fresh(D * C)}}))
bad("legacy_variable_unknown", "unsupported", "found and not known: 'classifier/classifier/moment' of layer 'classifier' [3]",
    lambda f: legacy(f, model={"classifier": {**HEAD["classifier"], "moment": fresh(C)}}))
bad("legacy_names_of_two_versions", "duplicate", "tensor 'classifier.bias': two Keras variables could be it",
    lambda f: legacy(f, model={"classifier": {"bias": fresh(C), "bias:0": fresh(C)}}))


# The archive.
def stored(name, code, message, data, *more):
    """An archive with these bytes for weights."""
    with zipfile.ZipFile(root / "invalid" / name, "w") as out:
        for entry, content in (("metadata.json", b"{}"), ("config.json", b"{}"), ("model.weights.h5", data), *more):
            if content is not None:
                out.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), content)
    invalid[name] = {"code": code, "message": message}


image = io.BytesIO()
with h5py.File(image, "w", **options("")) as file:
    weights(file, model=HEAD)
stored("weights_a_text.keras", "malformed", "model.weights.h5: the HDF5 file cannot be opened", b"Not Found")
stored("weights_empty.keras", "malformed", "model.weights.h5: the HDF5 file cannot be opened", b"")
stored("weights_cut.keras", "malformed", "model.weights.h5: the HDF5 file cannot be opened (libhdf5", image.getvalue()[:-100])
stored("weights_in_parts.keras", "missing", "the archive has no model.weights.h5", None,
       ("model.weights.json", b"{}"), ("model_00000.weights.h5", image.getvalue()))
stored("weights_in_a_folder.keras", "missing", "the archive has no model.weights.h5", None,
       ("model/model.weights.h5", image.getvalue()))
stored("weights_damaged.keras", "corrupted", "its bytes have the CRC", image.getvalue())
path = root / "invalid" / "weights_damaged.keras"
path.write_bytes(path.read_bytes().replace(b"OHDR", b"OHDX", 1))
stored("archive_cut.keras", "truncated", "the zip archive's directory is missing", image.getvalue())
path = root / "invalid" / "archive_cut.keras"
path.write_bytes(path.read_bytes()[:-30])

for name, index in (("valid", {"files": files, "tensors": expected()}), ("invalid", invalid)):
    (root / name / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
    print(name, sum(p.stat().st_size for p in (root / name).iterdir()), "bytes")
