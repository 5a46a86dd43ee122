#!/usr/bin/env python3
"""Writes golden.json: matrices rounded by GPTQ as its paper writes it, for the tests of error feedback.

Algorithm 1 of E. Frantar et al., "GPTQ", arXiv 2210.17323, column by column without lazy batches: the upper Cholesky factor
of the inverse Hessian, the mean diagonal times 0.01 added to the diagonal, weights rounded to the nearest step (halves away
from zero), what is left spread over the columns behind. In float64 with numpy; the cases keep away from ties.

    python3 Fixtures/rounding/make.py
"""

import json
import pathlib

import numpy as np


def gptq(weights, hessian, step, low, high):
    size = len(hessian)
    damped = hessian + 0.01 * np.mean(np.diag(hessian)) * np.eye(size)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest = weights.astype(np.float64).copy()
    codes = np.zeros(weights.shape, dtype=int)
    closest = 1.0
    for i in range(size):
        scaled = rest[:, i] / step
        rounded = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
        closest = min(closest, np.min(np.abs(np.abs(scaled) % 1 - 0.5)))
        codes[:, i] = np.clip(rounded, low, high)
        error = (rest[:, i] - codes[:, i] * step) / upper[i, i]
        rest[:, i:] -= np.outer(error, upper[i, i:])
    return codes, closest


def case(seed, rows, size, samples, low, high):
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(size, size)) * (random.random(size) < 0.7)
    inputs = (random.normal(size=(samples, size)) @ mixing + 0.3).astype(np.float32)
    hessian = (inputs.T.astype(np.float64) @ inputs / samples).astype(np.float32)
    weights = random.normal(size=(rows, size)).astype(np.float32)
    step = float(np.float32(np.abs(weights).max() / high))
    codes, closest = gptq(weights, hessian.astype(np.float64), step, low, high)
    if closest < 1e-4:
        return None
    return {
        "rows": rows, "width": size, "step": step, "low": low, "high": high,
        "weights": weights.ravel().tolist(), "gram": hessian.ravel().tolist(), "codes": codes.ravel().tolist(),
    }


def main():
    shapes = [(3, 1, 10), (4, 7, 40), (5, 16, 60), (6, 33, 100), (2, 24, 12)]
    cases = []
    for rows, size, samples in shapes:
        for low, high in [(-8, 7), (-127, 127)]:
            seed = 1
            while (found := case(seed, rows, size, samples, low, high)) is None:
                seed += 1
            cases.append(found)
    path = pathlib.Path(__file__).with_name("golden.json")
    path.write_text(json.dumps({"numpy": np.__version__, "cases": cases}) + "\n")


main()
