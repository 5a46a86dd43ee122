"""Section l: the most accurate model that a byte budget allows."""
from typing import NamedTuple

from .accuracy import ACCURACY_HEADER, accuracy_cells
from .program import Failure
from .trial import chosen, trial

SECONDS = 20.0      # of `embq quantize`, calibration included


class Limits(NamedTuple):
    agreement: float | None = None    # least
    drop: float | None = None         # points of 100, most


# By bytes at 256 tokens (weights, tables and arena), then by the data's folder. In 300,000 bytes SST-2's drop is left
# open: there fp32 answers a fifth of the rows wrong. STS-B has no answers that agree, but a correlation.
FEW = Limits(agreement=0.98, drop=0.5)
BUDGETS = {
    300_000: {"snips": Limits(agreement=0.993, drop=0.3), "sst2": Limits(agreement=0.985)},
    200_000: {"snips": FEW, "sst2": FEW, "agnews": FEW, "mrpc": FEW, "nlu": FEW, "stsb": Limits(drop=0.5)},
    175_000: {name: Limits(drop=0.5) for name in ("snips", "sst2", "agnews", "mrpc", "nlu", "stsb")},
    150_000: {name: Limits(drop=1.0) for name in ("snips", "sst2", "agnews", "mrpc", "nlu", "stsb")},
}
BUDGET = max(BUDGETS)


def budget(report, program, tasks, folder, samples):
    """The section."""
    report.section("l", "Budgets of " + ", ".join(f"{size:,}" for size in BUDGETS) + " bytes",
        f"embq quantize CHECKPOINT --data train.tsv --samples {samples} --budget SIZE: widths of the weights are chosen "
        "so that weights, tables and arena at 256 tokens fit; then as in section c. time: wall seconds of embq quantize, "
        f"calibration included. Limits: the budget, {SECONDS:g} s, and for each task "
        + "; ".join(f"in {size:,} bytes {_words(limits)}" for size, limits in BUDGETS.items()) + ".")
    for size, limits in BUDGETS.items():
        _budget(report, program, chosen(tasks, limits), folder, samples, size, limits)


def _budget(report, program, tasks, folder, samples, size, limits):
    rows, results = [], {}
    for task in tasks:
        try:
            results[task.name] = trial(program, task, folder, samples, "--budget", size)
        except Failure as failure:
            report.limit(f"{task.name} fits {size:,} bytes", False, str(failure).splitlines()[0])
    if not results:
        return
    for name, result in results.items():
        footprint = result["footprint"]
        rows.append([name, footprint["weights"], footprint["tables"], footprint["arena"]["256"],
                     footprint["total_256"], f"{100 * result['reference_score']:.2f}", f"{100 * result['score']:.2f}",
                     *accuracy_cells(result), f"{result['quantize_seconds']:.1f} s"])
    report.table(f"tasks_{size}",
                 ["task", "weights", "tables", "arena", "total", "fp32", "embq", *ACCURACY_HEADER, "time"], rows)
    report.put(f"results_{size}", results)
    for task in tasks:
        if task.name in results:
            _limits(report, task.name, results[task.name], size, limits.get(task.test.parent.name, Limits()))


def _words(limits):
    """The limits of a budget, tasks that have the same together."""
    def told(limit):
        drop = [] if limit.drop is None else [f"a drop of {limit.drop:g} points"]
        agreement = [] if limit.agreement is None else [f"agreement of {100 * limit.agreement:g} %"]
        return " and ".join(agreement + drop)
    return ", ".join(f"{'/'.join(n for n, l in limits.items() if l == limit)} {told(limit)}"
                     for limit in dict.fromkeys(limits.values()))


def _limits(report, name, result, size, limits):
    total = result["footprint"]["total_256"]
    report.limit(f"{name} fits {size:,} bytes", total <= size, f"{total:,}")
    if limits.agreement is not None:
        report.limit(f"{name} in {size:,} bytes: agreement of {100 * limits.agreement:g} %",
                     result["agreement"] >= limits.agreement, f"{100 * result['agreement']:.2f} %")
    if limits.drop is not None:
        report.limit(f"{name} in {size:,} bytes: a drop of {limits.drop:g} points",
                     result["drop_points"] <= limits.drop, f"{result['drop_points']:+.2f}")
    report.limit(f"{name} in {size:,} bytes: {SECONDS:g} s", result["quantize_seconds"] <= SECONDS,
                 f"{result['quantize_seconds']:.1f} s")
