#!/usr/bin/env python3
"""Writes metrics.json: scores by scikit-learn and SciPy that the Swift ones have to equal.

    pip install numpy scipy scikit-learn
    python3 make_metrics.py > metrics.json

Undefined correlations are null. Every random choice is seeded.
"""
import json
import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef

warnings.filterwarnings("ignore")


def classification(name, expected, predicted, classes):
    expected, predicted = [int(x) for x in expected], [int(x) for x in predicted]
    positive = [[int(x == 1) for x in side] for side in (expected, predicted)]
    f1 = lambda average: float(f1_score(expected, predicted, average=average, zero_division=0))
    return {
        "name": name,
        "classes": classes,
        "expected": expected,
        "predicted": predicted,
        "accuracy": float(accuracy_score(expected, predicted)),
        "mcc": float(matthews_corrcoef(expected, predicted)),
        "f1_weighted": f1("weighted"),
        "f1_macro": f1("macro"),
        "f1_binary": float(f1_score(*positive, pos_label=1, zero_division=0)),
        "confusion": confusion_matrix(expected, predicted, labels=list(range(classes))).ravel().tolist(),
    }


def noisy(seed, rows, classes, keep, weights=None):
    """Labels of which a share `keep` is predicted right, the rest at random."""
    random = np.random.default_rng(seed)
    expected = random.choice(classes, rows, p=weights)
    predicted = np.where(random.random(rows) < keep, expected, random.choice(classes, rows))
    return expected, predicted


def correlation(name, a, b):
    a, b = [float(x) for x in a], [float(x) for x in b]
    finite = lambda x: None if np.isnan(x) else float(x)
    return {
        "name": name,
        "a": a,
        "b": b,
        "spearman": finite(spearmanr(a, b).statistic) if len(a) > 1 else None,
        "pearson": finite(pearsonr(a, b).statistic) if len(a) > 1 else None,
    }


def classifications():
    yield classification("one row, right", [0], [0], 2)
    yield classification("one row, wrong", [1], [0], 2)
    yield classification("all right", [0, 1, 1, 0], [0, 1, 1, 0], 2)
    yield classification("all wrong", [0, 1, 1, 0], [1, 0, 0, 1], 2)
    yield classification("always class 0", [0, 1, 1, 0, 1], [0] * 5, 2)
    yield classification("always class 1", [0, 1, 1, 0, 1], [1] * 5, 2)
    yield classification("only class 0 expected", [0] * 4, [0, 1, 0, 1], 2)
    yield classification("only class 1 expected", [1] * 4, [0, 1, 0, 1], 2)
    yield classification("class 1 never occurs", [0, 0, 2, 2], [0, 2, 2, 2], 3)
    yield classification("a class is predicted but never expected", [0, 0, 1, 1], [0, 2, 1, 2], 3)
    yield classification("a class is expected but never predicted", [0, 1, 2, 2], [0, 1, 0, 1], 3)
    yield classification("one class in all", [0, 0, 0], [0, 0, 0], 1)
    yield classification("classes shifted by one", [0, 1, 2, 3] * 3, [1, 2, 3, 0] * 3, 4)
    for seed, rows, classes, keep in [
        (1, 10, 2, 0.5), (2, 100, 2, 0.9), (3, 1725, 2, 0.6), (4, 3, 3, 0.5), (5, 700, 7, 0.97),
        (6, 50, 20, 0.3), (7, 200, 4, 0.0), (8, 1000, 3, 0.8), (9, 500, 64, 0.9),
    ]:
        expected, predicted = noisy(seed, rows, classes, keep)
        yield classification(f"{rows} rows, {classes} classes, {keep:.0%} kept", expected, predicted, classes)
    for seed, weights in [(10, [0.99, 0.01]), (11, [0.7, 0.2, 0.09, 0.01]), (12, [0.001, 0.999])]:
        expected, predicted = noisy(seed, 600, len(weights), 0.8, weights)
        yield classification(f"600 rows, weights {weights}", expected, predicted, len(weights))


def correlations():
    random = np.random.default_rng(20)
    yield correlation("one pair", [1], [2])
    yield correlation("two pairs, rising", [1, 2], [3, 9])
    yield correlation("two pairs, falling", [1, 2], [9, 3])
    yield correlation("constant left", [1, 1, 1], [1, 2, 3])
    yield correlation("constant right", [1, 2, 3], [0.1, 0.1, 0.1])
    yield correlation("constant both", [2, 2], [2, 2])
    yield correlation("rising but not straight", [1, 2, 3, 4, 5], [1, 8, 27, 64, 125])
    yield correlation("ties on one side", [1, 1, 2, 2, 3], [5, 4, 3, 2, 1])
    yield correlation("ties on both sides", [1, 2, 2, 3, 3, 3], [2, 1, 2, 2, 3, 3])
    yield correlation("zero and minus zero tie", [0.0, -0.0, 1.0, 2.0], [1, 2, 3, 4])
    yield correlation("large offset", (1e9 + random.random(50)).tolist(), random.random(50).tolist())
    yield correlation("tiny values", (1e-30 * random.random(50)).tolist(), random.random(50).tolist())
    for rows, noise in [(10, 0.1), (100, 1.0), (500, 3.0), (1379, 0.5)]:
        a = np.round(random.random(rows) * 5, 1)
        yield correlation(f"{rows} scores of one decimal, noise {noise}", a, np.float32(a + random.normal(0, noise, rows)))
    yield correlation("unrelated", random.normal(size=200), random.normal(size=200))


print(json.dumps({
    "classification": list(classifications()),
    "correlation": list(correlations()),
}))
