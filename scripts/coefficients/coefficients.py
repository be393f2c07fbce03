"""Prints the polynomial coefficients of src/loops/kernel/math, computed by Sollya (Debian: apt-get install sollya).

    python3 scripts/coefficients/coefficients.py [name ...]

A row: a function, the part of its polynomial that is fixed, the powers of the others, the interval, the format of every
coefficient and whether the error is to be small relative to the function or absolutely. Coefficients are printed lowest power
first, with the largest error of the polynomial as a power of two.
"""
import subprocess
import sys


def row(function, fixed, powers, interval, formats, how='relative'):
    return dict(function=function, fixed=fixed, powers=powers, interval=interval, formats=formats, how=how)


half_ln2 = '[-0.34658;0.34658]'
quarter_pi = '[1b-30;0.78541]'
odd = lambda n: [3 + 2 * k for k in range(n)]

ROWS = {
    # e^r - 1 = r + r^2/2 + r^3 q(r)
    'exp f8': row('expm1(x)', 'x+x^2/2', range(3, 13), half_ln2, 'f8'),
    'exp f4': row('expm1(x)', 'x+x^2/2', range(3, 8), half_ln2, 'f4'),
    # e^r - 1 = r + r^2 q(r): in f8, precise enough for f4
    'expm1 f4': row('expm1(x)', 'x', range(2, 8), half_ln2, 'f8'),
    # log((1+s)/(1-s)) = 2s + s^3 q(s^2)
    'log f8': row('log((1+x)/(1-x))', '2*x', odd(7), '[1b-30;0.17158]', 'f8'),
    'log f4': row('log((1+x)/(1-x))', '2*x', odd(3), '[1b-30;0.17158]', 'f4'),
    # log2((1+s)/(1-s)) = c s + c/3 s^3 + s^5 q(s^2), c = 2 / log 2
    'log2 f8': row('log2((1+x)/(1-x))', '2/log(2)*x + 2/3/log(2)*x^3', [5, 7, 9, 11, 13, 15, 17], '[1b-30;0.17158]', 'f8'),
    # the same whole, and 2^t = 1 + t q(t): in f8, precise enough for f4
    'log2 f4': row('log2((1+x)/(1-x))', '0', [1, 3, 5, 7, 9], '[1b-30;0.17158]', 'f8'),
    'exp2 f4': row('2^x', '1', range(1, 7), '[-0.5;0.5]', 'f8'),
    # sin r = r + r^3 q(r^2)
    'sin f8': row('sin(x)', 'x', odd(6), quarter_pi, 'f8'),
    'sin f4': row('sin(x)', 'x', odd(3), quarter_pi, 'f4'),
    # cos r = 1 - r^2/2 + r^4 q(r^2)
    'cos f8': row('cos(x)', '1-x^2/2', [4, 6, 8, 10, 12, 14], quarter_pi, 'f8', 'absolute'),
    'cos f4': row('cos(x)', '1-x^2/2', [4, 6, 8], quarter_pi, 'f4', 'absolute'),
    'cbrt f8': row('x^(1/3)', '0', range(6), '[0.707;1.4143]', 'f8'),
    # tan r = r + r^3 q(r^2)
    'tan f8': row('tan(x)', 'x', odd(16), quarter_pi, 'f8'),
    'tan f4': row('tan(x)', 'x', odd(6), quarter_pi, 'f4'),
    # atan t = t + t^3 q(t^2)
    'atan f8': row('atan(x)', 'x', odd(11), '[1b-30;0.41422]', 'f8'),
    'atan f4': row('atan(x)', 'x', odd(5), '[1b-30;0.41422]', 'f4'),
    # the same up to 1, in f8, precise enough for f4
    'atan2 f4': row('atan(x)', 'x', odd(10), '[1b-30;1]', 'f8'),
    # asin x = x + x^3 q(x^2)
    'asin f8': row('asin(x)', 'x', odd(12), '[1b-30;0.5]', 'f8'),
    'asin f4': row('asin(x)', 'x', odd(5), '[1b-30;0.5]', 'f4'),
    # sinh x = x + x^3 q(x^2)
    'sinh f8': row('sinh(x)', 'x', odd(7), '[1b-30;1]', 'f8'),
    'sinh f4': row('sinh(x)', 'x', odd(4), '[1b-30;1]', 'f4'),
}


def sollya(text):
    done = subprocess.run(['sollya'], input=text + '\nquit;', capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.strip()]


def compute(r):
    powers = list(r['powers'])
    kind = 'D' if r['formats'] == 'f8' else 'SG'
    formats = ','.join([kind] * len(powers))
    listed = ','.join(map(str, powers))
    error = f"(p - ({r['function']}))" + (f"/({r['function']})" if r['how'] == 'relative' else '')
    text = f"""
prec = 400!; display = hexadecimal!; points = 300!;
p = fpminimax({r['function']}, [|{listed}|], [|{formats}|], {r['interval']}, floating, {r['how']}, {r['fixed']});
for i in [|{listed}|] do coeff(p, i);
display = decimal!;
evaluate(log2(x), dirtyinfnorm({error}, {r['interval']}));
"""
    lines = sollya(text)
    return [float.fromhex(line) for line in lines[:-1]], float(lines[-1])


if __name__ == '__main__':
    wanted = sys.argv[1:]
    for name, r in ROWS.items():
        if wanted and not any(w in name for w in wanted):
            continue
        numbers, error = compute(r)
        print(f'{name}: error 2^{error:.1f}')
        print('  [' + ', '.join(map(repr, numbers)) + ']')
