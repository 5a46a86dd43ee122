"""Section l: the most accurate model that a byte budget allows."""
from typing import NamedTuple

from .accuracy import ACCURACY_HEADER, accuracy_cells
from .program import Failure
from .trial import chosen, trial

BUDGET = 300_000    # bytes at 256 tokens: weights, tables and arena
SECONDS = 20.0      # of `embq quantize`, calibration included


class Limits(NamedTuple):
    agreement: float | None = None    # least
    drop: float | None = None         # points of 100, most


# By the data's folder. SST-2's drop is left open: there fp32 answers a fifth of the rows wrong.
LIMITS = {"snips": Limits(agreement=0.993, drop=0.3), "sst2": Limits(agreement=0.985)}


def budget(report, program, tasks, folder, samples):
    """The section."""
    report.section("l", f"A budget of {BUDGET:,} bytes",
        f"embq quantize CHECKPOINT --data train.tsv --samples {samples} --budget {BUDGET}: widths of the weights are "
        "chosen so that weights, tables and arena at 256 tokens fit; then as in section c. time: wall seconds of embq "
        "quantize, calibration included. Limits: the budget; "
        + "; ".join(f"{name}: {_words(limits)}" for name, limits in LIMITS.items()) + f"; {SECONDS:g} s.")
    rows, results = [], {}
    for task in chosen(tasks, LIMITS):
        try:
            results[task.name] = trial(program, task, folder, samples, "--budget", BUDGET)
        except Failure as failure:
            report.limit(f"{task.name} fits the budget", False, str(failure).splitlines()[0])
    if not results:
        return
    for name, result in results.items():
        footprint = result["footprint"]
        rows.append([name, footprint["weights"], footprint["tables"], footprint["arena"]["256"],
                     footprint["total_256"], f"{100 * result['reference_score']:.2f}", f"{100 * result['score']:.2f}",
                     *accuracy_cells(result), f"{result['quantize_seconds']:.1f} s"])
    report.table("tasks", ["task", "weights", "tables", "arena", "total", "fp32", "int8", *ACCURACY_HEADER, "time"],
                 rows)
    report.put("results", results)
    for task in chosen(tasks, LIMITS):
        if task.name in results:
            _limits(report, task.name, results[task.name], LIMITS.get(task.test.parent.name, Limits()))


def _words(limits):
    drop = "" if limits.drop is None else f", a drop of {limits.drop:g} points"
    return f"agreement of {100 * limits.agreement:g} %{drop}"


def _limits(report, name, result, limits):
    total = result["footprint"]["total_256"]
    report.limit(f"{name} fits {BUDGET:,} bytes", total <= BUDGET, f"{total:,}")
    if limits.agreement is not None:
        report.limit(f"{name} in the budget: agreement of {100 * limits.agreement:g} %",
                     result["agreement"] >= limits.agreement, f"{100 * result['agreement']:.2f} %")
    if limits.drop is not None:
        report.limit(f"{name} in the budget: a drop of {limits.drop:g} points", result["drop_points"] <= limits.drop,
                     f"{result['drop_points']:+.2f}")
    report.limit(f"{name} in the budget: {SECONDS:g} s", result["quantize_seconds"] <= SECONDS,
                 f"{result['quantize_seconds']:.1f} s")
