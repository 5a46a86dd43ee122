#!/usr/bin/env python3
"""Compares results of bits.c, compiled with SHOWN, with exact values: `bits | compare.py`. Prints the largest error of each function, in
units in the last place, and fails if one is larger than Sources/System/Elementary/include/celementary.h says."""
import math
import struct
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

import exact

getcontext().prec = 60
getcontext().Emax, getcontext().Emin = 10**9, -(10**9)
LIMITS = {
    "exp": 0.52, "log": 0.52, "log10": 0.52, "pow": 0.52, "log1p": 0.7, "tanh": 3.2, "erf": 1.6,
    "expf": 0.5, "logf": 0.5, "log1pf": 0.5, "tanhf": 0.5, "erff": 0.5,
}  # fmt: skip
EXACT = {
    "exp": lambda x: Decimal(x).exp(), "log": lambda x: Decimal(x).ln(), "log10": lambda x: Decimal(x).log10(),
    "log1p": exact.log1p, "tanh": exact.tanh, "erf": exact.erf,
}  # fmt: skip


def expected(name, x, y):
    """None where there is no finite value."""
    if name == "pow":
        return (Decimal(y) * Decimal(x).ln()).exp() if 0 < x < math.inf else None
    base = name.rstrip("f") if name != "erf" and name.endswith("f") else name
    if name == "erff":
        base = "erf"
    if not math.isfinite(x) or (base in ("log", "log10") and x <= 0) or (base == "log1p" and x <= -1):
        return None
    if base in ("tanh", "erf") and abs(x) > 40:
        return Decimal(1).copy_sign(Decimal(x))
    if base == "exp" and abs(x) > 2000:
        return None
    # So small that the first terms of the series tell more than 60 digits do.
    if base in ("tanh", "log1p") and 0 < abs(x) < 1e-300:
        return Decimal(x)
    return EXACT[base](Decimal(x))


def error(value, true, narrow):
    """In units in the last place of the true value's binade."""
    digits, least, largest = (24, -149, Fraction(2**128)) if narrow else (53, -1074, Fraction(2**1024))
    true = Fraction(true)
    if abs(true) >= largest or math.isinf(value):
        # Beyond the largest number by half a unit: infinite.
        limit = largest - largest / 2 ** (digits + 1)
        return 0 if math.isinf(value) == (abs(true) >= limit) or abs(abs(true) - limit) < limit / 2**52 else math.inf
    if true == 0:
        return 0 if value == 0 else math.inf
    place = abs(true).numerator.bit_length() - abs(true).denominator.bit_length()
    if Fraction(2) ** place > abs(true):
        place -= 1
    return float(abs(Fraction(value) - true) / Fraction(2) ** max(place - digits + 1, least))


def main():
    worst, counts = {}, {}
    for line in sys.stdin:
        name, *numbers = line.split()
        x, y, value = (struct.unpack(">d", bytes.fromhex(n))[0] for n in numbers)
        if (true := expected(name, x, y)) is None:
            continue
        # Results far below the subnormal ones: zeros, without fractions of millions of digits.
        if abs(true) < Decimal("1e-400"):
            found = 0 if abs(value) < 1e-300 else math.inf
        elif abs(true) > Decimal("1e400"):
            found = 0 if math.isinf(value) else math.inf
        else:
            found = error(value, true, name in ("expf", "logf", "log1pf", "tanhf", "erff"))
        subnormal = name in ("exp", "pow") and abs(true) < Decimal(2) ** -1021
        if found > (1.1 if subnormal else LIMITS[name]):
            sys.exit(f"{name}({x.hex()}, {y.hex()}) = {value.hex()}: {found} units in the last place")
        counts[name] = counts.get(name, 0) + 1
        if not subnormal:
            worst[name] = max(worst.get(name, 0), found)
    if missing := LIMITS.keys() - counts.keys():
        sys.exit(f"no results of {', '.join(sorted(missing))}")
    print("largest error: " + ", ".join(f"{name} {worst[name]:.3f}" for name in LIMITS))
    print(f"over {sum(counts.values())} results")


main()
