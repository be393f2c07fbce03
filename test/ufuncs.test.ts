/** The ready-made functions against the real NumPy: all pairs of edge values of every dtype. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { View } from '../src/broadcast/view.ts'
import { type Code, codeOfArray, type TypedArray } from '../src/dtype.ts'
import { ready, vectorize } from '../src/index.ts'
import * as ufuncs from '../src/ufuncs.ts'
import { recorded, unpacked } from './fixtures/ufuncs.ts'

await ready()

// biome-ignore lint/suspicious/noExplicitAny: all functions are called alike
type Loose = ((...args: any[]) => View) & { readonly identity: unknown; readonly nin: number }
const functions = ufuncs as unknown as Readonly<Record<string, Loose>>

const operand = (data: TypedArray, code: Code, axis: 0 | 1): View => ({
  data,
  shape: axis === 0 ? [data.length, 1] : [data.length],
  stride: axis === 0 ? [1, 0] : [1],
  ...(code === 'b1' ? { dtype: 'bool' } : {}),
})

/** Functions whose last bits depend on the library; NumPy's own are within an ULP or two. */
const inexact = new Set(['exp', 'log', 'sin', 'cos', 'power'])
/** Which of +0 and -0 is the larger is nobody's promise. */
const unsigned = new Set(['maximum', 'minimum'])

function agrees(name: string, code: Code, got: number | bigint, want: number | bigint): boolean {
  if (Object.is(got, want)) return true
  if (unsigned.has(name) && got === want) return true
  if (!inexact.has(name) || typeof got !== 'number' || typeof want !== 'number') return false
  return Math.abs(got - want) <= 4 * (code === 'f4' ? 2 ** -24 : 2 ** -53) * Math.abs(want)
}

const named = new Map<string, typeof recorded.values>()
for (const row of recorded.values) named.set(row.ufunc, [...(named.get(row.ufunc) ?? []), row])

for (const [name, rows] of named) {
  test(`${name} on edge values`, () => {
    const f = functions[name]
    if (!f) throw new Error(`there is no ${name}`)
    for (const { x, dtype, inputs, out } of rows) {
      const data = inputs.map((text) => unpacked(text, x))
      const [a, b] = data
      if (!a) throw new Error('no input')
      const got = b ? f(operand(a, x, 0), operand(b, x, 1)) : f(operand(a, x, 1))
      assert.is(codeOfArray(got.data), dtype === 'b1' ? 'u1' : dtype, `${name} on ${x}`)
      const want = unpacked(out, dtype)
      assert.is(got.data.length, want.length)
      want.forEach((value: number | bigint, i: number) => {
        const found = got.data[i] as number | bigint
        const width = b?.length ?? 1
        const on = b ? `${a[Math.floor(i / width)]}, ${b[i % width]}` : `${a[i]}`
        if (!agrees(name, dtype, found, value))
          assert.unreachable(`${name}(${on}) on ${x}: ${found}, NumPy has ${value}`)
      })
    }
  })
}

test('all of them were compared', () => {
  assert.equal(Object.keys(functions).sort(), [...named.keys()].sort())
})

test("NumPy's identities", () => {
  const { add, multiply, logical_and, logical_or, maximum, subtract } = ufuncs
  assert.equal(
    [add, multiply, logical_and, logical_or, maximum, subtract].map((f) => f.identity),
    [0, 1, true, false, 'reorderable', null],
  )
})

test('where NumPy raises, there is a value', () => {
  assert.equal([...ufuncs.power(Int32Array.of(2, 1, -1, -1, 0, -3), -3).data], [0, 1, -1, -1, 0, 0])
  assert.equal([...ufuncs.power(Int32Array.of(-1, 2), -2).data], [1, 0])
  assert.equal([...ufuncs.floor_divide(BigInt64Array.of(5n, -5n), 0n).data], [0n, 0n])
  assert.equal([...ufuncs.negative([true, false]).data], [-1, 0])
})

test('integers divide in float64, also by a fraction', () => {
  assert.equal([...ufuncs.divide(Int8Array.of(1, 3), 0.5).data], [2, 6])
  assert.is(ufuncs.divide(Float32Array.of(1), Int16Array.of(3)).data[0], Math.fround(1 / 3))
})

test('kernels can call them', () => {
  const { floor_divide, power } = ufuncs
  const f = vectorize(
    ['i4(i4,i4)', 'f8(f8,f8)'],
    ({ floor_divide, power }) =>
      (x, y) =>
        power(floor_divide(x, y), 2),
    { env: { floor_divide, power } },
  )
  assert.equal([...f(Int32Array.of(7, -7), 2).data], [9, 16])
  assert.is(f(1, 0.1), 81)
})

test.run()
