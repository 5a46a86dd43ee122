"""The functions with the precision of the decimal context, which 60 digits make more than enough."""
from decimal import Decimal, localcontext


def ln(x):
    return Decimal(x).ln()


def pi():
    """Machin's formula."""

    def arctangent(n):
        term, total, k = Decimal(1) / n, Decimal(0), 0
        while abs(term) > Decimal(10) ** -75:
            total += term / (2 * k + 1) * (-1) ** k
            term, k = term / (n * n), k + 1
        return total

    with localcontext() as context:
        context.prec = 80
        return 4 * (4 * arctangent(5) - arctangent(239))


def slope(x):
    """The derivative of erf."""
    return 2 / pi().sqrt() * (-x * x).exp()


def erf(x):
    """2 / sqrt(pi) e^(-x^2) times the sum of 2^n x^(2n+1) / (2n+1)!!, all of one sign."""
    x = Decimal(x)
    term = total = x
    n = 0
    while term != 0 and abs(term) > abs(total) * Decimal(10) ** -62:
        n += 1
        term = term * 2 * x * x / (2 * n + 1)
        total += term
    return slope(x) * total


def derivatives(x, count):
    """The Taylor coefficients 1 to `count` of erf around x, by the recurrence of Hermite's polynomials."""
    before, hermite, factorial, found = Decimal(0), Decimal(1), Decimal(1), []
    for n in range(count):
        factorial *= n + 1
        found.append(slope(x) * hermite / factorial * (-1) ** n)
        before, hermite = hermite, 2 * x * hermite - 2 * n * before
    return found


def tanh(x):
    with localcontext() as context:
        context.prec += 400 if abs(x) < 1 else 0
        up = (2 * Decimal(x)).exp()
        return (up - 1) / (up + 1)


def log1p(x):
    with localcontext() as context:
        context.prec += 400 if abs(x) < 1 else 0
        return (1 + Decimal(x)).ln()
