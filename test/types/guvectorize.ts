/** The forms of `guvectorize` as TypeScript sees them, under `strict` and `noUncheckedIndexedAccess`. */
import { type Gufunc, guvectorize, type Result } from '../../src/index.ts'
import { same } from './same.ts'

const matmul = guvectorize(
  ['void(f8[:,:],f8[:,:],f8[:,:])'],
  '(m,n),(n,p)->(m,p)',
)((a, b, out) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < a.shape[1]; k++) s += a[i][k] * b[k][j]
      out[i][j] = s
    }
})
const x = new Float64Array(4)
export const product: Result = matmul(x, x, {
  axes: [
    [1, 2],
    [1, 2],
    [0, 1],
  ],
})
same<typeof matmul, Gufunc<'(m,n),(n,p)->(m,p)'>>()

export const sums: Result = guvectorize('void(f8[:],f8[:])', '(n)->()', (a, out) => {
  for (const v of a) out[0] += v
})(x, { axis: 0, keepdims: true })

export const lazy: Result = guvectorize('(n),()->(n)', (a, k, out) => {
  for (let i = 0; i < a.length; i++) out.set(i, a.get(i) * k)
})(x, 2)

export const [low, high]: Result[] = guvectorize('UniTuple(f8,2)(f8[:])', '(n)->(),()', (a) => [
  a[0],
  a[a.length - 1],
])(x)

export const scaled: Result = guvectorize('void(f8[:],f8[:])', '(n)->(2*n)', {
  env: { k: 2 },
  sizes: { n: ({ m = 0 }) => m },
  writableArgs: ['out'],
})(({ k }) => (a, out) => {
  for (let i = 0; i < a.length; i++) out[i] = a[i] * k
})(x)

export const none: undefined = guvectorize(
  'void(f8[:],f8[:])',
  '(n),(n)',
  (a, b) => {
    b[0] = a[0]
  },
  { writableArgs: [1] },
)(x, x)

// @ts-expect-error a kernel of two arrays has two parameters
guvectorize('void(f8[:],f8[:])', '(n)->()', (a: number[][], b: number, c: number) => a[b + c])
export const some: Result = matmul(x, x, { where: [true, false] })
export const product4: Result = matmul.reduce(x, {
  axis: 0,
  initial: [
    [1, 0],
    [0, 1],
  ],
})
