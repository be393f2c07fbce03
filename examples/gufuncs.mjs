/**
 * Functions of arrays that people know, each a plain kernel of a few lines. They broadcast over what their layout leaves of the
 * dimensions, take `out`, `axis`, `axes` and `where`, and are compiled for the dtypes that they meet, where no signature says more.
 */
import { guvectorize, jit } from 'lanewise'

// ---- products

/** `numpy.matmul`: also of vectors, whose missing dimension is missing in the result. */
export const matmul = guvectorize('(m?,n),(n,p?)->(m?,p?)', (a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < b.shape[0]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
})

/** `numpy.vecdot` of real numbers. */
export const vecdot = guvectorize('(n),(n)->()', (a, b) => {
  let s = 0
  for (let i = 0; i < a.length; i++) s += a[i] * b[i]
  return s
})

/** A jit function takes rows of arrays, as it takes arrays: it is inlined into the kernels that capture it. */
const dot = jit((a, b) => {
  let s = 0
  for (let i = 0; i < a.length; i++) s += a[i] * b[i]
  return s
})

/** `numpy.matvec` */
export const matvec = guvectorize('(m,n),(n)->(m)', { env: { dot } })(({ dot }) => (a, x, out) => {
  for (let i = 0; i < a.length; i++) out[i] = dot(a[i], x)
})

/** `numpy.vecmat` of real numbers. */
export const vecmat = guvectorize('(n),(n,m)->(m)', (x, a, out) => {
  for (let i = 0; i < x.length; i++) for (let j = 0; j < a.shape[1]; j++) out[j] += x[i] * a[i][j]
})

/** `numpy.cross` in three dimensions: another size is an error of the call. */
export const cross = guvectorize('(3),(3)->(3)', (a, b, out) => {
  out[0] = a[1] * b[2] - a[2] * b[1]
  out[1] = a[2] * b[0] - a[0] * b[2]
  out[2] = a[0] * b[1] - a[1] * b[0]
})

/** The inner product with weights, `innerwt` of NumPy's own tests. */
export const weightedInner = guvectorize('(n),(n),(n)->()', (a, b, weight) => {
  let s = 0
  for (let i = 0; i < a.length; i++) s += a[i] * b[i] * weight[i]
  return s
})

// ---- along an axis

/** `numpy.cumsum` */
export const cumsum = guvectorize('(n)->(n)', (a, out) => {
  let s = 0
  for (let i = 0; i < a.length; i++) {
    s += a[i]
    out[i] = s
  }
})

/** The mean of the last `window` elements, of as many as there are at the start. */
export const movingAverage = guvectorize('(n),()->(n)', (a, window, out) => {
  let s = 0
  for (let i = 0; i < a.length; i++) {
    s += a[i]
    if (i >= window) s -= a[i - window]
    out[i] = s / Math.min(i + 1, window)
  }
})

/** `numpy.convolve`, mode 'full'. */
export const convolve = guvectorize('(m),(n)->(m+n-1)', (a, b, out) => {
  for (let i = 0; i < a.length; i++) for (let j = 0; j < b.length; j++) out[i + j] += a[i] * b[j]
})

/** Central differences, one-sided at the ends: Numba's example, with the result as a parameter … */
export const centdiff1d = guvectorize('(n),()->(n)', (u, dx, out) => {
  const n = u.length
  out[0] = (u[1] - u[0]) / dx
  for (let i = 1; i < n - 1; i++) out[i] = (u[i + 1] - u[i - 1]) / (2 * dx)
  out[n - 1] = (u[n - 1] - u[n - 2]) / dx
})

/** … and with a result that the function makes. */
export const centdiff = jit('f8[:](f8[:],f8)', (u, dx) => {
  const n = u.length
  const out = new Float64Array(n)
  out[0] = (u[1] - u[0]) / dx
  for (let i = 1; i < n - 1; i++) out[i] = (u[i + 1] - u[i - 1]) / (2 * dx)
  out[n - 1] = (u[n - 1] - u[n - 2]) / dx
  return out
})

/** Small vectors sorted by insertion; NaN stays where it is met. */
export const sort = guvectorize('(n)->(n)', (a, out) => {
  for (let i = 0; i < a.length; i++) {
    let j = i
    for (; j > 0 && out[j - 1] > a[i]; j--) out[j] = out[j - 1]
    out[j] = a[i]
  }
})

// ---- geometry and linear algebra

/** Distances between all pairs of points, as `scipy.spatial.distance.pdist` orders them. */
export const pairwiseDistance = guvectorize('(n,d)->(n*(n-1)/2)', (x, out) => {
  let pair = 0
  for (let i = 0; i < x.length; i++)
    for (let j = i + 1; j < x.length; j++) {
      let s = 0
      for (let k = 0; k < x.shape[1]; k++) s += (x[i][k] - x[j][k]) ** 2
      out[pair++] = Math.sqrt(s)
    }
})

/** The lower factor of a positive definite matrix, `numpy.linalg.cholesky`; NaN where there is none. */
export const cholesky = guvectorize('void(f8[:,:],f8[:,:])', '(n,n)->(n,n)', (a, out) => {
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j <= i; j++) {
      let s = a[i][j]
      for (let k = 0; k < j; k++) s -= out[i][k] * out[j][k]
      out[i][j] = i === j ? Math.sqrt(s) : s / out[j][j]
    }
})

/** Solves a·x = b by elimination with pivots. The kernel's own copies are made once a call, whatever the number of systems. */
export const solve = guvectorize('void(f8[:,:],f8[:],f8[:])', '(n,n),(n)->(n)', (a, b, x) => {
  const n = b.length
  const m = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    x[i] = b[i]
    for (let j = 0; j < n; j++) m[i * n + j] = a[i][j]
  }
  for (let c = 0; c < n; c++) {
    let pivot = c
    for (let i = c + 1; i < n; i++) if (Math.abs(m[i * n + c]) > Math.abs(m[pivot * n + c])) pivot = i
    for (let j = 0; j < n; j++) {
      const t = m[c * n + j]
      m[c * n + j] = m[pivot * n + j]
      m[pivot * n + j] = t
    }
    const t = x[c]
    x[c] = x[pivot]
    x[pivot] = t
    for (let i = c + 1; i < n; i++) {
      const factor = m[i * n + c] / m[c * n + c]
      for (let j = c; j < n; j++) m[i * n + j] -= factor * m[c * n + j]
      x[i] -= factor * x[c]
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i] -= m[i * n + j] * x[j]
    x[i] /= m[i * n + i]
  }
})
