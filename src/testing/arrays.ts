/** Kernels of arrays, and the errors that calls end in. */
import { guvectorize } from '../guvectorize/guvectorize.ts'
import { jit } from '../guvectorize/jit.ts'
import type { Value } from '../loops/kernel/ir.ts'
import { free, resident } from '../targets/memory/arrays.ts'
import type { AnyUfunc } from '../vectorize/ufunc.ts'
import { on, type Row, type Setup } from './cases.ts'
import { expectError, expectResult, Mismatch } from './check.ts'
import { indices, type Laid, laid, randomFrom } from './operands.ts'

type Define = (...args: unknown[]) => AnyUfunc

const cores = (
  { target }: Setup,
  signature: string,
  layout: string,
  kernel: string,
  options = {},
): AnyUfunc => (guvectorize as unknown as Define)([signature], layout, kernel, { ...options, target })
const jitted = ({ target }: Setup, signature: string, kernel: string): AnyUfunc =>
  (jit as unknown as Define)([signature], kernel, { target })

/** Elements small enough that every product and sum of a few is exact. */
function small(one: Laid): Laid {
  one.at.forEach((i, k) => {
    one.data[i] = (((k * 7) % 11) - 5) as number
  })
  return one
}
const numbers = ({ data, at }: Laid): number[] => at.map((i) => Number(data[i]))

const matmulText = `(a, b, c) => {
  for (let i = 0; i < a.shape[0]; i++)
    for (let j = 0; j < b.shape[1]; j++) {
      let s = 0
      for (let k = 0; k < b.shape[0]; k++) s += a[i][k] * b[k][j]
      c[i][j] = s
    }
}`

const product: Row = {
  name: 'matrix products, stacked',
  needs: ['f8', 'f4', 'arrays'],
  async run(setup) {
    const random = randomFrom(1)
    for (const code of ['f8', 'f4'] as const) {
      const f = cores(setup, `void(${code}[:,:],${code}[:,:],${code}[:,:])`, '(m,n),(n,p)->(m,p)', matmulText)
      for (const [m, n, p, stack] of [
        [3, 3, 3, [2]],
        [5, 4, 7, []],
        [1, 9, 20, [3, 2]],
      ] as const) {
        const a = small(laid(random, code, [...stack, m, n], 'plain'))
        const b = small(laid(random, 'f4', [n, p], 'resident'))
        const [x, y] = [numbers(a), numbers(b)]
        const count = x.length / (m * n)
        const values = Array.from({ length: count * m * p }, (_, at) => {
          const [s, i, j] = [Math.floor(at / (m * p)), Math.floor(at / p) % m, at % p]
          return Array.from(
            { length: n },
            (_, k) => (x[(s * m + i) * n + k] ?? 0) * (y[k * p + j] ?? 0),
          ).reduce((u, v) => u + v)
        })
        const want = { code, shape: [...stack, m, p], values }
        expectResult(`${m} by ${n} by ${p}`, await f(a.operand, b.operand), want, setup.tolerance)
      }
    }
  },
}

const sumsOfRows: Row = {
  name: 'cores that return a number, and where',
  needs: ['i4', 'arrays'],
  async run(setup) {
    const text = '(x, k) => { let s = 0; for (let i = 0; i < x.length; i++) s += x[i] * k; return s }'
    const f = cores(setup, 'i4(i4[:],i4)', '(n),()->()', text)
    const random = randomFrom(2)
    const x = small(laid(random, 'i2', [6, 10], 'plain'))
    const own = numbers(x)
    const sums = Array.from(
      { length: 6 },
      (_, r) => 3 * own.slice(10 * r, 10 * r + 10).reduce((a, b) => a + b),
    )
    expectResult('sums', await f(x.operand, 3), { code: 'i4', shape: [6], values: sums }, 0)
    const mask = [true, false, true, true, false, false]
    const values = sums.map((sum, k) => (mask[k] ? sum : 0))
    expectResult('where', await f(x.operand, 3, { where: mask }), { code: 'i4', shape: [6], values }, 0)
  },
}

const scratch: Row = {
  name: 'arrays that a kernel makes, while it runs',
  needs: ['f8', 'arrays'],
  async run(setup) {
    const text = `(x, out) => {
      const n = x.length
      const t = new Float64Array(n + 1)
      for (let i = 0; i < n; i++) t[i + 1] = t[i] + x[i]
      let k = 0
      while (k < n && t[k] < 4) k++
      for (let i = 0; i < n; i++) out[i] = t[n - i] - k
    }`
    const f = cores(setup, 'void(f8[:],f8[:])', '(n)->(n)', text)
    const x = small(laid(randomFrom(3), 'f8', [4, 9], 'plain'))
    const own = numbers(x)
    const values = [0, 1, 2, 3].flatMap((r) => {
      const t = [0]
      for (let i = 0; i < 9; i++) t.push((t[i] ?? 0) + (own[9 * r + i] ?? 0))
      let k = 0
      while (k < 9 && (t[k] ?? 0) < 4) k++
      return Array.from({ length: 9 }, (_, i) => (t[9 - i] ?? 0) - k)
    })
    expectResult('scratch', await f(x.operand), { code: 'f8', shape: [4, 9], values }, 0)
  },
}

const inPlace: Row = {
  name: 'jit writes to what it is given',
  needs: ['f8', 'arrays'],
  async run(setup) {
    const text = `(x, s) => { let n = 0; for (let i = 0; i < x.length; i++) { if (x[i] > 0) { x[i] = x[i] * s; n++ } } return n }`
    const f = jitted(setup, 'i4(f8[:],f8)', text)
    const x = small(laid(randomFrom(4), 'f8', [31], 'resident'))
    const before = numbers(x)
    const count: unknown = await f(x.operand, 2)
    expectResult('count', count, { code: 'i4', shape: [], values: [before.filter((v) => v > 0).length] }, 0)
    const values = before.map((v) => (v > 0 ? v * 2 : v))
    expectResult('array', x.operand, { code: 'f8', shape: [31], values }, 0)
  },
}

/** The field of an error, where it says something else than it should. */
function expectField(error: object, field: 'index' | 'size' | 'line', want: number): void {
  const value: unknown = Reflect.get(error, field)
  if (value !== want) throw new Mismatch(`the error's ${field} is ${String(value)}, not ${want}`)
}

const boundsOfTable: Row = {
  name: 'an index outside a table',
  needs: ['f8', 'i4'],
  async run(setup) {
    const text = '({ table }) => (i) =>\n  table[i]'
    const f = on(setup, 'f8(i4)', text, { env: { table: Float64Array.of(1, 2, 3) } })
    const operand = Int32Array.of(0, 2, 1, 7, 1, -4, 0)
    const error = await expectError('index 7 of 3', 'bounds', () => f(operand))
    expectField(error, 'index', 7)
    expectField(error, 'size', 3)
    expectField(error, 'line', 2)
    const again: unknown = await f(operand.subarray(0, 3))
    expectResult('the call after it', again, { code: 'f8', shape: [3], values: [1, 3, 2] }, 0)
    await expectError('index -4', 'bounds', () => f(operand.subarray(4)))
  },
}

const boundsUnderMask: Row = {
  name: 'what a mask leaves out fails nothing',
  needs: ['f8', 'i4', 'masked'],
  async run(setup) {
    const f = on(setup, 'f8(i4)', '({ table }) => (i) => table[i]', { env: { table: Float64Array.of(5, 6) } })
    const result: unknown = await f(Int32Array.of(0, 9, 1), { where: [true, false, true] })
    expectResult('where', result, { code: 'f8', shape: [3], values: [5, 0, 6] }, 0)
  },
}

const boundsOfArrays: Row = {
  name: 'an index outside an array',
  needs: ['f8', 'i4', 'arrays'],
  async run(setup) {
    const text = '(x, k, out) => { for (let i = 0; i < out.length; i++) out[i] = x[i + k] }'
    const f = cores(setup, 'void(f8[:],i4,f8[:])', '(n),()->(n)', text)
    const x = Float64Array.of(1, 2, 3, 4)
    const error = await expectError('index 4 of 4', 'bounds', () => f(x, 1))
    expectField(error, 'index', 4)
    expectField(error, 'size', 4)
    expectResult('the call after it', await f(x, 0), { code: 'f8', shape: [4], values: [...x] }, 0)
  },
}

const freed: Row = {
  name: 'a freed operand',
  needs: ['f8'],
  async run(setup) {
    const f = on(setup, 'f8(f8,f8)', '(x, y) => x + y')
    const x = resident(Float64Array.of(1, 2, 3))
    const result: unknown = await f(x, 1)
    expectResult('before', result, { code: 'f8', shape: [3], values: [2, 3, 4] as Value[] }, 0)
    free(x)
    await expectError('after', 'memory', () => f(x, 1))
  },
}

/** A target that computes with memory of its own may still be asked for any view of the host's. */
const untouched: Row = {
  name: 'inputs stay as they are',
  needs: ['f4'],
  async run(setup) {
    const f = on(setup, 'f4(f4)', '(x) => x * 2')
    const x = laid(randomFrom(9), 'f4', [4, 5], 'plain')
    const before = x.data.slice()
    await f(x.operand)
    const { shape } = x.operand as { shape: number[] }
    const places = indices([x.data.length], [1], 0)
    if (places.some((i) => !Object.is(before[i], x.data[i])))
      throw new Mismatch(`an input of shape [${shape}] was written`)
  },
}

export const arrays: readonly Row[] = [
  product,
  sumsOfRows,
  scratch,
  inPlace,
  boundsOfTable,
  boundsUnderMask,
  boundsOfArrays,
  freed,
  untouched,
]
