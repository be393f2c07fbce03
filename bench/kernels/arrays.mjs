/**
 * Kernels of arrays for the benchmark: `kernel` and `layout` for lanewise, `numba` and `numpy` for Python, `c` for C. Shapes are those
 * of the inputs and of the result. In the C text the operands are pointers of type T and `s` holds all shapes, one after another.
 */
const matmul = (a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
}

const product = {
  layout: '(m,n),(n,p)->(m,p)',
  kernel: matmul,
  numpy: 'np.matmul(a, b, out=out)',
  numba: `
for i in range(a.shape[0]):
    for j in range(b.shape[1]):
        s = zero
        for k in range(a.shape[1]):
            s += a[i, k] * b[k, j]
        out[i, j] = s`,
}

const single = [64, 128, 256, 512].flatMap((n) =>
  ['f8', 'f4'].map((code) => ({
    ...product,
    name: `matmul ${n}`,
    code,
    shapes: [
      [n, n],
      [n, n],
      [n, n],
    ],
    c: `for (long i = 0; i < s[0]; i++) for (long j = 0; j < s[3]; j++) {
      T sum = 0;
      for (long k = 0; k < s[1]; k++) sum += a[i * s[1] + k] * b[k * s[3] + j];
      out[i * s[3] + j] = sum;
    }`,
  })),
)

const batches = [3, 4].flatMap((n) =>
  ['f8', 'f4'].map((code) => ({
    ...product,
    name: `1e5 products ${n}x${n}`,
    code,
    shapes: [
      [1e5, n, n],
      [1e5, n, n],
      [1e5, n, n],
    ],
  })),
)

const others = [
  {
    name: 'cumsum 1000x1000',
    code: 'f8',
    layout: '(n)->(n)',
    shapes: [
      [1000, 1000],
      [1000, 1000],
    ],
    kernel: (a, out) => {
      let s = 0
      for (let i = 0; i < a.length; i++) {
        s += a[i]
        out[i] = s
      }
    },
    numpy: 'np.cumsum(a, axis=1, out=out)',
    numba: `
s = zero
for i in range(a.shape[0]):
    s += a[i]
    out[i] = s`,
  },
  {
    name: 'conv1d 1e4 by 100',
    code: 'f8',
    layout: '(m),(n)->(m+n-1)',
    numbaLayout: '(m),(n),(p)',
    shapes: [[1e4], [100], [1e4 + 99]],
    kernel: (a, b, out) => {
      for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
    },
    numpy: 'out[...] = np.convolve(a, b)',
    numba: `
for i in range(out.shape[0]):
    out[i] = zero
for i in range(a.shape[0]):
    for j in range(b.shape[0]):
        out[i + j] += a[i] * b[j]`,
    c: `for (long i = 0; i < s[2]; i++) out[i] = 0;
    for (long i = 0; i < s[0]; i++) for (long j = 0; j < s[1]; j++) out[i + j] += a[i] * b[j];`,
  },
  {
    name: 'vecdot 1e6x8',
    code: 'f8',
    layout: '(n),(n)->()',
    shapes: [[1e6, 8], [1e6, 8], [1e6]],
    kernel: (a, b, out) => {
      let s = 0
      for (let i = 0; i < a.length; i++) s += a[i] * b[i]
      out[0] = s
    },
    numpy: 'np.vecdot(a, b, out=out)',
    numba: `
s = zero
for i in range(a.shape[0]):
    s += a[i] * b[i]
out[0] = s`,
  },
  {
    name: 'blur 5x5 of 2000x2000',
    code: 'f4',
    layout: '(h,w),(k,k)->(h,w)',
    shapes: [
      [2000, 2000],
      [5, 5],
      [2000, 2000],
    ],
    kernel: (a, b, out) => {
      for (let y = 2; y < a.shape[0] - 2; y++)
        for (let x = 2; x < a.shape[1] - 2; x++) {
          let s = 0
          for (let dy = -2; dy <= 2; dy++)
            for (let dx = -2; dx <= 2; dx++) s += a[y + dy][x + dx] * b[dy + 2][dx + 2]
          out[y][x] = s
        }
    },
    numba: `
for y in range(2, a.shape[0] - 2):
    for x in range(2, a.shape[1] - 2):
        s = zero
        for dy in range(-2, 3):
            for dx in range(-2, 3):
                s += a[y + dy, x + dx] * b[dy + 2, dx + 2]
        out[y, x] = s`,
    c: `for (long y = 2; y < s[0] - 2; y++) for (long x = 2; x < s[1] - 2; x++) {
      T sum = 0;
      for (long dy = -2; dy <= 2; dy++)
        for (long dx = -2; dx <= 2; dx++) sum += a[(y + dy) * s[1] + x + dx] * b[(dy + 2) * 5 + dx + 2];
      out[y * s[1] + x] = sum;
    }`,
  },
]

/** Sums of at most 512 products; C may fuse what it adds up, NumPy's order is its own. */
const tolerance = (code) => ({ relative: code === 'f4' ? 1e-4 : 1e-12 })

export const arrayKernels = [...single, ...batches, ...others].map((row) => ({
  ...row,
  types: row.code,
  tolerance: tolerance(row.code),
}))
