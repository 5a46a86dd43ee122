"""Writes a small random model of each family and head, and what PyTorch computes with it.

For each: model.safetensors, config.json, and golden.safetensors with

    input_ids   I32 [rows, longest], 0 behind each sentence
    lengths     I32 [rows]
    logits      F32 [rows, outputs], each sentence alone at its own length
    rowR_embedder, rowR_layerN   F32 [length of row R, D], for R = 0 and 1

Weights are fp32, PyTorch computes with them in fp64. The models have learned nothing: widths are odd, activations of
order 1, and every parameter matters.

    python3 -m venv .venv && .venv/bin/pip install torch transformers safetensors numpy
    .venv/bin/python Fixtures/families/make.py
"""

import json
import math
import pathlib
import zlib

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

import reference
from reference import CLS, MASK, PAD, SEP

HERE = pathlib.Path(__file__).resolve().parent
LENGTH = 24
SEQUENCE, RMS, PRETRAINING = "SequenceClassifier", "RMSClassifier", "PretrainingClassifier"


def small(family, head, width, layers=None, labels=3, vocabulary=64, **keys):
    config = {"model_type": family, "architectures": [head], "hidden_size": width, "vocab_size": vocabulary,
              "max_length": LENGTH, "pad_token_id": PAD, **keys}
    if layers:
        config["num_hidden_layers"] = layers
    if head != PRETRAINING:
        config["num_labels"] = labels
    return config


MODELS = {
    "embbert": small("EmbBERT", SEQUENCE, 18, 2, reduced_embedding=6, kernel_size=5, forward_expansion=2),
    "embbert-pretraining": small(
        "EmbBERT", PRETRAINING, 16, 2, vocabulary=71, reduced_embedding=4, kernel_size=3, forward_expansion=1),
    "embbert-rms": small(
        "EmbBERT", RMS, 13, 1, labels=2, reduced_embedding=16, kernel_size=30, forward_expansion=3),
    "nanoembedder": small("NanoEmbedder", RMS, 21, reduced_embedding=7),
    "nanoembedder-pretraining": small("NanoEmbedder", PRETRAINING, 16, reduced_embedding=5),
    "nanoembedderconv": small("NanoEmbedderConv", RMS, 18, labels=5, reduced_embedding=5, kernel_size=4),
    "nanoembedderconv-sequence": small("NanoEmbedderConv", SEQUENCE, 16, labels=1, reduced_embedding=5, kernel_size=1),
    "bert": small("BERT", SEQUENCE, 18, 2, num_attention_heads=3, forward_expansion=1.2),
    "bert-pretraining": small("BERT", PRETRAINING, 16, 1, num_attention_heads=2, forward_expansion=0.7),
    "nanobert": small(
        "NanoBERT", SEQUENCE, 18, 2, labels=1, vocabulary=100, num_attention_heads=2, forward_expansion=0.7,
        reduced_embedding=6),
    "bertefficient": small("BERTEfficient", SEQUENCE, 18, 2, forward_expansion=2),
    "nanobertefficient": small(
        "NanoBERTEfficient", SEQUENCE, 18, 2, forward_expansion=0.7, reduced_embedding=6),
    "nanobertefficient-pretraining": small(
        "NanoBERTEfficient", PRETRAINING, 16, 1, forward_expansion=0.7, reduced_embedding=4),
    "mamba": small("MAMBA", RMS, 17, 2, forward_expansion=1.5, kernel_size=4, d_state=3),
    "mamba-sequence": small("MAMBA", SEQUENCE, 20, 1, labels=2, forward_expansion=0.7, kernel_size=3, d_state=6),
    "mamba-pretraining": small("MAMBA", PRETRAINING, 16, 1, forward_expansion=1, kernel_size=2, d_state=2),
}

def encoder(kind, width, layers, heads, inner, **keys):
    """A class of transformers and its configuration; of another family, the names of its keys."""
    names = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner}
    if kind.startswith("DistilBert"):
        names = {"dim": width, "n_layers": layers, "n_heads": heads, "hidden_dim": inner}
    stem = kind.removesuffix("Model").split("For")[0]
    configuration = getattr(transformers, stem + "Config")
    keys = {"vocab_size": 64, "max_position_embeddings": LENGTH, "pad_token_id": PAD} | names | keys
    if not kind.endswith("Model"):
        keys["num_labels"] = 3
    return getattr(transformers, kind), configuration(**keys, attn_implementation="eager")


# Positions begin behind the position of padding; no sentence here has the id of padding.
ROBERTA = {"pad_token_id": 1, "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1}
MOBILE = {"embedding_size": 10, "intra_bottleneck_size": 12, "num_feedforward_networks": 2}

HUGGING_FACE = {
    "hf-classifier": encoder("BertForSequenceClassification", 18, 2, 3, 31),
    "hf-encoder": encoder("BertModel", 20, 1, 5, 30, vocab_size=70, layer_norm_eps=1e-6),
    "distilbert-classifier": encoder("DistilBertForSequenceClassification", 18, 2, 3, 31),
    "distilbert-encoder": encoder("DistilBertModel", 20, 1, 5, 30, activation="relu"),
    "electra-classifier": encoder("ElectraForSequenceClassification", 18, 2, 3, 31, embedding_size=10),
    "electra-encoder": encoder("ElectraModel", 20, 1, 5, 30, embedding_size=20),
    "roberta-classifier": encoder("RobertaForSequenceClassification", 18, 2, 3, 31, **ROBERTA),
    "xlm-roberta-encoder": encoder("XLMRobertaModel", 20, 1, 5, 30, **ROBERTA),
    "albert-classifier": encoder("AlbertForSequenceClassification", 18, 3, 3, 31, embedding_size=10),
    "albert-encoder": encoder(
        "AlbertModel", 20, 4, 5, 30, embedding_size=20, num_hidden_groups=2, inner_group_num=2, hidden_act="gelu"),
    "mobilebert-classifier": encoder("MobileBertForSequenceClassification", 18, 2, 3, 31, **MOBILE),
    "mobilebert-encoder": encoder(
        "MobileBertModel", 20, 1, 4, 30, **MOBILE, normalization_type="layer_norm", use_bottleneck_attention=True),
}


def randomize(model, usual=1.2):
    """Random parameters: rows of order 1 everywhere, so that a term left out shows in the logits."""
    for name, p in model.named_parameters():
        with torch.no_grad():
            if p.dim() >= 2 and "embedd" in name and "expander" not in name:
                p.normal_(0, 0.7)
            elif name.endswith("A_log"):
                p.add_(torch.randn_like(p) * 0.3)
            elif p.dim() >= 2:
                gain = 2.5 if "classifier" in name else 0.6 if "mamba" in name else usual
                p.normal_(0, gain / math.sqrt(p[0].numel()))
            elif "norm" in name.lower() and name.endswith("weight") or name.endswith(".D"):
                p.uniform_(0.5, 1.5)
            else:
                p.normal_(0, 0.3)
    return model.eval()


def sentences(vocabulary, inner_pad):
    """Token ids at all lengths: some with a [SEP] or two inside, a [MASK], a [PAD] inside where that has a meaning."""
    rows = []
    for row, length in enumerate([11, LENGTH, 1, 2, 3, 4, 5, 7, 9, 13, 16, 19, 22, LENGTH]):
        ids = [CLS] + torch.randint(5, vocabulary, (length - 1,)).tolist()
        if row % 2 == 0 and length > 6:
            ids[length // 2] = SEP
        if row % 4 == 0 and length > 8:
            ids[length // 2 + 2] = SEP
        if row % 3 != 2 and length > 1:
            ids[int(torch.randint(1, length, ()))] = MASK
        if inner_pad and row % 3 == 1 and length > 6:
            ids[3], ids[length - 2] = PAD, PAD
        rows.append(ids)
    return rows


def write(name, model, config, forward, rows):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    tensors = {key: value.clone().contiguous() for key, value in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(dict(sorted(config.items())), indent=1) + "\n")
    model.double()
    golden = {"lengths": torch.tensor([len(ids) for ids in rows], dtype=torch.int32)}
    golden["input_ids"] = torch.zeros(len(rows), LENGTH, dtype=torch.int32)
    logits = []
    for row, ids in enumerate(rows):
        golden["input_ids"][row, : len(ids)] = torch.tensor(ids, dtype=torch.int32)
        with torch.no_grad():
            values, taps = forward(torch.tensor([ids]))
        logits.append(values)
        if row < 2:
            for index, tap in enumerate(taps):
                golden[f"row{row}_" + (f"layer{index - 1}" if index else "embedder")] = tap[0].float().contiguous()
    golden["logits"] = torch.stack(logits).float()
    save_file(golden, folder / "golden.safetensors")
    magnitudes = [f"{float(x.abs().max()):.2f}" for x in [golden["logits"], *taps]]
    print(f"{name}: logits up to {magnitudes[0]}, then the embedder and layers {magnitudes[1:]}")


def write_modules(folder, width):
    """The mean of the tokens, of length 1, as sentence-transformers writes it."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = ",\n".join(
        "  " + json.dumps({"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind})
        for i, (path, kind) in enumerate(kinds))
    (folder / "modules.json").write_text(f"[\n{modules}\n]\n")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"embedding_dimension": width, "pooling_mode": "mean"}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling) + "\n")


def main():
    for name, config in MODELS.items():
        torch.manual_seed(zlib.crc32(name.encode()))
        model = randomize(reference.Model(config))
        write(name, model, config, model.forward, sentences(config["vocab_size"], inner_pad=True))
    for name, (kind, config) in HUGGING_FACE.items():
        torch.manual_seed(zlib.crc32(name.encode()))
        # Without norms every matrix adds to the rows.
        model = randomize(kind(config), 0.5 if getattr(config, "normalization_type", "") == "no_norm" else 1.2)
        classifies = not kind.__name__.endswith("Model")

        def forward(ids):
            types = (torch.cumsum(ids == SEP, 1) - (ids == SEP).long() > 0).long()
            # Of one type, or none, all is.
            keys = {"token_type_ids": types} if getattr(config, "type_vocab_size", 1) > 1 else {}
            out = model(ids, **keys, output_hidden_states=True)
            if classifies:
                return out.logits[0], out.hidden_states
            mean = out.last_hidden_state[0].mean(0)
            return mean / mean.norm(), out.hidden_states

        keys = {key: value for key, value in json.loads(config.to_json_string()).items() if value is not None}
        keys["architectures"] = [kind.__name__]
        # The ids of this vocabulary, which Hugging Face's classes do not use themselves.
        separator = "eos_token_id" if config.model_type in ("roberta", "xlm-roberta", "albert") else "sep_token_id"
        keys |= {separator: SEP, "mask_token_id": MASK}
        write(name, model, keys, forward, sentences(config.vocab_size, inner_pad=False))
        if not classifies:
            write_modules(HERE / name, config.hidden_size)


if __name__ == "__main__":
    main()
