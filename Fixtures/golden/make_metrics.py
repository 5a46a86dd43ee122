#!/usr/bin/env python3
"""Writes metrics.json: scores by scikit-learn and SciPy that the Swift ones have to equal.

    pip install numpy scipy scikit-learn
    python3 make_metrics.py > metrics.json

Undefined correlations are null. Every random choice is seeded.
"""
import json
import warnings

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binomtest, bootstrap, norm, pearsonr, spearmanr
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


def mcnemars():
    """The exact test is the binomial test of the rows that one model alone has right."""
    for lost, won in [
        (0, 0), (1, 0), (0, 1), (3, 0), (5, 0), (6, 0), (0, 6), (1, 1), (2, 9), (10, 21), (40, 60), (30, 60),
        (500, 530), (515, 515), (600, 500), (1000, 2), (4000, 4200), (20000, 20500),
    ]:
        p = 1.0 if lost + won == 0 else float(binomtest(lost, lost + won, 0.5).pvalue)
        yield {"name": f"{lost} to {won}", "lost": lost, "won": won, "p": p}


def differences():
    """The ends of Tango's score interval: where the score test of the difference δ of two paired proportions reaches the
    normal distribution's 97.5 %. The likelihood's derivative is solved as a polynomial, the ends are found by Brent."""
    for lost, won, rows in [
        (0, 0, 5), (0, 0, 700), (0, 0, 100000), (1, 0, 700), (0, 1, 700), (1, 1, 364), (7, 8, 1725), (30, 0, 700),
        (12, 14, 7600), (3, 10, 872), (5, 5, 10), (10, 0, 10), (0, 10, 10), (1, 0, 1), (2, 1, 4),
    ]:
        both = rows - lost - won

        def share(delta):
            roots = np.roots([
                -2 * rows, (lost + won) * (1 - delta) - 2 * delta * (won + both), won * delta * (1 - delta)])
            return max(float(np.real(root)) for root in roots)

        def distance(delta):
            variance = rows * (2 * share(delta) + delta * (1 - delta))
            difference = lost - won - rows * delta
            return difference / np.sqrt(variance) if variance > 0 else np.copysign(1e9, difference)

        found, z, edge = (lost - won) / rows, norm.ppf(0.975), 1 - 1e-12
        low = -1.0 if won == rows else brentq(lambda d: distance(d) - z, -edge, found - 1e-15, xtol=1e-15, rtol=1e-14)
        high = 1.0 if lost == rows else brentq(lambda d: distance(d) + z, found + 1e-15, edge, xtol=1e-15, rtol=1e-14)
        yield {"name": f"{lost} to {won} of {rows}", "lost": lost, "won": won, "rows": rows, "interval": [low, high]}


MASK = (1 << 64) - 1


class SplitMix64:
    """Steele, Lea and Flood 2014, figure 17, with Lemire's product for an index."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def index(self, below):
        return (self.next() * below) >> 64


def score(metric, expected, predicted):
    if metric == "spearman":
        value = spearmanr(expected, predicted).statistic
        return 0.0 if np.isnan(value) else float(value)
    if metric == "accuracy":
        return float(accuracy_score(expected, predicted))
    if metric == "mcc":
        return float(matthews_corrcoef(expected, predicted))
    if len(CLASSES) == 2:
        return float(f1_score(expected, predicted, pos_label=1, zero_division=0))
    return float(f1_score(expected, predicted, average="weighted", zero_division=0, labels=CLASSES))


def bootstrap_case(name, metric, expected, reference, test, flipped, resamples=300):
    """Every resample is drawn and scored by scikit-learn or SciPy; scipy.stats.bootstrap draws others of its own."""
    expected, reference, test = np.asarray(expected), np.asarray(reference), np.asarray(test)
    rows, drops, references, tests, agreements = len(expected), [], [], [], []
    for number in range(resamples):
        random = SplitMix64(SplitMix64(number).next())
        chosen = [random.index(rows) for _ in range(rows)]
        references.append(score(metric, expected[chosen], reference[chosen]))
        tests.append(score(metric, expected[chosen], test[chosen]))
        drops.append((references[-1] - tests[-1]) * 100)
        agreements.append(1 - float(np.mean(np.asarray(flipped)[chosen])))
    ends = lambda values: [float(x) for x in np.percentile(values, [2.5, 97.5])]
    theirs = bootstrap(
        (expected, reference, test),
        lambda e, r, t: (score(metric, e, r) - score(metric, e, t)) * 100,
        paired=True, vectorized=False, n_resamples=2000, method="percentile", rng=np.random.default_rng(1))
    return {
        "name": name, "metric": metric, "resamples": resamples, "classes": len(CLASSES),
        "expected": expected.tolist(), "reference": reference.tolist(), "test": test.tolist(),
        "drop": ends(drops), "reference_score": ends(references), "test_score": ends(tests),
        "agreement": ends(agreements),
        "scipy_drop": [float(theirs.confidence_interval.low), float(theirs.confidence_interval.high)],
        "scipy_error": float(theirs.standard_error),
    }


def bootstraps():
    global CLASSES
    for metric, classes, rows, seed in [
        ("accuracy", 7, 120, 30), ("mcc", 2, 90, 31), ("f1", 2, 100, 32), ("f1", 3, 80, 33), ("mcc", 4, 60, 34),
    ]:
        CLASSES = list(range(classes))
        expected, reference = noisy(seed, rows, classes, 0.7)
        random = np.random.default_rng(seed + 100)
        test = np.where(random.random(rows) < 0.9, reference, random.choice(classes, rows))
        yield bootstrap_case(
            f"{metric}, {classes} classes", metric, expected, reference, test, reference != test)
    CLASSES = []
    random = np.random.default_rng(40)
    expected = np.round(random.random(70) * 5, 1)
    reference = np.round(expected + random.normal(0, 1, 70), 1).astype(np.float32)
    test = np.round(reference + random.normal(0, 0.1, 70), 1).astype(np.float32)
    wide = reference.astype(np.float64)
    flipped = np.abs(wide - test) > 0.1 * wide.std()
    yield bootstrap_case("spearman with ties", "spearman", expected, reference, test, flipped)


print(json.dumps({
    "classification": list(classifications()),
    "correlation": list(correlations()),
    "mcnemar": list(mcnemars()),
    "difference": list(differences()),
    "bootstrap": list(bootstraps()),
}))
