"""Sections a to d: the fp32 reference, the tokenizer, int8 accuracy, memory."""
import numpy as np
from tokenizers import Tokenizer

from .program import Failure, texts

MAXIMUM_DIFFERENCE = 2e-4     # of a logit, from the reference's
MAXIMUM_SCORE_CHANGE = 1e-3   # of an fp32 score, from the reference's
MEAN_DROP = 0.15              # points of 100, over the tasks on which fp32 is better than chance
WORST_DROP = 0.5              # points of 100, on one of them
MINIMUM_CHANCE_AGREEMENT = 0.995    # where fp32 is at chance, so that its score says nothing
MINIMUM_SQNR = {"snips": 38.0, "sst2": 38.0}    # decibels, by the data's folder
ACCURACY_HEADER = ["drop", "agreement", "flipped", "SQNR"]
PAPER_BYTES = 781_056         # EmbBERT in 8 bits at 256 tokens, arXiv 2502.10001v2, counted from its formulas


def reference(report, references, tasks):
    """Section a."""
    report.section("a", "fp32 reference",
        "embq evaluate CHECKPOINT --data test.tsv --predictions: largest difference of a logit from golden.npz "
        "(the first rows of the test set at their own length, PyTorch), and the score of all rows beside the "
        f"reference's own. Limits: {MAXIMUM_DIFFERENCE:g} a logit, {MAXIMUM_SCORE_CHANGE:g} of the score.")
    keys = {"accuracy": "accuracy", "mcc": "mcc", "f1": "f1_binary", "spearman": "scc"}
    rows, worst, worst_change = [], 0.0, 0.0
    for task in tasks:
        fp32 = references.of(task)
        result = fp32.result
        difference = count = expected = None
        if task.golden:
            golden = np.load(task.golden)["logits"]
            count = len(golden)
            difference = float(np.abs(fp32.logits[:count] - golden).max())
            worst = max(worst, difference)
        else:
            report.omit(f"logits of {task.name}", "there is no golden.npz beside the checkpoint")
        if task.metrics and keys[result["metric"]] in task.metrics["test"]:
            expected = task.metrics["test"][keys[result["metric"]]]
            if task.metrics["test"]["rows"] == result["rows"]:
                worst_change = max(worst_change, abs(result["score"] - expected))
        rows.append([task.name, result["rows"], count, None if difference is None else f"{difference:.1e}",
                     result["metric"], f"{result['score']:.4f}", None if expected is None else f"{expected:.4f}"])
    report.table("tasks", ["task", "rows", "golden rows", "max difference", "metric", "score", "reference"], rows)
    if any(row[2] for row in rows):
        report.limit("fp32 logits equal the reference's", worst <= MAXIMUM_DIFFERENCE, f"{worst:.1e}")
    if any(row[6] for row in rows):
        report.limit("fp32 scores equal the reference's", worst_change <= MAXIMUM_SCORE_CHANGE, f"{worst_change:.1e}")


def tokenizer(report, program, tasks, data):
    """Section b."""
    report.section("b", "Tokenizer",
        "embq tokenize tokenizer.json - against Hugging Face tokenizers, each row of each TSV file of the task, "
        "uncut; pairs are joined as 'A [SEP] B'. Data without a checkpoint of its own is read with the first "
        "one's tokenizer. Limit: all equal.")
    jobs = [(task.name, task.checkpoint / "tokenizer.json", sorted(task.test.parent.glob("*.tsv"))) for task in tasks]
    if data:
        known = {task.name for task in tasks}
        for other in sorted(data.iterdir()):
            files = sorted(other.glob("*.tsv"))
            if other.name not in known and files:
                jobs.append((other.name, tasks[0].checkpoint / "tokenizer.json", files))
    rows, wrong = [], 0
    for name, path, files in jobs:
        theirs = Tokenizer.from_file(str(path))
        theirs.no_truncation()
        theirs.no_padding()
        sentences = [text for file in files for text in texts(file)]
        printed = program.run("tokenize", path, "-", stdin="".join(text + "\n" for text in sentences).encode())
        ours = [[int(number) for number in line.split()] for line in printed.decode().splitlines()]
        expected = [encoding.ids for encoding in theirs.encode_batch(sentences)]
        if len(ours) != len(expected):
            raise Failure(f"embq tokenize: {len(ours)} lines for {len(expected)} texts of {name}")
        different = sum(a != b for a, b in zip(ours, expected))
        wrong += different
        rows.append([name, len(files), len(sentences), sum(map(len, expected)), different])
    report.table("tasks", ["task", "files", "rows", "ids", "rows that differ"], rows)
    report.limit("ids equal Hugging Face's", wrong == 0,
                 f"{wrong} of {sum(row[2] for row in rows):,} rows differ")


def quantize(program, tasks, folder, samples):
    """Makes the artifacts, by task."""
    artifacts = {}
    for task in tasks:
        artifacts[task.name] = folder / f"{task.name}.embq"
        program.run("quantize", task.checkpoint, "--data", task.calibration, "--samples",
                    min(samples, len(texts(task.calibration))), "-o", artifacts[task.name])
    return artifacts


def quantized(report, program, references, tasks, artifacts, samples):
    """Section c."""
    report.section("c", "int8 accuracy",
        f"embq quantize CHECKPOINT --data train.tsv --samples {samples}, then embq evaluate MODEL.embq --against "
        "CHECKPOINT: the int8 logits are those of the device's C code. drop: fp32 score - int8 score, in points "
        "of 100, of the task's metric. agreement: rows answered alike (a number: at most 0.1 away). SQNR: of all "
        f"logits. No retraining anywhere. Limits where fp32 is better than chance: a drop of {MEAN_DROP:g} points in "
        f"the mean, {WORST_DROP:g} at worst; where it is not: agreement of {100 * MINIMUM_CHANCE_AGREEMENT:g} %.")
    results, rows = {}, []
    for task in tasks:
        result = program.json("evaluate", artifacts[task.name], "--data", task.test, "--task", task.name,
                              "--against", task.checkpoint)
        results[task.name] = result
        rows.append([task.name, result["rows"], result["metric"], f"{100 * result['reference_score']:.2f}",
                     f"{100 * result['score']:.2f}", *accuracy_cells(result)])
    report.table("tasks", ["task", "rows", "metric", "fp32", "int8", *ACCURACY_HEADER], rows)
    report.put("results", results)
    _accuracy_limits(report, references, tasks, results)


def accuracy_cells(result):
    """Of `evaluate --against --json`, in the order of ACCURACY_HEADER."""
    return [f"{result['drop_points']:+.2f}", f"{100 * result['agreement']:.2f} %", result["flipped_rows"],
            f"{result['sqnr_db']:.1f} dB" if "sqnr_db" in result else "equal"]


def _accuracy_limits(report, references, tasks, results):
    skilled = {task.name: references.of(task).better_than_chance for task in tasks}
    drops = {name: results[name]["drop_points"] for name, skill in skilled.items() if skill}
    if drops:
        mean, worst = sum(drops.values()) / len(drops), max(drops, key=drops.get)
        report.limit(f"int8 drops by at most {MEAN_DROP:g} points in the mean", mean <= MEAN_DROP,
                     f"{mean:+.3f} on {', '.join(drops)}")
        report.limit(f"no task drops by more than {WORST_DROP:g} points", drops[worst] <= WORST_DROP,
                     f"{drops[worst]:+.2f} on {worst}")
    for task in tasks:
        result, decibels = results[task.name], MINIMUM_SQNR.get(task.test.parent.name)
        if not skilled[task.name]:
            report.limit(f"{task.name}, fp32 at chance: agreement of {100 * MINIMUM_CHANCE_AGREEMENT:g} %",
                         result["agreement"] >= MINIMUM_CHANCE_AGREEMENT, f"{100 * result['agreement']:.2f} %")
        if decibels and "sqnr_db" in result:
            report.limit(f"{task.name}: SQNR of {decibels:g} dB", result["sqnr_db"] >= decibels,
                         f"{result['sqnr_db']:.1f} dB")


def memory(report, program, tasks, artifacts):
    """Section d."""
    report.section("d", "Memory at 256 tokens, bytes",
        "embq inspect MODEL.embq --json: weights = parameters and biases, tables = all else that inference reads, "
        "arena = the working memory that the runtime asks for (the tests measure that exactly this much is "
        f"touched). The tokenizer is counted apart: the paper's {PAPER_BYTES:,} bytes leave it out too, as they do "
        "their scales and their adapter.")
    rows = []
    for task in tasks:
        summary = program.json("inspect", artifacts[task.name])
        footprint = summary["footprint"]
        length = min(256, summary["max_length"])
        total = footprint["total_256"]
        rows.append([task.name, footprint["weights"], footprint["tables"], footprint["arena"][str(length)], total,
                     f"{100 * total / PAPER_BYTES:.1f} %", footprint["tokenizer"], artifacts[task.name].stat().st_size])
    report.table("tasks", ["task", "weights", "tables", "arena", "total", "of the paper's", "tokenizer", "file"], rows)
