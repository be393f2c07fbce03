/** jit on whole arrays as TypeScript sees it, under `strict` and `noUncheckedIndexedAccess`. */
import { emptyLike, guvectorize, jit, type Result, vectorize, zeros } from 'lanewise'
import { same } from './same.ts'

const x = new Float64Array(4)

const sum2d = jit('f8(f8[:,:])', (a) => {
  let s = 0
  for (let i = 0; i < a.shape[0]; i++) for (let j = 0; j < a.shape[1]; j++) s += a[i][j]
  return s
})
const total = sum2d([[1, 2]])
same<typeof total, number>()

const scaled = jit(
  'f8[:](f8[:],f8)',
  ({ emptyLike }) =>
    (u, k) => {
      const out = emptyLike(u)
      for (let i = 0; i < u.length; i++) out[i] = u[i] * k
      return out
    },
  { env: { emptyLike } },
)
const more = scaled(x, 2)
same<typeof more, Result<Float64Array>>()
more.get(0)

const pair = jit('Tuple(f8[:],i8)(f8[:])', (u) => {
  const out = new Float64Array(u.length)
  return [out, u.length]
})(x)
same<typeof pair, [Result<Float64Array>, bigint]>()

const nothing = jit('void(f8[:],f8)', (u, k) => {
  for (let i = 0; i < u.length; i++) u[i] = k
})(x, 1)
same<typeof nothing, undefined>()

// without signatures: arrays, functions
jit((a, b) => a[0] * b.length)(x, [1, 2])
jit((g, x) => g(x) + g(2 * x))(Math.sqrt, 2)
jit((a, k) => {
  a[0] = k
})(x, 1)

const norm = jit('f8(f8[:])', (a) => a[0])
const sq = jit('f8(f8)', (x) => x * x)
// in other kernels: whole arrays, rows, made arrays
guvectorize(
  'void(f8[:,:],f8[:])',
  '(m,n)->(m)',
  ({ sum2d, norm, scaled, zeros }) =>
    (a, out) => {
      const t = zeros(3)
      t[0] = sum2d(a)
      out[0] = norm(a[0]) + scaled(a[0], 2)[0] + t[0]
    },
  { env: { sum2d, scaled, zeros, norm } },
)
vectorize(
  'f8(f8)',
  ({ sq }) =>
    (x) =>
      sq(x),
  { env: { sq } },
)

// @ts-expect-error two arguments
sum2d(x, x)
// @ts-expect-error an array is returned
jit('f8[:](f8[:])', (a) => a.length)
