"""What embq computes of each task in fp32, once, and what other logits of the task look like beside it."""
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from . import scores
from .program import Task

NO_SKILL = 0.05    # a Matthews or Spearman correlation below this is chance


def read_predictions(path):
    """Logits, float64 [rows, outputs], of a file that `--predictions` wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return np.array([[float(value) for value in line.split("\t")[3:]] for line in lines])


@dataclass
class Reference:
    """A task's test rows in fp32."""
    task: Task
    result: dict          # of `embq evaluate --json`
    logits: np.ndarray    # [rows, outputs]

    @cached_property
    def answers(self):
        return scores.wanted(self.task, self.task.test)

    @property
    def metric(self):
        return self.result["metric"]

    @property
    def better_than_chance(self):
        """Whether it is, so that its score can tell two roundings of it apart."""
        return abs(self.result["scc"] if self.metric == "spearman" else self.result["mcc"]) >= NO_SKILL

    def compare(self, logits):
        return scores.compare(self.metric, logits, self.logits, self.answers)


class References:
    """References by task."""

    def __init__(self, program, folder):
        self.program, self.folder, self.known = program, Path(folder), {}

    def of(self, task):
        if task.checkpoint not in self.known:
            self.known[task.checkpoint] = Reference(task, *self._evaluate(task, task.checkpoint))
        return self.known[task.checkpoint]

    def logits(self, task, artifact):
        """Of the device's code."""
        return self._evaluate(task, artifact)[1]

    def _evaluate(self, task, model):
        predictions = self.folder / "predictions.tsv"
        result = self.program.json("evaluate", model, "--data", task.test, "--task", task.name, "--predictions",
                                   predictions)
        return result, read_predictions(predictions)
