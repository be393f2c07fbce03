/** The float32 rows of the kernel table. A plain loop computes in float64 and rounds at the store, as JavaScript does. */
import { uniform } from './inputs.mjs'

const library = {
  ulp: 8,
  why: 'plain JavaScript rounds to float32 once, at the store; the others round every step',
}

export const float32 = [
  {
    name: 'a + b',
    types: 'f4(f4,f4)',
    args: { a: uniform(-1e3, 1e3), b: uniform(-1e3, 1e3) },
    kernel: (a, b) => a + b,
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) out[i] = a[i] + b[i]
    },
    ndarrayOps: (ops, out, a, b) => ops.add(out, a, b),
    numpy: 'np.add(a, b, out=out)',
    numba: 'return a + b',
    c: 'out[i] = a[i] + b[i];',
    tolerance: { ulp: 0, why: 'a float64 sum of two float32 rounds to the float32 sum' },
  },
  {
    name: 'exp',
    types: 'f4(f4)',
    args: { x: uniform(-20, 20) },
    kernel: (x) => Math.exp(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.exp(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.exp(out, x),
    numpy: 'np.exp(x, out=out)',
    numba: 'return math.exp(x)',
    c: 'out[i] = expf(x[i]);',
    tolerance: library,
  },
  {
    name: 'sin',
    types: 'f4(f4)',
    args: { x: uniform(-100, 100) },
    kernel: (x) => Math.sin(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.sin(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.sin(out, x),
    numpy: 'np.sin(x, out=out)',
    numba: 'return math.sin(x)',
    c: 'out[i] = sinf(x[i]);',
    tolerance: { absolute: 2e-7, why: 'near a zero of the sine the unit in the last place is tiny' },
  },
  {
    name: 'sigmoid',
    types: 'f4(f4)',
    args: { x: uniform(-10, 10) },
    kernel: (x) => 1 / (1 + Math.exp(-x)),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = 1 / (1 + Math.exp(-x[i]))
    },
    numpy: 'np.divide(1, 1 + np.exp(-x), out=out)',
    numba: 'return np.float32(1) / (np.float32(1) + math.exp(-x))',
    c: 'out[i] = 1 / (1 + expf(-x[i]));',
    tolerance: library,
  },
  {
    name: 'HSV to RGB',
    types: 'UniTuple(f4,3)(f4,f4,f4)',
    args: { h: uniform(0, 0.999), s: uniform(0, 1), v: uniform(0, 1) },
    outs: ['red', 'green', 'blue'],
    kernel: (h, s, v) => {
      const sector = Math.floor(h * 6)
      const rest = h * 6 - sector
      const low = v * (1 - s)
      const falling = v * (1 - s * rest)
      const rising = v * (1 - s * (1 - rest))
      if (sector === 0) return [v, rising, low]
      if (sector === 1) return [falling, v, low]
      if (sector === 2) return [low, v, rising]
      if (sector === 3) return [low, falling, v]
      if (sector === 4) return [rising, low, v]
      return [v, low, falling]
    },
    loop(n, h, s, v, red, green, blue) {
      for (let i = 0; i < n; i++) {
        const sector = Math.floor(h[i] * 6)
        const rest = h[i] * 6 - sector
        const value = v[i]
        const low = value * (1 - s[i])
        const falling = value * (1 - s[i] * rest)
        const rising = value * (1 - s[i] * (1 - rest))
        if (sector === 0) {
          red[i] = value
          green[i] = rising
          blue[i] = low
        } else if (sector === 1) {
          red[i] = falling
          green[i] = value
          blue[i] = low
        } else if (sector === 2) {
          red[i] = low
          green[i] = value
          blue[i] = rising
        } else if (sector === 3) {
          red[i] = low
          green[i] = falling
          blue[i] = value
        } else if (sector === 4) {
          red[i] = rising
          green[i] = low
          blue[i] = value
        } else {
          red[i] = value
          green[i] = low
          blue[i] = falling
        }
      }
    },
    numba: `one = np.float32(1)
scaled = h * np.float32(6)
sector = math.floor(scaled)
rest = np.float32(scaled - np.float32(sector))
low = v * (one - s)
falling = v * (one - s * rest)
rising = v * (one - s * (one - rest))
if sector == 0:
    red[0], green[0], blue[0] = v, rising, low
elif sector == 1:
    red[0], green[0], blue[0] = falling, v, low
elif sector == 2:
    red[0], green[0], blue[0] = low, v, rising
elif sector == 3:
    red[0], green[0], blue[0] = low, falling, v
elif sector == 4:
    red[0], green[0], blue[0] = rising, low, v
else:
    red[0], green[0], blue[0] = v, low, falling`,
    c: `float sector = floorf(h[i] * 6), rest = h[i] * 6 - sector, value = v[i];
        float low = value * (1 - s[i]), falling = value * (1 - s[i] * rest), rising = value * (1 - s[i] * (1 - rest));
        if (sector == 0) red[i] = value, green[i] = rising, blue[i] = low;
        else if (sector == 1) red[i] = falling, green[i] = value, blue[i] = low;
        else if (sector == 2) red[i] = low, green[i] = value, blue[i] = rising;
        else if (sector == 3) red[i] = low, green[i] = falling, blue[i] = value;
        else if (sector == 4) red[i] = rising, green[i] = low, blue[i] = value;
        else red[i] = value, green[i] = low, blue[i] = falling;`,
    tolerance: {
      absolute: 4e-6,
      why: 'the sector edge is rounded to float32 or not; the colour is continuous there',
    },
  },
  {
    name: 'gamma curve',
    types: 'f4(f4)',
    args: { x: uniform(0, 1) },
    kernel: (x) => x ** 0.45454545,
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = x[i] ** 0.45454545
    },
    numpy: 'np.power(x, 0.45454545, out=out)',
    numba: 'return x ** np.float32(0.45454545)',
    c: 'out[i] = powf(x[i], 0.45454545f);',
    tolerance: { ulp: 16, why: 'the exponent itself is rounded to float32 by all but plain JavaScript' },
  },
]
