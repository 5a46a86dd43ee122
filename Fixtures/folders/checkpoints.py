"""Checkpoints as training leaves them: prefixes, shards, several candidates, adapters, ONNX."""

import io

import numpy as np
import torch

from classifier import CLASSIFIER, THREE
from parts import SMALL, TEXTS, Copy, Link, Pickle, bert_config, tokenizer_config, weights

SHORT = 48  # words of the vocabulary that these folders have
CONFIG = bert_config(CLASSIFIER, THREE, vocab_size=SHORT, **SMALL)


def model(seed=70):
    return weights(CLASSIFIER, CONFIG | {"num_labels": 3}, seed)


def prefixed(prefix, state=None):
    return {prefix + name: value for name, value in (state or model()).items()}


def folder(**files):
    """A folder with one layer; the weights are among the files."""
    base = {
        "config.json": CONFIG,
        "tokenizer.json": Link("tokenizer-short.json"),
        "tokenizer_config.json": tokenizer_config(),
    }
    return base | {name.replace("__", "."): content for name, content in files.items()}


def prefixes(add):
    add("plain", folder(model__safetensors=model()), "the weights that the others contain")
    add("orig-mod", folder(model__safetensors=prefixed("_orig_mod.")), "_orig_mod. before every name")
    add("module", folder(pytorch_model__bin=prefixed("module.")), "module. before every name")
    add("module-orig-mod", folder(model__safetensors=prefixed("module._orig_mod.")), "two prefixes")
    lightning = {
        "epoch": 3,
        "global_step": 100,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": prefixed("model."),
        "hyper_parameters": {"lr": 0.1},
    }
    add(
        "lightning",
        folder(pytorch_model__bin=Pickle(lightning)),
        "a checkpoint of Lightning: state_dict with model. before every name",
    )
    add("lightning-net", folder(model__safetensors=prefixed("net.model.")), "net.model. before every name")
    add("any-prefix", folder(model__safetensors=prefixed("student.inner.")), "any one common prefix")
    add("prefix-npz", folder(model__npz=prefixed("_orig_mod.")), "a prefix in .npz")
    add("prefix-h5", folder(model__h5=prefixed("module.")), "a prefix in .h5")
    extra = prefixed("model.") | {"loss.weight": torch.tensor([1.0, 2.0, 3.0])}
    add("prefix-beside", folder(model__safetensors=extra), "the weights of a loss beside the prefixed model")


def shards(add):
    state = model()
    names = sorted(state)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [f"pytorch_model-0000{i + 1}-of-00002.bin" for i in range(2)]
    index = {
        "metadata": {"total_size": sum(v.numel() * 4 for v in state.values())},
        "weight_map": {n: files[i] for i in range(2) for n in halves[i]},
    }
    parts = {files[i]: {n: state[n] for n in halves[i]} for i in range(2)}
    add(
        "shards-bin",
        folder(**parts, **{"pytorch_model.bin.index.json": index}),
        "pytorch_model.bin.index.json and two shards",
    )
    index["weight_map"] = {
        "module." + n: f.replace("pytorch_model", "model").replace(".bin", ".safetensors")
        for n, f in index["weight_map"].items()
    }
    parts = {
        f.replace("pytorch_model", "model").replace(".bin", ".safetensors"): prefixed("module.", part)
        for f, part in parts.items()
    }
    add("shards-prefix", folder(**parts, **{"model.safetensors.index.json": index}), "shards whose names have a prefix")


def candidates(add):
    add(
        "ema",
        folder(pytorch_model__bin=Pickle({"model": model(), "ema": model(71), "step": 5})),
        "model and ema in one file: model",
        note="the file's other candidate is ema",
    )
    add(
        "ema-prefixes",
        folder(model__safetensors=prefixed("model.") | prefixed("ema_model.", model(71))),
        "model. and ema_model. in one file: model.",
        note="the file's other candidate is ema_model.",
    )
    add(
        "both-containers",
        folder(
            model__safetensors=Copy("ckpt-plain/model.safetensors"),
            pytorch_model__bin={"bert.embeddings.word_embeddings.weight": torch.ones(2, 2)},
        ),
        "model.safetensors is read before pytorch_model.bin",
    )
    add(
        "optimizer-beside",
        folder(
            model__safetensors=Copy("ckpt-plain/model.safetensors"),
            optimizer__pt=Pickle({"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": []}),
        ),
        "what a trainer leaves beside the weights",
    )


def adapters(add):
    """LoRA adapters of the classifier in ckpt-plain, as PEFT saves them."""
    import transformers
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    def adapter(name, why, seed, **settings):
        torch.manual_seed(seed)
        base = transformers.BertForSequenceClassification(
            transformers.BertConfig(**{k: v for k, v in CONFIG.items() if k not in ("architectures", "model_type")})
        )
        base.load_state_dict(model(), strict=False)
        wrapped = get_peft_model(
            base,
            LoraConfig(
                **{"r": 2, "lora_alpha": 4, "target_modules": ["query", "value"], "task_type": "SEQ_CLS"} | settings
            ),
        )
        random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter_name, value in wrapped.named_parameters():
                if value.requires_grad and "original_module" not in parameter_name:  # training leaves it alone
                    value.add_(0.3 * torch.randn(value.shape, generator=random))
        state = {n: v.clone() for n, v in get_peft_model_state_dict(wrapped).items()}
        config = wrapped.peft_config["default"].to_dict() | {
            "inference_mode": True,
            "base_model_name_or_path": "acme/base",
        }
        config = {k: sorted(v) if isinstance(v, set) else getattr(v, "value", v) for k, v in config.items()}
        add(f"lora-{name}", {"adapter_config.json": config, "adapter_model.safetensors": state}, why, base="ckpt-plain")

    adapter("plain", "LoRA on query and value; the head is saved whole", 80)
    adapter("bias-all", "bias all: every bias is saved, some of them twice", 81, bias="all")
    adapter("bias-lora", "bias lora_only", 82, bias="lora_only")
    adapter(
        "target-head",
        "target_modules names the saved head too",
        83,
        target_modules=["query", "dense", "classifier"],
        modules_to_save=["classifier"],
        task_type=None,
    )
    adapter("all-linear", "target_modules all-linear with a saved head", 84, target_modules="all-linear")
    adapter("regex", "target_modules as a regular expression", 85, target_modules=r".*attention\.self\.(key|query)")
    adapter(
        "patterns",
        "rank_pattern, alpha_pattern and use_rslora",
        86,
        rank_pattern={"query": 3},
        alpha_pattern={"value": 9},
        use_rslora=True,
    )
    adapter(
        "layers",
        "layers_to_transform",
        87,
        target_modules=["query", "key"],
        layers_to_transform=[0],
        layers_pattern="layer",
    )


class InSequential(torch.nn.Module):
    """A model that stands in a Sequential, and has no input but the ids."""

    class Inner(torch.nn.Module):
        def __init__(self, model):
            super().__init__()
            self.auto_model = model

        def forward(self, ids):
            return self.auto_model(input_ids=ids, token_type_ids=torch.zeros_like(ids)).logits

    def __init__(self, model):
        super().__init__()
        self.model = torch.nn.Sequential(self.Inner(model))

    def forward(self, ids):
        return self.model(ids)


def export(in_sequential=False):
    """The classifier as torch.onnx exports it, for one text at its own length: without attention_mask."""
    import onnx
    import transformers

    bert = transformers.BertForSequenceClassification(
        transformers.BertConfig(
            **{k: v for k, v in CONFIG.items() if k not in ("architectures", "model_type")}, attn_implementation="eager"
        )
    )
    bert.load_state_dict(model(), strict=False)
    example = torch.tensor([[2, 9, 11, 3]])
    file = io.BytesIO()
    names = ["input_ids", "token_type_ids"]
    values = {"input_ids": example, "attention_mask": None, "token_type_ids": torch.zeros_like(example)}
    if in_sequential:
        bert, names, values = InSequential(bert), names[:1], {"input_ids": example}
    torch.onnx.export(
        bert.eval(),
        tuple(values.values()),
        file,
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
        dynamo=False,
        opset_version=17,
        do_constant_folding=True,
    )
    graph = onnx.load_from_string(file.getvalue())
    for node in graph.graph.node:
        node.doc_string = ""
    return graph


def rename(graph, change):
    new = {tensor.name: change(tensor.name) for tensor in graph.graph.initializer}
    for tensor in graph.graph.initializer:
        tensor.name = new[tensor.name]
    for node in graph.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = new.get(name, name)
    return graph


def scaled_weights(graph):
    """Weights of matrix products as Mul(Cast(int8), scale)."""
    import onnx
    from onnx import helper, numpy_helper

    nodes, kept, values = [], [], {t.name: t for t in graph.graph.initializer}
    wanted = {node.input[1] for node in graph.graph.node if node.op_type == "MatMul" and node.input[1] in values}
    for tensor in graph.graph.initializer:
        if tensor.name not in wanted:
            kept.append(tensor)
            continue
        value = numpy_helper.to_array(tensor)
        scale = (np.abs(value).max(axis=0, keepdims=True) / 127).astype(np.float32)
        kept += [
            numpy_helper.from_array(np.rint(value / scale).astype(np.int8), tensor.name + "_int8"),
            numpy_helper.from_array(scale, tensor.name + "_scale"),
        ]
        nodes += [
            helper.make_node(
                "Cast",
                [tensor.name + "_int8"],
                [tensor.name + "_cast"],
                to=onnx.TensorProto.FLOAT,
                name=tensor.name + "/Cast",
            ),
            helper.make_node(
                "Mul", [tensor.name + "_cast", tensor.name + "_scale"], [tensor.name], name=tensor.name + "/Mul"
            ),
        ]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    old = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes + old)
    return graph


def folded_tables(graph):
    """The type table folded to a row, and no token_type_ids input; the position table folded to rows that are sliced."""
    from onnx import helper, numpy_helper

    values = {t.name: t for t in graph.graph.initializer}
    for node in list(graph.graph.node):
        if node.op_type == "Gather" and "token_type" in node.input[0]:
            row = numpy_helper.to_array(values[node.input[0]])[:1][None]
            graph.graph.initializer.append(numpy_helper.from_array(row, "onnx::Add_types"))
            graph.graph.initializer.remove(values[node.input[0]])
            for other in graph.graph.node:
                for position, name in enumerate(other.input):
                    if name == node.output[0]:
                        other.input[position] = "onnx::Add_types"
            graph.graph.node.remove(node)
        if node.op_type == "Gather" and "position_embeddings" in node.input[0]:
            table = values[node.input[0]]
            graph.graph.initializer.append(
                numpy_helper.from_array(numpy_helper.to_array(table)[None], "onnx::Slice_rows")
            )
            graph.graph.initializer.remove(table)
            numbers = next(other for other in graph.graph.node if node.input[1] in other.output)
            rows = helper.make_node(
                "Slice", ["onnx::Slice_rows", *numbers.input[1:]], list(node.output), name=node.name
            )
            graph.graph.node.insert(list(graph.graph.node).index(node), rows)
            graph.graph.node.remove(numbers)
            graph.graph.node.remove(node)
    for value in list(graph.graph.input):
        if value.name == "token_type_ids":
            graph.graph.input.remove(value)
    return graph


def runtime(path, inputs, tokenizer_folder):
    """What onnxruntime gives for a folder's model.onnx."""
    import onnxruntime
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    return [
        session.run(["logits"], {k: v for k, v in tokenizer(text, return_tensors="np").items() if k in wanted})[0][
            0
        ].tolist()
        for text in inputs
    ]


def onnx_files(add):
    def onnx_folder(name, graph, why):
        add(f"onnx-{name}", folder(**{"model.onnx": graph.SerializeToString()}), why, onnx=True)

    def suffixes(name):
        if name.startswith("classifier"):
            return "model." + name
        return "net.model." + name if name.startswith("bert") else name

    onnx_folder(
        "suffix", rename(export(), suffixes), "two prefixes, one of them the end of the other: model. and net.model."
    )
    onnx_folder(
        "sequence", export(in_sequential=True), "in a Sequential, whose name the operations' names have twice"
    )
    onnx_folder("int8", scaled_weights(export()), "weights as Mul(Cast(int8), scale)")
    onnx_folder("folded", folded_tables(export()), "the type and position tables folded to constants")


def inspected(add):
    """Folders of which inspect must list the tensors, whatever is beside them."""
    tensors = {"layer.weight": torch.ones(2, 3), "layer.bias": torch.zeros(2)}
    expected = {name: list(value.shape) for name, value in tensors.items()}
    for name, config in {
        "foreign": {"_class_name": "UNet2DModel", "sample_size": 32},
        "list": [1, 2],
        "broken": "{not JSON",
        "empty": "",
        "other-type": {"model_type": "bloom", "n_layer": 2},
    }.items():
        add(
            "inspect-" + name,
            "inspect",
            {"model.safetensors": tensors, "config.json": config},
            [],
            "a config.json of something else does not keep inspect from listing the tensors",
            known=expected,
        )


def folders(add):
    inspected(add)

    def named(name, files, why, **more):
        add(
            "ckpt-" + name,
            "logits",
            files,
            TEXTS,
            why,
            **({"answer_of": "ckpt-plain"} if not {"base", "onnx"} & set(more) and name != "plain" else {}),
            **more,
        )

    for part in (prefixes, shards, candidates, adapters, onnx_files):
        part(named)
