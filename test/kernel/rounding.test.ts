/** The exact operations of the interpreter, against integers and against the machine. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bitsValue, evaluate } from '../../src/loops/kernel/evaluate.ts'
import { fusedMultiplyAdd, nearest } from '../../src/loops/kernel/rounding.ts'

test('halves go to the even neighbour', () => {
  const rows = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [-0, -0],
    [2 ** 52 + 1, 2 ** 52 + 1],
    [Infinity, Infinity],
    [NaN, NaN],
    [3.7, 4],
    [-3.2, -3],
  ]
  for (const [x, want] of rows)
    assert.ok(Object.is(nearest(x as number), want), `${x}: ${nearest(x as number)}`)
})

test('a fused multiply-add is the exact value rounded once', () => {
  const small = fc.integer({ min: -(2 ** 26), max: 2 ** 26 })
  fc.assert(
    fc.property(small, small, fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), (a, b, c) => {
      // Exact in f8, so that plain arithmetic knows the answer; in f4 it is that, rounded.
      assert.is(fusedMultiplyAdd('f8', a, b, c), a * b + c + 0)
      const [x, y, z] = [Math.fround(a), Math.fround(b), Math.fround(c)] as const
      assert.is(fusedMultiplyAdd('f4', x, y, z), Math.fround(x * y + z) + 0)
    }),
  )
})

test('what two roundings lose', () => {
  const e = 2 ** -30
  assert.is(fusedMultiplyAdd('f8', 1 + e, 1 + e, -1 - 2 * e), e * e)
  assert.is(fusedMultiplyAdd('f8', 2 ** 600, 2 ** 600, -Infinity), -Infinity)
  assert.is(fusedMultiplyAdd('f8', 2 ** 1000, 2 ** 100, -(2 ** 1023)), Infinity)
  assert.is(fusedMultiplyAdd('f8', 2 ** 1000, 4, -(2 ** 1001)), 2 ** 1001)
  assert.is(fusedMultiplyAdd('f8', 2 ** -600, 2 ** -474, 0), 2 ** -1074)
  assert.is(fusedMultiplyAdd('f8', 2 ** -600, 2 ** -475, 0), 0)
  assert.is(fusedMultiplyAdd('f8', 2 ** -600, 1.5 * 2 ** -475, 0), 2 ** -1074)
  assert.is(fusedMultiplyAdd('f8', 1, 1, 2 ** -53), 1)
  assert.is(fusedMultiplyAdd('f8', 1 + 2 ** -52, 1, 2 ** -53), 1 + 2 ** -51)
  assert.is(fusedMultiplyAdd('f8', 1, 1, 2 ** -53 + 2 ** -80), 1 + 2 ** -52)
})

test('signs of zero', () => {
  assert.is(fusedMultiplyAdd('f8', -0, 1, -0), -0)
  assert.is(fusedMultiplyAdd('f8', -0, 1, 0), 0)
  assert.is(fusedMultiplyAdd('f8', 1, -1, 1), 0)
  assert.is(fusedMultiplyAdd('f8', 0, 5, -3), -3)
})

test('the bits of a value', () => {
  assert.is(bitsValue('f8', 'u8', -2), 0xc000000000000000n)
  assert.is(bitsValue('f8', 'i8', -2), -0x4000000000000000n)
  assert.is(bitsValue('f4', 'u4', 1), 0x3f800000n)
  assert.is(bitsValue('u8', 'f8', 0x3ff0000000000000n), 1)
  assert.is(bitsValue('i4', 'f4', -0x80000000n), -0)
})

test('copysign takes the sign of a zero', () => {
  assert.is(evaluate('copysign', 'f8', [3, -0]), -3)
  assert.is(evaluate('copysign', 'f8', [-3, 0]), 3)
})

test.run()
