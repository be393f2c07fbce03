import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { copied, copy } from '../../src/broadcast/copy.ts'
import { storedAs } from '../../src/broadcast/nested.ts'
import { sizeOf } from '../../src/broadcast/shape.ts'
import type { Strided } from '../../src/broadcast/view.ts'
import { type Code, codes, dtypes } from '../../src/dtype.ts'
import { elementAt, indices, layoutOf, shapes, stretching } from './arbitrary.ts'

const values = [
  0,
  1,
  -1,
  2.5,
  -2.5,
  127.9,
  300,
  -129,
  65536.5,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  1e19,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
]

/** A typed array of this dtype, filled by the engine's own conversions. */
function filled(code: Code, length: number, seed: number): Strided['data'] {
  const data = new dtypes[code].array(length)
  for (let i = 0; i < length; i++) {
    const value = values[(i * 7 + seed) % values.length] as number
    if (code === 'b1') data[i] = i % 2
    else if (dtypes[code].big)
      data[i] = BigInt.asIntN(64, BigInt(Number.isFinite(value) ? Math.trunc(value) : 5))
    else data[i] = value
  }
  return data
}

/** The cast as the contract words it: truncate, wrap, NaN and infinities 0; to b1 whatever is not 0. */
function cast(value: number | bigint, to: Code): number | bigint {
  const { kind, bytes, big } = dtypes[to]
  if (kind === 'b') return value === 0 || value === 0n ? 0 : 1
  if (kind === 'f') return to === 'f4' ? Math.fround(Number(value)) : Number(value)
  const exact = typeof value === 'bigint' ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0)
  const wrapped = kind === 'i' ? BigInt.asIntN(8 * bytes, exact) : BigInt.asUintN(8 * bytes, exact)
  return big ? wrapped : Number(wrapped)
}

test('copies between any layouts and dtypes are typed-array stores, element by element', () => {
  fc.assert(
    fc.property(
      shapes(4, 5).chain((shape) => fc.tuple(stretching(shape), layoutOf(shape))),
      fc.constantFrom(...codes),
      fc.constantFrom(...codes),
      fc.nat(),
      ([source, target], fromCode, toCode, seed) => {
        const from: Strided = { ...source, data: filled(fromCode, source.length, seed), code: fromCode }
        const to: Strided = { ...target, data: new dtypes[toCode].array(target.length), code: toCode }
        copy(from, to)
        // Where several indices are one element any of them may come last.
        const writes = new Map<number, unknown[]>()
        for (const index of indices(to.shape)) {
          const at = elementAt(to, index)
          const want = cast(from.data[elementAt(from, index)] as number | bigint, toCode)
          writes.set(at, [...(writes.get(at) ?? []), want])
        }
        for (let i = 0; i < to.data.length; i++) {
          const found = to.data[i]
          const wanted = writes.get(i) ?? [dtypes[toCode].big ? 0n : 0]
          assert.ok(
            wanted.some((want) => Object.is(want, found) || want === found),
            `${found} is not ${wanted}`,
          )
        }
      },
    ),
    { numRuns: 1500 },
  )
})

test('long runs, and clamped arrays, cast alike', () => {
  const source = Float64Array.from({ length: 50 }, (_, i) => i * 100 - 1000.5)
  const from: Strided = { data: source, code: 'f8', shape: [50], stride: [1], offset: 0 }
  const plain = copied(from, 'u1', 'K', (code, length) => new dtypes[code].array(length))
  const clamped: Strided = { ...from, data: new Uint8ClampedArray(50), code: 'u1' }
  copy(from, clamped)
  assert.equal([...clamped.data], [...Uint8Array.from(source)])
  assert.equal([...plain.data], [...clamped.data])
})

test('one value is stored like an element', () => {
  for (const code of codes)
    for (const value of values) {
      const data = new dtypes[code].array(1)
      data[0] = storedAs(code, value) as number
      const want = cast(value, code)
      assert.ok(Object.is(data[0], want) || data[0] === want, `${value} as ${code}`)
    }
  assert.is(storedAs('i8', true), 1n)
  assert.is(storedAs('f8', false), 0)
  assert.is(storedAs('b1', 0n), 0)
})

test('a copy has the size of its shape', () => {
  const from: Strided = { data: new Int8Array(9), code: 'i1', shape: [2, 0, 3], stride: [1, 1, 1], offset: 0 }
  const to = copied(from, 'f4', 'K', (code, length) => new dtypes[code].array(length))
  assert.is(to.data.length, sizeOf(from.shape))
})

test.run()
