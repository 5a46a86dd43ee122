"""Sections e to g: what packaging costs, how fast int8 runs, and whether every target computes the same bits."""
import filecmp
import itertools
import os
import statistics
import subprocess

from . import onnx
from .program import ROOT, labels, texts

PACKAGE_RUNS = 5
PACKAGE_SECONDS = 3.0
PACKAGE_BYTES = 150_000_000
SPEED_ROUNDS = 9
SPEED_RATIO = 3.0


def package(report, program, task, folder, samples):
    """Section e."""
    count, rows = min(samples, len(texts(task.calibration))), len(texts(task.test))
    report.section("e", f"Packaging {task.name}",
        f"embq package with {count} calibration and {rows} test rows on {os.cpu_count()} processors, "
        f"{PACKAGE_RUNS} times: wall seconds and peak resident memory of the whole process (wait4), each run into "
        f"a folder of its own; then all files of all runs are compared. Limits: {PACKAGE_SECONDS:g} s and "
        f"{PACKAGE_BYTES / 1e6:g} MB (medians), all files equal.")
    outputs, runs = [], []
    for number in range(PACKAGE_RUNS):
        output = folder / f"package-{number}"
        outputs.append(output)
        runs.append(program.measure(folder, "package", task.checkpoint, "--data", task.calibration, "--samples", count,
                                    "--test", task.test, "--task", task.name, "-o", output))
    seconds = statistics.median(run["seconds"] for run in runs)
    peak = statistics.median(run["peak_bytes"] for run in runs)
    report.line(f"   wall {seconds:.2f} s ({_span(runs, 'seconds')}), processor "
                f"{statistics.median(run['processor_seconds'] for run in runs):.2f} s, peak {peak / 1e6:.1f} MB")
    report.put("runs", runs)
    report.limit(f"packaging takes at most {PACKAGE_SECONDS:g} s", seconds <= PACKAGE_SECONDS, f"{seconds:.2f} s")
    report.limit(f"packaging takes at most {PACKAGE_BYTES / 1e6:g} MB", peak <= PACKAGE_BYTES, f"{peak / 1e6:.1f} MB")
    names = sorted({path.name for output in outputs for path in output.iterdir()})
    different = {name for other in outputs[1:]
                 for group in filecmp.cmpfiles(outputs[0], other, names, shallow=False)[1:] for name in group}
    size = sum(path.stat().st_size for path in outputs[0].iterdir())
    report.limit("equal inputs give equal bytes", not different,
                 f"{len(names)} files of {size:,} bytes, {PACKAGE_RUNS} runs, "
                 + (f"different: {', '.join(sorted(different))}" if different else "no difference"))


def _span(runs, key):
    values = [run[key] for run in runs]
    return f"{min(values):.2f} to {max(values):.2f}"


def speed(report, program, task, artifact, onnx_model, folder):
    """Section f."""
    report.section("f", f"Speed on one thread, {task.name}",
        "Sentences a second, inference alone, one sentence at a time at its own length, token ids ready: no "
        f"tokenizing, no loading. {SPEED_ROUNDS} rounds, one after the other in each: int8 (embq evaluate "
        "MODEL.embq --threads 1 --json), onnxruntime fp32 (intra_op and inter_op 1, from Python, the time of all "
        "calls), embq fp32 (its rows are batched). Medians; the ratio is the median of the rounds' ratios. First "
        f"the test rows, then 64 texts of 256 tokens made of them. Limit: int8 at least {SPEED_RATIO:g} times as "
        "fast as onnxruntime's fp32 on the test rows.")
    model = onnx.session(onnx_model) if onnx_model else None
    ratio = _compare(report, "test rows", program, task, artifact, model, task.test)
    long_texts = folder / "long.tsv"
    _write_long_texts(task, long_texts)
    _compare(report, "texts of 256 tokens", program, task, artifact, model, long_texts)
    if ratio is None:
        report.omit("speed beside onnxruntime", "there is no formats/onnx/model.onnx in CHECKPOINTS")
        return
    report.note(f"A call of onnxruntime from Python that computes nothing takes {1e6 * onnx.call_seconds():.0f} µs. "
                "It is not taken off.")
    report.limit(f"int8 is at least {SPEED_RATIO:g} times as fast as onnxruntime fp32", ratio >= SPEED_RATIO,
                 f"{ratio:.2f} times on the test rows")


def _write_long_texts(task, path):
    """Test rows joined to 64 texts of 300 words, so of 256 tokens and more, which both cut to 256."""
    words = itertools.cycle(word for text in texts(task.test) for word in text.split())
    names = itertools.cycle(labels(task.test))
    lines = [f"{next(names)}\t{' '.join(itertools.islice(words, 300))}\n" for _ in range(64)]
    path.write_text("label\ttext\n" + "".join(lines), encoding="utf-8")


def _compare(report, title, program, task, artifact, model, data):
    """A table of one set of sentences; gives the ratio, or None without onnxruntime."""
    figures = {"embq int8": [], "onnxruntime fp32": [], "embq fp32": []}
    inputs = onnx.feeds(task, data) if model else []
    if model:
        onnx.run_all(model, inputs)    # warm: memory is planned for each new length
    for _ in range(SPEED_ROUNDS):
        for name, path in (("embq int8", artifact), ("onnxruntime fp32", None), ("embq fp32", task.checkpoint)):
            if path:
                result = program.json("evaluate", path, "--data", data, "--task", task.name, "--threads", 1)
                figures[name].append(result["sentences_per_second"])
            elif model:
                figures[name].append(len(inputs) / onnx.run_all(model, inputs)[1])
    rows = [[name, f"{statistics.median(values):,.0f}", f"{1e6 / statistics.median(values):,.0f}",
             f"{min(values):,.0f}", f"{max(values):,.0f}"] for name, values in figures.items() if values]
    report.table(title, [title, "sentences/s", "µs each", "slowest", "fastest"], rows)
    report.put(f"{title}: rounds", figures)
    if not model:
        return None
    lengths = sorted(one["input_ids"].shape[1] for one in inputs)
    ratios = [ours / theirs for ours, theirs in zip(figures["embq int8"], figures["onnxruntime fp32"])]
    ratio = statistics.median(ratios)
    best = max(figures["embq int8"]) / max(figures["onnxruntime fp32"])
    report.put(f"{title}: ratio", ratio)
    report.note(f"{len(inputs)} sentences of {lengths[len(lengths) // 2]} tokens in the median, {lengths[-1]} at most. "
                f"int8 is {ratio:.2f} times as fast as onnxruntime fp32 ({min(ratios):.2f} to {max(ratios):.2f}; "
                f"in the fastest rounds, which a busy machine disturbs least, {best:.2f}).")
    report.line()
    return ratio


def identity(report, task, artifact, folder):
    """Section g."""
    script = ROOT / "Tests" / "runtime" / "matrix.sh"
    sentences = texts(task.test)
    report.section("g", f"Bit identity, {task.name} test rows",
        "Tests/runtime/matrix.sh MODEL.embq TEXTS: the runtime built for every target that this machine can run, "
        f"{len(sentences)} texts each. Limit: the same logits everywhere, bit for bit.")
    file = folder / "texts.txt"
    file.write_text("".join(text + "\n" for text in sentences), encoding="utf-8")
    done = subprocess.run([str(script), str(artifact), str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    output = done.stdout.decode(errors="replace").splitlines()
    for line in output:
        report.line(f"   {line}")
    report.put("output", output)
    report.limit("every target gives the same logits", done.returncode == 0, f"matrix.sh exits with {done.returncode}")
