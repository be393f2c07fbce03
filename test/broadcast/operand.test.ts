import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { toOutput, toStrided } from '../../src/broadcast/operand.ts'
import { BoundsError, BroadcastError, CastingError, OptionError, OutputError } from '../../src/errors.ts'
import { thrown } from '../thrown.ts'

const fields = (operand: unknown) => {
  const { data, code, shape, stride, offset } = toStrided(operand)
  return [code, [...shape], [...stride], offset, Array.from(data as Iterable<unknown>)]
}

test('typed arrays are 1-d', () => {
  assert.equal(fields(Int16Array.of(1, 2)), ['i2', [2], [1], 0, [1, 2]])
  assert.equal(fields(Uint8ClampedArray.of(1, 2)), ['u1', [2], [1], 0, [1, 2]])
  assert.equal(fields(BigUint64Array.of(3n)), ['u8', [1], [1], 0, [3n]])
  assert.equal(fields(new Float64Array(0)), ['f8', [0], [1], 0, []])
})

test('views share their data', () => {
  const data = Float32Array.of(0, 1, 2, 3, 4, 5)
  const view = ndarray(data, [2, 3]).step(1, -1)
  const strided = toStrided(view)
  assert.is(strided.data, data)
  assert.equal([strided.code, strided.shape, strided.stride, strided.offset], ['f4', [2, 3], [3, -1], 2])
  assert.equal(toStrided({ data, shape: [6], stride: [1] }).offset, 0)
  assert.equal(fields(ndarray(data, [])), ['f4', [], [], 0, [...data]])
})

test('a view that calls itself bool is b1', () => {
  assert.is(toStrided({ data: Uint8Array.of(1), shape: [1], stride: [1], dtype: 'bool' }).code, 'b1')
  assert.is(toStrided({ data: Int8Array.of(1), shape: [1], stride: [1], dtype: 'bool' }).code, 'i1')
})

test('views of JavaScript arrays and of get-able data become typed', () => {
  assert.equal(fields(ndarray([1, 2, 3, 4]).step(-2)), ['f8', [2], [-2], 2, [2, 3, 4]])
  const bools = { length: 3, get: (i: number) => i === 1, set() {} }
  assert.equal(fields({ data: bools, shape: [2], stride: [1], offset: 1 }), ['b1', [2], [1], 0, [1, 0]])
  assert.equal(fields({ data: [5n, 6n], shape: [0, 2], stride: [2, 1] }), ['f8', [0, 2], [2, 1], 0, []])
})

test('nested arrays have NumPy’s shape and the dtype of their elements', () => {
  assert.equal(fields([1, 2]), ['f8', [2], [1], 0, [1, 2]])
  assert.equal(fields([[1n], [-2n]]), ['i8', [2, 1], [1, 1], 0, [1n, -2n]])
  assert.equal(fields([true, false]), ['b1', [2], [1], 0, [1, 0]])
  assert.equal(fields([true, 2n]), ['i8', [2], [1], 0, [1n, 2n]])
  assert.equal(fields([1n, 2.5]), ['f8', [2], [1], 0, [1, 2.5]])
  assert.equal(fields([]), ['f8', [0], [1], 0, []])
  assert.equal(fields([[], []]), ['f8', [2, 0], [1, 1], 0, []])
  assert.equal(fields([Float32Array.of(1, 2), Float32Array.of(3, 4)]), [
    'f4',
    [2, 2],
    [2, 1],
    0,
    [1, 2, 3, 4],
  ])
  assert.equal(fields([Int8Array.of(1), Float32Array.of(3)]), ['f4', [2, 1], [1, 1], 0, [1, 3]])
  assert.is(toStrided([Float32Array.of(1), [2]]).code, 'f8')
})

test('ragged nested arrays are refused with both shapes', () => {
  for (const values of [
    [[1, 2], [3]],
    [[1], 2],
    [1, [2]],
    [[[1]], [[1, 2]]],
  ]) {
    const raised = thrown(() => toStrided(values))
    assert.instance(raised, BroadcastError)
    assert.match(raised.message, 'ragged')
  }
  assert.equal(thrown(() => toStrided([[1, 2], [3]])).shapes, [
    [2, 2],
    [2, 1],
  ])
})

test('what is no array is refused', () => {
  const others = [
    'abc',
    null,
    undefined,
    {},
    () => 0,
    new Map(),
    { data: 'text', shape: [1], stride: [1] },
    ['a'],
    [{}],
  ]
  for (const value of others)
    assert.instance(
      thrown(() => toStrided(value)),
      OptionError,
    )
  assert.match(thrown(() => toStrided('abc')).message, 'the string "abc" is not an array')
  assert.match(thrown(() => toStrided([1, 'x'])).message, 'an array element is "x"')
  assert.instance(
    thrown(() => toStrided([2n ** 63n])),
    CastingError,
  )
})

test('malformed views are refused', () => {
  const data = new Float64Array(10)
  const bad = [
    { data, shape: [2], stride: [1, 1] },
    { data, shape: [2.5], stride: [1] },
    { data, shape: [-1], stride: [1] },
    { data, shape: [2], stride: [0.5] },
    { data, shape: [2], stride: [Number.NaN] },
    { data, shape: [2], stride: [1], offset: 0.5 },
    { data, shape: 'x', stride: [1] },
    { data, shape: [undefined], stride: [1] },
  ]
  for (const view of bad)
    assert.instance(
      thrown(() => toStrided(view)),
      OptionError,
    )
})

test('strides that reach outside the data are refused, with the index', () => {
  const data = new Float64Array(10)
  const reach = (shape: number[], stride: number[], offset?: number) => {
    const raised = thrown(() =>
      toStrided({ data, shape, stride, ...(offset === undefined ? {} : { offset }) }),
    )
    assert.instance(raised, BoundsError)
    return [raised.index, raised.size]
  }
  assert.equal(reach([11], [1]), [10, 10])
  assert.equal(reach([2, 5], [6, 1]), [10, 10])
  assert.equal(reach([3], [-1], 1), [-1, 10])
  assert.equal(reach([], [], 10), [10, 10])
  assert.equal(reach([2], [2 ** 52]), [2 ** 52, 10])
  assert.equal(toStrided({ data, shape: [2, 0], stride: [1000, 1], offset: 99 }).shape, [2, 0])
})

test('an output is a typed array or a view of one', () => {
  const out = new Float64Array(3)
  assert.is(toOutput(out, 2).data, out)
  assert.is(toOutput(ndarray(out), 2).data, out)
  for (const other of [[1, 2], 5, null, ndarray([1, 2]), 'x']) {
    const raised = thrown(() => toOutput(other, 2))
    assert.instance(raised, OutputError)
    assert.is(raised.operand, 2)
    assert.match(raised.message, 'return arrays must be of ArrayType')
  }
})

test.run()
