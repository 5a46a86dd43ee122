#!/usr/bin/env python3
"""Writes the tables of Sources/System/Elementary with 60 digits, each number rounded once.

    Tests/processors/tables.py [--check]    --check: only compares the committed file
"""
import pathlib
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

from exact import derivatives, erf, ln

getcontext().prec = 60
FILE = pathlib.Path(__file__).parents[2] / "Sources/System/Elementary/elementary_tables.h"


def pair(value):
    """A double, and the double that is nearest to the rest."""
    high = float(value)
    return high, float(value - Decimal(high))


def coarse(value, bits):
    """A multiple of 2^-bits, and the double that is nearest to the rest."""
    high = float(Fraction(round(value * 2**bits), 2**bits))
    return high, float(value - Decimal(high))


def logarithm(i):
    """1 / c of 9 bits for the mantissas of an interval, and ln c; exactly 1 and 0 on both sides of 1."""
    if i in (0, 127):
        return 1.0, 0.0, 0.0
    centre = (1 + Fraction(2 * i + 1, 256)) / (1 if i < 53 else 2)
    inverse = Fraction(round(512 / centre), 512)
    return float(inverse), *coarse(-ln(Decimal(inverse.numerator) / inverse.denominator), 43)


def piece(i):
    """The Taylor polynomial of erf in the middle of an interval of 1/8, the rest of its first coefficient last."""
    centre = Decimal(2 * i + 1) / 16
    high, low = pair(erf(centre))
    return [high, *(float(c) for c in derivatives(centre, 13)), low]


def near_zero():
    """erf(x) / x in powers of x^2; the rest of the first coefficient last."""
    odd = derivatives(Decimal(0), 17)[0::2]
    high, low = pair(odd[0])
    return [high, *(float(c) for c in odd[1:]), low]


def array(name, comment, rows):
    lines = [f"/* {comment} */", f"static const double {name}[{len(rows)}][{len(rows[0])}] = {{"]
    for row in rows:
        values = [v.hex() for v in row]
        parts = [", ".join(values[i : i + 4]) for i in range(0, len(values), 4)]
        lines.append("    {" + ",\n     ".join(parts) + "},")
    return "\n".join(lines + ["};", ""])


def contents():
    ln2, ln10 = ln(Decimal(2)), ln(Decimal(10))
    constants = {
        "LN2": coarse(ln2, 43),
        "STEP": coarse(ln2 / 128, 41),
        "INVERSE_LN10": pair(1 / ln10),
        "STEPS": (float(128 / ln2),),
        "INVERSE_LN2": (float(1 / ln2),),
    }
    text = "/* Written by Tests/processors/tables.py. */\n/* clang-format off */\n"
    for name, values in constants.items():
        for part, value in zip(("", "_LOW"), values):
            text += f"#define {name}{part} {value.hex()}\n"
    powers = [pair((ln2 * j / 128).exp()) for j in range(128)]
    text += "\n" + array("powers", "2^(j / 128) and its rest.", powers)
    text += "\n" + array("logarithms", "1 / c, ln c and its rest.", [logarithm(i) for i in range(128)])
    text += "\n" + array("erf_near_zero", "erf(x) / x in powers of x^2; the rest of the first.", [near_zero()])
    text += "\n" + array(
        "erf_pieces", "erf around (2 i + 1) / 16; the rest of the first.", [piece(i) for i in range(48)])
    return text + "/* clang-format on */\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text() != contents():
            sys.exit(f"{FILE.name} differs from what {sys.argv[0]} writes: run it without --check")
    else:
        FILE.write_text(contents())
