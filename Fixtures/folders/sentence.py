"""Folders of sentence-transformers."""

import torch

from parts import TEXTS, WORDS, Link, bert_config, randomize, tokenizer_config, tokenizer_json

OLD = "sentence_transformers.models."
NEW = {
    "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
    "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    "Dense": "sentence_transformers.base.modules.dense.Dense",
    "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    "LayerNorm": "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
}
MODES = {
    "cls": "cls_token",
    "max": "max_tokens",
    "mean": "mean_tokens",
    "sqrt": "mean_sqrt_len_tokens",
    "weighted": "weightedmean_tokens",
    "last": "lasttoken",
}


def booleans(*modes, **changes):
    """1_Pooling/config.json with one boolean for each mode."""
    return (
        {"word_embedding_dimension": 16}
        | {f"pooling_mode_{key}": name in modes for name, key in MODES.items()}
        | changes
    )


def modules(*names, new=False, paths=None):
    """modules.json: the first module in the folder itself, module N in N_Name."""
    paths = paths or [f"{i}_{name}" if i else "" for i, name in enumerate(names)]
    return [
        {"idx": i, "name": str(i), "path": path, "type": NEW[name] if new else OLD + name}
        for i, (name, path) in enumerate(zip(names, paths))
    ]


def encoder(names=("Transformer", "Pooling"), **files):
    """A folder's usual files; files by name (dots and slashes as they are) are added, None leaves one out."""
    return {
        "config.json": Link("encoder.json"),
        "model.safetensors": Link("encoder.safetensors"),
        "tokenizer.json": Link("tokenizer.json"),
        "tokenizer_config.json": tokenizer_config(),
        "modules.json": modules(*names),
        "1_Pooling/config.json": booleans("mean"),
    } | files


def layer(inputs, outputs, seed, bias=True, residual=False):
    """The state dict of a Dense module."""
    parts = {"linear": torch.nn.Linear(inputs, outputs, bias=bias)}
    if residual:
        parts["residual"] = torch.nn.Linear(inputs, outputs, bias=False)
    return dict(randomize(torch.nn.ModuleDict(parts), seed).state_dict())


def dense(
    seed,
    inputs=16,
    outputs=8,
    activation="torch.nn.modules.activation.Tanh",
    folder="2_Dense",
    weights_file="model.safetensors",
    bias=True,
    residual=False,
    **changes,
):
    config = {"in_features": inputs, "out_features": outputs, "bias": bias, "activation_function": activation} | changes
    config = {key: value for key, value in config.items() if value is not ...}
    return {f"{folder}/config.json": config, f"{folder}/{weights_file}": layer(inputs, outputs, seed, bias, residual)}


def norm(seed, size, folder):
    return {
        f"{folder}/config.json": {"dimension": size},
        f"{folder}/model.safetensors": dict(
            randomize(torch.nn.ModuleDict({"norm": torch.nn.LayerNorm(size)}), seed).state_dict()
        ),
    }


def poolings(add):
    for mode in MODES:
        add(
            f"pool-{mode}",
            encoder(**{"1_Pooling/config.json": booleans(mode)}),
            f"pooling {mode}, as booleans; no Normalize module",
        )
    add(
        "pool-word",
        encoder(
            **{
                "1_Pooling/config.json": {"embedding_dimension": 16, "pooling_mode": "max", "include_prompt": True},
                "modules.json": modules("Transformer", "Pooling", "Normalize", new=True),
            }
        ),
        "the pooling as one word, and the new class paths",
    )
    add(
        "pool-word-sqrt",
        encoder(**{"1_Pooling/config.json": {"embedding_dimension": 16, "pooling_mode": "mean_sqrt_len_tokens"}}),
        "the word of the fourth pooling",
    )
    add(
        "pool-joined-old",
        encoder(
            **{
                "1_Pooling/config.json": {
                    "pooling_mode_mean_tokens": True,
                    "pooling_mode_cls_token": True,
                    "pooling_mode_lasttoken": True,
                    "word_embedding_dimension": 16,
                }
            }
        ),
        "joined poolings as booleans: cls before mean before lasttoken, whatever the order in the file",
    )
    add(
        "pool-joined-new",
        encoder(**{"1_Pooling/config.json": {"embedding_dimension": 16, "pooling_mode": ["weightedmean", "cls"]}}),
        "joined poolings as a list: in the order of the list",
    )
    add(
        "pool-word-wins",
        encoder(**{"1_Pooling/config.json": booleans("mean", pooling_mode="cls")}),
        "pooling_mode wins over booleans that say something else",
    )
    add("pool-none", encoder(**{"1_Pooling/config.json": booleans()}), "all booleans false: the mean")
    add(
        "pool-default",
        encoder(**{"1_Pooling/config.json": {"word_embedding_dimension": 16}}),
        "no pooling named: the mean",
    )
    add(
        "pool-wrong-size",
        encoder(**{"1_Pooling/config.json": booleans("mean", word_embedding_dimension=99)}),
        "word_embedding_dimension is not read in the computation",
    )


def chains(add):
    names = ("Transformer", "Pooling", "Dense")
    for number, (short, activation) in enumerate(
        {
            "tanh": "torch.nn.modules.activation.Tanh",
            "relu": "torch.nn.modules.activation.ReLU",
            "gelu": "torch.nn.modules.activation.GELU",
            "sigmoid": "torch.nn.modules.activation.Sigmoid",
            "identity": "torch.nn.modules.linear.Identity",
            "silu": "torch.nn.SiLU",
        }.items()
    ):
        add(f"dense-{short}", encoder(names, **dense(20 + number, activation=activation)), f"Dense with {short}")
    add("dense-default", encoder(names, **dense(30, activation=...)), "Dense without activation_function: tanh")
    add("dense-bin", encoder(names, **dense(31, weights_file="pytorch_model.bin")), "Dense in pytorch_model.bin")
    add(
        "dense-both-files",
        encoder(names, **dense(32), **{"2_Dense/pytorch_model.bin": layer(16, 8, 33)}),
        "Dense in both containers: model.safetensors is read",
    )
    add("dense-no-bias", encoder(names, **dense(34, bias=False)), "Dense without bias")
    add("dense-residual", encoder(names, **dense(35, outputs=16, use_residual=True)), "use_residual adds the input")
    add(
        "dense-residual-projected",
        encoder(names, **dense(36, residual=True, use_residual=True)),
        "use_residual with another size: a second matrix",
    )
    add("dense-unknown-key", encoder(names, **dense(37, future_setting=3)), "Dense drops keys that it does not know")
    add(
        "dense-foreign-activation",
        encoder(names, **dense(38, activation="acme.layers.Swish")),
        "an activation that is not torch's: the library warns and takes tanh",
        accept_refusal=True,
    )
    add(
        "dense-on-tokens",
        encoder(
            ("Transformer", "Dense", "Pooling"),
            **dense(39, folder="1_Dense", module_input_name="token_embeddings"),
            **{"1_Pooling/config.json": None, "2_Pooling/config.json": booleans("max", word_embedding_dimension=8)},
        ),
        "Dense on tokens, before the pooling",
    )
    add(
        "chain",
        encoder(
            names + ("Normalize", "Dense", "LayerNorm", "Normalize"),
            **dense(40, outputs=24),
            **dense(41, inputs=24, outputs=12, activation="torch.nn.modules.activation.ReLU", folder="4_Dense"),
            **norm(42, 12, "5_LayerNorm"),
        ),
        "several Dense, LayerNorm and Normalize in one folder",
    )
    add(
        "layer-norm",
        encoder(("Transformer", "Pooling", "LayerNorm"), **norm(43, 16, "2_LayerNorm")),
        "a LayerNorm module, eps 1e-5",
    )
    add("normalize", encoder(("Transformer", "Pooling", "Normalize")), "a Normalize module")
    add(
        "dropout",
        encoder(("Transformer", "Pooling", "Dropout", "Normalize"), **{"2_Dropout/config.json": {"dropout": 0.5}}),
        "Dropout does nothing at inference",
    )
    add(
        "layers-weighted",
        encoder(
            ("Transformer", "WeightedLayerPooling", "Pooling"),
            **weighted(),
            **{"config.json": bert_config(output_hidden_states=True)},
        ),
        "the weighted mean of all hidden states from layer_start on",
    )
    add(
        "layers-off",
        encoder(("Transformer", "WeightedLayerPooling", "Pooling"), **weighted()),
        "weighted layers without output_hidden_states in config.json: the module does nothing",
    )
    static = {
        "modules.json": modules("StaticEmbedding", "Normalize", paths=["0_StaticEmbedding", "1_Normalize"]),
        "0_StaticEmbedding/tokenizer.json": Link("tokenizer.json"),
        "0_StaticEmbedding/model.safetensors": {
            "embedding.weight": torch.randn(len(WORDS), 8, generator=torch.Generator().manual_seed(44))
        },
    }
    add(
        "static",
        static,
        "StaticEmbedding in its own folder, normalized: the mean of the table's rows, without special tokens",
    )
    cut = tokenizer_json(
        truncation={"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0},
        padding={
            "strategy": {"Fixed": 9},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
    )
    table = {"embedding.weight": static["0_StaticEmbedding/model.safetensors"]["embedding.weight"].clone()}
    add(
        "static-cut",
        {
            "modules.json": modules("StaticEmbedding"),
            "tokenizer.json": cut,
            "pytorch_model.bin": table,
            "tokenizer_config.json": tokenizer_config(do_lower_case=False, model_max_length=2),
        },
        "StaticEmbedding reads tokenizer.json alone: its truncation cuts, its padding does not count, and tokenizer_config.json is not read",
    )
    mapped = {
        "embeddings": torch.randn(60, 16, generator=torch.Generator().manual_seed(45)),
        "mapping": torch.arange(len(WORDS)) * 7 % 60,
        "weights": torch.rand(len(WORDS), generator=torch.Generator().manual_seed(46)) + 0.5,
    }
    add(
        "static-mapped",
        {
            "modules.json": modules("StaticEmbedding"),
            "tokenizer.json": Link("tokenizer.json"),
            "model.safetensors": mapped,
        },
        "StaticEmbedding with a mapping and a weight for each token",
    )
    model2vec(add, table["embedding.weight"], mapped)


def model2vec(add, table, mapped):
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "hidden_dim": 8}
    plain = {"tokenizer.json": Link("tokenizer.json"), "model.safetensors": {"embeddings": table}}
    add(
        "m2v",
        plain | {"config.json": config | {"normalize": True}},
        "model2vec: the mean of the table's rows without unknown words, normalized; a text without a token is zeros",
        inputs=TEXTS + ["", "zyx"],
    )
    add(
        "m2v-mapped",
        plain | {"config.json": config | {"normalize": False}, "model.safetensors": mapped},
        "model2vec with a mapping and a weight for each token, not normalized",
    )
    steps = (table * 40).round().clamp(-127, 127).to(torch.int8)
    add(
        "m2v-int8",
        plain | {"config.json": config, "model.safetensors": {"embeddings": steps}},
        "model2vec with a table of 8 bits, and no key normalize",
    )
    long = " ".join(WORDS[30 + i % 60] for i in range(40))
    add(
        "m2v-cut",
        plain | {"config.json": config | {"max_length": 6}},
        "max_length cuts tokens, unknown ones among them, and before them characters",
        inputs=[long, "zyx zyx zyx zyx zyx tea now", "e " * 40, "\u6771\u4eac " * 20],
    )
    add(
        "m2v-uncut",
        plain | {"config.json": config | {"max_length": None}},
        "max_length null: nothing is cut",
        inputs=[" ".join([long] * 20)],
    )
    add(
        "m2v-listed",
        plain
        | {
            "config.json": config | {"normalize": True},
            "modules.json": modules("StaticEmbedding", "Normalize", paths=[".", "1_Normalize"]),
            "config_sentence_transformers.json": {"prompts": {}},
        },
        "a folder as model2vec saves it, with a modules.json: model2vec's rules",
        inputs=TEXTS + ["zyx tea"],
    )
    add(
        "m2v-untold",
        plain
        | {
            "config.json": {"normalize": True, "embedding_dtype": "float32", "vocabulary_quantization": 60},
            "model.safetensors": mapped,
        },
        "a config.json without model_type beside a table with model2vec's name: model2vec's rules",
        inputs=TEXTS + ["zyx tea"],
    )
    heads(add, plain | {"config.json": config | {"normalize": True}})


def heads(add, plain):
    """StaticModelPipeline: the head that model2vec saves beside the table."""

    def pipeline(name, activation, widths, classes, why, kind="logits"):
        g = torch.Generator().manual_seed(47)
        tensors = {}
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            tensors[f"head.{i}.weight"] = torch.randn(outputs, inputs, generator=g)
            tensors[f"head.{i}.bias"] = torch.randn(outputs, generator=g)
        stated = {"n_layers": len(widths) - 1, "activation": activation, "classes": classes}
        files = {"config.json": plain["config.json"] | {"head_config": stated}, "head.safetensors": tensors}
        add("m2v-head-" + name, plain | files, why, inputs=TEXTS + ["zyx"], kind=kind)

    pipeline("softmax", "softmax", [8, 12, 3], ["calm", "glad", "sad"], "a head of two layers: one of three labels")
    pipeline("sigmoid", "sigmoid", [8, 4], [3, 5, 8, 9], "a head of one layer: any of four labels, which are numbers")
    pipeline("number", "identity", [8, 6, 5, 1], None, "a head of three layers that gives a number")
    pipeline("vector", "identity", [8, 5], None, "a head that gives another vector: a projector", kind="embedding")


def wordllama(add):
    names = torch.randn(len(WORDS), 16, generator=torch.Generator().manual_seed(48))
    cut = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    add(
        "wordllama",
        "embedding",
        {
            "weights/tea_small_16.safetensors": {"embedding.weight": names.to(torch.float16)},
            "tokenizers/tea_small_tokenizer_config.json": tokenizer_json(truncation=cut),
        },
        TEXTS + ["", "zyx tea"],
        "the layout of the package wordllama: unknown words count, and nothing is cut",
    )


def weighted():
    return {
        "1_WeightedLayerPooling/config.json": {
            "word_embedding_dimension": 16,
            "layer_start": 1,
            "num_hidden_layers": 2,
        },
        "1_WeightedLayerPooling/model.safetensors": {"layer_weights": torch.tensor([0.5, 2.0])},
        "1_Pooling/config.json": None,
        "2_Pooling/config.json": booleans("mean"),
    }


def places(add):
    inner = {
        f"0_Transformer/{name}": content
        for name, content in encoder().items()
        if "/" not in name and name != "modules.json"
    }
    add(
        "weights-below",
        inner
        | {
            "modules.json": modules("Transformer", "Pooling", paths=["0_Transformer", "1_Pooling"]),
            "1_Pooling/config.json": booleans("cls"),
        },
        "everything of the transformer is in 0_Transformer",
    )
    numbers = modules("Transformer", "Pooling", "Normalize")
    for module, number in zip(numbers, (7, 3, 1)):
        module["idx"] = number
    add("idx-unused", encoder(**{"modules.json": numbers}), "modules run in the order of the file; idx is not read")
    longer = modules("Transformer", "Pooling", "Normalize")
    for module in longer:
        module["type"] += "." + module["type"].rsplit(".")[-1]
    add("class-path-long", encoder(**{"modules.json": longer}), "class paths with the module's name twice")
    add(
        "no-modules",
        encoder(**{"modules.json": None, "1_Pooling/config.json": None}),
        "no modules.json: the mean, not normalized",
    )
    add(
        "no-modules-stale",
        encoder(
            **{
                "modules.json": None,
                "config_sentence_transformers.json": {"prompts": {"q": "tea "}, "default_prompt_name": "q"},
                "sentence_bert_config.json": {"max_seq_length": 4, "do_lower_case": True},
                "1_Pooling/config.json": booleans("cls"),
            }
        ),
        "without modules.json, none of the files beside it is read: no prompt, no max_seq_length, the mean",
    )
    add(
        "stale-pooling",
        encoder(
            ("Transformer", "Pooling"),
            **{"2_Normalize/config.json": {}, "3_Dense/config.json": {"in_features": 16, "out_features": 2}},
        ),
        "folders that modules.json does not list are not read",
    )


def folders(add):
    def named(name, files, why, inputs=TEXTS, kind="embedding", **more):
        add(name if name.startswith("m2v") else "st-" + name, kind, files, inputs, why, **more)

    for part in (poolings, chains, places):
        part(named)
    wordllama(add)
