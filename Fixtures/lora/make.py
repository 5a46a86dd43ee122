#!/usr/bin/env python3
"""Writes a tiny base model, adapters for it in PEFT's layout (valid/NAME) with the tensors that merging gives
(valid/NAME/merged.safetensors), and adapters that are wrong in one way each (invalid/NAME, invalid/index.json: the error
code and a sentence of the message). The same files every time.

    pip install safetensors numpy
    python3 make.py
"""
import json
import os
import pathlib
import shutil

import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
for name in ("valid", "invalid"):
    shutil.rmtree(here / name, ignore_errors=True)
rng = np.random.default_rng(9)
t = lambda *shape: rng.normal(0, 1, shape).astype(np.float32)
base = {"model.table.weight": t(6, 4), "model.layers.0.query.weight": t(3, 4), "model.layers.0.query.bias": t(3),
        "model.layers.1.query.weight": t(3, 4), "model.layers.1.query.bias": t(3), "model.turned.weight": t(4, 3),
        "model.conv.weight": t(3, 1, 2), "classifier.weight": t(2, 3), "classifier.bias": t(2)}
save_file(base, here / "base.safetensors")
PREFIX = "base_model.model."


def config(**changes):
    return {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["query"], "bias": "none",
            "fan_in_fan_out": False, "modules_to_save": None, "use_dora": False, "use_rslora": False, "rank_pattern": {},
            "alpha_pattern": {}, "init_lora_weights": True, "base_model_name_or_path": "somebody/base"} | changes


def pair(module, rank=2, inputs=4, outputs=3):
    return {f"{PREFIX}{module}.lora_A.weight": t(rank, inputs), f"{PREFIX}{module}.lora_B.weight": t(outputs, rank)}


def write(folder, settings, tensors):
    folder = here / folder
    folder.mkdir(parents=True)
    text = settings if isinstance(settings, str) else json.dumps(settings, indent=1)
    if text:
        (folder / "adapter_config.json").write_text(text)
    if tensors is not None:
        save_file(tensors, folder / "adapter_model.safetensors")


def valid(name, settings, tensors, factors, embeddings=(), turned=(), replaced=None):
    write(f"valid/{name}", settings, tensors)
    merged = dict(base) | (replaced or {})
    for module, factor in factors.items():
        ends = ("lora_embedding_A", "lora_embedding_B") if module in embeddings else ("lora_A.weight", "lora_B.weight")
        a, b = (tensors[f"{PREFIX}{module}.{end}"].astype(np.float64) for end in ends)
        delta = b @ a * factor
        delta = delta.T if module in embeddings or module in turned else delta
        merged[module + ".weight"] = (merged[module + ".weight"] + delta).astype(np.float32)
    save_file({k: np.ascontiguousarray(v) for k, v in merged.items()}, here / "valid" / name / "merged.safetensors")


zero, one = "model.layers.0.query", "model.layers.1.query"
both = lambda: pair(zero) | pair(one)
valid("plain", config(), both(), {zero: 2, one: 2})
valid("rank_stabilized", config(use_rslora=True), both(), {zero: 4 / 2**0.5, one: 4 / 2**0.5})
valid("half_precision", config(), h := {k: v.astype(np.float16) for k, v in both().items()}, {zero: 2, one: 2})
valid("patterns", config(rank_pattern={"layers.1.query": 3}, alpha_pattern={r"^model\.layers\.0\.query$": 10}),
      pair(zero) | pair(one, 3), {zero: 5, one: 4 / 3})
valid("turned", config(target_modules=["turned"], fan_in_fan_out=True), pair("model.turned"), {"model.turned": 2},
      turned=["model.turned"])
table = {f"{PREFIX}model.table.lora_embedding_A": t(2, 6), f"{PREFIX}model.table.lora_embedding_B": t(4, 2)}
valid("embedding", config(target_modules=["table"]), table, {"model.table": 2}, embeddings=["model.table"])
head = {"classifier.weight": t(2, 3), "classifier.bias": t(2)}
valid("saved_module", config(modules_to_save=["classifier"]), both() | {PREFIX + k: v for k, v in head.items()},
      {zero: 2, one: 2}, replaced=head)
valid("saved_module_in_its_wrapper", config(modules_to_save=["classifier"]),
      both() | {PREFIX + k.replace("classifier", "classifier.modules_to_save"): v for k, v in head.items()},
      {zero: 2, one: 2}, replaced=head)
biases = {one + ".bias": t(3)}
valid("biases", config(bias="lora_only"), both() | {f"{PREFIX}{one}.base_layer.bias": biases[one + ".bias"]},
      {zero: 2, one: 2}, replaced=biases)
valid("all_linear", config(target_modules="all-linear"), pair(zero) | pair("classifier", 2, 3, 2), {zero: 2, "classifier": 2})

index = {}


def invalid(name, settings, tensors, code, sentence):
    write(f"invalid/{name}", settings, tensors)
    index[name] = {"code": code, "message": sentence}


some = both()
invalid("no_config", "", some, "unreadable", "adapter_config.json: it cannot be opened")
invalid("no_weights", config(), None, "missing", "the adapter's folder holds no adapter_model.safetensors")
invalid("config_no_json", "{", some, "malformed", "adapter_config.json: byte 1")
invalid("config_an_array", "[]", some, "malformed", "it is an array of 0, an object is expected")
invalid("config_with_a_key_twice", '{"r": 2, "r": 4}', some, "duplicate", "the key \"r\" stands twice")
invalid("type_missing", config(peft_type=None), some, "missing", "'peft_type': the key is missing")
invalid("type_of_prefixes", config(peft_type="PREFIX_TUNING"), some, "unsupported", "the adapter is PREFIX_TUNING, embq reads LORA")
invalid("rank_zero", config(r=0), some, "malformed", "'r': it is the number 0, an integer from 1 to 65536 is expected")
invalid("rank_a_fraction", config(r=2.5), some, "malformed", "'r': it is the number 2.5")
invalid("alpha_missing", config(lora_alpha=None), some, "missing", "'lora_alpha': the key is missing")
invalid("alpha_a_string", config(lora_alpha="4"), some, "malformed", "'lora_alpha': it is the string \"4\"")
invalid("rank_stabilized_a_number", config(use_rslora=1), some, "malformed", "'use_rslora': it is the number 1, true or false is expected")
invalid("dora", config(use_dora=True), some, "unsupported", "'use_dora': the adapter is DoRA, which embq does not merge")
invalid("dora_in_the_tensors", config(), some | {f"{PREFIX}{zero}.lora_magnitude_vector.weight": t(3)}, "unsupported",
        "the adapter is DoRA, which embq does not merge")
invalid("qalora", config(use_qalora=True), some, "unsupported", "the adapter is QALoRA")
invalid("lora_bias", config(lora_bias=True), some, "unsupported", "the adapter is LoRA with biases")
invalid("replicated_layers", config(layer_replication=[[0, 1]]), some, "unsupported", "the adapter is LoRA with replicated layers")
invalid("trained_tokens", config(trainable_token_indices=[1]), some, "unsupported", "the adapter is LoRA with trained tokens")
invalid("pissa", config(init_lora_weights="pissa"), some, "unsupported", "'pissa' changes the base's weights")
invalid("pattern_a_regular_expression", config(rank_pattern={"layers.(0|1).query": 3}), some, "unsupported",
        "'layers.(0|1).query' is a regular expression")
invalid("pattern_a_string", config(alpha_pattern={"query": "x"}), some, "malformed", "'query' is the string \"x\", a number is expected")
invalid("target_not_in_the_adapter", config(target_modules=["query", "value"]), some, "mismatch", "the adapter has no matrices for 'value'")
invalid("target_not_named", config(target_modules=["layers.0.query"]), some, "mismatch", "target_modules does not name it")
invalid("target_not_in_the_base", config(target_modules=["value"]), pair("model.value"), "mismatch", "has no 'model.value.weight' to adapt")
invalid("half_a_pair", config(), {k: v for k, v in some.items() if "1.query.lora_B" not in k}, "missing", "the adapter has only one of its two matrices")
invalid("rank_of_another", config(r=4), some, "shapeMismatch", "its rank is 2, that of its partner 2; adapter_config.json says 4")
invalid("ranks_differ", config(), pair(zero) | {k: t(3, 3) if "lora_B" in k else v for k, v in pair(one).items()}, "shapeMismatch",
        "its rank is 2, that of its partner 3")
invalid("shape_of_another", config(), pair(zero) | pair(one, 2, 5), "shapeMismatch", "with its partner it makes [3, 5]; model.layers.1.query.weight is [3, 4]")
invalid("shape_turned", config(target_modules=["turned"]), pair("model.turned"), "shapeMismatch", "with its partner it makes [3, 4]; model.turned.weight is [4, 3]")
invalid("convolution", config(target_modules=["conv"]), {f"{PREFIX}model.conv.lora_A.weight": t(2, 1, 2), f"{PREFIX}model.conv.lora_B.weight": t(3, 2, 1)},
        "unsupported", "embq merges matrices, not convolutions")
invalid("tensor_without_prefix", config(), {k.removeprefix(PREFIX): v for k, v in some.items()}, "unsupported", "its name does not start with 'base_model.model.'")
invalid("tensor_of_another_kind", config(), some | {PREFIX + "classifier.weight": t(2, 3)}, "unsupported", "it is neither a matrix of LoRA nor of a module")
invalid("bias_not_announced", config(), some | {PREFIX + zero + ".bias": t(3)}, "unsupported", "it is neither a matrix of LoRA nor of a module")
invalid("saved_module_twice", config(modules_to_save=["classifier"]), some | {PREFIX + "classifier.weight": t(2, 3), PREFIX + "classifier.modules_to_save.weight": t(2, 3)},
        "duplicate", "the adapter has 'classifier.weight' twice")
invalid("saved_module_of_another_shape", config(modules_to_save=["classifier"]), some | {PREFIX + "classifier.weight": t(4, 3)}, "shapeMismatch", "it is [4, 3]; the model's is [2, 3]")
invalid("saved_module_not_in_the_base", config(modules_to_save=["pooler"]), some | {PREFIX + "pooler.weight": t(4, 3)}, "mismatch", "has no 'pooler.weight' to replace")
invalid("rank_too_large", config(r=65537), some, "malformed", "'r': it is the number 65537, an integer from 1 to 65536 is expected")
invalid("rank_pattern_a_fraction", config(rank_pattern={"query": 2.5}), some, "malformed", "'rank_pattern': 'query' is the number 2.5, an integer from 1 to 65536 is expected")
invalid("rank_pattern_an_array", config(rank_pattern=[3]), some, "malformed", "'rank_pattern': it is an array of 1, an object of numbers is expected")
invalid("rank_pattern_of_another", config(rank_pattern={"layers.1.query": 3}), some, "shapeMismatch", "adapter_config.json says 3")
invalid("alpha_infinite", json.dumps(config()).replace('"lora_alpha": 4', '"lora_alpha": 1e999'), some, "malformed", "'lora_alpha'")
invalid("type_a_number", config(peft_type=7), some, "malformed", "'peft_type': it is the number 7, a string is expected")
invalid("targets_a_number", config(target_modules=7), some, "malformed", "'target_modules': it is the number 7, an array of strings is expected")
invalid("targets_of_numbers", config(target_modules=["query", 7]), some, "malformed", "'target_modules': it is an array of 2, an array of strings is expected")
invalid("modules_to_save_a_string", config(modules_to_save="classifier"), some, "malformed", "'modules_to_save': it is the string \"classifier\"")
invalid("bias_a_number", config(bias=1), some, "malformed", "'bias': it is the number 1, a string is expected")
invalid("bias_of_another_kind", config(bias="most"), some, "unsupported", "'bias': 'most' is none of none, all and lora_only")
invalid("config_with_terminal_codes", config(peft_type="\x1b[2J"), some, "unsupported", "the adapter is \\u{1b}[2J")
invalid("module_with_terminal_codes", config(target_modules=None), pair("\x1b[2J"), "mismatch", "has no '\\u{1b}[2J.weight' to adapt")
invalid("saved_module_with_terminal_codes", config(modules_to_save=["\x1b[2J"]), some | {PREFIX + "\x1b[2J.weight": t(2)}, "mismatch",
        "has no '\\u{1b}[2J.weight' to replace")
invalid("matrix_of_integers", config(), some | {PREFIX + one + ".lora_A.weight": np.ones((2, 4), np.int32)}, "unsupported",
        "tensor 'base_model.model.model.layers.1.query.lora_A.weight': its values are I32")
nan = lambda value: {PREFIX + one + ".lora_B.weight": np.where(np.arange(6).reshape(3, 2) == 3, value, 1).astype(np.float32)}
invalid("matrix_with_a_nan", config(), some | nan(np.nan), "nonFinite", "query.lora_B.weight': the value at [1, 1] is NaN")
invalid("matrix_with_an_infinity", config(), some | nan(-np.inf), "nonFinite", "query.lora_B.weight': the value at [1, 1] is -inf")
invalid("matrix_of_one_dimension", config(), some | {PREFIX + one + ".lora_A.weight": t(4)}, "shapeMismatch", "lora_A.weight': it is [4] and its partner [3, 2]; matrices are expected")
invalid("saved_module_adapted_too", config(target_modules=["query", "classifier"], modules_to_save=["classifier"]),
        some | pair("classifier", 2, 3, 2) | {PREFIX + "classifier.weight": t(2, 3)}, "duplicate", "the adapter both adapts 'classifier.weight' and replaces it")
invalid("matrices_of_two_kinds", config(), pair(zero) | {PREFIX + one + ".lora_A.weight": t(2, 4), PREFIX + one + ".lora_embedding_B": t(3, 2)}, "malformed",
        "one of its two matrices is an embedding's")
invalid("matrix_twice", config(), some | {PREFIX + one + ".lora_embedding_A": t(2, 4)}, "duplicate", "the adapter has this matrix twice")
invalid("embedding_of_another_shape", config(target_modules=["table"]), {f"{PREFIX}model.table.lora_embedding_A": t(2, 5), f"{PREFIX}model.table.lora_embedding_B": t(4, 2)},
        "shapeMismatch", "with its partner it makes [5, 4]; model.table.weight is [6, 4]")
invalid("names_of_a_run", config(), {k.replace(".weight", ".default.weight"): v for k, v in some.items()}, "unsupported", "it is neither a matrix of LoRA nor of a module")
invalid("no_matrices", config(target_modules=[]), {}, "missing", "the adapter has no matrices and no modules")
write("invalid/weights_cut", config(), some)
cut = here / "invalid" / "weights_cut" / "adapter_model.safetensors"
os.truncate(cut, cut.stat().st_size - 1)
index["weights_cut"] = {"code": "truncated", "message": "it ends at byte 112 of the values, which are 111 bytes"}
(here / "invalid" / "index.json").write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
print(len(index), "invalid")
