import { inspect } from 'node:util'
import ndarray from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { codeOf } from '../../src/dtype.ts'
import { BroadcastError, OptionError, SignatureError } from '../../src/errors.ts'
import {
  arange,
  array,
  empty,
  format,
  full,
  isResident,
  linspace,
  ones,
  plain,
  resident,
  toArray,
  zeros,
} from '../../src/targets/memory/arrays.ts'
import { numpy } from '../fixtures/numpy.ts'
import { thrown } from '../thrown.ts'

test('arange and linspace give NumPy’s numbers', () => {
  for (const [name, args, dtype, want] of numpy.ranges) {
    const code = codeOf(dtype) ?? 'f8'
    const [a = 0, b = 0, c] = args
    const made = name === 'arange' ? arange(a, b, c, code) : linspace(a, b, c, code)
    assert.equal(
      Array.from(made.data as Iterable<number | bigint>, Number),
      want,
      `${name}(${args}) ${dtype}`,
    )
  }
  assert.equal(toArray(arange(3)), [0, 1, 2])
  assert.is(linspace(0, 1).size, 50)
})

test('the constructors: resident, of the dtype and order asked for', () => {
  const x = zeros([2, 3], 'int32')
  assert.equal([x.dtype, x.shape, x.stride, x.offset], ['int32', [2, 3], [3, 1], 0])
  assert.ok(isResident(x))
  const f = empty([2, 3], { dtype: 'u1', order: 'F' })
  assert.equal([f.dtype, f.stride], ['uint8', [1, 2]])
  assert.equal(toArray(ones(2, 'i8')), [1n, 1n])
  assert.equal(toArray(ones([], 'b1')), 1)
  assert.equal(toArray(zeros([2, 0])), [[], []])
  assert.equal([full(1, 2).dtype, full(1, 2n).dtype, full(1, true).dtype], ['float64', 'bigint64', 'uint8'])
  assert.equal(toArray(full(2, 300.7, 'u1')), [44, 44])
  assert.equal(toArray(full(1, Number.NaN, 'i8')), [0n])
  assert.equal(toArray(full(1, Number.NaN, 'b1')), [1])
  assert.equal(toArray(full(1, 2n ** 32n + 5n, 'i4')), [5])
  assert.equal(toArray(full(1, 2n ** 63n, 'u8')), [2n ** 63n])
})

test('memory that is used again is cleared', () => {
  for (let i = 0; i < 3; i++) {
    const x = full(1000, 9)
    assert.ok((x.data as Float64Array).every((v) => v === 9))
    x[Symbol.dispose]()
    assert.ok((zeros(1000).data as Float64Array).every((v) => v === 0))
  }
})

test('array copies: nested arrays, typed arrays, views in their order', () => {
  assert.equal(
    toArray(
      array([
        [1, 2],
        [3, 4],
      ]),
    ),
    [
      [1, 2],
      [3, 4],
    ],
  )
  assert.equal([array([1n]).dtype, array([true]).dtype, array([[]]).dtype], ['bigint64', 'uint8', 'float64'])
  assert.equal(toArray(array([1.9, -1.9, 257], 'i1')), [1, -1, 1])
  assert.equal(toArray(array([1, 2], { dtype: 'i8' })), [1n, 2n])
  const view = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]).transpose(1, 0)
  const copy = array(view)
  assert.equal([copy.dtype, copy.stride, toArray(copy)], ['float32', [1, 3], toArray(view)])
  assert.equal(array(view, { order: 'C' }).stride, [2, 1])
  assert.equal(
    array(
      [
        [1, 2],
        [3, 4],
      ],
      { order: 'F' },
    ).stride,
    [1, 2],
  )
  assert.equal(toArray(array(view.step(-1, 2), 'u8')), [[3n], [2n], [1n]])
  const long = Float64Array.from({ length: 100 }, (_, i) => i * 3e9)
  assert.equal(toArray(array(long, 'i4')), [...Int32Array.from(long)])
  assert.equal(toArray(array(long, 'i8')), [...long].map(BigInt))
  assert.equal(toArray(array(Uint8ClampedArray.of(1, 255))), [1, 255])
  assert.instance(
    thrown(() => array([[1], [2, 3]])),
    BroadcastError,
  )
})

test('resident and plain move arrays, and leave those alone that are there', () => {
  const own = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0)
  const there = resident(own)
  assert.ok(isResident(there))
  assert.not(isResident(own))
  assert.equal(
    [there.stride, toArray(there)],
    [
      [1, 2],
      [
        [1, 3],
        [2, 4],
      ],
    ],
  )
  assert.is(resident(there), there)
  const view = there.lo(1)
  assert.is(resident(view), view)
  const back = plain(there)
  assert.not(isResident(back))
  assert.equal([back.stride, toArray(back)], [[1, 2], toArray(own)])
  assert.is(plain(own), own)
  assert.equal(toArray(resident(Float32Array.of(1, 2))), [1, 2])
})

test('results are ndarrays of the very classes of ndarray, up to many dimensions', () => {
  for (let n = 0; n <= 6; n++) {
    const shape = new Array<number>(n).fill(2)
    const mine = zeros(shape, 'f4')
    const theirs = ndarray(new Float32Array(2 ** n), shape)
    assert.is(mine.constructor, theirs.constructor)
    assert.equal([mine.shape, mine.stride, mine.offset], [theirs.shape, theirs.stride, theirs.offset])
  }
})

test('the shape of a result is its own', () => {
  const shape = [2, 2]
  const x = zeros(shape)
  shape[0] = 9
  assert.equal(x.shape, [2, 2])
})

test('what lanewise adds to ndarrays does not show', () => {
  const x = array([
    [1, 2.5],
    [3, 4],
  ])
  assert.equal(Object.keys(x), ['data', 'shape', 'stride', 'offset'])
  const seen: string[] = []
  for (const key in x) seen.push(key)
  assert.not(seen.includes('T'))
  assert.equal(toArray(x.T), [
    [1, 3],
    [2.5, 4],
  ])
  assert.is(inspect(x), '[[1.  2.5]\n [3.  4. ]]')
  assert.is(inspect(x.pick(0, null)), '[1.  2.5]')
  assert.is(inspect({ x: x.pick(1) }), '{ x: [3. 4.] }')
  assert.is(format(x), inspect(x))
  const gone = zeros(3)
  gone[Symbol.dispose]()
  assert.is(inspect(gone), '<freed array>')
})

test('bad arguments are refused', () => {
  for (const shape of [-1, 1.5, [2, -2], 'x', [Number.NaN], null, {}])
    assert.instance(
      thrown(() => zeros(shape as number)),
      OptionError,
    )
  const unknown = thrown(() => zeros(2, 'f9' as 'f8'))
  assert.instance(unknown, SignatureError)
  assert.equal([unknown.text, unknown.position], ['f9', 0])
  assert.instance(
    thrown(() => zeros(2, { order: 'K' as 'C' })),
    OptionError,
  )
  assert.instance(
    thrown(() => arange(0, 1, 0)),
    OptionError,
  )
  assert.instance(
    thrown(() => arange(Number.NaN)),
    OptionError,
  )
  assert.instance(
    thrown(() => arange(0, 3, 1, 'b1')),
    OptionError,
  )
  assert.instance(
    thrown(() => linspace(0, 1, -1)),
    OptionError,
  )
})

test.run()
