/** Compiled, never run: what kernels are given and may return. */
import { jit, type KernelArray, vectorize } from 'lanewise'
import { f8 } from './arrays.ts'
import { same } from './same.ts'

// every scalar is a number
vectorize(['i8(i8,b1)', 'f4(f4,f4)'], (x, y) => {
  same<typeof x, number>()
  same<typeof y, number>()
  return x + y
})
vectorize((x, y) => {
  same<typeof x, number>()
  return x > y ? x : -y
})

// captured values come by their key
const sq = jit(['f4(f4)', 'f8(f8)'], (x) => x * x)
const halves = vectorize('UniTuple(f8,2)(f8)', (x) => [x / 2, x - x / 2])
const mask = jit('i8(i8)', (x) => x & 255)
vectorize(
  ['f8(f8)'],
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
  { env: { g: 9.81, sq } },
)
vectorize(
  ['f8(f8)'],
  { env: { g: 9.81, sq } },
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
)
vectorize(['f8(f8)'], { env: { g: 9.81, sq } })(
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
)
vectorize(
  ({ g, sq }) =>
    (t) =>
      0.5 * g * sq(t),
  { env: { g: 9.81, sq } },
)
vectorize({ env: { g: 9.81 } })(
  ({ g }) =>
    (t, u) =>
      g * t * u,
)
vectorize(
  ['f8(f8)'],
  ({ g }) =>
    (t) =>
      g * t,
  { env: () => ({ g: 9.81 }) },
)
vectorize(
  ['i4(i4)'],
  ({ table, big, on, root, halves, mask, plain }) =>
    (i) => {
      same<typeof big, number>()
      same<typeof on, boolean>()
      same<typeof table, KernelArray<1>>()
      const [a, b] = halves(i)
      return table[i] + table[i + 1] * big + (on ? root(i) : plain(i, 2)) + mask(i) + a + b
    },
  {
    env: {
      table: new Float64Array(4),
      big: 2n ** 40n,
      on: true,
      root: Math.sqrt,
      plain: (x: number, y: number) => x * y,
      halves,
      mask,
    },
  },
)

// text
vectorize('f8(f8)', 'x => x + 1')(f8)
vectorize('x => x + 1')(f8)
vectorize('function (x, y) { return x + y }')(f8, f8)
vectorize(['f8(f8)'])('(x) => x')(f8)

// options, before and after
vectorize(['f8(f8)'], { name: 'twice', doc: 'x + x', identity: 0 }, (x) => x + x)
vectorize(['f8(f8)'], (x) => x + x, { simd: false, fastmath: ['contract'], boundscheck: true })
vectorize((x) => x + x, { name: 'twice' })
vectorize({ name: 'twice' }, (x) => x + x)
vectorize({ name: 'twice' })((x) => x + x)

// jit, in all the same forms
jit((x, y) => x + y)(1, 2)
jit(['f8(f8)'])((x) => x)(f8)
jit('UniTuple(f8,2)(f8)', (x) => [x, -x])
jit(
  ({ k }) =>
    (x) =>
      x * k,
  { env: { k: 2 } },
)

// array parameters, by rank
declare const matrix: KernelArray<2>
declare const vector: KernelArray<1>
for (let i = 0; i < matrix.shape[0]; i++) {
  let s = 0
  for (let j = 0; j < matrix.shape[1]; j++) s += matrix[i][j] * vector[j] + matrix.get(i, j)
  vector[i] = s
  vector.set(i, s)
  matrix.set(i, 0, s)
}
for (const row of matrix) for (let j = 0; j < row.length; j++) vector[j] += row[j]
same<typeof matrix.shape, readonly [number, number]>()
