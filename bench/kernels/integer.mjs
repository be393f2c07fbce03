/** The integer and mixed rows of the kernel table. All of them are exact. */
import { integers, uniform, words } from './inputs.mjs'

const exact = { ulp: 0, why: 'integers' }

export const integer = [
  {
    name: 'a + b',
    types: 'i4(i4,i4)',
    args: { a: integers(-1e9, 1e9), b: integers(-1e9, 1e9) },
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
    name: 'mean (a + b) / 2',
    types: 'i4(i4,i4)',
    args: { a: integers(-(2 ** 31), 2 ** 31 - 1), b: integers(-(2 ** 31), 2 ** 31 - 1) },
    kernel: (a, b) => (a + b) / 2,
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) out[i] = (a[i] + b[i]) / 2
    },
    numpy: 'np.divide(np.add(a, b, dtype=np.int64), 2, out=out, casting="unsafe")',
    numba: 'return int((a + b) / 2)',
    c: 'out[i] = ((int64_t)a[i] + b[i]) / 2;',
    tolerance: exact,
  },
  {
    name: 'saturating blend',
    types: 'u1(u1,u1)',
    args: { a: integers(0, 255), b: integers(0, 255) },
    kernel: (a, b) => Math.min(a + ((b * 192) >> 8), 255),
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) out[i] = Math.min(a[i] + ((b[i] * 192) >> 8), 255)
    },
    numpy: 'np.minimum(a + ((b.astype(np.uint16) * 192) >> 8), 255, out=out, casting="unsafe")',
    numba: 'return min(a + ((b * 192) >> 8), 255)',
    c: `int sum = a[i] + ((b[i] * 192) >> 8);
        out[i] = sum < 255 ? sum : 255;`,
    tolerance: exact,
  },
  {
    name: 'Collatz length',
    types: 'i4(i4)',
    // Below 113383 no term of a sequence reaches 2 ** 31.
    args: { start: integers(1, 100_000) },
    kernel: (start) => {
      let term = start
      let steps = 0
      while (term !== 1) {
        term = term & 1 ? 3 * term + 1 : term >> 1
        steps++
      }
      return steps
    },
    loop(n, start, out) {
      for (let i = 0; i < n; i++) {
        let term = start[i]
        let steps = 0
        while (term !== 1) {
          term = term & 1 ? 3 * term + 1 : term >> 1
          steps++
        }
        out[i] = steps
      }
    },
    numba: `term = start
steps = 0
while term != 1:
    term = 3 * term + 1 if term & 1 else term >> 1
    steps += 1
return steps`,
    c: `int32_t term = start[i], steps = 0;
        while (term != 1) {
          term = term & 1 ? 3 * term + 1 : term >> 1;
          steps++;
        }
        out[i] = steps;`,
    tolerance: exact,
  },
  {
    name: 'xorshift mix',
    types: 'i8(i8)',
    args: { x: words },
    kernel: (x) => {
      let mixed = x ^ (x << 13)
      mixed ^= mixed >> 7
      return mixed ^ (mixed << 17)
    },
    loop(n, x, out) {
      for (let i = 0; i < n; i++) {
        let mixed = BigInt.asIntN(64, x[i] ^ (x[i] << 13n))
        mixed ^= mixed >> 7n
        out[i] = mixed ^ (mixed << 17n)
      }
    },
    numba: `mixed = x ^ (x << 13)
mixed ^= mixed >> 7
return mixed ^ (mixed << 17)`,
    c: `int64_t mixed = x[i] ^ (int64_t)((uint64_t)x[i] << 13);
        mixed ^= mixed >> 7;
        out[i] = mixed ^ (int64_t)((uint64_t)mixed << 17);`,
    tolerance: exact,
  },
  {
    name: 'population count',
    types: 'u1(u4)',
    args: { x: integers(0, 2 ** 32 - 1) },
    kernel: (x) => {
      const pairs = x - ((x >>> 1) & 0x55555555)
      const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
      const bytes = (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f
      return Math.imul(bytes, 0x01010101) >>> 24
    },
    loop(n, x, out) {
      for (let i = 0; i < n; i++) {
        const pairs = x[i] - ((x[i] >>> 1) & 0x55555555)
        const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
        const bytes = (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f
        out[i] = Math.imul(bytes, 0x01010101) >>> 24
      }
    },
    numpy: 'np.bitwise_count(x, out=out)',
    numba: `pairs = x - ((x >> 1) & 0x55555555)
nibbles = (pairs & 0x33333333) + ((pairs >> 2) & 0x33333333)
total = (nibbles + (nibbles >> 4)) & 0x0f0f0f0f
return ((total * 0x01010101) >> 24) & 0xff`,
    c: `uint32_t pairs = x[i] - ((x[i] >> 1) & 0x55555555);
        uint32_t nibbles = (pairs & 0x33333333) + ((pairs >> 2) & 0x33333333);
        uint32_t bytes = (nibbles + (nibbles >> 4)) & 0x0f0f0f0f;
        out[i] = (bytes * 0x01010101u) >> 24;`,
    tolerance: exact,
  },
]

export const mixed = [
  {
    name: 'axpy',
    types: 'f8(i4,f4)',
    args: { x: integers(-1e6, 1e6), y: uniform(-1e3, 1e3) },
    kernel: (x, y) => 2.5 * x + y,
    loop(n, x, y, out) {
      for (let i = 0; i < n; i++) out[i] = 2.5 * x[i] + y[i]
    },
    numpy: 'np.add(2.5 * x, y, out=out)',
    numba: 'return 2.5 * x + y',
    c: 'out[i] = 2.5 * x[i] + y[i];',
    tolerance: { absolute: 1e-9, why: 'a C compiler fuses the multiplication with the addition' },
  },
  {
    name: 'a < b',
    types: 'b1(f8,f8)',
    args: { a: uniform(-1, 1), b: uniform(-1, 1) },
    kernel: (a, b) => a < b,
    loop(n, a, b, out) {
      for (let i = 0; i < n; i++) out[i] = a[i] < b[i] ? 1 : 0
    },
    ndarrayOps: (ops, out, a, b) => ops.lt(out, a, b),
    numpy: 'np.less(a, b, out=out)',
    numba: 'return a < b',
    c: 'out[i] = a[i] < b[i];',
    tolerance: exact,
  },
]
