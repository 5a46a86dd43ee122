"""Sections h to j: the paper's eight families, EmbBERT's published sizes, a sentence encoder of Hugging Face."""
import json
import math
import shutil
import statistics
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save_file

from .accuracy import ACCURACY_HEADER, MAXIMUM_DIFFERENCE, PAPER_BYTES, accuracy_cells, quantize
from .program import ROOT, Task, texts
from .references import read_predictions
from .trial import trial

# model_type in config.json, in the paper's order.
FAMILIES = ["EmbBERT", "BERT", "NanoBERT", "MAMBA", "BERTEfficient", "NanoBERTEfficient", "NanoEmbedder",
            "NanoEmbedderConv"]
MAXIMUM_DROP = 0.5            # points of 100
MINIMUM_AGREEMENT = 0.99
SPEED_ROUNDS = 5

PAIRS = 1000
MAXIMUM_EMBEDDING_DROP = 0.3  # points of 100
MINIMUM_MEAN_COSINE = 0.996
MINIMUM_COSINE = 0.98


class Size(NamedTuple):
    """A published EmbBERT: what it is made of, and the paper's megabytes (arXiv 2502.10001v2)."""
    name: str
    vocabulary: int
    length: int
    width: int
    reduced: int
    expansion: int
    kernel: int
    layers: int
    paper_fp32: float
    paper_8bit: float


SIZES = [Size("Nano", 2048, 256, 64, 16, 1, 8, 2, 0.65, 0.33),
         Size("Tiny", 4096, 256, 128, 16, 1, 16, 2, 1.24, 0.51),
         Size("base", 8192, 256, 128, 16, 1, 32, 4, 1.95, 0.78),
         Size("Med", 8192, 512, 256, 16, 2, 32, 6, 9.6, 3.12),
         Size("Big", 16384, 1024, 512, 32, 2, 64, 6, 39.7, 14.27)]


def families(report, program, checkpoints, data, folder, samples):
    """Section h."""
    report.section("h", "The paper's families on SNIPS",
        f"As sections a, c and d, for each NAME-snips: calibrated on {samples} rows spread over train.tsv, evaluated "
        "on all of test.tsv, no retraining. golden: largest difference of an fp32 logit from golden.npz. fp32 weights: "
        "4 bytes a parameter of the body, without activations; section i has EmbBERT's with them. µs: one sentence on "
        f"one thread of the host, inference alone, at its own length, median of {SPEED_ROUNDS} rounds in which all "
        "models take turns; fp32 is our reference, which batches rows. Limits, for "
        f"each: {MAXIMUM_DIFFERENCE:g} a logit, a drop of {MAXIMUM_DROP:g} points, agreement of "
        f"{100 * MINIMUM_AGREEMENT:g} %.")
    tasks = _find(report, checkpoints, data)
    artifacts = quantize(program, tasks, folder, samples)
    scores, sizes, differences, results = [], [], [], []
    for task in tasks:
        artifact, predictions = artifacts[task.name], folder / f"{task.name}-fp32.tsv"
        program.run("evaluate", task.checkpoint, "--data", task.test, "--task", "snips", "--predictions", predictions)
        difference = None
        if task.golden:
            golden = np.load(task.golden)["logits"]
            difference = float(np.abs(read_predictions(predictions)[:len(golden)] - golden).max())
            differences.append(difference)
        else:
            report.omit(f"logits of {task.name}", "there is no golden.npz beside the checkpoint")
        result = program.json("evaluate", artifact, "--data", task.test, "--task", "snips", "--against",
                              task.checkpoint)
        results.append(result)
        scores.append([task.name, result["rows"], None if difference is None else f"{difference:.1e}",
                       f"{100 * result['reference_score']:.2f}", f"{100 * result['score']:.2f}",
                       *accuracy_cells(result)])
        footprint = program.json("inspect", artifact)["footprint"]
        sizes.append([task.name, footprint["weights"], footprint["tables"], footprint["arena"]["256"],
                      footprint["total_256"], 4 * _parameters(program, task.checkpoint)])
    report.table("accuracy", ["family", "rows", "golden", "fp32", "int8", *ACCURACY_HEADER], scores)
    report.line()
    for row, (int8, fp32) in zip(sizes, _speed(report, program, tasks, artifacts)):
        row += [f"{int8:.0f}", f"{fp32:.0f}"]
    report.table("memory at 256 tokens, and time",
                 ["family", "weights", "tables", "arena", "total", "fp32 weights", "µs int8", "µs fp32"], sizes)
    if differences:
        report.limit("fp32 logits of every family equal the reference's", max(differences) <= MAXIMUM_DIFFERENCE,
                     f"{max(differences):.1e}")
    worst = max(result["drop_points"] for result in results)
    report.limit(f"no family drops by more than {MAXIMUM_DROP:g} points", worst <= MAXIMUM_DROP, f"{worst:+.2f}")
    worst = min(result["agreement"] for result in results)
    report.limit(f"every family agrees on {100 * MINIMUM_AGREEMENT:g} %", worst >= MINIMUM_AGREEMENT,
                 f"{100 * worst:.2f} %")


def has_families(checkpoints, data):
    """Whether section h has something to measure."""
    return (data / "snips" / "test.tsv").exists() and any(
        (checkpoints / f"{name.lower()}-snips" / "config.json").exists() for name in FAMILIES)


def _find(report, checkpoints, data):
    tasks = []
    for name in FAMILIES:
        checkpoint = checkpoints / f"{name.lower()}-snips"
        if (checkpoint / "config.json").exists():
            tasks.append(Task(name, checkpoint, data / "snips" / "train.tsv", data / "snips" / "test.tsv"))
        else:
            report.omit(name, f"there is no {checkpoint.name} in CHECKPOINTS")
    return tasks


def _parameters(program, checkpoint):
    """Numbers in the tensors of a checkpoint's body."""
    return program.json("inspect", checkpoint)["parameters"]


def _speed(report, program, tasks, artifacts):
    """Median microseconds a sentence, int8 and fp32, in the tasks' order."""
    rounds = {task.name: {"int8": [], "fp32": []} for task in tasks}
    for _ in range(SPEED_ROUNDS):
        for task in tasks:
            for kind, model in (("int8", artifacts[task.name]), ("fp32", task.checkpoint)):
                result = program.json("evaluate", model, "--data", task.test, "--task", "snips", "--threads", 1)
                rounds[task.name][kind].append(1e6 / result["sentences_per_second"])
    report.put("rounds", rounds)
    return [(statistics.median(kinds["int8"]), statistics.median(kinds["fp32"])) for kinds in rounds.values()]


def sizes(report, program, folder):
    """Section i."""
    data = ROOT / "Fixtures" / "snips-own" / "calibration.tsv"
    count = len(texts(data))
    report.section("i", "EmbBERT's published sizes, bytes",
        f"Seeded random weights, calibrated on {count} sentences: what is learned moves a size by a few kB at most. "
        "total = weights, tables and arena at the size's own full length, without the tokenizer, as in the paper. "
        "fp32 = 4 bytes a parameter of the body and of the activations, L² + (1 + expansion)·L·D: that is the paper's "
        "formula where the expansion is 1, and our reading of it for Med and Big. The paper's columns are megabytes "
        "as printed.")
    rows = []
    for size in SIZES:
        checkpoint, artifact = folder / f"size-{size.name}", folder / f"size-{size.name}.embq"
        parameters = _write_random(size, checkpoint)
        fp32 = 4 * parameters + 4 * (size.length ** 2 + (1 + size.expansion) * size.length * size.width)
        program.run("quantize", checkpoint, "--data", data, "--samples", count, "-o", artifact)
        footprint = program.json("inspect", artifact)["footprint"]
        arena = footprint["arena"][str(size.length)]
        total = footprint["weights"] + footprint["tables"] + arena
        paper = PAPER_BYTES if size.name == "base" else 1e6 * size.paper_8bit    # its own formulas, or what it prints
        rows.append([size.name, size.length, parameters, footprint["weights"], footprint["tables"], arena, total,
                     f"{size.paper_8bit:.2f}", f"{100 * total / paper:.0f} %", fp32, f"{size.paper_fp32:.2f}"])
    report.table("sizes", ["size", "tokens", "parameters", "weights", "tables", "arena", "total", "paper 8-bit",
                           "of it", "fp32", "paper fp32"], rows)
    report.note(f"The paper's 8 bits of the base size are {PAPER_BYTES:,} bytes by its formulas (section d).")


def _write_random(size, folder):
    """A checkpoint with random weights; gives the parameters of its body."""
    folder.mkdir()
    width, inner = size.width, size.width * size.expansion
    shapes = {"model.embedder.token.weight": (size.vocabulary, size.reduced),
              "model.embedder.position.weight": (size.length, size.reduced),
              "model.embedder.tok_expander.weight": (width, size.reduced),
              "model.embedder.pos_expander.weight": (width, size.reduced),
              "model.embedder.sentence.weight": (3, width),
              "classifier.weight": (7, width), "classifier.bias": (7,)}
    for layer in range(size.layers):
        at = f"model.attentions.{layer}."
        shapes[f"model.norms.{layer}.weight"] = (width,)
        for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2", "query.bias", "att_output.bias",
                     "contract.bias"):
            shapes[at + name] = (width,)
        shapes |= {at + "query.weight": (width, width), at + "att_output.weight": (width, width),
                   at + "conv1d.weight": (inner, 1, size.kernel), at + "conv1d.bias": (inner,),
                   at + "contract.weight": (width, inner)}
    random = np.random.default_rng(20250117)
    tensors = {}
    for name, shape in shapes.items():
        if "norms" in name:
            values = random.uniform(0.5, 1.5, shape)
        else:
            spread = 1 / math.sqrt(width) if "lambda" in name else 1 if "embedder" in name else 2 / math.sqrt(shape[-1])
            values = random.uniform(-spread, spread, shape)
        tensors[name] = values.astype(np.float32)
    save_file(tensors, folder / "model.safetensors")
    config = {"architectures": ["SequenceClassifier"], "forward_expansion": size.expansion, "hidden_size": width,
              "id2label": {str(i): f"LABEL_{i}" for i in range(7)}, "kernel_size": size.kernel,
              "max_length": size.length, "model_type": "EmbBERT", "num_hidden_layers": size.layers,
              "pad_token_id": 0, "reduced_embedding": size.reduced, "vocab_size": size.vocabulary}
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(ROOT / "Fixtures" / "embbert-tiny" / "tokenizer.json", folder)
    return sum(array.size for name, array in tensors.items() if name.startswith("model."))


def encoder(checkpoint, data, folder):
    """The sentence encoder's task: the first pairs of STS-B's test rows; None where there is no encoder or no STS-B."""
    if not checkpoint or not data:
        return None
    train, test = data / "stsb" / "train.tsv", data / "stsb" / "test.tsv"
    if not (train.exists() and test.exists()):
        return None
    pairs = folder / "pairs.tsv"
    pairs.write_bytes(b"".join(test.read_bytes().splitlines(keepends=True)[:PAIRS + 1]))
    return Task("stsb", checkpoint, train, pairs)


def sentences(report, program, task, folder, samples):
    """Section j. `task` is the encoder's."""
    report.section("j", "Sentence embeddings, all-MiniLM-L6-v2",
        f"Calibrated on {samples} pairs spread over stsb/train.tsv; Spearman of the embeddings' cosine with people's "
        f"scores on the first {PAIRS:,} pairs of stsb/test.tsv. cosine: of an int8 embedding with the fp32 one of the "
        f"same sentence. Limits: {MAXIMUM_EMBEDDING_DROP:g} points, mean cosine {MINIMUM_MEAN_COSINE:g}, smallest "
        f"{MINIMUM_COSINE:g}.")
    result = trial(program, task, folder, samples)
    int8 = program.json("evaluate", result["artifact"], "--data", task.test, "--task", task.name, "--threads", 1)
    footprint = result["footprint"]
    mean, smallest = result["embeddings"]["mean_cosine"], result["embeddings"]["min_cosine"]
    report.table("pairs", ["model", "pairs", "fp32", "int8", "drop", "mean cosine", "min cosine", "weights", "tables",
                           "arena", "total", "fp32 weights", "ms a pair"],
                 [["MiniLM", result["rows"], f"{100 * result['reference_score']:.2f}", f"{100 * result['score']:.2f}",
                   f"{result['drop_points']:+.2f}", f"{mean:.4f}", f"{smallest:.4f}", footprint["weights"],
                   footprint["tables"], footprint["arena"]["256"], footprint["total_256"],
                   4 * _parameters(program, task.checkpoint), f"{1e3 / int8['sentences_per_second']:.1f}"]])
    report.limit(f"embeddings lose at most {MAXIMUM_EMBEDDING_DROP:g} points",
                 result["drop_points"] <= MAXIMUM_EMBEDDING_DROP, f"{result['drop_points']:+.2f}")
    report.limit(f"the mean cosine is at least {MINIMUM_MEAN_COSINE:g}", mean >= MINIMUM_MEAN_COSINE, f"{mean:.4f}")
    report.limit(f"no cosine is below {MINIMUM_COSINE:g}", smallest >= MINIMUM_COSINE, f"{smallest:.4f}")
