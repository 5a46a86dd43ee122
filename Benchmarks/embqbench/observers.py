"""Section n: each way of choosing the ranges of activations."""
import statistics

from .accuracy import ACCURACY_HEADER, accuracy_cells
from .program import texts

RUNS = 5
SECONDS = 1.0    # of `embq calibrate`, the median


def names(program):
    """The observers that `embq calibrate --help` lists."""
    return program.listed("calibrate", r"--observer <name> [^:]*: ((?:[\w-]+, )+[\w-]+)", "the observers")


def observers(report, program, references, tasks, folder, samples):
    """The section."""
    report.section("n", "Observers",
        f"embq calibrate --samples {samples} --observer NAME, wall seconds of the whole process, median of {RUNS} "
        f"runs; then embq quantize with this profile, all methods, evaluated as in section c. Limit: {SECONDS:g} s.")
    rows, slowest = [], (0.0, "")
    for task in tasks:
        count = min(samples, len(texts(task.calibration)))
        for name in names(program):
            profile, artifact = folder / f"{task.name}-{name}.embqcal", folder / "observer.embq"
            runs = [program.measure(folder, "calibrate", task.checkpoint, "--data", task.calibration, "--samples",
                                    count, "--observer", name, "-o", profile)["seconds"] for _ in range(RUNS)]
            program.run("quantize", task.checkpoint, "--profile", profile, "-o", artifact)
            result = references.of(task).compare(references.logits(task, artifact))
            seconds = statistics.median(runs)
            slowest = max(slowest, (seconds, f"{name} on {task.name}"))
            rows.append([task.name, name, f"{100 * result['score']:.2f}", *accuracy_cells(result), f"{seconds:.2f} s"])
    report.table("observers", ["task", "observer", "score", *ACCURACY_HEADER, "time"], rows)
    report.limit(f"calibration takes at most {SECONDS:g} s", slowest[0] <= SECONDS, f"{slowest[0]:.2f} s, {slowest[1]}")
