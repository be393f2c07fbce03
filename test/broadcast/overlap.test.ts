import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mayOverlapItself, mayShareMemory, sameElements } from '../../src/broadcast/overlap.ts'
import type { Strided } from '../../src/broadcast/view.ts'
import { type Code, dtypes } from '../../src/dtype.ts'
import { elementAt, indices, layoutOf, shapes } from './arbitrary.ts'

const buffer = new ArrayBuffer(1 << 16)

/** An array that starts `byte` bytes into the buffer (rounded down to its alignment). */
const arrays = fc
  .record({
    shape: shapes(3, 4),
    code: fc.constantFrom<Code>('u1', 'i2', 'f4', 'f8'),
    byte: fc.integer({ min: 0, max: 48 }),
  })
  .chain(({ shape, code, byte }) =>
    layoutOf(shape).map(({ stride, offset }): Strided => {
      const { array, bytes } = dtypes[code]
      return { data: new array(buffer, Math.floor(byte / bytes) * bytes), code, shape, stride, offset }
    }),
  )

function bytesOf(x: Strided): Set<number> {
  const { bytes } = dtypes[x.code]
  const seen = new Set<number>()
  for (const index of indices(x.shape))
    for (let byte = 0; byte < bytes; byte++) seen.add(x.data.byteOffset + elementAt(x, index) * bytes + byte)
  return seen
}

test('agrees with comparing all bytes, for small arrays exactly', () => {
  let shared = 0
  fc.assert(
    fc.property(arrays, arrays, (a, b) => {
      const bytes = bytesOf(b)
      const truth = [...bytesOf(a)].some((byte) => bytes.has(byte))
      if (truth) shared++
      assert.is(mayShareMemory(a, b), truth)
      assert.is(mayShareMemory(b, a), truth)
    }),
    { numRuns: 3000 },
  )
  assert.ok(shared > 200, `only ${shared} pairs shared memory`)
})

test('never denies that two indices are one element', () => {
  fc.assert(
    fc.property(arrays, (a) => {
      const all = [...indices(a.shape)].map((index) => elementAt(a, index))
      if (new Set(all).size < all.length) assert.ok(mayOverlapItself(a))
    }),
    { numRuns: 2000 },
  )
})

const strided = (data: Strided['data'], shape: number[], stride: number[], offset = 0): Strided => ({
  data,
  code: 'f8',
  shape,
  stride,
  offset,
})

test('ordinary arrays do not overlap themselves', () => {
  const x = new Float64Array(24)
  assert.not(mayOverlapItself(strided(x, [2, 3, 4], [12, 4, 1])))
  assert.not(mayOverlapItself(strided(x, [3, 2], [-1, 3], 2)))
  assert.not(mayOverlapItself(strided(x, [1, 4], [0, 1])))
  assert.ok(mayOverlapItself(strided(x, [3], [0])))
  assert.ok(mayOverlapItself(strided(x, [3, 3], [1, 1])))
})

test('interleaved halves of one array are apart', () => {
  const x = new Float64Array(1000)
  assert.not(mayShareMemory(strided(x, [500], [2]), strided(x, [500], [2], 1)))
  assert.ok(mayShareMemory(strided(x, [500], [2]), strided(x, [500], [2], 2)))
})

test('separate buffers are apart, two shared ones may be the same memory', () => {
  const a = strided(new Float64Array(4), [4], [1])
  const b = strided(new Float64Array(4), [4], [1])
  assert.not(mayShareMemory(a, b))
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
  const before = strided(new Float64Array(memory.buffer, 0, 4), [4], [1])
  memory.grow(1)
  const after = strided(new Float64Array(memory.buffer, 0, 4), [4], [1])
  assert.ok(mayShareMemory(before, after))
  assert.ok(sameElements(before, after))
})

test('a hard equation is answered in bounded work, with maybe', () => {
  const shape = [60, 60, 60, 60, 60, 60]
  const stride = [999983, 999979, 999961, 999959, 999953, 999931].map((s) => s * 2)
  const x = new Float64Array(1)
  assert.type(mayShareMemory(strided(x, shape, stride), strided(x, shape, stride, 1)), 'boolean')
})

test('the same elements: start, shape, strides and dtype', () => {
  const x = new Float64Array(12)
  const a = strided(x, [3, 4], [4, 1])
  assert.ok(sameElements(a, strided(x.subarray(0), [3, 4], [4, 1])))
  assert.not(sameElements(a, strided(x, [3, 4], [4, 1], 1)))
  assert.not(sameElements(a, strided(x, [4, 3], [3, 1])))
  assert.not(sameElements(strided(x, [3, 3], [3, 1]), strided(x, [3, 3], [1, 3])))
  assert.ok(sameElements(strided(x, [1, 4], [4, 1]), strided(x, [1, 4], [9, 1])))
  assert.not(sameElements(a, { ...a, code: 'i8' }))
})

test.run()
