/** NumPy's answers to calls: casting, broadcasting, memory order and `out` (executed on numpy 2.4.6, see the vectors in the project's notes). */
import type { NdArray } from 'ndarray'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dtype, f8, functions, i4, list, range, targets, view } from './functions.ts'

for (const target of targets) {
  const { add, less, both, ldexp, divmod } = functions(target)
  const check = (name: string, run: () => void) => test(`${target}: ${name}`, run)
  const strides = (x: unknown) => (x as NdArray).stride

  check('numbers in, number out', () => {
    assert.is(add(1, 2.5), 3.5)
    assert.is(add(1n, 2n), 3n)
    assert.is(less(1, 2), true)
    assert.is(less(2n, 1n), false)
    assert.equal(divmod(7, 2), [3, 1])
  })

  check('numbers give the same again, between calls with arrays', () => {
    for (let turn = 0; turn < 3; turn++) {
      assert.is(add(1, turn), 1 + turn)
      assert.ok(Object.is(add(Number.NaN, 1), Number.NaN))
      assert.ok(Object.is(add(-0, -0), -0))
      assert.is(less(1, turn), 1 < turn)
      assert.equal(divmod(7, 2 + turn), [Math.floor(7 / (2 + turn)), 7 % (2 + turn)])
      assert.equal(list(add(f8(1, 2), turn)), [1 + turn, 2 + turn])
      const out = f8(0)
      assert.is(add(1, turn, out), out)
      assert.is(out[0], 1 + turn)
      assert.is(add(1, turn, { dtype: 'f4' }), 1 + turn)
    }
  })

  check('any array in, array out', () => {
    const zero = view(f8(4), [], [])
    const sum = add(zero, zero)
    assert.equal(sum.shape, [])
    assert.is(sum.get(), 8)
    assert.equal(add(zero, 1).shape, [])
    assert.equal(list(add([1, 2], 1)), [2, 3])
    assert.equal(list(add([[1], [2]], [10, 20])), [
      [11, 21],
      [12, 22],
    ])
    assert.equal(list(add(f8(1, 2), f8(3, 4))), [4, 6])
  })

  check('a comparison with a bigint beyond every float is exact', () => {
    assert.equal(list(less(f8(1, Number.POSITIVE_INFINITY), 10n ** 400n)), [1, 0])
  })

  check('out with scalars is filled and returned', () => {
    const out = view(f8(0), [], [])
    assert.is(add(1, 2, { out }), out)
    assert.is(out.get(), 3)
  })

  check('inputs stretch up to out', () => {
    const out = range([2, 3])
    assert.is(add(f8(1, 1, 1), 1, { out }), out)
    assert.equal(list(out), [
      [2, 2, 2],
      [2, 2, 2],
    ])
  })

  check('the loop does not look at out', () => {
    const big = new BigInt64Array(1)
    add(i4(2 ** 31 - 1), i4(1), big)
    assert.is(big[0], -(2n ** 31n))
    const narrow = new Float32Array(1)
    add(f8(0.1), f8(0), narrow)
    assert.is(narrow[0], Math.fround(0.1))
  })

  check('dtype and signature choose the loop', () => {
    assert.is(dtype(add(i4(1), 1, { signature: 'dd->d' })), 'float64')
    assert.is(dtype(add(i4(1), 1, { signature: [null, null, 'f8'] })), 'float64')
    assert.is(dtype(add(i4(1), i4(2), { dtype: 'float32', casting: 'same_kind' })), 'float32')
    assert.is(dtype(add(f8(1), f8(2), { dtype: 'f4' })), 'float32')
    assert.equal(list(add(f8(1.7), 1, { dtype: 'i4', casting: 'unsafe' })), [2])
    assert.equal(list(add(i4(1), 0.5, { dtype: 'f8' })), [1.5])
  })

  check('ldexp takes the loop dl->d', () => {
    const result = ldexp(1.5, new BigInt64Array([1n, 2n]))
    assert.is(dtype(result), 'float64')
    assert.equal(list(result), [3, 6])
  })

  check('mixed dtypes cast safely', () => {
    assert.equal(list(add(i4(1, 2), new Uint8Array([250, 3]))), [251, 5])
    assert.is(dtype(add(new Uint32Array(1), i4(1))), 'bigint64')
    assert.is(dtype(add(new Float32Array(1), new Int16Array(1))), 'float32')
    assert.is(dtype(add(new Float32Array(1), i4(1))), 'float64')
    assert.is(dtype(add(new BigUint64Array(1), i4(1))), 'float64')
    assert.equal(list(add(new Uint8ClampedArray([200]), new Uint8ClampedArray([100]))), [300])
  })

  check('K order', () => {
    const F = view(f8(0, 3, 1, 4, 2, 5), [2, 3], [1, 2])
    assert.equal(strides(add(F, 1)), [1, 2])
    assert.equal(strides(add(F, 1, { order: 'C' })), [3, 1])
    assert.equal(strides(add(F, 1, { order: 'A' })), [1, 2])
    assert.equal(strides(add(range([2, 3]), 1, { order: 'F' })), [1, 2])
    assert.equal(list(add(F, 1)), [
      [1, 2, 3],
      [4, 5, 6],
    ])
    assert.equal(strides(add(range([2, 3, 4]).transpose(2, 0, 1), 1)), [1, 12, 4])
    assert.equal(strides(add(range([3, 4]).step(-1, -1), 1)), [4, 1])
    assert.equal(strides(add(view(f8(1, 2, 3), [3, 1], [1, 3]), range([1, 4]))), [4, 1])
    assert.equal(strides(add(F, range([2, 3]))), [3, 1])
    assert.equal(strides(add(F, f8(1, 2, 3))), [1, 2])
  })

  check('negative strides and offsets', () => {
    assert.equal(list(add(range([6]).step(-2), f8(1, 1, 1))), [6, 4, 2])
    assert.equal(list(add(range([3, 4]).lo(1, 1).hi(2, 2), 0)), [
      [5, 6],
      [9, 10],
    ])
  })

  check('empty arrays', () => {
    assert.equal(add(range([0, 3]), range([1, 3])).shape, [0, 3])
    assert.equal(add(range([1]), range([0])).shape, [0])
    assert.equal(add(range([0]), 1).shape, [0])
    assert.is(dtype(add(new Float32Array(0), 1)), 'float32')
  })

  check('many dimensions', () => {
    const shape = Array.from({ length: 32 }, (_, i) => (i % 8 === 0 ? 2 : 1))
    const sum = add(range(shape), 1)
    assert.equal(sum.shape, shape)
    assert.equal(
      [...sum.data],
      Array.from({ length: 16 }, (_, i) => i + 1),
    )
  })

  check('several outputs, given or not', () => {
    const [q, r] = divmod(f8(7, -7), 2)
    assert.equal(
      [list(q), list(r)],
      [
        [3, -4],
        [1, 1],
      ],
    )
    const first = view(f8(0, 0), [2])
    const [same, fresh] = divmod(f8(7, 8), 3, first)
    assert.is(same, first)
    assert.equal(
      [list(first), list(fresh)],
      [
        [2, 2],
        [1, 2],
      ],
    )
    const second = view(f8(0, 0), [2])
    const both = divmod(f8(7, 8), 3, { out: [null, second] })
    assert.is(both[1], second)
    assert.equal(
      [list(both[0]), list(second)],
      [
        [2, 2],
        [1, 2],
      ],
    )
  })

  check('results of comparisons are masks', () => {
    const mask = less(f8(1, 5), 3)
    assert.instance(mask.data, Uint8Array)
    assert.equal(list(both(mask, less(f8(9, 1), 5))).map(Boolean), [false, false])
    assert.equal(list(both(mask, mask)).map(Boolean), [true, false])
    assert.equal([...both(new Uint8Array([7, 0]), true).data], [1, 0])
    assert.equal([...both(new Uint8Array([7, 0]), 2).data], [1, 0])
  })

  check('scalars are weak', () => {
    assert.is(dtype(add(i4(1), 1)), 'int32')
    assert.is(dtype(add(new Float32Array(1), 0.1)), 'float32')
    assert.equal(list(add(new Float32Array(1), 0.1)), [Math.fround(0.1)])
    assert.is(dtype(add(new BigInt64Array(1), 7)), 'bigint64')
    assert.is(dtype(add(i4(1), 7n)), 'int32')
    assert.is(dtype(add(f8(1), true)), 'float64')
    assert.equal(list(add(i4(1), true)), [2])
    assert.equal(list(add(new Float32Array(1), 1e100)), [Number.POSITIVE_INFINITY])
  })

  check('comparisons with scalars are exact', () => {
    const bytes = new Uint8Array([0, 200, 255])
    const masks = (x: { data: Uint8Array }) => [...x.data]
    assert.equal(masks(less(bytes, 300)), [1, 1, 1])
    assert.equal(masks(less(bytes, -1)), [0, 0, 0])
    assert.equal(masks(less(bytes, 199.5)), [1, 0, 0])
    assert.equal(masks(less(300, bytes)), [0, 0, 0])
    assert.equal(masks(less(i4(0, 1), 0.5)), [1, 0])
    assert.equal(masks(less(i4(0), Number.NaN)), [0])
    const top = new BigInt64Array([2n ** 63n - 1n, -(2n ** 63n)])
    assert.equal(masks(less(top, 2 ** 63)), [1, 1])
    assert.equal(masks(less(top, 2n ** 63n)), [1, 1])
    assert.equal(masks(less(-1e300, top)), [1, 1])
    assert.equal(masks(less(top, -0.5)), [0, 1])
    assert.equal(masks(less(new BigUint64Array([2n ** 64n - 1n]), 2 ** 64)), [1])
    assert.equal(masks(less(new BigUint64Array([0n]), -1n)), [0])
  })
}

test.run()
