/** The float64 rows of the kernel table with loops and branches. The fields are described in ../kernels.mjs. */
import { imageX, imageY, uniform } from './inputs.mjs'

export const float64Control = [
  {
    name: 'logistic map, 50 steps',
    types: 'f8(f8,f8)',
    args: { rate: uniform(2.8, 3.4), start: uniform(0.1, 0.9) },
    kernel: (rate, start) => {
      let x = start
      for (let step = 0; step < 50; step++) x = rate * x * (1 - x)
      return x
    },
    loop(n, rate, start, out) {
      for (let i = 0; i < n; i++) {
        let x = start[i]
        for (let step = 0; step < 50; step++) x = rate[i] * x * (1 - x)
        out[i] = x
      }
    },
    numba: `x = start
for step in range(50):
    x = rate * x * (1 - x)
return x`,
    c: `double x = start[i];
        for (int step = 0; step < 50; step++) x = rate[i] * x * (1 - x);
        out[i] = x;`,
    tolerance: { relative: 1e-10, why: 'fifty steps repeat the rounding of the first' },
  },
  {
    name: 'Newton cube root',
    types: 'f8(f8)',
    args: { x: uniform(0.1, 1e3) },
    kernel: (x) => {
      let root = x
      let last = 0
      do {
        last = root
        root = (2 * root + x / (root * root)) / 3
      } while (Math.abs(root - last) > 1e-14 * root)
      return root
    },
    loop(n, x, out) {
      for (let i = 0; i < n; i++) {
        let root = x[i]
        let last = 0
        do {
          last = root
          root = (2 * root + x[i] / (root * root)) / 3
        } while (Math.abs(root - last) > 1e-14 * root)
        out[i] = root
      }
    },
    numba: `root = x
last = 0.0
while True:
    last = root
    root = (2 * root + x / (root * root)) / 3
    if not abs(root - last) > 1e-14 * root:
        return root`,
    c: `double root = x[i], last;
        do {
          last = root;
          root = (2 * root + x[i] / (root * root)) / 3;
        } while (fabs(root - last) > 1e-14 * root);
        out[i] = root;`,
    tolerance: { relative: 1e-12, why: 'a C compiler fuses multiplications with additions' },
  },
  {
    name: 'Mandelbrot escape',
    types: 'i4(f8,f8)',
    args: { x: imageX(-2.2, 1), y: imageY(-1.6, 1.6) },
    kernel: (x, y) => {
      let re = 0
      let im = 0
      let steps = 0
      while (steps < 100 && re * re + im * im <= 4) {
        const next = re * re - im * im + x
        im = 2 * re * im + y
        re = next
        steps++
      }
      return steps
    },
    loop(n, x, y, out) {
      for (let i = 0; i < n; i++) {
        let re = 0
        let im = 0
        let steps = 0
        while (steps < 100 && re * re + im * im <= 4) {
          const next = re * re - im * im + x[i]
          im = 2 * re * im + y[i]
          re = next
          steps++
        }
        out[i] = steps
      }
    },
    numba: `re = 0.0
im = 0.0
steps = 0
while steps < 100 and re * re + im * im <= 4:
    re, im = re * re - im * im + x, 2 * re * im + y
    steps += 1
return steps`,
    c: `double re = 0, im = 0;
        int steps = 0;
        while (steps < 100 && re * re + im * im <= 4) {
          double next = re * re - im * im + x[i];
          im = 2 * re * im + y[i];
          re = next;
          steps++;
        }
        out[i] = steps;`,
    tolerance: { share: 0.002, why: 'a fused multiplication moves points that lie on the border' },
  },
  {
    name: 'clamp and select',
    types: 'f8(f8,f8,f8)',
    args: { x: uniform(-3, 3), low: uniform(-2, 0), high: uniform(0, 2) },
    kernel: (x, low, high) => {
      if (x < low) return low - 0.1 * (low - x)
      if (x > high) return high + 0.1 * (x - high)
      return x
    },
    loop(n, x, low, high, out) {
      for (let i = 0; i < n; i++) {
        if (x[i] < low[i]) out[i] = low[i] - 0.1 * (low[i] - x[i])
        else if (x[i] > high[i]) out[i] = high[i] + 0.1 * (x[i] - high[i])
        else out[i] = x[i]
      }
    },
    numpy:
      'np.copyto(out, np.where(x < low, low - 0.1 * (low - x), np.where(x > high, high + 0.1 * (x - high), x)))',
    numba: `if x < low:
    return low - 0.1 * (low - x)
if x > high:
    return high + 0.1 * (x - high)
return x`,
    c: `if (x[i] < low[i]) out[i] = low[i] - 0.1 * (low[i] - x[i]);
        else if (x[i] > high[i]) out[i] = high[i] + 0.1 * (x[i] - high[i]);
        else out[i] = x[i];`,
    tolerance: { absolute: 1e-15, why: 'a C compiler fuses the multiplication with the addition' },
  },
]
