/** The float64 rows of the kernel table that are straight lines. The fields are described in ../kernels.mjs. */
import { uniform } from './inputs.mjs'

const exact = { ulp: 0, why: 'every operation is rounded by IEEE 754' }
const fused = { relative: 1e-12, why: 'a C compiler fuses multiplications with additions' }
const library = { ulp: 4, why: 'each library rounds its functions in its own way' }

export const float64 = [
  {
    name: 'a + b',
    types: 'f8(f8,f8)',
    args: { a: uniform(-1e3, 1e3), b: uniform(-1e3, 1e3) },
    kernel: (a, b) => a + b,
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) out[i] = a[i] + b[i]
    },
    ndarrayOps: (ops, out, a, b) => ops.add(out, a, b),
    numpy: 'np.add(a, b, out=out)',
    numba: 'return a + b',
    c: 'out[i] = a[i] + b[i];',
    tolerance: exact,
  },
  {
    name: 'a * b + c',
    types: 'f8(f8,f8,f8)',
    args: { a: uniform(-1e3, 1e3), b: uniform(-1e3, 1e3), c: uniform(0, 1e6) },
    kernel: (a, b, c) => a * b + c,
    loop(n, a, b, c, out) {
      for (let i = 0; i < n; i++) out[i] = a[i] * b[i] + c[i]
    },
    numpy: 'np.add(a * b, c, out=out)',
    numba: 'return a * b + c',
    c: 'out[i] = a[i] * b[i] + c[i];',
    tolerance: { absolute: 1e-9, why: 'a C compiler fuses the multiplication with the addition' },
  },
  {
    name: 'rational polynomial',
    types: 'f8(f8,f8)',
    args: { a: uniform(0, 2), b: uniform(0, 2) },
    kernel: (a, b) => (((0.5 * a + b) * a + 1.5) * a + b * b) / (1 + a * a + 0.25 * b * b),
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) {
        const x = a[i]
        const y = b[i]
        out[i] = (((0.5 * x + y) * x + 1.5) * x + y * y) / (1 + x * x + 0.25 * y * y)
      }
    },
    numpy: 'np.divide(((0.5 * a + b) * a + 1.5) * a + b * b, 1 + a * a + 0.25 * b * b, out=out)',
    numba: 'return (((0.5 * a + b) * a + 1.5) * a + b * b) / (1 + a * a + 0.25 * b * b)',
    c: `double x = a[i], y = b[i];
        out[i] = (((0.5 * x + y) * x + 1.5) * x + y * y) / (1 + x * x + 0.25 * y * y);`,
    tolerance: fused,
  },
  {
    name: 'exp',
    types: 'f8(f8)',
    args: { x: uniform(-20, 20) },
    kernel: (x) => Math.exp(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.exp(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.exp(out, x),
    numpy: 'np.exp(x, out=out)',
    numba: 'return math.exp(x)',
    c: 'out[i] = exp(x[i]);',
    tolerance: library,
  },
  {
    name: 'log',
    types: 'f8(f8)',
    args: { x: uniform(1e-3, 1e3) },
    kernel: (x) => Math.log(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.log(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.log(out, x),
    numpy: 'np.log(x, out=out)',
    numba: 'return math.log(x)',
    c: 'out[i] = log(x[i]);',
    tolerance: library,
  },
  {
    name: 'sin',
    types: 'f8(f8)',
    args: { x: uniform(-100, 100) },
    kernel: (x) => Math.sin(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.sin(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.sin(out, x),
    numpy: 'np.sin(x, out=out)',
    numba: 'return math.sin(x)',
    c: 'out[i] = sin(x[i]);',
    tolerance: library,
  },
  {
    name: 'cos',
    types: 'f8(f8)',
    args: { x: uniform(-100, 100) },
    kernel: (x) => Math.cos(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.cos(x[i])
    },
    ndarrayOps: (ops, out, x) => ops.cos(out, x),
    numpy: 'np.cos(x, out=out)',
    numba: 'return math.cos(x)',
    c: 'out[i] = cos(x[i]);',
    tolerance: library,
  },
  {
    name: 'tanh',
    types: 'f8(f8)',
    args: { x: uniform(-5, 5) },
    kernel: (x) => Math.tanh(x),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.tanh(x[i])
    },
    numpy: 'np.tanh(x, out=out)',
    numba: 'return math.tanh(x)',
    c: 'out[i] = tanh(x[i]);',
    tolerance: library,
  },
  {
    name: 'pow',
    types: 'f8(f8,f8)',
    args: { x: uniform(0.1, 10), y: uniform(-5, 5) },
    kernel: (x, y) => x ** y,
    loop(n, x, y, out) {
      for (let i = 0; i < n; i++) out[i] = x[i] ** y[i]
    },
    ndarrayOps: (ops, out, x, y) => ops.pow(out, x, y),
    numpy: 'np.power(x, y, out=out)',
    numba: 'return x ** y',
    c: 'out[i] = pow(x[i], y[i]);',
    tolerance: library,
  },
  {
    name: 'atan2',
    types: 'f8(f8,f8)',
    args: { y: uniform(-10, 10), x: uniform(-10, 10) },
    kernel: (y, x) => Math.atan2(y, x),
    loop(n, y, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.atan2(y[i], x[i])
    },
    ndarrayOps: (ops, out, y, x) => ops.atan2(out, y, x),
    numpy: 'np.arctan2(y, x, out=out)',
    numba: 'return math.atan2(y, x)',
    c: 'out[i] = atan2(y[i], x[i]);',
    tolerance: library,
  },
  {
    name: 'softplus',
    types: 'f8(f8)',
    args: { x: uniform(-20, 20) },
    kernel: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    loop(n, x, out) {
      for (let i = 0; i < n; i++) out[i] = Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs(x[i])))
    },
    numpy: 'np.logaddexp(x, 0, out=out)',
    numba: 'return max(x, 0.0) + math.log1p(math.exp(-abs(x)))',
    c: 'out[i] = (x[i] > 0 ? x[i] : 0) + log1p(exp(-fabs(x[i])));',
    tolerance: library,
  },
  {
    name: 'Black-Scholes call',
    types: 'f8(f8,f8,f8)',
    args: { spot: uniform(10, 100), strike: uniform(10, 100), years: uniform(0.1, 3) },
    kernel: (spot, strike, years) => {
      const rate = 0.02
      const volatility = 0.3
      const cumulative = (x) => {
        const k = 1 / (1 + 0.2316419 * Math.abs(x))
        const sum =
          k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
        const tail = 0.3989422804014327 * Math.exp(-0.5 * x * x) * sum
        return x > 0 ? 1 - tail : tail
      }
      const spread = volatility * Math.sqrt(years)
      const d1 = (Math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
      return spot * cumulative(d1) - strike * Math.exp(-rate * years) * cumulative(d1 - spread)
    },
    loop(n, spot, strike, years, out) {
      const rate = 0.02
      const volatility = 0.3
      const cumulative = (x) => {
        const k = 1 / (1 + 0.2316419 * Math.abs(x))
        const sum =
          k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
        const tail = 0.3989422804014327 * Math.exp(-0.5 * x * x) * sum
        return x > 0 ? 1 - tail : tail
      }
      for (let i = 0; i < n; i++) {
        const spread = volatility * Math.sqrt(years[i])
        const drift = (rate + 0.5 * volatility * volatility) * years[i]
        const d1 = (Math.log(spot[i] / strike[i]) + drift) / spread
        const paid = strike[i] * Math.exp(-rate * years[i])
        out[i] = spot[i] * cumulative(d1) - paid * cumulative(d1 - spread)
      }
    },
    numbaHelper: `@numba.njit
def cumulative(x):
    k = 1 / (1 + 0.2316419 * abs(x))
    s = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
    tail = 0.3989422804014327 * math.exp(-0.5 * x * x) * s
    return 1 - tail if x > 0 else tail`,
    numba: `rate = 0.02
volatility = 0.3
spread = volatility * math.sqrt(years)
d1 = (math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
return spot * cumulative(d1) - strike * math.exp(-rate * years) * cumulative(d1 - spread)`,
    cHelper: `static inline double cumulative(double x) {
  double k = 1 / (1 + 0.2316419 * fabs(x));
  double s = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))));
  double tail = 0.3989422804014327 * exp(-0.5 * x * x) * s;
  return x > 0 ? 1 - tail : tail;
}`,
    c: `double rate = 0.02, volatility = 0.3, spread = volatility * sqrt(years[i]);
        double d1 = (log(spot[i] / strike[i]) + (rate + 0.5 * volatility * volatility) * years[i]) / spread;
        out[i] = spot[i] * cumulative(d1) - strike[i] * exp(-rate * years[i]) * cumulative(d1 - spread);`,
    tolerance: { absolute: 1e-11, why: 'the result is a difference of two numbers up to 100' },
  },
  {
    name: 'haversine',
    types: 'f8(f8,f8,f8,f8)',
    args: {
      lat1: uniform(-1.5, 1.5),
      lon1: uniform(-3.1, 3.1),
      lat2: uniform(-1.5, 1.5),
      lon2: uniform(-3.1, 3.1),
    },
    kernel: (lat1, lon1, lat2, lon2) => {
      const north = Math.sin((lat2 - lat1) / 2)
      const east = Math.sin((lon2 - lon1) / 2)
      const h = north * north + Math.cos(lat1) * Math.cos(lat2) * east * east
      return 12742 * Math.asin(Math.sqrt(h))
    },
    loop(n, lat1, lon1, lat2, lon2, out) {
      for (let i = 0; i < n; i++) {
        const north = Math.sin((lat2[i] - lat1[i]) / 2)
        const east = Math.sin((lon2[i] - lon1[i]) / 2)
        const h = north * north + Math.cos(lat1[i]) * Math.cos(lat2[i]) * east * east
        out[i] = 12742 * Math.asin(Math.sqrt(h))
      }
    },
    numpy:
      'np.multiply(12742, np.arcsin(np.sqrt(np.sin((lat2 - lat1) / 2) ** 2' +
      ' + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2)), out=out)',
    numba: `north = math.sin((lat2 - lat1) / 2)
east = math.sin((lon2 - lon1) / 2)
return 12742 * math.asin(math.sqrt(north * north + math.cos(lat1) * math.cos(lat2) * east * east))`,
    c: `double north = sin((lat2[i] - lat1[i]) / 2), east = sin((lon2[i] - lon1[i]) / 2);
        out[i] = 12742 * asin(sqrt(north * north + cos(lat1[i]) * cos(lat2[i]) * east * east));`,
    tolerance: { relative: 1e-8, why: 'asin amplifies the rounding of its argument near one' },
  },
]
