"""Section k: embq's int8 beside onnxruntime's own quantizers, on the same models, calibration rows and test rows."""
import multiprocessing
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from scipy.stats import binomtest

from . import exports, luck, onnx, ortquant, scores
from .accuracy import ACCURACY_HEADER, MAXIMUM_DIFFERENCE, MINIMUM_CHANCE_AGREEMENT, accuracy_cells
from .program import Task
from .references import Reference
from .rows import CHOICE_ROWS

METHODS = [None, "MinMax", "Entropy", "Percentile"]
ROWS_BEHIND = 1
SPEED_ROUNDS = 3


class Measured(NamedTuple):
    """A task with what embq answers."""
    task: Task
    fp32: Reference
    int8: np.ndarray    # logits
    model: Path         # fp32 in ONNX

    @property
    def ours(self):
        return self.fp32.compare(self.int8)


def quantizers(report, program, references, tasks, artifacts, folder, samples, export):
    """The section. `export` is PyTorch's ONNX export of the first task's checkpoint."""
    report.section("k", "Beside onnxruntime's quantizers",
        f"onnxruntime {onnxruntime.__version__}: quantize_dynamic, and quantize_static (QDQ, int8 weights and "
        f"activations) with MinMax, Entropy and Percentile, {len(ortquant.VARIANTS)} variants. The model is PyTorch's "
        f"ONNX export of {tasks[0].name} with each task's own weights; the calibration rows and test rows are embq's. "
        "right: rows answered right. agreement and SQNR: against embq's fp32 logits, which the ONNX models reproduce "
        "(limit). chosen: the variant that scores best on valid.tsv or, without one, on "
        f"{CHOICE_ROWS:,} other rows of train.tsv, as a user would choose. best: the variant with most rows right on "
        "the test set itself, which nobody can choose. only ours, only theirs: rows that one of the two alone answers "
        "right, and how often a fair coin is that uneven (p). No int8 model of onnxruntime runs on a microcontroller. "
        f"Limits: embq flips no more than {ROWS_BEHIND} row more than the variant that flips least; where fp32 is "
        f"better than chance, embq answers no more than {ROWS_BEHIND} row less right than the chosen, or no more than two "
        "equal models differ by in 95 of 100 tests (a regression: 100/rows points); at chance, agreement of "
        f"{100 * MINIMUM_CHANCE_AGREEMENT:g} %.")
    measured = []
    for task in tasks:
        model = folder / f"{task.name}-fp32.onnx"
        exports.transplant(export, tasks[0].checkpoint, task.checkpoint, model)
        measured.append(Measured(task, references.of(task), references.logits(task, artifacts[task.name]), model))
    _check_inputs(report, program, measured, folder, samples)
    results = _variants(measured, folder, samples)
    figures = {name: [{key: value for key, value in result.items() if key not in ("right_rows", "path")}
                      for result in found] for name, found in results.items()}
    report.put("variants", figures)
    for one in measured:
        for result in results[one.task.name]:
            if "failed" in result:
                report.omit(f"onnxruntime {result['name']} on {one.task.name}", result["failed"])
    _table(report, measured, results, artifacts)
    report.line()
    _first_task(report, program, measured[0], results, artifacts)
    _luck(report, measured, results)
    _limits(report, measured, results)


def _check_inputs(report, program, measured, folder, samples):
    """The premises: the same fp32 model, scores and calibration rows, of which embq prints the tokens."""
    worst, change, differing = 0.0, 0.0, []
    for one in measured:
        score = scores.score(one.fp32.metric, one.fp32.logits, one.fp32.answers)
        change = max(change, abs(score - one.fp32.result["score"]))
        first = onnx.feeds(one.task, one.task.test)[:200]
        logits, _ = onnx.run_all(onnx.session(one.model), first)
        worst = max(worst, float(np.abs(logits - one.fp32.logits[:len(first)]).max()))
        rows = ortquant.calibration(one.task, samples)
        profile = program.json("calibrate", one.task.checkpoint, "--data", one.task.calibration, "--samples", len(rows),
                               "-o", folder / "k.embqcal")
        if profile["tokens"] != sum(row["input_ids"].shape[1] for row in rows):
            differing.append(one.task.name)
    report.limit("the ONNX models give embq's fp32 logits", worst <= MAXIMUM_DIFFERENCE, f"{worst:.1e}")
    report.limit("embq's scores equal scikit-learn's and scipy's", change <= 1e-6, f"{change:.1e}")
    report.limit("onnxruntime is calibrated on embq's rows, by their tokens", not differing,
                 f"they differ on {', '.join(differing)}" if differing else f"{len(measured)} tasks")
    report.line()


def _variants(measured, folder, samples):
    """Results of all variants by task; one process for each processor."""
    jobs = []
    for one in measured:
        prepared = folder / f"{one.task.name}-prepared.onnx"
        ortquant.prepare(one.model, prepared)
        jobs += [ortquant.Job(one.fp32, method, prepared, folder, samples) for method in METHODS]
    jobs.sort(key=lambda job: -len(job.fp32.logits))    # the longest first, so that none is left alone at the end
    results = {one.task.name: [] for one in measured}
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), ortquant.silence) as pool:
        for job, found in zip(jobs, pool.map(ortquant.run, jobs)):
            results[job.fp32.task.name] += found
    return results


def _working(results):
    return [result for result in results if "failed" not in result]


def _best(results):
    """The result with most rows right; of equals, the one that agrees best. None if all have failed."""
    return max(_working(results), key=lambda result: (scores.rank(result), result["agreement"]), default=None)


def _chosen(results):
    """The result that a user would choose: its score on the rows for that; of equals, the one listed first."""
    return max(_working(results), key=lambda result: result["choice_score"], default=None)


def _table(report, measured, results, artifacts):
    header = ["task", "model", "right", "score", *ACCURACY_HEADER, "file", "only ours", "only theirs", "p"]
    rows = []
    for one in measured:
        found = results[one.task.name]
        theirs = [(f"best {method or 'dynamic'}", _best([result for result in found if result["method"] == method]))
                  for method in METHODS]
        theirs.append(("chosen", _chosen(found)))
        rows.append([one.task.name, *_fp32_cells("fp32", one), "", "", ""])
        rows.append(["", *_cells("embq int8", one.ours, artifacts[one.task.name]), "", "", ""])
        rows += [["", *_cells(f"{name}: {result['name']}", result, result["path"]), *_discordant(one, result)]
                 for name, result in theirs if result]
    report.table("tasks", header, rows)
    report.note("embq's files hold the tokenizer, the labels and check vectors too; onnxruntime's the model alone.")


def _fp32_cells(name, one):
    right = scores.right(one.fp32.logits, one.fp32.answers)
    return [name, right, f"{100 * one.fp32.result['score']:.2f}", *[""] * len(ACCURACY_HEADER),
            one.model.stat().st_size]


def _cells(name, result, path):
    """A model's name, right, score, ACCURACY_HEADER, file."""
    return [name, result.get("right"), f"{100 * result['score']:.2f}", *accuracy_cells(result), path.stat().st_size]


def _discordant(one, result):
    """Rows that one alone answers right, and the p of a two-sided sign test."""
    if "right" not in result:
        return ["", "", ""]
    ours, theirs = scores.right_rows(one.int8, one.fp32.answers), result["right_rows"]
    first, second = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    p = binomtest(first, first + second).pvalue if first + second else 1.0
    return [first, second, f"{p:.2f}"]


def _first_task(report, program, one, results, artifacts):
    """All variants of one task, with their speed on one thread."""
    found = _working(results[one.task.name])
    report.note(f"All variants on {one.task.name}. time: calibration and conversion, a process for each processor. "
                f"sentences/s: one thread, one sentence a call at its own length, median of {SPEED_ROUNDS} rounds in "
                "which all take turns; embq's is inference alone, onnxruntime's includes the call from Python "
                "(section f).")
    report.line()
    inputs = onnx.feeds(one.task, one.task.test)
    sessions = {"fp32": onnx.session(one.model)} | {result["name"]: onnx.session(result["path"]) for result in found}
    speeds = {name: [] for name in ["embq int8", *sessions]}
    for _ in range(SPEED_ROUNDS):
        timing = program.json("evaluate", artifacts[one.task.name], "--data", one.task.test, "--task", one.task.name,
                              "--threads", 1)
        speeds["embq int8"].append(timing["sentences_per_second"])
        for name, model in sessions.items():
            speeds[name].append(len(inputs) / onnx.run_all(model, inputs)[1])
    report.put("speed", speeds)
    speed = {name: f"{statistics.median(values):,.0f}" for name, values in speeds.items()}
    rows = [[*_cells("embq int8", one.ours, artifacts[one.task.name]), "", speed["embq int8"]],
            [*_fp32_cells("onnxruntime fp32", one), "", speed["fp32"]]]
    rows += [[*_cells(result["name"], result, result["path"]), f"{result['seconds']:.1f} s", speed[result["name"]]]
             for result in found]
    report.table(one.task.name, [f"on {one.task.name}", "right", "score", *ACCURACY_HEADER, "file", "time",
                                 "sentences/s"], rows)


def _luck(report, measured, results):
    """What the best variant owes to there being many."""
    report.line()
    report.note("What the best of them owes to luck: copies of fp32's logits with random noise of each variant's "
                f"SQNR, as many as there are variants, {luck.ROUNDS} times. best copy: its rows right (Spearman's "
                "points), the median and 90 % of the rounds.")
    report.line()
    rows = []
    for one in measured:
        found = _working(results[one.task.name])
        best = _best(found)
        if best is None:
            continue
        copies = luck.best_copies(one.fp32, [result["sqnr_db"] for result in found])
        low, middle, high = np.percentile(copies, [5, 50, 95])
        rows.append([one.task.name, len(found), *(_figure(value) for value in (
            scores.rank(one.fp32.compare(one.fp32.logits)), scores.rank(one.ours), scores.rank(best), middle)),
            f"{_figure(low)} to {_figure(high)}"])
    report.table("luck", ["task", "variants", "fp32", "embq int8", "their best", "best copy", "90 %"], rows)


def _figure(value):
    """Rows, or a correlation in points."""
    return f"{value:,.0f}" if value > 1 else f"{100 * value:.2f}"


def _limits(report, measured, results):
    for one in measured:
        name, ours, found = one.task.name, one.ours, results[one.task.name]
        report.put(f"{name}: embq int8", ours)
        if not _working(found):
            continue
        closest = min(_working(found), key=lambda result: result["flipped_rows"])
        more = ours["flipped_rows"] - closest["flipped_rows"]
        report.limit(f"{name}: flips at most {ROWS_BEHIND} row more than the least of onnxruntime's",
                     more <= ROWS_BEHIND, f"{ours['flipped_rows']}; {closest['name']} {closest['flipped_rows']}")
        if one.fp32.better_than_chance:
            _behind(report, one, "the one chosen of onnxruntime's", _chosen(found))
        else:
            report.limit(f"{name}, fp32 at chance: agreement of {100 * MINIMUM_CHANCE_AGREEMENT:g} %",
                         ours["agreement"] >= MINIMUM_CHANCE_AGREEMENT, f"{100 * ours['agreement']:.2f} %")


def _behind(report, one, which, theirs):
    """The limit on what embq answers less right than one of the variants."""
    name, ours = one.task.name, one.ours
    behind = scores.rank(theirs) - scores.rank(ours)
    if "right" in theirs:
        first, second, p = _discordant(one, theirs)
        # Of rows that one alone answers right, the difference of two equal models is within this 95 times of 100.
        chance = 1.96 * (first + second) ** 0.5
        report.limit(f"{name}: at most {ROWS_BEHIND} row behind {which}, or within chance",
                     behind <= max(ROWS_BEHIND, chance),
                     f"{behind:+d} rows behind {theirs['name']}, which flips {theirs['flipped_rows']}; chance "
                     f"{chance:.1f}, p {p}")
    else:
        unit = ROWS_BEHIND / ours["rows"]
        report.limit(f"{name}: at most {100 * unit:.2f} points behind {which}", behind <= unit,
                     f"{100 * behind:+.2f} points behind {theirs['name']}")
