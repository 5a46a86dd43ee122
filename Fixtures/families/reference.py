"""The eight families of arXiv 2502.10001 and their heads in PyTorch, for inference: what the Swift code is compared with.

Parameters carry the released names. B sentences, L positions, D hidden size, E inner size, N state size; `ids` is int64
[B, L]. Bodies append what the embedder and each layer give to `taps`.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

PAD, UNK, CLS, MASK, SEP = range(5)
EPSILON = torch.finfo(torch.float32).eps


class Embedder(nn.Module):
    """token + position + sentence; token and position of width r are expanded to D where r is given."""

    def __init__(self, c):
        super().__init__()
        width, reduced = c["hidden_size"], c.get("reduced_embedding")
        self.token = nn.Embedding(c["vocab_size"], reduced or width)
        self.position = nn.Embedding(c["max_length"], reduced or width)
        self.sentence = nn.Embedding(3, width)
        if reduced:
            self.tok_expander = nn.Linear(reduced, width, bias=False)
            self.pos_expander = nn.Linear(reduced, width, bias=False)

    def forward(self, ids):
        seen = torch.cumsum((ids == SEP).long(), dim=1) > 0
        segments = (1 + seen.long()) * (ids != PAD).long()
        token, position = self.token(ids), self.position(torch.arange(ids.shape[1]))
        if hasattr(self, "tok_expander"):
            token, position = self.tok_expander(token), self.pos_expander(position)
        return token + position + self.sentence(segments)


def attention(query, x, ids):
    """softmax(query xᵀ / √D) x over keys that are no [PAD]; zeros for a [PAD]."""
    keep = ids != PAD
    scores = (query @ x.transpose(1, 2) / math.sqrt(x.shape[-1])).masked_fill(~keep.unsqueeze(1), -math.inf)
    return (torch.softmax(scores, -1) * keep.unsqueeze(2)) @ x


class CausalConv(nn.Conv1d):
    """Depthwise over positions: output p sees the inputs p-k+1 … p."""

    def __init__(self, channels, outputs, kernel):
        super().__init__(channels, outputs, kernel, groups=channels, padding=kernel - 1)

    def forward(self, x):
        return super().forward(x.transpose(1, 2))[:, :, : x.shape[1]].transpose(1, 2)


class DifferentialAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        width = c["hidden_size"]
        inner = int(width * c["forward_expansion"])
        for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
            self.register_parameter(name, nn.Parameter(torch.zeros(width)))
        self.query, self.att_output = nn.Linear(width, width), nn.Linear(width, width)
        self.conv1d = CausalConv(width, inner, c["kernel_size"])
        self.contract = nn.Linear(inner, width)

    def forward(self, x, ids):
        attended = self.att_output(attention(self.query(x), x, ids))
        convolved = self.contract(F.silu(self.conv1d(x)))
        gain = torch.exp((self.lambda_q1 * self.lambda_k1).sum())
        loss = torch.exp((self.lambda_q2 * self.lambda_k2).sum())
        return gain * attended - loss * convolved


class EmbBERT(nn.Module):
    def __init__(self, c):
        super().__init__()
        count = range(c["num_hidden_layers"])
        self.embedder = Embedder(c)
        self.norms = nn.ModuleList(nn.RMSNorm(c["hidden_size"], EPSILON) for _ in count)
        self.attentions = nn.ModuleList(DifferentialAttention(c) for _ in count)

    def forward(self, ids, taps):
        taps.append(self.embedder(ids))
        for norm, block in zip(self.norms, self.attentions):
            taps.append(block(norm(taps[-1]), ids))


class EfficientAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query, self.output_linear = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x, ids):
        return self.output_linear(attention(self.query(x), x, ids)) + x


class BERTEfficient(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, inner = c["hidden_size"], int(c["hidden_size"] * c["forward_expansion"])
        count = range(c["num_hidden_layers"])
        self.embedder = Embedder(c)
        self.pre_norms = nn.ModuleList(nn.RMSNorm(width, EPSILON) for _ in count)
        self.attentions = nn.ModuleList(EfficientAttention(width) for _ in count)
        self.post_norms = nn.ModuleList(nn.RMSNorm(width, EPSILON) for _ in count)
        self.feed_forward = nn.ModuleList(
            nn.Sequential(nn.Linear(width, inner), nn.SiLU(), nn.Linear(inner, width)) for _ in count)

    def forward(self, ids, taps):
        taps.append(self.embedder(ids))
        for pre, block, post, ff in zip(self.pre_norms, self.attentions, self.post_norms, self.feed_forward):
            m = post(block(pre(taps[-1]), ids))
            taps.append(ff(m) + m)


class BERT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embedder = Embedder(c)
        layer = nn.TransformerEncoderLayer(
            c["hidden_size"], c["num_attention_heads"], int(c["forward_expansion"] * c["hidden_size"]),
            batch_first=True)
        self.bert_layers = nn.TransformerEncoder(layer, c["num_hidden_layers"], enable_nested_tensor=False)

    def forward(self, ids, taps):
        taps.append(self.embedder(ids))
        for layer in self.bert_layers.layers:
            taps.append(layer(taps[-1]))


class Mixer(nn.Module):
    """Mamba-1's selective scan."""

    def __init__(self, c):
        super().__init__()
        width = c["hidden_size"]
        self.inner, self.state, self.rank = int(c["forward_expansion"] * width), c["d_state"], math.ceil(width / 16)
        self.in_proj = nn.Linear(width, 2 * self.inner, bias=False)
        self.conv1d = CausalConv(self.inner, self.inner, c["kernel_size"])
        self.x_proj = nn.Linear(self.inner, self.rank + 2 * self.state, bias=False)
        self.dt_proj = nn.Linear(self.rank, self.inner)
        self.A_log = nn.Parameter(torch.arange(1.0, self.state + 1).log().repeat(self.inner, 1))
        self.D = nn.Parameter(torch.ones(self.inner))
        self.out_proj = nn.Linear(self.inner, width, bias=False)

    def forward(self, x):
        stream, gate = self.in_proj(x).split(self.inner, dim=-1)
        stream = F.silu(self.conv1d(stream))
        low, write, read = self.x_proj(stream).split([self.rank, self.state, self.state], dim=-1)
        step = F.softplus(self.dt_proj(low))
        h, rows = torch.zeros(x.shape[0], self.inner, self.state, dtype=x.dtype), []
        for p in range(x.shape[1]):
            keep = torch.exp(step[:, p].unsqueeze(-1) * -torch.exp(self.A_log))
            h = keep * h + (step[:, p] * stream[:, p]).unsqueeze(-1) * write[:, p].unsqueeze(1)
            rows.append((h * read[:, p].unsqueeze(1)).sum(-1))
        return self.out_proj((torch.stack(rows, 1) + self.D * stream) * F.silu(gate))


class MambaLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.mixer, self.norm = Mixer(c), nn.RMSNorm(c["hidden_size"], 1e-5)

    def forward(self, x):
        return self.mixer(self.norm(x)) + x


class Mamba(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embedder = Embedder(c)
        self.mamba_layers = nn.Module()
        self.mamba_layers.layers = nn.ModuleList(MambaLayer(c) for _ in range(c["num_hidden_layers"]))

    def forward(self, ids, taps):
        taps.append(self.embedder(ids))
        for layer in self.mamba_layers.layers:
            taps.append(layer(taps[-1]))


class NanoEmbedder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embedder = Embedder(c)
        if "kernel_size" in c:
            self.conv1d = CausalConv(c["hidden_size"], c["hidden_size"], c["kernel_size"])

    def forward(self, ids, taps):
        taps.append(self.embedder(ids))
        if hasattr(self, "conv1d"):
            taps.append(self.conv1d(taps[-1]))


BODIES = {
    "EmbBERT": EmbBERT, "BERT": BERT, "NanoBERT": BERT, "MAMBA": Mamba, "NanoEmbedder": NanoEmbedder,
    "NanoEmbedderConv": NanoEmbedder, "BERTEfficient": BERTEfficient, "NanoBERTEfficient": BERTEfficient,
}


class Model(nn.Module):
    """A body under `model.` and one of the three heads. `forward` takes one sentence and returns its logits."""

    def __init__(self, c):
        super().__init__()
        self.head, width = c["architectures"][0], c["hidden_size"]
        self.model = BODIES[c["model_type"]](c)
        if self.head == "PretrainingClassifier":
            self.nsp_classifier = nn.Linear(width, 2)
            self.mlm_classifier = nn.Linear(width, c["vocab_size"])
        else:
            self.classifier = nn.Linear(width, c["num_labels"])

    def forward(self, ids):
        taps = []
        self.model(ids, taps)
        x = taps[-1]
        if self.head == "SequenceClassifier":
            return self.classifier(x[:, 0])[0], taps
        if self.head == "RMSClassifier":
            return self.classifier(x.square().mean(dim=1).sqrt())[0], taps
        masks = (ids[0] == MASK).nonzero()
        masked = x[:, masks[0, 0]] if len(masks) else torch.zeros_like(x[:, 0])
        return torch.cat([self.nsp_classifier(x[:, 0]), self.mlm_classifier(masked)], dim=1)[0], taps
