"""Reference values from MPFR (pip install gmpy2): reads operands from stdin as f8, writes pairs of f8, result and remainder.

    python3 reference.py NAME ARITY < operands > results

The result is correctly rounded; the remainder is what is missing, in units of the last place.
"""
import array
import math
import sys

import gmpy2

context = gmpy2.get_context()
context.precision = 160
context.emax = 1 << 30
context.emin = -(1 << 30)
mpfr = gmpy2.mpfr


def js_pow(x, y):
    # Unlike IEEE 754: a base of -1 or 1 to an infinite or NaN exponent is NaN.
    if y == 0:
        return mpfr(1)
    if math.isnan(y) or (abs(x) == 1 and math.isinf(y)):
        return mpfr('nan')
    return mpfr(x) ** mpfr(y)


def hypot(x, y):
    return gmpy2.hypot(mpfr(x), mpfr(y))


def of_pi(g, x):
    if not math.isfinite(x):
        return mpfr('nan')
    x = math.fmod(x, 2)
    # sinPi and cosPi of IEEE 754: what is 0 is so exactly.
    if (2 * x).is_integer():
        value = round(g(mpfr(x) * gmpy2.const_pi()))
        return mpfr(value)
    return g(mpfr(x) * gmpy2.const_pi())


def sinpi(x):
    value = of_pi(gmpy2.sin, x)
    return gmpy2.copy_sign(value, mpfr(x)) if value == 0 else value


def frexp(x):
    return math.frexp(x) if math.isfinite(x) else (x, 0)


def ldexp(x, n):
    n = 0 if math.isnan(n) else int(max(-3000, min(3000, n)))
    return gmpy2.mul_2exp(mpfr(x), n) if n >= 0 else gmpy2.div_2exp(mpfr(x), -n)


def lgamma(x):
    return gmpy2.lgamma(mpfr(x))[0]


def logaddexp(x, y):
    if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y):
        # Never -0: a sum with 1 is at least 1.
        return mpfr(max(x, y) + 0.0) if x == x and y == y else mpfr('nan')
    low, high = sorted((mpfr(x), mpfr(y)))
    # Where the result is near 0 most digits of the sum cancel.
    with gmpy2.local_context(context, precision=400):
        return high + gmpy2.log1p(gmpy2.exp(low - high))


def js_round(x):
    # Halves up; what becomes 0 keeps its sign.
    value = gmpy2.rint_floor(mpfr(x) + 0.5)
    return gmpy2.copy_sign(value, mpfr(x)) if value == 0 else value


def sign(x):
    return mpfr(x) if x == 0 or math.isnan(x) else mpfr(math.copysign(1, x))


functions = {
    'round': js_round,
    'floor': lambda x: gmpy2.rint_floor(mpfr(x)),
    'ceil': lambda x: gmpy2.rint_ceil(mpfr(x)),
    'trunc': lambda x: gmpy2.rint_trunc(mpfr(x)),
    'sign': sign,
    'lgamma': lgamma,
    'logaddexp': logaddexp,
    'sinpi': sinpi,
    'cospi': lambda x: of_pi(gmpy2.cos, x),
    'nextafter': lambda x, y: mpfr(math.nextafter(x, y)),
    'ldexp': ldexp,
    'mantissa': lambda x: mpfr(frexp(x)[0]),
    'exponent': lambda x: mpfr(frexp(x)[1]),
    'pow': js_pow,
    'hypot': hypot,
    'atan2': lambda y, x: gmpy2.atan2(mpfr(y), mpfr(x)),
    'rem': lambda x, y: gmpy2.fmod(mpfr(x), mpfr(y)) if y != 0 else mpfr('nan'),
    'cbrt': lambda x: gmpy2.cbrt(mpfr(x)),
}


def main():
    name, arity = sys.argv[1], int(sys.argv[2])
    operands = array.array('d')
    operands.frombytes(sys.stdin.buffer.read())
    f = functions.get(name)
    if f is None:
        g = getattr(gmpy2, name)
        f = lambda x: g(mpfr(x))
    out = array.array('d')
    for at in range(0, len(operands), arity):
        exact = f(*operands[at:at + arity])
        near = float(exact)
        out.append(near)
        out.append(float((exact - near) / mpfr(math.ulp(near))) if math.isfinite(near) else 0.0)
    sys.stdout.buffer.write(out.tobytes())


main()
