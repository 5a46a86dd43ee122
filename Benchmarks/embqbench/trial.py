"""One way of quantizing, measured: how long it takes and what it does to the accuracy."""
from .program import texts


def trial(program, task, folder, samples, *options):
    """What `embq evaluate --against` prints of the artifact that `embq quantize` makes with these options, and
    `quantize_seconds`, the wall seconds of the whole process, `footprint` and the path `artifact`, until the next."""
    artifact = folder / f"trial-{task.name}.embq"
    count = min(samples, len(texts(task.calibration)))
    usage = program.measure(folder, "quantize", task.checkpoint, "--data", task.calibration, "--samples", count,
                            *options, "-o", artifact)
    result = program.json("evaluate", artifact, "--data", task.test, "--task", task.name, "--against", task.checkpoint)
    footprint = program.json("inspect", artifact)["footprint"]
    return result | {"quantize_seconds": usage["seconds"], "footprint": footprint, "artifact": str(artifact)}


def chosen(tasks, names):
    """The tasks whose data lie in folders of these names; when there are none, the first task."""
    return [task for task in tasks if task.test.parent.name in names] or tasks[:1]
