"""Scores of logits by scikit-learn and scipy, the same for every program that is compared."""
import json

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from .program import labels

# Part of the standard deviation of fp32's answers: two answers of a regression that are no further apart count as the
# same, as in `embq evaluate`.
SAME_NUMBER = 0.1


def wanted(task, path):
    """The right answers of a TSV's rows: label ids, or the numbers of a regression."""
    names = json.loads((task.checkpoint / "config.json").read_text())["id2label"]
    if len(names) == 1:
        return np.array([float(label) for label in labels(path)])
    ids = {name: int(number) for number, name in names.items()}
    return np.array([ids[label] for label in labels(path)])


def score(metric, logits, answers):
    """The task's metric, as `embq evaluate` names it."""
    if metric == "spearman":
        return float(spearmanr(logits[:, 0], answers).statistic)
    functions = {"accuracy": accuracy_score, "mcc": matthews_corrcoef, "f1": f1_score}
    return float(functions[metric](answers, logits.argmax(1)))


def right_rows(logits, answers):
    """Whether each row is answered right, or None for a regression."""
    return None if logits.shape[1] == 1 else logits.argmax(1) == answers


def right(logits, answers):
    """How many rows are answered right, or None for a regression."""
    return None if logits.shape[1] == 1 else int(right_rows(logits, answers).sum())


def rank(result):
    """What results are compared by, the best largest: rows right, or a regression's score."""
    return result.get("right", result["score"])


def flipped(logits, reference):
    """Rows answered otherwise than the reference does."""
    if logits.shape[1] == 1:
        return int((np.abs(logits - reference) > SAME_NUMBER * reference.std()).sum())
    return int((logits.argmax(1) != reference.argmax(1)).sum())


def sqnr(logits, reference):
    """Decibels, or None when the logits are equal: 10·log₁₀(Σ reference² / Σ (reference − logits)²)."""
    noise = float(((logits - reference) ** 2).sum())
    return float(10 * np.log10(float((reference ** 2).sum()) / noise)) if noise > 0 else None


def compare(metric, logits, reference, answers):
    """All of it, as `embq evaluate --against --json` names it; `right` and `sqnr_db` only where there are any."""
    changed = flipped(logits, reference)
    before, after = score(metric, reference, answers), score(metric, logits, answers)
    result = {"rows": len(answers), "reference_score": before, "score": after, "drop_points": 100 * (before - after),
              "flipped_rows": changed, "agreement": 1 - changed / len(answers), "right": right(logits, answers),
              "sqnr_db": sqnr(logits, reference)}
    return {name: value for name, value in result.items() if value is not None}
