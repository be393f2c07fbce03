"""Prints the coefficients of gamma.ts, gamma-single.ts, lgamma.ts and exp-log-pair.ts in src/loops/kernel/math, computed by mpmath
(pip install mpmath).

    python3 scripts/coefficients/gamma.py

Polynomials are interpolated at Chebyshev points, lowest power first; the error, as a power of two, is close to the least that
this degree can have. Numbers in two parts are printed as such.
"""
from mpmath import chebyfit, diff, findroot, gamma, log, loggamma, mp, mpf, nstr, pi, sin, sqrt, taylor

mp.dps = 70


def parts(x):
    high = float(x)
    return f'{{ high: {high!r}, low: {float(x - mpf(high))!r} }}'


def show(name, numbers, error, pairs=0):
    print(f'{name}: error 2^{nstr(log(error, 2), 3)}')
    for c in numbers[:pairs]:
        print(f'  {parts(c)},')
    print('  [' + ', '.join(repr(float(c)) for c in numbers[pairs:]) + ']')


def fit(name, f, interval, count, pairs=0):
    numbers, error = chebyfit(f, interval, count, error=True)
    show(name, numbers[::-1], error, pairs)


def stirling(z):
    """t (lgamma t - (t - 1/2) log t + t - log(2 pi)/2) for z = 1/t^2."""
    if z == 0:
        return mpf(1) / 12
    t = 1 / sqrt(z)
    return t * (loggamma(t) - ((t - mpf(1) / 2) * log(t) - t + log(2 * pi) / 2))


def sine(z):
    """sin(pi r) / r for z = r^2."""
    r = sqrt(z)
    return sin(pi * r) / r if z else pi


def size(x):
    """log |gamma x|"""
    return log(abs(gamma(x)))


print('log(2 pi)/2 - 1/2', parts(log(2 * pi) / 2 - mpf(1) / 2))
print('2/3', parts(mpf(2) / 3), 'ln 2', parts(log(2)), '1/12', parts(mpf(1) / 12), 'pi', parts(pi))
fit('stirling', stirling, [0, mpf(1) / 25], 10, 1)
fit('stirling f4', stirling, [0, mpf(1) / 25], 5)
fit('sine', sine, [0, mpf(1) / 4], 11, 3)

# log((1+s)/(1-s)) = 2s + 2/3 s^3 + s^5 q(s^2)
least = mpf(2) ** -20
edge = mpf('0.1716') ** 2


def atanh_rest(z):
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) - 2 * s - 2 * s ** 3 / 3) / s ** 5


fit('log', atanh_rest, [least, edge], 8)

# e^r = 1 + r + r^2/2 + r^3 q(r)
half_ln2 = mpf('0.3466')
fit('exp', lambda r: sum(r ** k / mp.factorial(k + 3) for k in range(40)), [-half_ln2, half_ln2], 11)

# lgamma next to its zeros: u (c + u q(u)) for u = x - zero
for start in ('1', '2', '-2.457', '-2.747', '-3.1436', '-3.9553'):
    zero = findroot(size, mpf(start)) if '.' in start else mpf(start)
    slope = diff(size, zero)
    reach = mpf(2) ** -6 / abs(slope) * mpf('1.15')
    series = taylor(size, zero, 40)

    def rest(u):
        return sum(c * u ** k for k, c in enumerate(series[2:]))

    print(f'zero {nstr(zero, 8)}', parts(zero), 'slope', parts(series[1]), 'reach', nstr(reach, 4))
    fit('  rest', rest, [-reach, reach], 9)

# 1/gamma(1-r) for |r| < 0.05: the first ones in two parts
fit('reciprocal', lambda r: 1 / gamma(1 - r), [mpf('-0.05'), mpf('0.05')], 18, 12)
