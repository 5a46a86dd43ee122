"""Writes a small random encoder as llama.cpp's converter does, in each type that is read, what PyTorch computes with the
numbers that the gguf package reads back, and files that must be refused, with the code of each error.

    python3 -m venv .venv && .venv/bin/pip install gguf numpy torch transformers
    .venv/bin/python Fixtures/gguf/make.py
"""

import json
import pathlib
import struct

import gguf
import numpy as np
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = SPECIAL + list("abcdefghijklmnopqrstuvwxyz0123456789.,!?") + ["##" + c for c in "abcdefgno"] + ["the", "play", "##ing"]
TEXTS = ["Play the song!", "a b, c", "Être the 9 PLAYING?", "", "zzz 東 q"]
EMBEDDER = {
    "word_embeddings": "token_embd", "position_embeddings": "position_embd", "token_type_embeddings": "token_types",
    "LayerNorm": "token_embd_norm"}
LAYER = {
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}
# llama.cpp's names of the keys of special tokens; the classifier's token is the one that begins a text.
IDS = {"bos": "[CLS]", "eos": "[SEP]", "unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]"}


def name(tensor):
    if tensor.startswith("embeddings."):
        stem, end = tensor.removeprefix("embeddings.").rsplit(".", 1)
        return f"{EMBEDDER[stem]}.{end}"
    index, rest = tensor.removeprefix("encoder.layer.").split(".", 1)
    stem, end = rest.rsplit(".", 1)
    return f"blk.{index}.{LAYER[stem]}.{end}"


def tokens():
    return [w if w in SPECIAL else w[2:] if w.startswith("##") else "\u2581" + w for w in WORDS]


def write(path, config, tensors, kind, pooling=gguf.PoolingType.MEAN):
    w = gguf.GGUFWriter(path, "bert")
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_block_count(config.num_hidden_layers)
    w.add_head_count(config.num_attention_heads)
    w.add_layer_norm_eps(config.layer_norm_eps)
    w.add_causal_attention(False)
    w.add_pooling_type(pooling)
    w.add_tokenizer_model("bert")
    w.add_token_type_count(2)
    w.add_token_list(tokens())
    w.add_token_types([3 if word in SPECIAL else 1 for word in WORDS])
    for key, word in IDS.items():
        getattr(w, f"add_{key}_token_id")(WORDS.index(word))
    back = {}
    for tensor, values in tensors.items():
        type = gguf.GGMLQuantizationType[kind if values.ndim == 2 else "F32"]
        if type in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16):
            stored = values.astype(np.float32 if type == gguf.GGMLQuantizationType.F32 else np.float16)
            w.add_tensor(name(tensor), stored)
            back[tensor] = stored.astype(np.float32)
        else:
            stored = gguf.quants.quantize(values, type)
            w.add_tensor(name(tensor), stored, raw_dtype=type)
            back[tensor] = gguf.quants.dequantize(stored, type)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return back


def embed(model, back, tokenizer, pooling):
    model.load_state_dict({k: torch.tensor(v.copy()) for k, v in back.items()}, strict=True)
    model.eval()
    rows = []
    for text in TEXTS:
        with torch.no_grad():
            hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].double()
        row = hidden.mean(0) if pooling == "mean" else hidden[0]
        rows.append([float(v) for v in (row / row.norm()).float()])
    return rows


def valid():
    folder = HERE / "valid"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=16, layer_norm_eps=1e-12, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False)
    for key, p in model.named_parameters():
        with torch.no_grad():
            p.normal_(1 if key.endswith("LayerNorm.weight") else 0, 0.3)
    tensors = {k: v.numpy() for k, v in model.state_dict().items()}
    (HERE / "vocab.txt").write_text("".join(word + "\n" for word in WORDS))
    tokenizer = BertTokenizerFast(vocab=str(HERE / "vocab.txt"), do_lower_case=True)
    (HERE / "vocab.txt").unlink()
    golden = {"texts": TEXTS, "embeddings": {}}
    for kind in ("F32", "F16", "BF16", "Q8_0", "Q4_0"):
        back = write(folder / f"{kind.lower()}.gguf", config, tensors, kind)
        golden["embeddings"][kind.lower()] = embed(model, back, tokenizer, "mean")
    back = write(folder / "first.gguf", config, tensors, "Q4_0", gguf.PoolingType.CLS)
    golden["embeddings"]["first"] = embed(model, back, tokenizer, "first")
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
    return (folder / "q4_0.gguf").read_bytes()


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def header(version=3, tensors=0, keys=()):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, len(keys)) + b"".join(keys)


def key(name, type, value):
    return text(name) + struct.pack("<I", type) + value


def invalid(whole):
    bert = key("general.architecture", 8, text("bert"))
    info = text("token_embd.weight") + struct.pack("<I", 2) + struct.pack("<QQ", 32, 1)
    cases = {
        "cut-mark": (b"GGUF", "truncated"),
        "version-2": (header(2), "unsupported"),
        "big-endian": (b"GGUF" + struct.pack(">I", 3) + bytes(16), "unsupported"),
        "many-tensors": (header(tensors=2**60), "limitExceeded"),
        "many-keys": (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "limitExceeded"),
        "long-key": (header(keys=[struct.pack("<Q", 2**62)]), "limitExceeded"),
        "long-list": (header(keys=[text("a") + struct.pack("<IIQ", 9, 4, 2**62)]), "truncated"),
        "list-of-lists": (header(keys=[text("a") + struct.pack("<IIQ", 9, 9, 1)]), "unsupported"),
        "unknown-type": (header(keys=[text("a") + struct.pack("<I", 77)]), "malformed"),
        "same-key": (header(keys=[bert, bert]), "duplicate"),
        "not-utf8": (header(keys=[struct.pack("<Q", 1) + b"\xff" + struct.pack("<IB", 7, 1)]), "malformed"),
        "alignment": (header(keys=[bert, key("general.alignment", 4, struct.pack("<I", 3))]), "malformed"),
        "no-architecture": (header(), "missing"),
        "nomic": (header(keys=[key("general.architecture", 8, text("nomic-bert"))]), "unsupported"),
        "rope": (header(keys=[bert, key("bert.rope.freq_base", 6, struct.pack("<f", 1e4))]), "unsupported"),
        "causal": (header(keys=[bert, key("bert.attention.causal", 7, b"\x01")]), "unsupported"),
        "k-quant": (header(tensors=1, keys=[bert]) + info + struct.pack("<IQ", 12, 0) + bytes(512), "unsupported"),
        "no-values": (header(tensors=1, keys=[bert]) + info + struct.pack("<IQ", 0, 0), "truncated"),
        "far-values": (header(tensors=1, keys=[bert]) + info + struct.pack("<IQ", 0, 2**63) + bytes(512), "truncated"),
        "same-values": (
            header(tensors=2, keys=[bert]) + info + struct.pack("<IQ", 0, 0)
            + info.replace(b"token_embd", b"token_embe") + struct.pack("<IQ", 0, 0) + bytes(512), "malformed"),
        "same-tensor": (
            header(tensors=2, keys=[bert]) + (info + struct.pack("<IQ", 0, 0)) + (info + struct.pack("<IQ", 0, 128))
            + bytes(512), "duplicate"),
        "five-dimensions": (
            header(tensors=1, keys=[bert]) + text("a") + struct.pack("<I", 5) + bytes(52), "limitExceeded"),
        "unknown-tensor": (whole.replace(b"blk.0.attn_q.bias", b"blk.0.attn_x.bias"), "unsupported"),
        "cut-values": (whole[:-64], "truncated"),
        "tokenizer": (whole.replace(text("bert") + text("tokenizer.ggml.token_type_count"),
                                    text("t5aa") + text("tokenizer.ggml.token_type_count")), "unsupported"),
    }
    folder = HERE / "invalid"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.gguf"):
        old.unlink()
    for name, (content, _) in cases.items():
        (folder / f"{name}.gguf").write_bytes(content)
    (folder / "index.json").write_text(
        json.dumps({f"{name}.gguf": code for name, (_, code) in cases.items()}, indent=1) + "\n")


invalid(valid())
