"""Section m: what each rounding method is worth, alone and together."""
from .accuracy import ACCURACY_HEADER, accuracy_cells
from .budget import BUDGET
from .program import Failure
from .trial import chosen, trial

TASKS = ["snips", "sst2"]
WIDTHS = {"8 bits": [], f"{BUDGET // 1000} kB": ["--budget", BUDGET]}


def names(program):
    """The methods that `embq quantize --help` lists."""
    return program.listed("quantize", r"--methods <names> [^:]*: ((?:[\w-]+, )+[\w-]+)", "the methods")


def methods(report, program, tasks, encoder, folder, samples):
    """The section. `encoder` is a sentence encoder's task, or None."""
    report.section("m", "Methods",
        "embq quantize --methods LIST, calibrated and evaluated as in section c: none, each alone, all; with 8-bit "
        "weights, and in the budget of section l; of a sentence encoder, the cosine of int8 and fp32 embeddings. time: "
        "wall seconds of embq quantize. There is no limit here.")
    choices = ["none", *names(program), "all"]
    rows = []
    for task in chosen(tasks, TASKS):
        for width, options in WIDTHS.items():
            for choice in choices:
                try:
                    result = trial(program, task, folder, samples, "--methods", choice, *options)
                except Failure as failure:
                    report.omit(f"{choice} on {task.name}, {width}", str(failure).splitlines()[0])
                    continue
                rows.append([task.name, width, choice, f"{100 * result['score']:.2f}", *accuracy_cells(result),
                             result["footprint"]["total_256"], f"{result['quantize_seconds']:.1f} s"])
    report.table("methods", ["task", "weights", "methods", "score", *ACCURACY_HEADER, "total", "time"], rows)
    if encoder is None:
        report.omit("methods on a sentence encoder", "MINILM and DATA name no folders")
        return
    report.line()
    rows = []
    for choice in choices:
        result = trial(program, encoder, folder, samples, "--methods", choice)
        cosines = result["embeddings"]
        rows.append([encoder.checkpoint.name, choice, f"{100 * result['score']:.2f}", f"{result['drop_points']:+.2f}",
                     f"{cosines['mean_cosine']:.4f}", f"{cosines['min_cosine']:.4f}",
                     result["footprint"]["total_256"], f"{result['quantize_seconds']:.1f} s"])
    report.table("encoder", ["encoder", "methods", "score", "drop", "mean cosine", "min cosine", "total", "time"], rows)
