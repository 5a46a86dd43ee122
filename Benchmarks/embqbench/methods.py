"""Section m: what each rounding method is worth, alone and together."""
from .accuracy import ACCURACY_HEADER, accuracy_cells
from .budget import BUDGET
from .program import Failure
from .trial import chosen, trial

METHODS = ["folding", "balance", "bias-correction", "error-feedback"]    # as `embq quantize --help` names them
TASKS = ["snips", "sst2"]
WIDTHS = {"8 bits": [], f"{BUDGET // 1000} kB": ["--budget", BUDGET]}


def methods(report, program, tasks, folder, samples):
    """The section."""
    report.section("m", "Methods",
        "embq quantize --methods LIST, calibrated and evaluated as in section c: none, each alone, all; with 8-bit "
        "weights, and in the budget of section l. time: wall seconds of embq quantize. There is no limit here.")
    rows = []
    for task in chosen(tasks, TASKS):
        for width, options in WIDTHS.items():
            for names in ["none", *METHODS, "all"]:
                try:
                    result = trial(program, task, folder, samples, "--methods", names, *options)
                except Failure as failure:
                    report.omit(f"{names} on {task.name}, {width}", str(failure).splitlines()[0])
                    continue
                rows.append([task.name, width, names, f"{100 * result['score']:.2f}", *accuracy_cells(result),
                             result["footprint"]["total_256"], f"{result['quantize_seconds']:.1f} s"])
    report.table("methods", ["task", "weights", "methods", "score", *ACCURACY_HEADER, "total", "time"], rows)
