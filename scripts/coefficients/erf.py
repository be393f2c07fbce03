"""Prints the coefficients of src/loops/kernel/math/erf.ts, computed by mpmath (pip install mpmath), lowest power first,
and what the first lacks for being rounded.

    python3 scripts/coefficients/erf.py

Interpolation at Chebyshev points with 60 digits; the error, as a power of two, is close to the least that this degree can have.
"""
from mpmath import chebyfit, erf, erfc, exp, log, mp, mpf, nstr, pi, sqrt

mp.dps = 60
middle = 4


def scaled(t):
    """(1 + 2a) e^(a^2) erfc a for t = (a - middle) / (a + middle)."""
    a = middle * (1 + t) / (1 - t)
    return (1 + 2 * a) * exp(a * a) * erfc(a)


def small(z):
    """erf x / x - 1 for z = x^2."""
    return erf(sqrt(z)) / sqrt(z) - 1 if z else 2 / sqrt(pi) - 1


def ratio(a):
    return (mpf(a) - middle) / (mpf(a) + middle)


for name, f, interval, count in (
    ('scaled', scaled, [ratio(0.75), ratio(28)], 22),
    ('small', small, [0, mpf(9) / 16], 12),
):
    numbers, error = chebyfit(f, interval, count, error=True)
    print(f'{name}: error 2^{nstr(log(error, 2), 3)}, the first lacks {float(numbers[-1] - mpf(float(numbers[-1])))!r}')
    print('  [' + ', '.join(repr(float(c)) for c in numbers[::-1]) + ']')
